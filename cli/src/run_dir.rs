//! The folder of a run and the files in it.

use std::fs::{self, File, TryLockError};
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use lambda_darts::search::Search;
use lambda_darts::session::{
    Checkpoint, Event, EventDigest, EventLogPosition, Session, Settings as WorkSettings, Work,
};
use lambda_darts::space::Genotype;
use lambda_darts::training::Train;
use serde_json::{Value, json};

use crate::board::{self, Board};
use crate::environment::{self, Asked, Environment};
use crate::failure::Failure;
use crate::kind::Kind;
use crate::setting_paths::{Settings, differing, settings};
use crate::text_file::{read_text, write_new};

/// Name of the file with the settings in the folder of a run.
pub(crate) const CONFIG: &str = "config.toml";

pub(crate) struct RunDir {
    path: PathBuf,
    events: File,
    /// Position after the events that were written.
    position: EventLogPosition,
    board: Option<Board>,
}

/// Folder of a new run.
#[derive(Clone, Copy)]
pub(crate) struct Folder<'a> {
    /// Path; without one, the folder gets a name from the search.
    pub(crate) out: Option<&'a Path>,
    pub(crate) existing: Existing,
}

/// Files that a folder of a new run may have already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    /// None.
    Refused,
    /// All, but not those of a run: another process may have made it meanwhile.
    ButRuns,
    /// All.
    Overwritten,
}

impl RunDir {
    /// Makes the folder and writes the settings and the environment of the run.
    pub(crate) fn create(
        Folder { out, existing }: Folder<'_>,
        config: &impl WorkSettings,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let path = match out {
            Some(path) => named(path, existing)?,
            None => numbered(config)?,
        };
        let events = events_of(&path)?;
        if existing == Existing::ButRuns && is_run(&path) {
            return Err(Failure::Busy { path });
        }
        // Files of an earlier run must not be mistaken for those of this one.
        for name in [Search::RESULT, Train::RESULT, Checkpoint::<Search>::NEWEST, Checkpoint::<Search>::PREVIOUS] {
            let old = path.join(name);
            match fs::remove_file(&old) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(Failure::file(&old, error)),
                _ => {}
            }
        }
        write_config(&path, config)?;
        let environment = serde_json::to_string_pretty(environment).map_err(std::io::Error::from);
        let environment = environment.map_err(|error| Failure::file(&path, error))?;
        write_new(&path.join(environment::FILE), format!("{environment}\n"), true)?;
        Self::at(path, events, EventLogPosition::default())
    }

    /// Opens the folder of an earlier run. If another run is writing into it, that is an error.
    pub(crate) fn open(path: &Path) -> Result<(Self, Asked), Failure> {
        if !path.join(environment::FILE).is_file() {
            return Err(Failure::NoRun { path: path.to_owned(), lacks: environment::FILE });
        }
        // With the lock, nobody else is writing.
        let events = events_of(path)?;
        let Environment { asked, .. } = Environment::read(path)?;
        Ok((Self { path: path.to_owned(), events, position: EventLogPosition::default(), board: None }, asked))
    }

    /// Writes the settings of the run.
    pub(crate) fn write_config(&self, config: &impl WorkSettings) -> Result<(), Failure> {
        write_config(&self.path, config)
    }

    /// Renames a damaged file and so keeps it for inspection.
    pub(crate) fn set_aside(&self, name: &str) -> Result<(), Failure> {
        let path = self.path.join(name);
        fs::rename(&path, self.path.join(format!("{name}.damaged"))).map_err(|error| Failure::file(&path, error))
    }

    /// Passes the events that a checkpoint was taken with to `show`. If the folder has other events, that is an error.
    pub(crate) fn replay(&self, position: EventLogPosition, mut show: impl FnMut(Event)) -> Result<(), Failure> {
        let path = self.path.join("events.jsonl");
        let cannot = |error| Failure::file(&path, error);
        let others = || Failure::inside(&path, "not the events that the checkpoint was taken with".to_owned());
        let mut file = &self.events;
        file.rewind().map_err(cannot)?;
        let (mut seen, mut line) = (EventLogPosition::default(), Vec::new());
        let mut reader = BufReader::new(file.take(position.bytes));
        while reader.read_until(b'\n', &mut line).map_err(cannot)? > 0 {
            seen.add(&line);
            show(serde_json::from_slice(&line).map_err(|_| others())?);
            line.clear();
        }
        if seen == position { Ok(()) } else { Err(others()) }
    }

    /// Removes the events after those of a checkpoint; the run will make them again.
    pub(crate) fn go_on(self, position: EventLogPosition) -> Result<Self, Failure> {
        Self::at(self.path, self.events, position)
    }

    fn at(path: PathBuf, mut events: File, position: EventLogPosition) -> Result<Self, Failure> {
        let placed = events.set_len(position.bytes).and_then(|()| events.seek(SeekFrom::End(0)));
        placed.map_err(|error| Failure::file(&path.join("events.jsonl"), error))?;
        Ok(Self { path, events, position, board: None })
    }

    /// Starts to write for TensorBoard, with the existing events first. `seconds` is the duration of the run so far.
    pub(crate) fn with_board(mut self, seconds: f64) -> Result<Self, Failure> {
        let folder = self.path.join(board::FOLDER);
        let cannot = |error| Failure::file(&folder, error);
        let mut board = Board::create(&self.path, seconds).map_err(cannot)?;
        let mut shown = Ok(());
        self.replay(self.position, |event| {
            if shown.is_ok() {
                shown = board.show(&event);
            }
        })?;
        shown.map_err(cannot)?;
        self.board = Some(board);
        Ok(self)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a line in one piece, so that the file ends with a whole line even if the process is killed.
    pub(crate) fn append(&mut self, event: &Event) -> Result<(), Failure> {
        let line = serde_json::to_string(event).map_err(std::io::Error::from);
        let written = line.and_then(|line| {
            let line = format!("{line}\n");
            self.events.write_all(line.as_bytes())?;
            self.position.add(line.as_bytes());
            Ok(())
        });
        written.map_err(|error| {
            // A part of the line may have been written.
            let _ = self.events.set_len(self.position.bytes);
            Failure::file(&self.path.join("events.jsonl"), error)
        })?;
        match &mut self.board {
            Some(board) => board.show(event).map_err(|error| Failure::file(&self.path.join(board::FOLDER), error)),
            None => Ok(()),
        }
    }

    /// Returns the digest of all events of the run.
    pub(crate) fn digest(&self) -> Result<String, Failure> {
        let mut digest = EventDigest::default();
        self.replay(self.position, |event| digest.add(&event))?;
        Ok(digest.hex())
    }

    /// Writes a checkpoint of the session, with the position in the event log.
    pub(crate) fn save<W: Work>(&self, session: &mut Session<W>) -> Result<(), Failure> {
        let state = pollster::block_on(session.state())?;
        // The events must be on the disk before the checkpoint that refers to them.
        self.events.sync_data().map_err(|error| Failure::file(&self.path.join("events.jsonl"), error))?;
        Ok(Checkpoint { state, position: self.position }.save(&self.path)?)
    }

    /// Writes the result in one piece.
    pub(crate) fn finish(&self, name: &str, result: &Value) -> Result<(), Failure> {
        write_new(&self.path.join(name), format!("{result:#}\n"), true)
    }
}

