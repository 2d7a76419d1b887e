//! Inputs as people bring them: genotypes, tables and folders of images.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::program::{run, text};

/// DARTS_V2, the second-order cell of the DARTS paper.
const DARTS_V2: &str = "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), \
    ('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], \
    normal_concat=range(2, 6), reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), \
    ('max_pool_3x3', 1), ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], \
    reduce_concat=range(2, 6))";

/// A search that takes a moment.
const TINY: [&str; 12] =
    ["search", "--device", "cpu", "--epochs", "1", "--channels", "2", "--cells", "1", "--batch", "2", "--json"];

/// Returns the folder of the cases, if this is the workplace that has it.
fn cases() -> Option<PathBuf> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/cases");
    if cases.is_dir() {
        return Some(cases);
    }
    println!("skipped: no ../shared");
    None
}

fn derive(from: &str, folder: &Path) -> Value {
    let out = run(&["derive", from, "--json"], folder);
    assert!(out.status.success(), "{from}: {}", text(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// Runs a tiny search on a folder; returns what it says.
fn search(data: &[&str], folder: &Path) -> Result<String, String> {
    let out = run(&[&TINY[..], data].concat(), folder);
    let said = text(&out.stderr);
    if out.status.success() { Ok(said) } else { Err(said) }
}

#[test]
fn a_genotype_is_taken_from_a_text_a_file_or_stdin() {
    let folder = tempfile::tempdir().unwrap();
    let found = derive(DARTS_V2, folder.path());
    assert_eq!(found["darts"].as_str(), Some(DARTS_V2));
    // The published network has 3.3 million parameters.
    assert_eq!(found["network"]["parameters"].as_u64(), Some(3_349_342));
    fs::write(folder.path().join("cell.txt"), format!("best = {DARTS_V2}")).unwrap();
    assert_eq!(derive("cell.txt", folder.path()), found);
    fs::write(folder.path().join("genotype.json"), format!("{found:#}")).unwrap();
    assert_eq!(derive("genotype.json", folder.path())["darts"], found["darts"]);
    let epoch = run(&["derive", DARTS_V2, "--epoch", "1"], folder.path());
    assert!(text(&epoch.stderr).contains("--epoch 1 needs the folder of a run"), "{}", text(&epoch.stderr));
    let unknown = run(&["derive", "|skip_conect~0|"], folder.path());
    assert!(text(&unknown.stderr).contains("the nearest known one is `skip_connect`"), "{}", text(&unknown.stderr));
    let missing = run(&["derive", "nowhere"], folder.path());
    assert!(text(&missing.stderr).contains("nowhere: not the folder of a run"), "{}", text(&missing.stderr));
}

#[test]
fn every_genotype_of_the_cases_is_read() {
    let Some(cases) = cases() else { return };
    let controls = ["00-control.txt", "20-control-nb201.txt"];
    let [darts, dense] = controls.map(|name| derive(cases.join("genotypes").join(name).to_str().unwrap(), &cases));
    assert_eq!(darts["darts"].as_str(), Some(DARTS_V2));
    let sparse = "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|skip_connect~2|";
    let numbers = "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|";
    let mut count = 0;
    for entry in fs::read_dir(cases.join("genotypes")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let found = derive(path.to_str().unwrap(), &cases);
        match name.split('-').next().unwrap().parse::<u32>().unwrap() {
            0..=10 => assert_eq!(found["darts"], darts["darts"], "{name}"),
            20..=22 => assert_eq!(found["nas_bench_201"], dense["nas_bench_201"], "{name}"),
            23 => assert_eq!(found["nas_bench_201"].as_str(), Some(sparse), "{name}"),
            25 => assert_eq!(found["nas_bench_201"].as_str(), Some(numbers), "{name}"),
            _ => panic!("{name}: what should happen?"),
        }
        count += 1;
    }
    assert!(count > 10, "{count} genotypes");
}

#[test]
fn a_cell_has_its_accuracy_without_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let skips = "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|";
    let out = run(&["benchmark", skips], folder.path());
    assert!(out.status.success(), "{}", text(&out.stderr));
    let said = text(&out.stdout);
    assert!(said.contains(" of 15625 by CIFAR-10") && said.contains(" 54.30 %"), "{said}");
    let found = run(&["search", "--device", "cpu", "--epochs", "1", "--images", "100", "--batch", "16"], folder.path());
    let said = text(&found.stderr);
    assert!(said.contains("trained in full, this cell gets ") && said.contains(" of 15625\n"), "{said}");
    let Some(cases) = cases() else { return };
    for name in ["as-readme-says.csv", "ten-columns.csv"] {
        let table = cases.join("tables").join(name);
        let rows = fs::read_to_string(&table).unwrap();
        let arch = rows.lines().nth(1).unwrap().split(',').find(|field| field.starts_with('|')).unwrap();
        let out = run(&["benchmark", table.to_str().unwrap(), arch], folder.path());
        assert!(out.status.success() && text(&out.stdout).contains("rank "), "{name}: {}", text(&out.stderr));
        let seconds = text(&out.stdout).contains("million parameters");
        assert_eq!(seconds, name == "ten-columns.csv", "{name}");
    }
}

#[test]
fn settings_without_effect_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let said =
        search(&["--method", "darts", "--lambda", "0.5", "--images", "40", "--out", "run"], folder.path()).unwrap();
    assert!(said.contains("warning: --lambda has no effect: the method `darts` has no alignment"), "{said}");
    assert!(said.contains("data fashion: 40 images in 10 classes, 14×14 pixels, grey; 20 train the weights"), "{said}");
    let refused = search(&["--data-dir", "somewhere", "--out", "other"], folder.path()).unwrap_err();
    assert!(refused.contains("name the data set in the folder with --data"), "{refused}");
    assert!(!folder.path().join("other").exists());
}

#[test]
fn every_folder_of_the_cases_is_read() {
    let Some(cases) = cases() else { return };
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| cases.join(name).to_str().unwrap().to_owned();
    let read = |name: &str, more: &[&str]| {
        let path = at(name);
        let out = name.replace('/', "-");
        let data = ["--data", "folder", "--data-dir", path.as_str(), "--force", "--out", out.as_str()];
        search(&[&data[..], more].concat(), folder.path())
    };
    for (name, more, parts) in [
        ("exif", &[][..], &["16×24 pixels"][..]),
        (
            "cut-jpeg",
            &["--skip-unreadable"],
            &["28 images in 2 classes", "left out: 12 of 40 images cannot be read: the file ends early: "],
        ),
        ("tiny/train", &[], &["in 2 classes", "passed over"]),
        ("split", &["--size", "8"], &["in 2 classes"]),
        ("rare", &[], &["203 images in 2 classes"]),
        ("formats", &[], &["56 images in 2 classes", "passed over 4 files that are no images: 2 .heic, 2 .txt"]),
    ] {
        let said = read(name, more).unwrap_or_else(|error| panic!("{name}: {error}"));
        for part in parts {
            assert!(said.contains(part), "{name}: {part}: {said}");
        }
    }
    let refused = read("cut-jpeg", &[]).unwrap_err();
    assert_eq!(refused.matches(".jpg").count(), 12, "{refused}");
    assert!(refused.contains("leave them out with --skip-unreadable") && refused.lines().count() == 1, "{refused}");
    for seed in ["0", "1", "2", "3", "4"] {
        read("rare", &["--seed", seed]).unwrap_or_else(|error| panic!("{seed}: {error}"));
    }
    for (set, name, part) in
        [("cifar10", "torchvision", "10 images in 10 classes"), ("svhn", "svhn64", "in 10 classes")]
    {
        let said = search(&["--data", set, "--data-dir", &at(name), "--size", "8", "--out", name], folder.path());
        let said = said.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(said.contains(part), "{name}: {said}");
    }
    let alpha = at("alpha");
    let more =
        ["--data", "folder", "--data-dir", &alpha, "--epochs", "10", "--size", "8", "--batch", "8", "--channels", "4"];
    let out = run(
        &[&["search", "--cells", "1", "--device", "cpu", "--json", "--out", "alpha"][..], &more].concat(),
        folder.path(),
    );
    assert!(out.status.success(), "{}", text(&out.stderr));
    let result: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert!(result["supernet_accuracy"].as_f64().unwrap() > 0.9, "{result}");
}

#[test]
fn a_cell_is_drawn_and_its_network_for_imagenet_is_that_of_the_paper() {
    let folder = tempfile::tempdir().unwrap();
    let drawn = ["derive", DARTS_V2, "--svg", "cell.svg", "--png", "cell.png", "--dot", "cell.dot"];
    let out = run(&[&drawn[..], &["--layout", "imagenet", "--json"]].concat(), folder.path());
    assert!(out.status.success(), "{}", text(&out.stderr));
    let found: Value = serde_json::from_slice(&out.stdout).unwrap();
    // The paper has 4.7 million parameters. Its 574 million multiply-adds are not those of its code: see `Cost`.
    assert_eq!(found["network"]["parameters"].as_u64(), Some(4_718_752));
    assert_eq!(found["network"]["multiply_adds"].as_u64(), Some(529_911_552));
    let svg = fs::read_to_string(folder.path().join("cell.svg")).unwrap();
    assert_eq!((svg.matches("<title>Edge ").count(), svg.matches("</svg>").count()), (16, 1));
    let png = image::open(folder.path().join("cell.png")).unwrap();
    assert_eq!(png.width(), 1650);
    let dot = fs::read_to_string(folder.path().join("cell.dot")).unwrap();
    assert_eq!((dot.matches("digraph").count(), dot.matches("->").count()), (2, 16));
    let again = run(&drawn, folder.path());
    assert!(text(&again.stderr).contains("overwrite it with --force"), "{}", text(&again.stderr));
    // Nothing is written by a command that fails.
    let failed = run(&["derive", DARTS_V2, "--channels", "0", "--svg", "other.svg"], folder.path());
    assert_eq!((failed.status.code(), folder.path().join("other.svg").exists()), (Some(1), false));
    let large = run(&["derive", DARTS_V2, "--size", "224"], folder.path());
    assert!(text(&large.stderr).contains("--layout imagenet"), "{}", text(&large.stderr));
    let dense = "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|";
    let staged = run(&["derive", dense, "--layout", "imagenet"], folder.path());
    assert!(text(&staged.stderr).contains("the cells of NAS-Bench-201 have one layout"), "{}", text(&staged.stderr));
}
