//! The images of `ImageNet16-120`.

use std::path::Path;

use super::error::Fault;
use super::images::numbered;
use super::part::Part;
use super::{DataError, DataSet, Images, files, numpy};

const SIDE: usize = 16;
const PIXELS: usize = 3 * SIDE * SIDE;
/// Number of classes that are used, the first of the 1,000 in the files.
const KEPT: usize = 120;
const CLASSES: usize = 1000;
/// Folders that AutoDL-Projects and others put the files into.
const FOLDERS: [&str; 4] = ["ImageNet16", "ImageNet16-120", "Imagenet16", "imagenet16"];
/// Maximum size of a file in bytes; the official ones have about 100 MB.
const MOST_BYTES: u64 = 1 << 30;

/// Reads a part of the set.
pub(super) fn imagenet16(dir: &Path, part: Part) -> Result<Images, DataError> {
    let (names, expected): (Vec<String>, _) = match part {
        Part::Train => (
            (1..=10).map(|batch| format!("train_data_batch_{batch}")).collect(),
            "train_data_batch_1 to train_data_batch_10, pickled, of the 16×16 images",
        ),
        // The home page has no labels of its test images: papers test on the validation images.
        Part::Test => (vec!["val_data".to_owned()], "val_data, pickled, of the 16×16 images"),
    };
    let mut images = none();
    let first = |folder: &Path| folder.join(&names[0]).is_file();
    let inner = FOLDERS.iter().map(|name| dir.join(name)).find(|folder| !first(dir) && first(folder));
    let root = inner.as_deref().unwrap_or(dir);
    if !first(root) && dir.is_dir() {
        return Err(files::missing(dir, DataSet::ImageNet16, expected));
    }
    for name in &names {
        let path = root.join(name);
        let bytes = files::read_needed(&path, MOST_BYTES, DataSet::ImageNet16, expected)?;
        add(&path, &bytes, &mut images)?;
    }
    Ok(images)
}

/// Reads the images of a batch file from memory.
pub(super) fn imagenet16_batch(bytes: &[u8]) -> Result<Images, DataError> {
    let mut images = none();
    add(Path::new("the batch file"), bytes, &mut images)?;
    Ok(images)
}

fn none() -> Images {
    Images { channels: 3, height: SIDE, width: SIDE, classes: numbered(KEPT), ..Images::default() }
}

/// Adds the images of a batch that belong to the first [`KEPT`] classes.
fn add(path: &Path, bytes: &[u8], images: &mut Images) -> Result<(), DataError> {
    let not = |Fault { offset, what }| DataError::NotPickle { path: path.to_owned(), offset, what };
    let wrong = |what: &str| not(Fault { offset: bytes.len(), what: what.to_owned() });
    let batch = numpy::read(bytes).map_err(not)?;
    let (pixels, labels) = batch.images("labels", PIXELS).map_err(|what| wrong(&what))?;
    for (record, (&label, image)) in labels.iter().zip(pixels.chunks_exact(PIXELS)).enumerate() {
        match u16::try_from(label) {
            Ok(class) if (1..=CLASSES).contains(&usize::from(class)) => {
                if usize::from(class) <= KEPT {
                    images.labels.push(class - 1);
                    images.pixels.extend_from_slice(image);
                }
            }
            _ => {
                return Err(DataError::LabelOutOfRange {
                    path: path.to_owned(),
                    record,
                    label: label.to_string(),
                    first: 1,
                    last: CLASSES,
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a batch as `numpy` writes it: one image of a single shade for each label.
    fn batch(labels: &[u8], columns: u8) -> Vec<u8> {
        let count = u8::try_from(labels.len()).unwrap();
        let pixels: Vec<u8> = labels.iter().flat_map(|&label| vec![label; usize::from(columns) * 256]).collect();
        let mut bytes = b"\x80\x04}(\x8c\x04data\x8c\x16numpy._core.multiarray\x8c\x0c_reconstruct\x93".to_vec();
        bytes.extend(b"\x8c\x05numpy\x8c\x07ndarray\x93K\0\x85C\x01b\x87R(K\x01K");
        bytes.push(count);
        bytes.extend([b'M', 0, columns, 0x86]);
        bytes.extend(b"\x8c\x05numpy\x8c\x05dtype\x93\x8c\x02u1\x89\x88\x87R(K\x03\x8c\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89B");
        bytes.extend(u32::try_from(pixels.len()).unwrap().to_le_bytes());
        bytes.extend(pixels);
        bytes.extend(b"tb\x8c\x06labels](");
        for &label in labels {
            bytes.extend([b'K', label]);
        }
        bytes.extend(b"eu.");
        bytes
    }

    #[test]
    fn the_first_classes_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        for number in 1..=10 {
            std::fs::write(dir.path().join(format!("train_data_batch_{number}")), batch(&[number, 121, 120], 3))
                .unwrap();
        }
        let images = imagenet16(dir.path(), Part::Train).unwrap();
        images.check().unwrap();
        assert_eq!(images.labels[..4], [0, 119, 1, 119]);
        assert_eq!(images.image(1), [120; PIXELS]);
        let missing = imagenet16(dir.path(), Part::Test).unwrap_err().to_string();
        assert!(missing.contains("`imagenet16-120` needs val_data, pickled"), "{missing}");
        std::fs::write(dir.path().join("val_data"), batch(&[121, 5], 3)).unwrap();
        assert_eq!(imagenet16(dir.path(), Part::Test).unwrap().labels, [4]);
        std::fs::remove_file(dir.path().join("train_data_batch_7")).unwrap();
        assert!(
            imagenet16(dir.path(), Part::Train)
                .unwrap_err()
                .to_string()
                .contains("train_data_batch_7: not found beside train_data_batch_1")
        );
    }

    #[test]
    fn wrong_batches_are_named() {
        for (bytes, part) in [
            (batch(&[0], 3), "record 0 has the label 0"),
            (batch(&[1], 12), "1×3072 bytes for 1 labels; an image has 768"),
            (b"}.".to_vec(), "no `labels`"),
            (b"not a pickle".to_vec(), "at byte 0"),
        ] {
            let message = add(Path::new("batch"), &bytes, &mut Images::default()).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
