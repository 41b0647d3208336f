//! The engine: runs the passes one after another, whenever it is woken. What is due is in the store, not here.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;
use tracing::{debug, error, info, warn};

use crate::annie::gateway::Gateway;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::reminder::Wait;
use crate::engine::clock_check::ClockMonitor;
use crate::engine::keys::key_worker::KeyWorker;
use crate::engine::send::claim::{Allowance, Claiming, Trusted, claim_some};
use crate::engine::send::in_flight::{Finished, InFlight, settle_all};
use crate::engine::send::queue::Queue;
use crate::engine::sync::reading::Done;
use crate::engine::task_set::TaskSet;
use crate::planner::input::Mode;
use crate::store::ledger::reminders;
use crate::store::{Isolation, Store, StoreError};

/// While texts go out one after another, how often the house is kept and plans are made.
const BETWEEN_HOUSEKEEPING: Duration = Duration::from_secs(1);
/// How often the same waiting is said again.
const SAY_AGAIN: TimeDelta = TimeDelta::minutes(15);

/// What a pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PassReport {
    /// Outcomes written.
    pub settled: usize,
    /// Reminders whose plan changed.
    pub planned: usize,
    /// POSTs begun.
    pub begun: usize,
    /// GETs begun.
    pub reading: usize,
    /// GETs whose answers were taken in.
    pub read: usize,
    /// What sending waits for.
    pub waits: Option<Wait>,
    /// Texts are due that the pace keeps back.
    pub paced: bool,
    /// Ask for the next pass after this long at the latest; none = the next tick will do.
    pub again_in: Option<Duration>,
}

/// Whether the database file is whole: nothing is sent from one that is not, or before it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// It is being checked.
    Checking,
    /// It is.
    Whole,
    /// It is not.
    Damaged,
}

impl File {
    fn waits(self) -> Option<Wait> {
        match self {
            File::Checking => Some(Wait::Checking),
            File::Whole => None,
            File::Damaged => Some(Wait::Damaged),
        }
    }
}

/// The ways to Annie, by the names of the keys.
pub type Gateways = BTreeMap<String, Gateway>;

/// The passes with what they need.
#[derive(Debug)]
pub struct Engine<C> {
    pub(crate) store: Store,
    pub(crate) clock: Arc<C>,
    /// By the names of the keys; empty in observe mode: there is nobody to send to.
    pub(crate) workers: BTreeMap<String, KeyWorker>,
    pub(crate) config: Arc<Config>,
    pub(crate) in_flight: InFlight,
    pub(crate) readings: TaskSet<Done>,
    pub(crate) nudge: Arc<Notify>,
    pub(crate) watch: ClockMonitor,
    /// This life of the daemon is on record, and the rules are live: not before the clock is plausible.
    pub(crate) begun: bool,
    pub(crate) file: File,
    /// The configuration in force waits for a person, or for the next day.
    pub(crate) is_held: bool,
    pub(crate) doubt: Option<String>,
    pub(crate) last_beat: Option<DateTime<Utc>>,
    pub(crate) said: Option<(Wait, DateTime<Utc>)>,
    pub(crate) warned_unknown: u64,
    /// The last pass began texts: others follow at once, and what is not about them is done once a second.
    pub(crate) bursting: bool,
    /// When the house was kept and plans were made last, by the boot clock.
    pub(crate) maintained_at: Option<Duration>,
}

