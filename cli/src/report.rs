//! `report`: runs as one page that opens from disk, and their curves and cells as files.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lambda_darts::search::{EpochEvent, Event, EventKind, SearchConfig};
use lambda_darts::space::{Genotype, Space};
use serde::Serialize;
use serde_json::{Value, json};

use crate::args::ReportArgs;
use crate::drawing;
use crate::events::read_events;
use crate::failure::Failure;
use crate::output::print;
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
    /// Notations of the architecture of every epoch.
    notations: Vec<Value>,
    #[serde(skip)]
    config: SearchConfig,
}

pub(crate) fn run(args: &ReportArgs) -> Result<(), Failure> {
    let runs = args.runs.iter().map(|path| Run::read(path)).collect::<Result<Vec<_>, _>>()?;
    // In HTML, a script ends at the first `</`, even inside a text.
    let json = json!(runs).to_string().replace('<', "\\u003c");
    let page = TEMPLATE.replacen(PLACE, &PLACE.replace("[]", &json), 1);
    let files = [
        (Some(&args.out), page),
        (args.csv.as_ref(), csv(&runs)),
        (args.dot.as_ref(), runs.iter().map(Run::dot).collect()),
    ];
    for (path, text) in files {
        if let Some(path) = path {
            write_new(path, &text, args.force)?;
        }
    }
    print(&args.out.display().to_string())
}

/// Returns the curves of runs as CSV.
pub(crate) fn curves(runs: &[PathBuf]) -> Result<String, Failure> {
    Ok(csv(&runs.iter().map(|path| Run::read(path)).collect::<Result<Vec<_>, _>>()?))
}

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
        Ok(Self { name: path.display().to_string(), space, events, notations, config })
    }

    fn epochs(&self) -> impl Iterator<Item = &EpochEvent> {
        self.events.iter().filter_map(|event| match &event.kind {
            EventKind::Epoch(epoch) => Some(epoch.as_ref()),
            _ => None,
        })
    }

    /// Returns the cells of the last epoch, each as a graph in DOT.
    fn dot(&self) -> String {
        self.epochs().last().map_or_else(String::new, |epoch| drawing::dot(&self.name, &epoch.genotype))
    }
}

/// Returns the curves as CSV: a row for each run, epoch and type of cell, with all digits of every number.
fn csv(runs: &[Run]) -> String {
    let mut text = String::from(
        "run,method,space,seed,epoch,lambda,learning_rate,train_loss,valid_loss,supernet_accuracy,skip_connections,\
         cell_type,alignment,entropy,cifar10_test\n",
    );
    for run in runs {
        for epoch in run.epochs() {
            for cell_type in &epoch.cell_types {
                let optional = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
                let row = [
                    field(&run.name),
                    run.config.method.name.name().to_owned(),
                    field(&run.config.space),
                    run.config.seed.to_string(),
                    (epoch.epoch + 1).to_string(),
                    epoch.lambda.to_string(),
                    epoch.lr.to_string(),
                    epoch.train_loss.to_string(),
                    epoch.valid_loss.to_string(),
                    epoch.supernet_accuracy.to_string(),
                    epoch.skip_connections.to_string(),
                    field(&cell_type.name),
                    optional(cell_type.alignment),
                    cell_type.saturation.mean_entropy().to_string(),
                    optional(epoch.benchmark.map(|known| known.accuracies.cifar10_test)),
                ];
                text.push_str(&row.join(","));
                text.push('\n');
            }
        }
    }
    text
}

/// Quotes a field of CSV if its text needs it.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
