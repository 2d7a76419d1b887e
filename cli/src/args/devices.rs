//! Arguments of `devices`.

use clap::Args;

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lambda-darts devices\n  \
    lambda-darts devices --json")]
pub(crate) struct DevicesArgs {
    /// Print one JSON array
    #[arg(long)]
    pub(crate) json: bool,
}
