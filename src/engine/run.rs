//! The engine: runs its parts one after another whenever it is woken. What is due is in the store, not here.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use tracing::debug;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::ids::ApiKeyName;
use crate::domain::reminder::Wait;
use crate::engine::clock_guard::ClockGuard;
use crate::engine::context::Context;
use crate::engine::keys::key_set::{Gateways, Keys};
use crate::engine::maintenance::each_pass::EachPass;
use crate::engine::report::PassReport;
use crate::engine::send::sender::Sender;
use crate::engine::sync::reader::{DueByKey, ReadState, Reader};
use crate::engine::sync::reading::SOON;
use crate::engine::{lifecycle, planning};
use crate::store::ledger::reminders;
use crate::store::{Store, StoreError};

/// While texts go out one after another, how often all other work is done.
const BETWEEN_ROUNDS: Duration = Duration::from_secs(1);

/// Whether the database file is intact: nothing is sent from a damaged one, or before it is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum File {
    /// It is being checked.
    Checking,
    /// It is intact.
    Whole,
    /// It is damaged.
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

/// The parts, each with its own state, and what they share.
#[derive(Debug)]
pub struct Engine<C> {
    context: Context<C>,
    keys: Keys,
    sender: Sender,
    reader: Reader,
    clock: ClockGuard,
    each_pass: EachPass,
    /// This run of the daemon is recorded, and the rules are live: not before the clock is plausible.
    has_begun: bool,
    file: File,
    /// The current configuration is held until a person confirms it, or until the next day.
    is_held: bool,
    /// The last pass began texts: others follow at once, and all other work is done once a second.
    is_bursting: bool,
    /// When all other work was last done, by the boot clock.
    round_at: Option<Duration>,
}

