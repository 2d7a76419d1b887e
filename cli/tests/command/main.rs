//! Tests of the command line: the built program on real files, as a user runs it.

mod bad_input;
mod basics;
#[cfg(unix)]
mod chance;
mod compare;
mod digest;
mod evaluate;
mod export;
mod fetch;
mod interchange;
#[cfg(unix)]
mod interrupt;
mod machines;
mod outcome;
mod paper_table;
mod people;
mod program;
mod report;
#[cfg(unix)]
mod resume;
#[cfg(unix)]
mod running;
mod searchers;
#[cfg(unix)]
mod shards;
mod sweep;
mod train;
