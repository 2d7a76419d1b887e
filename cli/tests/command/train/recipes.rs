//! Tests of the recipes, and of the settings that flags and `--set` change, as `config train` prints them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use toml::{Table, Value};

use super::{CELL, DARTS};
use crate::program::{run, text};

/// Published settings, by recipe.
const PUBLISHED: [(&str, &str); 5] = [
    (
        "darts",
        r#"
        epochs = 600
        batch = 96
        [network]
        layout = "space"
        channels = 36
        cells = 20
        auxiliary_weight = 0.4
        drop_path = 0.2
        label_smoothing = 0.0
        [weights]
        lr = 0.025
        lr_min = 0.0
        schedule = "cosine"
        gamma = 0.97
        momentum = 0.9
        nesterov = false
        decay = 3e-4
        clip = 5.0
        [data]
        augment = "published"
        cutout = 16
        "#,
    ),
    (
        "robust",
        r#"
        epochs = 600
        batch = 96
        [network]
        layout = "space"
        channels = 16
        cells = 8
        auxiliary_weight = 0.4
        drop_path = 0.2
        label_smoothing = 0.0
        [weights]
        lr = 0.025
        lr_min = 0.0
        schedule = "cosine"
        gamma = 0.97
        momentum = 0.9
        nesterov = false
        decay = 3e-4
        clip = 5.0
        [data]
        augment = "published"
        cutout = 16
        "#,
    ),
    (
        "darts-imagenet",
        r#"
        epochs = 250
        batch = 128
        [network]
        layout = "imagenet"
        channels = 48
        cells = 14
        auxiliary_weight = 0.4
        drop_path = 0.0
        label_smoothing = 0.1
        [weights]
        lr = 0.1
        lr_min = 0.0
        schedule = "exponential"
        gamma = 0.97
        momentum = 0.9
        nesterov = false
        decay = 3e-5
        clip = 5.0
        [data]
        augment = "published"
        cutout = 0
        "#,
    ),
    (
        "nas-bench-201",
        r#"
        epochs = 200
        batch = 256
        [network]
        layout = "space"
        channels = 16
        cells = 5
        auxiliary_weight = 0.0
        drop_path = 0.0
        label_smoothing = 0.0
        [weights]
        lr = 0.1
        lr_min = 0.0
        schedule = "cosine"
        gamma = 0.97
        momentum = 0.9
        nesterov = true
        decay = 5e-4
        clip = 0.0
        [data]
        augment = "published"
        cutout = 0
        "#,
    ),
    (
        "small",
        r#"
        epochs = 12
        batch = 64
        [network]
        layout = "space"
        channels = 16
        cells = 5
        auxiliary_weight = 0.0
        drop_path = 0.0
        label_smoothing = 0.0
        [weights]
        lr = 0.1
        lr_min = 0.0
        schedule = "cosine"
        gamma = 0.97
        momentum = 0.9
        nesterov = true
        decay = 5e-4
        clip = 5.0
        [data]
        augment = "auto"
        cutout = 0
        "#,
    ),
];

/// Runs `config train`, which must succeed and write no file, and returns the settings that it prints.
fn printed(folder: &Path, args: &[&str]) -> Table {
    let before = fs::read_dir(folder).unwrap().count();
    let out = run(&[&["config", "train"], args].concat(), folder);
    assert!(out.status.success(), "{args:?}: {}", text(&out.stderr));
    assert_eq!(fs::read_dir(folder).unwrap().count(), before, "{args:?}");
    toml::from_str(&text(&out.stdout)).unwrap()
}

/// Returns settings by their paths.
fn paths(settings: &Table) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for (key, value) in settings {
        match value {
            Value::Table(inside) => {
                all.extend(paths(inside).into_iter().map(|(path, value)| (format!("{key}.{path}"), value)));
            }
            value => {
                all.insert(key.clone(), value.clone());
            }
        }
    }
    all
}

#[test]
fn recipes_are_the_published_settings() {
    let folder = tempfile::tempdir().unwrap();
    for (recipe, published) in PUBLISHED {
        let found = paths(&printed(folder.path(), &[DARTS, "--recipe", recipe, "--data", "cifar10"]));
        assert_eq!(found["recipe"].as_str(), Some(recipe));
        assert_eq!((found["genotype"].as_str(), found["data.set"].as_str()), (Some(DARTS), Some("cifar10")));
        let published = paths(&toml::from_str(published).unwrap());
        for (path, value) in &published {
            assert_eq!(&found[path], value, "{recipe}: {path}");
        }
        let of_training = |path: &&String| path.starts_with("network.") || path.starts_with("weights.");
        assert!(found.keys().filter(of_training).eq(published.keys().filter(of_training)), "{recipe}: {found:?}");
    }
}

