//! Support of the whole-system tests.

pub mod golden;
pub mod network;
pub mod regularizer;
