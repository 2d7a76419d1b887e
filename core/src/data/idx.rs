//! MNIST and the sets in its format: IDX files, gzipped or not.
//!
//! An IDX file is two zeros, the type of its numbers (8: bytes), the number of its axes, the length of each axis in four
//! bytes, high byte first, and the numbers, the last axis fastest.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::error::Fault;
use super::part::Part;
use super::{DataError, DataSet, Images, files};

/// Maximum size of a file in bytes, and of what it holds. The largest set of this format, EMNIST, has 550 MB.
const MOST_BYTES: u64 = 1 << 30;
/// Characters of Kuzushiji-MNIST by their label.
const KUZUSHIJI: [&str; 10] = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"];

/// Reads a part of a set.
pub(super) fn idx(set: DataSet, dir: &Path, part: Part) -> Result<Images, DataError> {
    let [images, labels] = [["images", "idx3"], ["labels", "idx1"]].map(|content| find(dir, set, part, content));
    let (images, labels) = (images?, labels?);
    let [pixels, classes] = [&images, &labels].map(|path| files::read(path, MOST_BYTES));
    let (pixels, classes) = (pixels?, classes?);
    read(set, [&images, &labels], [&pixels, &classes])
}

/// Reads the images and the labels of two files from memory.
pub(super) fn idx_files(images: &[u8], labels: &[u8]) -> Result<Images, DataError> {
    read(DataSet::Mnist, [Path::new("the file of images"), Path::new("the file of labels")], [images, labels])
}

fn read(set: DataSet, paths: [&Path; 2], [images, labels]: [&[u8]; 2]) -> Result<Images, DataError> {
    let not = |path: &Path, Fault { offset, what }| DataError::NotIdx { path: path.to_owned(), offset, what };
    let (shape, pixels) = numbers(images).map_err(|fault| not(paths[0], fault))?;
    let (axes, labels) = numbers(labels).map_err(|fault| not(paths[1], fault))?;
    let &[count, height, width] = shape.as_slice() else {
        return Err(not(paths[0], Fault { offset: 3, what: format!("{} axes, but images have 3", shape.len()) }));
    };
    if axes != [count] {
        let what = format!("labels of the shape {axes:?} for {count} images");
        return Err(not(paths[1], Fault { offset: 3, what }));
    }
    if let Some(record) = labels.iter().position(|&label| label > 9) {
        let label = labels[record].to_string();
        return Err(DataError::LabelOutOfRange { path: paths[1].to_owned(), record, label, first: 0, last: 9 });
    }
    let classes = match set {
        DataSet::FashionMnist => super::fashion::CLASSES.map(str::to_owned).to_vec(),
        DataSet::Kmnist => KUZUSHIJI.map(str::to_owned).to_vec(),
        _ => super::images::numbered(10),
    };
    let labels = labels.iter().map(|&label| u16::from(label)).collect();
    Ok(Images { channels: 1, height, width, pixels, labels, classes })
}

/// Returns the folders that `data fetch`, torchvision and the home pages put the files of a set into.
const fn folders(set: DataSet) -> [&'static str; 3] {
    match set {
        DataSet::FashionMnist => ["fashion-mnist", "FashionMNIST/raw", "data/fashion"],
        DataSet::Kmnist => ["kmnist", "KMNIST/raw", "raw"],
        _ => ["mnist", "MNIST/raw", "raw"],
    }
}

/// Finds a file under the names that it has on the home pages and after unpacking.
fn find(dir: &Path, set: DataSet, part: Part, [content, axes]: [&str; 2]) -> Result<PathBuf, DataError> {
    let first = match part {
        Part::Train => "train",
        Part::Test => "t10k",
    };
    let names = [
        format!("{first}-{content}-{axes}-ubyte"),
        format!("{first}-{content}-{axes}-ubyte.gz"),
        format!("{first}-{content}.{axes}-ubyte"),
        format!("{first}-{content}.{axes}-ubyte.gz"),
    ];
    let folders = std::iter::once(dir.to_owned()).chain(folders(set).into_iter().map(|folder| dir.join(folder)));
    let mut paths = folders.flat_map(|folder| names.iter().map(move |name| folder.join(name)).collect::<Vec<_>>());
    paths.find(|path| path.is_file()).ok_or_else(|| {
        let expected = format!("{first}-images-idx3-ubyte and {first}-labels-idx1-ubyte, gzipped or not");
        files::missing(dir, set, &expected)
    })
}

