//! Tests of the limits of a machine and of a network: memory, longer searches, networks with few cells.

use std::fs;
use std::path::Path;
#[cfg(unix)]
use std::process::Command;

use serde_json::Value;

#[cfg(unix)]
use crate::program::PROGRAM;
use crate::program::{run, text};

/// A search that takes a moment.
const TINY: [&str; 13] =
    ["search", "--device", "cpu", "--epochs", "2", "--channels", "2", "--images", "64", "--batch", "8", "--out", "run"];

/// Runs a search whose process may have 4 GB of addresses.
#[cfg(unix)]
fn limited(args: &str, folder: &Path) -> std::process::Output {
    let line = format!("ulimit -v 4000000; exec '{PROGRAM}' search --device cpu --out run {args}");
    Command::new("sh").args(["-c", &line]).current_dir(folder).output().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_search_that_cannot_fit_is_refused_before_it_starts() {
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("images");
    for (class, shade) in [("a", 40), ("b", 200)] {
        fs::create_dir_all(images.join(class)).unwrap();
        for number in 0..80 {
            let image = image::RgbImage::from_pixel(224, 224, image::Rgb([shade, shade, number]));
            image.save(images.join(class).join(format!("{number}.png"))).unwrap();
        }
    }
    for (args, part) in [
        ("--space darts --channels 512 --cells 20", "--channels"),
        ("--space darts --data folder --data-dir images --size 224 --batch 64", "a search with --"),
        ("--data folder --data-dir images --size 224 --batch 64 --channels 16 --cells 1", "--batch 16 would fit"),
    ] {
        let out = limited(args, folder.path());
        let said = text(&out.stderr);
        assert_eq!(out.status.code(), Some(1), "{args}: {said}");
        assert!(said.lines().count() == 1 && said.contains("GiB of memory, and 3."), "{args}: {said}");
        assert!(said.contains(part) && out.stdout.is_empty(), "{args}: {said}");
        assert!(!folder.path().join("run").exists(), "{args}");
    }
    // The advice is true.
    let fits = "--data folder --data-dir images --size 224 --batch 16 --channels 16 --cells 1 --epochs 1";
    let out = limited(fits, folder.path());
    assert!(out.status.success(), "{}", text(&out.stderr));
}

#[test]
fn the_estimate_of_memory_is_near_the_peak() {
    let folder = tempfile::tempdir().unwrap();
    for more in [
        &["--space", "nas-bench-201", "--channels", "8", "--cells", "1", "--batch", "64", "--estimator", "frozen"][..],
        &["--space", "darts", "--channels", "8", "--cells", "5", "--batch", "16"],
        &["--space", "s2", "--channels", "16", "--cells", "8", "--batch", "16", "--estimator", "frozen"],
    ] {
        let bench = ["bench", "--device", "cpu", "--data", "cifar10", "--size", "16", "--steps", "2", "--json"];
        let out = run(&[&bench[..], more].concat(), folder.path());
        let cost: Value = serde_json::from_slice(&out.stdout).expect("JSON");
        let [estimated, peak] = ["estimated_mib", "peak_rss_mib"].map(|key| cost[key].as_f64().unwrap());
        assert!((estimated / peak - 1.0).abs() < 0.15, "{more:?}: {estimated:.0} of {peak:.0} MiB");
    }
}

#[test]
fn a_search_can_be_made_longer() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(&TINY, folder.path()).status.success());
    let shorter = run(&["search", "--resume", "run", "--epochs", "2"], folder.path());
    assert!(text(&shorter.stderr).contains("`epochs` must be more than the 2"), "{}", text(&shorter.stderr));
    let longer = run(&["search", "--resume", "run", "--epochs", "4", "--json"], folder.path());
    assert!(longer.status.success(), "{}", text(&longer.stderr));
    let result: Value = serde_json::from_slice(&longer.stdout).unwrap();
    assert_eq!((&result["epochs"], &result["stopped"]), (&4.into(), &false.into()));
    let config = fs::read_to_string(folder.path().join("run/config.toml")).unwrap();
    assert!(config.contains("epochs = 4"), "{config}");
    // A run that is killed before its next checkpoint is the longer one.
    let killed = tempfile::tempdir().unwrap();
    assert!(run(&TINY, killed.path()).status.success());
    let mut search = crate::program::program(&["search", "--resume", "run", "--epochs", "400"], killed.path());
    let mut child = search.stderr(std::process::Stdio::null()).spawn().unwrap();
    let config = killed.path().join("run/config.toml");
    while !fs::read_to_string(&config).unwrap().contains("epochs = 400") {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let refused = run(&["search", "--resume", "run", "--epochs", "300"], killed.path());
    assert!(text(&refused.stderr).contains("more than the 400"), "{}", text(&refused.stderr));
    // The run is whole: it is shown, and goes on to nothing.
    let report = run(&["report", "run"], folder.path());
    assert!(report.status.success(), "{}", text(&report.stderr));
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert_eq!((page.matches(r#""event":"start""#).count(), page.matches(r#""event":"epoch""#).count()), (1, 4));
    let again = run(&["search", "--resume", "run", "--json"], folder.path());
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(again["digest"], result["digest"]);
}

#[test]
fn a_type_of_cell_without_a_cell_is_refused_and_a_lonely_one_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    let of_darts = |cells: &'static str| {
        let args = [&TINY[..], &["--force", "--space", "s2", "--cells", cells]].concat();
        run(&args, folder.path())
    };
    let refused = of_darts("2");
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("s2 has none if the number of cells is 2; take 3 or more"),
        "{}",
        text(&refused.stderr)
    );
    let lonely = text(&of_darts("3").stderr);
    assert!(lonely.contains("the network has 1 of type `normal`"), "{lonely}");
    assert!(!text(&of_darts("5").stderr).contains("of type `normal`"));
}

