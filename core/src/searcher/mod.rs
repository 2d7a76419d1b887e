//! Searchers without a gradient: they propose architectures, and learn from the fitness of each.
//!
//! | name | searcher | paper | settings |
//! |---|---|---|---|
//! | `random` | random search | arXiv:1902.07638 | [`RandomSearch`] |
//! | `evolution` | regularized evolution | arXiv:1802.01548 | [`Evolution`] |
//! | `local-search` | local search | arXiv:2005.02960 | [`LocalSearch`] |
//! | `reinforce` | policy gradient | Williams 1992, arXiv:2001.00326 | [`Reinforce`] |
//! | `predictor` | progressive search with a surrogate | arXiv:1712.00559 | [`Predictor`] |
//!
//! A [`Searcher`] knows the space alone; the fitness comes from outside, such as a table, a supernet or a training. The
//! result of a search is the fittest of all architectures that were evaluated. A
//! [`BlackBoxSearch`](crate::black_box::BlackBoxSearch) evaluates them and keeps a budget; with a loop of one's own:
//!
//! ```
//! use lambda_darts::searcher::{RandomNumbers, SearcherSettings};
//! use lambda_darts::space::Space;
//!
//! let space = Space::named("nas-bench-201")?;
//! let settings = SearcherSettings::named("evolution").expect("a searcher of this name");
//! let mut searcher = settings.build(&space)?;
//! let mut best = 0.0_f64;
//! for evaluation in 0..200 {
//!     let genotype = searcher.ask(&mut RandomNumbers::new(7, evaluation));
//!     // A toy fitness: the share of edges that have weights.
//!     let fitness = 1.0 - genotype.parameter_free() as f64 / 6.0;
//!     searcher.tell(&genotype, fitness);
//!     best = best.max(fitness);
//! }
//! assert_eq!(best, 1.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod coded;
mod encoding;
mod evolution;
mod local_search;
mod predictor;
mod random_numbers;
mod random_search;
mod reinforce;
mod ridge;
mod settings;
mod state;

use std::fmt::Debug;

use crate::space::Genotype;

pub use evolution::Evolution;
pub use local_search::LocalSearch;
pub use predictor::Predictor;
pub use random_numbers::RandomNumbers;
pub use random_search::RandomSearch;
pub use reinforce::Reinforce;
pub use settings::SearcherSettings;
pub use state::{OtherSearcher, SearcherState};

/// Searcher of a space: it proposes architectures, and learns from the fitness of each.
pub trait Searcher: Debug + Send {
    /// Proposes the next architecture.
    fn ask(&mut self, random: &mut RandomNumbers) -> Genotype;

    /// Learns the fitness of an architecture, which is better if it is larger. An architecture that is none of the
    /// space teaches nothing.
    fn tell(&mut self, genotype: &Genotype, fitness: f64);

    /// State between two evaluations.
    fn state(&self) -> SearcherState;

    /// Goes on from a state.
    ///
    /// # Errors
    /// [`OtherSearcher`] if it is that of another searcher or space; this one is as it was.
    fn restore(&mut self, state: SearcherState) -> Result<(), OtherSearcher>;
}
