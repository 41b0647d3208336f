//! The housekeeping pass: the daily backup of the database, and deleting data past its retention. Alongside sending,
//! never ahead of it.

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
use crate::store::outcomes::{outbox, tasks};
use crate::store::{Store, StoreError};

/// How often to check whether there is something to do.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(5);
/// The pause before a failed backup is tried again.
const TRY_AGAIN: TimeDelta = TimeDelta::minutes(15);
/// How often to look for data past its retention.
const SWEEP_AGAIN: TimeDelta = TimeDelta::hours(1);
/// Rows of a kind deleted in one transaction: a few hundredths of a second, with a hundred thousand stored.
const AT_ONCE: usize = 500;

type Made = Result<(Copy, usize), BackupError>;

/// The state of the pass; what is due is in the store.
#[derive(Debug)]
pub struct Housekeeping {
    store: Store,
    looked: Option<DateTime<Utc>>,
    /// The backup in progress, and its local date.
    backup: Option<(JoinHandle<Made>, chrono::NaiveDate)>,
    /// How the last backup went, if that is new.
    news: Option<Done>,
    known: Option<Done>,
    swept: Option<DateTime<Utc>>,
    /// Deleted in the sweep in progress.
    pruned: Pruned,
}

fn is_past(last: Option<DateTime<Utc>>, every: TimeDelta, now: DateTime<Utc>) -> bool {
    last.is_none_or(|last| now - last >= every || now < last)
}

impl Housekeeping {
    /// Nothing has been done in this run yet.
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

    /// One pass: begins what is due and records what has ended. While the clock is not `trusted`, no patient data is
    /// deleted, and twice as many backups are kept, so that those named by a wrong clock do not push out any that are
    /// needed.
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
        // With its own connection, alongside sending.
        let task = tokio::task::spawn_blocking(move || make_daily(&database, &backup.folder, keep, &zone, now));
        self.backup = Some((task, date));
        Ok(())
    }

    /// How the last backup went, once each time that changes.
    pub(crate) fn take_news(&mut self) -> Option<Done> {
        self.news.take()
    }

    /// Waits for the backup in progress, if there is one, and records how it ended.
    pub async fn finish_backup(&mut self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let Some((task, date)) = self.backup.take() else { return Ok(()) };
        match task.await.unwrap_or_else(|error: JoinError| Err(BackupError::Wrong(error.to_string()))) {
            Ok((copy, deleted)) => {
                info!(
                    bytes = copy.bytes,
                    deleted,
                    "the database was backed up to {}, and the backup was verified; {deleted} old backups deleted",
                    copy.path.display()
                );
                self.store.write(move |tx| daily_work::done(tx, Work::Backup, date, now)).await
            }
            Err(error) => {
                error!(
                    "no backup of the database was made: {error}. Texts still go out. Leadtime tries again in 15 minutes; check the disk and the backup folder"
                );
                let why = error.to_string();
                self.store.write(move |tx| daily_work::failed(tx, Work::Backup, &why, now)).await
            }
        }
    }

    /// Deletes a chunk of data past its retention; the next look continues until nothing is left.
    async fn sweep(&mut self, config: &Config, now: DateTime<Utc>) -> Result<(), StoreError> {
        let (country, cutoff) = (config.practice.country, now - config.retention.after_appointment);
        let has_program = config.outcomes.hook.is_some();
        let some = self
            .store
            .write(move |tx| {
                tasks::forget_words(tx, now)?;
                if !has_program {
                    outbox::give_up_left(tx, now)?;
                }
                outbox::forget(tx, now)?;
                retention::prune_some(tx, country, cutoff, AT_ONCE)
            })
            .await?;
        self.pruned.add(some);
        if some.texts < AT_ONCE && some.appointments < AT_ONCE && some.spellings < AT_ONCE {
            let Pruned { texts, appointments, .. } = std::mem::take(&mut self.pruned);
            if texts + appointments > 0 {
                self.store.empty_log().await?;
                info!(
                    texts,
                    appointments, "retention: deleted {appointments} old appointments and the words of {texts} texts"
                );
            }
            if let Err(error) = forget_asides(&config.database, cutoff) {
                warn!(
                    "an old database that a restore set aside cannot be deleted: {error}. It holds patient data past its retention; delete it by hand when you no longer need it"
                );
            }
            self.swept = Some(now);
        }
        Ok(())
    }
}
