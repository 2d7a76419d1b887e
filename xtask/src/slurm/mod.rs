//! `cargo xtask test --slurm`: a comparison that the tasks of a job array share, with the script of the docs.

mod cluster;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;
use std::{env, fs, io};

use crate::run::{built, captured, refuse, root, run};
use cluster::{Cluster, said, until};

/// Page with the script.
const PAGE: &str = "docs/many-machines.md";
/// The comparison in the script.
const COMPARISON: [&str; 7] = ["compare", "--methods", "darts,lambda-darts", "--seeds", "0..3", "--out", "runs/many"];
/// Number of its searches, which is that of the tasks.
const SEARCHES: usize = 6;
/// Settings with which a search takes seconds.
const TINY: &str = "--data digits --device cpu --channels 2 --batch 8 --images 400 --epochs 60";
/// The task that is interrupted, and the events of its first search.
const INTERRUPTED: (usize, &str) = (1, "runs/many/darts-0/events.jsonl");
/// Number of steps after which it is interrupted.
const STEPS: usize = 20;
/// States of tasks that are not over.
const UNDER_WAY: [&str; 6] = ["PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "REQUEUED"];
/// Time for all tasks.
const PATIENCE: Duration = Duration::from_mins(10);

/// Runs the array, interrupts a task, and compares the tables with those of one undisturbed command.
pub(crate) fn test() -> Result<(), ExitCode> {
    cluster::set_up()?;
    let Folders { cluster, programs, many, alone } = Folders::fresh()?;
    let program = programs.join("lambda-darts");
    let mut path = programs.into_os_string();
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_default());
    let compare =
        |folder: &Path, more: &[&str]| run(Command::new(&program).args(COMPARISON).args(more).current_dir(folder));

    let cluster = Cluster::start(&cluster)?;
    // The limits are those of a small machine; all else is as in the docs.
    let mut submit = cluster.client("sbatch");
    submit.args(["--parsable", "--cpus-per-task=1", "--time=10", "many.sbatch"]).current_dir(&many).env("PATH", &path);
    let submitted = captured(&mut submit)?;
    let job = String::from_utf8_lossy(&submitted.stdout).trim().to_owned();
    if !submitted.status.success() || job.is_empty() {
        return refuse(&format!("sbatch: {}", String::from_utf8_lossy(&submitted.stderr).trim()));
    }
    interrupt(&cluster, &job, &many)?;
    await_end(&cluster, &job, &many)?;
    let (task, _) = INTERRUPTED;
    let shown = said(cluster.client("scontrol").args(["show", "job", &format!("{job}_{task}")])).unwrap_or_default();
    let starts = shown.split_whitespace().find_map(|word| word.strip_prefix("Restarts=")?.parse::<u32>().ok());
    if starts.is_none_or(|starts| starts == 0) {
        return refuse(&format!("task {task} was not started again after it was interrupted"));
    }
    drop(cluster);

    compare(&many, &["--collect"])?;
    compare(&alone, &[])?;
    for name in ["table.csv", "runs.csv"] {
        let [of_tasks, of_one] = [&many, &alone].map(|folder| Timeless::read(&folder.join("runs/many").join(name)));
        let (of_tasks, of_one) = (of_tasks?, of_one?);
        if of_tasks.rows != of_one.rows {
            return refuse(&format!("{name} of the tasks is not that of one command: see {}", many.display()));
        }
        println!("   {name}: {} rows, {} bytes, as from one command", of_tasks.rows.len(), of_tasks.bytes);
    }
    println!("   {SEARCHES} tasks, of which task {task} was interrupted and started again");
    Ok(())
}

/// Folders of the test, beside the builds.
struct Folders {
    cluster: PathBuf,
    programs: PathBuf,
    /// Working folder of the tasks.
    many: PathBuf,
    /// Working folder of the undisturbed command.
    alone: PathBuf,
}

