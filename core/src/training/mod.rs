//! Training of derived networks: the network of a genotype from scratch, with a published recipe.
//!
//! [`Training`] is driven one event at a time, like a [search](crate::search::Session); its state is saved and restored
//! alike. [`Trained`] is the network that it leaves, or one with weights from elsewhere: it predicts the classes of images,
//! and an [`Evaluation`] tells how well. [`DerivedNetwork`] is the network alone, for a training loop of one's own.
//!
//! ```
//! use std::sync::Arc;
//!
//! use lambda_darts::device::Device;
//! use lambda_darts::space::Genotype;
//! use lambda_darts::training::{EventKind, Recipe, Training, TrainingConfig, load};
//!
//! let cell = Genotype::parse("|nor_conv_3x3~0|+|nor_conv_3x3~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|")?;
//! let mut config = TrainingConfig::new(Recipe::Small, "nas-bench-201", cell);
//! (config.epochs, config.network.channels, config.data.images) = (1, 4, Some(200));
//! let data = Arc::new(load(&config)?);
//! let mut training = pollster::block_on(Training::new(config, data, &Device::cpu()))?;
//! for event in training.events() {
//!     if let EventKind::TrainingEpoch(epoch) = event?.kind {
//!         println!("epoch {}: {:.1} % of the test images", epoch.epoch, 100.0 * epoch.test_accuracy);
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod evaluation;
mod network;
mod state;
mod trained;
mod work;

pub use crate::session::{
    Event, EventDigest, EventKind, NetworkConfig, NetworkLayout, Recipe, Schedule, SessionError, SgdConfig,
    TrainingConfig, TrainingEpochEvent, TrainingStepEvent,
};
pub use evaluation::{Calibration, Evaluation, Prediction};
pub use network::{DerivedNetwork, LossAndGradient};
pub use state::TrainingState;
#[cfg(not(target_family = "wasm"))]
pub use trained::ReadError;
pub use trained::Trained;
pub use work::{Train, load};

/// Training that is driven one event at a time.
pub type Training = crate::session::Session<Train>;

/// Checkpoint of a training.
#[cfg(not(target_family = "wasm"))]
pub type Checkpoint = crate::session::Checkpoint<Train>;
