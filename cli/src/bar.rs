//! Progress bar of a piece of work, in a terminal.

use std::io::{IsTerminal, stderr};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Time that a piece of work takes without a bar.
const MOMENT: Duration = Duration::from_secs(2);

/// Does some work, which tells how many of how many pieces are done. In a terminal, a bar shows them under the label,
/// unless the work is done in a moment.
pub(crate) fn with_bar<T>(label: &str, work: impl FnOnce(&(dyn Fn(usize, usize) + Sync)) -> T) -> T {
    let (began, shown) = (Instant::now(), OnceLock::new());
    let progress = |done: usize, all: usize| {
        if began.elapsed() >= MOMENT && stderr().is_terminal() {
            shown.get_or_init(|| bar(label, done, all)).set_position(done as u64);
        }
    };
    let worked = work(&progress);
    if let Some(bar) = shown.get() {
        bar.finish_and_clear();
    }
    worked
}

fn bar(label: &str, done: usize, all: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg}  {wide_bar} {pos}/{len}  {eta} left");
    let bar = ProgressBar::new(all as u64).with_position(done as u64).with_message(label.to_owned());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
