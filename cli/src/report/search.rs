//! Search in a report.

use std::ops::ControlFlow;
use std::path::Path;

use lambda_darts::search::{CellTypeReport, EpochEvent, Event, EventKind, SearchConfig};
use lambda_darts::space::{Genotype, Space};
use serde::Serialize;
use serde_json::{Value, json};

use super::curves::{Row, row};
use crate::csv_text::optional;
use crate::drawing;
use crate::environment::Environment;
use crate::events::read_events;
use crate::failure::Failure;

/// Search in the form that the page reads.
#[derive(Serialize)]
pub(super) struct SearchRun {
    name: String,
    space: Space,
    /// Events of the run without those of the steps, which no view shows.
    events: Vec<Event>,
    /// Content of environment.json.
    environment: Option<Environment>,
    /// Notations of the architecture of every epoch.
    notations: Vec<Value>,
    #[serde(skip)]
    config: SearchConfig,
}

impl SearchRun {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let (mut start, mut events, mut notations) = (None, Vec::new(), Vec::new());
        read_events(path, |event| {
            match &event.kind {
                EventKind::Start { config, .. } if start.is_none() => {
                    let space = config.search_space().map_err(|error| error.to_string())?;
                    start = Some((config.as_ref().clone(), space));
                }
                _ if start.is_none() => return Err("the first event is not the start of a run".to_owned()),
                // A search that was made longer announces its settings again.
                EventKind::Start { config, .. } => {
                    if let (Some((old, _)), Some(first)) = (&mut start, events.first_mut()) {
                        config.as_ref().clone_into(old);
                        *first = event;
                    }
                    return Ok(ControlFlow::Continue(()));
                }
                EventKind::Epoch(epoch) => {
                    notations.push(notations_of(&checked(&epoch.genotype)?));
                }
                EventKind::End { genotype, .. } => {
                    checked(genotype)?;
                }
                EventKind::Change { .. } => {}
                _ => return Ok(ControlFlow::Continue(())),
            }
            events.push(event);
            Ok(ControlFlow::Continue(()))
        })?;
        let wrong = |what: &str| Failure::inside(&path.join("events.jsonl"), what.to_owned());
        let (config, space) = start.ok_or_else(|| wrong("it is empty"))?;
        if notations.is_empty() {
            return Err(Failure::no_epoch(&path.join("events.jsonl")));
        }
        let environment = Environment::read(path).ok();
        Ok(Self { name: path.display().to_string(), space, events, environment, notations, config })
    }

    /// Returns the rows of the curves.
    pub(super) fn rows(&self) -> Vec<Row> {
        let of_event = |event: &Event| match &event.kind {
            EventKind::Epoch(epoch) => self.rows_of(event.seconds, epoch),
            _ => Vec::new(),
        };
        self.events.iter().flat_map(of_event).collect()
    }

    /// Returns the rows of an epoch, one for each type of cell.
    fn rows_of(&self, seconds: f64, epoch: &EpochEvent) -> Vec<Row> {
        let of_type = |cell_type: &CellTypeReport| {
            let mut fields = row([
                ("run", self.name.clone()),
                ("method", self.config.method.name.name().to_owned()),
                ("space", self.config.space.clone()),
                ("seed", self.config.seed.to_string()),
                ("epoch", epoch.epoch.to_string()),
                ("lambda", epoch.lambda.to_string()),
                ("learning_rate", epoch.lr.to_string()),
                ("train_loss", epoch.train_loss.to_string()),
                ("valid_loss", epoch.valid_loss.to_string()),
                ("supernet_accuracy", epoch.supernet_accuracy.to_string()),
                ("parameter_free", epoch.parameter_free.to_string()),
                ("skip_connections", epoch.skip_connections.to_string()),
                ("gradient_norm", epoch.gradient_norm.to_string()),
                ("loss_gradient_norm", optional(epoch.loss_gradient_norm)),
                ("regularizer_gradient_norm", optional(epoch.regularizer_gradient_norm)),
                ("clipped", epoch.clipped.to_string()),
                ("curvature", optional(epoch.curvature)),
                ("seconds", seconds.to_string()),
                ("cell_type", cell_type.name.clone()),
                ("alignment", optional(cell_type.alignment)),
                ("entropy", cell_type.saturation.mean_entropy().to_string()),
                ("cifar10_test", optional(epoch.benchmark.map(|known| known.accuracies.cifar10_test))),
            ]);
            fields.extend(epoch.measures.iter().map(|(name, value)| (name.clone(), value.to_string())));
            fields
        };
        epoch.cell_types.iter().map(of_type).collect()
    }

    /// Returns the cells that were found last, each as a graph in DOT.
    pub(super) fn dot(&self) -> String {
        let genotype = |event: &Event| match &event.kind {
            EventKind::Epoch(epoch) => Some(drawing::dot(&self.name, &epoch.genotype)),
            EventKind::End { genotype, .. } => Some(drawing::dot(&self.name, genotype)),
            _ => None,
        };
        self.events.iter().rev().find_map(genotype).unwrap_or_default()
    }
}

/// Checks that a well-formed genotype has valid cells.
pub(super) fn checked(genotype: &Genotype) -> Result<Genotype, String> {
    Genotype::parse(&json!(genotype).to_string()).map_err(|error| format!("not a genotype: {}", error.what))
}

/// Returns the notations of a genotype, as the page reads them.
pub(super) fn notations_of(genotype: &Genotype) -> Value {
    json!({ "darts": genotype.to_darts(), "nas_bench_201": genotype.to_nas_bench_201() })
}
