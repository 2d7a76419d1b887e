//! Checkpoints in the folder of a run: the newest one and the one before it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use super::{Checkpoint, CheckpointError, MAX_BYTES, NEWEST, PREVIOUS, Work};

impl<W: Work> Checkpoint<W> {
    /// Writes the checkpoint into `folder`, whole or not at all; the newest one there becomes the previous one.
    ///
    /// # Errors
    /// [`CheckpointError::Write`]; the earlier checkpoints are as they were.
    pub fn save(self, folder: &Path) -> Result<(), CheckpointError> {
        let path = folder.join(Self::NEWEST);
        let part = folder.join("checkpoint.part");
        let written = self.into_bytes().and_then(|bytes| replace(folder, &part, &path, &bytes));
        written.map_err(|source| {
            // Frees the space on the disk; only the first failure is reported.
            let _ = fs::remove_file(&part);
            CheckpointError::Write { path, source }
        })
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`CheckpointError::Read`], [`CheckpointError::Damaged`], [`CheckpointError::Version`] or
    /// [`CheckpointError::Kind`].
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        let cannot = |source| CheckpointError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(cannot)?;
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
        Self::parse(&bytes, path)
    }

    /// Reads the newest intact checkpoint of a folder.
    ///
    /// # Errors
    /// That of the newest file, if the one before it cannot be used either; [`CheckpointError::Version`] and
    /// [`CheckpointError::Kind`] at once.
    pub fn newest(folder: &Path) -> Result<Self, CheckpointError> {
        Self::read(&folder.join(NEWEST)).or_else(|error| match error {
            CheckpointError::Version { .. } | CheckpointError::Kind { .. } => Err(error),
            _ => Self::read(&folder.join(PREVIOUS)).map_err(|_| error),
        })
    }
}

/// Replaces the newest file; a crash at any point leaves the newest or the previous file whole.
fn replace(folder: &Path, part: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    match fs::rename(path, folder.join(PREVIOUS)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::rename(part, path)?;
    // A new name is durable only after a sync of the folder, which Unix can open.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