/// The recipe follows from the space and the images; NAS-Bench-201's layout has no auxiliary head, and its cells are
/// counted in a stage.
#[test]
fn the_default_recipe_is_that_of_the_space_and_the_images() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&[&str], &str, i64); 6] = [
        (&[CELL], "small", 1),
        (&[DARTS], "small", 5),
        (&[DARTS, "--data", "digits"], "small", 5),
        (&[CELL, "--data", "cifar10"], "nas-bench-201", 5),
        (&[DARTS, "--data", "cifar10"], "darts", 20),
        (&[DARTS, "--data", "cifar10", "--space", "s3"], "robust", 8),
    ];
    for (args, recipe, cells) in cases {
        let found = paths(&printed(folder.path(), args));
        assert_eq!(found["recipe"].as_str(), Some(recipe), "{args:?}");
        assert_eq!(found["network.cells"].as_integer(), Some(cells), "{args:?}");
    }
    let staged = paths(&printed(folder.path(), &[CELL, "--recipe", "darts"]));
    assert_eq!((&staged["network.auxiliary_weight"], &staged["epochs"]), (&Value::Float(0.0), &Value::Integer(600)));
}

#[test]
fn every_setting_can_be_set_by_its_path() {
    const SET: [(&str, &str, &str); 27] = [
        ("space", "s3", "\"s3\""),
        ("genotype", "|none~0|+|none~0|skip_connect~1|", "\"|none~0|+|none~0|skip_connect~1|\""),
        ("seed", "8", "8"),
        ("epochs", "9", "9"),
        ("batch", "10", "10"),
        ("network.layout", "imagenet", "\"imagenet\""),
        ("network.channels", "5", "5"),
        ("network.cells", "6", "6"),
        ("network.auxiliary_weight", ".75", "0.75"),
        ("network.drop_path", "0.5", "0.5"),
        ("network.label_smoothing", "0.25", "0.25"),
        ("weights.lr", "0.5", "0.5"),
        ("weights.lr_min", "0.125", "0.125"),
        ("weights.schedule", "exponential", "\"exponential\""),
        ("weights.gamma", "0.5", "0.5"),
        ("weights.momentum", "0.25", "0.25"),
        ("weights.nesterov", "true", "true"),
        ("weights.decay", "1e-3", "0.001"),
        ("weights.clip", "2", "2.0"),
        ("data.set", "digits", "\"digits\""),
        ("data.images", "300", "300"),
        ("data.size", "16", "16"),
        ("data.train_fraction", "0.75", "0.75"),
        ("data.background", "\"#102030\"", "\"#102030\""),
        ("data.skip_unreadable", "true", "true"),
        ("data.augment", "none", "\"none\""),
        ("data.cutout", "3", "3"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let base = [DARTS, "--recipe", "darts"];
    let before = paths(&printed(folder.path(), &base));
    let set: Vec<String> =
        SET.iter().flat_map(|(path, value, _)| ["--set".to_owned(), format!("{path}={value}")]).collect();
    let args: Vec<&str> = base.into_iter().chain(set.iter().map(String::as_str)).collect();
    let found = paths(&printed(folder.path(), &args));
    for (path, _, value) in SET {
        let value = &toml::from_str::<Table>(&format!("value = {value}")).unwrap()["value"];
        assert_eq!(&found[path], value, "{path}");
        assert_ne!(before.get(path), Some(value), "{path} has this value without the flag");
    }
    let others: Vec<_> = found.keys().filter(|path| SET.iter().all(|(set, ..)| set != path)).collect();
    assert_eq!(others, ["recipe"], "not set here");
}

#[test]
fn flags_are_settings() {
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        ("--space", "s4", "space"),
        ("--seed", "5", "seed"),
        ("--epochs", "7", "epochs"),
        ("--batch", "9", "batch"),
        ("--layout", "imagenet", "network.layout"),
        ("--channels", "3", "network.channels"),
        ("--cells", "2", "network.cells"),
        ("--auxiliary-weight", "0.25", "network.auxiliary_weight"),
        ("--drop-path", "0.125", "network.drop_path"),
        ("--lr", "0.5", "weights.lr"),
        ("--data", "digits", "data.set"),
        ("--images", "200", "data.images"),
        ("--size", "16", "data.size"),
        ("--cutout", "4", "data.cutout"),
    ];
    let args: Vec<&str> = [DARTS].into_iter().chain(flags.iter().flat_map(|&(flag, value, _)| [flag, value])).collect();
    let found = paths(&printed(folder.path(), &args));
    for (flag, value, path) in flags {
        let found = found[path].as_str().map_or_else(|| found[path].to_string(), str::to_owned);
        assert_eq!(found, value, "{flag}");
    }
}

/// A file of settings is read as it was printed. One without a genotype takes that of the command line.
#[test]
fn a_file_of_settings_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let settings = printed(folder.path(), &[CELL, "--data", "cifar10", "--lr", "0.3", "--seed", "4"]);
    fs::write(folder.path().join("all.toml"), settings.to_string()).unwrap();
    assert_eq!(printed(folder.path(), &["--config", "all.toml"]), settings);
    fs::write(folder.path().join("some.toml"), "space = \"nas-bench-201\"\n[network]\nchannels = 7\n").unwrap();
    let found = paths(&printed(folder.path(), &[CELL, "--config", "some.toml", "--epochs", "3"]));
    assert_eq!((found["genotype"].as_str(), found["recipe"].as_str()), (Some(CELL), Some("small")));
    assert_eq!([&found["network.channels"], &found["epochs"]].map(Value::as_integer), [Some(7), Some(3)]);
}
