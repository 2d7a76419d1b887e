//! `figure`: the curves of runs as a figure for a paper.

use std::path::Path;

use lambda_darts::search::EpochEvent;

use super::{Group, Panel, draw, grouped, label};
use crate::args::FigureArgs;
use crate::failure::Failure;
use crate::output::print;
use crate::picture::{Format, bytes};
use crate::record::Record;
use crate::runs::runs_of;
use crate::setting_paths::{Settings, differing, settings};
use crate::text_file::write_new;

/// Run with its settings but for the seed.
struct Run {
    method: &'static str,
    settings: Settings,
    epochs: Vec<EpochEvent>,
}

pub(crate) fn run(args: &FigureArgs) -> Result<(), Failure> {
    let format = Format::of(&args.out)?;
    let runs = runs_of(&args.runs)?.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let panels: Vec<Panel> = args.panels.iter().filter_map(|name| Panel::named(name)).collect();
    let wrong = |what| Failure::inside(&args.out, what);
    let drawn = draw(&groups(runs), &panels, args.width).map_err(wrong)?;
    write_new(&args.out, bytes(&drawn, format).map_err(wrong)?, args.force)?;
    print(&args.out.display().to_string())
}

fn read(path: &Path) -> Result<Run, Failure> {
    let Record { config, epochs, .. } = Record::read(path)?;
    let Some(config) = config.filter(|_| !epochs.is_empty()) else {
        return Err(Failure::no_epoch(&path.join("events.jsonl")));
    };
    let mut settings = settings(&config.to_toml());
    settings.remove("seed");
    Ok(Run { method: config.method.name.name(), settings, epochs })
}

/// Returns the runs by their settings. Methods that occur with several settings are told apart by those that differ.
fn groups(runs: Vec<Run>) -> Vec<Group> {
    let kinds: Vec<(&str, Settings)> = runs.iter().map(|run| (run.method, run.settings.clone())).collect();
    let name = |run: &Run| {
        let alike: Vec<&Settings> =
            kinds.iter().filter(|(method, _)| *method == run.method).map(|(_, settings)| settings).collect();
        let told = differing(&alike).into_iter().filter_map(|path| {
            let value = run.settings.get(&path)?.trim_matches('"').to_owned();
            Some(format!(",{path}={value}"))
        });
        label(&std::iter::once(run.method.to_owned()).chain(told).collect::<String>())
    };
    // The baseline has the first colour in every figure.
    let mut runs: Vec<(String, Vec<EpochEvent>)> = runs.into_iter().map(|run| (name(&run), run.epochs)).collect();
    runs.sort_by_key(|(name, _)| *name != label("darts"));
    grouped(runs)
}
