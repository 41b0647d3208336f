//! What all requests share: the database, the configuration, the clock, and what is kept in memory.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use tokio::sync::{Mutex as AsyncMutex, Notify, Semaphore, watch};

use crate::clock::Clock;
use crate::config::Config;
use crate::config::desk::{Desk, StaffLanguage};
use crate::desk::flash::Notes;
use crate::desk::login_limits::LoginLimits;
use crate::store::connection::open;
use crate::store::connection::readers::Readers;
use crate::store::connection::store::blocking;
use crate::store::{Connection, StoreError, Transaction, in_transaction};

/// Passwords that are checked at one time: each takes 19 MiB and tens of milliseconds.
const HASHING: usize = 2;
/// Reads of the page at one time: it shares no reader with the engine.
pub(crate) const READING: usize = 2;

/// What all requests share.
pub(crate) struct Shared {
    readers: Arc<Readers>,
    clock: Arc<dyn Clock>,
    config: watch::Receiver<Arc<Config>>,
    /// The page's own connection for writing, so that it is never in the queue of the engine's. One act at a time writes;
    /// the others wait without a thread.
    writer: Arc<AsyncMutex<Option<Connection>>>,
    /// Wakes up the engine.
    pub(crate) nudge: Arc<Notify>,
    /// What sessions left for their next page.
    pub(crate) notes: Notes,
    /// Wrong passwords.
    pub(crate) limits: Mutex<LoginLimits>,
    /// How many passwords may be checked now.
    pub(crate) hashing: Arc<Semaphore>,
    /// The number of the last change of the database.
    pub(crate) changes: watch::Receiver<i64>,
    is_secure: bool,
}

impl Shared {
    pub(crate) fn new(
        readers: Arc<Readers>,
        clock: Arc<dyn Clock>,
        config: watch::Receiver<Arc<Config>>,
        nudge: Arc<Notify>,
        changes: watch::Receiver<i64>,
        desk: &Desk,
    ) -> Shared {
        Shared {
            readers,
            clock,
            config,
            writer: Arc::default(),
            nudge,
            notes: Notes::default(),
            limits: Mutex::default(),
            hashing: Arc::new(Semaphore::new(HASHING)),
            changes,
            is_secure: desk.certificate.is_some() || desk.is_behind_proxy,
        }
    }

    /// The configuration in effect.
    pub(crate) fn config(&self) -> Arc<Config> {
        self.config.borrow().clone()
    }

    /// The language of the staff.
    pub(crate) fn language(&self) -> StaffLanguage {
        self.config.borrow().desk.as_ref().map(|desk| desk.language).unwrap_or_default()
    }

    /// Whether requests come through the practice's proxy.
    pub(crate) fn is_behind_proxy(&self) -> bool {
        self.config.borrow().desk.as_ref().is_some_and(|desk| desk.is_behind_proxy)
    }

    /// Whether browsers reach the page encrypted.
    pub(crate) fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Now.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The time since the machine booted.
    pub(crate) fn boot(&self) -> std::time::Duration {
        self.clock.boot()
    }

    /// Reads one state of the database.
    pub(crate) async fn read<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &Config) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let config = self.config();
        self.readers.clone().read(move |connection| work(connection, &config)).await
    }

    /// Writes in one transaction, beside the engine.
    pub(crate) async fn write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &Config) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let (config, mut writer) = (self.config(), self.writer.clone().lock_owned().await);
        blocking(move || {
            let connection = match writer.as_mut() {
                Some(connection) => connection,
                None => writer.insert(open::another_writer(&config.database)?),
            };
            let done = in_transaction(connection, |tx| work(tx, &config));
            // A connection whose file or disk failed is not used again.
            if done.as_ref().err().is_some_and(|error| !error.is_about_data()) {
                *writer = None;
            }
            done
        })
        .await
    }

    /// Waits for the act in progress and closes the database. Requests that are still open get an error.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        *self.writer.lock().await = None;
    }
}
