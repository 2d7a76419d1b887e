//! The log: lines with fields on stderr or in a file.

use std::fs::File;
use std::io::IsTerminal;
use std::sync::Mutex;

use lambda_darts::search::{Event, EventKind};
use tracing::{debug, info};
use tracing_subscriber::EnvFilter;

use crate::args::LogArgs;
use crate::failure::Failure;

/// Starts the log. Its level for this program and its library is that of --log-level, else that of RUST_LOG, else
/// `warn`.
///
/// With --log-file and no level at all, the level is `info`, which has every epoch.
pub(crate) fn begin(args: &LogArgs) -> Result<(), Failure> {
    let of_own = |level: &str| EnvFilter::new(format!("warn,usvg=error,lambda_darts={level}"));
    let filter = match &args.log_level {
        Some(level) if level == "off" => EnvFilter::new("off"),
        Some(level) => of_own(level),
        None => EnvFilter::try_from_default_env()
            .unwrap_or_else(|_| of_own(if args.log_file.is_some() { "info" } else { "warn" })),
    };
    let lines = tracing_subscriber::fmt().with_env_filter(filter);
    match &args.log_file {
        Some(path) => {
            let file = File::options().create(true).append(true).open(path);
            let file = file.map_err(|error| Failure::file(path, error))?;
            lines.with_ansi(false).with_writer(Mutex::new(file)).init();
        }
        None => lines.with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr).init(),
    }
    Ok(())
}

/// Logs an event of a run.
pub(crate) fn event(event: &Event) {
    let seconds = event.seconds;
    match &event.kind {
        EventKind::Start { config, device, steps, weights } => {
            info!(seconds, space = config.space, seed = config.seed, device, steps, weights, "the search began");
        }
        EventKind::Step(step) => debug!(
            seconds,
            epoch = step.epoch,
            step = step.step,
            train_loss = step.train_loss,
            valid_loss = step.valid_loss,
            gradient_norm = step.gradient_norm,
            loss_gradient_norm = step.loss_gradient_norm,
            regularizer_gradient_norm = step.regularizer_gradient_norm,
            "a step was taken"
        ),
        EventKind::Epoch(epoch) => info!(
            seconds,
            epoch = epoch.epoch,
            train_loss = epoch.train_loss,
            valid_loss = epoch.valid_loss,
            supernet_accuracy = epoch.supernet_accuracy,
            parameter_free = epoch.parameter_free,
            gradient_norm = epoch.gradient_norm,
            regularizer_gradient_norm = epoch.regularizer_gradient_norm,
            left = epoch.left.len(),
            "an epoch ended"
        ),
        EventKind::Change { epoch, step, changed, .. } => {
            info!(seconds, epoch, step, changed = changed.join(", "), "settings changed");
        }
        EventKind::Selection(selection) => debug!(
            seconds,
            step = selection.step,
            of = selection.of,
            cell = selection.cell,
            edge = selection.edge,
            operation = selection.operation.map(tracing::field::display),
            kept = selection.kept.map(tracing::field::display),
            accuracy = selection.accuracy,
            train_loss = selection.train_loss,
            "a piece of the selection was done"
        ),
        EventKind::End { .. } => info!(seconds, "the search ended"),
        EventKind::TrainingStart { config, device, steps, weights } => {
            info!(seconds, space = config.space, seed = config.seed, device, steps, weights, "the training began");
        }
        EventKind::TrainingStep(step) => debug!(
            seconds,
            epoch = step.epoch,
            step = step.step,
            train_loss = step.train_loss,
            gradient_norm = step.gradient_norm,
            "a step was taken"
        ),
        EventKind::TrainingEpoch(epoch) => info!(
            seconds,
            epoch = epoch.epoch,
            train_loss = epoch.train_loss,
            train_accuracy = epoch.train_accuracy,
            test_loss = epoch.test_loss,
            test_accuracy = epoch.test_accuracy,
            gradient_norm = epoch.gradient_norm,
            "an epoch ended"
        ),
        EventKind::TrainingEnd { test_accuracy } => info!(seconds, test_accuracy, "the training ended"),
        EventKind::SearcherStart { config, cells } => {
            info!(seconds, space = config.space, seed = config.seed, cells, "the search began");
        }
        EventKind::SearcherStep(step) => debug!(
            seconds,
            evaluation = step.evaluation,
            fitness = step.fitness,
            best = step.best,
            seconds_simulated = step.seconds_simulated,
            "an architecture was evaluated"
        ),
        EventKind::SearcherEpoch(epoch) => info!(
            seconds,
            epoch = epoch.epoch,
            evaluations = epoch.evaluations,
            fitness = epoch.fitness,
            seconds_simulated = epoch.seconds_simulated,
            "an epoch ended"
        ),
        EventKind::SearcherEnd { .. } => info!(seconds, "the search ended"),
    }
}
