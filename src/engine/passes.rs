//! The engine: runs the passes one after another, whenever it is woken. What is due is in the store, not here.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;
use tracing::{debug, error, info, warn};

use super::circuit;
use super::difference::{self, Difference};
use super::pace::Pace;
use super::planning::{self, Step};
use super::sending::{Claiming, InFlight, claim_some};
use crate::annie::gateway::Gateway;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::reminder::Wait;
use crate::planner::facts::Mode;
use crate::store::{Store, StoreError, circuits, dirty, ledger, standing};

/// Steps of planning in one pass, so that a great import does not keep due texts waiting.
const STEPS_AT_ONCE: usize = 8;
/// How often a sign of life is stored.
const HEARTBEAT: TimeDelta = TimeDelta::minutes(1);
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
    /// What sending waits for.
    pub waits: Option<Wait>,
    /// Ask for the next pass after this long at the latest; none = the next tick will do.
    pub again_in: Option<Duration>,
}

/// The ways to Annie, by the names of the keys.
pub type Gateways = BTreeMap<String, Gateway>;

/// The passes with what they need.
#[derive(Debug)]
pub struct Engine<C> {
    store: Store,
    clock: Arc<C>,
    /// Empty in observe mode: there is nobody to send to.
    gateways: Gateways,
    config: Arc<Config>,
    pace: Pace,
    in_flight: InFlight,
    nudge: Arc<Notify>,
    last_beat: Option<DateTime<Utc>>,
    said: Option<(Wait, DateTime<Utc>)>,
    warned_unknown: u64,
}

