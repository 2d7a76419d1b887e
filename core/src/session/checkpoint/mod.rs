//! Checkpoint: the whole state of a session as a file. A power cut leaves the newest or the previous one intact.
//!
//! The file is in the safetensors format: weights, momentum, running statistics and α are its tensors, under the names and
//! in the shapes of the PyTorch references ([`BilevelState`](crate::search::BilevelState)). The rest of the state is JSON in its
//! metadata, and a checksum covers both.

#[cfg(not(target_family = "wasm"))]
mod folder;

use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::mem;
use std::path::{Path, PathBuf};

use crc32fast::Hasher;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};
use serde::{Deserialize, Serialize};

use super::{SessionState, Tensor, Work};

/// Version of the format that this library writes and reads.
const VERSION: u32 = 5;
/// Only key of the metadata: with several, their order in the file would be random.
const KEY: &str = "lambda-darts";
const NEWEST: &str = "checkpoint.safetensors";
const PREVIOUS: &str = "checkpoint-previous.safetensors";
/// Maximum length of a file in bytes, far more than a network needs; a longer one is not read into memory.
const MAX_BYTES: u64 = 1 << 34;

/// State of a session, with the position in the event log at which it was taken.
///
/// ```
/// # use std::sync::Arc;
/// # use lambda_darts::{data::ImageData, device::Device};
/// # use lambda_darts::search::{Checkpoint, EventLogPosition, SearchConfig, Session};
/// # let config = SearchConfig { batch: 8, ..SearchConfig::digits("nas-bench-201") };
/// # let data = Arc::new(ImageData::load(&config.data, 0)?);
/// # let folder = std::env::temp_dir().join(format!("lambda-darts-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let mut session = pollster::block_on(Session::new(config, Arc::clone(&data), &Device::cpu()))?;
/// Checkpoint { state: pollster::block_on(session.state())?, position: EventLogPosition::default() }.save(&folder)?;
/// let found = Checkpoint::read(&folder.join(Checkpoint::NEWEST))?;
/// let session = pollster::block_on(Session::restore(found.state, data, &Device::cpu()))?;
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Checkpoint<W: Work> {
    /// State of the session.
    pub state: SessionState<W>,
    /// Position in the event log.
    pub position: EventLogPosition,
}

// `derive` would demand `W: Clone` and `W: PartialEq`.
impl<W: Work> Clone for Checkpoint<W> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone(), position: self.position }
    }
}

impl<W: Work> PartialEq for Checkpoint<W> {
    fn eq(&self, other: &Self) -> bool {
        self.position == other.position && self.state == other.state
    }
}

/// Position in an event log, which only grows: length and checksum of the part that belongs to a checkpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLogPosition {
    /// Length in bytes.
    pub bytes: u64,
    /// CRC-32 of these bytes.
    pub crc32: u32,
}

impl EventLogPosition {
    /// Moves the position past the bytes that were appended.
    pub fn add(&mut self, appended: &[u8]) {
        let mut hasher = Hasher::new_with_initial(self.crc32);
        hasher.update(appended);
        self.crc32 = hasher.finalize();
        self.bytes += appended.len() as u64;
    }
}

/// Checkpoint that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file cannot be written.
    #[error("{}: the checkpoint cannot be written", .path.display())]
    Write {
        /// Path of the file.
        path: PathBuf,
        /// Error of the file system.
        source: io::Error,
    },
    /// The file cannot be read.
    #[error("{}: the checkpoint cannot be read", .path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Error of the file system.
        source: io::Error,
    },
    /// The file is damaged.
    #[error("{}: the checkpoint is damaged: {what}", .path.display())]
    Damaged {
        /// Path of the file.
        path: PathBuf,
        /// Fault of the file.
        what: String,
    },
    /// The file is the checkpoint of another kind of work.
    #[error("{}: the checkpoint is that of a {found}, not of a {expected}", .path.display())]
    Kind {
        /// Path of the file.
        path: PathBuf,
        /// Kind of the work that it was taken of.
        found: String,
        /// Kind of the work that was to be read.
        expected: &'static str,
    },
    /// The file has the format of another version of this library.
    #[error(
        "{}: the checkpoint is of format {found}, and this version reads {VERSION}; \
         go on with the version that wrote it, or update",
        .path.display()
    )]
    Version {
        /// Path of the file.
        path: PathBuf,
        /// Version of its format.
        found: u32,
    },
}

/// Content of the metadata.
#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    /// Kind of the work.
    kind: String,
    crc32: u32,
    /// [`Small`] as JSON, in the bytes that the checksum covers.
    rest: String,
}

/// State and position, without the tensors of the state.
#[derive(Serialize, Deserialize)]
struct Small<S> {
    state: S,
    position: EventLogPosition,
}

impl<W: Work> Checkpoint<W> {
    /// Name of the newest checkpoint in the folder of a run.
    pub const NEWEST: &str = NEWEST;
    /// Name of the checkpoint before it.
    pub const PREVIOUS: &str = PREVIOUS;

