//! Errors of the data.

use std::io;
use std::path::PathBuf;

use super::DataSet;
pub(super) use crate::pickle::Fault;

/// Error of the data: images that cannot be read or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// Folder or file that is missing.
    #[error("{}: {there}; the data set `{set}` needs {expected}", .path.display())]
    Missing {
        /// Path that was searched.
        path: PathBuf,
        /// Description of what lies there instead, or that nothing does.
        there: String,
        /// Files that are expected.
        expected: String,
        /// Data set of the files.
        set: DataSet,
    },
    /// Folder or file that cannot be read.
    #[error("{}: cannot be read", .path.display())]
    Read {
        /// Path of the folder or file.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// File that is truncated or too large.
    #[error("{}: {size} bytes, {what}", .path.display())]
    WrongSize {
        /// Path of the file.
        path: PathBuf,
        /// Size of the file in bytes.
        size: u64,
        /// Description of the fault, with the expected size.
        what: String,
    },
    /// Batch that the network cannot read.
    #[error("the network cannot read this batch: {what}")]
    BadBatch {
        /// Description of the fault.
        what: String,
    },
    /// Label that is not one of the classes.
    #[error("{}: record {record} has the label {label}, but labels go from {first} to {last}", .path.display())]
    LabelOutOfRange {
        /// Path of the file.
        path: PathBuf,
        /// Record of the file, counted from 0.
        record: usize,
        /// Label of the record.
        label: String,
        /// Smallest valid label.
        first: usize,
        /// Largest valid label.
        last: usize,
    },
    /// File that is not a MATLAB 5 file with the expected variables.
    #[error("{}: at byte {offset}: {what}", .path.display())]
    NotMat {
        /// Path of the file.
        path: PathBuf,
        /// Position in the file, in bytes.
        offset: usize,
        /// Description of the fault.
        what: String,
    },
    /// File that is not an IDX file of images or labels.
    #[error("{}: not an IDX file of images: at byte {offset}: {what}", .path.display())]
    NotIdx {
        /// Path of the file.
        path: PathBuf,
        /// Position in the file, in bytes; after unpacking, if it is gzipped.
        offset: usize,
        /// Description of the fault.
        what: String,
    },
    /// File that is not a pickled batch of images.
    #[error("{}: not a pickled batch of images: at byte {offset}: {what}", .path.display())]
    NotPickle {
        /// Path of the file.
        path: PathBuf,
        /// Position in the file, in bytes.
        offset: usize,
        /// Description of the fault.
        what: String,
    },
    /// Folder with fewer than two classes.
    #[error("{}: {found} class folders with images, but at least 2 are needed: one folder of images for each class", .path.display())]
    TooFewClasses {
        /// Path of the folder.
        path: PathBuf,
        /// Number of its class folders.
        found: usize,
    },
    /// Class folder without images.
    #[error("{}: no images in this class folder; add some or remove the folder", .path.display())]
    EmptyClass {
        /// Path of the class folder.
        path: PathBuf,
    },
    /// Validation part with other classes than the training part.
    #[error("{}: its class folders are not those of {}; name that folder alone to divide it instead", .path.display(), .train.display())]
    OtherClasses {
        /// Path of the validation part.
        path: PathBuf,
        /// Path of the training part.
        train: PathBuf,
    },
    /// Folder beside those of the parts.
    #[error("{}: neither a part nor a class, beside {}; move it elsewhere, or name that folder alone", .path.display(), .train.display())]
    BesideParts {
        /// Path of the folder.
        path: PathBuf,
        /// Path of the training part.
        train: PathBuf,
    },
    /// Images that cannot be read, all of them.
    #[error("{count} of {of} images cannot be read: {files}")]
    Unreadable {
        /// Number of these images.
        count: usize,
        /// Number of all images that were chosen.
        of: usize,
        /// Names of the files, with what is wrong with them.
        files: String,
    },
    /// Class that has no image for one of the parts.
    #[error("the class `{class}` has {have} of the images, but the {part} part needs one of it too; {advice}")]
    ClassWithoutImages {
        /// Name of the class.
        class: String,
        /// Number of its images.
        have: usize,
        /// Name of the part without one.
        part: &'static str,
        /// Description of what helps.
        advice: String,
    },
    /// Images of different sizes, without an option that resizes them.
    #[error("{}: {width}×{height} pixels, but the images before have {first_width}×{first_height}; give a `size` to resize them all to", .path.display())]
    MixedSizes {
        /// Path of the first image that differs.
        path: PathBuf,
        /// Width of that image in pixels.
        width: usize,
        /// Height of that image in pixels.
        height: usize,
        /// Width of the images before it.
        first_width: usize,
        /// Height of the images before it.
        first_height: usize,
    },
    /// Images in memory whose fields contradict each other.
    #[error("images: {what}")]
    BadImages {
        /// Description of the fault.
        what: String,
    },
    /// Part of the images that is smaller than one batch.
    #[error(
        "a batch of {batch} images was asked for, but a part of the data has only {have}; use more images or a smaller batch"
    )]
    TooFewImages {
        /// Number of images in the smaller part.
        have: usize,
        /// Number of images in a batch.
        batch: usize,
    },
    /// Unknown data set.
    #[error("unknown data set `{name}`; known are {}", DataSet::ALL.map(DataSet::name).join(", "))]
    UnknownSet {
        /// Name that was asked for.
        name: String,
    },
    /// File of indices that cannot be used.
    #[error("{}: line {line}: {what}", .path.display())]
    BadSplit {
        /// Path of the file.
        path: PathBuf,
        /// Line of the file, counted from 1.
        line: usize,
        /// Description of the fault.
        what: String,
    },
    /// Option with an invalid value.
    #[error("data option `{option}`: {what}")]
    BadOption {
        /// Name of the option.
        option: &'static str,
        /// Description of the fault.
        what: String,
    },
}
