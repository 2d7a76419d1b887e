//! Tests of `search`, `derive`, `bench`, the help texts and the examples.

use lambda_darts::graph::{Cost, NetworkSize};
use lambda_darts::space::{Genotype, Space};

use crate::program::{run, run_example, text};

/// The arguments of a search of seconds, without its batch size and its folder.
const SMALL: [&str; 7] = ["search", "--device", "cpu", "--epochs", "2", "--images", "300"];

#[test]
fn a_search_leaves_a_run_that_derive_reads() {
    let folder = tempfile::tempdir().unwrap();
    let out = run(&[&SMALL[..], &["--batch", "32", "--out", "run", "--json"]].concat(), folder.path());
    assert!(out.status.success(), "{}", text(&out.stderr));
    let stdout = text(&out.stdout);
    let result: serde_json::Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    let genotype = result["genotype"]["nas_bench_201"].as_str().unwrap();
    assert!(result["alignment"]["normal"].as_f64().unwrap().abs() <= 1.0);
    assert!((0.0..=1.0).contains(&result["entropy"]["normal"].as_f64().unwrap()));
    let run_folder = folder.path().join("run");
    for file in ["config.toml", "events.jsonl", "genotype.json", "environment.json"] {
        assert!(run_folder.join(file).exists(), "{file}");
    }
    let derived = run(&["derive", "run"], folder.path());
    assert_eq!(text(&derived.stdout), format!("{genotype}\n"));
    // The cost of the network of the paper's size for the run's images, and of a size that is asked for.
    let (space, cell) = (Space::named("nas-bench-201").unwrap(), Genotype::parse(genotype).unwrap());
    let published = Cost::derived(&space, &cell, NetworkSize::published(space.layout, 1, 10), [14, 14]).unwrap();
    let digits = text(&derived.stderr).replace(',', "");
    assert!(
        digits.contains(&format!(" {} parameters {} multiply-adds", published.parameters, published.multiply_adds))
    );
    let asked = ["--channels", "4", "--cells", "1", "--classes", "7", "--size", "9", "--json"];
    let derived = run(&[&["derive", "run"][..], &asked].concat(), folder.path());
    let json: serde_json::Value = serde_json::from_str(&text(&derived.stdout)).unwrap();
    let size = NetworkSize { channels: 4, cells: 1, image_channels: 1, classes: 7 };
    let small = Cost::derived(&space, &cell, size, [9, 9]).unwrap();
    assert_eq!((&json["network"]["channels"], &json["network"]["image"]), (&4.into(), &serde_json::json!([1, 9, 9])));
    assert_eq!(json["network"]["parameters"], small.parameters);
    assert_eq!(json["network"]["multiply_adds"], small.multiply_adds);
    assert!(small.parameters < published.parameters);
    // A run of an unknown space: its cost cannot be computed, but its architecture can be printed.
    let unknown = std::fs::read_to_string(run_folder.join("events.jsonl")).unwrap().replacen("nas-bench-201", "s9", 1);
    std::fs::create_dir(folder.path().join("unknown")).unwrap();
    std::fs::write(folder.path().join("unknown/events.jsonl"), unknown).unwrap();
    let derived = run(&["derive", "unknown"], folder.path());
    assert!(derived.status.success());
    assert_eq!(text(&derived.stdout), format!("{genotype}\n"));
    assert!(text(&derived.stderr).contains("`s9`"), "{}", text(&derived.stderr));
    let asked = run(&["derive", "unknown", "--cells", "2"], folder.path());
    assert_eq!((asked.status.code(), text(&asked.stdout)), (Some(1), String::new()));

    // The configuration that the run has saved gives the same search again.
    let again = run(&["search", "--device", "cpu", "--config", "run/config.toml", "--out", "again"], folder.path());
    assert!(again.status.success(), "{}", text(&again.stderr));
    let events = |run: &str| -> Vec<serde_json::Value> {
        let lines = std::fs::read_to_string(folder.path().join(run).join("events.jsonl")).unwrap();
        let event = |line: &str| {
            let mut event: serde_json::Value = serde_json::from_str(line).unwrap();
            event["seconds"] = 0.into();
            event
        };
        lines.lines().map(event).collect()
    };
    assert_eq!(events("run"), events("again"));

    // A run that is there is not overwritten.
    let refused = run(&[&SMALL[..], &["--batch", "32", "--out", "run"]].concat(), folder.path());
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("--force"));
}

/// Checks that each help text has words from beyond its first paragraph, which clap leaves out unless its attributes
/// are right.
#[test]
fn the_help_of_every_command_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    for (command, part) in [
        ("search", "The progress goes to stderr"),
        ("compare", "METHOD-SEED"),
        ("derive", "multiply-adds of the network"),
        ("report", "two at a time"),
        ("bench", "final value"),
    ] {
        let help = text(&run(&[command, "--help"], folder.path()).stdout);
        let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(part), "{command}: {help}");
    }
    let all = text(&run(&["help"], folder.path()).stdout);
    for line in [
        "search       Search for an architecture",
        "bench        Measure the cost of a step of a search or a training on this machine",
    ] {
        assert!(all.contains(line), "{all}");
    }
}

