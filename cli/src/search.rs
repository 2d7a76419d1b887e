//! `search`: a single search.

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use lambda_darts::benchmark::Table;
use lambda_darts::black_box::BlackBoxSearch;
use lambda_darts::data::DataSet;
use lambda_darts::method::Preset;
use lambda_darts::method::parts::Alignment;
use lambda_darts::search::{Search, SearchConfig};
use lambda_darts::session::Settings;
use lambda_darts::space::{CustomSpace, Space};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::any_search::AnySearch;
use crate::args::{SearchArgs, SettingsArgs};
use crate::data_flags::override_with;
use crate::drive::{End, Run};
use crate::failure::Failure;
use crate::kind::is_of_searcher;
use crate::known;
use crate::memory::peak_rss_mib;
use crate::output::print;
use crate::progress::Progress;
use crate::resume::{GoOn, resume};
use crate::run_dir::{CONFIG, Existing, Folder, is_run, notations, same_settings};
use crate::search_kind::SearchKind;
use crate::searcher::check_flags;
use crate::start::{rules, start_threads};
use crate::stop::Stop;
use crate::text_file::read_text;

pub(crate) fn run(args: &SearchArgs) -> Result<ExitCode, Failure> {
    let stop = Stop::listen()?;
    let settings = &args.settings;
    start_threads(&settings.run)?;
    if let Some(folder) = &args.resume {
        let with = go_on(settings, settings.epochs);
        return if is_of_searcher(&folder.join(CONFIG)) {
            finish(args, resume::<BlackBoxSearch>(folder, with, &stop)?, &stop)
        } else {
            finish(args, resume::<Search>(folder, with, &stop)?, &stop)
        };
    }
    let config = AnySearch::of(settings, args.choice.method.as_deref(), args.choice.seed)?;
    check_flags(settings, config.kinds())?;
    match config {
        AnySearch::Supernet(config) => finish(args, open::<Search>(args, &config, &stop)?, &stop),
        AnySearch::Searcher(config) => finish(args, open::<BlackBoxSearch>(args, &config, &stop)?, &stop),
    }
}

/// Goes on with the run in the folder of --out, if that is asked for and there is one, or starts a new one.
fn open<W: SearchKind>(args: &SearchArgs, config: &W::Config, stop: &Stop) -> Result<Run<W>, Failure> {
    if let Some(out) = args.out.as_deref().filter(|out| args.resume_or_start && is_run(out)) {
        same_settings(out, config)?;
        return resume(out, go_on(&args.settings, None), stop);
    }
    let existing = if args.force { Existing::Overwritten } else { Existing::Refused };
    W::begin(&args.settings, config, Folder { out: args.out.as_deref(), existing }, 1, stop)
}

/// Drives a search to its end and prints its result.
fn finish<W: SearchKind>(args: &SearchArgs, mut run: Run<W>, stop: &Stop) -> Result<ExitCode, Failure> {
    let began = Instant::now();
    let mut progress = Progress::new(&run.session, args.settings.run.quiet);
    progress.line(&format!("run {}", run.dir.path().display()));
    let end = run.drive(&mut progress, &rules(&args.settings.run), stop)?;
    let (genotype, table) = (W::genotype(&run, end), W::table(&run));
    let digest = run.dir.digest()?;
    let found = table.and_then(|table| table.look_up(&genotype));

    if args.json {
        let mut result = json!({
            "genotype": { "darts": genotype.to_darts(), "nas_bench_201": genotype.to_nas_bench_201() },
            "operations": genotype.operations(),
            "parameter_free": genotype.parameter_free(),
            "skip_connections": genotype.skip_connections(),
            "seconds": began.elapsed().as_secs_f64(),
            "peak_rss_mib": peak_rss_mib(),
            "stopped": end != End::Whole,
            "digest": digest,
            "run": run.dir.path().display().to_string(),
        });
        if let (Value::Object(result), Value::Object(measures)) = (&mut result, W::measures(&run)) {
            result.extend(measures);
        }
        if let Some(found) = found {
            let mut known = json!(found.accuracies);
            known["rank"] = json!(found.rank);
            known["cells"] = json!(table.map(Table::len));
            result["benchmark"] = known;
        }
        print(&result.to_string())?;
    } else {
        if !genotype.cells.is_empty() {
            print(&notations(&genotype))?;
        }
        if let (Some(found), Some(table)) = (found, table) {
            progress.line(&known::worth(&found, table));
        }
        if !matches!(end, End::Signal(_)) {
            progress.line(&format!("digest {digest}"));
        }
    }
    if let End::Signal(_) = end {
        progress.warn(&run.next());
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

/// Returns the settings of the file, or else the defaults, overridden by the flags.
pub(crate) fn configuration(
    args: &SettingsArgs,
    method: Option<Preset>,
    seed: Option<u64>,
) -> Result<SearchConfig, Failure> {
    let space = space(args.space.as_deref())?;
    let set = args.data.named_set()?;

    let mut config = if let Some(path) = &args.config {
        SearchConfig::from_toml(&read_text(path)?).map_err(|error| Failure::inside(path, error.to_string()))?
    } else {
        let space = space.as_ref().map_or("nas-bench-201", |(name, _)| name.as_str());
        match set {
            _ if args.published => SearchConfig::published(space),
            None | Some(DataSet::Fashion) => SearchConfig::fashion(space),
            Some(DataSet::Digits) => SearchConfig::digits(space),
            Some(_) => SearchConfig::of_space(space),
        }
    };
    if let Some((name, custom)) = space {
        (config.space, config.custom_space) = (name, custom);
    }

    args.data.override_in(&mut config.data)?;
    override_with(&mut config.seed, seed);
    override_with(&mut config.epochs, args.epochs);
    override_with(&mut config.batch, args.batch);
    override_with(&mut config.supernet.channels, args.channels);
    override_with(&mut config.supernet.cells, args.cells);
    let alignment = config.method.alignment.clone();
    if let Some(method) = method.filter(|&method| method != config.method.name) {
        config.method = std::mem::take(&mut config.method).switched(method);
    }
    config.method = config.method.complete();
    for part in &args.with {
        add(&mut config, part, alignment.as_ref())?;
    }
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

/// Adds a part to the method, unless it is there. The alignment has the settings of the space and the images.
fn add(config: &mut SearchConfig, part: &str, alignment: Option<&Alignment>) -> Result<(), Failure> {
    if config.method.parts_in_use().iter().any(|there| there.name == part) {
        return Ok(());
    }
    if let ("alignment", Some(alignment)) = (part, alignment) {
        config.method.alignment = Some(alignment.clone());
        return Ok(());
    }
    Ok(config.set(&format!("method.{part}"), "{}")?)
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

/// Returns the space that a flag names, with its description if that is in a file.
pub(crate) fn space(flag: Option<&str>) -> Result<Option<(String, Option<CustomSpace>)>, Failure> {
    let Some(flag) = flag else { return Ok(None) };
    if Path::new(flag).extension() == Some(OsStr::new("toml")) {
        let custom = custom_space(Path::new(flag))?;
        return Ok(Some((custom.name.clone(), Some(custom))));
    }
    Space::named(flag)?;
    Ok(Some((flag.to_owned(), None)))
}

pub(crate) fn custom_space(path: &Path) -> Result<CustomSpace, Failure> {
    let text = read_text(path)?;
    let wrong = |error: lambda_darts::space::SpaceError| Failure::inside(path, error.to_string());
    CustomSpace::parse(&text).map_err(wrong)?;
    CustomSpace::read(&text).map_err(wrong)
}