    /// Reads the bytes that [`into_bytes`](Self::into_bytes) returned; `name` stands for the file in messages.
    ///
    /// # Errors
    /// [`CheckpointError::Damaged`], [`CheckpointError::Version`] or [`CheckpointError::Kind`].
    pub fn parse(bytes: &[u8], name: &Path) -> Result<Self, CheckpointError> {
        Self::from_bytes(bytes).map_err(|fault| match fault {
            Fault::Damaged(what) => CheckpointError::Damaged { path: name.to_owned(), what },
            Fault::Version(found) => CheckpointError::Version { path: name.to_owned(), found },
            Fault::Kind(found) => CheckpointError::Kind { path: name.to_owned(), found, expected: W::KIND },
        })
    }

    /// Returns the bytes of the checkpoint's file, to be stored elsewhere than in a folder.
    ///
    /// # Errors
    /// [`io::Error`] if the format cannot represent the state.
    pub fn into_bytes(mut self) -> io::Result<Vec<u8>> {
        let tensors: Vec<_> = mem::take(self.state.tensors())
            .into_iter()
            .map(|(name, tensor)| {
                let (dtype, bytes) = shortest(&tensor.values);
                (name, dtype, tensor.shape, bytes)
            })
            .collect();
        let rest = serde_json::to_string(&Small { state: &self.state, position: self.position })?;
        let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
            TensorView::new(*dtype, shape.clone(), bytes).map(|view| (name.as_str(), view))
        });
        let views = views.collect::<Result<Vec<_>, _>>().map_err(io::Error::other)?;
        let crc32 = checksum(W::KIND, &rest, &views);
        let header = serde_json::to_string(&Header { version: VERSION, kind: W::KIND.to_owned(), crc32, rest })?;
        serialize(views, Some(HashMap::from([(KEY.to_owned(), header)]))).map_err(io::Error::other)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.len() as u64 > MAX_BYTES {
            return Err(damaged("it is too large"));
        }
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let header = metadata.metadata().as_ref().and_then(|found| found.get(KEY));
        let header = header.ok_or_else(|| damaged("it is not one of this program"))?;
        // Another version may have another header, so its number is read alone.
        let version = serde_json::from_str(header).map(|Version { version }| version).map_err(damaged)?;
        if version != VERSION {
            return Err(Fault::Version(version));
        }
        let header: Header = serde_json::from_str(header).map_err(damaged)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(damaged)?;
        let mut views: Vec<(&str, TensorView<'_>)> = tensors.iter().collect();
        views.sort_unstable_by_key(|(name, _)| *name);
        if checksum(&header.kind, &header.rest, &views) != header.crc32 {
            return Err(damaged("its checksum is another"));
        }
        if header.kind != W::KIND {
            return Err(Fault::Kind(header.kind));
        }
        let Small::<SessionState<W>> { mut state, position } = serde_json::from_str(&header.rest).map_err(damaged)?;
        for (name, view) in views {
            let values = numbers(&view).ok_or_else(|| damaged(format!("{name} has numbers of another type")))?;
            state.tensors().insert(name.to_owned(), Tensor { shape: view.shape().to_vec(), values });
        }
        Ok(Self { state, position })
    }
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Debug)]
enum Fault {
    Damaged(String),
    Version(u32),
    Kind(String),
}

/// Fault of a damaged file, from an error or a sentence.
fn damaged(what: impl Into<Box<dyn Error>>) -> Fault {
    Fault::Damaged(what.into().to_string())
}

