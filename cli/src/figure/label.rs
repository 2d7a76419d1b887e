//! Names of methods and settings as papers spell them.

use std::iter::once;

/// Returns the label of a method by its name on the command line, with any settings after commas:
/// `lambda-darts, epsilon=1e-1` is “Λ-DARTS, ε₀ = 1e-1”. What is not known stays as it is.
pub(crate) fn label(name: &str) -> String {
    let mut parts = name.split(',').map(str::trim);
    let method = method(parts.next().unwrap_or_default());
    once(method.to_owned()).chain(parts.map(setting)).collect::<Vec<_>>().join(", ")
}

fn method(name: &str) -> &str {
    match name {
        "darts" => "DARTS",
        "lambda-darts" => "Λ-DARTS",
        "lambda-darts-sign" => "Λ±-DARTS",
        "beta-darts" => "β-DARTS",
        "darts-minus" => "DARTS−",
        "sdarts-rs" => "SDARTS-RS",
        "sdarts-adv" => "SDARTS-ADV",
        "gdas" => "GDAS",
        "snas" => "SNAS",
        "drnas" => "DrNAS",
        "proxyless" => "ProxylessNAS",
        "pr-darts" => "PR-DARTS",
        "darts-plus" => "DARTS+",
        "oles" => "OLES",
        "idarts" => "iDARTS",
        "darts-pt" => "DARTS-PT",
        "pc-darts" => "PC-DARTS",
        "fair-darts" => "FairDARTS",
        "p-darts" => "P-DARTS",
        "dots" => "DOTS",
        "spos" => "SPOS",
        "rsws" => "RSWS",
        "enas" => "ENAS",
        "random" => "random search",
        "evolution" => "regularized evolution",
        "local-search" => "local search",
        "reinforce" => "REINFORCE",
        "predictor" => "progressive search",
        other => other,
    }
}

fn setting(text: &str) -> String {
    match text.split_once('=') {
        Some((key, value)) => format!("{} = {}", symbol(key.trim()), value.trim()),
        None => text.to_owned(),
    }
}

/// Returns the sign of a setting, whose name may begin with that of its part.
fn symbol(key: &str) -> String {
    let sign = match key.rsplit('.').next().unwrap_or(key) {
        "epsilon" => "ε₀",
        "lambda" => "λ",
        "beta" => "β",
        _ => return key.trim_start_matches("method.").replace('.', " "),
    };
    sign.to_owned()
}

#[cfg(test)]
mod tests {
    use lambda_darts::method::PRESETS;

    use super::*;

    #[test]
    fn methods_and_settings_have_their_signs() {
        for (name, expected) in [
            ("darts", "DARTS"),
            ("lambda-darts-sign", "Λ±-DARTS"),
            ("lambda-darts, epsilon=1e-1", "Λ-DARTS, ε₀ = 1e-1"),
            ("darts,method.alignment.lambda = 0.5 ,seed=2", "DARTS, λ = 0.5, seed = 2"),
            ("evolution,searcher.population=20", "regularized evolution, searcher population = 20"),
            ("my-method", "my-method"),
            ("darts,weights.lr=0.1,architecture.lr=0.2", "DARTS, weights lr = 0.1, architecture lr = 0.2"),
            ("a, b", "a, b"),
            ("", ""),
        ] {
            assert_eq!(label(name), expected);
        }
    }

    #[test]
    fn every_preset_has_a_proper_name() {
        for preset in PRESETS {
            assert_ne!(label(preset.name()), preset.name());
        }
    }
}
