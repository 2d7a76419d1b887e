//! Tests of the command line: the built program on real files, as a user runs it.

mod bad_input;
mod basics;
mod compare;
mod fetch;
mod interchange;
#[cfg(unix)]
mod interrupt;
mod program;
#[cfg(unix)]
mod resume;
#[cfg(unix)]
mod running;
