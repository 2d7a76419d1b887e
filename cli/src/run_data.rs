//! Data of a run: images, or a table of known results.

use std::path::Path;
use std::sync::Arc;

use lambda_darts::benchmark::Table;
use lambda_darts::black_box::{BlackBoxSearch, SearcherConfig};
use lambda_darts::device::Device;
use lambda_darts::session::{SessionState, Work};

use crate::environment::Images;
use crate::failure::Failure;

/// Work by its data, which decide how a run begins.
pub(crate) trait RunData: Work {
    /// Reads the data of a run.
    fn read(config: &Self::Config, place: Place<'_>) -> Result<Arc<Self::Data>, Failure>;

    /// Describes the data, and what was passed over.
    fn described(config: &Self::Config, data: &Self::Data) -> Vec<String>;

    /// Returns what is known of the images, if the data are images.
    fn images(config: &Self::Config, data: &Self::Data) -> Option<Images>;

    /// Refuses a run that needs more memory than is free, or several of them at a time.
    fn check_memory(config: &Self::Config, data: &Self::Data, device: &Device, at_once: u16) -> Result<(), Failure>;

    /// Returns the number of images in a batch; 0 without images.
    fn batch(config: &Self::Config) -> usize;

    /// Gives a run that has not begun more epochs.
    fn longer(config: Self::Config, epochs: usize) -> Result<Self::Config, Failure>;

    /// Gives a run that goes on more epochs.
    fn longer_state(state: SessionState<Self>, epochs: usize) -> Result<SessionState<Self>, Failure>;
}

/// Places of the data, if these lie elsewhere than at the start of the run.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place<'a> {
    /// Folder of the images.
    pub(crate) images: Option<&'a Path>,
    /// File of the table.
    pub(crate) table: Option<&'a Path>,
}

/// Makes the error of a black-box search that is to have more epochs.
fn no_epochs() -> Failure {
    let reason = "the search evaluates architectures, and keeps the budget that it began with";
    Failure::Unused { flag: "--epochs", reason }
}

impl RunData for BlackBoxSearch {
    fn read(config: &SearcherConfig, place: Place<'_>) -> Result<Arc<Table>, Failure> {
        let table = match place.table {
            Some(file) => Table::read(file)?,
            None => Self::load(config, &|_, _| ())?,
        };
        Ok(Arc::new(table))
    }

    fn described(config: &SearcherConfig, _: &Table) -> Vec<String> {
        let table = config.table.as_ref().map_or_else(|| "NAS-Bench-201".to_owned(), |file| file.display().to_string());
        vec![format!("the fitness is the accuracy on CIFAR-10's validation images in the table {table}")]
    }

    fn images(_: &SearcherConfig, _: &Table) -> Option<Images> {
        None
    }

    fn check_memory(_: &SearcherConfig, _: &Table, _: &Device, _: u16) -> Result<(), Failure> {
        Ok(())
    }

    fn batch(_: &SearcherConfig) -> usize {
        0
    }

    fn longer(_: SearcherConfig, _: usize) -> Result<SearcherConfig, Failure> {
        Err(no_epochs())
    }

    fn longer_state(_: SessionState<Self>, _: usize) -> Result<SessionState<Self>, Failure> {
        Err(no_epochs())
    }
}
