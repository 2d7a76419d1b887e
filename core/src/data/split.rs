//! Split of the images into a training and a validation part.

use std::path::Path;

use rand::seq::SliceRandom;
use serde::Deserialize;

use super::{DataError, Images, files};
use crate::random::{Stream, stream};
use crate::text::line_at;
use crate::vector::sort_indices;

/// Indices of the training part and of the validation part.
pub(super) type Parts = (Vec<usize>, Vec<usize>);

/// Labels of the images of a data set, and the names of their classes.
#[derive(Clone, Copy)]
pub(super) struct Labels<'a> {
    pub(super) labels: &'a [u16],
    pub(super) classes: &'a [String],
}

/// Returns the indices of all images in a random order.
pub(super) fn draw(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut stream(seed, Stream::Split, 0));
    order
}

impl<'a> Labels<'a> {
    pub(super) fn of(images: &'a Images) -> Self {
        Self { labels: &images.labels, classes: &images.classes }
    }

    /// Takes a number of images from an order, with the share that each class has in it, and `each` of every class for
    /// each part.
    pub(super) fn take(self, order: &[usize], wanted: usize, each: usize) -> Result<Vec<usize>, DataError> {
        let sizes = self.sizes(order);
        let least: Vec<usize> = sizes.iter().map(|&size| size.min(each)).collect();
        if let Some(quotas) = apportion(&sizes, wanted, &least, &sizes) {
            return Ok(self.divide(order, quotas).0);
        }
        let occur = sizes.iter().filter(|&&size| size > 0).count();
        let what = format!("{wanted} images are too few for {occur} classes, each with {each}");
        Err(DataError::BadOption { option: "images", what })
    }

    /// Splits an order: the first `fraction` of each class is for training, the rest for validation. Every class that
    /// occurs has an image in both parts.
    pub(super) fn by_fraction(self, order: &[usize], fraction: f64) -> Result<Parts, DataError> {
        let count = order.len();
        let first = share(count, fraction);
        if first == 0 || first >= count {
            let empty = if first == 0 { "training" } else { "validation" };
            let what = format!("{fraction} of {count} images leaves none for the {empty} part");
            return Err(DataError::BadOption { option: "train_fraction", what });
        }
        let sizes = self.sizes(order);
        if let Some(class) = sizes.iter().position(|&size| size == 1) {
            return Err(self.without(class, 1, "validation", "add images, or leave the class out"));
        }
        let least: Vec<usize> = sizes.iter().map(|&size| size.min(1)).collect();
        let most: Vec<usize> = sizes.iter().map(|&size| size.saturating_sub(1)).collect();
        // A small fraction of many classes is rounded up to one image of each, and a large one down.
        let first = first.clamp(least.iter().sum(), most.iter().sum());
        let quotas = apportion(&sizes, first, &least, &most).unwrap_or(least);
        Ok(self.divide(order, quotas))
    }

    /// Checks that every class of the images in two parts is in both.
    pub(super) fn check(self, parts: [&[usize]; 2]) -> Result<(), DataError> {
        let [train, valid] = parts.map(|part| self.sizes(part));
        for (class, (train, valid)) in train.into_iter().zip(valid).enumerate() {
            if (train == 0) != (valid == 0) {
                let part = if train == 0 { "training" } else { "validation" };
                return Err(self.without(class, train + valid, part, "give it images of every class"));
            }
        }
        Ok(())
    }

    fn without(self, class: usize, have: usize, part: &'static str, advice: &str) -> DataError {
        let class = self.classes.get(class).cloned().unwrap_or_default();
        DataError::ClassWithoutImages { class, have, part, advice: advice.to_owned() }
    }

    /// Returns the number of images of each class.
    fn sizes(self, order: &[usize]) -> Vec<usize> {
        let mut sizes = vec![0; self.classes.len()];
        for &image in order {
            sizes[usize::from(self.labels[image])] += 1;
        }
        sizes
    }

    /// Divides an order into the first images of each class, as many as its quota, and the rest.
    fn divide(self, order: &[usize], mut quotas: Vec<usize>) -> Parts {
        order.iter().partition(|&&image| {
            let left = &mut quotas[usize::from(self.labels[image])];
            let first = *left > 0;
            *left = left.saturating_sub(1);
            first
        })
    }
}

