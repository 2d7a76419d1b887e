//! `config`: the complete settings of a search.

use crate::args::ConfigArgs;
use crate::effect;
use crate::failure::Failure;
use crate::output::print;
use crate::search::{configuration, named};

pub(crate) fn run(args: &ConfigArgs) -> Result<(), Failure> {
    let config = configuration(&args.settings, named("--method", args.method.as_deref())?, args.seed)?;
    config.check()?;
    for warning in effect::warnings(&args.settings, &config) {
        eprintln!("{warning}");
    }
    print(config.to_toml().trim_end())
}
