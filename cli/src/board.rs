//! `--tensorboard`: the numbers in the events of a run, as scalars for TensorBoard.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::SystemTime;

use lambda_darts::search::{EpochEvent, Event, EventKind, SelectionEvent, StepEvent};
use lambda_darts::session::{SearcherEpochEvent, SearcherStepEvent};
use lambda_darts::training::{TrainingEpochEvent, TrainingStepEvent};

use crate::tensorboard::TensorBoard;

/// Name of the folder inside the folder of a run.
pub(crate) const FOLDER: &str = "tensorboard";

/// The TensorBoard event file of a run.
pub(crate) struct Board {
    file: TensorBoard,
    /// Start of the search in seconds since 1970, without the time of its interruptions.
    began: f64,
    /// Number of steps in an epoch.
    steps: usize,
    /// Position of the last epoch.
    last: usize,
    /// Names of the types of cell.
    cell_types: Vec<String>,
}

impl Board {
    /// Creates the file for a search that has taken `seconds` so far, and removes older files.
    pub(crate) fn create(run: &Path, seconds: f64) -> io::Result<Self> {
        let folder = run.join(FOLDER);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        let began = now - seconds;
        Ok(Self { file: TensorBoard::create(&folder, began)?, began, steps: 0, last: 0, cell_types: Vec::new() })
    }

    /// Writes the numbers of an event. The position of a step is its number in the whole search; that of an epoch is
    /// the position of its last step. Pieces of a selection follow those of the last epoch.
    pub(crate) fn show(&mut self, event: &Event) -> io::Result<()> {
        let place = |epoch: usize, step: usize| {
            epoch.saturating_sub(1).saturating_mul(self.steps).saturating_add(step.saturating_sub(1))
        };
        let (step, scalars) = match &event.kind {
            EventKind::Start { config, steps, .. } => {
                self.steps = *steps;
                let cell_types = config.search_space().map(|space| space.cell_types).unwrap_or_default();
                self.cell_types = cell_types.into_iter().map(|kind| kind.name).collect();
                return Ok(());
            }
            EventKind::TrainingStart { steps, .. } => {
                self.steps = *steps;
                return Ok(());
            }
            EventKind::Step(step) => (place(step.epoch, step.step), self.of_step(step)),
            EventKind::Epoch(epoch) => {
                self.last = place(epoch.epoch, self.steps);
                (self.last, of_epoch(epoch))
            }
            EventKind::Selection(selection) => (self.last.saturating_add(selection.step), of_selection(selection)),
            EventKind::TrainingStep(step) => (place(step.epoch, step.step), of_training_step(step)),
            EventKind::TrainingEpoch(epoch) => (place(epoch.epoch, self.steps), of_training_epoch(epoch)),
            EventKind::SearcherStep(step) => (step.evaluation.saturating_sub(1), of_searcher_step(step)),
            EventKind::SearcherEpoch(epoch) => (epoch.evaluations.saturating_sub(1), of_searcher_epoch(epoch)),
            EventKind::Change { .. }
            | EventKind::End { .. }
            | EventKind::TrainingEnd { .. }
            | EventKind::SearcherStart { .. }
            | EventKind::SearcherEnd { .. } => return Ok(()),
        };
        let scalars: Vec<_> = scalars.iter().map(|(tag, value)| (tag.as_str(), *value)).collect();
        self.file.scalars(i64::try_from(step).unwrap_or(i64::MAX), self.began + event.seconds, &scalars)
    }

    fn of_step(&self, step: &StepEvent) -> Vec<(String, f64)> {
        let mut scalars = vec![
            ("step/train_loss".to_owned(), step.train_loss),
            ("step/valid_loss".to_owned(), step.valid_loss),
            ("step/gradient_norm".to_owned(), step.gradient_norm),
        ];
        for (name, norm) in [("loss", step.loss_gradient_norm), ("regularizer", step.regularizer_gradient_norm)] {
            scalars.extend(norm.map(|norm| (format!("step/{name}_gradient_norm"), norm)));
        }
        for (kind, alignment) in self.cell_types.iter().zip(&step.alignment) {
            scalars.extend(alignment.map(|alignment| (format!("step/alignment/{kind}"), alignment)));
        }
        scalars
    }
}

