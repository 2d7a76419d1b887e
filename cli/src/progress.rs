//! Progress of a run on stderr: a live line in a terminal, a line each minute elsewhere, and a row for each epoch.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressStyle};
use lambda_darts::search::{EpochEvent, Event, EventKind, SelectionEvent, TableReport};
use lambda_darts::session::{SearcherEpochEvent, SearcherStepEvent, Session, Settings, TrainingEpochEvent};

use crate::run_data::RunData;

/// Maximum time between two lines where there is no terminal.
const SILENCE: Duration = Duration::from_mins(1);

pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    began: Instant,
    /// Time of the last line.
    spoke: Instant,
    /// Number of steps since the beginning.
    done: u32,
    epochs: usize,
    steps: usize,
    /// Number of images in a batch; 0 without images.
    batch: usize,
    /// Time and number of the first piece of the selection that was done here.
    selection: Option<(Instant, usize)>,
    /// Number of operations without weights at the end of the last epoch, of all.
    parameter_free: Option<String>,
    /// True if only warnings are shown.
    quiet: bool,
    /// Duration of the search up to the last epoch, in seconds.
    seconds: f64,
    /// Text before every line if several searches run at a time; empty otherwise.
    label: String,
}

impl Progress {
    pub(crate) fn new<W: RunData>(session: &Session<W>, quiet: bool) -> Self {
        Self::on(session, None, String::new(), quiet)
    }

    /// Makes the progress of one of several searches at a time: a live line among theirs, and a name before every line.
    pub(crate) fn beside_others<W: RunData>(
        session: &Session<W>,
        lines: &MultiProgress,
        name: &str,
        quiet: bool,
    ) -> Self {
        Self::on(session, Some(lines), format!("{name}  "), quiet)
    }

    fn on<W: RunData>(session: &Session<W>, lines: Option<&MultiProgress>, label: String, quiet: bool) -> Self {
        let (config, steps) = (session.config(), session.steps());
        let (epochs, batch) = (config.epochs(), W::batch(config));
        let bar = (stderr().is_terminal() && !quiet).then(|| {
            let bar = ProgressBar::new(steps as u64);
            let bar = lines.map_or_else(|| bar.clone(), |lines| lines.add(bar.clone()));
            bar.with_style(
                ProgressStyle::with_template("{bar:12} {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_bar()),
            )
        });
        let now = Instant::now();
        let seconds = session.seconds();
        Self {
            bar,
            began: now,
            spoke: now,
            done: 0,
            epochs,
            steps,
            batch,
            selection: None,
            parameter_free: None,
            quiet,
            seconds,
            label,
        }
    }

    pub(crate) fn show(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Start { device, weights, .. } | EventKind::TrainingStart { device, weights, .. } => {
                self.line(&format!("{device}, {weights} weights"));
                self.live("the first step is running");
                self.began = Instant::now();
            }
            EventKind::Step(step) => {
                let parameter_free = self.parameter_free.as_deref().unwrap_or("–");
                let alignment = optional(step.alignment.first().copied().flatten());
                let rest = format!("loss {:.4}  Λ {alignment}  no weights {parameter_free}", step.train_loss);
                self.step(step.epoch, step.step, &rest);
            }
            EventKind::TrainingStep(step) => {
                self.step(step.epoch, step.step, &format!("loss {:.4}", step.train_loss));
            }
            EventKind::Epoch(epoch) => {
                self.parameter_free = Some(parameter_free(epoch));
                let row = row(epoch, self.epochs, event.seconds - self.seconds);
                self.end_epoch(&row, event.seconds);
                if !epoch.left.is_empty() {
                    self.line(&format!("a stage ends: {} candidates leave the search", epoch.left.len()));
                }
            }
            EventKind::TrainingEpoch(epoch) => {
                let row = training_row(epoch, self.epochs, event.seconds - self.seconds);
                self.end_epoch(&row, event.seconds);
            }
            EventKind::Selection(selection) => self.select(selection),
            EventKind::Change { changed, .. } => self.line(&format!("changed: {}", changed.join(", "))),
            EventKind::SearcherEpoch(epoch) => {
                let row = searcher_row(epoch, self.epochs);
                self.end_epoch(&row, event.seconds);
            }
            EventKind::SearcherStart { cells, .. } => self.line(&format!("a table of {cells} cells")),
            EventKind::SearcherStep(step) => self.evaluation(step),
            EventKind::End { .. } | EventKind::TrainingEnd { .. } | EventKind::SearcherEnd { .. } => {}
        }
    }