#[test]
fn bench_measures_steps_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["bench", "--device", "cpu", "--channels", "2", "--batch", "8", "--threads", "1", "--warmup", "1"];
    let args = [&args[..], &["--steps", "3"]].concat();
    let out = run(&[&args[..], &["--json"]].concat(), folder.path());
    assert!(out.status.success(), "{}", text(&out.stderr));
    let cost: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let number = |name: &str| cost[name].as_f64().unwrap_or_else(|| panic!("{name} in {cost}"));
    assert_eq!((cost["device"].as_str(), &cost["launches"]), (Some("CPU"), &serde_json::Value::Null));
    assert_eq!(cost["traffic"], serde_json::Value::Null);
    let (least, median, most) = (number("ms_min"), number("ms_median"), number("ms_max"));
    assert!(0.0 < least && least <= median && median <= most, "{cost}");
    assert!((number("images_per_second") * median / 8000.0 - 1.0).abs() < 1e-6, "{cost}");
    assert!(number("peak_rss_mib") > 1.0 && number("weights") > 100.0, "{cost}");
    // Every phase takes time; the regularizer is on from the first step.
    let phases = ["architecture", "weights", "regularizer", "optimizers", "data"];
    let phases = phases.map(|name| cost["phases"][name].as_f64().unwrap());
    assert!(phases.iter().all(|&ms| ms > 0.0), "{cost}");
    assert!(phases.iter().sum::<f64>() <= 1.01 * number("ms_mean"), "{cost}");

    let shown = run(&args, folder.path());
    let shown = text(&shown.stdout);
    assert!(shown.contains(" steps/s") && shown.contains("regularizer"), "{shown}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn bench_measures_the_training_of_a_cell() {
    let folder = tempfile::tempdir().unwrap();
    let cell = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";
    let args = ["bench", "--train", cell, "--device", "cpu", "--channels", "2", "--cells", "1", "--batch", "8"];
    let args = [&args[..], &["--threads", "1", "--warmup", "1", "--steps", "3"]].concat();
    // The first epoch warms up where there are drop paths.
    for more in [&["--json"][..], &["--json", "--drop-path", "0.1"]] {
        let out = run(&[&args[..], more].concat(), folder.path());
        assert!(out.status.success(), "{}", text(&out.stderr));
        let cost: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        let number = |name: &str| cost[name].as_f64().unwrap_or_else(|| panic!("{name} in {cost}"));
        let (least, median, most) = (number("ms_min"), number("ms_median"), number("ms_max"));
        assert!(0.0 < least && least <= median && median <= most, "{cost}");
        assert!((number("images_per_second") * median / 8000.0 - 1.0).abs() < 1e-6, "{cost}");
        // The images are like those of CIFAR-10.
        let (space, genotype) = (Space::named("nas-bench-201").unwrap(), Genotype::parse(cell).unwrap());
        let size = NetworkSize { channels: 2, cells: 1, image_channels: 3, classes: 10 };
        assert_eq!(cost["weights"], Cost::derived(&space, &genotype, size, [32, 32]).unwrap().parameters);
        assert_eq!(cost["phases"], serde_json::Value::Null);
    }
    let shown = text(&run(&args, folder.path()).stdout);
    assert!(shown.contains(" steps/s") && !shown.contains("regularizer"), "{shown}");
    for more in [&["--drop-path", "0.5"][..], &["--method", "darts"]] {
        let refused = run(&[&args[..], more].concat(), folder.path());
        assert_eq!(refused.status.code(), Some(2), "{more:?}: {}", text(&refused.stderr));
    }
    let alone = run(&["bench", "--drop-path", "0.1"], folder.path());
    assert!(text(&alone.stderr).contains("--train"), "{}", text(&alone.stderr));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_examples_run() {
    for (name, part) in [
        ("first_search", "epoch 3"),
        ("step_by_step", "resumed with"),
        ("own_space_and_images", "\"cells\""),
        ("train_what_was_found", "training, epoch 12"),
        ("train_and_serve", "test image 9"),
        ("train_with_burn", "trained a network of"),
        ("own_operation", "nor_conv_5x5"),
        ("own_method", "coefficient 3"),
    ] {
        let out = run_example(name);
        assert!(out.status.success() && text(&out.stdout).contains(part), "{name}: {}", text(&out.stderr));
    }
}

#[test]
fn figure_one_says_how_to_get_its_images() {
    let out = run_example("figure_one");
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("data fetch cifar10 --data-dir data"), "{}", text(&out.stderr));
}
