//! Tabular benchmarks: the accuracies of cells trained from scratch, looked up instead of computed.
//!
//! `Table::nas_bench_201` has the published accuracies of NAS-Bench-201's 15,625 cells (Dong and Yang 2020,
//! arXiv:2001.00326, MIT licence). A [`Table`] is also read from a CSV file with one row for each cell. Its header names
//! these columns, in any order; others are ignored:
//!
//! | column | meaning |
//! |---|---|
//! | `index` | the number of the cell in the benchmark |
//! | `arch` | the cell in NAS-Bench-201's notation |
//! | `c10_valid`, `c10_test` | accuracy on CIFAR-10 in percent |
//! | `c100_valid`, `c100_test` | accuracy on CIFAR-100 in percent |
//! | `in16_valid`, `in16_test` | accuracy on ImageNet16-120 in percent |
//! | `params_m` (optional) | parameters of the network in millions |
//! | `c10_train_s` (optional) | seconds that its training took on CIFAR-10 |

mod equivalence;
mod nas_bench_201;
mod table;

pub use equivalence::canonical;
pub use table::{Accuracies, Found, Row, Table, TableError};
