//! A test of what searches come to.

use serde_json::Value;

use crate::program::{run, text};

/// Searches improve: the supernet of the default search classifies more than 90 % of the digits, and Λ-DARTS ends with
/// a higher layer alignment than DARTS, whatever the seed.
#[test]
fn default_searches_classify_the_digits_and_align_the_cells() {
    let folder = tempfile::tempdir().unwrap();
    for seed in ["0", "1", "2"] {
        let [darts, aligned] = ["darts", "lambda-darts"].map(|method| {
            let out = run(&["search", "--json", "--method", method, "--seed", seed], folder.path());
            assert!(out.status.success(), "{method}, seed {seed}: {}", text(&out.stderr));
            let result: Value = serde_json::from_slice(&out.stdout).unwrap();
            let accuracy = result["supernet_accuracy"].as_f64().unwrap();
            assert!(accuracy > 0.9, "{method}, seed {seed}: accuracy {accuracy}");
            result["alignment"]["normal"].as_f64().unwrap()
        });
        assert!(aligned > darts, "seed {seed}: Λ is {aligned} with Λ-DARTS, {darts} with DARTS");
    }
}