/// Checksum over the kind of the work, the rest of the state and all tensors, which are ordered by their names.
fn checksum(kind: &str, rest: &str, tensors: &[(&str, TensorView<'_>)]) -> u32 {
    let mut hasher = Hasher::new();
    let mut add = |bytes: &[u8]| {
        // The lengths too: a byte must not move from one part to the next.
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(kind.as_bytes());
    add(rest.as_bytes());
    for (name, view) in tensors {
        add(name.as_bytes());
        view.shape().iter().for_each(|&size| add(&(size as u64).to_le_bytes()));
        add(view.data());
    }
    hasher.finalize()
}

/// Encodes numbers in 32 bits each if that is exact, as it is for a device that computes in single precision.
fn shortest(numbers: &[f64]) -> (Dtype, Vec<u8>) {
    #[expect(clippy::cast_possible_truncation, reason = "this is what is tried")]
    let short = |number: f64| number as f32;
    if numbers.iter().all(|&number| f64::from(short(number)).to_bits() == number.to_bits()) {
        (Dtype::F32, numbers.iter().flat_map(|&number| short(number).to_le_bytes()).collect())
    } else {
        (Dtype::F64, numbers.iter().flat_map(|number| number.to_le_bytes()).collect())
    }
}

fn numbers(view: &TensorView<'_>) -> Option<Vec<f64>> {
    let data = view.data();
    match view.dtype() {
        Dtype::F32 => Some(data.as_chunks().0.iter().map(|&bytes| f64::from(f32::from_le_bytes(bytes))).collect()),
        Dtype::F64 => Some(data.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::data::ImageData;
    use crate::device::Device;
    use crate::search::{Search, SearchConfig, Session};

    type Checkpoint = super::Checkpoint<Search>;

    /// A state with momentum, in the middle of an epoch.
    fn checkpoint() -> Checkpoint {
        let mut config = SearchConfig::digits("nas-bench-201");
        config.supernet.channels = 1;
        config.batch = 4;
        config.data.images = Some(40);
        let data = Arc::new(ImageData::load(&config.data, 0).unwrap());
        let mut session = pollster::block_on(Session::new(config, data, &Device::cpu())).unwrap();
        for _ in 0..4 {
            pollster::block_on(session.next_event()).unwrap();
        }
        let mut position = EventLogPosition::default();
        position.add(b"four events");
        Checkpoint { state: pollster::block_on(session.state()).unwrap(), position }
    }

    #[test]
    fn what_is_saved_is_read_and_the_one_before_it_stays() {
        let folder = tempfile::tempdir().unwrap();
        let first = checkpoint();
        let mut second = first.clone();
        second.position.add(b"more");
        // A number that does not fit into 32 bits.
        second.state.tensors().values_mut().next().unwrap().values[0] = 0.1;
        first.clone().save(folder.path()).unwrap();
        second.clone().save(folder.path()).unwrap();
        let read = |name| Checkpoint::read(&folder.path().join(name)).unwrap();
        assert_eq!(read(Checkpoint::NEWEST), second);
        assert_eq!(read(Checkpoint::PREVIOUS), first);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);

        // A failed write leaves both files.
        fs::create_dir(folder.path().join("checkpoint.part")).unwrap();
        assert!(matches!(first.clone().save(folder.path()), Err(CheckpointError::Write { .. })));
        assert_eq!((read(Checkpoint::NEWEST), read(Checkpoint::PREVIOUS)), (second, first));
    }

    #[test]
    fn a_record_is_the_same_however_it_grew() {
        let (mut whole, mut parts) = (EventLogPosition::default(), EventLogPosition::default());
        whole.add(b"123456789");
        for part in ["1234", "", "56789"] {
            parts.add(part.as_bytes());
        }
        // The check value of CRC-32.
        assert_eq!((whole, parts), (EventLogPosition { bytes: 9, crc32: 0xCBF4_3926 }, whole));
    }

    #[test]
    fn the_checkpoint_of_another_work_is_named() {
        let bytes = checkpoint().into_bytes().unwrap();
        let read = super::Checkpoint::<crate::training::Train>::parse(&bytes, Path::new("file"));
        let message = read.unwrap_err().to_string();
        assert_eq!(message, "file: the checkpoint is that of a search, not of a training");
    }

    #[test]
    fn the_newest_intact_checkpoint_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let first = checkpoint();
        let mut second = first.clone();
        second.position.add(b"more");
        assert!(Checkpoint::newest(folder.path()).is_err());
        first.clone().save(folder.path()).unwrap();
        second.clone().save(folder.path()).unwrap();
        assert_eq!(Checkpoint::newest(folder.path()).unwrap(), second);
        fs::write(folder.path().join(NEWEST), b"cut").unwrap();
        assert_eq!(Checkpoint::newest(folder.path()).unwrap(), first);
        fs::remove_file(folder.path().join(NEWEST)).unwrap();
        assert_eq!(Checkpoint::newest(folder.path()).unwrap(), first);
    }

    #[test]
    fn another_version_is_refused_by_its_number() {
        let mut bytes = checkpoint().into_bytes().unwrap();
        let written = format!(r#"{{\"version\":{VERSION}"#);
        let place = bytes.windows(written.len()).position(|window| window == written.as_bytes()).unwrap();
        bytes[place + written.len() - 1] = b'7';
        assert!(matches!(Checkpoint::from_bytes(&bytes), Err(Fault::Version(7))));
    }

    #[test]
    fn damage_is_seen() {
        let whole = checkpoint();
        let bytes = whole.clone().into_bytes().unwrap();
        assert_eq!(Checkpoint::from_bytes(&bytes).unwrap(), whole);
        let places = || 0..bytes.len();
        proptest!(ProptestConfig::with_cases(1000), |(place in places(), flip in 1_u8..)| {
            let mut changed = bytes.clone();
            changed[place] ^= flip;
            // White space of the header may become other white space.
            match Checkpoint::from_bytes(&changed) {
                Ok(read) => prop_assert_eq!(&read, &whole),
                Err(Fault::Damaged(_) | Fault::Version(_)) => {}
                // The checksum covers the kind, too.
                Err(Fault::Kind(kind)) => prop_assert!(false, "{kind}"),
            }
        });
        proptest!(ProptestConfig::with_cases(1000), |(length in places())| {
            prop_assert!(Checkpoint::from_bytes(&bytes[..length]).is_err());
        });
        proptest!(|(end in proptest::collection::vec(any::<u8>(), 1..64))| {
            prop_assert!(Checkpoint::from_bytes(&[bytes.as_slice(), &end].concat()).is_err());
        });
        proptest!(|(noise in proptest::collection::vec(any::<u8>(), 0..512))| {
            prop_assert!(Checkpoint::from_bytes(&noise).is_err());
        });
    }
}
