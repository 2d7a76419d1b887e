//! What can be wrong with data.

use std::io;
use std::path::PathBuf;

use super::DataSet;

/// Why data could not be had.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A folder or a file is not there.
    #[error("{}: not found; the data set `{set}` needs {expected}{}", .path.display(), .set.fetch_hint())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
        /// The files that should be there.
        expected: String,
        /// The data set they belong to.
        set: DataSet,
    },
    /// A folder or a file cannot be read.
    #[error("{}: cannot be read", .path.display())]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is truncated or too large.
    #[error("{}: {size} bytes, {what}", .path.display())]
    WrongSize {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// What the size should be.
        what: String,
    },
    /// A batch is not one for the network that is to read it.
    #[error("a batch that this network cannot read: {what}")]
    BadBatch {
        /// What does not fit.
        what: String,
    },
    /// A label is not one of the classes.
    #[error("{}: record {record} has the label {label}, but labels go from {first} to {last}", .path.display())]
    LabelOutOfRange {
        /// The file.
        path: PathBuf,
        /// The record, counted from 0.
        record: usize,
        /// The label that stands there.
        label: String,
        /// The least label there is.
        first: usize,
        /// The greatest label there is.
        last: usize,
    },
    /// A file is not a MATLAB 5 file with the variables that it should have.
    #[error("{}: at byte {offset}: {what}", .path.display())]
    NotMat {
        /// The file.
        path: PathBuf,
        /// Where in the file.
        offset: usize,
        /// What is wrong there.
        what: String,
    },
    /// A file is not a pickled batch of images.
    #[error("{}: not a pickled batch of images: at byte {offset}: {what}", .path.display())]
    NotPickle {
        /// The file.
        path: PathBuf,
        /// Where in the file.
        offset: usize,
        /// What is wrong there.
        what: String,
    },
    /// A folder has fewer than two classes.
    #[error("{}: {found} class folders with images, but at least 2 are needed: one folder of PNG or JPEG files for each class", .path.display())]
    TooFewClasses {
        /// The folder.
        path: PathBuf,
        /// How many class folders it has.
        found: usize,
    },
    /// A class folder has no images.
    #[error("{}: no PNG or JPEG files in this class folder; add some or remove the folder", .path.display())]
    EmptyClass {
        /// The class folder.
        path: PathBuf,
    },
    /// An image cannot be decoded.
    #[error("{}: not a PNG or JPEG image that can be used: {what}", .path.display())]
    BadImage {
        /// The image.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Images differ in size and no size was given.
    #[error("{}: {width}×{height} pixels, but the images before have {first_width}×{first_height}; give a `size` to resize them all to", .path.display())]
    MixedSizes {
        /// The first image that differs.
        path: PathBuf,
        /// Its width.
        width: usize,
        /// Its height.
        height: usize,
        /// The width of the images before.
        first_width: usize,
        /// The height of the images before.
        first_height: usize,
    },
    /// Images given in memory do not fit together.
    #[error("images: {what}")]
    BadImages {
        /// What does not fit.
        what: String,
    },
    /// A part of the images is smaller than one batch.
    #[error(
        "a batch of {batch} images was asked for, but a part of the data has only {have}; use more images or a smaller batch"
    )]
    TooFewImages {
        /// The images of the smaller part.
        have: usize,
        /// The images of a batch.
        batch: usize,
    },
    /// No data set has this name.
    #[error("unknown data set `{name}`; known are {}", DataSet::ALL.map(DataSet::name).join(", "))]
    UnknownSet {
        /// The name asked for.
        name: String,
    },
    /// A file of indices is not one.
    #[error("{}: line {line}: {what}", .path.display())]
    BadSplit {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        what: String,
    },
    /// An option has a value that makes no sense.
    #[error("data option `{option}`: {what}")]
    BadOption {
        /// The option.
        option: &'static str,
        /// What is wrong with its value.
        what: String,
    },
}

/// What is wrong with the bytes of a file, and where.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) what: String,
}