/// Returns the lengths of the axes, and the bytes. Memory is taken only for bytes that exist.
fn numbers(file: &[u8]) -> Result<(Vec<usize>, Vec<u8>), Fault> {
    let fault = |offset, what: String| Fault { offset, what };
    let mut unpacked = Vec::new();
    let bytes = if file.starts_with(&[0x1f, 0x8b]) {
        let mut gzip = flate2::read::MultiGzDecoder::new(file).take(MOST_BYTES + 1);
        gzip.read_to_end(&mut unpacked).map_err(|error| fault(0, format!("the gzip file is damaged: {error}")))?;
        if unpacked.len() as u64 > MOST_BYTES {
            return Err(fault(0, format!("more than {MOST_BYTES} bytes when unpacked")));
        }
        unpacked.as_slice()
    } else {
        file
    };
    let &[0, 0, kind, axes, ref rest @ ..] = bytes else {
        return Err(fault(0, "an IDX file begins with two zeros".to_owned()));
    };
    if kind != 8 {
        return Err(fault(2, format!("numbers of type {kind:#04x}, but unsigned bytes (0x08) are expected")));
    }
    let (lengths, _) = rest.as_chunks::<4>();
    let axes = usize::from(axes);
    let Some(lengths) = lengths.get(..axes) else { return Err(fault(4, "the header ends early".to_owned())) };
    let shape: Vec<usize> =
        lengths.iter().map(|&length| usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX)).collect();
    let count = shape.iter().try_fold(1_usize, |product, &length| product.checked_mul(length));
    let data = &rest[4 * axes..];
    if count != Some(data.len()) {
        let what = format!("{} bytes for the shape {shape:?}: truncated or another file", data.len());
        return Err(fault(4 + 4 * axes, what));
    }
    Ok((shape, data.to_vec()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    fn file(shape: &[u32], data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, u8::try_from(shape.len()).unwrap()];
        bytes.extend(shape.iter().flat_map(|length| length.to_be_bytes()));
        bytes.extend(data);
        bytes
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn files_are_read_gzipped_or_not_where_others_put_them() {
        let pixels: Vec<u8> = (0..3 * 2 * 4).collect();
        let (images, labels) = (file(&[3, 2, 4], &pixels), file(&[3], &[1, 0, 9]));
        for (folder, names, packed) in [
            ("", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"], false),
            ("", ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"], true),
            ("FashionMNIST/raw", ["train-images.idx3-ubyte", "train-labels.idx1-ubyte"], false),
        ] {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir_all(dir.path().join(folder)).unwrap();
            for (name, bytes) in names.into_iter().zip([&images, &labels]) {
                let bytes = if packed { gzipped(bytes) } else { bytes.clone() };
                fs::write(dir.path().join(folder).join(name), bytes).unwrap();
            }
            let read = idx(DataSet::FashionMnist, dir.path(), Part::Train).unwrap();
            assert_eq!((read.channels, read.height, read.width), (1, 2, 4));
            assert_eq!((&read.pixels, read.labels.as_slice()), (&pixels, &[1, 0, 9][..]));
            assert_eq!(read.classes[9], "ankle boot");
        }
    }

    #[test]
    fn each_part_has_its_files() {
        let dir = tempfile::tempdir().unwrap();
        for (first, label) in [("train", 3), ("t10k", 7)] {
            fs::write(dir.path().join(format!("{first}-images-idx3-ubyte")), file(&[1, 1, 2], &[0, label])).unwrap();
            let labels = format!("{first}-labels-idx1-ubyte.gz");
            fs::write(dir.path().join(labels), gzipped(&file(&[1], &[label]))).unwrap();
        }
        for (part, label) in [(Part::Train, 3), (Part::Test, 7)] {
            assert_eq!(idx(DataSet::Mnist, dir.path(), part).unwrap().labels, [label]);
        }
        fs::remove_file(dir.path().join("t10k-labels-idx1-ubyte.gz")).unwrap();
        let missing = idx(DataSet::Mnist, dir.path(), Part::Test).unwrap_err().to_string();
        assert!(missing.contains("needs t10k-images-idx3-ubyte and t10k-labels"), "{missing}");
    }

    #[test]
    fn damage_is_named() {
        let labels = file(&[1], &[3]);
        for (images, labels, part) in [
            (file(&[1, 2, 2], &[0; 3]), labels.clone(), "at byte 16: 3 bytes for the shape [1, 2, 2]"),
            (file(&[1, 4], &[0; 4]), labels.clone(), "2 axes, but images have 3"),
            (file(&[u32::MAX, u32::MAX, u32::MAX], &[0; 4]), labels.clone(), "truncated"),
            (vec![0, 0, 9, 3], labels.clone(), "type 0x09"),
            (vec![0, 0, 8, 200, 1], labels.clone(), "the header ends early"),
            (b"PK".to_vec(), labels.clone(), "two zeros"),
            (gzipped(&file(&[1, 2, 2], &[0; 4]))[..20].to_vec(), labels, "damaged"),
            (file(&[1, 2, 2], &[0; 4]), file(&[2], &[3, 3]), "labels of the shape [2] for 1 images"),
            (file(&[1, 2, 2], &[0; 4]), file(&[1], &[10]), "record 0 has the label 10"),
        ] {
            let message = idx_files(&images, &labels).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("t10k-images-idx3-ubyte"), "").unwrap();
        let missing = idx(DataSet::Mnist, dir.path(), Part::Train).unwrap_err().to_string();
        assert!(missing.contains("`mnist` needs train-images") && missing.contains("t10k-images"), "{missing}");
    }
}
