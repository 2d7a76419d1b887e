//! Everything that determines a search, as one serde type: the TOML of the command line, the browser's settings.

use serde::{Deserialize, Serialize};

use super::{MethodName, SearchError};
use crate::alignment::{Estimator, Schedule};
use crate::data::{DataConfig, DataSet};
use crate::space::{CustomSpace, Space, SpaceError};
use crate::text::{line_at, line_of};

/// A search, completely described.
///
/// ```
/// use lambda_darts::search::{MethodName, SearchConfig};
///
/// let mut config = SearchConfig::published("nas-bench-201");
/// config.method.name = MethodName::Darts;
/// assert_eq!(SearchConfig::from_toml(&config.to_toml())?, config);
/// # Ok::<(), lambda_darts::search::SearchError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct SearchConfig {
    /// The name of a published space, or of `custom_space`.
    pub space: String,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Passes over the training part.
    pub epochs: usize,
    /// Images in a batch.
    pub batch: usize,
    /// The size of the supernet.
    pub supernet: SupernetConfig,
    /// The method.
    pub method: MethodConfig,
    /// How the weights are trained.
    pub weights: WeightsConfig,
    /// How the architecture parameters are trained.
    pub architecture: ArchitectureConfig,
    /// The images.
    pub data: DataConfig,
    /// What is measured besides what costs nothing.
    pub measures: MeasuresConfig,
    /// A space of one's own, in the place of a published one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub custom_space: Option<CustomSpace>,
}

/// The size of a supernet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct SupernetConfig {
    /// Channels C of the first cells.
    pub channels: usize,
    /// L cells in a stacked layout, N a stage in a staged one.
    pub cells: usize,
}

/// The method and its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct MethodConfig {
    /// Which method.
    pub name: MethodName,
    /// The final λ.
    pub strength: f64,
    /// ε₀ of the two-sided difference; [`Estimator::Frozen`] takes none on the CPU.
    pub epsilon: f64,
    /// How ∂Λ/∂ω is found.
    pub estimator: Estimator,
    /// How λ changes over the epochs.
    pub schedule: Schedule,
    /// The kinds of cell whose alignment is regularized.
    pub kinds: Vec<String>,
}

/// How the weights are trained: SGD with momentum and a cosine schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct WeightsConfig {
    /// The learning rate of the first epoch.
    pub lr: f64,
    /// The learning rate that the cosine schedule ends at.
    pub lr_min: f64,
    /// Momentum.
    pub momentum: f64,
    /// L2 weight decay.
    pub decay: f64,
    /// The global norm that gradients are clipped to.
    pub clip: f64,
}

/// How the architecture parameters are trained: Adam.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct ArchitectureConfig {
    /// The learning rate.
    pub lr: f64,
    /// Decay rates of Adam's two means.
    pub betas: [f64; 2],
    /// L2 weight decay, added to the gradient.
    pub decay: f64,
    /// Which of the two is stepped first.
    pub order: Order,
    /// Whether the gradient is taken at the weights after a step (second order).
    pub unrolled: bool,
}

/// Measures that take passes of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct MeasuresConfig {
    /// The dominant eigenvalue of ∇²_α L_val at the end of each epoch, on one batch: up to 11 passes, on a GPU 21.
    pub curvature: bool,
}

/// Which of architecture and weights is stepped first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// As on the DARTS spaces.
    #[default]
    ArchitectureFirst,
    /// As on NAS-Bench-201.
    WeightsFirst,
}

impl Default for SupernetConfig {
    fn default() -> Self {
        Self { channels: 16, cells: 8 }
    }
}

impl Default for MethodConfig {
    fn default() -> Self {
        Self {
            name: MethodName::default(),
            strength: 0.125,
            epsilon: 1e-4,
            estimator: Estimator::default(),
            schedule: Schedule::default(),
            kinds: vec!["normal".to_owned()],
        }
    }
}

impl Default for WeightsConfig {
    fn default() -> Self {
        Self { lr: 0.025, lr_min: 0.001, momentum: 0.9, decay: 3e-4, clip: 5.0 }
    }
}

impl Default for ArchitectureConfig {
    fn default() -> Self {
        Self { lr: 3e-4, betas: [0.5, 0.999], decay: 1e-3, order: Order::default(), unrolled: false }
    }
}

impl Default for SearchConfig {
    fn default() -> Self {
        Self::published("darts")
    }
}

impl SearchConfig {
    /// The published settings for a space: of the DARTS spaces for all but NAS-Bench-201. The embedded images stand in
    /// for a data set until one is named.
    #[must_use]
    pub fn published(space: &str) -> Self {
        let mut config = Self {
            space: space.to_owned(),
            seed: 0,
            epochs: 50,
            batch: 64,
            supernet: SupernetConfig::default(),
            method: MethodConfig::default(),
            weights: WeightsConfig::default(),
            architecture: ArchitectureConfig::default(),
            data: DataConfig::default(),
            measures: MeasuresConfig::default(),
            custom_space: None,
        };
        if space == "nas-bench-201" {
            config.epochs = 100;
            config.supernet.cells = 5;
            config.method.strength = 0.25;
            config.architecture.lr = 1e-4;
            config.architecture.order = Order::WeightsFirst;
        }
        config
    }