    fn end_epoch(&mut self, row: &str, seconds: f64) {
        self.line(row);
        self.seconds = seconds;
        self.spoke = Instant::now();
    }

    /// Removes the live line.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Prints a permanent line.
    pub(crate) fn line(&self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// Prints a permanent line that is shown in any case.
    pub(crate) fn warn(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(format!("{}{text}", self.label)),
            // The search continues if stderr is closed.
            None => drop(writeln!(stderr(), "{}{text}", self.label)),
        }
    }

    /// Changes the live line.
    fn live(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{}{text}", self.label));
        }
    }

    /// True if a step says nothing: without a terminal, one a minute does.
    fn is_silent(&self) -> bool {
        self.bar.is_none() && (self.quiet || self.spoke.elapsed() < SILENCE)
    }

    fn select(&mut self, event: &SelectionEvent) {
        let (began, first) = *self.selection.get_or_insert_with(|| (Instant::now(), event.step));
        if let (Some(cell), Some(edge), Some(kept)) = (&event.cell, event.edge, event.kept) {
            self.line(&format!("selection {}/{}  edge {edge} of the {cell} cell keeps {kept}", event.step, event.of));
        }
        if self.is_silent() {
            return;
        }
        let left = match u32::try_from(event.step.saturating_sub(first)) {
            Ok(done @ 1..) => {
                let pieces = u32::try_from(event.of.saturating_sub(event.step)).unwrap_or(u32::MAX);
                format!("  {:#} left", HumanDuration((began.elapsed() / done).saturating_mul(pieces)))
            }
            _ => String::new(),
        };
        let text = format!("selection {}/{}{left}  {}", event.step, event.of, selection_result(event));
        if let Some(bar) = &self.bar {
            bar.set_length(event.of as u64);
            bar.set_position(event.step as u64);
            self.live(&text);
        } else {
            self.line(&text);
            self.spoke = Instant::now();
        }
    }

    /// Shows an evaluation, which is too short for a line of its own.
    fn evaluation(&self, step: &SearcherStepEvent) {
        if let Some(bar) = &self.bar {
            bar.set_position(step.evaluation as u64);
            self.live(&format!("{} evaluations  best {:.2} %", step.evaluation, 100.0 * step.best));
        }
    }

    fn step(&mut self, epoch: usize, step: usize, rest: &str) {
        self.done += 1;
        if self.is_silent() {
            return;
        }
        let per_step = self.began.elapsed() / self.done;
        let steps_left = self
            .epochs
            .saturating_mul(self.steps)
            .saturating_sub(epoch.saturating_sub(1).saturating_mul(self.steps).saturating_add(step));
        let batch = f64::from(u32::try_from(self.batch).unwrap_or(u32::MAX));
        let rate = 1.0 / per_step.as_secs_f64().max(f64::MIN_POSITIVE);
        let images = batch * rate;
        let left = if self.bar.is_some() && step == self.steps {
            "validating".to_owned()
        } else {
            let left = per_step.saturating_mul(u32::try_from(steps_left).unwrap_or(u32::MAX));
            format!("{:#} left", HumanDuration(left))
        };
        let text = format!(
            "epoch {epoch}/{}  step {step}/{}  {rate:.1} steps/s  {images:.0} images/s  {left}  {rest}",
            self.epochs, self.steps,
        );
        if let Some(bar) = &self.bar {
            bar.set_position(step as u64);
            self.live(&text);
        } else {
            self.line(&text);
            self.spoke = Instant::now();
        }
    }
}

