//! Settings of a search, whose method trains a supernet or looks architectures up in a table.

use std::path::Path;

use lambda_darts::black_box::{BlackBoxSearch, SearcherConfig};
use lambda_darts::device::Device;
use lambda_darts::search::SearchConfig;
use lambda_darts::searcher::SearcherSettings;
use lambda_darts::session::{Session, SessionError, Settings};
use lambda_darts::space::{Space, SpaceError};
use serde_json::json;

use crate::args::SettingsArgs;
use crate::failure::Failure;
use crate::kind::{is_of_searcher, is_of_supernet};
use crate::run_data::{Place, RunData};
use crate::run_dir::same_settings;
use crate::search::named;
use crate::{search, searcher};

/// Settings of a search.
#[derive(Clone)]
pub(crate) enum AnySearch {
    /// Search with a supernet.
    Supernet(Box<SearchConfig>),
    /// Search by a searcher in a table.
    Searcher(Box<SearcherConfig>),
}

impl AnySearch {
    /// Returns the settings of the file, or else the defaults, overridden by the flags.
    pub(crate) fn of(args: &SettingsArgs, method: Option<&str>, seed: Option<u64>) -> Result<Self, Failure> {
        if let (Some(file), Some(name)) = (args.config.as_deref(), method)
            && if is_searcher(name) { is_of_supernet(file) } else { is_of_searcher(file) }
        {
            let expected = "a method of the kind that the file of --config is for; leave one of the two flags out";
            return Err(Failure::Value { setting: "--method", value: name.to_owned(), expected });
        }
        let by_file = || args.config.as_deref().is_some_and(is_of_searcher);
        Ok(if method.map_or_else(by_file, is_searcher) {
            Self::Searcher(Box::new(searcher::configuration(args, method, seed)?))
        } else {
            Self::Supernet(Box::new(search::configuration(args, named("--method", method)?, seed)?))
        })
    }

    /// True for a method with a supernet, and true for a searcher.
    pub(crate) fn kinds(&self) -> [bool; 2] {
        [matches!(self, Self::Supernet(_)), matches!(self, Self::Searcher(_))]
    }

    /// Name of the method.
    pub(crate) fn method(&self) -> &'static str {
        match self {
            Self::Supernet(config) => config.method.name.name(),
            Self::Searcher(config) => config.searcher.name(),
        }
    }

    pub(crate) fn seed(&self) -> u64 {
        match self {
            Self::Supernet(config) => config.seed,
            Self::Searcher(config) => config.seed,
        }
    }

    pub(crate) fn space(&self) -> Result<Space, SpaceError> {
        match self {
            Self::Supernet(config) => config.search_space(),
            Self::Searcher(config) => config.search_space(),
        }
    }

    /// Returns true if the method has the part or the searcher that a setting belongs to.
    pub(crate) fn has(&self, path: &str) -> bool {
        let inside = |table: &str| path.strip_prefix(table)?.split('.').next();
        match self {
            Self::Supernet(config) => match inside("method.") {
                Some(part) => !json!(config.method.clone().complete())[part].is_null(),
                None => !["searcher.", "budget."].iter().any(|table| path.starts_with(table)) && path != "table",
            },
            Self::Searcher(config) => match inside("searcher.") {
                Some(setting) => !json!(config.searcher)[setting].is_null(),
                None => path.starts_with("budget.") || ["table", "space", "seed"].contains(&path),
            },
        }
    }

    /// Sets one setting by its path.
    pub(crate) fn set(&mut self, path: &str, value: &str) -> Result<(), SessionError> {
        match self {
            Self::Supernet(config) => config.set(path, value),
            Self::Searcher(config) => config.set(path, value),
        }
    }

    /// Checks that every setting is in range.
    pub(crate) fn check(&self) -> Result<(), SessionError> {
        match self {
            Self::Supernet(config) => config.check(),
            Self::Searcher(config) => config.check(),
        }
    }

    /// Refuses a searcher whose table has other cells or lacks what the budget needs.
    pub(crate) fn check_table(&self) -> Result<(), Failure> {
        if let Self::Searcher(config) = self {
            let table = BlackBoxSearch::read(config, Place::default())?;
            pollster::block_on(Session::<BlackBoxSearch>::new(SearcherConfig::clone(config), table, &Device::cpu()))?;
        }
        Ok(())
    }

    /// Checks that the run in a folder, if there is one, has these settings.
    pub(crate) fn same_settings(&self, folder: &Path) -> Result<(), Failure> {
        match self {
            Self::Supernet(config) => same_settings(folder, &**config),
            Self::Searcher(config) => same_settings(folder, &**config),
        }
    }

    /// Settings in TOML.
    pub(crate) fn to_toml(&self) -> String {
        match self {
            Self::Supernet(config) => config.to_toml(),
            Self::Searcher(config) => config.to_toml(),
        }
    }
}

/// Returns true if a method is a searcher.
pub(crate) fn is_searcher(method: &str) -> bool {
    SearcherSettings::NAMES.contains(&method)
}
