//! Memory of training on batches of one shape, known before a device is opened.

use super::forward::{ActivationPattern, Builder, Goal, Mode, Places};
use crate::engine::{Paths, Plan, Training};

/// Returns the bytes of all buffers.
pub(in crate::engine) fn bytes(plan: &Plan, training: Training) -> u64 {
    let [batch, _, height, width] = training.shape;
    let maps = plan.activations([height, width]).saturating_mul(batch as u64);
    if maps > u64::from(u32::MAX / 2) {
        // A program has words of 32 bits; maps and gradients alone are more than any GPU gives to a buffer.
        return maps.saturating_mul(8);
    }
    let places = Places::new(plan, training.shape);
    let mode = |keep, weights| Mode {
        reuse: false,
        running: false,
        keep,
        goal: Goal::Labels,
        weights,
        cells: true,
        image: false,
    };
    let pattern = if training.tangent { ActivationPattern::Record } else { ActivationPattern::Own };
    let paths = Paths::default();
    let programs = [mode(pattern, true), mode(ActivationPattern::Own, false)].map(|mode| {
        let mut builder = Builder::new(plan, &places, mode, &paths);
        builder.forward();
        builder.backward();
        builder.list.compile()
    });
    let largest = |which: usize| programs.iter().map(|program| program.sizes[which]).max().unwrap_or_default();
    let items: usize = programs.iter().map(|program| program.items.len()).sum();
    let kept = if training.tangent { places.kept } else { 0 };
    let state = 6 * plan.weights + 7 * plan.normalized;
    let numbers = [places.arena, largest(0), largest(1), items, kept, state, places.results.size, places.given.size];
    numbers.into_iter().fold(0, |sum: u64, count| sum.saturating_add(4 * count as u64))
}
