//! Genotypes as text in a configuration: in the notation of their space, or as JSON. A configuration without a genotype
//! has an empty text.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

use crate::space::Genotype;

pub(super) fn serialize<S: Serializer>(genotype: &Genotype, serializer: S) -> Result<S::Ok, S::Error> {
    if genotype.cells.is_empty() {
        return serializer.serialize_str("");
    }
    let notation = genotype.to_nas_bench_201().or_else(|| genotype.to_darts());
    let text = notation.or_else(|| serde_json::to_string(genotype).ok()).unwrap_or_default();
    serializer.serialize_str(&text)
}

pub(super) fn deserialize<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Genotype, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(Genotype { cells: Vec::new() });
    }
    Genotype::parse(&text).map_err(|error| D::Error::custom(format!("the genotype cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use crate::session::TrainingConfig;

    /// A file may leave the genotype out, which the command line names then.
    #[test]
    fn genotypes_are_read_as_they_were_written() {
        let json = concat!(
            r#"{"cells":[{"kind":"normal","inputs":2,"nodes":[[["skip_connect",0],["sep_conv_3x3",1],["none",1]]],"#,
            r#""output":[2]}]}"#
        );
        let darts =
            "Genotype(normal=[('none', 0), ('none', 1)], normal_concat=range(2, 3), reduce=[], reduce_concat=[])";
        for text in ["", "|none~0|+|none~0|skip_connect~1|", darts, json] {
            let config = TrainingConfig::from_toml(&format!("epochs = 3\ngenotype = '''{text}'''")).unwrap();
            assert_eq!((config.epochs, config.genotype.cells.is_empty()), (3, text.is_empty()));
            let written: toml::Table = toml::from_str(&config.to_toml()).unwrap();
            assert_eq!(written["genotype"].as_str(), Some(text));
            assert_eq!(TrainingConfig::from_toml(&config.to_toml()).unwrap(), config);
        }
        assert!(TrainingConfig::from_toml("epochs = 3").unwrap().genotype.cells.is_empty());
        let wrong = TrainingConfig::from_toml("epochs = 3\ngenotype = '|warp~0|'").unwrap_err().to_string();
        assert!(wrong.contains("line 2") && wrong.contains("operation `warp`"), "{wrong}");
    }
}
