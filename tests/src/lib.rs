//! Support of the whole-system tests.

pub mod golden;
pub mod methods;
pub mod network;
pub mod regularizer;
