//! Fuzz target of folders of images: the input is one file of the folder, with the extension that its first byte chooses.
//! Its format is found by its content, so that the extension decides only whether it is read.

#![no_main]

use std::fs;
use std::io::Cursor;

use image::ImageReader;
use lambda_darts::data::{DataConfig, DataError, DataSet, ImageData};
use libfuzzer_sys::fuzz_target;

const EXTENSIONS: [&str; 7] = ["png", "jpg", "webp", "bmp", "tiff", "gif", "jfif"];
/// Largest number of pixels that is tried: larger images are refused or take time, and nothing else is special of them.
const MOST: u64 = 1 << 20;

fuzz_target!(|data: &[u8]| {
    let Some((&first, file)) = data.split_first() else { return };
    let known = ImageReader::new(Cursor::new(file)).with_guessed_format().ok();
    let size = known.and_then(|reader| reader.into_dimensions().ok());
    if size.is_some_and(|(width, height)| u64::from(width) * u64::from(height) > MOST) {
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary folder");
    let good = include_bytes!("../corpus/folder/good.png");
    for class in ["a", "b"] {
        fs::create_dir(dir.path().join(class)).expect("a folder");
        for name in ["1", "2"] {
            fs::write(dir.path().join(class).join(name).with_extension("png"), &good[1..]).expect("a file");
        }
    }
    let name = format!("any.{}", EXTENSIONS[usize::from(first) % EXTENSIONS.len()]);
    let path = dir.path().join("a").join(name);
    fs::write(&path, file).expect("a file");
    let mut config = DataConfig { set: DataSet::Folder, dir: Some(dir.path().to_owned()), ..DataConfig::default() };
    config.size = Some(3);
    let read = match ImageData::load(&config, 0) {
        Ok(data) => {
            assert_eq!((data.train_len() + data.valid_len(), data.height(), data.width()), (5, 3, 3));
            true
        }
        Err(DataError::Unreadable { count, of, files }) => {
            assert!((count, of) == (1, 5) && files.contains("any."), "{files}");
            false
        }
        Err(other) => panic!("{other}"),
    };
    config.skip_unreadable = true;
    let data = ImageData::load(&config, 0).expect("the others are read");
    assert_eq!(data.train_len() + data.valid_len(), if read { 5 } else { 4 });
});
