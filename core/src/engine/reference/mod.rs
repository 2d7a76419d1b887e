//! Reference engine: an interpreter of the graph on Burn tensors, with Burn's autodiff.
//!
//! It is the specification that the other engines are held against, and runs on any Burn device.

mod engine;
mod forward;
mod pattern;

pub(crate) use engine::ReferenceEngine;
pub(crate) use forward::Forward;
