//! Snapshots of searches and trainings: their whole state without the images, as a checkpoint file of the command.

use std::path::Path;

use lambda_darts::search::{Search, SearchConfig};
use lambda_darts::session::{Checkpoint, CheckpointError, EventLogPosition, Session, SessionState, Work};
use lambda_darts::training::Train;

use crate::failure::Failure;

/// Maximum size of a snapshot in bytes, far more than any network that a browser can train needs.
const LARGEST: usize = 256 << 20;

/// Name of snapshots in messages.
const NAME: &str = "the snapshot";

/// Returns all that a session needs to continue, except the visitor's files.
pub(crate) async fn snapshot<W: Work>(session: &mut Session<W>) -> Result<Vec<u8>, Failure> {
    let state = session.state().await?;
    bytes_of(Checkpoint { state, position: EventLogPosition::default() })
}

/// Reads the state of a [`snapshot`] or of a checkpoint of the command.
pub(crate) fn state_of<W: Work>(snapshot: &[u8]) -> Result<SessionState<W>, Failure> {
    Ok(read(snapshot)?.state)
}

/// Returns a snapshot as the checkpoint that belongs to an event log.
pub(crate) fn checkpoint_for(snapshot: &[u8], events: &str) -> Result<Vec<u8>, Failure> {
    let mut position = EventLogPosition::default();
    position.add(events.as_bytes());
    match read::<Search>(snapshot) {
        Ok(search) => bytes_of(Checkpoint { position, ..search }),
        Err(Failure::Checkpoint(CheckpointError::Kind { .. })) => {
            bytes_of(Checkpoint { position, ..read::<Train>(snapshot)? })
        }
        Err(other) => Err(other),
    }
}

/// Returns the settings of a search's snapshot.
pub(crate) fn config_of(snapshot: &[u8]) -> Result<SearchConfig, Failure> {
    Ok(read::<Search>(snapshot)?.state.config().clone())
}

fn bytes_of<W: Work>(checkpoint: Checkpoint<W>) -> Result<Vec<u8>, Failure> {
    checkpoint.into_bytes().map_err(Failure::Unwritten)
}

fn read<W: Work>(snapshot: &[u8]) -> Result<Checkpoint<W>, Failure> {
    let size = snapshot.len();
    if size > LARGEST {
        return Err(Failure::LargeSnapshot { size, most: LARGEST });
    }
    Ok(Checkpoint::parse(snapshot, Path::new(NAME))?)
}
