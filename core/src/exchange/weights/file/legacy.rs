//! Files of `torch.save` before PyTorch 1.6: five pickles, and all storages after them.

use std::collections::BTreeMap;

use super::stored::Stored;
use super::torch::{self, Storage};
use crate::pickle::Value;

/// Pickle of the number that such a file begins with.
pub(super) const MAGIC: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// Reads the tensors of a file.
pub(super) fn tensors(bytes: &[u8]) -> Result<BTreeMap<String, Stored<'_>>, String> {
    // The magic number, the version of the format, and properties of the machine that wrote it.
    let (_, rest) = torch::pickle(bytes)?;
    let (_, rest) = torch::pickle(rest)?;
    let (system, rest) = torch::pickle(rest)?;
    let is_little = system.entry(system.root, "little_endian").map(|id| &system.values[id]);
    if !matches!(is_little, Some(Value::Bool(true))) {
        return Err("its numbers are not little-endian".to_owned());
    }
    let (pickle, rest) = torch::pickle(rest)?;
    let (keys, mut rest) = torch::pickle(rest)?;
    let widths: BTreeMap<&str, usize> = pickle
        .values
        .iter()
        .filter_map(|value| torch::storage(&pickle, value))
        .map(|Storage { key, width, .. }| (key, width))
        .collect();
    let Value::List(order) = &keys.values[keys.root] else { return Err("it has no list of storages".to_owned()) };
    let mut storages: BTreeMap<&str, &[u8]> = BTreeMap::new();
    for &key in order {
        let key = torch::text(&keys, key).ok_or("its list of storages holds something else")?;
        let width = *widths.get(key).ok_or("it has a storage that no tensor refers to")?;
        let (storage, after) = counted(rest, width).ok_or("it ends early")?;
        storages.insert(key, storage);
        rest = after;
    }
    torch::tensors(&pickle, |storage| {
        storages.get(storage.key).copied().ok_or_else(|| "has a storage that is not in the file".to_owned())
    })
}

/// Splits off a storage: the number of its numbers in eight bytes, and its numbers.
fn counted(bytes: &[u8], width: usize) -> Option<(&[u8], &[u8])> {
    let (count, rest) = bytes.split_first_chunk()?;
    let count = usize::try_from(u64::from_le_bytes(*count)).ok()?;
    rest.split_at_checked(count.checked_mul(width)?)
}
