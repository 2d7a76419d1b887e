//! The chosen images of a folder, decoded on all cores.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::split::Labels;
use super::super::{Background, DataConfig, DataError, Images};
use super::Listing;
use super::decode::{Decoded, Planes, decode};

/// Rules of the decoding.
#[derive(Clone, Copy)]
pub(in super::super) struct Rules<'a> {
    size: Option<usize>,
    background: Background,
    /// True if files that cannot be read are left out.
    skip_unreadable: bool,
    /// Called with the number of images that are done, and of all.
    progress: &'a (dyn Fn(usize, usize) + Sync),
}

impl<'a> Rules<'a> {
    pub(in super::super) fn of(config: &DataConfig, progress: &'a (dyn Fn(usize, usize) + Sync)) -> Self {
        let DataConfig { size, background, skip_unreadable, .. } = *config;
        Self { size, background, skip_unreadable, progress }
    }
}

/// Images of a folder.
pub(in super::super) struct Folder {
    pub(in super::super) images: Images,
    /// Places in the choice of the images that were read.
    pub(in super::super) kept: Vec<usize>,
    /// True if an image was shrunk.
    pub(in super::super) shrunk: bool,
    /// Descriptions of what was left out.
    pub(in super::super) notes: Vec<String>,
}

/// Maximum number of files that a message names.
const NAMED: usize = 100;

/// Decodes all images of a folder that is not divided into parts.
pub(in super::super) fn read_all(dir: &Path, rules: Rules<'_>) -> Result<Images, DataError> {
    let listing = Listing::undivided(dir)?;
    let all: Vec<usize> = (0..listing.files.len()).collect();
    Ok(read(&listing, &all, rules)?.images)
}

/// Decodes the chosen images.
pub(in super::super) fn read(listing: &Listing, chosen: &[usize], rules: Rules<'_>) -> Result<Folder, DataError> {
    let done = AtomicUsize::new(0);
    let shape: OnceLock<[usize; 2]> = OnceLock::new();
    let one = |&index: &usize| {
        let mut decoded = decode(&listing.files[index], rules.size, rules.background);
        if let Ok(image) = &mut decoded {
            let own = [image.height, image.width];
            // Images of several sizes are an error, which needs no pixels.
            if *shape.get_or_init(|| own) != own {
                image.planes = Planes::Bytes(Vec::new());
            }
        }
        (rules.progress)(1 + done.fetch_add(1, Ordering::Relaxed), chosen.len());
        decoded
    };
    #[cfg(not(target_family = "wasm"))]
    let all: Vec<Result<Decoded, String>> = {
        use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

        chosen.par_iter().map(one).collect()
    };
    #[cfg(target_family = "wasm")]
    let all: Vec<Result<Decoded, String>> = chosen.iter().map(one).collect();

    let mut unreadable: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut kept: Vec<usize> = Vec::new();
    let mut decoded: Vec<Decoded> = Vec::new();
    for (place, result) in all.into_iter().enumerate() {
        match result {
            Ok(image) => {
                kept.push(place);
                decoded.push(image);
            }
            Err(what) => {
                let path = listing.files[chosen[place]].display().to_string();
                unreadable.entry(what).or_default().push(path);
            }
        }
    }
    let mut notes = Vec::new();
    if !unreadable.is_empty() {
        let error =
            DataError::Unreadable { count: chosen.len() - kept.len(), of: chosen.len(), files: named(&unreadable) };
        if !rules.skip_unreadable || kept.is_empty() {
            return Err(error);
        }
        notes.push(format!("left out: {error}"));
    }
    let files = kept.iter().map(|&place| listing.files[chosen[place]].as_path());
    one_size(files, &decoded)?;
    let shrunk = decoded.iter().any(|image| image.shrunk);
    let Labels { labels, classes } = listing.labels();
    let labels = kept.iter().map(|&place| labels[chosen[place]]).collect();
    let images = Images { labels, classes: classes.to_vec(), ..combined(decoded) };
    Ok(Folder { images, kept, shrunk, notes })
}

/// Names the files, by what is wrong with them.
fn named(unreadable: &BTreeMap<String, Vec<String>>) -> String {
    let mut left = NAMED;
    let mut faults = Vec::new();
    for (what, files) in unreadable {
        let listed: Vec<&str> = files.iter().take(left).map(String::as_str).collect();
        left -= listed.len();
        let more = files.len() - listed.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        faults.push(format!("{what}: {}{more}", listed.join(", ")));
    }
    faults.join("; ")
}

