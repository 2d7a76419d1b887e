//! The files of a folder, without opening them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::super::split::Labels;
use super::super::{DataError, DataSet, files};

const EXPECTED: &str = "one folder of images for each class";
const EXTENSIONS: [&str; 9] = ["png", "jpg", "jpeg", "jfif", "webp", "bmp", "tif", "tiff", "gif"];
/// Folders of systems and programs that have no images of the user's.
const SYSTEM: [&str; 5] = ["__MACOSX", "@eaDir", "lost+found", "$RECYCLE.BIN", "System Volume Information"];
/// Files of systems, which no message has to count.
const SYSTEM_FILES: [&str; 3] = ["Thumbs.db", "desktop.ini", "Icon\r"];
const TRAIN: [&str; 2] = ["train", "training"];
const VALID: [&str; 4] = ["val", "valid", "validation", "dev"];
const TEST: [&str; 2] = ["test", "testing"];

/// Purpose of the images of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Purpose {
    /// Search: training images against validation images. Test images are left out.
    Search,
    /// Training: training and validation images against test images.
    Training,
}

/// The images of a folder, in the order of their parts, classes and names.
#[derive(Debug)]
pub(in super::super) struct Listing {
    pub(super) files: Vec<PathBuf>,
    /// Class of each file.
    labels: Vec<u16>,
    classes: Vec<String>,
    /// Number of files in the first part, if the folder is divided into two parts.
    pub(in super::super) first: Option<usize>,
    /// Descriptions of what was passed over.
    pub(in super::super) notes: Vec<String>,
}

impl Listing {
    /// Lists the images of a folder.
    pub(in super::super) fn of(dir: &Path, purpose: Purpose) -> Result<Self, DataError> {
        let mut passed = Passed::default();
        let folders = folders(dir, &mut passed)?;
        let parts = Parts::among(&folders)?;
        let mut listing = match (parts, purpose) {
            (Some(Parts { train, valid, test }), Purpose::Search) => {
                let mut listing = Self::of_parts(train, None, valid, &mut passed)?;
                let note = test.map(|test| format!("{}: test images are not read by a search", test.display()));
                listing.notes.extend(note);
                listing
            }
            (Some(Parts { train, valid, test: Some(test) }), Purpose::Training) => {
                Self::of_parts(train, valid, Some(test), &mut passed)?
            }
            (Some(Parts { train, valid, test: None }), Purpose::Training) => {
                Self::of_parts(train, None, valid, &mut passed)?
            }
            (None, _) => {
                let listing = Self::of_classes(dir, folders, &mut passed)?;
                if let found @ 0..=1 = listing.classes.len() {
                    return Err(DataError::TooFewClasses { path: dir.to_owned(), found });
                }
                listing
            }
        };
        listing.notes.extend(passed.note());
        Ok(listing)
    }

    /// Lists the images of a folder that is not divided into parts.
    pub(super) fn undivided(dir: &Path) -> Result<Self, DataError> {
        let mut passed = Passed::default();
        let folders = folders(dir, &mut passed)?;
        if folders.is_empty() {
            return Err(files::missing(dir, DataSet::Folder, EXPECTED));
        }
        if let Some(Parts { train, valid, test }) = Parts::among(&folders)? {
            let part = test.or(valid).unwrap_or(train);
            let what = format!("{} is divided into parts; name one of them, such as {}", dir.display(), part.display());
            return Err(DataError::BadOption { option: "dir", what });
        }
        Self::of_classes(dir, folders, &mut passed)
    }

    pub(in super::super) fn labels(&self) -> Labels<'_> {
        Labels { labels: &self.labels, classes: &self.classes }
    }

    /// Lists the images of the training folder, with more training images if there are some, and those of the second
    /// part.
    fn of_parts(
        train: &Path,
        more: Option<&Path>,
        second: Option<&Path>,
        passed: &mut Passed,
    ) -> Result<Self, DataError> {
        let (folders, _) = entries(train, passed)?;
        let mut listing = Self::of_classes(train, folders, passed)?;
        if let Some(more) = more {
            listing.extend(train, more, passed)?;
        }
        if let Some(second) = second {
            listing.first = Some(listing.files.len());
            listing.extend(train, second, passed)?;
        }
        Ok(listing)
    }

    /// Adds the images of another part, which has the classes of the training folder.
    fn extend(&mut self, train: &Path, part: &Path, passed: &mut Passed) -> Result<(), DataError> {
        let (folders, _) = entries(part, passed)?;
        if !folders.iter().map(|(name, _)| name).eq(&self.classes) {
            return Err(DataError::OtherClasses { path: part.to_owned(), train: train.to_owned() });
        }
        let other = Self::of_classes(part, folders, passed)?;
        self.files.extend(other.files);
        self.labels.extend(other.labels);
        Ok(())
    }

    fn of_classes(dir: &Path, folders: Vec<(String, PathBuf)>, passed: &mut Passed) -> Result<Self, DataError> {
        let mut listing =
            Self { files: Vec::new(), labels: Vec::new(), classes: Vec::new(), first: None, notes: Vec::new() };
        for (name, path) in folders {
            let Ok(class) = u16::try_from(listing.classes.len()) else {
                let what = format!("{} has more than {} class folders", dir.display(), u16::MAX);
                return Err(DataError::BadOption { option: "dir", what });
            };
            let (inner, mut images) = entries(&path, passed)?;
            // Tiny ImageNet has the images of a class one level below it.
            for (_, folder) in inner {
                images.extend(entries(&folder, passed)?.1);
            }
            if images.is_empty() {
                return Err(DataError::EmptyClass { path });
            }
            listing.labels.resize(listing.labels.len() + images.len(), class);
            listing.files.extend(images);
            listing.classes.push(name);
        }
        Ok(listing)
    }
}

