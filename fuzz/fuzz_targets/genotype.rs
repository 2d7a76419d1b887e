//! Fuzz target of genotypes: one that was read, in any notation, is the same in every notation that it has; an error
//! has a position.

#![no_main]

use std::sync::LazyLock;

use lambda_darts::benchmark::canonical;
use lambda_darts::space::{Genotype, Space};
use libfuzzer_sys::fuzz_target;

static SPACES: LazyLock<Vec<Space>> =
    LazyLock::new(|| Space::NAMES.iter().map(|name| Space::named(name).expect("it is published")).collect());

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Genotype::parse(text) {
        Ok(genotype) => is_whole(&genotype),
        Err(error) => {
            // If the text ends too early, the position is the one after the last character.
            let end = text.chars().count() + 1;
            assert!((1..=end).contains(&error.at) && !error.what.is_empty(), "{error}");
        }
    }
});

fn is_whole(genotype: &Genotype) {
    let json = serde_json::to_string(genotype).expect("it is plain data");
    for text in [Some(json), genotype.to_darts(), genotype.to_nas_bench_201()].into_iter().flatten() {
        assert_eq!(Genotype::parse(&text).as_ref(), Ok(genotype), "{text}");
    }
    let operations: usize = genotype.cells.iter().flat_map(|cell| &cell.nodes).map(Vec::len).sum();
    assert!(genotype.skip_connections() <= operations);
    assert!(!canonical(genotype).is_empty());
    for space in SPACES.iter() {
        if genotype.fits(space).is_ok() {
            assert_eq!(genotype.cells.len(), space.cell_types.len());
        }
    }
}