/// Checks that all images have the size of the first.
fn one_size<'a>(files: impl Iterator<Item = &'a Path>, images: &[Decoded]) -> Result<(), DataError> {
    let Some(first) = images.first() else { return Ok(()) };
    for (path, image) in files.zip(images) {
        if [image.height, image.width] != [first.height, first.width] {
            return Err(DataError::MixedSizes {
                path: path.to_owned(),
                width: image.width,
                height: image.height,
                first_width: first.width,
                first_height: first.height,
            });
        }
    }
    Ok(())
}

/// Puts images of one size together: grey ones beside coloured ones get three channels, and 16 bits are scaled to 8 by
/// the range of all pixels.
fn combined(decoded: Vec<Decoded>) -> Images {
    let channels = decoded.iter().map(|image| image.channels).max().unwrap_or(1);
    let [height, width] = decoded.first().map_or([0; 2], |image| [image.height, image.width]);
    let deep = decoded.iter().any(|image| matches!(image.planes, Planes::Words(_)));
    let (least, most) = if deep { range(&decoded) } else { (0, u16::MAX) };
    let span = u64::from(most - least).max(1);
    let scaled = |value: u16| u8::try_from((u64::from(value - least) * 255 + span / 2) / span).unwrap_or(u8::MAX);
    let mut pixels = Vec::with_capacity(decoded.len() * channels * height * width);
    for image in decoded {
        let planes = match image.planes {
            Planes::Bytes(bytes) if !deep => bytes,
            Planes::Bytes(bytes) => bytes.into_iter().map(|byte| scaled(wide(byte))).collect(),
            Planes::Words(words) => words.into_iter().map(scaled).collect(),
        };
        for _ in 0..channels / image.channels {
            pixels.extend_from_slice(&planes);
        }
    }
    Images { channels, height, width, pixels, ..Images::default() }
}

/// Least and largest pixel of all images, in 16 bits.
fn range(decoded: &[Decoded]) -> (u16, u16) {
    let mut range = (u16::MAX, 0);
    let mut add = |value: u16| range = (range.0.min(value), range.1.max(value));
    for image in decoded {
        match &image.planes {
            Planes::Bytes(bytes) => bytes.iter().for_each(|&byte| add(wide(byte))),
            Planes::Words(words) => words.iter().for_each(|&word| add(word)),
        }
    }
    (range.0.min(range.1), range.1)
}

/// Returns a pixel of 8 bits in 16.
fn wide(byte: u8) -> u16 {
    u16::from(byte) * 257
}

#[cfg(test)]
mod tests {
    use std::fs;

