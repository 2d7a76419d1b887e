//! Configuration of a search as one serde type: the TOML of the command line, and the settings of the browser.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{self, ImageSettings, Settings, not_set};
use crate::data::{DataConfig, DataSet};
use crate::method::parts::Alignment;
use crate::method::{MethodConfig, PartError, Preset};
use crate::session::SessionError;
use crate::space::{Architecture, Constraint, CustomSpace, Space, SpaceError};
use crate::text::line_of;

/// Complete configuration of a search.
///
/// ```
/// use lambda_darts::method::{MethodConfig, Preset};
/// use lambda_darts::search::SearchConfig;
///
/// let mut config = SearchConfig::published("nas-bench-201");
/// config.method = MethodConfig::preset(Preset::Darts);
/// assert_eq!(SearchConfig::from_toml(&config.to_toml())?, config);
/// # Ok::<(), lambda_darts::search::SessionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct SearchConfig {
    /// Name of a published space, or of `custom_space`.
    pub space: String,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Passes over the training part.
    pub epochs: usize,
    /// Images in a batch.
    pub batch: usize,
    /// Size of the supernet.
    pub supernet: SupernetConfig,
    /// Method.
    pub method: MethodConfig,
    /// Training of the weights.
    pub weights: WeightsConfig,
    /// Training of the architecture parameters.
    pub architecture: ArchitectureConfig,
    /// Images.
    pub data: DataConfig,
    /// Measures that take passes of their own.
    pub measures: MeasuresConfig,
    /// Custom space, in the place of a published one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub custom_space: Option<CustomSpace>,
}

/// Size of a supernet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct SupernetConfig {
    /// Channels C of the first cells.
    pub channels: usize,
    /// L cells in a stacked layout, N a stage in a staged one.
    pub cells: usize,
}

/// Training of the weights: SGD with momentum and a cosine schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct WeightsConfig {
    /// Learning rate of the first epoch.
    pub lr: f64,
    /// Learning rate that the cosine schedule ends at.
    pub lr_min: f64,
    /// Momentum.
    pub momentum: f64,
    /// L2 weight decay.
    pub decay: f64,
    /// Global norm that gradients are clipped to.
    pub clip: f64,
}

/// Training of the architecture parameters: Adam.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct ArchitectureConfig {
    /// Learning rate.
    pub lr: f64,
    /// Decay rates of Adam's two means.
    pub betas: [f64; 2],
    /// L2 weight decay, added to the gradient.
    pub decay: f64,
    /// Order of architecture step and weight step.
    pub order: Order,
    /// True if the gradient is taken at the weights after a virtual step (second order).
    pub unrolled: bool,
    /// Temperature τ of the softmax p = softmax(α/τ).
    pub temperature: f64,
    /// Operations that are forced or forbidden on their edges.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<Constraint>>"))]
    pub constraints: Vec<Constraint>,
}

/// Measures that take passes of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct MeasuresConfig {
    /// True if the dominant eigenvalue of ∇²_α L_val is measured at the end of each epoch, on one batch: up to 11
    /// passes, on a GPU 21.
    pub curvature: bool,
}

/// Order of architecture step and weight step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Architecture step first, as on the DARTS spaces.
    #[default]
    ArchitectureFirst,
    /// Weight step first, as on NAS-Bench-201.
    WeightsFirst,
}

/// Largest seed: the largest whole number of TOML.
pub(super) const MAX_SEED: u64 = i64::MAX as u64;

impl Default for SupernetConfig {
    fn default() -> Self {
        Self { channels: 16, cells: 8 }
    }
}

impl Default for WeightsConfig {
    fn default() -> Self {
        Self { lr: 0.025, lr_min: 0.001, momentum: 0.9, decay: 3e-4, clip: 5.0 }
    }
}

impl Default for ArchitectureConfig {
    fn default() -> Self {
        Self {
            lr: 3e-4,
            betas: [0.5, 0.999],
            decay: 1e-3,
            order: Order::default(),
            unrolled: false,
            temperature: 1.0,
            constraints: Vec::new(),
        }
    }
}