/// Returns true if a folder has a run, perhaps one that has just begun.
pub(crate) fn is_run(folder: &Path) -> bool {
    folder.join(environment::FILE).is_file()
}

/// Checks that the run in a folder, if there is one, has these settings. Settings that its file lacks, as that of an older
/// version does, have their defaults, and numbers may be written in other ways, as the page writes 1.0 as 1.
pub(crate) fn same_settings<C: WorkSettings>(folder: &Path, config: &C) -> Result<(), Failure> {
    let path = folder.join(CONFIG);
    if !path.exists() {
        return Ok(());
    }
    let text = read_text(&path)?;
    let there = C::from_toml(&text).map_or(text, |config| config.to_toml());
    let asked = config.to_toml();
    if there == asked {
        return Ok(());
    }
    let [there, asked] = [&there, &asked].map(|text| settings(text));
    let told = |path: &String| {
        let of = |settings: &Settings| settings.get(path).cloned().unwrap_or_else(|| "nothing".to_owned());
        format!("{path} is {} there, and {} is asked for", of(&there), of(&asked))
    };
    let differences: Vec<String> = differing(&[&there, &asked]).iter().map(told).collect();
    let what = match differences.as_slice() {
        [] => "the settings are written in another way".to_owned(),
        [first] => format!("the settings do not match: {first}"),
        [first, rest @ ..] => format!("the settings do not match: {first}, and {} more differ", rest.len()),
    };
    Err(Failure::inside(&path, format!("{what}; name another folder with --out, or delete this one")))
}

/// Returns a genotype in every notation that it has, as JSON.
pub(crate) fn genotype_json(genotype: &Genotype) -> Value {
    json!({
        "genotype": genotype,
        "darts": genotype.to_darts(),
        "nas_bench_201": genotype.to_nas_bench_201(),
    })
}

/// Returns the notations of a genotype, one on each line, or JSON if it has no other.
pub(crate) fn notations(genotype: &Genotype) -> String {
    let lines: Vec<_> = genotype.to_nas_bench_201().into_iter().chain(genotype.to_darts()).collect();
    if lines.is_empty() { json!(genotype).to_string() } else { lines.join("\n") }
}

fn named(path: &Path, existing: Existing) -> Result<PathBuf, Failure> {
    let cannot = |error| Failure::file(path, error);
    fs::create_dir_all(path).map_err(cannot)?;
    if existing == Existing::Refused && fs::read_dir(path).map_err(cannot)?.next().is_some() {
        return Err(Failure::NotEmpty { path: path.to_owned() });
    }
    Ok(path.to_owned())
}

/// Opens the file of the events and locks it for this process.
fn events_of(folder: &Path) -> Result<File, Failure> {
    let path = folder.join("events.jsonl");
    let events = File::options().read(true).write(true).create(true).truncate(false).open(&path);
    let events = events.map_err(|error| Failure::file(&path, error))?;
    match events.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Failure::Busy { path: folder.to_owned() }),
        // Not every file system has locks.
        _ => Ok(events),
    }
}

fn numbered(config: &impl WorkSettings) -> Result<PathBuf, Failure> {
    let runs = Path::new("runs");
    fs::create_dir_all(runs).map_err(|error| Failure::file(runs, error))?;
    // A custom space may have any name.
    let plain = |c: char| if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    let name: String = config.run_name().chars().take(100).map(plain).collect();
    let mut path = runs.join(&name);
    let mut number = 1_u32;
    loop {
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && number < u32::MAX => {
                number += 1;
                path = runs.join(format!("{name}-{number}"));
            }
            Err(error) => return Err(Failure::file(&path, error)),
        }
    }
}

/// Writes the settings in one piece: another process of the same comparison may read them meanwhile.
fn write_config(folder: &Path, config: &impl WorkSettings) -> Result<(), Failure> {
    write_new(&folder.join(CONFIG), config.to_toml(), true)
}
