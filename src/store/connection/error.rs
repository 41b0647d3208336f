//! What goes wrong with the database, in words a person can act on.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// What goes wrong with the database, in words that say what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such file.
    #[error("there is no database at {0} yet; `leadtime import` or `leadtime run` makes one")]
    Missing(PathBuf),
    /// There was one.
    #[error(
        "the database {0} is gone: its lock file is still there, so Leadtime has run on it. Put the file back, or run `leadtime restore` with the last backup: an empty database would not know who opted out and who was texted. If you want to start over with an empty one, delete {0}.lock first"
    )]
    Gone(PathBuf),
    /// The files were changed behind the daemon's back.
    #[error(
        "{0} was replaced, moved or deleted while Leadtime ran on it. Nothing more is sent, because opt-outs and pauses may be in another file now. Make sure that the right file is there, then run `systemctl restart leadtime`"
    )]
    Displaced(PathBuf),
    /// The file is something else.
    #[error("{0} is not a Leadtime database; [database] path names the wrong file, or the file is damaged")]
    NotOurs(PathBuf),
    /// A newer program wrote it.
    #[error(
        "{path} was written by a newer version of Leadtime (its schema is {found}, this program knows {known}); install that version again"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: usize,
        /// The newest this program knows.
        known: usize,
    },
    /// An older program wrote it, and this command may not change it.
    #[error(
        "{0} was written by an older version of Leadtime; `leadtime run` or `leadtime import` brings it up to date"
    )]
    Older(PathBuf),
    /// It cannot be opened or created.
    #[error(
        "cannot open {path}: {why}; the folder must exist, belong to the user Leadtime runs as, and be on a disk that can be written"
    )]
    Unopenable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// It cannot be written.
    #[error("{0} cannot be written: the disk or the file is read-only, or belongs to another user")]
    ReadOnly(PathBuf),
    /// No room.
    #[error("the disk is full; make room, and Leadtime goes on by itself")]
    DiskFull,
    /// The disk fails.
    #[error("the disk fails ({0}); look at it (`dmesg`), and Leadtime goes on by itself when it works again")]
    DiskFails(String),
    /// The file is not what was written.
    #[error("the database is damaged; stop the service and restore the last backup")]
    Damaged,
    /// Another process holds it.
    #[error("the database is in use by another program that does not let go of it; try again")]
    Busy,
    /// The connection's thread is gone.
    #[error("the database connection is closed")]
    Closed,
    /// A row that no version of Leadtime writes.
    #[error("the database holds something this version cannot read: {0}")]
    Unreadable(String),
    /// What was written is not there.
    #[error(
        "{0} was not kept by the database, and nothing was changed; run `leadtime doctor`, and restore the last backup if the database is damaged"
    )]
    NotKept(&'static str),
    /// A guarded update met another state than it was written for.
    #[error("a reminder or attempt was changed by somebody else at the same moment ({0})")]
    Stale(&'static str),
    /// Anything else SQLite says.
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
    /// Whether the fault lies in some of the data, and not in the disk, the file or the connection: it may be set
    /// aside while everything else goes on.
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
