//! `config`: the complete settings of a search or a training.

use std::io::{Write, stderr};

use lambda_darts::session::Settings;

use crate::any_search::AnySearch;
use crate::args::{ConfigArgs, ConfigCommand, TrainConfigArgs};
use crate::failure::Failure;
use crate::output::print;
use crate::searcher::check_flags;
use crate::{effect, train};

pub(crate) fn run(args: &ConfigArgs) -> Result<(), Failure> {
    if let Some(ConfigCommand::Train(args)) = &args.of {
        return of_training(args);
    }
    let config = AnySearch::of(&args.settings, args.choice.method.as_deref(), args.choice.seed)?;
    check_flags(&args.settings, config.kinds())?;
    config.check()?;
    if let AnySearch::Supernet(config) = &config {
        for warning in effect::warnings(&args.settings, config) {
            // If stderr is closed, the warning cannot be shown.
            let _ = writeln!(stderr(), "{warning}");
        }
    }
    print(config.to_toml().trim_end())
}

fn of_training(args: &TrainConfigArgs) -> Result<(), Failure> {
    let cell = args.from.as_deref().map(train::cell).transpose()?;
    let config = train::configuration(&args.settings, cell, args.seed)?;
    config.check()?;
    print(config.to_toml().trim_end())
}
