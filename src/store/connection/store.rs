//! The daemon's way to the database: one writer whose transactions are committed whole or not at all, and readers
//! that never wait for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};

use crate::store::connection::error::StoreError;
use crate::store::connection::open;
use crate::store::connection::place::Place;
use crate::store::connection::readers::{Readers, in_snapshot};

/// How long the daemon waits for another writer.
const DAEMONS_BUSY_WAIT: Duration = Duration::from_secs(2);

/// The daemon's database: one thread owns the writer, closures are sent there; reads have connections of their own. A
/// simulation's works where it is called.
#[derive(Debug, Clone)]
pub struct Store {
    connection: Where,
}

#[derive(Debug, Clone)]
enum Where {
    Threads { writer: tokio_rusqlite::Connection, readers: Arc<Readers>, place: Arc<Place> },
    Here(Arc<Mutex<Connection>>),
}

impl Store {
    /// Hands an open connection to a thread of its own.
    pub fn new(connection: Connection) -> Store {
        // The daemon does not stand still for long: what is busy now is tried again at the next pass.
        let _ = connection.busy_timeout(DAEMONS_BUSY_WAIT);
        let path = connection.path().unwrap_or_default().as_ref();
        let (readers, place) = (Arc::new(Readers::of(path)), Arc::new(Place::of(path)));
        Store { connection: Where::Threads { writer: tokio_rusqlite::Connection::from(connection), readers, place } }
    }

    /// Works in the caller's own thread, so that everything has one order: for simulations.
    pub(crate) fn here(connection: Connection) -> Store {
        Store { connection: Where::Here(Arc::new(Mutex::new(connection))) }
    }

    /// Moves the log into the file and empties it, so that what was deleted is in neither; where somebody reads just now, the
    /// next time does it. A simulation keeps its log.
    ///
    /// # Errors
    /// Database errors.
    pub(crate) async fn empty_log(&self) -> Result<(), StoreError> {
        match &self.connection {
            Where::Here(_) => Ok(()),
            Where::Threads { writer, .. } => {
                writer.call(|connection| open::empty_log(connection)).await.map_err(|error| match error {
                    tokio_rusqlite::Error::Error(error) => error,
                    _ => StoreError::Closed,
                })
            }
        }
    }

    /// Fails where the files at the database's paths are not those that are open.
    ///
    /// # Errors
    /// [`StoreError::Displaced`].
    pub(crate) fn check_place(&self) -> Result<(), StoreError> {
        match &self.connection {
            Where::Here(_) => Ok(()),
            Where::Threads { place, .. } => place.check(),
        }
    }

    /// From now on, closing the database neither moves the log into the file nor deletes the file at the log's path: that
    /// one may be another database's.
    ///
    /// # Errors
    /// Database errors.
    pub(crate) async fn leave_log(&self) -> Result<(), StoreError> {
        match &self.connection {
            Where::Here(_) => Ok(()),
            Where::Threads { writer, .. } => {
                let leave = |connection: &mut Connection| {
                    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
                };
                writer.call(leave).await.map(drop).map_err(|_| StoreError::Closed)
            }
        }
    }

    /// Closes the database: the log is moved into the file, so that the file alone is a whole copy. Other handles find it
    /// closed from then on.
    ///
    /// # Errors
    /// Database errors; nothing is lost, the next opening moves the log.
    pub(crate) async fn close(self) -> Result<(), StoreError> {
        match self.connection {
            Where::Here(_) => Ok(()),
            Where::Threads { writer, readers, .. } => {
                // The last connection to close moves the log, and a reader cannot.
                readers.close().await;
                writer.close().await.map_err(|error| match error {
                    tokio_rusqlite::Error::Close((_, error)) | tokio_rusqlite::Error::Error(error) => {
                        StoreError::from(error)
                    }
                    _ => StoreError::Closed,
                })
            }
        }
    }

    /// Runs `work` in one immediate transaction, committed if it succeeds, undone if it fails.
    ///
    /// # Errors
    /// Those of `work`, and those of the transaction.
    pub async fn write<R, F>(&self, work: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: FnOnce(&rusqlite::Transaction<'_>) -> Result<R, StoreError> + Send + 'static,
    {
        match &self.connection {
            Where::Here(connection) => {
                in_transaction(&mut connection.lock().unwrap_or_else(PoisonError::into_inner), work)
            }
            Where::Threads { writer, .. } => {
                writer.call(move |connection| in_transaction(connection, work)).await.map_err(|error| match error {
                    tokio_rusqlite::Error::Error(error) => error,
                    _ => StoreError::Closed,
                })
            }
        }
    }

    /// Runs `work` on one state of the database, on a read-only connection: it sees what was committed before it began,
    /// and neither waits for the writer nor keeps it waiting.
    ///
    /// # Errors
    /// Those of `work`, and those of opening a connection.
    pub async fn read<R, F>(&self, work: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: FnOnce(&Connection) -> Result<R, StoreError> + Send + 'static,
    {
        match &self.connection {
            Where::Here(connection) => in_snapshot(&connection.lock().unwrap_or_else(PoisonError::into_inner), work),
            Where::Threads { readers, .. } => readers.clone().read(work).await,
        }
    }
}

/// Runs work in one transaction of its own, waiting for another writer: for commands beside a daemon.
///
/// # Errors
/// Those of the work; then nothing is written.
pub fn in_transaction<R>(
    connection: &mut Connection,
    work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<R, StoreError>,
) -> Result<R, StoreError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = work(&tx)?;
    tx.commit()?;
    Ok(done)
}
