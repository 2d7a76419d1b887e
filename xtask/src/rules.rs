//! `cargo xtask rules`: rules of the sources that no compiler knows.

use std::process::ExitCode;

use crate::{arrows, prose};

pub(crate) const ABOUT: &str = "\
Check the rules of the sources that no compiler knows; takes less than a second.

  arrows  a module of core/src uses only modules below it, by the table in xtask/src/arrows.rs; tests are left out
  prose   a doc comment begins with a noun phrase or a verb, and with none of the words in xtask/src/prose.rs

Every place that breaks a rule is printed with its file and line.";

/// Checks all rules, even if one is broken.
pub(crate) fn check() -> Result<(), ExitCode> {
    let arrows = arrows::check();
    prose::check().and(arrows)
}
