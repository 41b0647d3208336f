//! Sends what is due: settles what has ended, claims what may be sent, and begins its requests, each key on its own.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::domain::ids::ApiKeyName;
use crate::domain::reminder::Wait;
use crate::engine::clock_check::ClockMonitor;
use crate::engine::context::Context;
use crate::engine::keys::key_set::Keys;
use crate::engine::report::PassReport;
use crate::engine::send::claim::{Claimed, Claiming, SOON_READ, Trusted, Turn, claim_in_turn};
use crate::engine::send::in_flight::{Finished, InFlight, Settled, settle_all};
use crate::engine::sync::reader::DueByKey;
use crate::outcomes::rhythm;
use crate::store::conversations::conversation;
use crate::store::ledger::reminders;
use crate::store::{Isolation, StoreError};

/// How often the same waiting is logged again.
const SAY_AGAIN: TimeDelta = TimeDelta::minutes(15);

/// The requests in progress, and what was last logged about waiting texts.
#[derive(Debug, Default)]
pub(crate) struct Sender {
    in_flight: InFlight,
    said: Option<(Wait, DateTime<Utc>)>,
}

/// Claims in one transaction, for all keys together: more would keep the first of them waiting.
const CLAIMS_AT_ONCE: usize = 256;

/// How many claims a key may make now.
struct Room {
    most: usize,
    under_way: usize,
    /// A slot is free, as far as the requests in progress show.
    has_slot: bool,
}

/// The result of settling and claiming in one transaction, and when it was.
struct Done {
    settled: Settled,
    claimed: Vec<(Turn, Claiming)>,
    at: (DateTime<Utc>, Duration),
}

