//! Arguments of `methods`.

use clap::Args;

/// List the methods, the parts that they are composed of, and the settings of both
///
/// A part that a method lacks can be added to it in a configuration file, or with --set method.PART.SETTING=VALUE.
/// Searchers have no parts; --set searcher.SETTING=VALUE changes their settings. Methods that are not here are listed with
/// the reason.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lambda-darts methods\n  \
    lambda-darts methods --json")]
pub(crate) struct MethodsArgs {
    /// Print one JSON object: methods with name, paper, parts and kind; those that are not here; parts, and the JSON
    /// Schema of their settings
    #[arg(long)]
    pub(crate) json: bool,
}
