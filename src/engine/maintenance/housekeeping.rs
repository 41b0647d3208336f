//! The housekeeping pass: the daily copy of the database, and deleting what is past its time. Beside sending, never
//! ahead of it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::{JoinError, JoinHandle};
use tracing::{error, info, warn};

use crate::config::Config;
use crate::planner::daily_schedule::due;
use crate::store::controls::daily_work::{self, Done, Work};
use crate::store::files::backup::{BackupError, Copy, make_daily};
use crate::store::files::restore::forget_asides;
use crate::store::files::retention::{self, Pruned};
use crate::store::{Store, StoreError};

/// How often it is looked whether there is something to do.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(5);
/// A copy that failed is tried again after this.
const TRY_AGAIN: TimeDelta = TimeDelta::minutes(15);
/// How often what is past its time is looked for.
const SWEEP_AGAIN: TimeDelta = TimeDelta::hours(1);
/// Rows of a kind that are deleted in one transaction: some hundredths of a second, with a hundred thousand stored.
const AT_ONCE: usize = 500;

type Made = Result<(Copy, usize), BackupError>;

/// What the pass remembers; what is due is in the store.
#[derive(Debug)]
pub struct Housekeeping {
    store: Store,
    looked: Option<DateTime<Utc>>,
    /// The copy that is being made, for which local date.
    backup: Option<(JoinHandle<Made>, chrono::NaiveDate)>,
    /// How the last copy went, where that is new.
    news: Option<Done>,
    known: Option<Done>,
    swept: Option<DateTime<Utc>>,
    /// Deleted in the sweep under way.
    pruned: Pruned,
}

fn is_past(last: Option<DateTime<Utc>>, every: TimeDelta, now: DateTime<Utc>) -> bool {
    last.is_none_or(|last| now - last >= every || now < last)
}

impl Housekeeping {
    /// Nothing was done yet in this life.
    pub fn new(store: Store) -> Housekeeping {
        Housekeeping {
            store,
            looked: None,
            backup: None,
            news: None,
            known: None,
            swept: None,
            pruned: Pruned::default(),
        }
    }

    /// One pass: what is due is begun, what has ended is recorded. While the clock is not `trusted` no patients' data are
    /// deleted, and twice as many copies are kept, so that those named by a wrong clock push out none that is needed.
    ///
    /// # Errors
    /// Database errors; it is tried again.
    pub async fn run(&mut self, config: &Arc<Config>, now: DateTime<Utc>, trusted: bool) -> Result<(), StoreError> {
        if !is_past(self.looked, LOOK_AGAIN, now) {
            return Ok(());
        }
        self.looked = Some(now);
        if self.backup.as_ref().is_some_and(|(task, _)| task.is_finished()) {
            self.finish_backup(now).await?;
        }
        self.begin_backup(config, now, trusted).await?;
        if trusted && is_past(self.swept, SWEEP_AGAIN, now) {
            self.sweep(config, now).await?;
        }
        Ok(())
    }

    async fn begin_backup(&mut self, config: &Config, now: DateTime<Utc>, trusted: bool) -> Result<(), StoreError> {
        let Some(backup) = config.backup.as_ref().filter(|_| self.backup.is_none()) else { return Ok(()) };
        let last = self.store.read(|connection| daily_work::last(connection, Work::Backup)).await?;
        if last != self.known {
            (self.news, self.known) = (last.clone(), last.clone());
        }
        let failed = last.as_ref().and_then(|last| Some(last.fault.as_ref()?.0));
        if !is_past(failed, TRY_AGAIN, now) {
            return Ok(());
        }
        let zone = &config.practice.zone;
        let Some(date) = due(zone, backup.at, last.and_then(|last| last.date), now) else { return Ok(()) };
        let (database, backup, zone) = (config.database.clone(), backup.clone(), zone.clone());
        let keep = if trusted { backup.keep } else { backup.keep.saturating_mul(2) };
        // With a connection of its own, beside the texts.
        let task = tokio::task::spawn_blocking(move || make_daily(&database, &backup.folder, keep, &zone, now));
        self.backup = Some((task, date));
        Ok(())
    }

    /// How the last copy of the database went, once for each time that changes.
    pub(crate) fn take_news(&mut self) -> Option<Done> {
        self.news.take()
    }

    /// Waits for the copy that is being made, if one is, and records how it ended.
    pub async fn finish_backup(&mut self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let Some((task, date)) = self.backup.take() else { return Ok(()) };
        match task.await.unwrap_or_else(|error: JoinError| Err(BackupError::Wrong(error.to_string()))) {
            Ok((copy, deleted)) => {
                info!(
                    bytes = copy.bytes,
                    deleted,
                    "the database was copied to {}, and the copy checked; {deleted} old ones deleted",
                    copy.path.display()
                );
                self.store.write(move |tx| daily_work::done(tx, Work::Backup, date, now)).await
            }
            Err(error) => {
                error!("no copy of the database was made: {error}. It is tried again in a quarter of an hour");
                let why = error.to_string();
                self.store.write(move |tx| daily_work::failed(tx, Work::Backup, &why, now)).await
            }
        }
    }

    /// Deletes a chunk of what is past its time; the next look goes on until nothing is left.
    async fn sweep(&mut self, config: &Config, now: DateTime<Utc>) -> Result<(), StoreError> {
        let (country, cutoff) = (config.practice.country, now - config.retention.after_appointment);
        let some = self.store.write(move |tx| retention::prune_some(tx, country, cutoff, AT_ONCE)).await?;
        self.pruned.add(some);
        if some.texts < AT_ONCE && some.appointments < AT_ONCE && some.spellings < AT_ONCE {
            let Pruned { texts, appointments, .. } = std::mem::take(&mut self.pruned);
            if texts + appointments > 0 {
                self.store.empty_log().await?;
                info!(
                    texts,
                    appointments,
                    "retention: {appointments} visits of long ago, and the words of {texts} texts, are deleted"
                );
            }
            if let Err(error) = forget_asides(&config.database, cutoff) {
                warn!(
                    "a former database that a restore kept aside cannot be deleted: {error}; delete it by hand when it is not needed"
                );
            }
            self.swept = Some(now);
        }
        Ok(())
    }
}
