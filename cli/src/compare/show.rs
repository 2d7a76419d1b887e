//! The tables and the files of the searches that have ended.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::done::{self, Done};
use super::plan::Group;
use super::{results, summary, table};
use crate::args::CompareArgs;
use crate::failure::Failure;
use crate::output::print;

/// Shows the searches that have ended so far, and runs none.
pub(super) fn collect(groups: &[Group], notes: &mut Vec<String>) -> Result<(), Failure> {
    let (mut all, mut ended) = (0, 0);
    let mut found = Vec::new();
    for group in groups {
        (all, ended) = (all + group.jobs.len(), ended + done::count_whole(&group.jobs)?);
        found.push(done::of_jobs(&group.jobs)?);
    }
    let Some(first) = groups.first().filter(|_| found.iter().any(|done| !done.is_empty())) else {
        let out = groups.first().map_or_else(PathBuf::new, |group| group.args.out.clone());
        return Err(Failure::inside(&out, format!("none of the {all} searches of the comparison has ended")));
    };
    print_tables(groups, &found, first.args.json)?;
    for (group, done) in groups.iter().zip(found).filter(|(_, done)| !done.is_empty()) {
        write_files(&group.args, done, notes)?;
    }
    notes.push(progress(groups, ended, all));
    Ok(())
}

/// Says how many searches of some have ended, with the trainings of their cells if these are asked for.
pub(super) fn progress(groups: &[Group], ended: usize, all: usize) -> String {
    let trains = groups.iter().flat_map(|group| &group.jobs).any(|job| job.training.is_some());
    let with = if trains { ", with the trainings of their cells" } else { "" };
    if ended == all {
        format!("all {all} searches have ended{with}")
    } else {
        format!("{ended} of {all} searches have ended{with}")
    }
}

/// Prints the table of each group that has finished searches.
pub(super) fn print_tables(groups: &[Group], found: &[Vec<Done>], json: bool) -> Result<(), Failure> {
    let ended = || groups.iter().zip(found).filter(|(_, done)| !done.is_empty());
    if json {
        let tables: Vec<Value> = ended()
            .map(|(group, done)| {
                let mut table = table::json(&summary::summarize(&done::baseline_first(done)));
                if let Some(name) = &group.name {
                    table["group"] = json!(name);
                }
                table
            })
            .collect();
        return match tables.as_slice() {
            [table] if groups.len() == 1 => print(&table.to_string()),
            tables => print(&json!({ "tables": tables }).to_string()),
        };
    }
    let text = |(group, done): (&Group, &Vec<Done>)| {
        let heading = group.name.as_ref().map_or_else(String::new, |name| format!("### {name}\n\n"));
        format!("{heading}{}", table::markdown(&summary::summarize(&done::baseline_first(done))))
    };
    let texts: Vec<String> = ended().map(text).collect();
    if texts.is_empty() { Ok(()) } else { print(texts.join("\n").trim_end()) }
}

/// Writes the files of the comparison, with the other searches of the folder.
pub(super) fn write_files(args: &CompareArgs, done: Vec<Done>, notes: &mut Vec<String>) -> Result<(), Failure> {
    let (asked, all) = (done.len(), done::in_folder(&args.out, done, notes)?);
    results::write(args, &done::baseline_first(&all))?;
    if all.len() > asked {
        let others = all.len() - asked;
        notes.push(format!("the files in {} have {others} more searches of the folder", args.out.display()));
    }
    Ok(())
}

/// Writes the files of each group all of whose searches have ended, those of other shards included; true if all have.
pub(super) fn write_if_whole(groups: &[Group], notes: &mut Vec<String>) -> Result<bool, Failure> {
    let mut all = true;
    for group in groups {
        if done::count_whole(&group.jobs)? == group.jobs.len() {
            write_files(&group.args, done::of_jobs(&group.jobs)?, notes)?;
        } else {
            all = false;
        }
    }
    Ok(all)
}
