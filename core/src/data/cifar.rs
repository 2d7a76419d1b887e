//! CIFAR-10 and CIFAR-100 in their official binary layouts.

use std::path::{Path, PathBuf};

use super::images::numbered;
use super::{DataError, DataSet, Images, files};

const SIDE: usize = 32;
const PIXELS: usize = 3 * SIDE * SIDE;

/// Files and record layout of a data set.
struct Layout {
    set: DataSet,
    folder: &'static str,
    files: &'static [&'static str],
    names: &'static str,
    expected: &'static str,
    /// Number of bytes before the pixels; the last of them is the label.
    labels: usize,
    classes: usize,
    /// Maximum number of records of a file.
    most: usize,
}

const CIFAR10: Layout = Layout {
    set: DataSet::Cifar10,
    folder: "cifar-10-batches-bin",
    files: &["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"],
    names: "batches.meta.txt",
    expected: "cifar-10-batches-bin/data_batch_1.bin to data_batch_5.bin",
    labels: 1,
    classes: 10,
    most: 10_000,
};

const CIFAR100: Layout = Layout {
    set: DataSet::Cifar100,
    folder: "cifar-100-binary",
    files: &["train.bin"],
    names: "fine_label_names.txt",
    expected: "cifar-100-binary/train.bin",
    labels: 2,
    classes: 100,
    most: 50_000,
};

/// Reads the training images of CIFAR-10.
pub(super) fn cifar10(dir: &Path) -> Result<Images, DataError> {
    CIFAR10.read(dir)
}

/// Reads the training images of CIFAR-100, with their fine labels.
pub(super) fn cifar100(dir: &Path) -> Result<Images, DataError> {
    CIFAR100.read(dir)
}

/// Reads the images of one batch file of CIFAR-10 from memory.
pub(super) fn cifar10_records(bytes: &[u8]) -> Result<Images, DataError> {
    CIFAR10.records(bytes)
}

/// Reads the images of one batch file of CIFAR-100 from memory.
pub(super) fn cifar100_records(bytes: &[u8]) -> Result<Images, DataError> {
    CIFAR100.records(bytes)
}

impl Layout {
    fn none(classes: Vec<String>) -> Images {
        Images { channels: 3, height: SIDE, width: SIDE, classes, ..Images::default() }
    }

    fn records(&self, bytes: &[u8]) -> Result<Images, DataError> {
        let mut images = Self::none(numbered(self.classes));
        self.batch(Path::new("the batch file"), bytes, &mut images)?;
        Ok(images)
    }

    fn read(&self, dir: &Path) -> Result<Images, DataError> {
        let root = self.root(dir)?;
        let mut images = Self::none(self.names(&root));
        for file in self.files {
            let path = root.join(file);
            let most = (self.most * self.record()) as u64;
            let bytes = files::read_needed(&path, most, self.set, self.expected)?;
            self.batch(&path, &bytes, &mut images)?;
        }
        Ok(images)
    }

    /// Returns the folder with the files: the one of the official name in `dir`, or else `dir` itself.
    fn root(&self, dir: &Path) -> Result<PathBuf, DataError> {
        let inner = dir.join(self.folder);
        if inner.is_dir() {
            Ok(inner)
        } else if dir.join(self.files[0]).is_file() {
            Ok(dir.to_owned())
        } else {
            Err(files::missing(dir, self.set, self.expected))
        }
    }

    /// Reads the names of the classes, one in each line of a file; returns numbers if the file is missing or has
    /// another number of lines.
    fn names(&self, root: &Path) -> Vec<String> {
        let bytes = files::read(&root.join(self.names), 1 << 16).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let names: Vec<String> =
            text.lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        if names.len() == self.classes { names } else { numbered(self.classes) }
    }

    const fn record(&self) -> usize {
        self.labels + PIXELS
    }

