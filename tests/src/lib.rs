//! Helpers of the whole-system tests.

#![warn(missing_docs)]

pub mod golden;
pub mod program;
#[cfg(unix)]
pub mod running;
