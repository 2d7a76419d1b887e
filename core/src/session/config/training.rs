//! Configuration of a training as one serde type.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{self, ImageSettings, Settings};
use super::{Recipe, genotype_text};
use crate::data::DataConfig;
use crate::graph::{Graph, NetworkOptions, NetworkSize};
use crate::method::PartError;
use crate::session::SessionError;
use crate::space::{CustomSpace, Genotype, MacroLayout, Space, SpaceError};

/// Complete configuration of a training: the network of a genotype, from scratch.
///
/// ```
/// use lambda_darts::space::Genotype;
/// use lambda_darts::training::{Recipe, TrainingConfig};
///
/// let cell = Genotype::parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|")?;
/// let mut config = TrainingConfig::new(Recipe::NasBench201, "nas-bench-201", cell);
/// assert_eq!((config.epochs, config.batch, config.network.cells), (200, 256, 5));
/// config.set("weights.lr", "0.05")?;
/// assert_eq!(TrainingConfig::from_toml(&config.to_toml())?, config);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct TrainingConfig {
    /// Recipe that gives the settings which are left out.
    pub recipe: Recipe,
    /// Name of the space that arranges the cells: a published one, or `custom_space`.
    pub space: String,
    /// Genotype of the cells, in any notation.
    #[serde(with = "genotype_text")]
    #[schemars(with = "String")]
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub genotype: Genotype,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Passes over the training images.
    pub epochs: usize,
    /// Images in a batch.
    pub batch: usize,
    /// Network.
    pub network: NetworkConfig,
    /// Training of the weights.
    pub weights: SgdConfig,
    /// Images.
    pub data: DataConfig,
    /// Custom space, in the place of a published one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub custom_space: Option<CustomSpace>,
}

/// Network of a genotype.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct NetworkConfig {
    /// Arrangement of the cells.
    pub layout: NetworkLayout,
    /// Channels C of the first cells.
    pub channels: usize,
    /// L cells in a stacked layout, N a stage in a staged one.
    pub cells: usize,
    /// Coefficient in the loss of the auxiliary head; 0 for a network without one.
    pub auxiliary_weight: f64,
    /// Probability of the drop paths at the end of the training, to which it rises from 0; 0 for none.
    pub drop_path: f64,
    /// Label smoothing; 0 for plain labels.
    pub label_smoothing: f64,
}

/// Arrangement of the cells of a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum NetworkLayout {
    /// Layout of the space.
    #[default]
    Space,
    /// Layout of DARTS for ImageNet, with a stem of stride 8.
    Imagenet,
}

/// Training of the weights: SGD with momentum and a schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct SgdConfig {
    /// Learning rate of the first epoch.
    pub lr: f64,
    /// Learning rate that the cosine schedule ends at.
    pub lr_min: f64,
    /// Schedule of the learning rate.
    pub schedule: Schedule,
    /// Factor of the learning rate from one epoch to the next in the exponential schedule.
    pub gamma: f64,
    /// Momentum.
    pub momentum: f64,
    /// True for Nesterov's momentum.
    pub nesterov: bool,
    /// L2 weight decay.
    pub decay: f64,
    /// Global norm that gradients are clipped to; 0 for no clipping.
    pub clip: f64,
}

/// Schedule of the learning rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Half a cosine from `lr` to `lr_min`.
    #[default]
    Cosine,
    /// `lr · gamma^epoch`.
    Exponential,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self::new(Recipe::default(), "darts", Genotype { cells: Vec::new() })
    }
}

impl Default for NetworkConfig {
    fn default() -> Self {
        TrainingConfig::default().network
    }
}

impl Default for SgdConfig {
    fn default() -> Self {
        TrainingConfig::default().weights
    }
}

impl TrainingConfig {
    /// Settings of a recipe for a genotype of a space.
    #[must_use]
    pub fn new(recipe: Recipe, space: &str, genotype: Genotype) -> Self {
        recipe.config(space, None, genotype)
    }

    /// Settings of a recipe for a genotype of a custom space.
    #[must_use]
    pub fn of_custom_space(recipe: Recipe, custom: CustomSpace, genotype: Genotype) -> Self {
        recipe.config(&custom.name.clone(), Some(custom), genotype)
    }

    /// Reads a configuration. Settings that are left out are those of the recipe that it names, or else of the default
    /// recipe for its space and images.
    ///
    /// # Errors
    /// [`SessionError::Config`] with the line.
    pub fn from_toml(text: &str) -> Result<Self, SessionError> {
        settings::read(text, |named: &Self, given| {
            let recipe =
                if given.contains_key("recipe") { named.recipe } else { Recipe::of(&named.space, named.data.set) };
            recipe.config(&named.space, named.custom_space.clone(), named.genotype.clone())
        })
    }

    /// Configuration in TOML, with every field written out.
    #[must_use]
    pub fn to_toml(&self) -> String {
        Settings::to_toml(self)
    }

    /// Sets one setting by its path, such as `network.drop_path`, to a value as TOML writes it; quotes around text may be
    /// left out.
    ///
    /// # Errors
    /// [`SessionError::Set`] if there is no such setting, or it does not take this value.
    pub fn set(&mut self, path: &str, value: &str) -> Result<(), SessionError> {
        Settings::set(self, path, value)
    }

    /// Space that arranges the cells.
    ///
    /// # Errors
    /// [`SpaceError`] if the name is not known or the description is wrong.
    pub fn network_space(&self) -> Result<Space, SpaceError> {
        let mut space = Space::of(&self.space, self.custom_space.as_ref())?;
        if self.network.layout == NetworkLayout::Imagenet && space.layout != MacroLayout::Staged {
            space.layout = MacroLayout::ImageNet;
        }
        Ok(space)
    }

