//! The flags of the images, over the settings of a configuration.

use lambda_darts::data::{DataConfig, DataSet};

use crate::args::DataArgs;
use crate::failure::Failure;

impl DataArgs {
    /// Returns the data set that is named.
    pub(crate) fn named_set(&self) -> Result<Option<DataSet>, Failure> {
        match self.sets.as_slice() {
            [] => Ok(None),
            [set] => Ok(Some(set.parse()?)),
            _ => Err(Failure::Value {
                setting: "--data",
                value: self.sets.join(","),
                expected: "name one data set; `compare` alone takes several",
            }),
        }
    }

    /// Overrides settings by the flags that are given.
    pub(crate) fn override_in(&self, data: &mut DataConfig) -> Result<(), Failure> {
        override_with(&mut data.set, self.named_set()?);
        // The run may be resumed from another folder.
        let dir = self.data_dir.as_deref().map(|dir| std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()));
        data.dir = dir.or(data.dir.take());
        data.images = self.images.or(data.images);
        data.size = self.size.or(data.size);
        override_with(&mut data.background, self.background);
        data.skip_unreadable |= self.skip_unreadable;
        Ok(())
    }

    /// Refuses a folder of images that the run does not read.
    pub(crate) fn check(&self, data: &DataConfig) -> Result<(), Failure> {
        let built_in = matches!(data.set, DataSet::Digits | DataSet::Fashion);
        match (&self.data_dir, built_in) {
            (Some(path), true) => Err(Failure::UnusedFolder { path: path.clone(), set: data.set }),
            _ => Ok(()),
        }
    }
}

/// Overrides a setting by a flag, if it is given.
pub(crate) fn override_with<T>(setting: &mut T, flag: Option<T>) {
    if let Some(value) = flag {
        *setting = value;
    }
}