/// Folders of the parts of a data set.
struct Parts<'a> {
    train: &'a Path,
    valid: Option<&'a Path>,
    test: Option<&'a Path>,
}

impl<'a> Parts<'a> {
    /// Finds the parts among the folders of a data set; returns `None` if it is not divided.
    fn among(folders: &'a [(String, PathBuf)]) -> Result<Option<Self>, DataError> {
        let part = |names: &[&str]| {
            let found = folders.iter().find(|(name, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known)));
            found.map(|(_, path)| path.as_path())
        };
        // A folder of this name with folders in it is a part, and a class otherwise.
        let Some(train) = part(&TRAIN).filter(|train| has_folders(train)) else { return Ok(None) };
        let (valid, test) = (part(&VALID), part(&TEST));
        let known = [Some(train), valid, test];
        match folders.iter().find(|(_, path)| !known.contains(&Some(path.as_path()))) {
            Some((_, path)) => Err(DataError::BesideParts { path: path.clone(), train: train.to_owned() }),
            None => Ok(Some(Self { train, valid, test })),
        }
    }
}

/// Numbers of files that are no images, by extension.
#[derive(Default)]
struct Passed(BTreeMap<String, usize>);

impl Passed {
    fn add(&mut self, path: &Path) {
        let extension = path.extension().and_then(OsStr::to_str).map(|extension| format!(".{}", short(extension)));
        *self.0.entry(extension.unwrap_or_else(|| "without an extension".to_owned())).or_default() += 1;
    }

    fn note(&self) -> Option<String> {
        const LISTED: usize = 8;
        let mut kinds: Vec<String> =
            self.0.iter().take(LISTED).map(|(kind, count)| format!("{count} {kind}")).collect();
        if self.0.len() > LISTED {
            kinds.push("and others".to_owned());
        }
        let total: usize = self.0.values().sum();
        let files = if total == 1 { "file that is no image" } else { "files that are no images" };
        (total > 0).then(|| format!("passed over {total} {files}: {}", kinds.join(", ")))
    }
}

fn short(extension: &str) -> String {
    extension.chars().filter(|c| !c.is_control()).take(16).collect::<String>().to_lowercase()
}

/// Returns the folders in the folder of a data set.
fn folders(dir: &Path, passed: &mut Passed) -> Result<Vec<(String, PathBuf)>, DataError> {
    if dir.is_dir() { Ok(entries(dir, passed)?.0) } else { Err(files::missing(dir, DataSet::Folder, EXPECTED)) }
}

/// Returns true if there are two class folders at least. With one level below their class, images of a class lie in one
/// folder.
fn has_folders(dir: &Path) -> bool {
    entries(dir, &mut Passed::default()).is_ok_and(|(folders, images)| folders.len() > 1 && images.is_empty())
}

/// Returns the folders and the images in a folder, sorted by name, without hidden ones and those of systems.
#[expect(clippy::type_complexity, reason = "two lists")]
fn entries(dir: &Path, passed: &mut Passed) -> Result<(Vec<(String, PathBuf)>, Vec<PathBuf>), DataError> {
    let (mut folders, mut images) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(dir).map_err(|source| files::unreadable(dir, source))? {
        let entry = entry.map_err(|source| files::unreadable(dir, source))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            if !SYSTEM.contains(&name.as_str()) {
                folders.push((name, path));
            }
        } else if is_image(&path) {
            images.push(path);
        } else if !SYSTEM_FILES.contains(&name.as_str()) {
            passed.add(&path);
        }
    }
    folders.sort();
    images.sort();
    Ok((folders, images))
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    extension.is_some_and(|extension| EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
        && path.is_file()
}
