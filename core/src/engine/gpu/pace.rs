//! Pieces in which a pass is submitted.
//!
//! A driver's watchdog ends command buffers of about two seconds, and a display waits for each of them. A pass is
//! therefore submitted in pieces of about 50 ms, by the speed of the passes before it.

use web_time::Instant;

/// Seconds that a piece should take.
const PIECE: f64 = 0.05;
/// Workgroups of the first pieces: an integrated GPU takes 50 ms for them.
const FIRST: u64 = 1 << 16;

/// Workgroups a piece.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    workgroups: u64,
}

impl Pace {
    pub(super) const fn new() -> Self {
        Self { workgroups: FIRST }
    }

    /// Maximum number of workgroups in a piece; one dispatch is never cut.
    pub(super) const fn workgroups(self) -> u64 {
        self.workgroups
    }

    /// Sets the pace by the duration of a pass that has just ended.
    pub(super) fn learn(&mut self, workgroups: u64, began: Instant) {
        let seconds = began.elapsed().as_secs_f64().max(1e-6);
        #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52")]
        let speed = workgroups as f64 / seconds;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive number of workgroups")]
        let workgroups = (speed * PIECE) as u64;
        self.workgroups = workgroups.clamp(1 << 10, 1 << 40);
    }
}
