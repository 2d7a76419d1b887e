//! Defaults of the settings in the help: read from the configurations themselves, by space and images.

use clap::Command;
use lambda_darts::search::SearchConfig;

use crate::setting_paths::{Settings, settings};

/// Flags with the settings that they set.
const FLAGS: [(&str, &str); 13] = [
    ("epochs", "epochs"),
    ("batch", "batch"),
    ("channels", "supernet.channels"),
    ("cells", "supernet.cells"),
    ("lr", "weights.lr"),
    ("arch_lr", "architecture.lr"),
    ("order", "architecture.order"),
    ("lambda", "method.alignment.lambda"),
    ("epsilon", "method.alignment.epsilon"),
    ("estimator", "method.alignment.estimator"),
    ("method", "method.name"),
    ("seed", "seed"),
    ("warn_parameter_free", "method.parameter_free_share.share"),
];

/// Adds the defaults to the help of a command and its subcommands.
pub(crate) fn shown(command: Command) -> Command {
    let configurations = [SearchConfig::of_space, SearchConfig::fashion, SearchConfig::digits]
        .map(|of| ["darts", "nas-bench-201"].map(|space| settings(&of(space).to_toml())));
    command.mut_subcommands(|command| {
        command.mut_args(|arg| {
            let setting = FLAGS.iter().find(|(flag, _)| arg.get_id() == flag);
            let text = setting.and_then(|(_, path)| described(&configurations, path));
            match (text, arg.get_help()) {
                // `derive` has sizes of another network, with defaults of their own.
                (Some(text), Some(help)) if !help.to_string().contains("[default:") => {
                    let help = format!("{help} [default: {text}]");
                    arg.help(help)
                }
                _ => arg,
            }
        })
    })
}

/// Describes the default of a setting: for all images, on NAS-Bench-201, and for the built-in images where it differs.
fn described(configurations: &[[Settings; 2]; 3], path: &str) -> Option<String> {
    let of = |settings: &Settings| settings.get(path).map(|value| value.trim_matches('"').to_owned());
    let pair = |[darts, staged]: &[Settings; 2]| -> Option<String> {
        let (darts, staged) = (of(darts)?, of(staged)?);
        Some(if darts == staged { darts } else { format!("{darts}, on nas-bench-201 {staged}") })
    };
    let [any, fashion, digits] = configurations.each_ref().map(pair);
    let mut text = any?;
    for (images, own) in [("fashion", fashion?), ("digits", digits?)] {
        if own != text.split("; ").next().unwrap_or_default() {
            text.extend(["; ", images, ": ", &own]);
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::args::Cli;

    #[test]
    fn every_default_is_that_of_the_configurations() {
        let mut command = shown(Cli::command());
        let search = command.find_subcommand_mut("search").unwrap();
        let help = |flag: &str| {
            let arg = search.get_arguments().find(|arg| arg.get_id() == flag).unwrap();
            arg.get_help().unwrap().to_string()
        };
        for (flag, setting) in FLAGS {
            assert!(help(flag).contains("[default:"), "{flag}: {setting}");
        }
        let epochs = help("epochs");
        assert!(
            epochs.ends_with("[default: 50, on nas-bench-201 100; fashion: 10, on nas-bench-201 20; digits: 30]"),
            "{epochs}"
        );
        assert!(help("lr").ends_with("[default: 0.025]"), "{}", help("lr"));
        assert!(help("method").ends_with("[default: lambda-darts]"), "{}", help("method"));
    }
}