    /// Size of the network for images of some channels and classes.
    #[must_use]
    pub fn network_size(&self, image_channels: usize, classes: usize) -> NetworkSize {
        NetworkSize { channels: self.network.channels, cells: self.network.cells, image_channels, classes }
    }

    /// Parts of the network that serve its training alone.
    #[must_use]
    pub fn network_options(&self) -> NetworkOptions {
        let NetworkConfig { auxiliary_weight, drop_path, label_smoothing, .. } = self.network;
        NetworkOptions {
            auxiliary_weight: (auxiliary_weight > 0.0).then_some(auxiliary_weight),
            drop_path: drop_path > 0.0,
            label_smoothing,
        }
    }

    /// Graph of the network for images of some channels and classes.
    ///
    /// # Errors
    /// [`SessionError::Space`] if the space is not known, [`SessionError::Genotype`] if the genotype does not fit it,
    /// [`SessionError::Size`] if a size is out of range.
    pub fn graph(&self, image_channels: usize, classes: usize) -> Result<Graph, SessionError> {
        let (space, size) = (self.network_space()?, self.network_size(image_channels, classes));
        Ok(Graph::derived(&space, &self.genotype, size, self.network_options())?)
    }

    /// Learning rate in an epoch, counted from 0.
    #[must_use]
    pub fn learning_rate(&self, epoch: usize) -> f64 {
        let SgdConfig { lr, lr_min, gamma, .. } = self.weights;
        match self.weights.schedule {
            Schedule::Cosine => {
                lr_min + 0.5 * (lr - lr_min) * (1.0 + libm::cos(std::f64::consts::PI * self.done(epoch)))
            }
            #[expect(clippy::cast_precision_loss, reason = "epochs are few")]
            Schedule::Exponential => lr * libm::pow(gamma, epoch as f64),
        }
    }

    /// Probability of the drop paths in an epoch, counted from 0.
    #[must_use]
    pub fn drop_path(&self, epoch: usize) -> f64 {
        self.network.drop_path * self.done(epoch)
    }

    /// Share of the epochs before an epoch.
    fn done(&self, epoch: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "epochs are few")]
        let share = epoch as f64 / self.epochs as f64;
        share
    }
}

impl Settings for TrainingConfig {
    fn run_name(&self) -> String {
        format!("{}-train-{}", self.space, self.seed)
    }

    fn from_toml(text: &str) -> Result<Self, SessionError> {
        Self::from_toml(text)
    }

    fn set(&mut self, path: &str, value: &str) -> Result<(), SessionError> {
        if path == "recipe" {
            let why = "it decides the other defaults; name it with the first settings".to_owned();
            return Err(settings::not_set(path, value, why));
        }
        settings::set(self, path, value)
    }

    fn check(&self) -> Result<(), SessionError> {
        let setting = |ok: bool, setting, must, is: &dyn std::fmt::Display| {
            Ok::<(), SessionError>(PartError::check(ok, setting, must, is)?)
        };
        let positive = |x: f64| x.is_finite() && x > 0.0;
        let share = |x: f64| (0.0..1.0).contains(&x);
        let some = |x: f64| x.is_finite() && x >= 0.0;
        let (weights, network) = (&self.weights, &self.network);
        setting(!self.genotype.cells.is_empty(), "genotype", "a genotype in any notation", &"none")?;
        setting(self.seed <= super::search::MAX_SEED, "seed", "0 to 9,223,372,036,854,775,807", &self.seed)?;
        setting((1..=100_000).contains(&self.epochs), "epochs", "1 to 100,000", &self.epochs)?;
        setting((2..=1_000_000).contains(&self.batch), "batch", "2 to 1,000,000", &self.batch)?;
        setting(some(network.auxiliary_weight), "network.auxiliary_weight", "0 or more", &network.auxiliary_weight)?;
        setting(share(network.drop_path), "network.drop_path", "at least 0 and below 1", &network.drop_path)?;
        let smoothing = network.label_smoothing;
        setting(share(smoothing), "network.label_smoothing", "at least 0 and below 1", &smoothing)?;
        setting(positive(weights.lr), "weights.lr", "a positive number", &weights.lr)?;
        setting(some(weights.lr_min), "weights.lr_min", "0 or more", &weights.lr_min)?;
        setting(positive(weights.gamma), "weights.gamma", "a positive number", &weights.gamma)?;
        setting(share(weights.momentum), "weights.momentum", "at least 0 and below 1", &weights.momentum)?;
        setting(some(weights.decay), "weights.decay", "0 or more", &weights.decay)?;
        setting(some(weights.clip), "weights.clip", "0 or more", &weights.clip)?;
        let staged = self.network_space()?.layout == MacroLayout::Staged;
        let spaced = !staged || self.network.layout == NetworkLayout::Space;
        setting(spaced, "network.layout", "`space` for the cells of a staged space", &"imagenet")?;
        Ok(())
    }

    fn epochs(&self) -> usize {
        self.epochs
    }

    fn seed(&self) -> u64 {
        self.seed
    }
}

impl ImageSettings for TrainingConfig {
    fn set_epochs(&mut self, epochs: usize) {
        self.epochs = epochs;
    }

    fn batch(&self) -> usize {
        self.batch
    }

    fn set_batch(&mut self, batch: usize) {
        self.batch = batch;
    }

    fn data(&self) -> &DataConfig {
        &self.data
    }

    fn data_mut(&mut self) -> &mut DataConfig {
        &mut self.data
    }
}