    use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, RgbImage, Rgba};

    use super::super::Purpose;
    use super::*;

    fn save(image: impl Into<DynamicImage>, dir: &Path, name: &str) {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        image.into().save(path).unwrap();
    }

    fn write(dir: &Path, name: &str, sides: [u32; 2], shade: u8) {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let image = RgbImage::from_fn(sides[1], sides[0], |_, _| Rgb([shade, shade / 2, 7]));
        image.save_with_format(path, ImageFormat::Png).unwrap();
    }

    fn folder(dir: &Path, size: Option<usize>, skip_unreadable: bool) -> Result<Folder, DataError> {
        let listing = search(dir)?;
        let all: Vec<usize> = (0..listing.files.len()).collect();
        let config = DataConfig { size, skip_unreadable, ..DataConfig::default() };
        read(&listing, &all, Rules::of(&config, &|_, _| {}))
    }

    fn search(dir: &Path) -> Result<Listing, DataError> {
        Listing::of(dir, Purpose::Search)
    }

    fn training(dir: &Path) -> Result<Listing, DataError> {
        Listing::of(dir, Purpose::Training)
    }

    fn owned<const N: usize>(texts: [&str; N]) -> Vec<String> {
        texts.map(str::to_owned).to_vec()
    }

    #[test]
    fn classes_are_folders_in_order() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "dogs/b.PNG", [2, 3], 40);
        write(dir.path(), "dogs/images/a.png", [2, 3], 30);
        write(dir.path(), "cats/z.png", [2, 3], 20);
        write(dir.path(), ".hidden/z.png", [9, 9], 0);
        write(dir.path(), "__MACOSX/z.png", [9, 9], 0);
        fs::write(dir.path().join("dogs/notes.txt"), "woof").unwrap();
        fs::write(dir.path().join("dogs/.DS_Store.png"), "?").unwrap();
        let read = folder(dir.path(), None, false).unwrap();
        assert_eq!((read.images.labels.as_slice(), read.shrunk), (&[0, 1, 1][..], false));
        assert_eq!(read.images.classes, ["cats", "dogs"]);
        assert_eq!(read.images.image(1), [[40; 6], [20; 6], [7; 6]].concat());
        let small = folder(dir.path(), Some(2), false).unwrap();
        assert_eq!((small.images.image(2), small.shrunk), (&[[30; 4], [15; 4], [7; 4]].concat()[..], true));
        assert_eq!(search(dir.path()).unwrap().notes, ["passed over 1 file that is no image: 1 .txt"]);
    }

    #[test]
    fn parts_are_taken_as_they_are() {
        let dir = tempfile::tempdir().unwrap();
        for (name, shade) in [("train/a/1.png", 1), ("train/b/2.png", 2), ("Val/a/3.png", 3), ("Val/b/4.png", 4)] {
            write(dir.path(), name, [1, 1], shade);
        }
        write(dir.path(), "test/5.png", [1, 1], 5);
        let listing = search(dir.path()).unwrap();
        let Labels { labels, classes } = listing.labels();
        assert_eq!((listing.first, labels, classes.len()), (Some(2), &[0, 1, 0, 1][..], 2));
        assert!(listing.notes[0].contains("test images are not read"), "{:?}", listing.notes);
        // The test folder has no classes, which a training needs.
        let test = dir.path().join("test");
        assert!(matches!(training(dir.path()), Err(DataError::OtherClasses { path, .. }) if path == test));
        write(dir.path(), "Val/c/6.png", [1, 1], 6);
        assert!(matches!(search(dir.path()), Err(DataError::OtherClasses { .. })));
        write(dir.path(), "extra/7.png", [1, 1], 7);
        assert!(matches!(search(dir.path()), Err(DataError::BesideParts { .. })));
        // Without folders in them, these are classes.
        let classes = tempfile::tempdir().unwrap();
        write(classes.path(), "train/1.png", [1, 1], 1);
        write(classes.path(), "bus/2.png", [1, 1], 2);
        assert_eq!(search(classes.path()).unwrap().labels().classes, ["bus", "train"]);
    }

    #[test]
    fn a_training_takes_what_is_there_for_a_test() {
        let dir = tempfile::tempdir().unwrap();
        let names = |listing: &Listing| -> Vec<String> {
            listing.files.iter().map(|file| file.file_stem().unwrap().to_string_lossy().into_owned()).collect()
        };
        for (name, shade) in [("train/a/1.png", 1), ("train/b/2.png", 2)] {
            write(dir.path(), name, [1, 1], shade);
        }
        assert_eq!(training(dir.path()).unwrap().first, None);
        write(dir.path(), "val/a/3.png", [1, 1], 3);
        write(dir.path(), "val/b/4.png", [1, 1], 4);
        let listing = training(dir.path()).unwrap();
        assert_eq!((listing.first, names(&listing)), (Some(2), owned(["1", "2", "3", "4"])));
        write(dir.path(), "test/a/5.png", [1, 1], 5);
        write(dir.path(), "test/b/6.png", [1, 1], 6);
        let listing = training(dir.path()).unwrap();
        let all = owned(["1", "2", "3", "4", "5", "6"]);
        assert_eq!((listing.first, names(&listing)), (Some(4), all));
        assert_eq!((listing.labels().labels, listing.notes.len()), (&[0, 1, 0, 1, 0, 1][..], 0));
        fs::remove_dir_all(dir.path().join("val")).unwrap();
        let listing = training(dir.path()).unwrap();
        assert_eq!((listing.first, names(&listing)), (Some(2), owned(["1", "2", "5", "6"])));
    }

    #[test]
    fn all_images_of_class_folders_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let config = DataConfig { size: Some(1), ..DataConfig::default() };
        let all = |dir: &Path| read_all(dir, Rules::of(&config, &|_, _| {}));
        write(dir.path(), "test/a/1.png", [2, 2], 20);
        let one = all(&dir.path().join("test")).unwrap();
        assert_eq!((one.labels.as_slice(), one.pixels.as_slice(), one.classes.len()), (&[0][..], &[20, 10, 7][..], 1));
        write(dir.path(), "test/b/2.png", [1, 3], 40);
        let two = all(&dir.path().join("test")).unwrap();
        assert_eq!((two.labels.as_slice(), two.image(1)), (&[0, 1][..], &[40, 20, 7][..]));
        assert_eq!(two.classes, ["a", "b"]);
        // A folder of images has no classes, and one that is divided has parts.
        let flat = all(&dir.path().join("test/a")).unwrap_err().to_string();
        assert!(flat.contains("has only 1.png") && flat.contains("one folder of images for each class"), "{flat}");
        write(dir.path(), "train/a/1.png", [1, 1], 1);
        write(dir.path(), "train/b/2.png", [1, 1], 2);
        let divided = all(dir.path()).unwrap_err().to_string();
        assert!(divided.contains("divided into parts") && divided.ends_with("test"), "{divided}");
    }

    #[test]
    fn transparency_is_blended_and_grey_stays_grey() {
        let dir = tempfile::tempdir().unwrap();
        save(ImageBuffer::from_pixel(1, 1, LumaA([100_u8, 255])), dir.path(), "a/1.png");
        save(ImageBuffer::from_pixel(1, 1, LumaA([100_u8, 0])), dir.path(), "a/2.png");
        save(ImageBuffer::from_pixel(1, 1, Luma([7_u8])), dir.path(), "b/3.png");
        let grey = folder(dir.path(), None, false).unwrap().images;
        assert_eq!((grey.channels, grey.pixels.as_slice()), (1, &[100, 255, 7][..]));
        save(ImageBuffer::from_pixel(1, 1, Rgba([10_u8, 20, 30, 128])), dir.path(), "b/4.png");
        let coloured = folder(dir.path(), None, false).unwrap().images;
        assert_eq!((coloured.channels, coloured.image(0), coloured.image(3)), (3, &[100; 3][..], &[132, 137, 142][..]));
    }

    /// Cameras write the picture as the sensor saw it, and note how it was held.
    #[test]
    fn pictures_are_turned_as_their_files_say() {
        use image::{ExtendedColorType, ImageEncoder};

        let dir = tempfile::tempdir().unwrap();
        for (name, orientation) in [("a/1.png", 1_u8), ("a/2.png", 3), ("b/3.png", 1), ("b/4.png", 3)] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut png = image::codecs::png::PngEncoder::new(fs::File::create(path).unwrap());
            // One entry: the orientation, a number of 16 bits.
            let entry = [0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0];
            png.set_exif_metadata([&b"II*\0\x08\0\0\0\x01\0"[..], &entry, &[0; 4]].concat()).unwrap();
            png.write_image(&[10, 20], 2, 1, ExtendedColorType::L8).unwrap();
        }
        let images = folder(dir.path(), None, false).unwrap().images;
        assert_eq!(images.pixels, [10, 20, 20, 10, 10, 20, 20, 10]);
    }

    #[test]
    fn sixteen_bits_keep_the_range_of_the_set() {
        let dir = tempfile::tempdir().unwrap();
        for (name, value) in [("a/1.png", 1000_u16), ("a/2.png", 1010), ("b/3.png", 1005), ("b/4.png", 1020)] {
            save(ImageBuffer::from_pixel(2, 2, Luma([value])), dir.path(), name);
        }
        let images = folder(dir.path(), Some(1), false).unwrap().images;
        assert_eq!((images.channels, images.pixels.as_slice()), (1, &[0, 128, 64, 255][..]));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let refused = || folder(dir.path(), None, false).err().unwrap();
        assert!(matches!(folder(&dir.path().join("no"), None, false), Err(DataError::Missing { .. })));
        write(dir.path(), "a/1.png", [2, 2], 1);
        assert!(matches!(refused(), DataError::TooFewClasses { found: 1, .. }));
        write(dir.path(), "b/2.png", [2, 3], 1);
        let mixed = refused().to_string();
        assert!(mixed.contains("2.png") && mixed.contains("3×2") && mixed.contains("size"), "{mixed}");
        fs::write(dir.path().join("b/2.png"), "no PNG at all").unwrap();
        fs::write(dir.path().join("b/3.png"), "nor this").unwrap();
        let named = refused().to_string();
        assert!(named.starts_with("2 of 3 images cannot be read: not an image"), "{named}");
        assert!(named.contains("2.png, ") && named.contains("3.png"), "{named}");
        let left = folder(dir.path(), None, true).unwrap();
        assert_eq!((left.kept.as_slice(), left.images.len(), left.notes.len()), (&[0][..], 1, 1));
        fs::remove_file(dir.path().join("b/2.png")).unwrap();
        fs::remove_file(dir.path().join("b/3.png")).unwrap();
        assert!(matches!(refused(), DataError::EmptyClass { .. }));
    }
}
