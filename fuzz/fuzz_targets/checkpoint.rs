//! Fuzz target of checkpoints, of searches and of trainings: one that was read is the same after it is written and read
//! again; any other input is an error.

#![no_main]

use std::path::Path;

use lambda_darts::black_box::BlackBoxSearch;
use lambda_darts::search::Search;
use lambda_darts::session::{Checkpoint, Work};
use lambda_darts::training::Train;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    is_read_again::<Search>(data);
    is_read_again::<Train>(data);
    is_read_again::<BlackBoxSearch>(data);
});

fn is_read_again<W: Work>(data: &[u8]) {
    let name = Path::new("file");
    match Checkpoint::<W>::parse(data, name) {
        Ok(checkpoint) => {
            // The bytes are compared, since a number may be NaN, which is unequal to itself.
            let bytes = checkpoint.into_bytes().expect("it was read");
            let again = Checkpoint::<W>::parse(&bytes, name).expect("it was written");
            assert!(again.into_bytes().expect("it was read") == bytes);
        }
        Err(error) => assert!(error.to_string().starts_with("file: the checkpoint is "), "{error}"),
    }
}
