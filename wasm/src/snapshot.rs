//! Snapshots of searches and trainings: their whole state, without the images.

use lambda_darts::session::{Session, SessionState, Work};

use crate::failure::Failure;

/// Maximum size of a snapshot in bytes, far more than any network that a browser can train needs.
const LARGEST: usize = 256 << 20;

/// Returns all that a session needs to continue, except the visitor's files.
pub(crate) async fn snapshot<W: Work>(session: &mut Session<W>) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(&session.state().await?).map_err(Failure::Json)
}

/// Reads a [`snapshot`].
pub(crate) fn state_of<W: Work>(snapshot: &[u8]) -> Result<SessionState<W>, Failure> {
    let size = snapshot.len();
    if size > LARGEST {
        return Err(Failure::LargeSnapshot { size, most: LARGEST });
    }
    serde_json::from_slice(snapshot).map_err(Failure::Snapshot)
}
