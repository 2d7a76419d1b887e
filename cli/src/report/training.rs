//! Training in a report.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lambda_darts::device::Device;
use lambda_darts::graph::{Graph, NetworkOptions};
use lambda_darts::space::{Genotype, Space};
use lambda_darts::training::{Event, EventKind, TrainingConfig};
use serde::Serialize;
use serde_json::Value;

use super::curves::{Row, row};
use super::evaluated::Evaluated;
use super::search::notations_of;
use crate::drawing;
use crate::environment::Environment;
use crate::events::read_events;
use crate::failure::Failure;

/// Training in the form that the page reads.
#[derive(Serialize)]
pub(super) struct TrainingRun {
    name: String,
    space: Space,
    genotype: Genotype,
    /// Notations of the genotype.
    notations: Value,
    /// Events of the training without those of the steps, which no view shows.
    events: Vec<Event>,
    /// Content of environment.json.
    environment: Option<Environment>,
    /// Parameters of the network without its auxiliary head, as papers count them; absent if the images are not known.
    parameters: Option<usize>,
    /// Evaluation on the test images, if one is asked for.
    evaluation: Option<Evaluated>,
    #[serde(skip)]
    config: TrainingConfig,
    #[serde(skip)]
    path: PathBuf,
}

impl TrainingRun {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let (mut start, mut events) = (None, Vec::new());
        read_events(path, |event| {
            match &event.kind {
                EventKind::TrainingStart { config, .. } => {
                    start = Some(config.as_ref().clone());
                    // A training that was made longer announces its settings again.
                    if let Some(first) = events.first_mut() {
                        *first = event;
                        return Ok(ControlFlow::Continue(()));
                    }
                }
                EventKind::TrainingEpoch(_) | EventKind::TrainingEnd { .. } => {}
                _ => return Ok(ControlFlow::Continue(())),
            }
            events.push(event);
            Ok(ControlFlow::Continue(()))
        })?;
        let file = path.join("events.jsonl");
        let ended = events.iter().any(|event: &Event| matches!(event.kind, EventKind::TrainingEpoch(_)));
        let Some(config) = start.filter(|_| ended) else { return Err(Failure::no_epoch(&file)) };
        let space = config.network_space().map_err(|error| Failure::inside(&file, error.to_string()))?;
        let environment = Environment::read(path).ok();
        Ok(Self {
            name: path.display().to_string(),
            genotype: config.genotype.clone(),
            notations: notations_of(&config.genotype),
            events,
            parameters: environment.as_ref().and_then(|environment| parameters(&config, &space, environment)),
            environment,
            evaluation: None,
            space,
            config,
            path: path.to_owned(),
        })
    }

    /// Evaluates the network on its test images, which lie in `data_dir` if one is given.
    pub(super) fn evaluate(&mut self, device: &Device, data_dir: Option<&Path>) -> Result<(), Failure> {
        self.evaluation = Some(Evaluated::of(&self.path, device, data_dir)?);
        Ok(())
    }

    /// Returns the rows of the curves.
    pub(super) fn rows(&self) -> Vec<Row> {
        let of_event = |event: &Event| {
            let EventKind::TrainingEpoch(epoch) = &event.kind else { return None };
            Some(row([
                ("run", self.name.clone()),
                ("space", self.config.space.clone()),
                ("seed", self.config.seed.to_string()),
                ("epoch", epoch.epoch.to_string()),
                ("learning_rate", epoch.lr.to_string()),
                ("train_loss", epoch.train_loss.to_string()),
                ("gradient_norm", epoch.gradient_norm.to_string()),
                ("clipped", epoch.clipped.to_string()),
                ("seconds", event.seconds.to_string()),
                ("recipe", self.config.recipe.name().to_owned()),
                ("drop_path", epoch.drop_path.to_string()),
                ("train_accuracy", epoch.train_accuracy.to_string()),
                ("test_loss", epoch.test_loss.to_string()),
                ("test_accuracy", epoch.test_accuracy.to_string()),
                ("test_top5", epoch.test_top5.to_string()),
            ]))
        };
        self.events.iter().filter_map(of_event).collect()
    }

    /// Returns the cells, each as a graph in DOT.
    pub(super) fn dot(&self) -> String {
        drawing::dot(&self.name, &self.genotype)
    }
}

/// Returns the number of parameters without those of an auxiliary head.
fn parameters(config: &TrainingConfig, space: &Space, environment: &Environment) -> Option<usize> {
    let images = environment.data.as_ref()?;
    let size = config.network_size(images.channels, images.classes.len());
    let graph = Graph::derived(space, &config.genotype, size, NetworkOptions::default()).ok()?;
    Some(graph.parameter_count())
}
