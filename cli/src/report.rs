//! `report`: runs as one page that opens from disk, and their curves and cells as files.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lambda_darts::search::{CellTypeReport, EpochEvent, Event, EventKind, SearchConfig};
use lambda_darts::space::{Genotype, Space};
use serde::Serialize;
use serde_json::{Value, json};

use crate::args::ReportArgs;
use crate::csv_text::{csv_text, optional};
use crate::drawing;
use crate::environment::Environment;
use crate::events::read_events;
use crate::failure::Failure;
use crate::output::print;
use crate::runs::runs_of;
use crate::text_file::write_new;

/// The page without runs, built from web/report.html by `npm run build:report`.
const TEMPLATE: &str = include_str!("../assets/report.html");
/// The element of the page that takes the runs.
const PLACE: &str = r#"<script type="application/json" id="runs">[]</script>"#;

/// A run in the form that the page reads.
#[derive(Serialize)]
struct Run {
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

/// Runs that a report shows.
pub(crate) struct Report {
    runs: Vec<Run>,
}

pub(crate) fn run(args: &ReportArgs) -> Result<(), Failure> {
    let report = Report::read(&runs_of(&args.runs)?)?;
    let dot = || report.runs.iter().map(Run::dot).collect();
    let files = [(Some(&args.out), report.page()), (args.csv.as_ref(), report.curves()), (args.dot.as_ref(), dot())];
    for (path, text) in files {
        if let Some(path) = path {
            write_new(path, &text, args.force)?;
        }
    }
    print(&args.out.display().to_string())
}

impl Report {
    /// Reads the runs in some folders.
    pub(crate) fn read(folders: &[PathBuf]) -> Result<Self, Failure> {
        Ok(Self { runs: folders.iter().map(|path| Run::read(path)).collect::<Result<_, _>>()? })
    }

    /// Returns the page.
    pub(crate) fn page(&self) -> String {
        // In HTML, a script ends at the first `</`, even inside a text.
        let json = json!(self.runs).to_string().replace('<', "\\u003c");
        TEMPLATE.replacen(PLACE, &PLACE.replace("[]", &json), 1)
    }

    /// Returns the curves as CSV: a row for each run, epoch and type of cell, with all digits of every number.
    pub(crate) fn curves(&self) -> String {
        let head = COLUMNS.map(str::to_owned).to_vec();
        csv_text([head].into_iter().chain(self.runs.iter().flat_map(Run::rows)))
    }
}

/// Columns of the curves.
const COLUMNS: [&str; 22] = [
    "run",
    "method",
    "space",
    "seed",
    "epoch",
    "lambda",
    "learning_rate",
    "train_loss",
    "valid_loss",
    "supernet_accuracy",
    "parameter_free",
    "skip_connections",
    "gradient_norm",
    "loss_gradient_norm",
    "regularizer_gradient_norm",
    "clipped",
    "curvature",
    "seconds",
    "cell_type",
    "alignment",
    "entropy",
    "cifar10_test",
];

impl Run {
    fn read(path: &Path) -> Result<Self, Failure> {
        let (mut start, mut events, mut notations) = (None, Vec::new(), Vec::new());
        read_events(path, |event| {
            match &event.kind {
                EventKind::Start { config, .. } if start.is_none() => {
                    let space = config.search_space().map_err(|error| error.to_string())?;
                    start = Some((config.as_ref().clone(), space));
                }
                _ if start.is_none() => return Err("the first event is not the start of a search".to_owned()),
                // A search that was made longer announces its settings again.
                EventKind::Start { config, .. } => {
                    if let (Some((old, _)), Some(first)) = (&mut start, events.first_mut()) {
                        config.as_ref().clone_into(old);
                        *first = event;
                    }
                    return Ok(ControlFlow::Continue(()));
                }
                EventKind::Epoch(epoch) => {
                    // A well-formed genotype may still be an invalid cell.
                    let genotype = Genotype::parse(&json!(epoch.genotype).to_string());
                    let genotype = genotype.map_err(|error| format!("not a genotype: {}", error.what))?;
                    notations.push(json!({
                        "darts": genotype.to_darts(),
                        "nas_bench_201": genotype.to_nas_bench_201(),
                    }));
                }
                EventKind::Step(_) => return Ok(ControlFlow::Continue(())),
                EventKind::End { .. } => {}
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

    fn epochs(&self) -> impl Iterator<Item = &EpochEvent> {
        self.events.iter().filter_map(|event| match &event.kind {
            EventKind::Epoch(epoch) => Some(epoch.as_ref()),
            _ => None,
        })
    }

    /// Returns the rows of the curves.
    fn rows(&self) -> Vec<Vec<String>> {
        let of_event = |event: &Event| match &event.kind {
            EventKind::Epoch(epoch) => Some((event.seconds, epoch.clone())),
            _ => None,
        };
        let epochs = self.events.iter().filter_map(of_event);
        let row = |(seconds, epoch): (f64, Box<EpochEvent>)| {
            let of_type = |cell_type: &CellTypeReport| {
                vec![
                    self.name.clone(),
                    self.config.method.name.name().to_owned(),
                    self.config.space.clone(),
                    self.config.seed.to_string(),
                    epoch.epoch.to_string(),
                    epoch.lambda.to_string(),
                    epoch.lr.to_string(),
                    epoch.train_loss.to_string(),
                    epoch.valid_loss.to_string(),
                    epoch.supernet_accuracy.to_string(),
                    epoch.parameter_free.to_string(),
                    epoch.skip_connections.to_string(),
                    epoch.gradient_norm.to_string(),
                    optional(epoch.loss_gradient_norm),
                    optional(epoch.regularizer_gradient_norm),
                    epoch.clipped.to_string(),
                    optional(epoch.curvature),
                    seconds.to_string(),
                    cell_type.name.clone(),
                    optional(cell_type.alignment),
                    cell_type.saturation.mean_entropy().to_string(),
                    optional(epoch.benchmark.map(|known| known.accuracies.cifar10_test)),
                ]
            };
            epoch.cell_types.iter().map(of_type).collect::<Vec<_>>()
        };
        epochs.flat_map(row).collect()
    }

    /// Returns the cells of the last epoch, each as a graph in DOT.
    fn dot(&self) -> String {
        self.epochs().last().map_or_else(String::new, |epoch| drawing::dot(&self.name, &epoch.genotype))
    }
}
