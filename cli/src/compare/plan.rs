//! The searches of a comparison, planned and checked before the first one starts.

use std::path::PathBuf;

use lambda_darts::data::DataSet;

use super::sweep::{self, Sweep};
use super::training::CellTraining;
use super::{MOST_SEARCHES, seeds};
use crate::any_search::{AnySearch, is_searcher};
use crate::args::{CompareArgs, DataArgs, SettingsArgs};
use crate::failure::Failure;
use crate::kind::is_of_searcher;
use crate::searcher::check_flags;

/// One search of the comparison.
pub(super) struct Job {
    /// Method and settings that tell it from others, without the seed.
    pub(super) label: String,
    pub(super) config: AnySearch,
    pub(super) folder: PathBuf,
    /// Flags that it starts with.
    pub(super) settings: SettingsArgs,
    /// Training of its cell, if the cells are trained.
    pub(super) training: Option<CellTraining>,
}

/// Searches that are compared with each other.
pub(super) struct Group {
    /// Space and data set, if there are several groups.
    pub(super) name: Option<String>,
    /// Flags of the group's own comparison.
    pub(super) args: CompareArgs,
    pub(super) jobs: Vec<Job>,
}

/// Plans the comparison: a group for each pair of a space and a data set.
pub(super) fn groups(args: &CompareArgs) -> Result<Vec<Group>, Failure> {
    let each = |names: &[String]| -> Vec<Option<String>> {
        let mut distinct: Vec<Option<String>> = Vec::new();
        for name in names {
            if !distinct.contains(&Some(name.clone())) {
                distinct.push(Some(name.clone()));
            }
        }
        if distinct.is_empty() { vec![None] } else { distinct }
    };
    let any = |searchers| args.methods.iter().any(|method| is_searcher(method) == searchers);
    // The training of a searcher's cell reads images, and runs on a device.
    let mut flags = args.settings.clone();
    if args.train.is_some() {
        flags.data = DataArgs::default();
        (flags.run.device, flags.published) = (None, false);
    }
    check_flags(&flags, [any(false), any(true)])?;
    let (spaces, sets) = (each(&args.spaces), each(&args.settings.data.sets));
    let several = spaces.len() * sets.len() > 1;
    let mut groups = Vec::new();
    for space in &spaces {
        for set in &sets {
            let mut own = args.clone();
            own.settings.space = space.clone().or(own.settings.space);
            own.settings.data.sets = set.iter().cloned().collect();
            let named: Vec<&str> = [space, set].into_iter().flatten().map(String::as_str).collect();
            if several {
                own.out = args.out.join(named.join("-").replace(['/', '\\'], "-"));
            }
            if several && matches!(own.settings.data.named_set()?, Some(DataSet::Digits | DataSet::Fashion)) {
                // The folder is that of the other data sets.
                own.settings.data.data_dir = None;
            }
            let jobs = jobs(&own)?;
            groups.push(Group { name: several.then(|| named.join(", ")), args: own, jobs });
        }
    }
    if groups.iter().map(|group| group.jobs.len()).sum::<usize>() > MOST_SEARCHES {
        let value = args.seeds.clone();
        return Err(Failure::Value { setting: "--seeds", value, expected: TOO_MANY });
    }
    Ok(groups)
}

const TOO_MANY: &str = "a comparison has at most 1000 searches";

fn jobs(args: &CompareArgs) -> Result<Vec<Job>, Failure> {
    let wrong = |expected| Failure::Value { setting: "--seeds", value: args.seeds.clone(), expected };
    let seeds = seeds::parse(&args.seeds)
        .ok_or_else(|| wrong("write ranges and numbers with commas, such as 0..3,7,10..=12"))?;
    let sweeps = args.sweep.iter().map(|text| sweep::parse(text)).collect::<Result<Vec<_>, _>>()?;
    sweep::check(&sweeps)?;
    let mut methods: Vec<&String> = Vec::new();
    for method in &args.methods {
        if !methods.contains(&method) {
            methods.push(method);
        }
    }
    check_paths(args, &methods, &sweeps)?;
    let mut jobs: Vec<Job> = Vec::new();
    // Seed by seed, so that an interruption leaves all methods with about the same seeds.
    for &seed in &seeds {
        for method in &methods {
            for job in of_method(args, method, seed, &sweeps)? {
                // Errors are found before the first search starts.
                job.config.check()?;
                if seeds.first() == Some(&seed) {
                    job.config.check_table()?;
                }
                job.config.same_settings(&job.folder)?;
                jobs.push(job);
            }
        }
        if jobs.len() > MOST_SEARCHES {
            return Err(wrong(TOO_MANY));
        }
    }
    Ok(jobs)
}

/// Refuses settings that no method has, and those that have flags of their own.
fn check_paths(args: &CompareArgs, methods: &[&String], sweeps: &[Sweep]) -> Result<(), Failure> {
    let mut bases = Vec::new();
    for method in methods {
        bases.push(base(args, method, 0)?);
    }
    for (flag, text) in
        args.settings.set.iter().map(|text| ("--set", text)).chain(sweeps.iter().map(|sweep| ("--sweep", &sweep.path)))
    {
        let path = sweep::path(text);
        let wrong = |expected| Failure::Value { setting: flag, value: text.clone(), expected };
        match path {
            "method.name" | "searcher.name" => return Err(wrong("name the methods with --methods")),
            "seed" => return Err(wrong("name the seeds with --seeds")),
            _ if !bases.iter().any(|base| base.has(path)) => {
                return Err(wrong("none of the methods has this setting; `lambda-darts methods` lists them"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Returns the flags that a method reads.
fn flags(args: &CompareArgs, method: &str) -> SettingsArgs {
    let (mut flags, searcher) = (args.settings.clone(), is_searcher(method));
    let mixed = args.methods.iter().any(|other| is_searcher(other) != searcher);
    // The settings in a file are those of methods of one kind.
    flags.config = flags.config.filter(|file| !mixed || is_of_searcher(file) == searcher);
    // A table is looked up on the CPU.
    flags.run.device = flags.run.device.filter(|_| !searcher);
    flags
}

/// Returns the settings of a method without those of `--set`.
fn base(args: &CompareArgs, method: &str, seed: u64) -> Result<AnySearch, Failure> {
    AnySearch::of(&SettingsArgs { set: Vec::new(), ..flags(args, method) }, Some(method), Some(seed))
}

fn of_method(args: &CompareArgs, method: &str, seed: u64, sweeps: &[Sweep]) -> Result<Vec<Job>, Failure> {
    let (base, mut settings) = (base(args, method, seed)?, flags(args, method));
    // Settings of a part must not add it to a method without it.
    settings.set.retain(|setting| base.has(sweep::path(setting)));
    let config = AnySearch::of(&settings, Some(method), Some(seed))?;
    let training = CellTraining::of(args, &config)?;
    let job = |variant: sweep::Variant| {
        let folder = args.out.join(format!("{}-{seed}", variant.label));
        let (settings, training) = (settings.clone(), training.clone());
        Job { label: variant.label, config: variant.config, folder, settings, training }
    };
    Ok(sweep::variants(&config, sweeps)?.into_iter().map(job).collect())
}
