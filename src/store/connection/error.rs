//! Database errors, worded so that a person can act on them.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// A database error. The message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file does not exist.
    #[error("there is no database at {0} yet; `leadtime import` or `leadtime run` creates one")]
    Missing(PathBuf),
    /// The file is missing, but it existed before.
    #[error(
        "the database {0} is missing, but its lock file shows that Leadtime has used it. Put the file back, or run `leadtime restore` with the last backup: an empty database has no record of who opted out and who was texted. To start over with an empty database, delete {0}.lock first"
    )]
    Gone(PathBuf),
    /// The files changed while the daemon had them open.
    #[error(
        "{0} was replaced, moved or deleted while Leadtime was using it. Nothing more is sent, because opt-outs and pauses may now be in another file. Make sure that the correct file is in place, then run `systemctl restart leadtime`"
    )]
    Displaced(PathBuf),
    /// The file is not a Leadtime database.
    #[error("{0} is not a Leadtime database; [database] path names the wrong file, or the file is damaged")]
    NotOurs(PathBuf),
    /// A newer version wrote it.
    #[error(
        "{path} was written by a newer version of Leadtime (schema {found}; this version supports up to {known}); install the newer version again"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: usize,
        /// The newest schema version this program supports.
        known: usize,
    },
    /// An older version wrote it, and this command must not change it.
    #[error("{0} was written by an older version of Leadtime; `leadtime run` or `leadtime import` upgrades it")]
    Older(PathBuf),
    /// It cannot be opened or created.
    #[error(
        "cannot open {path}: {why}; the folder must exist, belong to the user Leadtime runs as, and be on a writable disk"
    )]
    Unopenable {
        /// The file.
        path: PathBuf,
        /// The system's error message.
        why: String,
    },
    /// The file cannot be written to.
    #[error("cannot write to {0}: the disk or the file is read-only, or the file belongs to another user")]
    ReadOnly(PathBuf),
    /// No free space.
    #[error("the disk is full; free up space, and Leadtime resumes automatically")]
    DiskFull,
    /// The disk reports an error.
    #[error(
        "the disk reported an error ({0}); check the disk (`dmesg`). Leadtime resumes automatically when it works again"
    )]
    DiskFails(String),
    /// The file's contents are not what was written.
    #[error("the database is damaged; stop the service and restore the last backup")]
    Damaged,
    /// Another process holds a lock on it.
    #[error("the database is locked by another process; try again")]
    Busy,
    /// The connection's thread has ended.
    #[error("the database connection is closed")]
    Closed,
    /// A value that no version of Leadtime writes.
    #[error("the database contains something this version cannot read: {0}")]
    Unreadable(String),
    /// A row is missing right after it was written.
    #[error(
        "the database did not save {0}, so nothing was changed; run `leadtime doctor`, and restore the last backup if the database is damaged"
    )]
    NotKept(&'static str),
    /// A guarded update found the row in a different state than expected.
    #[error("another process changed the same reminder or attempt at the same time ({0})")]
    Stale(&'static str),
    /// Any other SQLite error.
    #[error("database error: {0}")]
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::DiskFull,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged,
            Some(ErrorCode::SystemIoFailure) => StoreError::DiskFails(error.to_string()),
            _ => StoreError::Sql(error),
        }
    }
}

impl StoreError {
    /// Whether the error is caused by particular data and not by the disk, the file or the connection. Such data can be
    /// set aside while everything else continues.
    pub(crate) fn is_about_data(&self) -> bool {
        match self {
            StoreError::Stale(_) | StoreError::Unreadable(_) => true,
            StoreError::Sql(
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..),
            ) => true,
            StoreError::Sql(error) => error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation),
            _ => false,
        }
    }
}
