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
    /// Street View House Numbers: 99,289 images of 10 digits, 246 MB
    Svhn,
    /// MNIST: 70,000 images of 10 handwritten digits, 12 MB
    Mnist,
    /// Fashion-MNIST: 70,000 images of 10 articles of clothing, 31 MB
    FashionMnist,
}

/// Source of a file of a data set: its address and what is expected in it.
pub(super) struct Source {
    /// Folder that the file is written to, within the folder of the data; `None` for that folder itself.
    pub(super) within: Option<&'static str>,
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
    /// Returns the files of the set, all of which are needed.
    pub(super) fn sources(self) -> Vec<Source> {
        const MNIST: &str = "https://ossci-datasets.s3.amazonaws.com/mnist";
        const FASHION: &str = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com";
        const SVHN: &str = "http://ufldl.stanford.edu/housenumbers";
        let file = |within, home, file, bytes, md5| Source {
            within,
            home,
            file,
            expected: Expected { bytes, md5 },
            folder: None,
            files: &[],
        };
        let (images, labels) = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz");
        let (test_images, test_labels) = ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz");
        let (mnist, fashion) = (Some("mnist"), Some("fashion-mnist"));
        match self {
            Self::Mnist => vec![
                file(mnist, MNIST, images, 9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
                file(mnist, MNIST, labels, 28_881, "d53e105ee54ea40749a09fcbcd1e9432"),
                file(mnist, MNIST, test_images, 1_648_877, "9fb629c4189551a2d022fa330f9573f3"),
                file(mnist, MNIST, test_labels, 4_542, "ec29112dd5afa0611ce80d1b7f02629c"),
            ],
            Self::FashionMnist => vec![
                file(fashion, FASHION, images, 26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
                file(fashion, FASHION, labels, 29_515, "25c81989df183df01b3e8a0aad5dffbe"),
                file(fashion, FASHION, test_images, 4_422_102, "bef4ecab320f06d8554ea6380940ec79"),
                file(fashion, FASHION, test_labels, 5_148, "bb300cfdad3c16e7a12a480ee83cd310"),
            ],
            Self::Cifar10 => vec![Source {
                within: None,
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
            }],
            Self::Cifar100 => vec![Source {
                within: None,
                home: "https://www.cs.toronto.edu/~kriz",
                file: "cifar-100-binary.tar.gz",
                expected: Expected { bytes: 168_513_733, md5: "03b5dce01913d631647c71ecec9e9cb8" },
                folder: Some("cifar-100-binary"),
                files: &[("train.bin", 153_700_000), ("test.bin", 30_740_000)],
            }],
            Self::Svhn => vec![
                file(None, SVHN, "train_32x32.mat", 182_040_794, "e26dedcc434d2e4c54c9b2d4a06d8373"),
                file(None, SVHN, "test_32x32.mat", 64_275_384, "eb5a983be6a315427106f1b164d9cef3"),
            ],
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
        assert_eq!(names.collect::<Vec<_>>(), ["cifar10", "cifar100", "svhn", "mnist", "fashion-mnist"]);
        for set in FetchSet::value_variants() {
            let sources = set.sources();
            assert!(sources.iter().all(|source| source.expected.md5.len() == 32));
            // Files that are not in an archive are those of the training set and as many of the test set.
            let of = |first: &str| sources.iter().filter(|source: &&Source| source.file.starts_with(first)).count();
            assert_eq!(of("train-") + of("train_"), of("t10k-") + of("test_"));
        }
    }
}
