//! Tests of `search --resume` on runs that were stopped, killed or damaged.

use std::fs;
use std::path::Path;
use std::process::Output;

use lambda_darts::search::Checkpoint;
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::program::{run, text};
use crate::running::{Search, copy, disturb, events, timeless};

/// The arguments of a search of seconds, with the regularizer and a momentum.
const SEARCH: [&str; 19] = [
    "search",
    "--data",
    "digits",
    "--device",
    "cpu",
    "--channels",
    "2",
    "--batch",
    "8",
    "--images",
    "240",
    "--epochs",
    "12",
    "--seed",
    "3",
    "--out",
    "run",
    "--checkpoint-minutes",
    "1",
];
/// The arguments that resume it.
const RESUME: [&str; 3] = ["search", "--resume", "run"];

/// Returns the state in a run's newest checkpoint, without its time. The checkpoint's other part is left out: a checksum
/// of the events, which have times in them.
fn state(run: &Path) -> Value {
    let mut state = json!(Checkpoint::read(&run.join(Checkpoint::NEWEST)).unwrap().state);
    state.as_object_mut().unwrap().remove("seconds").unwrap();
    state
}

/// Runs the search to its end without a disturbance, and moves its run to `whole`.
fn undisturbed(folder: &Path) {
    let whole = run(&SEARCH, folder);
    assert!(whole.status.success(), "{}", text(&whole.stderr));
    fs::rename(folder.join("run"), folder.join("whole")).unwrap();
}

/// Checks that `run` ended as `whole` did, bit for bit: weights, momentum, α, Adam, statistics, events and genotype.
fn assert_as_undisturbed(folder: &Path) {
    let (whole, other) = (folder.join("whole"), folder.join("run"));
    let (expected, found) = (timeless(&whole), timeless(&other));
    let differs = expected.iter().zip(&found).position(|(a, b)| a != b);
    assert_eq!((expected.len(), differs), (found.len(), None), "the events differ");
    assert!(state(&whole) == state(&other), "the states differ");
    let genotype = |run: &Path| fs::read(run.join("genotype.json")).unwrap();
    assert_eq!(genotype(&whole), genotype(&other));
}

/// Resumes the run, which must succeed.
fn resumed(folder: &Path) -> Output {
    let output = run(&RESUME, folder);
    assert!(output.status.success(), "{}", text(&output.stderr));
    output
}

#[test]
fn thirty_kills_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    undisturbed(folder.path());
    let moments = Chance::new().moments(30, events(&folder.path().join("whole")).len());
    disturb(folder.path(), [&SEARCH, &RESUME], &moments, ("KILL", None), |_| ());
    resumed(folder.path());
    assert_as_undisturbed(folder.path());
}

#[test]
fn signals_change_nothing() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let folder = tempfile::tempdir().unwrap();
        undisturbed(folder.path());
        let whole = timeless(&folder.path().join("whole"));
        let moments = Chance::new().moments(5, whole.len());
        disturb(folder.path(), [&SEARCH, &RESUME], &moments, (signal, Some(code)), |_| {
            // The events so far are the beginning of the undisturbed ones: no step was done twice.
            let before = timeless(&folder.path().join("run"));
            assert!(before == whole[..before.len()], "other events after {signal}");
        });
        resumed(folder.path());
        assert_as_undisturbed(folder.path());
    }
}

#[test]
fn a_run_that_has_ended_is_resumed_to_the_same_end() {
    let folder = tempfile::tempdir().unwrap();
    undisturbed(folder.path());
    let whole = folder.path().join("whole");
    let before = fs::read_to_string(whole.join("events.jsonl")).unwrap();
    let again = run(&["search", "--resume", "whole", "--json"], folder.path());
    let result: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((&result["epochs"], &result["stopped"]), (&json!(12), &json!(false)));
    let after = fs::read_to_string(whole.join("events.jsonl")).unwrap();
    let all_but_last = |text: &str| text.trim_end().rfind('\n').unwrap();
    assert_eq!(before[..all_but_last(&before)], after[..all_but_last(&after)]);
}

#[test]
fn a_damaged_checkpoint_falls_back_to_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    undisturbed(folder.path());
    let newest = folder.path().join("run").join(Checkpoint::NEWEST);
    let copy = || copy(&folder.path().join("whole"), &folder.path().join("run"));
    let flip = |path: &Path, at: usize| {
        let mut bytes = fs::read(path).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= 0x55;
        fs::write(path, bytes).unwrap();
    };
    copy();
    flip(&newest, 5000);
    let said = text(&resumed(folder.path()).stderr);
    assert!(said.contains("checkpoint.safetensors: the checkpoint is damaged"), "{said}");
    assert!(said.contains("going on from the checkpoint before it"), "{said}");
    assert_as_undisturbed(folder.path());
    assert!(folder.path().join("run/checkpoint.safetensors.damaged").exists());

    copy();
    fs::remove_file(&newest).unwrap();
    assert!(text(&resumed(folder.path()).stderr).contains("going on from the checkpoint before it"));
    assert_as_undisturbed(folder.path());

    // Events other than those that the checkpoint was saved with are refused.
    copy();
    flip(&folder.path().join("run/events.jsonl"), 300);
    let refused = run(&RESUME, folder.path());
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(said.contains("events.jsonl: not the events that the checkpoint was taken with"), "{said}");

    copy();
    flip(&newest, 100_000);
    flip(&folder.path().join("run").join(Checkpoint::PREVIOUS), 60);
    let refused = run(&RESUME, folder.path());
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("neither checkpoint can be used"), "{}", text(&refused.stderr));
    assert!(newest.exists());

    // Without a checkpoint, the search begins anew with the settings of the run.
    copy();
    fs::remove_file(&newest).unwrap();
    fs::remove_file(folder.path().join("run").join(Checkpoint::PREVIOUS)).unwrap();
    assert!(text(&resumed(folder.path()).stderr).contains("beginning anew"));
    assert_as_undisturbed(folder.path());
}

