//! Finished searches of a comparison, read from their folders.

use std::fs;
use std::path::{Path, PathBuf};

use lambda_darts::graph::Cost;
use lambda_darts::space::Genotype;

use super::plan::Job;
use super::training::{self, TrainedCell};
use crate::any_search::AnySearch;
use crate::claim::is_claimed;
use crate::failure::Failure;
use crate::network::{ImageShape, Network};
use crate::record::Record;
use crate::run_dir::{is_run, same_settings};
use crate::runs::name_without_seed;

/// A finished search.
pub(crate) struct Done {
    /// Method and settings that tell it from others, without the seed.
    pub(crate) label: String,
    pub(crate) seed: u64,
    pub(crate) folder: PathBuf,
    pub(crate) record: Record,
    /// Cost of the network that the found cells make, in the size of the papers and for the images of the search.
    pub(crate) cost: Option<Cost>,
    /// Result of the training of the cell, if it was trained.
    pub(crate) trained: Option<TrainedCell>,
}

impl Done {
    /// Reads a search; absent if it has not ended.
    fn read(label: Option<&str>, folder: &Path) -> Result<Option<Self>, Failure> {
        let Some(record) = record(folder)? else { return Ok(None) };
        let (Some(config), Some(genotype)) = (&record.config, record.genotype()) else { return Ok(None) };
        let (seed, cost) = (config.seed(), cost(config, genotype, folder));
        Ok(Some(Self {
            label: label.map_or_else(|| name_without_seed(folder, seed), str::to_owned),
            seed,
            folder: folder.to_owned(),
            record,
            cost,
            trained: training::result(folder)?,
        }))
    }

    /// Seconds of the search: those that a searcher's evaluations cost in the table, if it tells them.
    pub(super) fn seconds(&self) -> f64 {
        let simulated = self.record.spent.as_ref().and_then(|epoch| epoch.seconds_simulated);
        simulated.unwrap_or(self.record.seconds)
    }
}

/// Cost of the network of a cell for the images of its search; a black-box search has none.
fn cost(config: &AnySearch, genotype: &Genotype, folder: &Path) -> Option<Cost> {
    let AnySearch::Supernet(config) = config else { return None };
    let network = Network::published(&config.search_space().ok()?, genotype, ImageShape::of_run(folder));
    Some(network.ok()?.cost)
}

/// Reads the record of a search; absent if it has not ended.
pub(super) fn record(folder: &Path) -> Result<Option<Record>, Failure> {
    // Only a search that has ended, or was interrupted, has this file: the events of others may be growing.
    if !folder.join("genotype.json").is_file() {
        return Ok(None);
    }
    match Record::read(folder) {
        Ok(record) => Ok(Some(record).filter(|record| record.ended)),
        // Where an interrupted search goes on, a line may be half written.
        Err(_) if is_claimed(folder) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Returns true if a search has ended, and the training of its cell if that is asked for.
pub(super) fn is_whole(job: &Job) -> Result<bool, Failure> {
    let Some(record) = record(&job.folder)? else { return Ok(false) };
    let (Some(training), Some(genotype)) = (&job.training, record.genotype()) else { return Ok(true) };
    let config = training.config(&job.config, genotype.clone())?;
    same_settings(&training::folder(&job.folder), &config)?;
    Ok(training::result(&job.folder)?.is_some())
}

/// Returns the number of jobs that are whole.
pub(super) fn count_whole<'a>(jobs: impl IntoIterator<Item = &'a Job>) -> Result<usize, Failure> {
    jobs.into_iter().try_fold(0, |count, job| Ok(count + usize::from(is_whole(job)?)))
}

/// Returns the searches that have ended, of some of the comparison, in its order.
pub(super) fn of_jobs<'a>(jobs: impl IntoIterator<Item = &'a Job>) -> Result<Vec<Done>, Failure> {
    let mut done = Vec::new();
    for job in jobs.into_iter().filter(|job| is_run(&job.folder)) {
        done.extend(Done::read(Some(&job.label), &job.folder)?);
    }
    Ok(done)
}

/// Returns the searches with those of DARTS first, which tables compare with.
pub(super) fn baseline_first(all: &[Done]) -> Vec<&Done> {
    let (first, rest): (Vec<&Done>, Vec<&Done>) = all.iter().partition(|done| done.label == "darts");
    [first, rest].concat()
}

/// Returns all searches in the folder that have ended: those that are `asked` for, then those of other comparisons. A run
/// that cannot be read is named in `notes`.
pub(super) fn in_folder(folder: &Path, asked: Vec<Done>, notes: &mut Vec<String>) -> Result<Vec<Done>, Failure> {
    let cannot = |error| Failure::file(folder, error);
    let mut others = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if is_run(&path) && !asked.iter().any(|done| done.folder == path) {
            others.push(path);
        }
    }
    others.sort_unstable();
    let mut all = asked;
    for path in others {
        match Done::read(None, &path) {
            Ok(done) => all.extend(done),
            Err(failure) => notes.push(format!("warning: left out of the files: {failure}")),
        }
    }
    Ok(all)
}
