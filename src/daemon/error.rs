//! Why the daemon could not run, or stopped.

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
    /// The lock file cannot be made.
    #[error(
        "cannot make the lock file beside {path}: {source}; the folder must exist, belong to the user Leadtime runs as, and be on a disk that can be written"
    )]
    Lock {
        /// The database.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another daemon works on this database.
    #[error("another leadtime runs on {0}; two would text everybody twice. `systemctl status leadtime` shows it")]
    AlreadyRunning(PathBuf),
    /// Signals or the scheduler cannot be set up.
    #[error("cannot start: {0}")]
    Setup(String),
}

impl RunError {
    /// Whether another start would do harm before somebody has looked.
    pub(crate) fn needs_a_person(&self) -> bool {
        matches!(self, RunError::Store(StoreError::Displaced(_) | StoreError::Gone(_)))
    }
}