    fn batch(&self, path: &Path, bytes: &[u8], images: &mut Images) -> Result<(), DataError> {
        let length = self.record();
        if bytes.is_empty() || !bytes.len().is_multiple_of(length) {
            let what = format!("truncated: a whole number of records of {length} bytes is expected");
            return Err(DataError::WrongSize { path: path.to_owned(), size: bytes.len() as u64, what });
        }
        for (record, bytes) in bytes.chunks_exact(length).enumerate() {
            let label = bytes[self.labels - 1];
            if usize::from(label) >= self.classes {
                return Err(DataError::LabelOutOfRange {
                    path: path.to_owned(),
                    record,
                    label: label.to_string(),
                    first: 0,
                    last: self.classes - 1,
                });
            }
            images.labels.push(u16::from(label));
            images.pixels.extend_from_slice(&bytes[self.labels..]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    fn record(labels: &[u8], shade: u8) -> Vec<u8> {
        let pixels = (0..=u8::MAX).cycle().map(|v| v ^ shade).take(PIXELS);
        labels.iter().copied().chain(pixels).collect()
    }

    fn write(layout: &Layout, dir: &Path, labels: usize) {
        let root = dir.join(layout.folder);
        fs::create_dir_all(&root).unwrap();
        for (shade, file) in (0..).zip(layout.files) {
            let bytes = [record(&vec![shade; labels], shade), record(&vec![9; labels], shade)].concat();
            fs::write(root.join(file), bytes).unwrap();
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        write(&CIFAR10, dir.path(), 1);
        let images = cifar10(dir.path()).unwrap();
        assert_eq!(images.labels, [0, 9, 1, 9, 2, 9, 3, 9, 4, 9]);
        assert_eq!(images.image(6), &record(&[3], 3)[1..]);
        assert_eq!(images.classes[9], "9");

        let root = dir.path().join(CIFAR10.folder);
        let names = "a b c d e f g h i truck".replace(' ', "\n");
        fs::write(root.join("batches.meta.txt"), names + "\n\n").unwrap();
        let direct = cifar10(&root).unwrap();
        assert_eq!((direct.pixels == images.pixels, direct.classes[9].as_str()), (true, "truck"));

        write(&CIFAR100, dir.path(), 2);
        assert_eq!(cifar100(dir.path()).unwrap().labels, [0, 9]);
    }

    #[test]
    fn damage_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let missing = cifar10(dir.path()).unwrap_err().to_string();
        assert!(missing.contains("`cifar10` needs") && missing.contains("data_batch_5.bin"), "{missing}");
        write(&CIFAR10, dir.path(), 1);
        let file = dir.path().join(CIFAR10.folder).join("data_batch_3.bin");
        for (bytes, part) in [
            (record(&[1], 0)[..3000].to_vec(), "3000 bytes, truncated"),
            (Vec::new(), "0 bytes, truncated"),
            (vec![0; 10_001 * 3073], "too large"),
            ([record(&[1], 0), record(&[10], 0)].concat(), "record 1 has the label 10"),
        ] {
            fs::write(&file, bytes).unwrap();
            let message = cifar10(dir.path()).unwrap_err().to_string();
            assert!(message.contains(part) && message.contains("data_batch_3.bin"), "{message}");
        }
        fs::remove_file(&file).unwrap();
        assert!(matches!(cifar10(dir.path()), Err(DataError::Missing { path, .. }) if path == file));
    }

    proptest! {
        #[test]
        fn any_bytes_are_images_or_an_error(labels in prop::collection::vec(0..14_u8, 0..4), cut in 0..3_usize) {
            let mut bytes: Vec<u8> = labels.iter().flat_map(|&label| record(&[label], 1)).collect();
            bytes.truncate(bytes.len().saturating_sub(cut));
            let mut images = Images::default();
            let read = CIFAR10.batch(Path::new("x"), &bytes, &mut images);
            prop_assert_eq!(images.pixels.len(), images.labels.len() * PIXELS);
            prop_assert!(read.is_err() || images.len() * 3073 == bytes.len());
        }
    }
}