impl Folders {
    /// Makes the folders, the script and the command with tiny settings.
    fn fresh() -> Result<Self, ExitCode> {
        let folder = built().join("../slurm");
        let made = match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Self::make(&folder),
        };
        made.or_else(|error| refuse(&format!("{}: cannot be written: {error}", folder.display())))
    }

    fn make(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let folder = folder.canonicalize()?;
        let [cluster, programs, many, alone] = ["cluster", "programs", "many", "alone"].map(|name| folder.join(name));
        for folder in [&cluster, &programs, &many, &alone] {
            fs::create_dir(folder)?;
        }
        let page = fs::read_to_string(root().join(PAGE))?;
        let script = script(&page).ok_or_else(|| io::Error::other(format!("{PAGE} has no script")))?;
        fs::write(many.join("many.sbatch"), script)?;
        // In the place of the command, one with tiny settings. `exec` keeps the process, which gets the signals.
        let program = programs.join("lambda-darts");
        let command = built().join("lambda-darts").display().to_string();
        fs::write(&program, format!("#!/bin/sh\nexec '{command}' \"$@\" {TINY}\n"))?;
        if said(Command::new("chmod").arg("+x").arg(&program)).is_none() {
            return Err(io::Error::other("chmod does not make a program executable"));
        }
        Ok(Self { cluster, programs, many, alone })
    }
}

/// Returns the script of a page.
fn script(page: &str) -> Option<&str> {
    let script = &page[page.find("#!/bin/bash\n#SBATCH")?..];
    Some(&script[..script.find("```")?])
}

/// Sends a task the signal that Slurm sends before the time limit, in the middle of its search.
fn interrupt(cluster: &Cluster, job: &str, many: &Path) -> Result<(), ExitCode> {
    let (task, events) = INTERRUPTED;
    until("the first steps of a search", PATIENCE, || {
        let events = fs::read_to_string(many.join(events)).unwrap_or_default();
        (events.matches("\"event\":\"step\"").count() >= STEPS).then_some(())
    })?;
    // The signal has come at once, but Slurm calls a task that goes back into the queue an error, and scancel tries again.
    let mut signal = cluster.client("timeout");
    captured(signal.args(["3", "scancel", "--batch", "--signal=USR1", &format!("{job}_{task}")])).map(drop)
}

/// Waits until all tasks have completed.
fn await_end(cluster: &Cluster, job: &str, many: &Path) -> Result<(), ExitCode> {
    let states = until("the end of all tasks", PATIENCE, || {
        let mut queue = cluster.client("squeue");
        let states = said(queue.args(["--noheader", "--states=all", "--format=%T", "--job", job]))?;
        states.lines().all(|state| !UNDER_WAY.contains(&state)).then_some(states)
    })?;
    let completed = states.lines().filter(|&state| state == "COMPLETED").count();
    if completed == SEARCHES {
        return Ok(());
    }
    refuse(&format!("{completed} of {SEARCHES} tasks have completed; their output is in {}", many.display()))
}

/// Table without its durations.
struct Timeless {
    rows: Vec<Vec<String>>,
    /// Size of the file.
    bytes: usize,
}

impl Timeless {
    fn read(path: &Path) -> Result<Self, ExitCode> {
        let text = fs::read_to_string(path).or_else(|error| refuse(&format!("{}: {error}", path.display())))?;
        match rows(&text) {
            Ok(rows) => Ok(Self { rows, bytes: text.len() }),
            Err(error) => refuse(&format!("{}: {error}", path.display())),
        }
    }
}

/// Returns the rows of a table in CSV, the head included, without the columns of durations.
fn rows(text: &str) -> Result<Vec<Vec<String>>, csv::Error> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
    let kept = |row: &csv::StringRecord| -> Vec<String> {
        let head = rows.first().into_iter().flatten();
        row.iter()
            .zip(head)
            .filter(|(_, column)| !column.starts_with("seconds"))
            .map(|(text, _)| text.to_owned())
            .collect()
    };
    Ok(rows.iter().map(kept).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_of_the_docs_makes_the_comparison() {
        let page = fs::read_to_string(root().join(PAGE)).unwrap();
        let script = script(&page).unwrap();
        assert!(script.contains(&format!("\nlambda-darts {} ", COMPARISON.join(" "))), "{script}");
        assert!(script.contains(&format!("\n#SBATCH --array=1-{SEARCHES}\n")), "{script}");
        assert!(script.ends_with("\nexit \"$code\"\n"), "{script}");
        assert_eq!(page.matches(&format!("lambda-darts {} --collect\n", COMPARISON.join(" "))).count(), 1);
    }

    #[test]
    fn tables_lose_their_durations_alone() {
        let table = "method,n,seconds,seconds_p,x\ndarts,2,1.5,,\"a,b\"\n";
        assert_eq!(rows(table).unwrap(), [["method", "n", "x"], ["darts", "2", "a,b"]]);
    }
}
