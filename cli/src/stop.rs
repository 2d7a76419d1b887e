//! Signals. At the first Ctrl-C or SIGTERM, a search ends after the current step; at another one, a second or more later,
//! at once. At SIGUSR1, it saves a checkpoint and goes on.

use std::io::{self, Write};
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// Exit code of a command that was ended by Ctrl-C.
const INTERRUPTED: u8 = 130;
/// Exit code of a command that was ended by SIGTERM.
#[cfg(unix)]
const TERMINATED: u8 = 143;

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
}

/// Time within which a signal that comes again is the same one: schedulers send several at once.
const SAME: Duration = Duration::from_secs(1);

impl Stop {
    /// Starts to wait for signals. To be called before any thread is started.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let stop = Self::default();
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
                match signal {
                    Signal::SIGUSR1 => self.save.store(true, Ordering::Relaxed),
                    Signal::SIGTERM => self.ask(TERMINATED),
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
