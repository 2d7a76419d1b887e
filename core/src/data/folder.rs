//! A folder of class folders with PNG or JPEG files.

use std::path::{Path, PathBuf};

use image::{ImageReader, Limits, RgbImage};

use super::resize::Resize;
use super::{DataError, DataSet, Images, files};

const EXPECTED: &str = "a folder with one folder of PNG or JPEG files for each class";
const EXTENSIONS: [&str; 3] = ["png", "jpg", "jpeg"];
/// Maximum side in pixels of an image that is decoded.
const MOST_PIXELS: u32 = 1 << 14;
const MOST_BYTES: u64 = 256 << 20;

/// The files of a folder, in the order of their classes and names.
pub(super) struct Listing {
    files: Vec<(PathBuf, u16)>,
    classes: Vec<String>,
}

impl Listing {
    /// Lists the images of a folder without opening them.
    pub(super) fn of(dir: &Path) -> Result<Self, DataError> {
        if !dir.is_dir() {
            return Err(files::missing(dir, DataSet::Folder, EXPECTED));
        }
        let mut listing = Self { files: Vec::new(), classes: Vec::new() };
        for (name, path) in entries(dir)? {
            if !path.is_dir() {
                continue;
            }
            let Ok(class) = u16::try_from(listing.classes.len()) else {
                let what = format!("{} has more than {} class folders", dir.display(), u16::MAX);
                return Err(DataError::BadOption { option: "dir", what });
            };
            let before = listing.files.len();
            let images = entries(&path)?.into_iter().map(|(_, path)| path).filter(|path| is_image(path));
            listing.files.extend(images.map(|path| (path, class)));
            if listing.files.len() == before {
                return Err(DataError::EmptyClass { path });
            }
            listing.classes.push(name);
        }
        match listing.classes.len() {
            found @ 0..=1 => Err(DataError::TooFewClasses { path: dir.to_owned(), found }),
            _ => Ok(listing),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.files.len()
    }

    /// Decodes the chosen images, resized to squares of side `size` if it is given. The second value is true if an
    /// image was shrunk.
    pub(super) fn read(self, chosen: &[usize], size: Option<usize>) -> Result<(Images, bool), DataError> {
        let mut images = Images { channels: 3, classes: self.classes, ..Images::default() };
        let mut shrunk = false;
        for &i in chosen {
            let (path, label) = &self.files[i];
            let image = decode(path)?;
            let [height, width] =
                [image.height(), image.width()].map(|side| usize::try_from(side).unwrap_or(usize::MAX));
            let sides = [size.unwrap_or(height), size.unwrap_or(width)];
            shrunk |= sides[0] < height || sides[1] < width;
            if images.is_empty() {
                [images.height, images.width] = sides;
            } else if [images.height, images.width] != sides {
                let (first_width, first_height) = (images.width, images.height);
                return Err(DataError::MixedSizes { path: path.clone(), width, height, first_width, first_height });
            }
            let resize = (sides != [height, width]).then(|| Resize::new([height, width], sides));
            for channel in 0..3 {
                let plane = image.as_raw().iter().skip(channel).step_by(3);
                match &resize {
                    Some(resize) => resize.plane(&plane.copied().collect::<Vec<u8>>(), &mut images.pixels),
                    None => images.pixels.extend(plane),
                }
            }
            images.labels.push(*label);
        }
        Ok((images, shrunk))
    }
}

/// Returns the names and paths of the entries of a folder, sorted, without hidden ones.
fn entries(dir: &Path) -> Result<Vec<(String, PathBuf)>, DataError> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|source| files::unreadable(dir, source))? {
        let entry = entry.map_err(|source| files::unreadable(dir, source))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            entries.push((name, entry.path()));
        }
    }
    entries.sort();
    Ok(entries)
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
        && path.is_file()
}

fn decode(path: &Path) -> Result<RgbImage, DataError> {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(MOST_PIXELS);
    limits.max_image_height = Some(MOST_PIXELS);
    limits.max_alloc = Some(MOST_BYTES);
    let mut reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(|source| files::unreadable(path, source))?;
    reader.limits(limits);
    match reader.decode() {
        Ok(image) => Ok(image.into_rgb8()),
        Err(error) => Err(DataError::BadImage { path: path.to_owned(), what: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn write(dir: &Path, name: &str, sides: [u32; 2], shade: u8) {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let image = RgbImage::from_fn(sides[1], sides[0], |_, _| image::Rgb([shade, shade / 2, 7]));
        image.save_with_format(path, image::ImageFormat::Png).unwrap();
    }

    fn read(dir: &Path, size: Option<usize>) -> Result<(Images, bool), DataError> {
        let listing = Listing::of(dir)?;
        let all: Vec<usize> = (0..listing.len()).collect();
        listing.read(&all, size)
    }

    #[test]
    fn classes_are_folders_in_order() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "dogs/b.PNG", [2, 3], 40);
        write(dir.path(), "dogs/a.png", [2, 3], 30);
        write(dir.path(), "cats/z.png", [2, 3], 20);
        write(dir.path(), ".hidden/z.png", [9, 9], 0);
        fs::write(dir.path().join("dogs/notes.txt"), "woof").unwrap();
        fs::write(dir.path().join("dogs/.DS_Store.png"), "?").unwrap();
        let (images, shrunk) = read(dir.path(), None).unwrap();
        assert_eq!((images.labels.as_slice(), shrunk), (&[0, 1, 1][..], false));
        assert_eq!(images.classes, ["cats", "dogs"]);
        assert_eq!(images.image(1), [[30; 6], [15; 6], [7; 6]].concat());
        let (small, shrunk) = read(dir.path(), Some(2)).unwrap();
        assert_eq!((small.image(2), shrunk), (&[[40; 4], [20; 4], [7; 4]].concat()[..], true));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(read(&dir.path().join("no"), None), Err(DataError::Missing { .. })));
        write(dir.path(), "a/1.png", [2, 2], 1);
        assert!(matches!(read(dir.path(), None), Err(DataError::TooFewClasses { found: 1, .. })));
        write(dir.path(), "b/2.png", [2, 3], 1);
        let mixed = read(dir.path(), None).unwrap_err().to_string();
        assert!(mixed.contains("2.png") && mixed.contains("3×2") && mixed.contains("size"), "{mixed}");
        fs::write(dir.path().join("b/2.png"), "GIF89a, no PNG").unwrap();
        assert!(matches!(read(dir.path(), None), Err(DataError::BadImage { .. })));
        fs::remove_file(dir.path().join("b/2.png")).unwrap();
        assert!(matches!(read(dir.path(), None), Err(DataError::EmptyClass { .. })));
    }
}
