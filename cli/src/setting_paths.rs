//! Settings by their paths, and the differences between two searches.

use std::collections::BTreeMap;

use toml::{Table, Value};

/// Settings as text, by paths such as `method.alignment.lambda`.
pub(crate) type Settings = BTreeMap<String, String>;

/// Returns the settings of a configuration by their paths; none if it is not TOML.
pub(crate) fn settings(text: &str) -> Settings {
    let mut settings = Settings::new();
    add("", &toml::from_str(text).unwrap_or_default(), &mut settings);
    settings
}

fn add(before: &str, table: &Table, settings: &mut Settings) {
    for (key, value) in table {
        let path = format!("{before}{key}");
        match value {
            Value::Table(inside) => add(&format!("{path}."), inside, settings),
            value => {
                settings.insert(path, value.to_string().replace('\n', " "));
            }
        }
    }
}

/// Returns the paths at which not all settings are equal.
pub(crate) fn differing(all: &[&Settings]) -> Vec<String> {
    let mut paths: Vec<&String> = all.iter().flat_map(|settings| settings.keys()).collect();
    paths.sort_unstable();
    paths.dedup();
    let equal = |path: &String| all.windows(2).all(|pair| pair[0].get(path) == pair[1].get(path));
    paths.into_iter().filter(|path| !equal(path)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_have_their_paths() {
        let [a, b] = ["seed = 1\n[weights]\nlr = 0.1\nclip = 5.0", "seed = 1\n[weights]\nlr = 0.2\nclip = 5.0\nx = 1"]
            .map(settings);
        assert_eq!(a.get("weights.lr").map(String::as_str), Some("0.1"));
        assert_eq!(differing(&[&a, &b]), ["weights.lr", "weights.x"]);
        assert!(differing(&[&a, &a]).is_empty());
    }
}
