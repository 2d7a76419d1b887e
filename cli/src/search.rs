//! `search`: a single search.

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use lambda_darts::benchmark::Table;
use lambda_darts::data::DataSet;
use lambda_darts::method::Preset;
use lambda_darts::search::{CellTypeReport, EpochEvent, Search, SearchConfig};
use lambda_darts::session::Settings;
use lambda_darts::space::{CustomSpace, Space};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::args::{SearchArgs, SettingsArgs};
use crate::data_flags::override_with;
use crate::drive::{End, Run};
use crate::failure::Failure;
use crate::memory::peak_rss_mib;
use crate::output::print;
use crate::progress::Progress;
use crate::resume::{GoOn, resume};
use crate::run_dir::{Existing, Folder, is_run, notations, same_settings};
use crate::start::{Start, rules, start, start_threads};
use crate::stop::Stop;
use crate::text_file::read_text;
use crate::{effect, known};

pub(crate) fn run(args: &SearchArgs) -> Result<ExitCode, Failure> {
    let stop = Stop::listen()?;
    let settings = &args.settings;
    start_threads(&settings.run)?;
    let mut run: Run<Search> = if let Some(folder) = &args.resume {
        resume(folder, go_on(settings, settings.epochs), &stop)?
    } else {
        let method = named("--method", args.choice.method.as_deref())?;
        let config = configuration(settings, method, args.choice.seed)?;
        match args.out.as_deref().filter(|out| args.resume_or_start && is_run(out)) {
            Some(out) => {
                same_settings(out, &config)?;
                resume(out, go_on(settings, None), &stop)?
            }
            None => begin(
                settings,
                &config,
                Folder {
                    out: args.out.as_deref(),
                    existing: if args.force { Existing::Overwritten } else { Existing::Refused },
                },
                1,
                &stop,
            )?,
        }
    };
    let began = Instant::now();
    let mut progress = Progress::new(&run.session, settings.run.quiet);
    progress.line(&format!("run {}", run.dir.path().display()));
    let end = run.drive(&mut progress, &rules(&settings.run), &stop)?;
    let (next, genotype) = (run.next(), run.genotype(end));
    let last = run.last_epoch();
    let (session, dir) = (&run.session, &run.dir);
    let config = session.config();
    let digest = dir.digest()?;

    if args.json {
        let mut result = json!({
            "genotype": { "darts": genotype.to_darts(), "nas_bench_201": genotype.to_nas_bench_201() },
            "alignment": by_type(last, |cell_type| json!(cell_type.alignment)),
            "entropy": by_type(last, |cell_type| json!(cell_type.saturation.mean_entropy())),
            "operations": genotype.operations(),
            "parameter_free": genotype.parameter_free(),
            "skip_connections": genotype.skip_connections(),
            "seconds": began.elapsed().as_secs_f64(),
            "peak_rss_mib": peak_rss_mib(),
            "supernet_accuracy": last.map(|epoch| epoch.supernet_accuracy),
            "epochs": last.map_or(0, |epoch| epoch.epoch),
            "stopped": end != End::Whole,
            "space": config.space,
            "method": config.method.name.name(),
            "seed": config.seed,
            "digest": digest,
            "run": dir.path().display().to_string(),
        });
        if let Some(found) = session.table().and_then(|table| table.look_up(&genotype)) {
            let mut known = json!(found.accuracies);
            known["rank"] = json!(found.rank);
            known["cells"] = json!(session.table().map(Table::len));
            result["benchmark"] = known;
        }
        print(&result.to_string())?;
    } else {
        print(&notations(&genotype))?;
        if let Some(table) = session.table()
            && let Some(found) = table.look_up(&genotype)
        {
            progress.line(&known::worth(&found, table));
        }
        if !matches!(end, End::Signal(_)) {
            progress.line(&format!("digest {digest}"));
        }
    }
    if let End::Signal(_) = end {
        progress.warn(&next);
    }
    Ok(match end {
        End::Whole | End::Collapse => ExitCode::SUCCESS,
        End::Signal(code) => ExitCode::from(code),
    })
}

/// Says how a search goes on.
pub(crate) fn go_on(args: &SettingsArgs, epochs: Option<usize>) -> GoOn<'_> {
    GoOn { run: &args.run, data_dir: args.data.data_dir.as_deref(), table: args.table.as_deref(), epochs }
}