impl<C: Clock + 'static> Engine<C> {
    /// An engine over an open store.
    pub fn new(store: Store, clock: Arc<C>, gateways: Gateways, config: Arc<Config>) -> Engine<C> {
        let keys = Keys::new(gateways, &config);
        let context = Context { store, clock, config, nudge: Arc::new(Notify::new()) };
        Engine {
            clock: ClockGuard::new(&context),
            context,
            keys,
            sender: Sender::default(),
            reader: Reader::default(),
            each_pass: EachPass::default(),
            has_begun: false,
            file: File::Whole,
            is_held: false,
            is_bursting: false,
            round_at: None,
        }
    }

    /// Notified whenever a request has ended: time for a pass.
    pub fn nudge(&self) -> Arc<Notify> {
        self.context.nudge.clone()
    }

    /// Sets whether the database file is intact; until this is called, the engine assumes that it is.
    pub(crate) fn set_file(&mut self, file: File) {
        self.file = file;
    }

    /// Sets whether the current configuration is held until a person confirms it, or until the next day: nothing is
    /// sent by it.
    pub(crate) fn hold(&mut self, is_held: bool) {
        self.is_held = is_held;
    }

    /// Whether it is held.
    pub(crate) fn is_held(&self) -> bool {
        self.is_held
    }

    /// The current configuration.
    pub fn config(&self) -> &Arc<Config> {
        &self.context.config
    }

    /// How many POSTs are in progress.
    pub(crate) fn in_flight(&self) -> usize {
        self.sender.in_flight()
    }

    /// Whether the clock is good enough for planning.
    pub(crate) fn may_plan(&self) -> bool {
        self.clock.may_plan(&self.context)
    }

    /// Whether the clock is good enough for deleting data.
    pub(crate) fn trusts_clock(&self) -> bool {
        self.clock.is_trusted(&self.context)
    }

    /// The status with which Annie refuses reads with one of the keys. While it does, Leadtime cannot catch up, so
    /// nothing is sent, and no text opens the circuit.
    pub fn refused_reading(&self) -> Option<u16> {
        self.keys.values().find_map(|worker| worker.refused)
    }

    /// When the next planned text is due.
    pub(crate) async fn next_due(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.context.store.read(reminders::next_due).await
    }

    /// Runs before the first pass.
    pub async fn start(&mut self) -> Result<(), StoreError> {
        let before = lifecycle::recover(&self.context).await?;
        self.clock.start(&self.context, before.last_sign, before.doubt);
        if self.may_plan() {
            self.begin().await?;
        }
        Ok(())
    }

    async fn begin(&mut self) -> Result<(), StoreError> {
        lifecycle::begin(&self.context, self.context.now()).await?;
        self.has_begun = true;
        self.adopt(self.context.config.clone()).await
    }

    /// Brings a configuration into effect, at start and reload. While the clock is in doubt, its rules do not go live
    /// yet. If the store fails, the previous configuration stays in effect.
    pub async fn adopt(&mut self, config: Arc<Config>) -> Result<(), StoreError> {
        if self.has_begun {
            lifecycle::go_live(&self.context, &config, self.context.now()).await?;
        }
        self.keys.adopt(&config);
        self.context.config = config;
        Ok(())
    }

    /// Replaces the gateways to Annie, after a reload has brought another configuration into effect.
    pub fn set_gateways(&mut self, gateways: Gateways) {
        self.keys.set_gateways(gateways, &self.context.config);
    }

    /// One pass: settle, process what was read, keep up to date, plan, read, send. The timer, the nudge, and the start
    /// all call this; it looks at what the store says is due and does it. If the store fails, nothing is lost: outcomes
    /// stay collected, and what is due stays due.
    pub async fn pass(&mut self) -> Result<PassReport, StoreError> {
        self.context.store.check_place()?;
        // The clocks are checked first, so that an answer can lift the doubt that a step raised.
        self.clock.look(&self.context);
        self.sender.collect(&self.context, &mut self.keys, &mut self.clock.monitor, false).await;
        let mut report = PassReport::default();
        // Outcomes share the commit of the next claims, if there may be any.
        if !self.may_claim() {
            report.settled = self.sender.settle(&self.context, &mut self.keys).await?;
        }
        report.read = self.reader.take(&self.context, &mut self.keys, &mut self.clock.monitor).await?;
        let now = self.context.now();
        self.clock.note(&self.context, &mut self.keys, now).await?;
        let (more, put_off) = self.keep_up(now, &mut report).await?;
        let ready = self.ready(now).await?;
        let state =
            ReadState { may_read: self.clock.monitor.is_confirmed() && self.has_begun, is_bursting: self.is_bursting };
        let due_by_key = self.reader.read(&self.context, &mut self.keys, &ready, state, &mut report).await?;
        self.send(&ready, &due_by_key, &mut report).await?;
        let due = self.keys.values().any(|worker| !worker.queue.is_empty());
        self.is_bursting = report.begun > 0 || (due && self.sender.in_flight() > 0);
        // Work put off while texts went out is done as soon as none do.
        if more || (put_off && !self.is_bursting) {
            report.again_in = Some(Duration::ZERO);
        }
        report.next_due = if self.may_claim() { self.keys.until_next_due(self.context.now()) } else { None };
        debug!(?report, "pass");
        Ok(report)
    }

    /// Everything except the texts in progress; returns whether more is to be planned, and whether it was put off.
    async fn keep_up(&mut self, now: DateTime<Utc>, report: &mut PassReport) -> Result<(bool, bool), StoreError> {
        if !self.may_plan() {
            return Ok((false, false));
        }
        if !self.has_begun {
            self.begin().await?;
        }
        let boot = self.context.boot();
        let lately = self.round_at.is_some_and(|at| boot.saturating_sub(at) < BETWEEN_ROUNDS);
        if self.is_bursting && lately {
            return Ok((false, true));
        }
        self.each_pass.run(&self.context, now).await?;
        // While texts go out, the changes they cause are planned bit by bit: a claim plans its number anyway.
        let steps = if self.is_bursting { 1 } else { planning::STEPS_AT_ONCE };
        let planned = planning::run(&self.context, steps, now, report).await?;
        if planned.any {
            self.keys.may_have_more_due();
        }
        self.round_at = Some(boot);
        if self.context.is_live() {
            self.note_due_soon(now).await?;
        }
        Ok((planned.more && !self.is_bursting, false))
    }

    /// The keys that this pass looks at.
    async fn ready(&mut self, now: DateTime<Utc>) -> Result<Vec<ApiKeyName>, StoreError> {
        if !self.clock.monitor.is_confirmed() {
            // Each key asks Annie for the time.
            self.keys.wake_all();
        } else if !self.may_plan() && self.context.is_live() {
            self.note_due_soon(now).await?;
        }
        Ok(self.keys.take_ready(now, self.context.boot()))
    }

    async fn note_due_soon(&mut self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let soon = now + SOON;
        let due_soon = self.context.store.read(move |c| reminders::keys_with_due(c, soon)).await?;
        self.keys.set_due_soon(due_soon, self.context.boot());
        Ok(())
    }

    async fn send(
        &mut self,
        ready: &[ApiKeyName],
        due_by_key: &DueByKey,
        report: &mut PassReport,
    ) -> Result<(), StoreError> {
        if self.may_claim() {
            let (keys, monitor) = (&mut self.keys, &self.clock.monitor);
            return self.sender.send(&self.context, keys, monitor, (ready, due_by_key), report).await;
        }
        match self.stands_still() {
            Some(why) => self.sender.stand_still(&self.context, why, report).await,
            None => Ok(()),
        }
    }

    /// Whether texts may be claimed at all; if so, outcomes are written with the claims.
    fn may_claim(&self) -> bool {
        self.context.is_live() && self.file == File::Whole && !self.is_held && !self.keys.is_empty()
    }

    /// Why nothing is sent at all, in live mode.
    fn stands_still(&self) -> Option<Wait> {
        let why = self.file.waits().or(self.is_held.then_some(Wait::ConfigHold));
        why.filter(|_| self.context.is_live())
    }

    /// Finishes and records the POSTs in progress; begins no others.
    pub async fn drain(&mut self) -> Result<usize, StoreError> {
        self.sender.collect(&self.context, &mut self.keys, &mut self.clock.monitor, true).await;
        self.sender.settle(&self.context, &mut self.keys).await
    }

    /// Waits until the readings in progress have ended and are processed; returns how many. For tests and simulations.
    pub async fn finish_readings(&mut self) -> Result<usize, StoreError> {
        self.reader.finish().await;
        self.reader.take(&self.context, &mut self.keys, &mut self.clock.monitor).await
    }
}