impl<C: Clock + 'static> Engine<C> {
    /// An engine over an open store.
    pub fn new(store: Store, clock: Arc<C>, gateways: Gateways, config: Arc<Config>) -> Engine<C> {
        let pace = Pace::per_minute(config.annie.requests_per_minute);
        Engine {
            store,
            clock,
            gateways,
            config,
            pace,
            in_flight: InFlight::default(),
            nudge: Arc::new(Notify::new()),
            last_beat: None,
            said: None,
            warned_unknown: 0,
        }
    }

    /// Notified whenever a POST has ended: time for a pass.
    pub fn nudge(&self) -> Arc<Notify> {
        self.nudge.clone()
    }

    /// The configuration in force.
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// Before the first pass: what a crash cut off is in doubt, the rules go live, and everything is planned anew
    /// if the plan was made from something else. An open circuit is probed at once: a restart often brings a new key.
    ///
    /// # Errors
    /// Database errors.
    pub async fn start(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let keys: Vec<String> = self.config.key_names().map(str::to_owned).collect();
        let cut_off = self
            .store
            .write(move |tx| {
                standing::begin_run(tx, now)?;
                for key in &keys {
                    if let Some(open) = circuits::health(tx, key)?.open {
                        circuits::set_open(tx, key, &circuits::Open { next_probe: now, ..open })?;
                    }
                }
                ledger::recover(tx, now)
            })
            .await?;
        if cut_off > 0 {
            warn!(
                count = cut_off,
                "{cut_off} texts were cut off when Leadtime last stopped; it is not known whether they went out, and they are not sent again"
            );
        }
        self.adopt(self.config.clone()).await
    }

    /// What a configuration would change in the coming days if it came into force now.
    ///
    /// # Errors
    /// Database errors.
    pub async fn difference(&self, new: &Arc<Config>) -> Result<Difference, StoreError> {
        let (now, old, new) = (self.clock.now(), self.config.clone(), new.clone());
        self.store.write(move |tx| difference::between(tx, &old, &new, now)).await
    }

    /// Puts a configuration in force: `start` and reload.
    ///
    /// # Errors
    /// Database errors; the former configuration stays in force.
    pub async fn adopt(&mut self, config: Arc<Config>) -> Result<(), StoreError> {
        let now = self.clock.now();
        let (new, basis) = (config.clone(), config.plan_basis(now));
        self.store
            .write(move |tx| {
                standing::go_live(tx, &new.rulebook.rules, now)?;
                if standing::set_plan_basis(tx, &basis)? {
                    dirty::mark_all(tx)?;
                }
                Ok(())
            })
            .await?;
        self.pace = self.pace.clone().at_speed(config.annie.requests_per_minute);
        self.config = config;
        Ok(())
    }

    /// Replaces the ways to Annie, after a reload changed them.
    pub fn set_gateways(&mut self, gateways: Gateways) {
        self.gateways = gateways;
    }

    /// One pass: settle, keep house, plan, send. Timer, nudge and start-up all call this; it looks at what the
    /// store says is due and makes it so.
    ///
    /// # Errors
    /// Database errors. Nothing is lost: outcomes stay collected, what is due stays due.
    pub async fn pass(&mut self) -> Result<PassReport, StoreError> {
        self.in_flight.collect(false, self.clock.as_ref()).await;
        let mut report = PassReport { settled: self.in_flight.settle(&self.store).await?, ..PassReport::default() };
        let now = self.clock.now();
        self.keep_house(now).await?;
        let more = self.plan(now, &mut report).await?;
        self.send(&mut report).await?;
        if more {
            report.again_in = Some(Duration::ZERO);
        }
        debug!(?report, "pass");
        Ok(report)
    }

    /// Finishes and records the POSTs under way; begins no other.
    ///
    /// # Errors
    /// Database errors.
    pub async fn drain(&mut self) -> Result<usize, StoreError> {
        self.in_flight.collect(true, self.clock.as_ref()).await;
        self.in_flight.settle(&self.store).await
    }

    /// How many POSTs are under way.
    pub fn in_flight(&self) -> usize {
        self.in_flight.count()
    }

    async fn keep_house(&mut self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let beat = self.last_beat.is_none_or(|last| now - last >= HEARTBEAT || now < last);
        let settle = self.config.annie.settle;
        let (given_up, unknown) = self
            .store
            .write(move |tx| {
                if beat {
                    standing::beat(tx, now)?;
                }
                dirty::mark_expired(tx, now)?;
                let given_up = ledger::give_up_unconfirmed(tx, now)?;
                Ok((given_up, ledger::unknown_since_before(tx, now - settle)?))
            })
            .await?;
        if beat {
            self.last_beat = Some(now);
        }
        if given_up > 0 {
            error!(
                count = given_up,
                "{given_up} reminders whose visit has begun: whether they went out was never learned"
            );
        }
        if unknown > self.warned_unknown {
            error!(
                count = unknown,
                "{unknown} texts may or may not have gone out and block their numbers; look them up in Annie (`leadtime status`)"
            );
        }
        self.warned_unknown = unknown;
        Ok(())
    }

    /// Plans what changed; whether more is left.
    async fn plan(&self, now: DateTime<Utc>, report: &mut PassReport) -> Result<bool, StoreError> {
        for _ in 0..STEPS_AT_ONCE {
            let config = self.config.clone();
            let step: Step = self.store.write(move |tx| planning::plan_some(tx, &config, now)).await?;
            report.planned += step.changed;
            if step.is_last() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Sends what is due, each key by itself: one that is stopped holds up no other.
    async fn send(&mut self, report: &mut PassReport) -> Result<(), StoreError> {
        for (key, gateway) in self.gateways.clone() {
            let mut own = PassReport::default();
            self.send_with(&key, &gateway, &mut own).await?;
            report.begun += own.begun;
            report.waits = report.waits.or(own.waits);
            report.again_in = report.again_in.into_iter().chain(own.again_in).min();
        }
        Ok(())
    }

    async fn send_with(&mut self, key: &str, gateway: &Gateway, report: &mut PassReport) -> Result<(), StoreError> {
        if self.config.rulebook.mode == Mode::Observe || self.in_flight.has_unsettled() {
            return Ok(());
        }
        let boot = self.clock.boot();
        let slots = (self.config.annie.concurrency as usize).saturating_sub(self.in_flight.count());
        let most = slots.min(self.pace.permits(boot));
        if most == 0 {
            // A full house is nudged by the next POST that ends.
            report.again_in = Some(self.pace.wait(boot)).filter(|wait| slots > 0 && !wait.is_zero());
            return Ok(());
        }
        let (config, under_way, clock) = (self.config.clone(), self.in_flight.count(), self.clock.clone());
        let api_key = key.to_owned();
        // The claim's time is read when the store is ours: planning and waiting for a writer take their time.
        let (claiming, now, boot) = self
            .store
            .write(move |tx| {
                let (now, boot) = (clock.now(), clock.boot());
                Ok((claim_some(tx, &config, &api_key, now, most, under_way)?, now, boot))
            })
            .await?;
        match claiming {
            Claiming::Sent(claimed) => {
                self.said = self.said.filter(|_| claimed.is_empty());
                report.begun = claimed.len();
                self.pace.take(claimed.len(), boot);
                for claim in claimed {
                    let clock: Arc<dyn Clock> = self.clock.clone();
                    self.in_flight.begin(claim, gateway.clone(), clock, (now, boot), self.nudge.clone());
                }
                if report.begun == most {
                    report.again_in = Some(self.pace.wait(boot));
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
            Claiming::Probe => self.probe(key, gateway, now, report).await?,
        }
        Ok(())
    }

    /// Tries the key by a GET: a good answer lets sending try again, a bad one puts the next try off.
    async fn probe(
        &mut self,
        key: &str,
        gateway: &Gateway,
        now: DateTime<Utc>,
        report: &mut PassReport,
    ) -> Result<(), StoreError> {
        self.pace.take(1, self.clock.boot());
        let answer = gateway.probe().await;
        let (good, key) = (answer.is_ok(), key.to_owned());
        self.store
            .write(move |tx| {
                let Some(open) = circuits::health(tx, &key)?.open else { return Ok(()) };
                let next = circuit::opened(open.reason.clone(), open.probes + 1, open.since, now);
                circuits::set_open(tx, &key, &next)?;
                if good { circuits::set_closed(tx, &key) } else { Ok(()) }
            })
            .await?;
        match answer {
            Ok(()) => {
                info!("Annie accepts the key again: sending goes on");
                report.again_in = Some(self.pace.wait(self.clock.boot()));
            }
            Err(why) => {
                report.waits = Some(Wait::Circuit);
                warn!("sending is still stopped: {why}");
            }
        }
        Ok(())
    }

    fn say(&mut self, why: Wait, now: DateTime<Utc>) {
        let said = self.said.is_some_and(|(said, at)| said == why && now - at < SAY_AGAIN && now >= at);
        if !said {
            warn!(reason = why.code(), "texts are due and wait: {}", why.words());
            self.said = Some((why, now));
        }
    }
}
