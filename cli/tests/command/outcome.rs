//! A test of what searches come to.

use serde_json::Value;

use crate::program::{run, text};

/// Searches improve: the supernet of a search classifies more than 90 % of the digits, and Λ-DARTS ends with
/// a higher layer alignment than DARTS, whatever the seed.
#[test]
fn searches_classify_the_digits_and_align_the_cells() {
    let folder = tempfile::tempdir().unwrap();
    for seed in ["0", "1", "2"] {
        let [darts, aligned] = ["darts", "lambda-darts"].map(|method| {
            let out = run(&["search", "--data", "digits", "--json", "--method", method, "--seed", seed], folder.path());
            assert!(out.status.success(), "{method}, seed {seed}: {}", text(&out.stderr));
            let result: Value = serde_json::from_slice(&out.stdout).unwrap();
            let accuracy = result["supernet_accuracy"].as_f64().unwrap();
            assert!(accuracy > 0.9, "{method}, seed {seed}: accuracy {accuracy}");
            result["alignment"]["normal"].as_f64().unwrap()
        });
        assert!(aligned > darts, "seed {seed}: Λ is {aligned} with Λ-DARTS, {darts} with DARTS");
    }
}

/// The first command that a newcomer runs shows the collapse: its last lines say what both cells are worth.
#[test]
fn the_default_command_shows_what_a_collapse_costs() {
    let folder = tempfile::tempdir().unwrap();
    let out = run(&[], folder.path());
    let said = text(&out.stdout);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let worth = |method: &str| {
        let line = said.lines().find(|line| line.starts_with(method)).unwrap_or_else(|| panic!("{method}: {said}"));
        let fields: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(fields[6..8], ["of", "15625"], "{line}");
        [fields[1], fields[3]].map(|number| number.parse::<f64>().unwrap())
    };
    let ([low, collapsed], [high, found]) = (worth("DARTS "), worth("Λ-DARTS "));
    assert!(high > low + 0.3 && found > collapsed + 5.0, "{said}");
    assert!(said.contains(&format!("DARTS lost {:.1} points", found - collapsed)), "{said}");
    for run in ["nas-bench-201-darts-0", "nas-bench-201-lambda-darts-0"] {
        assert!(folder.path().join("runs").join(run).join("genotype.json").exists());
    }
}
