//! `figure`: the curves of runs as a figure for a paper.

use std::ops::ControlFlow;
use std::path::Path;

use lambda_darts::session::EventKind;

use super::{Epoch, Group, Panel, draw, grouped, label};
use crate::args::FigureArgs;
use crate::evaluation::Evaluation;
use crate::events::read_events;
use crate::failure::Failure;
use crate::output::print;
use crate::picture::{Format, bytes};
use crate::runs::{name_without_seed, runs_of};
use crate::setting_paths::{Settings, differing, settings};
use crate::text_file::write_new;

/// Run with its settings but for the seed.
struct Run {
    /// Method of a search, or name of a training's folder.
    name: String,
    settings: Settings,
    epochs: Vec<Epoch>,
}

pub(crate) fn run(args: &FigureArgs) -> Result<(), Failure> {
    let format = Format::of(&args.out)?;
    let runs = runs_of(&args.runs)?.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let groups = groups(runs);
    let named: Vec<Panel> = args.panels.iter().filter_map(|name| Panel::named(name)).collect();
    let panels: &[Panel] = if named.is_empty() { Panel::usual(&groups) } else { &named };
    let wrong = |what| Failure::inside(&args.out, what);
    let drawn = draw(&groups, panels, args.width).map_err(wrong)?;
    write_new(&args.out, bytes(&drawn, format).map_err(wrong)?, args.force)?;
    print(&args.out.display().to_string())
}

fn read(path: &Path) -> Result<Run, Failure> {
    let (mut start, mut epochs) = (None, Vec::new());
    read_events(path, |event| {
        match event.kind {
            EventKind::Start { config, .. } => start = Some((config.method.name.name().to_owned(), config.to_toml())),
            EventKind::TrainingStart { config, .. } => {
                start = Some((name_without_seed(path, config.seed), config.to_toml()));
            }
            EventKind::SearcherStart { config, .. } => {
                start = Some((config.searcher.name().to_owned(), config.to_toml()));
            }
            EventKind::Epoch(epoch) => epochs.push(Epoch::Search(epoch)),
            EventKind::SearcherStep(step) => epochs.push(Epoch::Evaluation(Evaluation::of(&step, event.seconds))),
            EventKind::TrainingEpoch(epoch) => epochs.push(Epoch::Training(epoch)),
            _ => {}
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let Some((name, config)) = start.filter(|_| !epochs.is_empty()) else {
        return Err(Failure::no_epoch(&path.join("events.jsonl")));
    };
    let mut settings = settings(&config);
    settings.remove("seed");
    Ok(Run { name, settings, epochs })
}

/// Returns the runs by their settings. Names that occur with several settings are told apart by those that differ.
fn groups(runs: Vec<Run>) -> Vec<Group> {
    let kinds: Vec<(String, Settings)> = runs.iter().map(|run| (run.name.clone(), run.settings.clone())).collect();
    let name = |run: &Run| {
        let alike: Vec<&Settings> =
            kinds.iter().filter(|(name, _)| *name == run.name).map(|(_, settings)| settings).collect();
        let told = differing(&alike).into_iter().filter_map(|path| {
            let value = run.settings.get(&path)?.trim_matches('"').to_owned();
            Some(format!(",{path}={value}"))
        });
        label(&std::iter::once(run.name.clone()).chain(told).collect::<String>())
    };
    // The baseline has the first colour in every figure.
    let mut runs: Vec<(String, Vec<Epoch>)> = runs.into_iter().map(|run| (name(&run), run.epochs)).collect();
    runs.sort_by_key(|(name, _)| *name != label("darts"));
    grouped(runs)
}
