//! What every simulation needs: a folder, a configuration, patients who answer, and its error.

use std::path::Path;

use tempfile::TempDir;

use crate::annie::model::patients::{Kind, Patients};
use crate::config::{self, Config};
use crate::store::StoreError;

/// Why a simulation failed to run.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The disk.
    #[error("cannot use the simulation's folder: {0}")]
    Disk(#[from] std::io::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// A folder in memory, if the machine has one.
pub(crate) fn folder() -> Result<TempDir, SimulationError> {
    let memory = Path::new("/dev/shm");
    Ok(if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }?)
}

/// The configuration with this text, written into the folder.
pub(crate) fn configured(folder: &Path, text: &str) -> Result<Config, SimulationError> {
    let file = folder.join("config.toml");
    std::fs::write(&file, text)?;
    match config::load(&file) {
        Ok((config, _)) => Ok(config),
        Err(config::ConfigError::Wrong(report)) => Err(SimulationError::Other(report.render(false))),
        Err(other) => Err(SimulationError::Other(other.to_string())),
    }
}

/// How patients answer. If nothing goes wrong, every patient must be texted, so they only confirm.
pub(crate) fn patients(seed: u64) -> Patients {
    match seed.is_multiple_of(5) {
        true => Patients::with(&[(Kind::Confirm, 0.5), (Kind::Thanks, 0.1)]),
        false => Patients::with(&[
            (Kind::Confirm, 0.4),
            (Kind::Change, 0.08),
            (Kind::Cancel, 0.08),
            (Kind::Question, 0.05),
            (Kind::Urgent, 0.01),
            (Kind::Wrong, 0.01),
            (Kind::Unclear, 0.01),
            (Kind::Thanks, 0.1),
        ]),
    }
}
