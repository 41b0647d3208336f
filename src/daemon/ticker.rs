//! The scheduler: one job of tokio-cron-scheduler, in UTC, that only nudges.
//!
//! The library's time zone jobs are an hour off after each clock change, its repeated jobs die after a stall, and when
//! the clock is set back, a job stops until the old time comes round again. So there is one UTC job, what is due is
//! decided elsewhere from stored times, and a watch on the boot clock replaces a job that has stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tracing::{debug, warn};
use uuid::Uuid;

use crate::clock::Clock;
use crate::config::values::schedule;

/// How long no beat may come, beyond twice the job's own interval, before the job is replaced.
const PATIENCE: Duration = Duration::from_secs(60);

/// The running job.
pub(crate) struct Ticker {
    scheduler: JobScheduler,
    job: Uuid,
    cron: String,
    ticks: mpsc::Sender<()>,
    /// Milliseconds on the boot clock at the last beat.
    beat: Arc<AtomicU64>,
    clock: Arc<dyn Clock>,
}

impl Ticker {
    /// Starts ticking by a six-field cron expression, in UTC. A tick is dropped if one is already waiting.
    pub(crate) async fn start(
        cron: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<(Ticker, mpsc::Receiver<()>), JobSchedulerError> {
        let (ticks, receiver) = mpsc::channel(1);
        let scheduler = JobScheduler::new().await?;
        let beat = Arc::new(AtomicU64::new(millis(clock.boot())));
        let job = scheduler.add(job(cron, &ticks, &beat, &clock)?).await?;
        scheduler.start().await?;
        Ok((Ticker { scheduler, job, cron: cron.to_owned(), ticks, beat, clock }, receiver))
    }

    /// Ticks by another cron expression from now on.
    pub(crate) async fn set_cron(&mut self, cron: &str) -> Result<(), JobSchedulerError> {
        if cron != self.cron {
            self.cron = cron.to_owned();
            self.replace().await?;
        }
        Ok(())
    }

    /// Replaces a job that has stopped. Call this periodically.
    pub(crate) async fn watch(&mut self, now: DateTime<Utc>) -> Result<(), JobSchedulerError> {
        let silent = self.clock.boot().saturating_sub(Duration::from_millis(self.beat.load(Ordering::Relaxed)));
        if silent > PATIENCE + 2 * rhythm(&self.cron, now) {
            warn!(
                "the scheduler has not run for {} s, perhaps because the clock was set back. Leadtime restarts it now, and texts that are due go out; no action needed",
                silent.as_secs()
            );
            self.replace().await?;
        }
        Ok(())
    }

    /// How long it may take before a pass runs: the job was due, was replaced in time, and was due again.
    pub(crate) fn patience(&self, now: DateTime<Utc>) -> Duration {
        2 * (PATIENCE + 2 * rhythm(&self.cron, now))
    }

    async fn replace(&mut self) -> Result<(), JobSchedulerError> {
        self.scheduler.remove(&self.job).await?;
        self.beat.store(millis(self.clock.boot()), Ordering::Relaxed);
        self.job = self.scheduler.add(job(&self.cron, &self.ticks, &self.beat, &self.clock)?).await?;
        Ok(())
    }

    /// Stops. One more tick may still arrive.
    pub(crate) async fn stop(mut self) {
        if let Err(error) = self.scheduler.shutdown().await {
            debug!(%error, "the scheduler did not stop cleanly; Leadtime exits anyway");
        }
    }
}

fn job(
    cron: &str,
    ticks: &mpsc::Sender<()>,
    beat: &Arc<AtomicU64>,
    clock: &Arc<dyn Clock>,
) -> Result<Job, JobSchedulerError> {
    let (ticks, beat, clock) = (ticks.clone(), beat.clone(), clock.clone());
    Job::new_async(cron, move |_, _| {
        let (ticks, beat, clock) = (ticks.clone(), beat.clone(), clock.clone());
        Box::pin(async move {
            beat.store(millis(clock.boot()), Ordering::Relaxed);
            // Full: a pass that has not begun yet will see everything this one would.
            let _ = ticks.try_send(());
        })
    })
}

/// The time between the next two ticks.
fn rhythm(cron: &str, now: DateTime<Utc>) -> Duration {
    let two = schedule::parse(cron).ok().and_then(|cron| {
        let first = cron.find_next_occurrence(&now, false).ok()?;
        Some((first, cron.find_next_occurrence(&first, false).ok()?))
    });
    let between = two.map_or(TimeDelta::zero(), |(first, second)| second - first);
    between.to_std().unwrap_or_default()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_cron_expression_is_found() {
        let now = "2026-11-24T17:00:01Z".parse().unwrap();
        assert_eq!(rhythm("*/5 * * * * *", now), Duration::from_secs(5));
        assert_eq!(rhythm("0 */10 * * * *", now), Duration::from_secs(600));
    }
}
