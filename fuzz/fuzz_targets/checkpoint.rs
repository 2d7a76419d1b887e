//! Fuzz target of checkpoints: one that was read is the same after it is written and read again; any other input is an
//! error.

#![no_main]

use std::path::Path;

use lambda_darts::search::Checkpoint;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let name = Path::new("file");
    match Checkpoint::parse(data, name) {
        Ok(checkpoint) => {
            // The bytes are compared, since a number may be NaN, which is unequal to itself.
            let bytes = checkpoint.into_bytes().expect("it was read");
            let again = Checkpoint::parse(&bytes, name).expect("it was written");
            assert!(again.into_bytes().expect("it was read") == bytes);
        }
        Err(error) => assert!(error.to_string().starts_with("file: the checkpoint is "), "{error}"),
    }
});
