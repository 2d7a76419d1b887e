//! A part of Fashion-MNIST, packed for the library.

// The library reads what is written here, and reader and writer learn the same.
#[path = "../../core/src/data/fashion/coder.rs"]
mod coder;
#[path = "../../core/src/data/fashion/model.rs"]
mod model;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use self::coder::{Bits, Interval, Reader};
use self::model::{Model, PIXELS, SIDE};

/// Files with the beginning of the source's names and the number of images.
const FILES: [(&str, &str, usize); 2] = [
    ("core/src/data/fashion/fashion_train.bin", "train", 4000),
    ("core/src/data/fashion/fashion_test.bin", "t10k", 1000),
];
/// Steps between the stored levels of grey.
const STEP: u32 = 5;
const CLASSES: u8 = 10;

/// Image with its class.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Picture {
    class: u8,
    levels: [u8; PIXELS],
}

/// Returns the names of the packed files and what is to be in them; `dir` has the four gzipped IDX files.
pub(crate) fn pack(dir: &Path) -> Result<Vec<(&'static str, Vec<u8>)>, String> {
    FILES
        .iter()
        .map(|&(file, part, count)| {
            let pictures = pictures(dir, part, count)?;
            let bytes = written(&pictures);
            if read(&bytes, count) != pictures {
                return Err(format!("{file}: the images cannot be read as they were written"));
            }
            Ok((file, bytes))
        })
        .collect()
}

/// Returns the first images of a part, with half the side.
fn pictures(dir: &Path, part: &str, count: usize) -> Result<Vec<Picture>, String> {
    let content = |name: &str, header: usize| {
        let path = dir.join(format!("{part}-{name}-ubyte.gz"));
        let bytes = gunzip(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        bytes.get(header..).map(<[u8]>::to_vec).ok_or_else(|| format!("{}: too short", path.display()))
    };
    let (images, labels) = (content("images-idx3", 16)?, content("labels-idx1", 8)?);
    if let Some(label) = labels.iter().find(|label| **label >= CLASSES) {
        return Err(format!("the label {label}, but there are {CLASSES} classes"));
    }
    let pictures: Vec<Picture> = images
        .chunks_exact(4 * PIXELS)
        .zip(labels)
        .take(count)
        .map(|(image, class)| Picture { class, levels: halved(image) })
        .collect();
    if pictures.len() < count { Err(format!("fewer than {count} images")) } else { Ok(pictures) }
}

fn gunzip(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    MultiGzDecoder::new(File::open(path)?).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns the levels of an image of half the side: means of four pixels.
fn halved(image: &[u8]) -> [u8; PIXELS] {
    let side = 2 * SIDE;
    std::array::from_fn(|place| {
        let corner = place / SIDE * 2 * side + place % SIDE * 2;
        let sum: u32 = [0, 1, side, side + 1].iter().map(|offset| u32::from(image[corner + offset])).sum();
        u8::try_from((sum + 2 * STEP) / (4 * STEP)).unwrap_or(u8::MAX)
    })
}

/// Writer of a message of the arithmetic coder.
struct Writer {
    interval: Interval,
    bytes: Vec<u8>,
}

impl Writer {
    /// Ends the message with a byte that the interval has between its ends; zeros may follow.
    fn finish(mut self) -> Vec<u8> {
        let [first, ..] = self.interval.low.to_be_bytes();
        self.bytes.push(first + 1);
        self.bytes
    }
}

impl Bits for Writer {
    fn code(&mut self, set: u16, bit: bool) -> bool {
        let split = self.interval.split(set);
        self.interval.narrow(split, bit);
        while let Some(byte) = self.interval.settled() {
            self.bytes.push(byte);
        }
        bit
    }
}

fn written(pictures: &[Picture]) -> Vec<u8> {
    let mut writer = Writer { interval: Interval::whole(), bytes: Vec::new() };
    let mut model = Model::new();
    for picture in pictures {
        let Picture { mut class, mut levels } = picture.clone();
        model.picture(&mut writer, &mut class, &mut levels);
    }
    writer.finish()
}

fn read(bytes: &[u8], count: usize) -> Vec<Picture> {
    let (mut reader, mut model) = (Reader::new(bytes), Model::new());
    std::iter::repeat_with(|| {
        let mut picture = Picture { class: 0, levels: [0; PIXELS] };
        model.picture(&mut reader, &mut picture.class, &mut picture.levels);
        picture
    })
    .take(count)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_images_of_the_library_are_written_as_they_are() {
        let file = include_bytes!("../../core/src/data/fashion/fashion_test.bin");
        let pictures = read(file, 1000);
        assert!(
            pictures.iter().all(|picture| picture.class < CLASSES && picture.levels.iter().all(|&level| level <= 51))
        );
        assert!(written(&pictures) == file, "the test images are written otherwise");
    }

    #[test]
    fn improbable_images_are_read_as_they_were_written() {
        let noise = |class: u8, place: usize| u8::try_from((place * place * 7 + 31 * usize::from(class)) % 52).unwrap();
        let pictures: Vec<Picture> =
            (0..30).map(|n| Picture { class: n % 10, levels: std::array::from_fn(|place| noise(n, place)) }).collect();
        assert_eq!(read(&written(&pictures), pictures.len()), pictures);
        assert_eq!(halved(&[255; 4 * PIXELS]), [51; PIXELS]);
    }
}
