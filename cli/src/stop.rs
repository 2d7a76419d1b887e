//! Ctrl-C and SIGTERM: at the first signal, a search ends after the current step; at the second one, at once.

use std::io::{self, Write};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

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
}

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

    /// Waits for the signals in a thread of its own, which can distinguish them. SIGHUP is not handled, so that `nohup`
    /// keeps a search running.
    #[cfg(unix)]
    fn start(self) -> io::Result<()> {
        use nix::sys::signal::{SigSet, Signal};

        let mut signals = SigSet::empty();
        signals.add(Signal::SIGINT);
        signals.add(Signal::SIGTERM);
        // Threads that start later inherit the blocked signals, so that only the waiting thread receives them.
        signals.thread_block()?;
        let wait = move || {
            while let Ok(signal) = signals.wait() {
                self.ask(if signal == Signal::SIGTERM { TERMINATED } else { INTERRUPTED });
            }
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop)
    }

    #[cfg(not(unix))]
    fn start(self) -> io::Result<()> {
        ctrlc::set_handler(move || self.ask(INTERRUPTED)).map_err(io::Error::other)
    }

    fn ask(&self, code: u8) {
        if !self.begun.load(Ordering::Relaxed) || self.code.swap(code, Ordering::Relaxed) != 0 {
            process::exit(i32::from(code));
        }
        // The search ends even if the message cannot be shown.
        let _ = writeln!(io::stderr(), "ending after this step; interrupt again to end at once");
    }
}
