//! Arguments of `completions`.

use clap::Args;

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lambda-darts completions bash > ~/.local/share/bash-completion/completions/lambda-darts\n  \
    lambda-darts completions zsh > _lambda-darts")]
pub(crate) struct CompletionsArgs {
    /// Shell that the script is for
    pub(crate) shell: clap_complete::Shell,
}