fn of_epoch(epoch: &EpochEvent) -> Vec<(String, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "edges are few")]
    let [skips, parameter_free] = [epoch.skip_connections, epoch.parameter_free].map(|count| count as f64);
    let mut scalars = vec![
        ("epoch/train_loss".to_owned(), epoch.train_loss),
        ("epoch/valid_loss".to_owned(), epoch.valid_loss),
        ("epoch/supernet_accuracy".to_owned(), epoch.supernet_accuracy),
        ("epoch/skip_connections".to_owned(), skips),
        ("epoch/parameter_free".to_owned(), parameter_free),
        ("epoch/clipped".to_owned(), epoch.clipped),
        ("epoch/lambda".to_owned(), epoch.lambda),
        ("epoch/learning_rate".to_owned(), epoch.lr),
    ];
    for kind in &epoch.cell_types {
        let name = &kind.name;
        scalars.extend(kind.alignment.map(|alignment| (format!("epoch/alignment/{name}"), alignment)));
        scalars.push((format!("epoch/entropy/{name}"), kind.saturation.mean_entropy()));
    }
    let norms = [
        ("gradient_norm", Some(epoch.gradient_norm)),
        ("loss_gradient_norm", epoch.loss_gradient_norm),
        ("regularizer_gradient_norm", epoch.regularizer_gradient_norm),
    ];
    scalars.extend(norms.into_iter().filter_map(|(name, norm)| Some((format!("epoch/{name}"), norm?))));
    scalars.extend(epoch.curvature.map(|curvature| ("epoch/curvature".to_owned(), curvature)));
    scalars.extend(epoch.measures.iter().map(|(name, value)| (format!("epoch/{name}"), *value)));
    if let Some(known) = epoch.benchmark {
        scalars.push(("epoch/table/cifar10_test".to_owned(), known.accuracies.cifar10_test));
    }
    scalars
}

fn of_selection(selection: &SelectionEvent) -> Vec<(String, f64)> {
    let scalars = [("selection/accuracy", selection.accuracy), ("selection/train_loss", selection.train_loss)];
    scalars.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn of_training_step(step: &TrainingStepEvent) -> Vec<(String, f64)> {
    named(&[("step/train_loss", step.train_loss), ("step/gradient_norm", step.gradient_norm)])
}

fn of_training_epoch(epoch: &TrainingEpochEvent) -> Vec<(String, f64)> {
    named(&[
        ("epoch/train_loss", epoch.train_loss),
        ("epoch/train_accuracy", epoch.train_accuracy),
        ("epoch/test_loss", epoch.test_loss),
        ("epoch/test_accuracy", epoch.test_accuracy),
        ("epoch/test_top5", epoch.test_top5),
        ("epoch/gradient_norm", epoch.gradient_norm),
        ("epoch/clipped", epoch.clipped),
        ("epoch/drop_path", epoch.drop_path),
        ("epoch/learning_rate", epoch.lr),
    ])
}

fn of_searcher_step(step: &SearcherStepEvent) -> Vec<(String, f64)> {
    let mut scalars = named(&[("step/fitness", step.fitness), ("step/best", step.best)]);
    scalars.extend(step.seconds_simulated.map(|seconds| ("step/seconds_simulated".to_owned(), seconds)));
    scalars
}

fn of_searcher_epoch(epoch: &SearcherEpochEvent) -> Vec<(String, f64)> {
    let test = epoch.benchmark.map(|known| ("epoch/table/cifar10_test", known.accuracies.cifar10_test));
    test.map_or_else(Vec::new, |scalar| named(&[scalar]))
}

fn named(scalars: &[(&str, f64)]) -> Vec<(String, f64)> {
    scalars.iter().map(|&(name, value)| (name.to_owned(), value)).collect()
}
