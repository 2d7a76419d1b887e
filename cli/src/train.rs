//! `train`: the network of a cell, trained from scratch.

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use lambda_darts::data::DataConfig;
use lambda_darts::graph::{Cost, Graph, NetworkOptions};
use lambda_darts::space::{CustomSpace, Genotype, Space};
use lambda_darts::training::{Recipe, Train, TrainingConfig};
use serde_json::json;

use crate::architecture::{Origin, RunSettings, find};
use crate::args::{TrainArgs, TrainSettingsArgs};
use crate::data_flags::override_with;
use crate::drive::{End, Run};
use crate::failure::Failure;
use crate::memory::peak_rss_mib;
use crate::output::print;
use crate::progress::Progress;
use crate::resume::{GoOn, resume};
use crate::run_dir::{Existing, Folder, is_run, same_settings};
use crate::search::{custom_space, named, set_all};
use crate::start::{Start, rules, start, start_threads};
use crate::stop::Stop;
use crate::text_file::read_text;

pub(crate) fn run(args: &TrainArgs) -> Result<ExitCode, Failure> {
    let stop = Stop::listen()?;
    let settings = &args.settings;
    start_threads(&settings.run)?;
    let mut run: Run<Train> = if let Some(folder) = &args.resume {
        resume(folder, go_on(settings, settings.epochs), &stop)?
    } else {
        let cell = args.from.as_deref().map(cell).transpose()?;
        let config = configuration(settings, cell, args.seed)?;
        if let Some(out) = args.out.as_deref().filter(|out| args.resume_or_start && is_run(out)) {
            same_settings(out, &config)?;
            resume(out, go_on(settings, None), &stop)?
        } else {
            settings.data.check(&config.data)?;
            let existing = if args.force { Existing::Overwritten } else { Existing::Refused };
            let folder = Folder { out: args.out.as_deref(), existing };
            start(&config, Start { run: &settings.run, table: None, folder, at_once: 1, notes: Vec::new() }, &stop)?
        }
    };
    let began = Instant::now();
    let mut progress = Progress::new(&run.session, settings.run.quiet);
    progress.line(&format!("run {}", run.dir.path().display()));
    let end = run.drive(&mut progress, &rules(&settings.run), &stop)?;
    let (last, digest) = (run.last_epoch(), run.dir.digest()?);
    let config = run.session.config();
    let cost = cost(&run)?;
    if args.json {
        let result = json!({
            "test_accuracy": last.map(|epoch| epoch.test_accuracy),
            "test_top5": last.map(|epoch| epoch.test_top5),
            "test_loss": last.map(|epoch| epoch.test_loss),
            "train_loss": last.map(|epoch| epoch.train_loss),
            "train_accuracy": last.map(|epoch| epoch.train_accuracy),
            "parameters": cost.parameters,
            "multiply_adds": cost.multiply_adds,
            "epochs": last.map_or(0, |epoch| epoch.epoch),
            "seconds": began.elapsed().as_secs_f64(),
            "peak_rss_mib": peak_rss_mib(),
            "recipe": config.recipe.name(),
            "space": config.space,
            "seed": config.seed,
            "stopped": end != End::Whole,
            "digest": digest,
            "run": run.dir.path().display().to_string(),
        });
        print(&result.to_string())?;
    } else if let Some(last) = last {
        let [accuracy, top5] = [last.test_accuracy, last.test_top5].map(|share| 100.0 * share);
        print(&format!("test accuracy {accuracy:.2} %, top 5 {top5:.2} %, after epoch {}", last.epoch))?;
        progress.line(&format!("{} parameters, {} multiply-adds", cost.parameters, cost.multiply_adds));
        if end == End::Whole {
            progress.line(&format!("digest {digest}"));
        }
    }
    Ok(match end {
        End::Whole | End::Collapse => ExitCode::SUCCESS,
        End::Signal(code) => {
            progress.warn(&run.next());
            ExitCode::from(code)
        }
    })
}

/// Cost of the network without its auxiliary head, as papers count it.
fn cost(run: &Run<Train>) -> Result<Cost, Failure> {
    let (config, data) = (run.session.config(), run.session.data());
    let size = config.network_size(data.channels(), data.classes().len());
    let space = config.network_space()?;
    let graph = Graph::derived(&space, &config.genotype, size, NetworkOptions::default())?;
    let parameters = graph.parameter_count() as u64;
    Ok(Cost { parameters, multiply_adds: graph.multiply_adds([data.height(), data.width()]) })
}

