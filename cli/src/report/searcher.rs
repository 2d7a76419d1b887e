//! Black-box search in a report.

use std::ops::ControlFlow;
use std::path::Path;

use lambda_darts::search::{Event, EventKind};
use lambda_darts::session::SearcherConfig;
use lambda_darts::space::Space;
use serde::Serialize;
use serde_json::Value;

use super::curves::{Row, row};
use super::search::{checked, notations_of};
use crate::csv_text::optional;
use crate::drawing;
use crate::environment::Environment;
use crate::evaluation::Evaluation;
use crate::events::read_events;
use crate::failure::Failure;

/// Black-box search in the form that the page reads.
#[derive(Serialize)]
pub(super) struct SearcherRun {
    name: String,
    space: Space,
    /// Events of the run without those of the steps.
    events: Vec<Event>,
    evaluations: Vec<Evaluation>,
    /// Content of environment.json.
    environment: Option<Environment>,
    /// Notations of the fittest architecture after every epoch.
    notations: Vec<Value>,
    #[serde(skip)]
    config: SearcherConfig,
}

impl SearcherRun {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let (mut start, mut events, mut evaluations, mut notations) = (None, Vec::new(), Vec::new(), Vec::new());
        read_events(path, |event| {
            match &event.kind {
                EventKind::SearcherStart { config, .. } => {
                    let space = config.search_space().map_err(|error| error.to_string())?;
                    start = Some((config.as_ref().clone(), space));
                }
                EventKind::SearcherStep(step) => {
                    evaluations.push(Evaluation::of(step, event.seconds));
                    return Ok(ControlFlow::Continue(()));
                }
                EventKind::SearcherEpoch(epoch) => notations.push(notations_of(&checked(&epoch.genotype)?)),
                EventKind::SearcherEnd { genotype, .. } => {
                    checked(genotype)?;
                }
                _ => return Ok(ControlFlow::Continue(())),
            }
            events.push(event);
            Ok(ControlFlow::Continue(()))
        })?;
        let Some((config, space)) = start.filter(|_| !notations.is_empty()) else {
            return Err(Failure::no_epoch(&path.join("events.jsonl")));
        };
        let (name, environment) = (path.display().to_string(), Environment::read(path).ok());
        Ok(Self { name, space, events, evaluations, environment, notations, config })
    }

    /// Returns the rows of the curves.
    pub(super) fn rows(&self) -> Vec<Row> {
        let of = |evaluation: &Evaluation| {
            row([
                ("run", self.name.clone()),
                ("method", self.config.searcher.name().to_owned()),
                ("space", self.config.space.clone()),
                ("seed", self.config.seed.to_string()),
                ("seconds", evaluation.seconds.to_string()),
                ("evaluation", evaluation.number.to_string()),
                ("fitness", evaluation.fitness.to_string()),
                ("best", evaluation.best.to_string()),
                ("seconds_simulated", optional(evaluation.seconds_simulated)),
            ])
        };
        self.evaluations.iter().map(of).collect()
    }

    /// Returns the fittest architecture after the last epoch as a graph in DOT.
    pub(super) fn dot(&self) -> String {
        let epoch = |event: &Event| match &event.kind {
            EventKind::SearcherEpoch(epoch) => Some(drawing::dot(&self.name, &epoch.genotype)),
            _ => None,
        };
        self.events.iter().rev().find_map(epoch).unwrap_or_default()
    }
}