impl Sender {
    /// How many POSTs are in progress.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.count()
    }

    /// Collects what has ended; with `all`, waits for everything in progress. The keys of what ended are woken, and the
    /// clock monitor gets the times in the answers.
    pub(crate) async fn collect<C: Clock + 'static>(
        &mut self,
        context: &Context<C>,
        keys: &mut Keys,
        monitor: &mut ClockMonitor,
        all: bool,
    ) {
        for key in self.in_flight.collect(all, context.clock.as_ref()).await {
            keys.wake(&key);
        }
        for (date, (began, ended)) in self.in_flight.take_dates() {
            monitor.record_response_date(date, began, ended);
        }
    }

    /// Writes the outcomes of what has ended. Returns how many.
    pub(crate) async fn settle<C: Clock + 'static>(
        &mut self,
        context: &Context<C>,
        keys: &mut Keys,
    ) -> Result<usize, StoreError> {
        if !self.in_flight.has_unsettled() {
            return Ok(0);
        }
        let ended = self.in_flight.unsettled();
        let settled = context.store.write(move |tx| settle_all(tx, Isolation::PerItem, &ended)).await?;
        Ok(self.settled(context, keys, &settled))
    }

    /// Sends what is due with these keys: a stopped key holds up no other, and keys take turns. Outcomes are written with
    /// the claims.
    pub(crate) async fn send<C: Clock + 'static>(
        &mut self,
        context: &Context<C>,
        keys: &mut Keys,
        monitor: &ClockMonitor,
        (ready, due_by_key): (&[ApiKeyName], &DueByKey),
        report: &mut PassReport,
    ) -> Result<(), StoreError> {
        let turns = self.turns(context, keys, monitor, (ready, due_by_key), report);
        if !turns.is_empty() {
            let done = match self.settle_and_claim(context, turns).await {
                Ok(done) => done,
                Err(error) => {
                    // What is known is written, whatever keeps the next texts from being claimed.
                    self.settle(context, keys).await?;
                    return Err(error);
                }
            };
            report.settled += self.settled(context, keys, &done.settled);
            for (turn, claiming) in done.claimed {
                self.take(context, keys, (turn, claiming), done.at, report);
            }
        }
        // Texts whose numbers' replies are unread are in no queue.
        let is_any_without = ready.iter().any(|name| keys.get_mut(name).is_some_and(|worker| worker.queue.is_empty()));
        if is_any_without && report.waits.is_none() && report.begun == 0 {
            self.say_if_unread(context, report).await?;
        }
        report.settled += self.settle(context, keys).await?;
        Ok(())
    }

    /// The turns of this pass, up to as many claims as one transaction takes; the other keys have theirs in the next
    /// pass.
    fn turns<C: Clock + 'static>(
        &self,
        context: &Context<C>,
        keys: &mut Keys,
        monitor: &ClockMonitor,
        (ready, due_by_key): (&[ApiKeyName], &DueByKey),
        report: &mut PassReport,
    ) -> Vec<Turn> {
        let (boot, at_once) = (context.boot(), context.config.annie.concurrency as usize);
        let (mut turns, mut claims) = (Vec::new(), 0);
        for name in keys.in_turn(ready).iter().filter(|name| !due_by_key.nothing.contains(*name)) {
            if claims >= CLAIMS_AT_ONCE {
                keys.wake(name);
                report.want_again_in(Duration::ZERO);
                continue;
            }
            let Some(worker) = keys.get_mut(name) else { continue };
            let room = self.room(name, at_once, worker.permits.sends(boot));
            if room.most == 0 {
                // If every slot is taken, the next POST that ends nudges.
                let wait = worker.permits.wait(boot);
                if due_by_key.texts.contains(name) && room.has_slot && !wait.is_zero() {
                    report.want_again_in(wait);
                    report.paced = true;
                }
                continue;
            }
            let queue = std::mem::take(&mut worker.queue);
            claims += if queue.is_empty() { 1 } else { room.most.min(queue.len()) };
            let trusted = Trusted { clock: monitor.is_confirmed(), list_works: worker.list_works() };
            let Room { most, under_way, .. } = room;
            turns.push(Turn { api_key: name.clone(), trusted, most, under_way, queue });
            keys.take_turn(name);
        }
        turns
    }

    /// Outcomes are on disk. Returns how many.
    fn settled<C: Clock + 'static>(&mut self, context: &Context<C>, keys: &mut Keys, settled: &Settled) -> usize {
        let done = self.in_flight.are_settled(settled);
        // Their conversations are read for the first time then.
        let first = rhythm::first_look(context.config.outcomes.poll_every).to_std().unwrap_or_default();
        for name in done.iter().map(Finished::api_key).collect::<BTreeSet<_>>() {
            keys.look_within(name, context.boot(), first);
            if let Some(worker) = keys.get_mut(name) {
                worker.queue.may_have_more();
            }
        }
        for failed in done.iter().filter(|ended| !ended.is_sent()) {
            if let Some(worker) = keys.get_mut(failed.api_key()) {
                worker.queue.forget();
            }
        }
        done.len()
    }

    /// Texts that nobody may send until their numbers' replies are read are in no queue: logs them once they are late.
    async fn say_if_unread<C: Clock + 'static>(
        &mut self,
        context: &Context<C>,
        report: &mut PassReport,
    ) -> Result<(), StoreError> {
        let now = context.now();
        if context.store.read(move |c| conversation::due_unread(c, now - SOON_READ, now)).await? > 0 {
            report.waits = Some(Wait::RepliesUnread);
            self.say(Wait::RepliesUnread, now);
        }
        Ok(())
    }

    /// Nothing is sent at all: logs why, if something is due.
    pub(crate) async fn stand_still<C: Clock + 'static>(
        &mut self,
        context: &Context<C>,
        why: Wait,
        report: &mut PassReport,
    ) -> Result<(), StoreError> {
        let now = context.now();
        if context.store.read(reminders::next_due).await?.is_some_and(|due| due <= now) {
            report.waits = Some(why);
            self.say(why, now);
        }
        Ok(())
    }

    /// What a key's turn led to.
    fn take<C: Clock + 'static>(
        &mut self,
        context: &Context<C>,
        keys: &mut Keys,
        (turn, claiming): (Turn, Claiming),
        at: (DateTime<Utc>, Duration),
        report: &mut PassReport,
    ) {
        let Turn { api_key, most, queue, .. } = turn;
        if let Some(worker) = keys.get_mut(&api_key) {
            worker.queue = queue;
        }
        match claiming {
            Claiming::Sent(claimed) => self.begin(context, keys, (&api_key, most), (claimed, at), report),
            Claiming::Waits(why, until) => {
                report.waits = report.waits.or(Some(why));
                let wait = (until - at.0).to_std().unwrap_or_default();
                if !wait.is_zero() {
                    report.want_again_in(wait);
                }
                self.say(why, at.0);
            }
            Claiming::Opened(reason) => {
                report.waits = report.waits.or(Some(Wait::Circuit));
                error!(%reason, "sending has stopped: {reason}. Nothing is lost. Sending resumes automatically once this is fixed; `systemctl restart leadtime` tries at once");
            }
        }
    }

    fn room(&self, name: &ApiKeyName, at_once: usize, permits: usize) -> Room {
        let under_way = self.in_flight.count_of(name);
        // If answers come immediately, more are claimed ahead, so that sending does not wait for the disk.
        let window = at_once + self.in_flight.ahead(name, at_once);
        let free = window.saturating_sub(under_way);
        // Only half of them in one commit, so that the next is made in the meantime; but at least two: after a probe, the
        // numbers that were not refused go first, and the refused ones are known only until a number is accepted.
        let in_one = at_once.max(window / 2).max(2);
        Room { most: free.min(in_one).min(permits), under_way, has_slot: free > 0 }
    }

    /// One transaction; if the data of one reminder is faulty, another in which each is isolated.
    async fn settle_and_claim<C: Clock + 'static>(
        &self,
        context: &Context<C>,
        mut turns: Vec<Turn>,
    ) -> Result<Done, StoreError> {
        let ended = self.in_flight.unsettled();
        for failed in ended.iter().filter(|ended| !ended.is_sent()) {
            turns.iter_mut().filter(|turn| turn.api_key == *failed.api_key()).for_each(|turn| turn.queue.forget());
        }
        // The claims' time is read once the store is ours: planning and waiting for a writer take time.
        let attempt = |isolation, ended: Vec<Finished>, mut turns: Vec<Turn>| {
            let (config, clock) = (context.config.clone(), context.clock.clone());
            context.store.write(move |tx| {
                let settled = settle_all(tx, isolation, &ended)?;
                let at = (clock.now(), clock.boot());
                let results = claim_in_turn(tx, &config, &mut turns, isolation, at.0)?;
                Ok(Done { settled, claimed: turns.into_iter().zip(results).collect(), at })
            })
        };
        let again: Vec<Turn> = turns.iter().map(Turn::anew).collect();
        match attempt(Isolation::Batch, ended, turns).await {
            Err(error) if error.is_about_data() => attempt(Isolation::PerItem, self.in_flight.unsettled(), again).await,
            done => done,
        }
    }

    /// Begins the requests of what was claimed.
    fn begin<C: Clock + 'static>(
        &mut self,
        context: &Context<C>,
        keys: &mut Keys,
        (name, most): (&ApiKeyName, usize),
        (claimed, at): (Vec<Claimed>, (DateTime<Utc>, Duration)),
        report: &mut PassReport,
    ) {
        let Some(worker) = keys.get_mut(name) else { return };
        self.said = self.said.filter(|_| claimed.is_empty());
        let begun = claimed.len();
        report.begun += begun;
        worker.permits.take_sends(begun, at.1);
        for claim in claimed {
            let clock: Arc<dyn Clock> = context.clock.clone();
            self.in_flight.begin(claim, worker.send_slot.clone(), clock, at, context.nudge.clone());
        }
        let wait = worker.permits.wait(at.1);
        if begun == most && !wait.is_zero() {
            report.want_again_in(wait);
            report.paced |= !worker.queue.is_empty();
        }
    }

    fn say(&mut self, why: Wait, now: DateTime<Utc>) {
        // The check takes a moment at every start: nothing to warn about.
        if why == Wait::Checking {
            return;
        }
        let said = self.said.is_some_and(|(said, at)| said == why && now - at < SAY_AGAIN && now >= at);
        if said {
            return;
        }
        // Every start catches up, and replies are read before each text: nothing to look at unless it lasts.
        let usual = matches!(why, Wait::CatchingUp | Wait::RepliesUnread);
        match usual && self.said.is_none_or(|(said, _)| said != why) {
            true => info!(reason = why.code(), "texts are due but waiting: {}", why.label()),
            false => warn!(
                reason = why.code(),
                "texts are due but waiting: {}. Run `leadtime status` for details",
                why.label()
            ),
        }
        self.said = Some((why, now));
    }
}
