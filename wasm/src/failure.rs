//! Errors of the interface between a page and a search or a training.

use std::error::Error;

use lambda_darts::benchmark::TableError;
use lambda_darts::data::{DataError, DataSet};
use lambda_darts::device::DeviceError;
use lambda_darts::search::{CheckpointError, SessionError};
use lambda_darts::space::{GenotypeError, SpaceError};

/// Error of a call from the page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Search(#[from] SessionError),
    #[error(transparent)]
    Space(#[from] SpaceError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Genotype(#[from] GenotypeError),
    #[error("the settings are not understood")]
    Settings(#[source] serde_json::Error),
    #[error("a value cannot be written as JSON")]
    Json(#[source] serde_json::Error),
    #[error("a value is not JSON")]
    NotJson,
    #[error("unknown device `{name}`; known are cpu and webgpu")]
    UnknownDevice { name: String },
    #[error("no WebGPU: {reason}; the device cpu always works")]
    NoWebGpu { reason: String },
    #[error("the data set `{set}` cannot be used in a page; fashion, digits and cifar10 can")]
    NotInPages { set: DataSet },
    #[error("data option `split`: it names a file, which a page cannot read; use `train_fraction`")]
    Split,
    #[error("the data set `cifar10` needs one of its batch files, data_batch_1.bin for example")]
    NoBatches,
    #[error("the data set `digits` needs the file digits.bin of the library")]
    NoDigits,
    #[error("the data set `fashion` needs fashion_train.bin of the library, and a training fashion_test.bin, too")]
    NoFashion,
    #[error("{size} bytes are too many for a batch file of CIFAR-10; at most {most} are read")]
    TooManyBatches { size: usize, most: usize },
    #[error("{size} bytes are too many for a snapshot; at most {most} are read")]
    LargeSnapshot { size: usize, most: usize },
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error("the snapshot cannot be written")]
    Unwritten(#[source] std::io::Error),
    #[error("{bytes} bytes are not images of {channels} channels and {width}×{height} pixels")]
    Pixels { bytes: usize, channels: usize, height: usize, width: usize },
}

/// Formats an error and its causes on one line.
pub(crate) fn on_one_line(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line.replace('\n', " ")
}

/// Formats a panic on one line: the message, then the position in the source.
pub(crate) fn panic_line(said: Option<&str>, place: Option<&str>) -> String {
    let said = said.unwrap_or("no reason given").replace('\n', " ");
    match place {
        Some(place) => format!("the program failed: {said} ({place})"),
        None => format!("the program failed: {said}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_follow_what_they_caused() {
        let json = serde_json::from_str::<u32>("[").unwrap_err();
        let because = json.to_string();
        assert_eq!(on_one_line(&Failure::Settings(json)), format!("the settings are not understood: {because}"));
        // A transparent error appears only once.
        let unknown = SpaceError::UnknownSpace { name: "s9".to_owned() };
        let said = unknown.to_string();
        assert_eq!(on_one_line(&Failure::from(unknown)), said);
    }

    #[test]
    fn a_panic_fits_on_a_line() {
        assert_eq!(panic_line(Some("a\nb"), Some("x.rs:1")), "the program failed: a b (x.rs:1)");
        assert_eq!(panic_line(None, None), "the program failed: no reason given");
    }
}
