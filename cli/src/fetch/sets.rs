//! The data sets: their addresses, sizes and checksums.

use std::path::Path;

use super::download::Expected;

/// A data set that can be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FetchSet {
    /// CIFAR-10: 60,000 images of 10 classes, 170 MB
    Cifar10,
    /// CIFAR-100: 60,000 images of 100 classes, 169 MB
    Cifar100,
    /// Street View House Numbers: 73,257 images of 10 digits, 182 MB
    Svhn,
}

/// Source of a data set: its address and its expected files.
pub(super) struct Source {
    /// Address up to the name of the file.
    pub(super) home: &'static str,
    pub(super) file: &'static str,
    pub(super) expected: Expected<'static>,
    /// Folder in the archive; `None` for a file that is not an archive.
    pub(super) folder: Option<&'static str>,
    /// Files that are needed in that folder, with their sizes in bytes.
    pub(super) files: &'static [(&'static str, u64)],
}

impl FetchSet {
    pub(super) fn source(self) -> Source {
        match self {
            Self::Cifar10 => Source {
                home: "https://www.cs.toronto.edu/~kriz",
                file: "cifar-10-binary.tar.gz",
                expected: Expected { bytes: 170_052_171, md5: "c32a1d4ab5d03f1284b67883e8d87530" },
                folder: Some("cifar-10-batches-bin"),
                files: &[
                    ("data_batch_1.bin", 30_730_000),
                    ("data_batch_2.bin", 30_730_000),
                    ("data_batch_3.bin", 30_730_000),
                    ("data_batch_4.bin", 30_730_000),
                    ("data_batch_5.bin", 30_730_000),
                    ("test_batch.bin", 30_730_000),
                ],
            },
            Self::Cifar100 => Source {
                home: "https://www.cs.toronto.edu/~kriz",
                file: "cifar-100-binary.tar.gz",
                expected: Expected { bytes: 168_513_733, md5: "03b5dce01913d631647c71ecec9e9cb8" },
                folder: Some("cifar-100-binary"),
                files: &[("train.bin", 153_700_000), ("test.bin", 30_740_000)],
            },
            Self::Svhn => Source {
                home: "http://ufldl.stanford.edu/housenumbers",
                file: "train_32x32.mat",
                expected: Expected { bytes: 182_040_794, md5: "e26dedcc434d2e4c54c9b2d4a06d8373" },
                folder: None,
                files: &[],
            },
        }
    }
}

impl Source {
    /// Returns a description of a fault of the unpacked folder: a file that is missing or has another size.
    pub(super) fn lacks(&self, into: &Path) -> Option<String> {
        let folder = into.join(self.folder?);
        self.files.iter().find_map(|&(file, bytes)| match folder.join(file).metadata() {
            Ok(known) if known.is_file() && known.len() == bytes => None,
            Ok(known) => Some(format!("{file} has {} bytes, not {bytes}", known.len())),
            Err(_) => Some(format!("{file} is missing")),
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn sets_have_their_published_names() {
        let names = FetchSet::value_variants().iter().map(|set| set.to_possible_value().unwrap().get_name().to_owned());
        assert_eq!(names.collect::<Vec<_>>(), ["cifar10", "cifar100", "svhn"]);
        for set in FetchSet::value_variants() {
            assert_eq!(set.source().expected.md5.len(), 32);
        }
    }
}
