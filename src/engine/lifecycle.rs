//! The engine's life: its start, the configuration and keys in force, and whether the clock is believed.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::config::Config;
use crate::engine::clock_check::{ClockMonitor, ClockVerdict};
use crate::engine::engine_loop::{Engine, Gateways};
use crate::engine::keys::key_worker::KeyWorker;
use crate::engine::maintenance::each_pass::HEARTBEAT;
use crate::engine::send::in_flight::SendSlot;
use crate::planner::input::Mode;
use crate::store::StoreError;
use crate::store::conversations::{circuits, listings};
use crate::store::ledger::messages;
use crate::store::planning::{daemon_state, replan_queue};

/// How far back nobody is known to have looked when a key is used for the first time.
const FIRST_WINDOW: TimeDelta = TimeDelta::days(30);

impl<C: Clock + 'static> Engine<C> {
    /// Before the first pass: what a crash cut off is in doubt. An open circuit is probed at once: a restart often
    /// brings a new key.
    ///
    /// # Errors
    /// Database errors.
    pub async fn start(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let keys: Vec<String> = self.config.key_names().map(str::to_owned).collect();
        let timeout = TimeDelta::from_std(self.config.annie.timeout).unwrap_or_default();
        let (cut_off, last_sign, doubt) = self
            .store
            .write(move |tx| {
                let last_sign = daemon_state::last_beat(tx)?.max(messages::last_attempt_at(tx)?);
                for key in &keys {
                    if let Some(open) = circuits::health(tx, key)?.open {
                        circuits::set_open(tx, key, &circuits::Open { next_probe: now, ..open })?;
                    }
                }
                Ok((messages::recover(tx, timeout)?, last_sign, daemon_state::clock_doubt(tx)?))
            })
            .await?;
        if cut_off > 0 {
            warn!(
                count = cut_off,
                "{cut_off} texts were cut off when Leadtime last stopped; Annie's list will tell whether they went out"
            );
        }
        self.doubt = doubt;
        self.watch = ClockMonitor::start(last_sign, now, self.clock.boot());
        if self.may_plan() {
            self.begin(now).await?;
        }
        Ok(())
    }

    /// This life is put on record, what nobody saw is to be caught up with, and the rules go live.
    pub(crate) async fn begin(&mut self, now: DateTime<Utc>) -> Result<(), StoreError> {
        // In observe mode too: what was sent before is known as little, and one day it goes live.
        let keys: Vec<String> = self.config.key_names().map(str::to_owned).collect();
        self.store
            .write(move |tx| {
                let last = daemon_state::last_beat(tx)?.max(messages::last_attempt_at(tx)?);
                for key in &keys {
                    let from = match (listings::state(tx, key)?, last) {
                        (Some(_), Some(last)) => last - HEARTBEAT,
                        _ => now - FIRST_WINDOW,
                    };
                    listings::set_unobserved(tx, key, from.min(now), now)?;
                }
                daemon_state::begin_run(tx, now)
            })
            .await?;
        self.begun = true;
        self.adopt(self.config.clone()).await
    }

    /// Whether the clock is good enough to plan by; not while an earlier doubt's traces stand. In observe mode nothing
    /// can be lost, and nobody tells the time.
    pub fn may_plan(&self) -> bool {
        self.config.rulebook.mode == Mode::Observe || (!self.watch.is_doubted() && self.doubt.is_none())
    }

    /// Whether the clock is good enough to delete by: in live mode Annie's agrees with it.
    pub fn trusts_clock(&self) -> bool {
        match self.config.rulebook.mode {
            Mode::Observe => !self.watch.is_doubted(),
            Mode::Live => self.watch.is_confirmed(),
        }
    }

    /// Puts a configuration in force: start and reload. While the clock is in doubt its rules do not go live yet. With a
    /// key that is new nobody has looked yet; one that is gone is forgotten.
    ///
    /// # Errors
    /// Database errors; the former configuration stays in force.
    pub async fn adopt(&mut self, config: Arc<Config>) -> Result<(), StoreError> {
        let now = self.clock.now();
        if self.begun {
            let (new, basis) = (config.clone(), config.plan_basis(now));
            let keys: Vec<String> = config.key_names().map(str::to_owned).collect();
            self.store
                .write(move |tx| {
                    listings::keep_only(tx, &keys)?;
                    for key in &keys {
                        if listings::state(tx, key)?.is_none() {
                            listings::set_unobserved(tx, key, now - FIRST_WINDOW, now)?;
                        }
                    }
                    daemon_state::go_live(tx, &new.rulebook.rules, now)?;
                    if daemon_state::set_plan_basis(tx, &basis)? {
                        replan_queue::mark_all(tx)?;
                    }
                    Ok(())
                })
                .await?;
        }
        for worker in self.workers.values_mut() {
            worker.adopt(&config);
        }
        self.config = config;
        Ok(())
    }

    /// Replaces the ways to Annie, after a reload has put another configuration in force.
    pub fn set_gateways(&mut self, gateways: Gateways) {
        let mut former = std::mem::take(&mut self.workers);
        for (key, gateway) in gateways {
            let worker = match former.remove(&key) {
                Some(worker) => {
                    let send_slot = SendSlot::new(gateway, self.config.annie.concurrency);
                    KeyWorker { send_slot, failures: 0, refused: None, not_before: Duration::ZERO, ..worker }
                }
                None => KeyWorker::new(gateway, &self.config),
            };
            self.workers.insert(key, worker);
        }
    }

    /// A change of what is known about the clock is stored and said.
    pub(crate) async fn note_doubt(&mut self, now: DateTime<Utc>) -> Result<(), StoreError> {
        // A doubt outlives a restart. It takes Annie's time to lift it; where nobody is asked, that nothing speaks
        // against the clock any more.
        let doubt = match self.watch.verdict() {
            ClockVerdict::Confirmed => None,
            ClockVerdict::Plausible if self.workers.is_empty() => None,
            ClockVerdict::Doubted(why) if !self.workers.is_empty() => Some(why.clone()),
            _ => self.doubt.clone(),
        };
        if doubt == self.doubt {
            return Ok(());
        }
        let (why, is_lifted) = (doubt.clone(), self.doubt.is_some() && doubt.is_none());
        let keys: Vec<String> = self.workers.keys().cloned().collect();
        self.store
            .write(move |tx| {
                daemon_state::set_clock_doubt(tx, why.as_deref(), now)?;
                if !is_lifted {
                    return Ok(());
                }
                daemon_state::clock_is_right(tx, now)?;
                replan_queue::mark_all(tx)?;
                // A machine that was set back to an earlier hour with all its memory wakes up like this: nobody knows
                // what it sent since.
                let last = daemon_state::last_beat(tx)?.unwrap_or(now).min(now);
                for key in &keys {
                    listings::set_unobserved(tx, key, last - HEARTBEAT, now)?;
                }
                Ok(())
            })
            .await?;
        if is_lifted {
            // A listing that failed under a wrong clock says nothing about the next.
            for worker in self.workers.values_mut() {
                (worker.no_listing_before, worker.list_failures) = (None, 0);
            }
        }
        match &doubt {
            Some(why) => error!(
                "nothing is sent, and nothing is lost: {why}. Set the clock (`timedatectl`); sending goes on by itself when it agrees with Annie's"
            ),
            None if self.workers.is_empty() => info!("nothing speaks against the clock any more"),
            None => info!("the clock agrees with Annie's again: sending goes on"),
        }
        self.doubt = doubt;
        Ok(())
    }
}