impl Default for SearchConfig {
    fn default() -> Self {
        Self::of_space("darts")
    }
}

impl SearchConfig {
    /// Settings for a space that suit small images and networks, too: the published ones but for the regularizer's λ on the
    /// DARTS spaces and the step ε₀ of its difference ([`Alignment`](crate::method::parts::Alignment)). The embedded images
    /// stand in for a data set until one is named.
    #[must_use]
    pub fn of_space(space: &str) -> Self {
        let mut config = Self::published(space);
        let Alignment { lambda, epsilon, .. } = Alignment::default();
        let alignment = config.method.alignment.get_or_insert_default();
        (alignment.lambda, alignment.epsilon) = (lambda, epsilon);
        config
    }

    /// Published settings for a space: those of the DARTS spaces for all but NAS-Bench-201.
    #[must_use]
    pub fn published(space: &str) -> Self {
        let mut config = Self {
            space: space.to_owned(),
            seed: 0,
            epochs: 50,
            batch: 64,
            supernet: SupernetConfig::default(),
            method: MethodConfig::default().complete(),
            weights: WeightsConfig::default(),
            architecture: ArchitectureConfig::default(),
            data: DataConfig::default(),
            measures: MeasuresConfig::default(),
            custom_space: None,
        };
        let alignment = config.method.alignment.get_or_insert_default();
        (alignment.lambda, alignment.epsilon) = (Alignment::PUBLISHED_LAMBDA, Alignment::PUBLISHED_EPSILON);
        if space == "nas-bench-201" {
            alignment.lambda = Alignment::default().lambda;
            config.epochs = 100;
            config.supernet.cells = 5;
            config.architecture.lr = 1e-4;
            config.architecture.order = Order::WeightsFirst;
        }
        config
    }

    /// Settings for the embedded images of Fashion-MNIST: small enough for a minute on two cores, and enough for DARTS to
    /// collapse.
    #[must_use]
    pub fn fashion(space: &str) -> Self {
        let mut config = Self::of_space(space);
        let staged = space == "nas-bench-201";
        config.epochs = if staged { 20 } else { 10 };
        config.batch = 32;
        config.supernet =
            if staged { SupernetConfig { channels: 8, cells: 1 } } else { SupernetConfig { channels: 4, cells: 5 } };
        config.method.alignment.get_or_insert_default().epsilon = 1e-1;
        config.architecture.lr = 1e-2;
        config.data.set = DataSet::Fashion;
        config
    }

    /// Settings for the embedded digits: a search ends in seconds on a CPU.
    #[must_use]
    pub fn digits(space: &str) -> Self {
        let mut config = Self::of_space(space);
        config.epochs = 30;
        config.batch = 32;
        config.supernet = SupernetConfig { channels: 4, cells: if space == "nas-bench-201" { 1 } else { 5 } };
        config.method.alignment.get_or_insert_default().epsilon = 1e-1;
        config.architecture.lr = 2e-2;
        config.data.set = DataSet::Digits;
        config
    }