/// Says how a training goes on.
fn go_on(args: &TrainSettingsArgs, epochs: Option<usize>) -> GoOn<'_> {
    GoOn { run: &args.run, data_dir: args.data.data_dir.as_deref(), table: None, epochs }
}

/// Cell to be trained, with what its run says of it.
pub(crate) struct Cell {
    pub(crate) genotype: Genotype,
    pub(crate) space: String,
    pub(crate) custom_space: Option<CustomSpace>,
    /// Images of the run.
    pub(crate) data: Option<DataConfig>,
}

/// Finds the cell that a user means.
pub(crate) fn cell(from: &OsStr) -> Result<Cell, Failure> {
    let (derived, origin) = find(from, None)?;
    let genotype = derived.genotype;
    Ok(match origin {
        Origin::Of(settings, _) => {
            let RunSettings { space, custom_space, data } = *settings;
            Cell { genotype, space, custom_space, data }
        }
        Origin::Published => {
            let space = if genotype.to_nas_bench_201().is_some() { "nas-bench-201" } else { "darts" };
            Cell { genotype, space: space.to_owned(), custom_space: None, data: None }
        }
        Origin::Unknown(path) => return Err(Failure::inside(&path, "the event of the start is missing".to_owned())),
    })
}

/// Returns the settings of the file, or else those of the recipe, overridden by the flags.
pub(crate) fn configuration(
    args: &TrainSettingsArgs,
    cell: Option<Cell>,
    seed: Option<u64>,
) -> Result<TrainingConfig, Failure> {
    let network = &args.network;
    let custom = network.space.as_deref().map(Path::new).filter(|path| path.extension() == Some(OsStr::new("toml")));
    let custom = custom.map(custom_space).transpose()?;
    let recipe: Option<Recipe> = named("--recipe", args.recipe.as_deref())?;
    let mut config = match (&args.config, &cell) {
        (Some(path), _) => {
            let config = TrainingConfig::from_toml(&read_text(path)?);
            config.map_err(|error| Failure::inside(path, error.to_string()))?
        }
        (None, Some(cell)) => {
            let own_space = args.network.space.is_none();
            let custom_space = if own_space { cell.custom_space.clone() } else { custom.clone() };
            let space = args.network.space.as_ref().unwrap_or(&cell.space);
            let own = cell.data.as_ref().map(|data| data.set).unwrap_or_default();
            let set = args.data.named_set()?.unwrap_or(own);
            let recipe = recipe.unwrap_or_else(|| Recipe::of(space, set));
            let genotype = cell.genotype.clone();
            let mut config = match custom_space {
                Some(custom) => TrainingConfig::of_custom_space(recipe, custom, genotype),
                None => TrainingConfig::new(recipe, space, genotype),
            };
            if let Some(data) = &cell.data {
                let DataConfig { set, dir, size, background, skip_unreadable, .. } = data.clone();
                config.data = DataConfig { set, dir, size, background, skip_unreadable, ..config.data };
            }
            config
        }
        (None, None) => TrainingConfig::default(),
    };
    if let (Some(_), Some(cell)) = (&args.config, cell) {
        config.genotype = cell.genotype;
    }
    if let Some(space) = &network.space {
        config.custom_space = custom;
        let name = config.custom_space.as_ref().map_or(space, |custom| &custom.name).clone();
        if config.custom_space.is_none() {
            Space::named(&name)?;
        }
        config.space = name;
    }
    args.data.override_in(&mut config.data)?;
    override_with(&mut config.seed, seed);
    override_with(&mut config.epochs, args.epochs);
    override_with(&mut config.batch, args.batch);
    override_with(&mut config.network.layout, named("--layout", network.layout.as_deref())?);
    override_with(&mut config.network.channels, network.channels);
    override_with(&mut config.network.cells, network.cells);
    override_with(&mut config.network.auxiliary_weight, network.auxiliary_weight);
    override_with(&mut config.network.drop_path, args.drop_path);
    override_with(&mut config.weights.lr, args.lr);
    override_with(&mut config.data.cutout, args.cutout);
    set_all(&mut config, &args.set)?;
    Ok(config)
}
