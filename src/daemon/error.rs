//! Why the daemon could not run, or why it stopped.

use std::path::PathBuf;

use crate::annie::client::ClientError;
use crate::config::api_key::KeyError;
use crate::store::connection::error::StoreError;
/// Why the daemon does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    /// No key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No HTTPS.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// No database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lock file cannot be created.
    #[error(
        "cannot create the lock file next to {path}: {source}. The folder must exist, belong to the user Leadtime runs as, and be on a writable disk"
    )]
    Lock {
        /// The database.
        path: PathBuf,
        /// The error from the system.
        source: std::io::Error,
    },
    /// Another daemon is running on this database.
    #[error(
        "another Leadtime is already running on {0}; two of them would text every patient twice. Check `systemctl status leadtime`, and stop one of them"
    )]
    AlreadyRunning(PathBuf),
    /// Signals or the scheduler cannot be set up.
    #[error("cannot start: {0}")]
    Setup(String),
}

impl RunError {
    /// Whether another start would do harm before a person has looked.
    pub(crate) fn needs_a_person(&self) -> bool {
        matches!(self, RunError::Store(StoreError::Displaced(_) | StoreError::Gone(_)))
    }
}
