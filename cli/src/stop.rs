//! Ctrl-C and SIGTERM: asked once, a search ends after the current step; asked again, at once.

use std::io::{self, Write};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::failure::Failure;

/// What a shell says of a command that Ctrl-C ended.
const INTERRUPTED: u8 = 130;
/// What a shell says of a command that SIGTERM ended.
#[cfg(unix)]
const TERMINATED: u8 = 143;

/// Whether the search was asked to end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop {
    /// The exit code that goes with it; 0 as long as nobody has asked.
    code: Arc<AtomicU8>,
    /// Whether there is something to write before the end.
    begun: Arc<AtomicBool>,
}

impl Stop {
    /// Listens from now on. Comes before anything that starts threads.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let stop = Self::default();
        stop.clone().start().map_err(Failure::Handler)?;
        Ok(stop)
    }

    /// From here on there is something to write before the end.
    pub(crate) fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }

    /// The exit code, if the search was asked to end.
    pub(crate) fn asked(&self) -> Option<u8> {
        Some(self.code.load(Ordering::Relaxed)).filter(|&code| code != 0)
    }

    /// Waits for the signals in a thread of its own, where they can be told apart. SIGHUP is left alone, so that
    /// `nohup` keeps a search running.
    #[cfg(unix)]
    fn start(self) -> io::Result<()> {
        use nix::sys::signal::{SigSet, Signal};

        let mut signals = SigSet::empty();
        signals.add(Signal::SIGINT);
        signals.add(Signal::SIGTERM);
        // Threads that start later inherit this, and so leave the signals to the one that waits for them.
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
        // The search ends whether or not somebody reads this.
        let _ = writeln!(io::stderr(), "ending after this step; ask again to end at once");
    }
}
