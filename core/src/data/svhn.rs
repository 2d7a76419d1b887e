//! The images of SVHN, cropped digits.

use std::path::Path;

use super::error::Fault;
use super::images::numbered;
use super::part::Part;
use super::{DataError, DataSet, Images, files, mat5};

const SIDE: usize = 32;
const PLANE: usize = SIDE * SIDE;
const CHANNELS: usize = 3;
/// Maximum size of a file in bytes; the official ones have 182 MB and 64 MB.
const MOST_BYTES: u64 = 2 << 30;

/// Reads a part of the set.
pub(super) fn svhn(dir: &Path, part: Part) -> Result<Images, DataError> {
    let file = match part {
        Part::Train => "train_32x32.mat",
        Part::Test => "test_32x32.mat",
    };
    let path = dir.join(file);
    let bytes = files::read_needed(&path, MOST_BYTES, DataSet::Svhn, file)?;
    images(&path, &bytes)
}

/// Reads the images of a file from memory.
pub(super) fn svhn_file(bytes: &[u8]) -> Result<Images, DataError> {
    images(Path::new("the .mat file"), bytes)
}

fn images(path: &Path, bytes: &[u8]) -> Result<Images, DataError> {
    let not = |Fault { offset, what }| DataError::NotMat { path: path.to_owned(), offset, what };
    let wrong = |offset, what: String| not(Fault { offset, what });
    let variables = mat5::read(bytes, &["X", "y"]).map_err(not)?;
    let variable = |name: &str| {
        variables
            .iter()
            .find(|variable| variable.name == name)
            .ok_or_else(|| wrong(bytes.len(), format!("the file has no variable `{name}`")))
    };
    let (x, y) = (variable("X")?, variable("y")?);

    // MATLAB drops the last dimension if it is 1.
    let fits = matches!(x.dimensions.as_slice(), [SIDE, SIDE, CHANNELS] | [SIDE, SIDE, CHANNELS, _]);
    let data = x.bytes().filter(|_| fits).ok_or_else(|| {
        let what = format!("`X` should be bytes of 32×32×3×images, not numbers of {:?}", x.dimensions);
        wrong(x.offset, what)
    })?;
    let count = data.len() / (CHANNELS * PLANE);
    let one_each = y.dimensions.iter().try_fold(1_usize, |product, &side| product.checked_mul(side)) == Some(count);
    let numbers = if one_each { y.numbers() } else { None };
    let numbers =
        numbers.ok_or_else(|| wrong(y.offset, format!("`y` should be {count} numbers, one for each image")))?;

    let mut labels = Vec::with_capacity(count);
    for (record, number) in numbers.iter().enumerate() {
        // The digit 0 has the label 10.
        let Some(label) = (1..=10_u16).find(|&label| f64::from(label).total_cmp(number).is_eq()) else {
            let (path, label) = (path.to_owned(), number.to_string());
            return Err(DataError::LabelOutOfRange { path, record, label, first: 1, last: 10 });
        };
        labels.push(label % 10);
    }
    // The file stores an image column by column, and [`Images`] row by row.
    let mut pixels = Vec::with_capacity(data.len());
    for plane in data.chunks_exact(PLANE) {
        for row in 0..SIDE {
            pixels.extend(plane.iter().skip(row).step_by(SIDE));
        }
    }
    Ok(Images { channels: CHANNELS, height: SIDE, width: SIDE, pixels, labels, classes: numbered(10) })
}

#[cfg(test)]
mod tests {
    use super::mat5::made::{compressed, file, variable};
    use super::*;

    fn pixel(image: usize, channel: usize, row: usize, column: usize) -> u8 {
        u8::try_from((image * 91 + channel * 57 + row * 7 + column) % 256).unwrap()
    }

    fn x(count: usize) -> Vec<u8> {
        let mut data = Vec::new();
        for image in 0..count {
            for channel in 0..3 {
                for column in 0..SIDE {
                    data.extend((0..SIDE).map(|row| pixel(image, channel, row, column)));
                }
            }
        }
        variable(b'X', &[32, 32, 3, i32::try_from(count).unwrap()], 2, &data)
    }

    #[test]
    fn columns_become_rows_and_ten_becomes_zero() {
        let doubles: Vec<u8> = [10.0_f64, 3.0].iter().flat_map(|label| label.to_le_bytes()).collect();
        let longs: Vec<u8> = [10_i64, 3].iter().flat_map(|label| label.to_le_bytes()).collect();
        let shorts: Vec<u8> = [10_u16, 3].iter().flat_map(|label| label.to_le_bytes()).collect();
        for (kind, numbers) in
            [(2, &vec![10, 3]), (9, &doubles), (12, &longs), (13, &longs), (4, &shorts), (3, &shorts)]
        {
            let y = variable(b'y', &[2, 1], kind, numbers);
            let plain = images(Path::new("x"), &file(&[x(2), y.clone()])).unwrap();
            let packed = images(Path::new("x"), &file(&[compressed(&x(2)), compressed(&y)])).unwrap();
            assert!(plain == packed);
            assert_eq!(plain.labels, [0, 3]);
            for (channel, row, column) in [(0, 0, 1), (1, 5, 30), (2, 31, 0)] {
                assert_eq!(plain.image(1)[channel * PLANE + row * SIDE + column], pixel(1, channel, row, column));
            }
        }
    }

    #[test]
    fn each_part_has_its_file() {
        let dir = tempfile::tempdir().unwrap();
        for (name, label) in [("train_32x32.mat", 3), ("test_32x32.mat", 10)] {
            let variables = [x(1), variable(b'y', &[1, 1], 2, &[label])];
            std::fs::write(dir.path().join(name), file(&variables)).unwrap();
        }
        for (part, label) in [(Part::Train, 3), (Part::Test, 0)] {
            assert_eq!(svhn(dir.path(), part).unwrap().labels, [label]);
        }
        std::fs::remove_file(dir.path().join("test_32x32.mat")).unwrap();
        let message = svhn(dir.path(), Part::Test).unwrap_err().to_string();
        assert!(message.contains("not found beside train_32x32.mat; the data set `svhn` needs test_32"), "{message}");
    }

    #[test]
    fn wrong_files_are_named() {
        for (variables, part) in [
            (vec![x(2)], "no variable `y`"),
            (vec![x(2), variable(b'y', &[1, 1], 2, &[1])], "2 numbers"),
            (vec![x(1), variable(b'y', &[1, 1], 2, &[0])], "record 0 has the label 0"),
            (vec![variable(b'X', &[2, 2], 2, &[0; 4]), variable(b'y', &[1, 1], 2, &[1])], "not numbers of [2, 2]"),
        ] {
            let message = images(Path::new("x.mat"), &file(&variables)).unwrap_err().to_string();
            assert!(message.contains(part) && message.starts_with("x.mat"), "{message}");
        }
    }
}
