//! Configuration of a search without a supernet as one serde type.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{self, Settings, not_set};
use crate::method::PartError;
use crate::searcher::SearcherSettings;
use crate::session::SessionError;
use crate::space::{CustomSpace, Space, SpaceError};

/// Number of epochs, each of which spends an equal share of the budget.
const EPOCHS: usize = 10;
/// Maximum number of evaluations. A budget in seconds alone ends with them, too: a table may have seconds of zero.
const MAX_EVALUATIONS: usize = 100_000;

/// Complete configuration of a search by a [searcher](crate::searcher) in a table of known results.
///
/// ```
/// use lambda_darts::black_box::SearcherConfig;
///
/// let config = SearcherConfig::from_toml(
///     "[searcher]\nname = \"evolution\"\npopulation = 20\n[budget]\nseconds = 12000",
/// )?;
/// assert_eq!((config.space.as_str(), config.searcher.name()), ("nas-bench-201", "evolution"));
/// assert_eq!((config.budget.seconds, config.budget.evaluations), (Some(12e3), None));
/// assert_eq!(SearcherConfig::from_toml(&config.to_toml())?, config);
/// # Ok::<(), lambda_darts::session::SessionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct SearcherConfig {
    /// Name of a published space, or of `custom_space`.
    pub space: String,
    /// Seed of all random numbers.
    pub seed: u64,
    /// CSV file of known results; the published results of NAS-Bench-201 if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub table: Option<PathBuf>,
    /// Searcher.
    #[cfg_attr(feature = "typescript", ts(type = "{ name: string, [setting: string]: string | number | number[] }"))]
    pub searcher: SearcherSettings,
    /// Budget.
    pub budget: Budget,
    /// Custom space, in the place of a published one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub custom_space: Option<CustomSpace>,
}

/// Budget of a search: it ends with the evaluation that spends the first of these.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct Budget {
    /// Number of evaluations.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub evaluations: Option<usize>,
    /// Sum of the evaluations' costs in seconds; the published one of NAS-Bench-201 is 12,000 in the paper, and 20,000
    /// in later code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub seconds: Option<f64>,
}

impl Budget {
    /// Maximum number of evaluations.
    #[must_use]
    pub fn max_evaluations(&self) -> usize {
        self.evaluations.unwrap_or(MAX_EVALUATIONS)
    }

    /// Share of the budget that some evaluations and seconds spend; 1 and more once it is spent.
    #[must_use]
    pub fn spent(&self, evaluations: usize, seconds: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "evaluations are few")]
        let of_evaluations = evaluations as f64 / self.max_evaluations() as f64;
        self.seconds.map_or(of_evaluations, |all| of_evaluations.max(seconds / all))
    }
}

impl Default for SearcherConfig {
    fn default() -> Self {
        Self {
            space: "nas-bench-201".to_owned(),
            seed: 0,
            table: None,
            searcher: SearcherSettings::default(),
            budget: Budget { evaluations: Some(100), seconds: None },
            custom_space: None,
        }
    }
}

impl SearcherConfig {
    /// Reads a configuration. Settings that are left out have their defaults; a budget that is given has nothing else.
    ///
    /// # Errors
    /// [`SessionError::Config`] with the line.
    pub fn from_toml(text: &str) -> Result<Self, SessionError> {
        settings::read(text, |named: &Self, _| named.clone())
    }

    /// Configuration in TOML, with every field written out.
    #[must_use]
    pub fn to_toml(&self) -> String {
        Settings::to_toml(self)
    }

    /// Sets one setting by its path, such as `searcher.population`, to a value as TOML writes it; quotes around text
    /// may be left out. A new `searcher.name` brings its default settings.
    ///
    /// # Errors
    /// [`SessionError::Set`] if there is no such setting, or it does not take this value.
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
}

impl Settings for SearcherConfig {
    fn run_name(&self) -> String {
        format!("{}-{}-{}", self.space, self.searcher.name(), self.seed)
    }

    fn from_toml(text: &str) -> Result<Self, SessionError> {
        Self::from_toml(text)
    }