/// Result of a piece of a selection.
fn selection_result(event: &SelectionEvent) -> String {
    let part = match (&event.cell, event.edge, event.operation) {
        (Some(cell), Some(edge), Some(operation)) => format!("without {operation} on edge {edge} of the {cell} cell  "),
        (Some(cell), Some(edge), None) => format!("without edge {edge} of the {cell} cell  "),
        _ => String::new(),
    };
    let accuracy = event.accuracy.map(|accuracy| format!("supernet {:.1} %", 100.0 * accuracy));
    let result = accuracy.or_else(|| event.train_loss.map(|loss| format!("loss {loss:.4}")));
    let cell = event.genotype.as_ref().and_then(|genotype| Some(format!("  {}", genotype.to_nas_bench_201()?)));
    format!("{part}{}{}", result.unwrap_or_default(), cell.unwrap_or_default())
}

fn searcher_row(epoch: &SearcherEpochEvent, epochs: usize) -> String {
    let seconds = epoch.seconds_simulated.map_or_else(String::new, |seconds| format!("  {seconds:.0} s simulated"));
    let table = epoch.benchmark.map_or_else(String::new, of_table);
    format!(
        "epoch {}/{epochs}  {} evaluations{seconds}  best {:.2} %{table}  {}",
        epoch.epoch,
        epoch.evaluations,
        100.0 * epoch.fitness,
        epoch.genotype.to_nas_bench_201().unwrap_or_default(),
    )
}

/// Value of a genotype in a table.
fn of_table(known: TableReport) -> String {
    format!("  table {:.2} %, rank {}", 100.0 * known.accuracies.cifar10_test, known.rank)
}

fn training_row(epoch: &TrainingEpochEvent, epochs: usize, seconds: f64) -> String {
    format!(
        "epoch {}/{epochs}  train loss {:.4}  train {:.1} %  test loss {:.4}  test {:.2} %  gradient {:.2}  {seconds:.1} s",
        epoch.epoch,
        epoch.train_loss,
        100.0 * epoch.train_accuracy,
        epoch.test_loss,
        100.0 * epoch.test_accuracy,
        epoch.gradient_norm,
    )
}

fn row(epoch: &EpochEvent, epochs: usize, seconds: f64) -> String {
    let cell_types = u32::try_from(epoch.cell_types.len()).unwrap_or(u32::MAX).max(1);
    let entropy = epoch.cell_types.iter().map(|cell_type| cell_type.saturation.mean_entropy()).sum::<f64>()
        / f64::from(cell_types);
    let table = epoch.benchmark.map_or_else(String::new, of_table);
    let curvature = epoch.curvature.map_or_else(String::new, |value| format!("  curvature {value:.3}"));
    let row = format!(
        "epoch {}/{epochs}  train loss {:.4}  valid loss {:.4}  supernet {:.1} %  Λ {}  entropy {entropy:.3}  \
         gradient {}  no weights {}{curvature}{table}  {seconds:.1} s  {}",
        epoch.epoch,
        epoch.train_loss,
        epoch.valid_loss,
        100.0 * epoch.supernet_accuracy,
        optional(epoch.cell_types.first().and_then(|cell_type| cell_type.alignment)),
        gradient_norms(epoch),
        parameter_free(epoch),
        epoch.genotype.to_nas_bench_201().unwrap_or_else(|| histogram(epoch)),
    );
    row.trim_end().to_owned()
}

/// Norms of the loss's and the regularizer's gradient, as far as they were measured.
fn gradient_norms(epoch: &EpochEvent) -> String {
    match (epoch.loss_gradient_norm, epoch.regularizer_gradient_norm) {
        (Some(loss), Some(regularizer)) => format!("{loss:.2}, of the regularizer {regularizer:.2}"),
        _ => format!("{:.2}", epoch.gradient_norm),
    }
}

/// Number of operations without weights, of all.
fn parameter_free(epoch: &EpochEvent) -> String {
    format!("{}/{}", epoch.parameter_free, epoch.operations.values().sum::<usize>())
}

/// Number of each operation, the most frequent first.
pub(crate) fn histogram(epoch: &EpochEvent) -> String {
    let mut counts: Vec<_> = epoch.operations.iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let counts: Vec<_> = counts.iter().map(|(operation, count)| format!("{count} {operation}")).collect();
    counts.join(", ")
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
}