/// Starts a new search in a folder of its own. `at_once` is the number of such searches that run at a time.
pub(crate) fn begin(
    args: &SettingsArgs,
    config: &SearchConfig,
    folder: Folder<'_>,
    at_once: u16,
    stop: &Stop,
) -> Result<Run<Search>, Failure> {
    args.data.check(&config.data)?;
    let notes = effect::warnings(args, config);
    start(config, Start { run: &args.run, table: args.table.as_deref(), folder, at_once, notes }, stop)
}

fn by_type(epoch: Option<&EpochEvent>, value: impl Fn(&CellTypeReport) -> Value) -> Value {
    let cell_types = epoch.map_or(&[][..], |epoch| epoch.cell_types.as_slice());
    Value::Object(cell_types.iter().map(|report| (report.name.clone(), value(report))).collect::<Map<_, _>>())
}

/// Returns the settings of the file, or else the defaults, overridden by the flags.
pub(crate) fn configuration(
    args: &SettingsArgs,
    method: Option<Preset>,
    seed: Option<u64>,
) -> Result<SearchConfig, Failure> {
    let custom = args.space.as_deref().map(Path::new).filter(|path| path.extension() == Some(OsStr::new("toml")));
    let custom = custom.map(custom_space).transpose()?;
    let set = args.data.named_set()?;
    let space = custom.as_ref().map(|custom| custom.name.as_str()).or(args.space.as_deref());

    let mut config = if let Some(path) = &args.config {
        SearchConfig::from_toml(&read_text(path)?).map_err(|error| Failure::inside(path, error.to_string()))?
    } else {
        let space = space.unwrap_or("nas-bench-201");
        match set {
            _ if args.published => SearchConfig::published(space),
            None | Some(DataSet::Fashion) => SearchConfig::fashion(space),
            Some(DataSet::Digits) => SearchConfig::digits(space),
            Some(_) => SearchConfig::of_space(space),
        }
    };
    if let Some(space) = space {
        if custom.is_none() {
            Space::named(space)?;
        }
        space.clone_into(&mut config.space);
        config.custom_space = custom;
    }

    args.data.override_in(&mut config.data)?;
    override_with(&mut config.seed, seed);
    override_with(&mut config.epochs, args.epochs);
    override_with(&mut config.batch, args.batch);
    override_with(&mut config.supernet.channels, args.channels);
    override_with(&mut config.supernet.cells, args.cells);
    if let Some(method) = method.filter(|&method| method != config.method.name) {
        config.method = std::mem::take(&mut config.method).switched(method);
    }
    config.method = config.method.complete();
    // A method without alignment takes no notice of these.
    if let Some(alignment) = &mut config.method.alignment {
        override_with(&mut alignment.lambda, args.lambda);
        override_with(&mut alignment.epsilon, args.epsilon);
        override_with(&mut alignment.estimator, named("--estimator", args.estimator.as_deref())?);
    }
    if let Some(warning) = &mut config.method.parameter_free_share {
        override_with(&mut warning.share, args.warn_parameter_free);
        warning.ends |= args.stop_on_collapse;
    }
    if let Some(sharpness) = &mut config.method.sharpness {
        sharpness.ends |= args.stop_on_collapse;
    }
    override_with(&mut config.architecture.order, named("--order", args.order.as_deref())?);
    override_with(&mut config.architecture.lr, args.arch_lr);
    override_with(&mut config.weights.lr, args.lr);
    config.architecture.unrolled |= args.unrolled;
    config.measures.curvature |= args.curvature;
    set_all(&mut config, &args.set)?;
    Ok(config)
}

/// Sets settings from the flag `--set`.
pub(crate) fn set_all(config: &mut impl Settings, all: &[String]) -> Result<(), Failure> {
    for setting in all {
        let (path, value) = setting.split_once('=').ok_or_else(|| Failure::Value {
            setting: "--set",
            value: setting.clone(),
            expected: "write PATH=VALUE, such as epochs=3",
        })?;
        config.set(path.trim(), value.trim())?;
    }
    Ok(())
}

/// Returns the value with this name, as configurations spell it.
pub(crate) fn named<T: DeserializeOwned>(setting: &'static str, name: Option<&str>) -> Result<Option<T>, Failure> {
    let Some(name) = name else { return Ok(None) };
    let value = serde_json::from_value(Value::String(name.to_owned()));
    value.map(Some).map_err(|_| Failure::Value { setting, value: name.to_owned(), expected: "--help lists the values" })
}

pub(crate) fn custom_space(path: &Path) -> Result<CustomSpace, Failure> {
    let text = read_text(path)?;
    let wrong = |error: lambda_darts::space::SpaceError| Failure::inside(path, error.to_string());
    CustomSpace::parse(&text).map_err(wrong)?;
    CustomSpace::read(&text).map_err(wrong)
}
