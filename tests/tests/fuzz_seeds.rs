//! Inputs that fuzzing begins with: those that are to be read are read. Seeds that are refused at their version teach a
//! fuzzer nothing.

use std::fs;
use std::path::{Path, PathBuf};

use lambda_darts::black_box::BlackBoxSearch;
use lambda_darts::search::Search;
use lambda_darts::session::{Checkpoint, CheckpointError, Events, Work};
use lambda_darts::training::Train;

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target)
}

fn read<W: Work>(name: &str) -> Result<Checkpoint<W>, CheckpointError> {
    Checkpoint::read(&corpus("checkpoint").join(name))
}

#[test]
fn checkpoints_are_those_of_this_format() {
    read::<Search>("checkpoint.safetensors").unwrap();
    read::<Search>("checkpoint-previous.safetensors").unwrap();
    read::<Train>("training.safetensors").unwrap();
    read::<BlackBoxSearch>("black-box.safetensors").unwrap();
    let refused = |name| read::<Search>(name).unwrap_err().to_string();
    assert!(refused("checksum.safetensors").contains("its checksum is another"), "{}", refused("checksum.safetensors"));
    assert!(refused("version.safetensors").contains("of format 7"), "{}", refused("version.safetensors"));
    assert!(refused("other.safetensors").contains("not one of this program"), "{}", refused("other.safetensors"));
}

#[test]
fn events_are_those_of_this_version() {
    let mut read = 0;
    for file in fs::read_dir(corpus("events")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let all: Result<Vec<_>, _> = Events::new(fs::read(&path).unwrap().as_slice()).collect();
        assert_eq!(all.is_err(), name == "version", "{name}: {all:?}");
        read += all.map_or(0, |events| events.len());
    }
    assert!(read > 10, "{read} events");
}
