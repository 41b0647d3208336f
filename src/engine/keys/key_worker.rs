//! One line to Annie for each key: its permits, and what is being read over it.

use std::time::Duration;

use tracing::{info, warn};

use crate::annie::gateway::Gateway;
use crate::annie::verdict::ReadError;
use crate::clock::Clock;
use crate::config::Config;
use crate::engine::engine_loop::{Engine, PassReport};
use crate::engine::send::in_flight::SendSlot;
use crate::engine::send::pace::Permits;
use crate::engine::send::queue::Queue;
use crate::engine::sync::reading::{self, Done, Job, Wanting};
use crate::engine::sync::reconcile::Next;
use crate::planner::input::Mode;
use crate::store::StoreError;
use crate::store::conversations::listings;

/// How often Annie is asked for her time while this machine's is doubted.
const ASK_THE_TIME: Duration = Duration::from_secs(60);
/// Failures in a row after which the list of conversations counts as unreadable.
const LIST_IS_BROKEN: u32 = 3;
/// A listing that failed is tried again after this.
const LIST_AGAIN: Duration = Duration::from_secs(300);

/// One key: its way to Annie, its permits, and how reading goes. A slow or closed one holds up no other.
#[derive(Debug)]
pub(crate) struct KeyWorker {
    pub(crate) send_slot: SendSlot,
    pub(crate) permits: Permits,
    /// The reading under way.
    pub(crate) is_reading: Option<u64>,
    /// The last reading was of replies.
    pub(crate) read_replies: bool,
    /// Readings in a row without an answer.
    pub(crate) failures: u32,
    /// No reading before this, by the boot clock.
    pub(crate) not_before: Duration,
    /// No listing before this, by the boot clock: the wall clock may be set meanwhile.
    pub(crate) no_listing_before: Option<Duration>,
    /// Listings in a row that failed.
    pub(crate) list_failures: u32,
    /// The status with which Annie refused the last reading, if she did.
    pub(crate) refused: Option<u16>,
    /// Its texts that are due.
    pub(crate) queue: Queue,
    /// Nothing was to be read; it is not asked again before this, by the boot clock, while texts go out.
    pub(crate) nothing_to_read_until: Duration,
}

impl KeyWorker {
    pub(crate) fn new(gateway: Gateway, config: &Config) -> KeyWorker {
        let permits = Permits::per_minute(config.annie.requests_per_minute);
        KeyWorker {
            send_slot: SendSlot::new(gateway, config.annie.concurrency),
            permits,
            is_reading: None,
            read_replies: false,
            failures: 0,
            not_before: Duration::ZERO,
            no_listing_before: None,
            list_failures: 0,
            refused: None,
            queue: Queue::default(),
            nothing_to_read_until: Duration::ZERO,
        }
    }

    /// What a changed configuration means for it; what is on the wire stays there.
    pub(crate) fn adopt(&mut self, config: &Config) {
        self.permits = self.permits.clone().at_speed(config.annie.requests_per_minute);
        self.send_slot = SendSlot::new(self.send_slot.gateway.clone(), config.annie.concurrency);
    }
}

impl KeyWorker {
    /// Whether the list of conversations can be read, as far as the last tries tell: one failure is none yet.
    pub(crate) fn list_works(&self) -> bool {
        self.list_failures < LIST_IS_BROKEN
    }
}

