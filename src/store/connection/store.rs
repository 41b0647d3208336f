//! The daemon's access to the database: one writer, whose transactions are committed entirely or not at all, and
//! readers that never wait for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};

use crate::store::connection::error::StoreError;
use crate::store::connection::open;
use crate::store::connection::place::Place;
use crate::store::connection::readers::{Readers, in_snapshot};

/// How long the daemon waits for another process's write.
const DAEMONS_BUSY_WAIT: Duration = Duration::from_secs(2);

/// The daemon's database. One thread owns the writer and closures are sent to it; reads use connections of their own.
/// In a simulation, the work runs in the calling thread.
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
    /// Moves an open connection to a thread of its own.
    pub fn new(connection: Connection) -> Store {
        // The daemon does not wait long: what is locked now is tried again in the next pass.
        let _ = connection.busy_timeout(DAEMONS_BUSY_WAIT);
        let path = connection.path().unwrap_or_default().as_ref();
        let (readers, place) = (Arc::new(Readers::of(path)), Arc::new(Place::of(path)));
        let writer = tokio_rusqlite::Connection::from(connection);
        Store { connection: Where::Threads { writer, readers, place } }
    }

    /// Works in the calling thread, so that everything happens in one order: for simulations.
    pub(crate) fn here(connection: Connection) -> Store {
        Store { connection: Where::Here(Arc::new(Mutex::new(connection))) }
    }

    /// Moves the log into the file and empties it, so that deleted content is in neither. If a read is in progress, the
    /// next call does it. A simulation keeps its log.
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

    /// Fails with [`StoreError::Displaced`] if the files at the database's paths are no longer the open ones.
    pub(crate) fn check_place(&self) -> Result<(), StoreError> {
        match &self.connection {
            Where::Here(_) => Ok(()),
            Where::Threads { place, .. } => place.check(),
        }
    }

    /// From now on, closing the database neither moves the log into the file nor deletes the file at the log's path,
    /// which may belong to another database.
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

    /// Closes the database. The log is moved into the file, so that the file alone is a complete copy. Other handles
    /// get [`StoreError::Closed`] from then on. On an error nothing is lost: the log is moved when the database is next
    /// opened.
    pub(crate) async fn close(self) -> Result<(), StoreError> {
        match self.connection {
            Where::Here(_) => Ok(()),
            Where::Threads { writer, readers, .. } => {
                // The last connection to close moves the log, and a reader cannot do that.
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

    /// Runs `work` in one immediate transaction: committed if it succeeds, rolled back if it fails.
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

    /// Runs `work` on one state of the database on a read-only connection. It sees what was committed before it
    /// started, and neither waits for the writer nor blocks it.
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

/// Runs work that waits for a disk beside the asynchronous tasks.
pub(crate) async fn blocking<T: Send + 'static, E: From<StoreError> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The program is stopping.
            Err(_) => Err(StoreError::Closed.into()),
        },
    }
}

/// Runs `work` in a transaction of its own, waiting for another writer: for commands that run alongside a daemon. If
/// `work` fails, nothing is written.
pub fn in_transaction<R>(
    connection: &mut Connection,
    work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<R, StoreError>,
) -> Result<R, StoreError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = work(&tx)?;
    tx.commit()?;
    Ok(done)
}