#[test]
fn missing_images_are_no_fault_of_the_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    for class in ["a", "b"] {
        fs::create_dir_all(folder.path().join("images").join(class)).unwrap();
        for number in 0..16_u8 {
            let image = image::RgbImage::from_pixel(8, 8, image::Rgb([16 * number, class.as_bytes()[0], 7]));
            image.save(folder.path().join(format!("images/{class}/{number}.png"))).unwrap();
        }
    }
    let mut args = vec!["search", "--device", "cpu", "--data", "folder", "--data-dir", "images", "--channels", "2"];
    args.extend(["--cells", "1", "--batch", "4", "--epochs", "1", "--size", "8", "--out", "run"]);
    let searched = run(&args, folder.path());
    assert!(searched.status.success(), "{}", text(&searched.stderr));
    fs::rename(folder.path().join("images"), folder.path().join("elsewhere")).unwrap();
    let refused = run(&RESUME, folder.path());
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(said.contains("images") && !said.contains("checkpoint"), "{said}");
    fs::rename(folder.path().join("elsewhere"), folder.path().join("images")).unwrap();
    resumed(folder.path());
}

#[test]
fn two_searches_do_not_write_into_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut search = Search::start(folder.path(), &SEARCH);
    search.until("run/events.jsonl", "\n", 2);
    for args in [&RESUME[..], &[&SEARCH[..], &["--force"]].concat()] {
        let refused = run(args, folder.path());
        assert_eq!(refused.status.code(), Some(1));
        assert!(
            text(&refused.stderr).contains("another process is writing into this folder"),
            "{}",
            text(&refused.stderr)
        );
    }
    assert_eq!(search.end(), Some(0), "{}", search.read("stderr"));
}

#[test]
fn what_is_no_run_is_not_resumed() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("run")).unwrap();
    let refused = run(&RESUME, folder.path());
    assert!(text(&refused.stderr).contains("run: not the folder of a run: it has no environment.json"));
    assert_eq!(fs::read_dir(folder.path().join("run")).unwrap().count(), 0);
    // The settings of a run cannot be changed.
    let refused = run(&[&RESUME[..], &["--lr", "3"]].concat(), folder.path());
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("--lr"));
}

/// Gives the run a file system of its own, which is full before the search ends and is made larger for the second try.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_costs_nothing_that_was_saved() {
    use std::process::Command;

    use crate::program::PROGRAM;

    let folder = tempfile::tempdir().unwrap();
    undisturbed(folder.path());
    let size = |name: &str| fs::metadata(folder.path().join("whole").join(name)).unwrap().len();
    // Room for the first checkpoints, but not for the last events and checkpoints.
    let room = (2 * size(Checkpoint::NEWEST) + size("events.jsonl") / 2).div_ceil(1024);
    let search = SEARCH.map(|argument| if argument == "run" { "small/run" } else { argument }).join(" ");
    let script = format!(
        "mount -t tmpfs -o size={room}k tmpfs small || exit 77
        '{PROGRAM}' {search}; echo $? > first
        cp small/run/checkpoint*.safetensors . && cp small/run/events.jsonl events
        mount -o remount,size=64m small
        '{PROGRAM}' search --resume small/run; echo $? > second
        cp -r small/run run"
    );
    fs::create_dir(folder.path().join("small")).unwrap();
    let output = Command::new("unshare").args(["-m", "sh", "-c", &script]).current_dir(folder.path()).output();
    let output = match output {
        Ok(output) if output.status.success() => output,
        // Only root can mount a file system.
        Ok(output) if !folder.path().join("first").exists() => {
            println!("skipped: no file system can be mounted here: {}", text(&output.stderr));
            return;
        }
        other => panic!("{other:?}"),
    };
    let said = text(&output.stderr);
    let code = |name| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!((code("first").trim(), code("second").trim()), ("1", "0"), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    assert!(said.contains("the last checkpoint is kept; go on with: lambda-darts search --resume small/run"), "{said}");
    // Both checkpoints are whole, and so is the last line of the events.
    for name in [Checkpoint::NEWEST, Checkpoint::PREVIOUS] {
        Checkpoint::read(&folder.path().join(name)).unwrap();
    }
    assert!(fs::read_to_string(folder.path().join("events")).unwrap().ends_with('\n'));
    assert_as_undisturbed(folder.path());
}
