//! Masks as numbers among the inputs of a pass.
//!
//! A mask of dropout takes six: the halves of its keys, 16 bits each, the probability of keeping a number, and the factor
//! of those that are kept. Where nothing is dropped, all numbers are 1, for both kinds.

use crate::engine::Mask;
use crate::graph::MaskKind;

/// Numbers of a mask of dropout.
const DROPOUT: usize = 6;

/// Offsets of all masks from `first` on, and the end.
pub(super) fn places(kinds: &[MaskKind], batch: usize, first: usize) -> (Vec<usize>, usize) {
    let mut end = first;
    let place = |kind: &MaskKind| {
        let at = end;
        end += match kind {
            MaskKind::DropPath => batch,
            MaskKind::Dropout => DROPOUT,
        };
        at
    };
    let places = kinds.iter().map(place).collect();
    (places, end)
}

/// Numbers of a mask.
pub(super) fn numbers(mask: &Mask) -> Vec<f32> {
    match mask {
        Mask::Images(factors) => factors.clone(),
        Mask::Numbers(dropout) => {
            let halves = dropout.keys.into_iter().flat_map(|key| {
                let [a, b, c, d] = key.to_le_bytes();
                [[a, b], [c, d]].map(|half| f32::from(u16::from_le_bytes(half)))
            });
            halves.chain([dropout.keep, dropout.kept]).collect()
        }
    }
}
