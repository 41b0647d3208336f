//! Whether this machine's clock is trusted: the monitor's verdict, kept across restarts, and what follows from it.

use chrono::{DateTime, Utc};
use tracing::{error, info};

use crate::clock::Clock;
use crate::domain::announcer::{Announcer, left_out};
use crate::engine::clock_check::{ClockMonitor, ClockVerdict};
use crate::engine::context::Context;
use crate::engine::keys::key_set::Keys;
use crate::engine::maintenance::each_pass::HEARTBEAT;
use crate::store::StoreError;
use crate::store::conversations::listings;
use crate::store::planning::{daemon_state, replan_queue};

/// The monitor, and the stored doubt.
#[derive(Debug)]
pub(crate) struct ClockGuard {
    pub(crate) monitor: ClockMonitor,
    doubt: Option<String>,
    announcer: Announcer,
}

/// What is logged about the clock; a doubt whose minutes change is the same doubt.
const RIGHT: &str = "right";
const DOUBTED: &str = "doubted";

impl ClockGuard {
    /// A guard before anything is read from the store.
    pub(crate) fn new<C: Clock + 'static>(context: &Context<C>) -> ClockGuard {
        ClockGuard {
            monitor: ClockMonitor::start(None, context.now(), context.boot()),
            doubt: None,
            announcer: Announcer::starts_as(RIGHT),
        }
    }

    /// At the start, with the stored last heartbeat and the stored doubt.
    pub(crate) fn start<C: Clock + 'static>(
        &mut self,
        context: &Context<C>,
        last_sign: Option<DateTime<Utc>>,
        doubt: Option<String>,
    ) {
        self.monitor = ClockMonitor::start(last_sign, context.now(), context.boot());
        self.doubt = doubt;
    }

    /// Checks both clocks.
    pub(crate) fn look<C: Clock + 'static>(&mut self, context: &Context<C>) {
        self.monitor.see(context.now(), context.boot());
    }

    /// Whether the clock is good enough for planning; not while the traces of an earlier doubt remain. In observe mode
    /// nothing can be lost, and nothing supplies the time.
    pub(crate) fn may_plan<C: Clock + 'static>(&self, context: &Context<C>) -> bool {
        !context.is_live() || (!self.monitor.is_doubted() && self.doubt.is_none())
    }

    /// Whether the clock is good enough for deleting data: in live mode Annie's clock must agree with it.
    pub(crate) fn is_trusted<C: Clock + 'static>(&self, context: &Context<C>) -> bool {
        match context.is_live() {
            true => self.monitor.is_confirmed(),
            false => !self.monitor.is_doubted(),
        }
    }

    /// Stores and logs a change in what is known about the clock.
    pub(crate) async fn note<C: Clock + 'static>(
        &mut self,
        context: &Context<C>,
        keys: &mut Keys,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        // A doubt outlives a restart. Annie's time lifts it; if Annie is not asked, it is enough that nothing
        // contradicts the clock any more.
        let doubt = match self.monitor.verdict() {
            ClockVerdict::Confirmed => None,
            ClockVerdict::Plausible if keys.is_empty() => None,
            ClockVerdict::Doubted(why) if !keys.is_empty() => Some(why.clone()),
            _ => self.doubt.clone(),
        };
        if doubt == self.doubt {
            self.say(context, keys.is_empty());
            return Ok(());
        }
        let is_lifted = self.doubt.is_some() && doubt.is_none();
        store(context, keys, doubt.clone(), is_lifted, now).await?;
        if is_lifted {
            keys.values_mut().for_each(crate::engine::keys::key_worker::KeyWorker::forget_failed_listings);
        }
        keys.wake_all();
        self.doubt = doubt;
        self.say(context, keys.is_empty());
        Ok(())
    }

    fn say<C: Clock + 'static>(&mut self, context: &Context<C>, is_alone: bool) {
        let state = if self.doubt.is_some() { DOUBTED } else { RIGHT };
        let Some(changes) = self.announcer.is(state, context.boot()) else { return };
        let more = left_out(changes);
        match &self.doubt {
            Some(why) => error!(
                "nothing is sent: {why}. Nothing is lost. Set the clock (`timedatectl`); sending resumes automatically once it agrees with Annie's{more}"
            ),
            None if is_alone => info!("the clock seems correct again{more}"),
            None => info!("the clock agrees with Annie's again; sending resumes{more}"),
        }
    }
}

async fn store<C: Clock + 'static>(
    context: &Context<C>,
    keys: &Keys,
    doubt: Option<String>,
    is_lifted: bool,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let names = keys.names();
    context
        .store
        .write(move |tx| {
            daemon_state::set_clock_doubt(tx, doubt.as_deref(), now)?;
            if !is_lifted {
                return Ok(());
            }
            daemon_state::clock_is_right(tx, now)?;
            replan_queue::mark_all(tx)?;
            // A machine that was restored to an earlier moment with all its memory wakes up like this: it is unknown
            // what it has sent since that moment.
            let last = daemon_state::last_beat(tx)?.unwrap_or(now).min(now);
            for name in &names {
                listings::set_unobserved(tx, name, last - HEARTBEAT, now)?;
            }
            Ok(())
        })
        .await
}
