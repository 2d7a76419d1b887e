//! Time that a long run takes, said before its first step.

use std::time::Duration;

use indicatif::HumanDuration;
use lambda_darts::session::{Session, Settings};

use crate::kind::Kind;

/// Duration from which a run is long.
const LONG: Duration = Duration::from_hours(1);
/// Number of steps below which no run is long: a step would take more than 20 seconds.
const FEW: usize = 180;

/// Measures a step and returns a sentence about the whole, if the run is new and long. A step that fails says nothing
/// here: the run meets the fault itself.
pub(crate) fn of<W: Kind>(session: &mut Session<W>) -> Option<String> {
    let steps = session.config().epochs().saturating_mul(session.steps());
    if !session.is_new() || steps < FEW {
        return None;
    }
    let all = |step: Duration| step.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX));
    let mut time = || Some(all(pollster::block_on(session.time_step()).ok()?));
    // The first step on a device also makes its buffers and kernels.
    if time()? < LONG { None } else { sentence(W::NOUN, time()?) }
}

fn sentence(noun: &str, all: Duration) -> Option<String> {
    (all >= LONG).then(|| format!("the epochs of this {noun} take about {:#} on this device", HumanDuration(all)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_long_search_is_announced() {
        let hours = Duration::from_hours;
        assert_eq!(
            sentence("search", hours(5)).as_deref(),
            Some("the epochs of this search take about 5h on this device")
        );
        assert_eq!(sentence("search", Duration::from_mins(59)), None);
    }
}
