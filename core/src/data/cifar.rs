//! CIFAR-10 and CIFAR-100 in their official layouts: binary, and as Python pickles, which torchvision downloads.

use std::path::{Path, PathBuf};

use super::error::Fault;
use super::images::numbered;
use super::part::Part;
use super::{DataError, DataSet, Images, files, numpy};

const SIDE: usize = 32;
const PIXELS: usize = 3 * SIDE * SIDE;

/// Files and record layout of a data set.
struct Layout {
    set: DataSet,
    folder: &'static str,
    train: Files,
    test: Files,
    names: &'static str,
    /// Number of bytes before the pixels; the last of them is the label.
    labels: usize,
    classes: usize,
    /// Maximum number of records of a file.
    most: usize,
    python: Pickles,
}

/// Files of a part of a data set.
struct Files {
    binary: &'static [&'static str],
    python: &'static [&'static str],
    expected: &'static str,
}

/// Python pickles of a data set.
struct Pickles {
    folder: &'static str,
    /// Entry of a file that has the labels.
    labels: &'static str,
    /// File with the names of the classes, and their entry.
    names: [&'static str; 2],
}

const CIFAR10: Layout = Layout {
    set: DataSet::Cifar10,
    folder: "cifar-10-batches-bin",
    train: Files {
        binary: &["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"],
        python: &["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"],
        expected: "cifar-10-batches-bin/data_batch_1.bin to data_batch_5.bin, or cifar-10-batches-py/data_batch_1 to \
                   data_batch_5",
    },
    test: Files {
        binary: &["test_batch.bin"],
        python: &["test_batch"],
        expected: "cifar-10-batches-bin/test_batch.bin or cifar-10-batches-py/test_batch",
    },
    names: "batches.meta.txt",
    labels: 1,
    classes: 10,
    most: 10_000,
    python: Pickles { folder: "cifar-10-batches-py", labels: "labels", names: ["batches.meta", "label_names"] },
};

const CIFAR100: Layout = Layout {
    set: DataSet::Cifar100,
    folder: "cifar-100-binary",
    train: Files {
        binary: &["train.bin"],
        python: &["train"],
        expected: "cifar-100-binary/train.bin or cifar-100-python/train",
    },
    test: Files {
        binary: &["test.bin"],
        python: &["test"],
        expected: "cifar-100-binary/test.bin or cifar-100-python/test",
    },
    names: "fine_label_names.txt",
    labels: 2,
    classes: 100,
    most: 50_000,
    python: Pickles { folder: "cifar-100-python", labels: "fine_labels", names: ["meta", "fine_label_names"] },
};

/// Reads a part of CIFAR-10.
pub(super) fn cifar10(dir: &Path, part: Part) -> Result<Images, DataError> {
    CIFAR10.read(dir, part)
}

/// Reads a part of CIFAR-100, with its fine labels.
pub(super) fn cifar100(dir: &Path, part: Part) -> Result<Images, DataError> {
    CIFAR100.read(dir, part)
}

/// Reads the images of one batch file of CIFAR-10 from memory.
pub(super) fn cifar10_records(bytes: &[u8]) -> Result<Images, DataError> {
    CIFAR10.records(bytes)
}

/// Reads the images of one pickled batch file of CIFAR-10 from memory.
pub(super) fn cifar10_pickle(bytes: &[u8]) -> Result<Images, DataError> {
    let mut images = Layout::none(numbered(CIFAR10.classes));
    CIFAR10.pickle(Path::new("the batch file"), bytes, &mut images)?;
    Ok(images)
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

    fn read(&self, dir: &Path, part: Part) -> Result<Images, DataError> {
        let files = match part {
            Part::Train => &self.train,
            Part::Test => &self.test,
        };
        let Some(root) = root(dir, self.folder, files.binary[0]) else { return self.read_python(dir, files) };
        let mut images = Self::none(self.names(&root));
        for file in files.binary {
            let path = root.join(file);
            let most = (self.most * self.record()) as u64;
            let bytes = files::read_needed(&path, most, self.set, files.expected)?;
            self.batch(&path, &bytes, &mut images)?;
        }
        Ok(images)
    }

    fn read_python(&self, dir: &Path, files: &Files) -> Result<Images, DataError> {
        let Pickles { folder, names: [file, entry], .. } = &self.python;
        let root = root(dir, folder, files.python[0]).ok_or_else(|| files::missing(dir, self.set, files.expected))?;
        let bytes = files::read(&root.join(file), 1 << 20).unwrap_or_default();
        let names = numpy::read(&bytes).ok().and_then(|batch| batch.texts(entry, self.classes));
        let mut images = Self::none(names.unwrap_or_else(|| numbered(self.classes)));
        for file in files.python {
            let path = root.join(file);
            // A pickle also has the labels and the names of the files, and an old one each byte as text.
            let most = (4 * self.most * self.record()) as u64;
            let bytes = files::read_needed(&path, most, self.set, files.expected)?;
            self.pickle(&path, &bytes, &mut images)?;
        }
        Ok(images)
    }

    /// Adds the images of a pickled batch.
    fn pickle(&self, path: &Path, bytes: &[u8], images: &mut Images) -> Result<(), DataError> {
        let not = |Fault { offset, what }| DataError::NotPickle { path: path.to_owned(), offset, what };
        let batch = numpy::read(bytes).map_err(not)?;
        let read = batch.images(self.python.labels, PIXELS);
        let (pixels, labels) = read.map_err(|what| not(Fault { offset: bytes.len(), what }))?;
        for (record, &label) in labels.iter().enumerate() {
            match u16::try_from(label).ok().filter(|&label| usize::from(label) < self.classes) {
                Some(label) => images.labels.push(label),
                None => return Err(self.out_of_range(path, record, label.to_string())),
            }
        }
        images.pixels.extend_from_slice(pixels);
        Ok(())
    }

    fn out_of_range(&self, path: &Path, record: usize, label: String) -> DataError {
        DataError::LabelOutOfRange { path: path.to_owned(), record, label, first: 0, last: self.classes - 1 }
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
                return Err(self.out_of_range(path, record, label.to_string()));
            }
            images.labels.push(u16::from(label));
            images.pixels.extend_from_slice(&bytes[self.labels..]);
        }
        Ok(())
    }
}