    /// Smaller settings for the embedded digits, so that a first search ends in seconds on a CPU.
    #[must_use]
    pub fn small(space: &str) -> Self {
        let mut config = Self::published(space);
        config.epochs = 30;
        config.batch = 32;
        config.supernet = SupernetConfig { channels: 4, cells: if space == "nas-bench-201" { 1 } else { 5 } };
        config.method.epsilon = 1e-2;
        config.method.strength = 0.25;
        config.architecture.lr = 2e-2;
        config.data.set = DataSet::Digits;
        config
    }

    /// Reads a configuration; fields that are left out have their defaults.
    ///
    /// # Errors
    /// [`SearchError::Config`] with the line.
    pub fn from_toml(text: &str) -> Result<Self, SearchError> {
        let config: Self = toml::from_str(text).map_err(|error| SearchError::Config {
            line: line_at(text, error.span().map_or(0, |span| span.start)),
            what: error.message().to_owned(),
        })?;
        config.search_space().map_err(|error| match error {
            SpaceError::UnknownSpace { .. } => {
                SearchError::Config { line: line_of(text, &["space".to_owned()]), what: error.to_string() }
            }
            SpaceError::Custom { what, .. } => {
                SearchError::Config { line: line_of(text, &["custom_space".to_owned()]), what }
            }
            SpaceError::UnknownOperation { .. } => SearchError::Space(error),
        })?;
        Ok(config)
    }

    /// The configuration with every field written out.
    #[must_use]
    pub fn to_toml(&self) -> String {
        // All fields are tables, strings, numbers and lists, which TOML has.
        toml::to_string(self).unwrap_or_default()
    }

    /// The space that is searched.
    ///
    /// # Errors
    /// [`SpaceError`] where the name is not known or the description is wrong.
    pub fn search_space(&self) -> Result<Space, SpaceError> {
        match &self.custom_space {
            Some(custom) => custom.space().map_err(|fault| SpaceError::Custom { line: 1, what: fault.what }),
            None => Space::named(&self.space),
        }
    }

    /// Whether every number is in range.
    ///
    /// # Errors
    /// [`SearchError::Setting`] names the first that is not.
    pub fn check(&self) -> Result<(), SearchError> {
        let setting = |ok: bool, setting, must, is: &dyn std::fmt::Display| {
            if ok { Ok(()) } else { Err(SearchError::Setting { setting, must, is: is.to_string() }) }
        };
        let positive = |x: f64| x.is_finite() && x > 0.0;
        let share = |x: f64| (0.0..1.0).contains(&x);
        let (weights, architecture, method) = (&self.weights, &self.architecture, &self.method);
        setting((1..=100_000).contains(&self.epochs), "epochs", "1 to 100,000", &self.epochs)?;
        setting((2..=1_000_000).contains(&self.batch), "batch", "at least 2", &self.batch)?;
        setting(positive(weights.lr), "weights.lr", "a positive number", &weights.lr)?;
        setting(weights.lr_min.is_finite() && weights.lr_min >= 0.0, "weights.lr_min", "0 or more", &weights.lr_min)?;
        setting(share(weights.momentum), "weights.momentum", "at least 0 and below 1", &weights.momentum)?;
        setting(weights.decay.is_finite() && weights.decay >= 0.0, "weights.decay", "0 or more", &weights.decay)?;
        setting(positive(weights.clip), "weights.clip", "a positive number", &weights.clip)?;
        setting(positive(architecture.lr), "architecture.lr", "a positive number", &architecture.lr)?;
        for beta in architecture.betas {
            setting(share(beta), "architecture.betas", "at least 0 and below 1", &beta)?;
        }
        let decay = architecture.decay;
        setting(decay.is_finite() && decay >= 0.0, "architecture.decay", "0 or more", &decay)?;
        setting(
            method.strength.is_finite() && method.strength >= 0.0,
            "method.strength",
            "0 or more",
            &method.strength,
        )?;
        setting(positive(method.epsilon), "method.epsilon", "a positive number", &method.epsilon)?;
        let known = |kind: &&String| !["normal", "reduce"].contains(&kind.as_str());
        if let Some(kind) = method.kinds.iter().find(known) {
            setting(false, "method.kinds", "a list of `normal` and `reduce`", kind)?;
        }
        Ok(())
    }

    /// The learning rate of the weights in an epoch: half a cosine from `lr` to `lr_min`.
    #[must_use]
    pub fn learning_rate(&self, epoch: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "epochs are few")]
        let done = epoch as f64 / self.epochs as f64;
        let WeightsConfig { lr, lr_min, .. } = self.weights;
        lr_min + 0.5 * (lr - lr_min) * (1.0 + (std::f64::consts::PI * done).cos())
    }
}
