//! A search or a training that runs in the background of a test: waiting for what it writes, and signals to it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::chance::Moment;
use crate::program::{program, text};

/// The longest time to wait for anything here: far more than it takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// A search that is running. It is killed at the end of the test if it still runs then.
pub(crate) struct Search {
    child: Child,
    folder: PathBuf,
}

impl Drop for Search {
    fn drop(&mut self) {
        // Both may fail: the search has ended already, unless the test has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Search {
    /// Starts the program in `folder`, with its output in the files `stdout` and `stderr` there. `args` must name `run`
    /// as the folder of the run.
    #[must_use]
    pub(crate) fn start(folder: &Path, args: &[&str]) -> Self {
        let child = program(args, folder)
            .stdin(Stdio::null())
            .stdout(File::create(folder.join("stdout")).unwrap())
            .stderr(File::create(folder.join("stderr")).unwrap())
            .spawn()
            .unwrap();
        Self { child, folder: folder.to_owned() }
    }

    /// Returns the text of a file in the folder as far as it has been written; an empty one if there is no such file.
    #[must_use]
    pub(crate) fn read(&self, name: &str) -> String {
        text(&fs::read(self.folder.join(name)).unwrap_or_default())
    }

    /// Waits until the file `name` contains `part` at least `times` times. Fails if the search ends before that.
    pub(crate) fn until(&mut self, name: &str, part: &str, times: usize) {
        let began = Instant::now();
        while self.read(name).matches(part).count() < times {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "the search has ended with {ended:?}: {}", self.read("stderr"));
            assert!(began.elapsed() < PATIENCE, "no {part} in {name} after {PATIENCE:?}: {}", self.read("stderr"));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends a signal, named without `SIG`, to the search.
    pub(crate) fn send(&self, signal: &str) {
        // `kill` of the shell: a bare system may have no program of that name.
        let process = self.child.id().to_string();
        let script = ["-c", "kill -s \"$0\" \"$1\"", signal, process.as_str()];
        assert!(Command::new("sh").args(script).status().unwrap().success(), "SIG{signal} could not be sent");
    }

    /// Waits for the end and returns the exit code, or `None` if a signal ended the search.
    pub(crate) fn end(&mut self) -> Option<i32> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(began.elapsed() < PATIENCE, "still running after {PATIENCE:?}: {}", self.read("stderr"));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Returns the events so far. Fails if a line is not whole, the last one included.
    #[must_use]
    pub(crate) fn events(&self) -> Vec<Value> {
        events(&self.folder.join("run"))
    }
}

/// Returns the events of the run in the folder `run`. Fails if a line is not whole, the last one included.
#[must_use]
pub(crate) fn events(run: &Path) -> Vec<Value> {
    let text = fs::read_to_string(run.join("events.jsonl")).unwrap();
    assert!(text.ends_with('\n'), "the last line is not whole: {text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// Returns the events of a run without their times.
pub(crate) fn timeless(run: &Path) -> Vec<Value> {
    let mut all = events(run);
    for event in &mut all {
        event.as_object_mut().unwrap().remove("seconds").unwrap();
    }
    all
}

/// Copies the files of a folder into another one, which is emptied before.
pub(crate) fn copy(from: &Path, to: &Path) {
    // There is none at the first time.
    let _ = fs::remove_dir_all(to);
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Starts a run in `folder`, sends it a signal at each of the moments, and goes on with it after each. `commands` are the
/// arguments that start it and those that go on with it, `code` is its exit code after the signal, and `check` looks at
/// what it has left.
pub(crate) fn disturb(
    folder: &Path,
    commands: [&[&str]; 2],
    moments: &[Moment],
    (signal, code): (&str, Option<i32>),
    check: impl Fn(&Search),
) {
    let [mut args, resume] = commands;
    for moment in moments {
        let mut run = Search::start(folder, args);
        // Before the run says so, there is nothing to go on with.
        run.until("run/events.jsonl", "\n", moment.events);
        run.until("stderr", "run run", 1);
        std::thread::sleep(moment.pause);
        run.send(signal);
        assert_eq!(run.end(), code, "after {signal} at {moment:?}: {}", run.read("stderr"));
        check(&run);
        args = resume;
    }
}
