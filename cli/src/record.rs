//! Settings, epochs and end of a search, from its events.

use std::ops::ControlFlow;
use std::path::Path;

use lambda_darts::search::{EpochEvent, EventKind, TableReport};
use lambda_darts::session::SearcherEpochEvent;
use lambda_darts::space::Genotype;

use crate::any_search::AnySearch;
use crate::evaluation::Evaluation;
use crate::events::read_events;
use crate::failure::Failure;

/// Settings, epochs and end of a search.
#[derive(Default)]
pub(crate) struct Record {
    /// Settings of the last start; absent if no search has begun.
    pub(crate) config: Option<AnySearch>,
    /// Epochs of a search with a supernet.
    pub(crate) epochs: Vec<EpochEvent>,
    /// Evaluations of a searcher.
    pub(crate) evaluations: Vec<Evaluation>,
    /// Last epoch of a searcher.
    pub(crate) spent: Option<Box<SearcherEpochEvent>>,
    /// Architecture that a selection chose at the end, and what a table says of it.
    pub(crate) selected: Option<(Genotype, Option<TableReport>)>,
    /// True if the search has ended by itself.
    pub(crate) ended: bool,
    /// Duration up to the last event.
    pub(crate) seconds: f64,
}

impl Record {
    /// Reads the events of a run.
    pub(crate) fn read(run: &Path) -> Result<Self, Failure> {
        let mut record = Self::default();
        read_events(run, |event| {
            record.seconds = event.seconds;
            record.ended = matches!(event.kind, EventKind::End { .. } | EventKind::SearcherEnd { .. });
            record.selected = None;
            match event.kind {
                EventKind::Start { config, .. } => record.config = Some(AnySearch::Supernet(config)),
                EventKind::SearcherStart { config, .. } => record.config = Some(AnySearch::Searcher(config)),
                EventKind::Epoch(epoch) => record.epochs.push(*epoch),
                EventKind::End { genotype, benchmark } => {
                    // Unless a selection has chosen it, the architecture is that of the last epoch.
                    let last = record.epochs.last().filter(|last| last.genotype == genotype);
                    record.selected = Some((genotype, benchmark.or_else(|| last?.benchmark)));
                }
                EventKind::SearcherStep(step) => record.evaluations.push(Evaluation::of(&step, event.seconds)),
                EventKind::SearcherEpoch(epoch) => record.spent = Some(epoch),
                _ => {}
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(record)
    }

    /// Architecture that was found, or that of the last epoch so far.
    pub(crate) fn genotype(&self) -> Option<&Genotype> {
        if let Some((genotype, _)) = &self.selected {
            return Some(genotype);
        }
        let searched = self.epochs.last().map(|epoch| &epoch.genotype);
        searched.or_else(|| self.spent.as_ref().map(|epoch| &epoch.genotype))
    }

    /// Report of a table on that architecture.
    pub(crate) fn known(&self) -> Option<TableReport> {
        if let Some((_, known)) = &self.selected {
            return *known;
        }
        let searched = self.epochs.last().and_then(|epoch| epoch.benchmark);
        searched.or_else(|| self.spent.as_ref()?.benchmark)
    }
}
