//! Files of `torch.save` since PyTorch 1.6: a zip archive with a pickle and an entry for each storage.

use std::collections::BTreeMap;
use std::io::Cursor;

use zip::{CompressionMethod, ZipArchive};

use super::stored::Stored;
use super::torch;
use crate::text::excerpt;

/// First bytes of an archive.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";

/// Name of the pickle within the folder that all entries are in.
const PICKLE: &str = "data.pkl";

/// Reads the tensors of a file.
pub(super) fn tensors(bytes: &[u8]) -> Result<BTreeMap<String, Stored<'_>>, String> {
    let mut archive = Archive::open(bytes)?;
    if archive.entry("byteorder")?.is_some_and(|order| order != b"little") {
        return Err("its numbers are big-endian, and little-endian ones are read".to_owned());
    }
    let pickle = archive.entry(PICKLE)?.unwrap_or_default();
    let (pickle, _) = torch::pickle(pickle)?;
    let mut storages: BTreeMap<String, &[u8]> = BTreeMap::new();
    torch::tensors(&pickle, |storage| {
        if let Some(known) = storages.get(storage.key) {
            return Ok(*known);
        }
        let name = format!("data/{}", storage.key);
        let found = archive.entry(&name)?.ok_or_else(|| format!("has no entry `{}`", excerpt(&name)))?;
        storages.insert(storage.key.to_owned(), found);
        Ok(found)
    })
}

/// Archive whose entries lie in it as they are.
struct Archive<'a> {
    bytes: &'a [u8],
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// Beginning of the names of all entries, such as `archive/`.
    folder: Vec<u8>,
    /// Total size of the entries that were taken.
    taken: usize,
}

impl<'a> Archive<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| format!("its archive is damaged: {error}"))?;
        let is_folder = |folder: &&[u8]| folder.is_empty() || folder.ends_with(b"/");
        let folder = zip.file_names_raw().find_map(|name| name.strip_suffix(PICKLE.as_bytes()).filter(is_folder));
        let folder = folder.ok_or("it is a zip archive, but none of `torch.save`: it has no `data.pkl`")?.to_vec();
        Ok(Self { bytes, zip, folder, taken: 0 })
    }

    /// Returns the bytes of an entry, if there is one of this name.
    fn entry(&mut self, name: &str) -> Result<Option<&'a [u8]>, String> {
        let full = [self.folder.as_slice(), name.as_bytes()].concat();
        let Some(index) = self.zip.index_for_name_raw(&full) else { return Ok(None) };
        let fault = |what: &str| format!("its entry `{}` {what}", excerpt(name));
        let entry = self.zip.by_index_raw(index).map_err(|error| fault(&format!("is damaged: {error}")))?;
        if entry.compression() != CompressionMethod::Stored || entry.encrypted() {
            return Err(fault("is compressed, as no file of PyTorch is; pack the archive without compression"));
        }
        let start = entry.data_start().and_then(|start| usize::try_from(start).ok());
        let size = usize::try_from(entry.size()).ok();
        let end = start.zip(size).and_then(|(start, size)| start.checked_add(size));
        let found = start.zip(end).and_then(|(start, end)| self.bytes.get(start..end));
        let found = found.ok_or_else(|| fault("ends after the file"))?;
        // Entries that lie in each other would take long to check.
        self.taken = self.taken.saturating_add(found.len());
        if self.taken > self.bytes.len() {
            return Err(fault("lies within another one"));
        }
        if crc32fast::hash(found) != entry.crc32() {
            return Err(fault("is damaged, or was written without a checksum"));
        }
        Ok(Some(found))
    }
}
