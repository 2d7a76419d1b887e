//! The two things that a pass can be of.

use std::ops::{Index, IndexMut};

/// What a pass is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Side {
    /// The numbers themselves.
    #[default]
    Value,
    /// Their derivatives along a direction of p.
    Tangent,
}

/// One for each side.
#[derive(Clone, Debug, Default)]
pub(super) struct Sides<B>([B; 2]);

impl<B> Sides<B> {
    /// The same for both.
    pub(super) fn both(one: B) -> Self
    where
        B: Clone,
    {
        Self([one.clone(), one])
    }
}

impl<B> Index<Side> for Sides<B> {
    type Output = B;

    #[inline(always)]
    fn index(&self, side: Side) -> &B {
        &self.0[side as usize]
    }
}

impl<B> IndexMut<Side> for Sides<B> {
    #[inline(always)]
    fn index_mut(&mut self, side: Side) -> &mut B {
        &mut self.0[side as usize]
    }
}
