//! Tests of the command line: the built program on real files, as a user runs it.

mod bad_input;
mod basics;
mod compare;
mod digest;
mod fetch;
mod interchange;
#[cfg(unix)]
mod interrupt;
mod machines;
mod outcome;
mod people;
mod program;
#[cfg(unix)]
mod resume;
#[cfg(unix)]
mod running;
mod sweep;