impl<C: Clock + 'static> Engine<C> {
    /// Takes in what was read; how many readings.
    pub(crate) async fn take_readings(&mut self) -> Result<usize, StoreError> {
        let mut taken = 0;
        while let Some((id, done)) = self.readings.take_next() {
            let Some(done) = done else {
                self.note_failed_task(id);
                continue;
            };
            taken += 1;
            if done.was_answered() {
                self.watch.record_response_date(done.date, done.between.0, done.between.1);
            }
            let now = self.clock.now();
            self.note_reading(&done);
            let boot = self.clock.boot();
            let config = self.config.clone();
            let (done, applied, was_unobserved) = self
                .store
                .write(move |tx| {
                    let was_unobserved = listings::state(tx, &done.api_key)?.is_some_and(|s| s.unobserved.is_some());
                    let applied = reading::apply(tx, &config, &done, now)?;
                    Ok((done, applied, was_unobserved))
                })
                .await?;
            reading::report(&done, &applied, was_unobserved);
            if let (Some((how, _)), Some(worker)) = (applied.concluded, self.workers.get_mut(&done.api_key)) {
                let failed = how == Next::Incomplete;
                worker.no_listing_before = failed.then_some(boot + LIST_AGAIN);
                worker.list_failures = if failed { worker.list_failures + 1 } else { 0 };
            }
        }
        Ok(taken)
    }

    /// A reading that failed within Leadtime: its line reads again, after a while.
    fn note_failed_task(&mut self, id: u64) {
        let boot = self.clock.boot();
        for (key, worker) in self.workers.iter_mut().filter(|(_, worker)| worker.is_reading == Some(id)) {
            warn!(
                key,
                "a reading of Annie's list or of replies failed within Leadtime; it is tried again. If it happens again, please report this line"
            );
            worker.is_reading = None;
            worker.failures += 1;
            worker.not_before = boot + reading::pause_after(worker.failures);
        }
    }

    /// What a reading tells about the line: failures make it wait.
    pub(crate) fn note_reading(&mut self, done: &Done) {
        let boot = self.clock.boot();
        let Some(worker) = self.workers.get_mut(&done.api_key) else { return };
        worker.is_reading = None;
        worker.read_replies = matches!(done.job, Job::Replies(_));
        match (&done.job, done.error()) {
            // One conversation that cannot be read holds up no other.
            (_, None) | (Job::Replies(_), Some(ReadError::Refused { .. })) => {
                worker.failures = 0;
                worker.refused = None;
                if done.job == Job::Probe {
                    info!(key = done.api_key, "Annie accepts the key");
                }
            }
            (job, Some(error)) => {
                worker.failures += 1;
                // One conversation that may not be read says nothing about the key.
                if let (ReadError::Refused { status }, Job::Page { .. } | Job::Probe) = (error, job) {
                    worker.refused = Some(*status);
                }
                worker.not_before = boot + reading::pause_after(worker.failures);
                worker.list_failures += u32::from(matches!(job, Job::Page { .. }) && *error != ReadError::Unreachable);
                if matches!(job, Job::Page { .. }) && matches!(error, ReadError::Refused { .. }) {
                    worker.no_listing_before = Some(boot + LIST_AGAIN);
                }
                if *job == Job::Probe {
                    warn!(
                        key = done.api_key,
                        "Annie does not accept the key, or cannot be asked ({error}); it is tried again by itself, ever more slowly, and a restart tries at once"
                    );
                }
            }
        }
        if done.job == Job::Probe && !self.watch.is_confirmed() {
            worker.not_before = worker.not_before.max(boot + ASK_THE_TIME);
        }
    }

    /// Begins the next reading of each key that has none under way; the keys that have texts due.
    pub(crate) async fn read(&mut self, report: &mut PassReport) -> Result<Vec<String>, StoreError> {
        let mut keys_with_due = Vec::new();
        if self.config.rulebook.mode == Mode::Observe {
            return Ok(keys_with_due);
        }
        let confirmed = self.watch.is_confirmed();
        for (key, worker) in &mut self.workers {
            let (now, boot) = (self.clock.now(), self.clock.boot());
            if worker.is_reading.is_some() || (self.bursting && boot < worker.nothing_to_read_until) {
                keys_with_due.extend((!worker.queue.is_empty()).then(|| key.clone()));
                continue;
            }
            let wanting = Wanting {
                now,
                confirmed: confirmed && self.begun,
                read_replies: worker.read_replies,
                may_list: worker.no_listing_before.is_none_or(|until| boot >= until),
                texts_due: false,
            };
            let (config, api_key, mut queue) = (self.config.clone(), key.clone(), std::mem::take(&mut worker.queue));
            let (queue, (job, due)) = self
                .store
                .write(move |tx| {
                    queue.refresh(tx, &config, &api_key, now)?;
                    let wanting = Wanting { texts_due: !queue.is_empty(), ..wanting };
                    let next = reading::next(tx, &config, &api_key, wanting)?;
                    Ok((queue, next))
                })
                .await?;
            worker.queue = queue;
            if due {
                keys_with_due.push(key.clone());
            }
            if job.is_none() {
                worker.nothing_to_read_until = boot + Duration::from_secs(1);
                continue;
            }
            let wait = worker.permits.wait_to_read(due, boot).max(worker.not_before.saturating_sub(boot));
            if !wait.is_zero() || !worker.permits.may_read(due, boot) {
                report.again_in = report.again_in.into_iter().chain([wait.max(Duration::from_millis(1))]).min();
                continue;
            }
            let Some(job) = job else { continue };
            worker.permits.take_read(boot);
            report.reading += 1;
            let (gateway, key, clock, nudge) =
                (worker.send_slot.gateway.clone(), key.clone(), self.clock.clone(), self.nudge.clone());
            let work = async move { reading::fetch(gateway, key, job, clock.as_ref()).await };
            worker.is_reading = Some(self.readings.begin(work, nudge));
        }
        Ok(keys_with_due)
    }

    /// The status with which Annie refuses to be read, with one of the keys: while she does, nothing can be caught up
    /// with, so nothing is sent, and no text opens the circuit.
    pub fn refused_reading(&self) -> Option<u16> {
        self.workers.values().find_map(|worker| worker.refused)
    }

    /// Waits until the readings under way have ended and are taken in; how many. For tests and simulations.
    ///
    /// # Errors
    /// Database errors.
    pub async fn finish_readings(&mut self) -> Result<usize, StoreError> {
        self.readings.finish().await;
        self.take_readings().await
    }
}