/// Returns the folder with the files, told by the first: the one of the official name in `dir`, or else `dir` itself.
fn root(dir: &Path, folder: &str, file: &str) -> Option<PathBuf> {
    [dir.join(folder), dir.to_owned()].into_iter().find(|folder| folder.join(file).is_file())
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
        for (shade, file) in (0..).zip(layout.train.binary.iter().chain(layout.test.binary)) {
            let bytes = [record(&vec![shade; labels], shade), record(&vec![9; labels], shade)].concat();
            fs::write(root.join(file), bytes).unwrap();
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        write(&CIFAR10, dir.path(), 1);
        let images = cifar10(dir.path(), Part::Train).unwrap();
        assert_eq!(images.labels, [0, 9, 1, 9, 2, 9, 3, 9, 4, 9]);
        assert_eq!(images.image(6), &record(&[3], 3)[1..]);
        assert_eq!(images.classes[9], "9");
        assert_eq!(cifar10(dir.path(), Part::Test).unwrap().labels, [5, 9]);

        let root = dir.path().join(CIFAR10.folder);
        let names = "a b c d e f g h i truck".replace(' ', "\n");
        fs::write(root.join("batches.meta.txt"), names + "\n\n").unwrap();
        let direct = cifar10(&root, Part::Train).unwrap();
        assert_eq!((direct.pixels == images.pixels, direct.classes[9].as_str()), (true, "truck"));

        write(&CIFAR100, dir.path(), 2);
        assert_eq!(cifar100(dir.path(), Part::Train).unwrap().labels, [0, 9]);
        assert_eq!(cifar100(dir.path(), Part::Test).unwrap().labels, [1, 9]);
    }

    /// Makes a batch as Python 2 wrote them: an array of bytes, and a list of labels.
    fn pickled(key: &str, labels: &[u8]) -> Vec<u8> {
        let count = u8::try_from(labels.len()).unwrap();
        let pixels: Vec<u8> = labels.iter().flat_map(|&label| record(&[], label)).collect();
        let mut bytes =
            b"\x80\x02}(U\x04datacnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\x01b\x87R(K\x01K"
                .to_vec();
        bytes.push(count);
        bytes.extend(b"M\x00\x0c\x86cnumpy\ndtype\nU\x02u1K\0K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89T");
        bytes.extend(u32::try_from(pixels.len()).unwrap().to_le_bytes());
        bytes.extend(pixels);
        bytes.extend(b"tbU");
        bytes.push(u8::try_from(key.len()).unwrap());
        bytes.extend(key.as_bytes());
        bytes.extend(b"](");
        bytes.extend(labels.iter().flat_map(|&label| [b'K', label]));
        bytes.extend(b"eu.");
        bytes
    }

    #[test]
    fn pickles_are_read_like_binary_batches() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("cifar-10-batches-py");
        fs::create_dir_all(&root).unwrap();
        for label in 1..=5 {
            fs::write(root.join(format!("data_batch_{label}")), pickled("labels", &[label, 9])).unwrap();
        }
        let images = cifar10(dir.path(), Part::Train).unwrap();
        images.check().unwrap();
        assert_eq!(images.labels, [1, 9, 2, 9, 3, 9, 4, 9, 5, 9]);
        assert_eq!((images.image(4), images.classes[9].as_str()), (&record(&[], 3)[..], "9"));
        let names = "U\x01aU\x01bU\x01cU\x01dU\x01eU\x01fU\x01gU\x01hU\x01iU\x05truck";
        fs::write(root.join("batches.meta"), format!("}}U\x0blabel_names]({names}es.")).unwrap();
        assert_eq!(cifar10(&root, Part::Train).unwrap().classes[9], "truck");
        fs::write(root.join("test_batch"), pickled("labels", &[6])).unwrap();
        let test = cifar10(dir.path(), Part::Test).unwrap();
        assert_eq!((test.labels.as_slice(), test.classes[9].as_str()), (&[6][..], "truck"));
        assert_eq!(cifar10_pickle(&pickled("labels", &[7])).unwrap().labels, [7]);
        let message = cifar10_pickle(&pickled("labels", &[7, 10])).unwrap_err().to_string();
        assert!(message.contains("record 1 has the label 10"), "{message}");

        let root = dir.path().join("cifar-100-python");
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join("train"), pickled("fine_labels", &[99, 0])).unwrap();
        assert_eq!(cifar100(dir.path(), Part::Train).unwrap().labels, [99, 0]);
        fs::write(root.join("train"), pickled("labels", &[99, 0])).unwrap();
        let message = cifar100(dir.path(), Part::Train).unwrap_err().to_string();
        assert!(message.contains("no `fine_labels`"), "{message}");
    }

    #[test]
    fn damage_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let missing = cifar10(dir.path(), Part::Train).unwrap_err().to_string();
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
            let message = cifar10(dir.path(), Part::Train).unwrap_err().to_string();
            assert!(message.contains(part) && message.contains("data_batch_3.bin"), "{message}");
        }
        fs::remove_file(file.with_file_name("test_batch.bin")).unwrap();
        let missing = cifar10(dir.path(), Part::Test).unwrap_err().to_string();
        assert!(missing.contains("needs cifar-10-batches-bin/test_batch.bin or "), "{missing}");
        fs::remove_file(&file).unwrap();
        assert!(matches!(cifar10(dir.path(), Part::Train), Err(DataError::Missing { path, .. }) if path == file));
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