    /// Reads a configuration. Settings that are left out are those [of the space](Self::of_space) that it names, or those of
    /// [`fashion`](Self::fashion) on NAS-Bench-201 if it names none. Those of the method are the ones of its preset.
    ///
    /// # Errors
    /// [`SessionError::Config`] with the line.
    ///
    /// ```
    /// use lambda_darts::search::SearchConfig;
    ///
    /// let config = SearchConfig::from_toml("space = \"nas-bench-201\"\nepochs = 3")?;
    /// assert_eq!((config.epochs, config.architecture.lr), (3, SearchConfig::of_space("nas-bench-201").architecture.lr));
    /// # Ok::<(), lambda_darts::search::SessionError>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, SessionError> {
        let config: Self = settings::read(text, |named: &Self, given| {
            let mut base = match (&named.custom_space, given.contains_key("space")) {
                (None, false) => Self::fashion("nas-bench-201"),
                _ => Self::of_space(&named.space),
            };
            base.method = std::mem::take(&mut base.method).switched(named.method.name);
            base
        })?;
        config.search_space().map_err(|error| match error {
            SpaceError::UnknownSpace { .. } => {
                SessionError::Config { line: line_of(text, &["space".to_owned()]), what: error.to_string() }
            }
            SpaceError::Custom { what, .. } => {
                SessionError::Config { line: line_of(text, &["custom_space".to_owned()]), what }
            }
            SpaceError::UnknownOperation { .. } => SessionError::Space(error),
        })?;
        Ok(config)
    }

    /// Configuration in TOML, with every field written out.
    #[must_use]
    pub fn to_toml(&self) -> String {
        Settings::to_toml(self)
    }

    /// Sets one setting by its path, such as `method.alignment.lambda`, to a value as TOML writes it; quotes around
    /// text may be left out.
    ///
    /// # Errors
    /// [`SessionError::Set`] if there is no such setting, or it does not take this value.
    ///
    /// ```
    /// use lambda_darts::search::SearchConfig;
    ///
    /// let mut config = SearchConfig::default();
    /// config.set("weights.lr", "0.1")?;
    /// config.set("weights.clip", "5")?;
    /// config.set("method.alignment.lambda", ".25")?;
    /// config.set("method.alignment.estimator", "frozen")?;
    /// assert_eq!(config.weights.lr, 0.1);
    /// assert!(config.set("weights.rate", "0.1").is_err());
    /// # Ok::<(), lambda_darts::search::SessionError>(())
    /// ```
    pub fn set(&mut self, path: &str, value: &str) -> Result<(), SessionError> {
        Settings::set(self, path, value)
    }

    /// Space that is searched.
    ///
    /// # Errors
    /// [`SpaceError`] if the name is not known or the description is wrong.
    pub fn search_space(&self) -> Result<Space, SpaceError> {
        Space::of(&self.space, self.custom_space.as_ref())
    }

    /// Checks that every number is in range.
    ///
    /// # Errors
    /// [`SessionError::Setting`] names the first that is not.
    pub fn check(&self) -> Result<(), SessionError> {
        let setting = |ok: bool, setting, must, is: &dyn std::fmt::Display| {
            Ok::<(), SessionError>(PartError::check(ok, setting, must, is)?)
        };
        let positive = |x: f64| x.is_finite() && x > 0.0;
        let share = |x: f64| (0.0..1.0).contains(&x);
        let (weights, architecture) = (&self.weights, &self.architecture);
        setting(self.seed <= MAX_SEED, "seed", "0 to 9,223,372,036,854,775,807", &self.seed)?;
        setting((1..=100_000).contains(&self.epochs), "epochs", "1 to 100,000", &self.epochs)?;
        setting((2..=1_000_000).contains(&self.batch), "batch", "2 to 1,000,000", &self.batch)?;
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
        let temperature = architecture.temperature;
        setting(positive(temperature), "architecture.temperature", "a positive number", &temperature)?;
        let space = self.search_space()?;
        space.check_cells(self.supernet.cells)?;
        Architecture::new(&space, 0).confine(&space, temperature, &architecture.constraints)?;
        let method = self.method.build(&space)?;
        for cells in method.cells(self.supernet.cells, self.epochs) {
            space.check_cells(cells)?;
        }
        if let (true, Some(name)) = (architecture.unrolled, method.policy_name()) {
            let why = format!("`architecture.unrolled` is a gradient of α, and `{name}` learns from rewards");
            return Err(PartError::Composition { why }.into());
        }
        if architecture.unrolled && method.neumann_terms().is_some() {
            let why = "`architecture.unrolled` and `neumann` are two gradients of α";
            return Err(PartError::Composition { why: why.to_owned() }.into());
        }
        if let Some(k) = method.partial_channels() {
            let channels = self.supernet.channels;
            let must = format!("a divisor of `supernet.channels`, which is {channels}");
            PartError::check(channels.is_multiple_of(k), "method.partial_channels.k", &must, &k)?;
        }
        let tempered = (temperature - 1.0).abs() > 0.0;
        if let (true, Some(name)) = (tempered, method.relaxation()) {
            let why = format!("`architecture.temperature` belongs to the softmax, and the relaxation is `{name}`");
            return Err(PartError::Composition { why }.into());
        }
        if self.measures.curvature && tempered {
            let why = "`measures.curvature` differentiates the softmax at `architecture.temperature` 1";
            return Err(PartError::Composition { why: why.to_owned() }.into());
        }
        if let (true, Some(name)) = (self.measures.curvature, method.relaxation()) {
            let why = format!("`measures.curvature` differentiates the softmax, and the relaxation is `{name}`");
            return Err(PartError::Composition { why }.into());
        }
        if let (true, Some(name)) = (self.measures.curvature, method.edge_weighting()) {
            let why = format!("`measures.curvature` differentiates the softmax alone, and `{name}` multiplies it");
            return Err(PartError::Composition { why }.into());
        }
        Ok(())
    }
}

