//! Signals. At the first Ctrl-C or SIGTERM, a search ends after the current step; at another one, a second or more later,
//! at once. At SIGUSR1, it saves a checkpoint and goes on; under a scheduler, it ends as at SIGTERM.

use std::io::{self, Write};
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::claim;
use crate::failure::Failure;

/// Exit code of a command that was ended by Ctrl-C.
const INTERRUPTED: u8 = 130;
/// Exit code of a command that was ended by SIGTERM.
#[cfg(unix)]
const TERMINATED: u8 = 143;
/// Exit code of a command that a scheduler has ended and is to start again: EX_TEMPFAIL of `sysexits.h`.
#[cfg(unix)]
const AGAIN: u8 = 75;

/// Sender of the signals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sender {
    /// Person at a terminal.
    #[default]
    Person,
    /// Scheduler of a cluster, which starts the command again if it ends with the code for that.
    Scheduler,
}

/// Request to end the search.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop {
    /// Exit code of the signal; 0 until a signal has come.
    code: Arc<AtomicU8>,
    /// True if the state has to be saved before the end.
    begun: Arc<AtomicBool>,
    /// Time of the first signal.
    first: Arc<Mutex<Option<Instant>>>,
    /// True if a checkpoint was asked for.
    save: Arc<AtomicBool>,
    #[cfg_attr(not(unix), expect(dead_code, reason = "Ctrl-C alone is known there"))]
    sender: Sender,
}

/// Time within which a signal that comes again is the same one: schedulers send several at once.
const SAME: Duration = Duration::from_secs(1);

impl Stop {
    /// Starts to wait for the signals of a person. To be called before any thread is started.
    pub(crate) fn listen() -> Result<Self, Failure> {
        Self::listen_to(Sender::Person)
    }

    /// Starts to wait for signals. To be called before any thread is started.
    pub(crate) fn listen_to(sender: Sender) -> Result<Self, Failure> {
        let stop = Self { sender, ..Self::default() };
        stop.clone().start().map_err(Failure::Handler)?;
        Ok(stop)
    }

    /// Declares that the state has to be saved before the end from now on.
    pub(crate) fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }

    /// Returns the exit code if a signal has asked the search to end.
    pub(crate) fn asked(&self) -> Option<u8> {
        Some(self.code.load(Ordering::Relaxed)).filter(|&code| code != 0)
    }

    /// Returns true, once, if a signal has asked for a checkpoint.
    pub(crate) fn wants_checkpoint(&self) -> bool {
        self.save.swap(false, Ordering::Relaxed)
    }

    /// Waits for the signals in a thread of its own, which can distinguish them. SIGHUP is not handled, so that `nohup`
    /// keeps a search running.
    #[cfg(unix)]
    fn start(self) -> io::Result<()> {
        use nix::sys::signal::{SigSet, Signal};

        let mut signals = SigSet::empty();
        signals.add(Signal::SIGINT);
        signals.add(Signal::SIGTERM);
        signals.add(Signal::SIGUSR1);
        // Threads that start later inherit the blocked signals, so that only the waiting thread receives them.
        signals.thread_block()?;
        let wait = move || {
            while let Ok(signal) = signals.wait() {
                match (signal, self.sender) {
                    (Signal::SIGUSR1, Sender::Person) => self.save.store(true, Ordering::Relaxed),
                    (Signal::SIGTERM, Sender::Person) => self.ask(TERMINATED),
                    (Signal::SIGUSR1 | Signal::SIGTERM, Sender::Scheduler) => self.ask(AGAIN),
                    _ => self.ask(INTERRUPTED),
                }
            }
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop)
    }

    #[cfg(not(unix))]
    fn start(self) -> io::Result<()> {
        ctrlc::set_handler(move || self.ask(INTERRUPTED)).map_err(io::Error::other)
    }

    fn ask(&self, code: u8) {
        if !self.begun.load(Ordering::Relaxed) {
            process::exit(i32::from(code));
        }
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = *first {
            if first.elapsed() >= SAME {
                claim::release_all();
                process::exit(i32::from(code));
            }
            return;
        }
        *first = Some(Instant::now());
        self.code.store(code, Ordering::Relaxed);
        // The search ends even if the message cannot be shown.
        let _ = writeln!(io::stderr(), "ending after this step; interrupt again after a second to end at once");
    }
}