/// Divides a number among classes by their sizes, within bounds for each: by largest remainders. Returns `None` if the
/// bounds leave no way.
fn apportion(sizes: &[usize], total: usize, least: &[usize], most: &[usize]) -> Option<Vec<usize>> {
    let all: usize = sizes.iter().sum();
    if all == 0 || least.iter().sum::<usize>() > total || most.iter().sum::<usize>() < total {
        return None;
    }
    let exact = |size: usize| size as u128 * total as u128;
    let bounds = least.iter().zip(most);
    let mut quotas: Vec<usize> = sizes
        .iter()
        .zip(bounds)
        .map(|(&size, (&least, &most))| usize::try_from(exact(size) / all as u128).unwrap_or(most).clamp(least, most))
        .collect();
    // Classes with the largest remainders come first.
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    let remainder = |class: usize| exact(sizes[class]) % all as u128;
    sort_indices(&mut order, &|a, b| remainder(b).cmp(&remainder(a)));
    loop {
        let sum: usize = quotas.iter().sum();
        match sum.cmp(&total) {
            std::cmp::Ordering::Equal => return Some(quotas),
            std::cmp::Ordering::Less => {
                let open: Vec<usize> = order.iter().copied().filter(|&class| quotas[class] < most[class]).collect();
                let mut missing = total - sum;
                // One class may have room for many.
                let step = (missing / open.len()).max(1);
                for class in open {
                    let more = step.min(most[class] - quotas[class]).min(missing);
                    quotas[class] += more;
                    missing -= more;
                }
            }
            std::cmp::Ordering::Greater => {
                let open: Vec<usize> =
                    order.iter().rev().copied().filter(|&class| quotas[class] > least[class]).collect();
                let mut extra = sum - total;
                let step = (extra / open.len()).max(1);
                for class in open {
                    let fewer = step.min(quotas[class] - least[class]).min(extra);
                    quotas[class] -= fewer;
                    extra -= fewer;
                }
            }
        }
    }
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

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|class| format!("class {class}")).collect()
    }

    #[test]
    fn a_fraction_leaves_both_parts_images() {
        let order = draw(10, 3);
        let labels = Labels { labels: &[0; 10], classes: &names(1) };
        let (train, valid) = labels.by_fraction(&order, 0.3).unwrap();
        assert_eq!((train.len(), valid.len()), (3, 7));
        let mut all = [train, valid].concat();
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        assert_ne!(order, draw(10, 4));
        assert!(labels.by_fraction(&order, 0.01).unwrap_err().to_string().contains("training part"));
        assert!(labels.by_fraction(&order, 0.99).unwrap_err().to_string().contains("validation part"));
    }

    #[test]
    fn every_part_has_every_class_for_every_seed() {
        // 200 images of one class, 3 of another, 40 of a third; a fourth does not occur.
        let all: Vec<u16> = [vec![0; 200], vec![1; 3], vec![2; 40]].concat();
        let labels = Labels { labels: &all, classes: &names(4) };
        for seed in 0..50 {
            let order = draw(all.len(), seed);
            for (wanted, fraction) in [(243, 0.5), (243, 0.9), (243, 0.01), (60, 0.5), (6, 0.5)] {
                let chosen = labels.take(&order, wanted, 2).unwrap();
                assert_eq!(chosen.len(), wanted);
                let (train, valid) = labels.by_fraction(&chosen, fraction).unwrap();
                assert_eq!(train.len() + valid.len(), wanted);
                labels.check([&train, &valid]).unwrap();
                for part in [&train, &valid] {
                    assert!(labels.sizes(part)[..3].iter().all(|&size| size > 0), "{part:?}");
                }
            }
            let (train, valid) = labels.by_fraction(&order, 0.5).unwrap();
            assert_eq!((labels.sizes(&train)[0], labels.sizes(&valid)[0], labels.sizes(&train)[2]), (100, 100, 20));
        }
        let order = draw(all.len(), 0);
        assert!(labels.take(&order, 5, 2).unwrap_err().to_string().contains("too few for 3 classes"));
        let one = Labels { labels: &[0, 0, 1], classes: &names(2) };
        let message = one.by_fraction(&[0, 1, 2], 0.5).unwrap_err().to_string();
        assert!(message.contains("the class `class 1` has 1 of the images, but the validation part"), "{message}");
        let message = labels.check([&[0, 1], &[2, 200]]).unwrap_err().to_string();
        assert!(message.contains("the class `class 1`") && message.contains("the training part"), "{message}");
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
