//! A folder of images: one folder for each class, perhaps within folders for the parts.

mod decode;
mod jpeg;
mod listing;
mod read;
mod room;

pub(super) use listing::{Listing, Purpose};
pub(super) use read::{Folder, Rules, read, read_all};