#[test]
fn a_search_that_a_collapse_has_ended_goes_on_if_it_is_made_longer() {
    let folder = tempfile::tempdir().unwrap();
    // The share 0 is exceeded by the first skip connection.
    let early = [&TINY[..], &["--warn-parameter-free", "0", "--stop-on-collapse", "--json", "--seed", "3"]].concat();
    let ended: Value = serde_json::from_slice(&run(&early, folder.path()).stdout).unwrap();
    assert_eq!(ended["stopped"], true, "{ended}");
    let epochs = ended["epochs"].as_u64().unwrap();
    let longer = run(&["search", "--resume", "run", "--epochs", "5", "--json"], folder.path());
    let longer: Value = serde_json::from_slice(&longer.stdout).unwrap();
    assert!(longer["epochs"].as_u64().unwrap() > epochs, "{longer}");
}

#[cfg(target_os = "linux")]
#[test]
fn searches_at_a_time_share_the_memory() {
    let folder = tempfile::tempdir().unwrap();
    let compare =
        "compare --methods darts --seeds 0..8 --channels 32 --cells 2 --epochs 1 --device cpu --out all --jobs 8";
    let line = format!("ulimit -v 1300000; exec '{PROGRAM}' {compare}");
    let out = Command::new("sh").args(["-c", &line]).current_dir(folder.path()).output().unwrap();
    let said = text(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("8 searches at a time need about") && said.contains(" would fit"), "{said}");
}

#[test]
fn one_command_starts_a_search_and_goes_on_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let command = [&TINY[..], &["--resume-or-start", "--quiet", "--threads", "1"]].concat();
    let first = run(&command, folder.path());
    assert!(first.status.success() && text(&first.stderr).lines().all(|line| line.starts_with("warning")));
    let again = run(&command, folder.path());
    assert_eq!((again.status.code(), &again.stdout), (Some(0), &first.stdout));
    let other = run(&[&command[..], &["--seed", "5"]].concat(), folder.path());
    assert_eq!(other.status.code(), Some(1));
    assert!(text(&other.stderr).contains("the settings do not match"), "{}", text(&other.stderr));
}

#[test]
fn the_settings_of_a_search_are_printed_without_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("part.toml"), "space = \"nas-bench-201\"\nseed = 4\n").unwrap();
    let settings = |args: &[&str]| {
        let out = run(&[&["config"][..], args].concat(), folder.path());
        assert!(out.status.success(), "{args:?}: {}", text(&out.stderr));
        text(&out.stdout)
    };
    let of_file = settings(&["--config", "part.toml", "--data", "digits"]);
    let of_flags = settings(&["--space", "nas-bench-201", "--data", "cifar10", "--seed", "4"]);
    assert_eq!(of_file.replace("digits", "cifar10"), of_flags);
    // What is printed is read again as it is.
    fs::write(folder.path().join("whole.toml"), &of_flags).unwrap();
    assert_eq!(settings(&["--config", "whole.toml"]), of_flags);
    assert!(settings(&["--set", "weights.lr=0.5"]).contains("lr = 0.5"));
}

/// An added alignment has the settings of the space and the images, and what a method has already stays as it is.
#[test]
fn parts_are_added_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let settings = |args: &[&str]| {
        let out = run(&[&["config"][..], args].concat(), folder.path());
        assert!(out.status.success(), "{args:?}: {}", text(&out.stderr));
        text(&out.stdout).parse::<toml::Table>().unwrap()
    };
    for images in [&[][..], &["--data", "cifar10"], &["--space", "s2", "--published"]] {
        let own = settings(images)["method"]["alignment"].clone();
        let added = settings(&[images, &["--method", "beta-darts", "--with", "alignment"]].concat());
        assert_eq!((&added["method"]["name"], &added["method"]["alignment"]), (&"beta-darts".into(), &own));
        assert!(added["method"].get("log_sum_exp").is_some());
        let flags = ["--method", "darts", "--with", "alignment,drop_path", "--lambda", "0.5"];
        let added = settings(&[images, &flags].concat());
        assert_eq!(added["method"]["alignment"]["lambda"], 0.5_f64.into());
        assert_eq!(added["method"]["alignment"]["epsilon"], own["epsilon"]);
        assert_eq!(added["method"]["drop_path"]["max"], 0.2_f64.into());
    }
    let p_darts = ["--method", "p-darts"];
    assert_eq!(settings(&[&p_darts[..], &["--with", "skip_dropout"]].concat()), settings(&p_darts));
    for (args, why) in [
        (["--method", "darts", "--with", "aligment"], "alignment"),
        (["--method", "gdas", "--with", "alignment"], "gumbel_hard"),
        (["--method", "random", "--with", "alignment"], "--with"),
    ] {
        let out = run(&[&["search"][..], &args].concat(), folder.path());
        assert!(!out.status.success() && text(&out.stderr).contains(why), "{args:?}: {}", text(&out.stderr));
    }
}