impl<C: Clock + 'static> Engine<C> {
    /// An engine over an open store.
    pub fn new(store: Store, clock: Arc<C>, gateways: Gateways, config: Arc<Config>) -> Engine<C> {
        let workers = gateways.into_iter().map(|(key, gateway)| (key, KeyWorker::new(gateway, &config))).collect();
        let watch = ClockMonitor::start(None, clock.now(), clock.boot());
        Engine {
            store,
            clock,
            workers,
            config,
            in_flight: InFlight::default(),
            readings: TaskSet::default(),
            nudge: Arc::new(Notify::new()),
            watch,
            begun: false,
            file: File::Whole,
            is_held: false,
            doubt: None,
            last_beat: None,
            said: None,
            warned_unknown: 0,
            bursting: false,
            maintained_at: None,
        }
    }

    /// Notified whenever a POST has ended: time for a pass.
    pub fn nudge(&self) -> Arc<Notify> {
        self.nudge.clone()
    }

    /// Says whether the database file is whole; an engine that is not told takes it for whole.
    pub fn set_file(&mut self, file: File) {
        self.file = file;
    }

    /// Says whether the configuration in force waits for a person, or for the next day: nothing is sent by it.
    pub fn hold(&mut self, is_held: bool) {
        self.is_held = is_held;
    }

    /// Whether it does.
    pub fn is_held(&self) -> bool {
        self.is_held
    }

    /// The configuration in force.
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// One pass: settle, hear what was read, keep house, plan, read, send. Timer, nudge and start-up all call this; it
    /// looks at what the store says is due and makes it so.
    ///
    /// # Errors
    /// Database errors. Nothing is lost: outcomes stay collected, what is due stays due.
    pub async fn pass(&mut self) -> Result<PassReport, StoreError> {
        // The clocks are looked at first, so that an answer can lift the doubt a step brought.
        self.watch.see(self.clock.now(), self.clock.boot());
        self.in_flight.collect(false, self.clock.as_ref()).await;
        self.record_send_dates();
        let mut report = PassReport::default();
        // Outcomes share the commit of the next claims, where there may be any.
        if !self.may_claim() {
            report.settled = self.in_flight.settle(&self.store).await?;
        }
        report.read = self.take_readings().await?;
        let now = self.clock.now();
        self.note_doubt(now).await?;
        let (mut more, mut put_off) = (false, false);
        if self.may_plan() {
            if !self.begun {
                self.begin(now).await?;
            }
            let boot = self.clock.boot();
            let lately = |kept: Duration| boot.saturating_sub(kept) < BETWEEN_HOUSEKEEPING;
            put_off = self.bursting && self.maintained_at.is_some_and(lately);
            if !put_off {
                self.maintain(now).await?;
                more = self.plan(now, &mut report).await? && !self.bursting;
                self.maintained_at = Some(boot);
            }
        }
        let keys_with_due = self.read(&mut report).await?;
        self.send(&keys_with_due, &mut report).await?;
        let due = self.workers.values().any(|worker| !worker.queue.is_empty());
        self.bursting = report.begun > 0 || (due && self.in_flight.count() > 0);
        // What was put off while texts went out is done as soon as none do.
        if more || (put_off && !self.bursting) {
            report.again_in = Some(Duration::ZERO);
        }
        debug!(?report, "pass");
        Ok(report)
    }

    fn record_send_dates(&mut self) {
        for (date, (began, ended)) in self.in_flight.take_dates() {
            self.watch.record_response_date(date, began, ended);
        }
    }

    /// Finishes and records the POSTs under way; begins no other.
    ///
    /// # Errors
    /// Database errors.
    pub async fn drain(&mut self) -> Result<usize, StoreError> {
        self.in_flight.collect(true, self.clock.as_ref()).await;
        self.record_send_dates();
        self.in_flight.settle(&self.store).await
    }

    /// When the next planned text is due.
    ///
    /// # Errors
    /// Database errors.
    pub async fn next_due(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.store.read(|connection| reminders::next_due(connection)).await
    }

    /// How many POSTs are under way.
    pub fn in_flight(&self) -> usize {
        self.in_flight.count()
    }

    /// Whether texts may be claimed at all; then outcomes are written with the claims.
    fn may_claim(&self) -> bool {
        self.config.rulebook.mode == Mode::Live && self.file == File::Whole && !self.is_held && !self.workers.is_empty()
    }

    /// Why nothing is sent at all, in live mode.
    fn stands_still(&self) -> Option<Wait> {
        let why = self.file.waits().or(self.is_held.then_some(Wait::ConfigHold));
        why.filter(|_| self.config.rulebook.mode == Mode::Live)
    }

    /// Sends what is due, each key by itself: one that is stopped holds up no other.
    async fn send(&mut self, keys_with_due: &[String], report: &mut PassReport) -> Result<(), StoreError> {
        if self.may_claim() {
            let keys: Vec<String> = self.workers.keys().cloned().collect();
            for key in keys {
                let mut own = PassReport::default();
                self.send_with(&key, keys_with_due.contains(&key), &mut own).await?;
                report.begun += own.begun;
                report.settled += own.settled;
                report.paced |= own.paced;
                report.waits = report.waits.or(own.waits);
                report.again_in = report.again_in.into_iter().chain(own.again_in).min();
            }
            report.settled += self.in_flight.settle(&self.store).await?;
        } else if let Some(why) = self.stands_still() {
            let now = self.clock.now();
            if self.store.read(|connection| reminders::next_due(connection)).await?.is_some_and(|due| due <= now) {
                report.waits = Some(why);
                self.say(why, now);
            }
        }
        Ok(())
    }

    async fn send_with(&mut self, key: &str, keys_with_due: bool, report: &mut PassReport) -> Result<(), StoreError> {
        let boot = self.clock.boot();
        let under_way = self.in_flight.count_of(key);
        let at_once = self.config.annie.concurrency as usize;
        // Where answers come at once, as many are claimed ahead, so that the wire does not wait for the disk.
        let ahead = if self.in_flight.is_quick(key) { at_once } else { 0 };
        let free = (at_once + ahead).saturating_sub(under_way);
        let Some(worker) = self.workers.get_mut(key) else { return Ok(()) };
        // No more in one commit than the wire takes, so that the next is made meanwhile; two at least: after a probe the
        // numbers that were not refused go first, and they are known until one of them is accepted.
        let most = free.min(at_once.max(2)).min(worker.permits.sends(boot));
        if most == 0 {
            // A full house is nudged by the next POST that ends.
            report.again_in =
                Some(worker.permits.wait(boot)).filter(|wait| keys_with_due && free > 0 && !wait.is_zero());
            report.paced = report.again_in.is_some();
            return Ok(());
        }
        let trusted = Trusted { clock: self.watch.is_confirmed(), list_works: worker.list_works() };
        let (ended, mut queue) = (self.in_flight.unsettled(), std::mem::take(&mut worker.queue));
        if !ended.iter().all(Finished::is_sent) {
            queue.forget();
        }
        // The claim's time is read when the store is ours: planning and waiting for a writer take their time.
        let settle_and_claim = |isolation, ended: Vec<Finished>, mut queue: Queue| {
            let (config, clock, api_key) = (self.config.clone(), self.clock.clone(), key.to_owned());
            let allowance = Allowance { most, under_way, isolation };
            self.store.write(move |tx| {
                let settled = settle_all(tx, isolation, &ended)?;
                let (now, boot) = (clock.now(), clock.boot());
                let claiming = claim_some(tx, &config, &api_key, trusted, now, allowance, &mut queue)?;
                Ok((settled, claiming, queue, now, boot))
            })
        };
        let mut done = settle_and_claim(Isolation::Batch, ended, queue).await;
        if done.as_ref().is_err_and(StoreError::is_about_data) {
            done = settle_and_claim(Isolation::PerItem, self.in_flight.unsettled(), Queue::default()).await;
        }
        let (settled, claiming, queue, now, boot) = match done {
            Ok(done) => done,
            Err(error) => {
                // What is known is written, whatever keeps the next texts from being claimed.
                self.in_flight.settle(&self.store).await?;
                return Err(error);
            }
        };
        report.settled = self.in_flight.are_settled(&settled);
        let Some(worker) = self.workers.get_mut(key) else { return Ok(()) };
        worker.queue = queue;
        match claiming {
            Claiming::Sent(claimed) => {
                self.said = self.said.filter(|_| claimed.is_empty());
                report.begun = claimed.len();
                worker.permits.take_sends(claimed.len(), boot);
                for claim in claimed {
                    let clock: Arc<dyn Clock> = self.clock.clone();
                    let send_slot = worker.send_slot.clone();
                    self.in_flight.begin(claim, send_slot, clock, (now, boot), self.nudge.clone());
                }
                if report.begun == most {
                    report.again_in = Some(worker.permits.wait(boot)).filter(|wait| !wait.is_zero());
                    report.paced = report.again_in.is_some() && !worker.queue.is_empty();
                }
            }
            Claiming::Waits(why, until) => {
                report.waits = Some(why);
                let wait = (until - now).to_std().unwrap_or_default();
                report.again_in = Some(wait).filter(|wait| !wait.is_zero());
                self.say(why, now);
            }
            Claiming::Opened(reason) => {
                report.waits = Some(Wait::Circuit);
                error!(%reason, "sending is stopped, nothing is lost: {reason}. When it is mended, sending goes on by itself; `systemctl restart leadtime` tries at once");
            }
        }
        Ok(())
    }

    fn say(&mut self, why: Wait, now: DateTime<Utc>) {
        // The check takes a moment at every start: nothing to warn of.
        if why == Wait::Checking {
            return;
        }
        let said = self.said.is_some_and(|(said, at)| said == why && now - at < SAY_AGAIN && now >= at);
        if !said {
            // Each start catches up, and replies are read before each text: nothing to look at, unless it lasts.
            let usual = matches!(why, Wait::CatchingUp | Wait::RepliesUnread);
            match usual && self.said.is_none_or(|(said, _)| said != why) {
                true => info!(reason = why.code(), "texts are due and wait: {}", why.label()),
                false => warn!(
                    reason = why.code(),
                    "texts are due and wait: {}; `leadtime status` shows how things stand",
                    why.label()
                ),
            }
            self.said = Some((why, now));
        }
    }
}
