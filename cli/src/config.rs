//! `config`: the complete settings of a search.

use std::io::{Write, stderr};

use crate::args::ConfigArgs;
use crate::effect;
use crate::failure::Failure;
use crate::output::print;
use crate::search::{configuration, named};

pub(crate) fn run(args: &ConfigArgs) -> Result<(), Failure> {
    let config = configuration(&args.settings, named("--method", args.choice.method.as_deref())?, args.choice.seed)?;
    config.check()?;
    for warning in effect::warnings(&args.settings, &config) {
        // If stderr is closed, the warning cannot be shown.
        let _ = writeln!(stderr(), "{warning}");
    }
    print(config.to_toml().trim_end())
}
