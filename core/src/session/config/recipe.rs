//! Recipes of trainings: published settings by name.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::training::{NetworkConfig, NetworkLayout, Schedule, SgdConfig, TrainingConfig};
use crate::data::{Augment, DataConfig, DataSet};
use crate::space::{CustomSpace, Genotype, MacroLayout, Space};

/// Recipe: the settings of a training as a paper has them.
///
/// | name | paper | network | epochs, batch | SGD |
/// |---|---|---|---|---|
/// | `darts` | DARTS (arXiv:1806.09055) on CIFAR-10 | C 36, 20 cells, auxiliary head .4, drop path .2, cutout 16 | 600, 96 | .025, cosine to 0, momentum .9, decay 3e-4, clip 5 |
/// | `darts-imagenet` | DARTS on ImageNet | C 48, 14 cells, stem of stride 8, auxiliary head .4, label smoothing .1 | 250, 128 | .1, times .97 an epoch, momentum .9, decay 3e-5, clip 5 |
/// | `robust` | RobustDARTS (arXiv:1909.09656) on S1 to S4 | as `darts` with C 16, 8 cells | 600, 96 | as `darts` |
/// | `nas-bench-201` | NAS-Bench-201 (arXiv:2001.00326) | C 16, N 5 | 200, 256 | .1, cosine to 0, Nesterov's momentum .9, decay 5e-4 |
/// | `small` | none: for minutes on a CPU | C 16, one cell in a stage or 5 cells | 12, 64 | .1, cosine to 0, Nesterov's momentum .9, decay 5e-4, clip 5 |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Recipe {
    /// DARTS on CIFAR-10.
    #[default]
    Darts,
    /// DARTS on ImageNet.
    DartsImagenet,
    /// `RobustDARTS` on S1 to S4.
    Robust,
    /// NAS-Bench-201.
    #[serde(rename = "nas-bench-201")]
    NasBench201,
    /// Minutes on a CPU.
    Small,
}

impl Recipe {
    /// All recipes.
    pub const ALL: [Self; 5] = [Self::Darts, Self::DartsImagenet, Self::Robust, Self::NasBench201, Self::Small];

    /// Name in configurations and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Darts => "darts",
            Self::DartsImagenet => "darts-imagenet",
            Self::Robust => "robust",
            Self::NasBench201 => "nas-bench-201",
            Self::Small => "small",
        }
    }

    /// Default recipe for a space and images: `small` for the built-in images, else the published one of the space.
    #[must_use]
    pub fn of(space: &str, set: DataSet) -> Self {
        match (space, set) {
            (_, DataSet::Digits | DataSet::Fashion) => Self::Small,
            ("nas-bench-201", _) => Self::NasBench201,
            ("s1" | "s2" | "s3" | "s4", _) => Self::Robust,
            _ => Self::Darts,
        }
    }

    /// Settings of the recipe for the network of a genotype. The embedded images stand in for a data set until one is
    /// named.
    pub(super) fn config(self, space: &str, custom: Option<CustomSpace>, genotype: Genotype) -> TrainingConfig {
        let known = Space::of(space, custom.as_ref());
        let staged = known.is_ok_and(|space| space.layout == MacroLayout::Staged);
        let mut config = TrainingConfig {
            recipe: self,
            space: space.to_owned(),
            genotype,
            seed: 0,
            epochs: 600,
            batch: 96,
            network: NetworkConfig {
                layout: NetworkLayout::Space,
                channels: 36,
                cells: 20,
                auxiliary_weight: 0.4,
                drop_path: 0.2,
                label_smoothing: 0.0,
            },
            weights: SgdConfig {
                lr: 0.025,
                lr_min: 0.0,
                schedule: Schedule::Cosine,
                gamma: 0.97,
                momentum: 0.9,
                nesterov: false,
                decay: 3e-4,
                clip: 5.0,
            },
            data: DataConfig { augment: Augment::Published, cutout: 16, ..DataConfig::training() },
            custom_space: custom,
        };
        match self {
            Self::Darts => {}
            Self::DartsImagenet => {
                (config.epochs, config.batch) = (250, 128);
                config.network = NetworkConfig {
                    layout: if staged { NetworkLayout::Space } else { NetworkLayout::Imagenet },
                    channels: 48,
                    cells: 14,
                    drop_path: 0.0,
                    label_smoothing: 0.1,
                    ..config.network
                };
                let schedule = Schedule::Exponential;
                config.weights = SgdConfig { lr: 0.1, schedule, decay: 3e-5, ..config.weights };
                config.data.cutout = 0;
            }
            Self::Robust => (config.network.channels, config.network.cells) = (16, 8),
            Self::NasBench201 | Self::Small => {
                (config.epochs, config.batch) = (200, 256);
                config.network =
                    NetworkConfig { channels: 16, cells: 5, auxiliary_weight: 0.0, drop_path: 0.0, ..config.network };
                config.weights = SgdConfig { lr: 0.1, nesterov: true, decay: 5e-4, clip: 0.0, ..config.weights };
                config.data.cutout = 0;
            }
        }
        if self == Self::Small {
            (config.epochs, config.batch) = (12, 64);
            config.network.cells = if staged { 1 } else { 5 };
            config.weights.clip = 5.0;
            config.data.augment = Augment::Auto;
        }
        // A staged layout has no auxiliary head.
        if staged {
            config.network.auxiliary_weight = 0.0;
        }
        config
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
