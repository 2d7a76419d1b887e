//! `--sweep`: settings that a comparison takes several values of.

use super::MOST_SEARCHES;
use crate::any_search::AnySearch;
use crate::failure::Failure;
use crate::setting_paths::settings;

/// A setting with its values.
pub(super) struct Sweep {
    pub(super) path: String,
    values: Vec<String>,
}

/// One value for each of the settings that a method has, and the configuration with them.
pub(super) struct Variant {
    /// Method and values, such as `lambda-darts,epsilon=0.1`.
    pub(super) label: String,
    pub(super) config: AnySearch,
}

/// Parses `PATH=VALUE,VALUE,…`.
pub(super) fn parse(text: &str) -> Result<Sweep, Failure> {
    let wrong = |expected| Failure::Value { setting: "--sweep", value: text.to_owned(), expected };
    let form = "write PATH=VALUE,VALUE, such as method.alignment.epsilon=1e-1,1e-2";
    let (path, values) = text.split_once('=').ok_or_else(|| wrong(form))?;
    let values: Vec<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
    if values.iter().any(String::is_empty) {
        return Err(wrong(form));
    }
    Ok(Sweep { path: path.trim().to_owned(), values })
}

/// Returns the path of a setting in `PATH=VALUE`.
pub(super) fn path(setting: &str) -> &str {
    setting.split_once('=').map_or(setting, |(path, _)| path).trim()
}

/// Refuses two sweeps of one setting, and more combinations than a comparison has searches.
pub(super) fn check(sweeps: &[Sweep]) -> Result<(), Failure> {
    let wrong = |sweep: &Sweep, expected| Failure::Value { setting: "--sweep", value: sweep.path.clone(), expected };
    let mut combinations: usize = 1;
    for (at, sweep) in sweeps.iter().enumerate() {
        if sweeps[..at].iter().any(|other| other.path == sweep.path) {
            return Err(wrong(sweep, "give all values of a setting in one --sweep"));
        }
        combinations = combinations.saturating_mul(sweep.values.len());
        if combinations > MOST_SEARCHES {
            return Err(wrong(sweep, "a comparison has at most 1000 searches"));
        }
    }
    Ok(())
}

/// Returns a configuration with every combination of the values, of those settings that its method has.
pub(super) fn variants(config: &AnySearch, sweeps: &[Sweep]) -> Result<Vec<Variant>, Failure> {
    let mut variants = vec![Variant { label: config.method().to_owned(), config: config.clone() }];
    for sweep in sweeps.iter().filter(|sweep| config.has(&sweep.path)) {
        let name = short_name(&sweep.path, sweeps);
        let mut all = Vec::with_capacity(variants.len() * sweep.values.len());
        for variant in &variants {
            for value in &sweep.values {
                let mut config = variant.config.clone();
                config.set(&sweep.path, value)?;
                // `1e-1` and `0.1` are one setting.
                let told = settings(&config.to_toml()).remove(&sweep.path).unwrap_or_else(|| value.clone());
                let label = format!("{},{name}={}", variant.label, plain(told.trim_matches('"')));
                if !all.iter().any(|other: &Variant| other.label == label) {
                    all.push(Variant { label, config });
                }
            }
        }
        variants = all;
    }
    Ok(variants)
}

/// Returns the last part of a setting's path, or the whole path if another setting ends alike.
fn short_name<'a>(path: &'a str, sweeps: &[Sweep]) -> &'a str {
    let last = |path: &'a str| path.rsplit('.').next().unwrap_or(path);
    let alike = sweeps.iter().filter(|other| other.path.rsplit('.').next() == Some(last(path))).count();
    if alike > 1 { path } else { last(path) }
}

/// Returns a value as it may stand in the name of a folder on every system.
fn plain(value: &str) -> String {
    value.chars().map(|c| if c.is_alphanumeric() || "-+._".contains(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::SettingsArgs;

    fn labels(method: &str, sweeps: &[&str]) -> Vec<String> {
        let config = AnySearch::of(&SettingsArgs::default(), Some(method), None).unwrap();
        let sweeps: Vec<_> = sweeps.iter().map(|text| parse(text).unwrap()).collect();
        variants(&config, &sweeps).unwrap().into_iter().map(|variant| variant.label).collect()
    }

    #[test]
    fn only_the_settings_that_a_method_has_make_variants() {
        let sweeps = ["method.alignment.epsilon=1e-1, 1e-2, 0.1", "weights.lr=0.1,0.2"];
        let aligned = labels("lambda-darts", &sweeps);
        assert_eq!(aligned.len(), 4);
        assert_eq!(aligned[1], "lambda-darts,epsilon=0.1,lr=0.2");
        assert_eq!(labels("darts", &sweeps), ["darts,lr=0.1", "darts,lr=0.2"]);
        assert_eq!(labels("darts", &sweeps[..1]), ["darts"]);
        assert_eq!(labels("evolution", &sweeps), ["evolution"]);
        let population = ["searcher.population=5,20", "budget.evaluations=50"];
        let evolved = ["evolution,population=5,evaluations=50", "evolution,population=20,evaluations=50"];
        assert_eq!(labels("evolution", &population), evolved);
        assert_eq!(labels("darts", &population), ["darts"]);
        assert_eq!(labels("random", &population), ["random,evaluations=50"]);
        let both = labels("darts", &["architecture.lr=1e-3", "weights.lr=.1"]);
        assert_eq!(both, ["darts,architecture.lr=0.001,weights.lr=0.1"]);
        let twice = ["weights.lr=0.1", "weights.lr=0.2"].map(|text| parse(text).unwrap());
        assert!(check(&twice).is_err() && check(&twice[..1]).is_ok());
        let many: Vec<Sweep> =
            (0..40).map(|at| Sweep { path: at.to_string(), values: vec![String::new(); 10] }).collect();
        assert!(check(&many).is_err());
        for wrong in ["epochs", "epochs=", "epochs=1,,2"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
