//! Functions of configurations and genotypes that need no search.

use lambda_darts::data::{DataConfig, DataSet};
use lambda_darts::method::{MethodConfig, PRESETS, Preset};
use lambda_darts::search::SearchConfig;
use lambda_darts::session::Settings as _;
use lambda_darts::space::{Genotype, Space};
use lambda_darts::training::{Recipe, TrainingConfig};
use serde::Serialize;

use crate::failure::Failure;

/// A genotype in every notation that it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Notations {
    /// JSON of the genotype.
    pub(crate) json: String,
    /// Notation of DARTS; null if it cannot express the genotype.
    pub(crate) darts: Option<String>,
    /// Notation of NAS-Bench-201; null if it cannot express the genotype.
    pub(crate) nas_bench_201: Option<String>,
}

/// A published method.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct PresetInfo {
    /// Name in the settings.
    pub(crate) name: Preset,
    /// Identifier of the paper.
    pub(crate) paper: &'static str,
    /// Description in a few words.
    pub(crate) description: &'static str,
    /// Settings of the method with all its parts.
    pub(crate) method: MethodConfig,
}

/// Returns the published methods.
pub(crate) fn presets() -> Vec<PresetInfo> {
    let info = |&name: &Preset| PresetInfo {
        name,
        paper: name.paper(),
        description: name.description(),
        method: MethodConfig::preset(name),
    };
    PRESETS.iter().map(info).collect()
}

/// Returns settings for a search on the images of Fashion-MNIST that ends within minutes.
pub(crate) fn defaults(space: &str) -> Result<SearchConfig, Failure> {
    Space::named(space)?;
    Ok(SearchConfig::fashion(space))
}

/// Returns settings for a training of a genotype, given in any notation, on the images of Fashion-MNIST that ends within
/// minutes.
pub(crate) fn training_defaults(space: &str, genotype: &str) -> Result<TrainingConfig, Failure> {
    Space::named(space)?;
    Ok(TrainingConfig::new(Recipe::Small, space, Genotype::parse(genotype)?))
}

/// Reads settings of a search from JSON.
pub(crate) fn read(text: &str) -> Result<SearchConfig, Failure> {
    serde_json::from_str(text).map_err(Failure::Settings)
}

/// Reads settings of a training from JSON.
pub(crate) fn read_training(text: &str) -> Result<TrainingConfig, Failure> {
    serde_json::from_str(text).map_err(Failure::Settings)
}

/// Checks that a page can run this search, as far as possible without its images.
pub(crate) fn check(config: &SearchConfig) -> Result<(), Failure> {
    config.check()?;
    config.search_space()?;
    check_data(&config.data)
}

/// Checks that a page can run this training, as far as possible without its images.
pub(crate) fn check_training(config: &TrainingConfig) -> Result<(), Failure> {
    config.check()?;
    check_data(&config.data)
}

/// Checks that a page can have these images.
fn check_data(config: &DataConfig) -> Result<(), Failure> {
    config.check()?;
    match config.set {
        DataSet::Digits | DataSet::Fashion | DataSet::Cifar10 => {}
        set => return Err(Failure::NotInPages { set }),
    }
    if config.split.is_some() {
        return Err(Failure::Split);
    }
    Ok(())
}

/// Returns the notations of a genotype, which is given in any of them.
pub(crate) fn notations(text: &str) -> Result<Notations, Failure> {
    let genotype = Genotype::parse(text)?;
    let json = serde_json::to_string(&genotype).map_err(Failure::Json)?;
    Ok(Notations { json, darts: genotype.to_darts(), nas_bench_201: genotype.to_nas_bench_201() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_of_every_space_can_be_run() {
        for space in Space::NAMES {
            let config = defaults(space).unwrap();
            check(&config).unwrap();
            assert_eq!(read(&serde_json::to_string(&config).unwrap()).unwrap(), config);
        }
        assert!(defaults("s9").unwrap_err().to_string().contains("unknown search space `s9`"));
    }

    #[test]
    fn the_form_of_every_method_can_be_drawn() {
        let schema = MethodConfig::schema();
        for preset in presets() {
            let mut config = defaults("s3").unwrap();
            config.method = preset.method.clone();
            check(&config).unwrap();
            let method = serde_json::to_value(&preset.method).unwrap();
            assert_eq!(method["name"], preset.name.name());
            // The page looks every part up by its name and follows the reference to its settings.
            for (part, settings) in method.as_object().unwrap().iter().filter(|(part, _)| *part != "name") {
                let target = schema["properties"][part]["anyOf"][0]["$ref"].as_str().unwrap();
                let properties = &schema.pointer(target.trim_start_matches('#')).unwrap()["properties"];
                for setting in settings.as_object().unwrap().keys() {
                    assert!(properties[setting].is_object(), "{part}.{setting} is missing in {schema:#}");
                }
            }
        }
    }

    #[test]
    fn what_a_page_cannot_do_is_said_at_once() {
        let message = |change: &str| {
            let mut config = serde_json::to_value(defaults("s3").unwrap()).unwrap();
            let (path, value) = change.split_once('=').unwrap();
            let (table, field) = path.rsplit_once('/').unwrap();
            let table = config.pointer_mut(table).unwrap().as_object_mut().unwrap();
            table.insert(field.to_owned(), serde_json::from_str(value).unwrap());
            read(&config.to_string())
                .and_then(|config| check(&config))
                .map_err(|failure| crate::failure::on_one_line(&failure))
        };
        assert_eq!(message(r#"/data/set="cifar10""#), Ok(()));
        for (change, part) in [
            ("/epochs=0", "`epochs` must be 1 to 100,000, not 0"),
            ("/epochs=1.5", "the settings are not understood: "),
            ("/epoch=1", "unknown field `epoch`"),
            (r#"/space="s9""#, "unknown search space `s9`"),
            ("/data/size=0", "`size`"),
            (r#"/data/set="svhn""#, "`svhn` cannot be used in a page"),
            (r#"/data/split="parts.json""#, "a page cannot read"),
        ] {
            let message = message(change).unwrap_err();
            assert!(message.contains(part) && !message.contains('\n'), "{change}: {message}");
        }
    }

    #[test]
    fn a_genotype_has_the_notations_of_its_space() {
        let text = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";
        let staged = notations(text).unwrap();
        assert_eq!((staged.nas_bench_201.as_deref(), staged.darts.as_deref()), (Some(text), None));
        assert_eq!(notations(&staged.json).unwrap(), staged);

        let stacked =
            notations("Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1)], normal_concat=[2])").unwrap();
        assert_eq!(stacked.nas_bench_201, None);
        assert_eq!(notations(stacked.darts.as_deref().unwrap()).unwrap(), stacked);

        assert!(notations(r#"{"cells": 3}"#).is_err() && notations("null").is_err());
    }
}
