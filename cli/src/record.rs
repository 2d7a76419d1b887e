//! Settings, epochs and end of a run, from its events.

use std::ops::ControlFlow;
use std::path::Path;

use lambda_darts::search::{EpochEvent, EventKind, SearchConfig};

use crate::events::read_events;
use crate::failure::Failure;

/// Settings, epochs and end of a run.
pub(crate) struct Record {
    /// Settings of the last start; absent if no search has begun.
    pub(crate) config: Option<Box<SearchConfig>>,
    pub(crate) epochs: Vec<EpochEvent>,
    /// True if the search has ended by itself.
    pub(crate) ended: bool,
    /// Duration up to the last event.
    pub(crate) seconds: f64,
}

impl Record {
    /// Reads the events of a run.
    pub(crate) fn read(run: &Path) -> Result<Self, Failure> {
        let mut record = Self { config: None, epochs: Vec::new(), ended: false, seconds: 0.0 };
        read_events(run, |event| {
            record.seconds = event.seconds;
            record.ended = matches!(event.kind, EventKind::End { .. });
            match event.kind {
                EventKind::Start { config, .. } => record.config = Some(config),
                EventKind::Epoch(epoch) => record.epochs.push(*epoch),
                _ => {}
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(record)
    }
}
