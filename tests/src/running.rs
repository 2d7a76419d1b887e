//! The built program while it runs, and signals to it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::program::{program, text};

/// Far more than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// A search that is running; killed at the end of the test if it still is.
pub struct Search {
    child: Child,
    folder: PathBuf,
}

impl Drop for Search {
    fn drop(&mut self) {
        // It has ended already, unless the test has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Search {
    /// Starts the program in `folder`, where stdout and stderr go into files of these names. The run is in `run`.
    ///
    /// # Panics
    /// Where it cannot be started.
    #[must_use]
    pub fn start(folder: &Path, args: &[&str]) -> Self {
        let child = program(args, folder)
            .stdin(Stdio::null())
            .stdout(File::create(folder.join("stdout")).unwrap())
            .stderr(File::create(folder.join("stderr")).unwrap())
            .spawn()
            .unwrap();
        Self { child, folder: folder.to_owned() }
    }

    /// What is in a file, as far as it is there.
    #[must_use]
    pub fn read(&self, name: &str) -> String {
        text(&fs::read(self.folder.join(name)).unwrap_or_default())
    }

    /// Waits until a file has a text so many times.
    ///
    /// # Panics
    /// Where the search ends before, or this takes minutes.
    pub fn until(&mut self, name: &str, part: &str, times: usize) {
        let began = Instant::now();
        while self.read(name).matches(part).count() < times {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "the search has ended with {ended:?}: {}", self.read("stderr"));
            assert!(began.elapsed() < PATIENCE, "no {part} in {name} after {PATIENCE:?}: {}", self.read("stderr"));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends a signal by its name.
    ///
    /// # Panics
    /// Where it cannot be sent.
    pub fn send(&self, signal: &str) {
        // Every shell has `kill`, a bare system may have no program of that name.
        let process = self.child.id().to_string();
        let script = ["-c", "kill -s \"$0\" \"$1\"", signal, process.as_str()];
        assert!(Command::new("sh").args(script).status().unwrap().success(), "SIG{signal} could not be sent");
    }

    /// Waits for the end, and gives the exit code; none after a signal that ended it.
    ///
    /// # Panics
    /// Where this takes minutes.
    pub fn end(&mut self) -> Option<i32> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(began.elapsed() < PATIENCE, "still running after {PATIENCE:?}: {}", self.read("stderr"));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The events so far; every line is whole, the last one too.
    ///
    /// # Panics
    /// Where one is not.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        events(&self.folder.join("run"))
    }
}

/// The events of a run; every line is whole, the last one too.
///
/// # Panics
/// Where one is not.
#[must_use]
pub fn events(run: &Path) -> Vec<Value> {
    let text = fs::read_to_string(run.join("events.jsonl")).unwrap();
    assert!(text.ends_with('\n'), "the last line is not whole: {text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}
