//! Partial channels: candidates read 1/k of the channels of their edge, so that a search takes less memory and time
//! (PC-DARTS, arXiv:1907.05737).
//!
//! ```text
//! ō(x) = shuffle_k([Σ_i p_i · o_i(x[..C/k]), s · x[C/k..]]),   s = Σ_i p_i
//! ```
//!
//! The shuffle puts the first channels of k groups side by side, then the second ones, so that every channel is read
//! sooner or later. At stride 2, the channels that pass by go through a 2×2 maximum. The k of the reference is 4.
//!
//! s is the weight of the edge: 1 where the p of an edge have the sum 1, as in the reference, and the γ of a weighting of
//! edges. `auxiliary_skip`, whose path is beside the whole edge, adds its β. A drop path drops both parts of an edge. An edge
//! without an operation, as selections evaluate it, passes nothing by. The gradients g_l, and with them Λ, are those of the
//! candidates alone. Derived networks have all channels.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::method::{Part, PartError, Slot};

/// Settings of the channels. By default candidates read a quarter of them, as published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PartialChannels {
    /// Number k: candidates read 1/k of the channels. It divides `supernet.channels`.
    pub k: usize,
}

impl Default for PartialChannels {
    fn default() -> Self {
        Self { k: 4 }
    }
}

impl Part for PartialChannels {
    fn slot(&self) -> Slot {
        Slot::Channels
    }

    fn check(&self) -> Result<(), PartError> {
        PartError::check((2..=4096).contains(&self.k), "k", "2 to 4,096", &self.k)
    }

    fn partial_channels(&self) -> Option<usize> {
        Some(self.k)
    }
}
