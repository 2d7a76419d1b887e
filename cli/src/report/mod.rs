//! `report`: runs as one page that opens from disk, and their curves and cells as files.

mod curves;
mod evaluated;
mod search;
mod searcher;
mod training;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lambda_darts::device::Device;
use lambda_darts::session::EventKind;
use serde::Serialize;
use serde_json::json;

use crate::args::ReportArgs;
use crate::csv_text::csv_text;
use crate::events::read_events;
use crate::failure::Failure;
use crate::output::print;
use crate::runs::runs_of;
use crate::text_file::{check_targets, write_all_new};

use search::SearchRun;
use searcher::SearcherRun;
use training::TrainingRun;

/// The page without runs, built from web/report.html by `npm run build:report`.
const TEMPLATE: &str = include_str!("../../assets/report.html");
/// The element of the page that takes the runs.
const PLACE: &str = r#"<script type="application/json" id="runs">[]</script>"#;

/// Run in the form that the page reads.
#[derive(Serialize)]
#[serde(untagged)]
enum Run {
    Search(Box<SearchRun>),
    Searcher(Box<SearcherRun>),
    Training(Box<TrainingRun>),
}

/// Runs that a report shows.
pub(crate) struct Report {
    runs: Vec<Run>,
}

pub(crate) fn run(args: &ReportArgs) -> Result<(), Failure> {
    let paths = [Some(&args.out), args.csv.as_ref(), args.dot.as_ref()];
    // An evaluation may take minutes.
    check_targets(&paths.into_iter().flatten().map(PathBuf::as_path).collect::<Vec<_>>(), args.force)?;
    let mut report = Report::read(&runs_of(&args.runs)?)?;
    if args.evaluate {
        let device = Device::named(args.device.as_deref().unwrap_or("auto"))?;
        report.evaluate(&device, args.data_dir.as_deref())?;
    }
    let texts = [report.page(), report.curves(), report.dot()];
    let files = paths.into_iter().zip(&texts).filter_map(|(path, text)| Some((path?.as_path(), text.as_bytes())));
    write_all_new(&files.collect::<Vec<_>>(), args.force)?;
    print(&args.out.display().to_string())
}

impl Report {
    /// Reads the runs in some folders.
    pub(crate) fn read(folders: &[PathBuf]) -> Result<Self, Failure> {
        Ok(Self { runs: folders.iter().map(|path| Run::read(path)).collect::<Result<_, _>>()? })
    }

    /// Evaluates the trainings on their test images, which lie in `data_dir` if one is given.
    fn evaluate(&mut self, device: &Device, data_dir: Option<&Path>) -> Result<(), Failure> {
        let trainings = self.runs.iter_mut().filter_map(|run| match run {
            Run::Training(run) => Some(run),
            Run::Search(_) | Run::Searcher(_) => None,
        });
        let mut trainings = trainings.peekable();
        if trainings.peek().is_none() {
            return Err(Failure::NoTraining);
        }
        trainings.try_for_each(|run| run.evaluate(device, data_dir))
    }

    /// Returns the page.
    pub(crate) fn page(&self) -> String {
        // In HTML, a script ends at the first `</`, even inside a text.
        let json = json!(self.runs).to_string().replace('<', "\\u003c");
        TEMPLATE.replacen(PLACE, &PLACE.replace("[]", &json), 1)
    }

    /// Returns the curves as CSV, with all digits of every number: a row for each run, epoch and type of cell of a search,
    /// for each epoch of a training, and for each evaluation of a searcher.
    pub(crate) fn curves(&self) -> String {
        let rows = self.runs.iter().flat_map(|run| match run {
            Run::Search(run) => run.rows(),
            Run::Searcher(run) => run.rows(),
            Run::Training(run) => run.rows(),
        });
        csv_text(curves::table(&rows.collect::<Vec<_>>()))
    }

    /// Returns the cells of the runs as graphs in DOT.
    fn dot(&self) -> String {
        let dot = |run: &Run| match run {
            Run::Search(run) => run.dot(),
            Run::Searcher(run) => run.dot(),
            Run::Training(run) => run.dot(),
        };
        self.runs.iter().map(dot).collect()
    }
}

impl Run {
    /// Reads a run, whose first event tells its kind.
    fn read(path: &Path) -> Result<Self, Failure> {
        let mut first = None;
        read_events(path, |event| {
            first = Some(event.kind);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(match first {
            Some(EventKind::TrainingStart { .. }) => Self::Training(Box::new(TrainingRun::read(path)?)),
            Some(EventKind::SearcherStart { .. }) => Self::Searcher(Box::new(SearcherRun::read(path)?)),
            _ => Self::Search(Box::new(SearchRun::read(path)?)),
        })
    }
}
