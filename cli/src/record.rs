//! Settings, epochs and end of a run, from its events.

use std::ops::ControlFlow;
use std::path::Path;

use lambda_darts::search::{EpochEvent, EventKind, SearchConfig, TableReport};
use lambda_darts::space::Genotype;

use crate::events::read_events;
use crate::failure::Failure;

/// Settings, epochs and end of a run.
pub(crate) struct Record {
    /// Settings of the last start; absent if no search has begun.
    pub(crate) config: Option<Box<SearchConfig>>,
    pub(crate) epochs: Vec<EpochEvent>,
    /// Architecture that the search found, if it has ended by itself, and what a table says of it.
    pub(crate) found: Option<(Genotype, Option<TableReport>)>,
    /// Duration up to the last event.
    pub(crate) seconds: f64,
}

impl Record {
    /// Reads the events of a run.
    pub(crate) fn read(run: &Path) -> Result<Self, Failure> {
        let mut record = Self { config: None, epochs: Vec::new(), found: None, seconds: 0.0 };
        read_events(run, |event| {
            record.seconds = event.seconds;
            record.found = None;
            match event.kind {
                EventKind::Start { config, .. } => record.config = Some(config),
                EventKind::Epoch(epoch) => record.epochs.push(*epoch),
                EventKind::End { genotype, benchmark } => {
                    // Unless a selection has chosen it, the architecture is that of the last epoch.
                    let last = record.epochs.last().filter(|last| last.genotype == genotype);
                    let benchmark = benchmark.or_else(|| last?.benchmark);
                    record.found = Some((genotype, benchmark));
                }
                _ => {}
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(record)
    }
}
