//! `search`: a single search.

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use lambda_darts::benchmark::Table;
use lambda_darts::data::DataSet;
use lambda_darts::device::{Device, DeviceInfo, DeviceKind};
use lambda_darts::method::Preset;
use lambda_darts::search::{CellTypeReport, EpochEvent, SearchConfig, Session};
use lambda_darts::space::{CustomSpace, Space};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::args::{SearchArgs, SettingsArgs};
use crate::drive::{End, Rules, Run};
use crate::environment::{Asked, Environment};
use crate::failure::Failure;
use crate::memory::peak_rss_mib;
use crate::output::print;
use crate::progress::Progress;
use crate::resume::resume;
use crate::run_dir::{Existing, Folder, RunDir, is_run, notations, same_settings};
use crate::stop::Stop;
use crate::text_file::read_text;
use crate::{effect, fit, images, known};

/// Default maximum time between two checkpoints, in minutes.
const CHECKPOINT_MINUTES: u32 = 10;

pub(crate) fn run(args: &SearchArgs) -> Result<ExitCode, Failure> {
    let stop = Stop::listen()?;
    let settings = &args.settings;
    start_threads(settings)?;
    let mut run = if let Some(folder) = &args.resume {
        resume(settings, folder, settings.epochs, &stop)?
    } else {
        let method = named("--method", args.choice.method.as_deref())?;
        let config = configuration(settings, method, args.choice.seed)?;
        match args.out.as_deref().filter(|out| args.resume_or_start && is_run(out)) {
            Some(out) => {
                same_settings(out, &config)?;
                resume(settings, out, None, &stop)?
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
    let mut progress = Progress::new(&run.session, settings.quiet);
    progress.line(&format!("run {}", run.dir.path().display()));
    let end = run.drive(&mut progress, &rules(settings), &stop)?;
    let (next, genotype) = (run.next(), run.genotype(end));
    let Run { session, dir, epochs, .. } = run;
    let last = epochs.last();
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

/// Starts the threads that the CPU computes with, if their number is given. They belong to the whole process.
pub(crate) fn start_threads(args: &SettingsArgs) -> Result<(), Failure> {
    if let Some(threads) = args.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global()?;
    }
    Ok(())
}

/// Returns the rules of the loop, from the flags.
pub(crate) fn rules(args: &SettingsArgs) -> Rules {
    Rules { every: Duration::from_secs(60 * u64::from(args.checkpoint_minutes.unwrap_or(CHECKPOINT_MINUTES))) }
}

/// Starts a new search in a folder of its own. `at_once` is the number of such searches that run at a time.
pub(crate) fn begin(
    args: &SettingsArgs,
    config: &SearchConfig,
    folder: Folder<'_>,
    at_once: u16,
    stop: &Stop,
) -> Result<Run, Failure> {
    // All of this is checked before anything is written.
    config.check()?;
    effect::check(args, config)?;
    let table = known::table(args.table.as_deref(), config)?;
    let data = images::load(&config.data, config.seed)?;
    let mut notes = images::described(config, &data);
    notes.extend(effect::warnings(args, config));
    let device = Device::named(args.device.as_deref().unwrap_or("auto"))?;
    notes.extend(software(&device));
    fit::check(config, &data, &device, at_once)?;
    // The path is absolute, as the run may be resumed from another working directory.
    let table_file = args.table.as_deref().map(|path| path.canonicalize().unwrap_or_else(|_| path.to_owned()));
    let asked = Asked { device: args.device.clone(), table: table_file, tensorboard: args.tensorboard };
    let environment = Environment::new(config, &data, device.name(), asked);
    let mut session = pollster::block_on(Session::new(config.clone(), data, &device))?;
    if let Some(table) = table {
        session = session.with_table(table);
    }
    stop.begin();
    let mut dir = RunDir::create(folder, config, &environment)?;
    if args.tensorboard {
        dir = dir.with_board(0.0)?;
    }
    dir.save(&mut session)?;
    Ok(Run { session, dir, epochs: Vec::new(), notes })
}

/// Returns a warning if the device is a driver that computes on the CPU.
fn software(device: &Device) -> Option<String> {
    let name = device.is_gpu().then(|| device.name())?;
    let software = |info: &DeviceInfo| info.name == name && info.kind == DeviceKind::Software;
    let found = Device::list().iter().any(software);
    found.then(|| format!("warning: {name} is a software driver, which computes on the CPU; --device cpu is faster"))
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
    let set = args.data.as_deref().map(str::parse::<DataSet>).transpose()?;
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

    override_with(&mut config.data.set, set);
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
    // The run may be resumed from another folder.
    let dir = args.data_dir.as_deref().map(|dir| std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()));
    config.data.dir = dir.or(config.data.dir);
    config.data.images = args.images.or(config.data.images);
    config.data.size = args.size.or(config.data.size);
    override_with(&mut config.data.background, args.background);
    config.data.skip_unreadable |= args.skip_unreadable;
    for setting in &args.set {
        let (path, value) = setting.split_once('=').ok_or_else(|| Failure::Value {
            setting: "--set",
            value: setting.clone(),
            expected: "write PATH=VALUE, such as epochs=3",
        })?;
        config.set(path.trim(), value.trim())?;
    }
    Ok(config)
}

fn override_with<T>(setting: &mut T, flag: Option<T>) {
    if let Some(value) = flag {
        *setting = value;
    }
}

/// Returns the value with this name, as configurations spell it.
pub(crate) fn named<T: DeserializeOwned>(setting: &'static str, name: Option<&str>) -> Result<Option<T>, Failure> {
    let Some(name) = name else { return Ok(None) };
    let value = serde_json::from_value(Value::String(name.to_owned()));
    value.map(Some).map_err(|_| Failure::Value { setting, value: name.to_owned(), expected: "--help lists the values" })
}

fn custom_space(path: &Path) -> Result<CustomSpace, Failure> {
    let text = read_text(path)?;
    let wrong = |error: lambda_darts::space::SpaceError| Failure::inside(path, error.to_string());
    CustomSpace::parse(&text).map_err(wrong)?;
    CustomSpace::read(&text).map_err(wrong)
}