    fn set(&mut self, path: &str, value: &str) -> Result<(), SessionError> {
        if path == "searcher.name" {
            let searcher = SearcherSettings::named(value);
            self.searcher = searcher
                .ok_or_else(|| not_set(path, value, format!("known are {}", SearcherSettings::NAMES.join(", "))))?;
            return Ok(());
        }
        settings::set(self, path, value)
    }

    fn check(&self) -> Result<(), SessionError> {
        let setting = |ok: bool, setting, must: &str, is: &dyn std::fmt::Display| {
            Ok::<(), SessionError>(PartError::check(ok, setting, must, is)?)
        };
        setting(self.seed <= super::search::MAX_SEED, "seed", "0 to 9,223,372,036,854,775,807", &self.seed)?;
        let Budget { evaluations, seconds } = self.budget;
        if evaluations.is_none() && seconds.is_none() {
            let why = "the search has no budget: give it `budget.evaluations` or `budget.seconds`".to_owned();
            return Err(PartError::Composition { why }.into());
        }
        if let Some(count) = evaluations {
            setting((1..=MAX_EVALUATIONS).contains(&count), "budget.evaluations", "1 to 100,000", &count)?;
        }
        if let Some(seconds) = seconds {
            setting(seconds.is_finite() && seconds > 0.0, "budget.seconds", "a positive number", &seconds)?;
        }
        self.searcher.check(&self.search_space()?)?;
        Ok(())
    }

    fn epochs(&self) -> usize {
        self.budget.max_evaluations().min(EPOCHS)
    }

    fn seed(&self) -> u64 {
        self.seed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_searcher_is_read_as_it_was_written() {
        for name in SearcherSettings::NAMES {
            let mut config = SearcherConfig::default();
            config.set("searcher.name", name).unwrap();
            config.check().unwrap();
            assert_eq!(config.searcher.name(), *name);
            assert_eq!(SearcherConfig::from_toml(&config.to_toml()).unwrap(), config);
            let short = format!("searcher.name = \"{name}\"");
            assert_eq!(SearcherConfig::from_toml(&short).unwrap(), config);
            assert_eq!(config.run_name(), format!("nas-bench-201-{name}-0"));
        }
    }

    #[test]
    fn faults_are_named() {
        let fault = |text: &str| {
            let read = SearcherConfig::from_toml(text).and_then(|config| config.check());
            read.unwrap_err().to_string()
        };
        for (text, part) in [
            ("[searcher]\nname = \"annealing\"", "unknown variant `annealing`"),
            ("[searcher]\nname = \"random\"\npopulation = 3", "`population`"),
            ("[searcher]\nname = \"evolution\"\nsample = 11", "`searcher.sample` must be 1 to the 10 members"),
            ("[searcher]\nname = \"reinforce\"\nlr = 0.0", "`searcher.lr` must be a positive number"),
            ("[budget]", "the search has no budget"),
            ("[budget]\nevaluations = 0", "`budget.evaluations` must be 1 to 100,000"),
            ("[budget]\nseconds = inf", "`budget.seconds` must be a positive number"),
            ("space = \"darts\"\nsearcher.name = \"predictor\"", "`none` must be a candidate"),
            ("space = \"s9\"", "unknown search space `s9`"),
        ] {
            assert!(fault(text).contains(part), "{text}: {}", fault(text));
        }
        let mut config = SearcherConfig::default();
        let unknown = config.set("searcher.name", "annealing").unwrap_err().to_string();
        assert!(unknown.ends_with("known are random, evolution, local-search, reinforce, predictor"), "{unknown}");
    }

    #[test]
    fn the_budget_that_is_spent_first_counts() {
        let budget = Budget { evaluations: Some(50), seconds: Some(1000.0) };
        assert_eq!([budget.spent(25, 100.0), budget.spent(5, 900.0)].map(f64::to_bits), [0.5, 0.9].map(f64::to_bits));
        let seconds = Budget { evaluations: None, seconds: Some(1000.0) };
        assert!(seconds.spent(MAX_EVALUATIONS, 0.0) >= 1.0, "free evaluations end, too");
    }
}
