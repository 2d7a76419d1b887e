//! Search without a supernet: a [searcher](crate::searcher) proposes architectures, an [`Evaluator`] tells what each is
//! worth, and a budget ends the search.
//!
//! The [`TableEvaluator`] looks architectures up in a table of known results, so that a search that takes hours of
//! training takes milliseconds. A [`Session`] is driven, saved and resumed like one of a
//! [bilevel search](crate::search::Session): a step is an evaluation, and an epoch a tenth of the budget.
//!
//! ```
//! use std::sync::Arc;
//!
//! use lambda_darts::benchmark::Table;
//! use lambda_darts::black_box::{EventKind, SearcherConfig, Session};
//! use lambda_darts::device::Device;
//!
//! let mut config = SearcherConfig::default();
//! config.set("searcher.name", "evolution")?;
//! config.budget.evaluations = Some(60);
//! let table = Arc::new(Table::nas_bench_201());
//! let mut session = pollster::block_on(Session::new(config, table, &Device::cpu()))?;
//! for event in session.events() {
//!     if let EventKind::SearcherEnd { genotype, accuracies: Some(known) } = event?.kind {
//!         println!("{:.2} %: {}", 100.0 * known.cifar10_test, genotype.to_nas_bench_201().unwrap_or_default());
//!     }
//! }
//! assert_eq!(session.evaluations(), 60);
//! # Ok::<(), lambda_darts::session::SessionError>(())
//! ```

mod evaluator;
mod state;
mod table;
mod work;

pub use crate::session::{
    Budget, Event, EventKind, SearcherConfig, SearcherEpochEvent, SearcherStepEvent, SessionError,
};
pub use evaluator::{Evaluation, Evaluator};
pub use state::BlackBoxState;
pub use table::TableEvaluator;
pub use work::BlackBoxSearch;

/// Search that is driven one event at a time.
pub type Session = crate::session::Session<BlackBoxSearch>;

/// Whole state of a search, which goes on from there as if it had never stopped.
pub type SessionState = crate::session::SessionState<BlackBoxSearch>;

/// Checkpoint of a search.
#[cfg(not(target_family = "wasm"))]
pub type Checkpoint = crate::session::Checkpoint<BlackBoxSearch>;