impl WeightsConfig {
    /// Learning rate in one of some epochs: half a cosine over these from `lr` to `lr_min`.
    #[must_use]
    pub fn learning_rate(&self, epoch: usize, epochs: &Range<usize>) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "epochs are few")]
        let done = epoch.saturating_sub(epochs.start) as f64 / epochs.len() as f64;
        self.lr_min + 0.5 * (self.lr - self.lr_min) * (1.0 + libm::cos(std::f64::consts::PI * done))
    }
}

impl Settings for SearchConfig {
    fn run_name(&self) -> String {
        format!("{}-{}-{}", self.space, self.method.name.name(), self.seed)
    }

    fn from_toml(text: &str) -> Result<Self, SessionError> {
        Self::from_toml(text)
    }

    fn set(&mut self, path: &str, value: &str) -> Result<(), SessionError> {
        if path == "method.name" {
            let name = Preset::named(value).ok_or_else(|| not_set(path, value, "no such method".to_owned()))?;
            self.method = std::mem::take(&mut self.method).switched(name);
            return Ok(());
        }
        settings::set(self, path, value)
    }

    fn check(&self) -> Result<(), SessionError> {
        self.check()
    }

    fn epochs(&self) -> usize {
        self.epochs
    }

    fn seed(&self) -> u64 {
        self.seed
    }
}

impl ImageSettings for SearchConfig {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> SearchConfig {
        SearchConfig::from_toml(text).unwrap()
    }

    #[test]
    fn what_a_file_leaves_out_follows_its_space_and_method() {
        assert_eq!(read(""), SearchConfig::fashion("nas-bench-201"));
        assert_eq!(read("seed = 7"), SearchConfig { seed: 7, ..SearchConfig::fashion("nas-bench-201") });
        for space in Space::NAMES {
            let published = SearchConfig::of_space(space);
            assert_eq!(read(&format!("space = \"{space}\"")), published);
            assert_eq!(read(&published.to_toml()), published);
            // The page writes 1.0 as 1.
            assert_eq!(read(&published.to_toml().replace(".0\n", "\n")), published);
        }
        let given = read("space = \"nas-bench-201\"\n[architecture]\ndecay = 0.5\n[method.alignment]\nepsilon = 0.1");
        let mut expected = SearchConfig::of_space("nas-bench-201");
        expected.architecture.decay = 0.5;
        expected.method.alignment.as_mut().unwrap().epsilon = 0.1;
        assert_eq!(given, expected);
        // Λ± keeps the coefficient of the space; DARTS has no alignment.
        let sign = read("space = \"nas-bench-201\"\nmethod.name = \"lambda-darts-sign\"").method;
        assert_eq!((sign.name, sign.alignment.unwrap().lambda), (Preset::LambdaDartsSign, 0.25));
        let darts = read("space = \"s2\"\nmethod.name = \"darts\"");
        assert_eq!(darts.method, MethodConfig::preset(Preset::Darts));
        assert_eq!(read(&darts.to_toml()), darts);
    }
}
