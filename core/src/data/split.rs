//! Split of the images into a training and a validation part.

use std::path::Path;

use rand::seq::SliceRandom;
use serde::Deserialize;

use super::{DataError, files};
use crate::random::{Stream, stream};
use crate::text::line_at;

/// Indices of the training part and of the validation part.
pub(super) type Parts = (Vec<usize>, Vec<usize>);

/// Returns the indices of all images in a random order.
pub(super) fn draw(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut stream(seed, Stream::Split, 0));
    order
}

/// Splits an order: the first `fraction` is for training, the rest for validation.
pub(super) fn by_fraction(order: &[usize], fraction: f64) -> Result<Parts, DataError> {
    let count = order.len();
    let first = share(count, fraction);
    if first == 0 || first >= count {
        let empty = if first == 0 { "training" } else { "validation" };
        let what = format!("{fraction} of {count} images leaves none for the {empty} part");
        return Err(DataError::BadOption { option: "train_fraction", what });
    }
    let (train, valid) = order.split_at(first);
    Ok((train.to_vec(), valid.to_vec()))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rounded share of images, which are far fewer than 2^52"
)]
fn share(count: usize, fraction: f64) -> usize {
    (count as f64 * fraction).round() as usize
}

/// Maximum size in bytes of a file of indices.
const MOST_BYTES: u64 = 64 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Indices {
    train: Vec<usize>,
    valid: Vec<usize>,
}

/// Reads the parts from a JSON file of indices. They count the data set's `count` images in the order of its files.
pub(super) fn by_file(path: &Path, count: usize) -> Result<Parts, DataError> {
    let bytes = files::read(path, MOST_BYTES)?;
    let bad = |line, what: String| DataError::BadSplit { path: path.to_owned(), line, what };
    let text = std::str::from_utf8(&bytes).map_err(|error| bad(1, error.to_string()))?;
    let Indices { train, valid } =
        serde_json::from_str(text).map_err(|error| bad(error.line().max(1), error.to_string()))?;
    let mut used = vec![false; count];
    for (part, indices) in [("train", &train), ("valid", &valid)] {
        if indices.is_empty() {
            return Err(bad(line_of(text, part, 0), format!("the part `{part}` is empty")));
        }
        for (place, &index) in indices.iter().enumerate() {
            let what = match used.get_mut(index) {
                Some(used) if !*used => {
                    *used = true;
                    continue;
                }
                Some(_) => format!("the image {index} is named twice"),
                None => format!("there is no image {index}: the data set has {count}, counted from 0"),
            };
            return Err(bad(line_of(text, part, place), what));
        }
    }
    Ok((train, valid))
}

/// Returns the line of the index at `place` in a part.
fn line_of(text: &str, part: &str, place: usize) -> usize {
    let start = text.find(&format!("\"{part}\"")).unwrap_or(0);
    let digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let found = (start..text.len()).filter(|&at| digit(at) && (at == 0 || !digit(at - 1))).nth(place);
    line_at(text, found.unwrap_or(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_leaves_both_parts_images() {
        let order = draw(10, 3);
        let (train, valid) = by_fraction(&order, 0.3).unwrap();
        assert_eq!((train.len(), valid.len()), (3, 7));
        let mut all = [train, valid].concat();
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        assert_ne!(order, draw(10, 4));
        assert!(by_fraction(&order, 0.01).unwrap_err().to_string().contains("training part"));
        assert!(by_fraction(&order, 0.99).unwrap_err().to_string().contains("validation part"));
    }

    #[test]
    fn a_file_of_indices_is_checked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("split.json");
        std::fs::write(&path, r#"{"valid": [2], "train": [3, 0]}"#).unwrap();
        assert_eq!(by_file(&path, 4).unwrap(), (vec![3, 0], vec![2]));
        for (text, line, part) in [
            ("{\"train\": [0,\n1],\n\"valid\": [2,\n4]}", 4, "no image 4"),
            ("{\"train\": [0,\n1],\n\"valid\": [1]}", 3, "named twice"),
            ("{\"train\": [0],\n\"valid\": []}", 2, "`valid` is empty"),
            ("{\"train\": [0],\n\"valid\": [-1]}", 2, "-1"),
            ("{\"train\": [0],\n\"test\": [1]}", 2, "test"),
        ] {
            std::fs::write(&path, text).unwrap();
            let message = by_file(&path, 4).unwrap_err().to_string();
            assert!(message.contains(&format!("line {line}: ")) && message.contains(part), "{message}");
        }
    }
}
