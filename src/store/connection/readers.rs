//! The daemon's read-only connections: a few, opened when needed and then kept.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use crate::store::connection::error::StoreError;
use crate::store::connection::open;

/// The most reads at a time. Metrics, alerts and the status line rarely come due together. The front desk's page has
/// readers of its own.
const AT_ONCE: usize = 4;

/// The nice value of a thread that reads for the service itself (setpriority(2)): with every core busy, sending texts
/// comes first.
const NICE: i32 = 10;

/// The page cache of a connection for a person, in KiB: the rows of a day are scattered over the file.
const CACHE_FOR_A_PERSON: i64 = 8 * 1024;

/// The connection pool.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    limit: usize,
    nice: Option<i32>,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Readers for a database file; no connection is opened yet.
    pub(crate) fn of(path: &Path) -> Readers {
        Readers::new(AT_ONCE, Some(NICE), path)
    }

    /// Readers at normal priority, at most `limit` at a time: a person waits for what they read, a few milliseconds each.
    pub(crate) fn for_a_person(limit: usize, path: &Path) -> Readers {
        Readers::new(limit, None, path)
    }

    fn new(limit: usize, nice: Option<i32>, path: &Path) -> Readers {
        let permits = Arc::new(Semaphore::new(limit));
        Readers { path: path.to_owned(), limit, nice, permits, idle: Mutex::default() }
    }

    /// Runs `work` on one state of the database in a thread of its own, because it may block and because it may run at
    /// a lower priority, which a thread cannot undo.
    pub(crate) async fn read<R, F>(self: Arc<Self>, work: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: FnOnce(&Connection) -> Result<R, StoreError> + Send + 'static,
    {
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let (done, reading) = oneshot::channel();
        let work = move || {
            // If the service is not allowed to do this, it reads at normal priority.
            if let Some(nice) = self.nice {
                let _ = rustix::process::setpriority_process(None, nice);
            }
            let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = kept.map_or_else(|| self.open(), Ok)?;
            let done = in_snapshot(&connection, work);
            // A connection whose file or disk failed is not reused.
            if done.as_ref().err().is_none_or(StoreError::is_about_data) {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            }
            drop(permit);
            done
        };
        let thread = std::thread::Builder::new().name("reader".to_owned());
        thread.spawn(move || done.send(work())).map_err(|_| StoreError::Busy)?;
        reading.await.map_err(|_| StoreError::Closed)?
    }

    fn open(&self) -> Result<Connection, StoreError> {
        let connection = open::read_only(&self.path)?;
        if self.nice.is_none() {
            connection.pragma_update(None, "cache_size", -CACHE_FOR_A_PERSON)?;
        }
        Ok(connection)
    }

    /// Waits for the reads in progress and closes every connection. Later reads fail with [`StoreError::Closed`].
    pub(crate) async fn close(&self) {
        let all = u32::try_from(self.limit).unwrap_or(u32::MAX);
        if let Ok(permits) = self.permits.acquire_many(all).await {
            self.permits.close();
            drop(permits);
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Runs `work` in one read transaction, so that everything it reads comes from the same state.
pub(crate) fn in_snapshot<R>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<R, StoreError>,
) -> Result<R, StoreError> {
    let tx = connection.unchecked_transaction()?;
    let done = work(&tx)?;
    // Nothing was written; the commit ends the snapshot and keeps what was stored in temporary tables.
    tx.commit()?;
    Ok(done)
}
