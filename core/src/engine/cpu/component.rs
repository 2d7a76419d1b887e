//! Numbers of a pass and their derivatives along a direction of p.

use std::ops::{Index, IndexMut};

/// Component of a number that has a derivative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Component {
    /// Number itself.
    #[default]
    Primal,
    /// Derivative along a direction of p.
    Tangent,
}

/// One item for each component.
#[derive(Clone, Debug, Default)]
pub(super) struct Pair<B>([B; 2]);

impl<B> Pair<B> {
    /// Same item for both.
    pub(super) fn both(one: B) -> Self
    where
        B: Clone,
    {
        Self([one.clone(), one])
    }
}

impl<B> Index<Component> for Pair<B> {
    type Output = B;

    #[inline(always)]
    fn index(&self, component: Component) -> &B {
        &self.0[component as usize]
    }
}

impl<B> IndexMut<Component> for Pair<B> {
    #[inline(always)]
    fn index_mut(&mut self, component: Component) -> &mut B {
        &mut self.0[component as usize]
    }
}
