//! Table of the searchers, and their settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::coded::Coded;
use super::{Evolution, LocalSearch, Predictor, RandomSearch, Reinforce, Searcher};
use crate::method::PartError;
use crate::space::Space;

/// Makes the searchers from lines `Variant Settings "name" "paper" "what"`.
macro_rules! searchers {
    ($($variant:ident $settings:ident $name:literal $paper:literal $what:literal;)+) => {
        /// Searcher by its name, with its settings.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "name")]
        #[non_exhaustive]
        pub enum SearcherSettings {
            $(
                #[doc = concat!($what, " (", $paper, ").")]
                #[serde(rename = $name)]
                $variant($settings),
            )+
        }

        impl SearcherSettings {
            /// Names of all searchers.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// Searcher of a name, with the default settings.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant($settings::default())),)+
                    _ => None,
                }
            }

            /// Name in settings and on the command line.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)+
                }
            }

            /// Identifier of the paper.
            #[must_use]
            pub const fn paper(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $paper,)+
                }
            }

            /// Description in a few words.
            #[must_use]
            pub const fn description(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $what,)+
                }
            }

            fn coded(&self, space: &Space) -> Box<dyn Searcher> {
                match self {
                    $(Self::$variant(settings) => Coded::boxed(settings, space),)+
                }
            }
        }
    };
}

// A searcher is a line here.
searchers! {
    Random RandomSearch "random" "arXiv:1902.07638" "Random search";
    Evolution Evolution "evolution" "arXiv:1802.01548" "Regularized evolution";
    LocalSearch LocalSearch "local-search" "arXiv:2005.02960" "Local search";
    Reinforce Reinforce "reinforce" "arXiv:2001.00326" "REINFORCE on a policy of logits";
    Predictor Predictor "predictor" "arXiv:1712.00559" "Progressive search with a surrogate";
}

impl SearcherSettings {
    /// Checks that every setting is in range, and that the searcher can search the space.
    ///
    /// # Errors
    /// [`PartError`] for the first fault.
    pub fn check(&self, space: &Space) -> Result<(), PartError> {
        match self {
            Self::Random(_) | Self::LocalSearch(_) => Ok(()),
            Self::Evolution(settings) => settings.check(),
            Self::Reinforce(settings) => settings.check(),
            Self::Predictor(settings) => settings.check(space),
        }
    }

    /// Searcher of a space, before its first evaluation.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn build(&self, space: &Space) -> Result<Box<dyn Searcher>, PartError> {
        self.check(space)?;
        Ok(self.coded(space))
    }
}

impl Default for SearcherSettings {
    fn default() -> Self {
        Self::Evolution(Evolution::default())
    }
}
