//! Sends what is due: settles what has ended, claims what may be sent, and begins its requests, each key on its own.

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
use crate::engine::send::claim::{Allowance, Claimed, Claiming, SOON_READ, Trusted, claim_some};
use crate::engine::send::in_flight::{Finished, InFlight, Settled, settle_all};
use crate::engine::send::queue::Queue;
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
    claiming: Claiming,
    queue: Queue,
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

    /// Writes the outcomes of what has ended.
    pub(crate) async fn settle<C>(&mut self, context: &Context<C>) -> Result<usize, StoreError> {
        self.in_flight.settle(&context.store).await
    }

    /// Sends what is due with these keys: a stopped key holds up no other. Outcomes are written with the claims.
    pub(crate) async fn send<C: Clock + 'static>(
        &mut self,
        context: &Context<C>,
        keys: &mut Keys,
        monitor: &ClockMonitor,
        (ready, due_by_key): (&[ApiKeyName], &DueByKey),
        report: &mut PassReport,
    ) -> Result<(), StoreError> {
        let mut is_any_left_out = false;
        for name in ready {
            // A transaction for each of many keys would cost more than everything that is due.
            if due_by_key.nothing.contains(name) && !self.in_flight.has_unsettled() {
                is_any_left_out = true;
                continue;
            }
            let mut own = PassReport::default();
            self.send_with(context, keys, monitor, (name, due_by_key.texts.contains(name)), &mut own).await?;
            report.add(own);
        }
        if is_any_left_out && report.waits.is_none() {
            self.say_if_unread(context, report).await?;
        }
        report.settled += self.in_flight.settle(&context.store).await?;
        if report.settled > 0 {
            // Their conversations are read for the first time then.
            let first = rhythm::first_look(context.config.outcomes.poll_every).to_std().unwrap_or_default();
            ready.iter().for_each(|name| keys.look_within(name, context.boot(), first));
        }
        Ok(())
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

    async fn send_with<C: Clock + 'static>(
        &mut self,
        context: &Context<C>,
        keys: &mut Keys,
        monitor: &ClockMonitor,
        (name, has_due): (&ApiKeyName, bool),
        report: &mut PassReport,
    ) -> Result<(), StoreError> {
        let Some(worker) = keys.get_mut(name) else { return Ok(()) };
        let boot = context.boot();
        let room = self.room(name, context.config.annie.concurrency as usize, worker.permits.sends(boot));
        if room.most == 0 {
            // If every slot is taken, the next POST that ends nudges.
            let wait = worker.permits.wait(boot);
            report.again_in = Some(wait).filter(|wait| has_due && room.has_slot && !wait.is_zero());
            report.paced = report.again_in.is_some();
            return Ok(());
        }
        let trusted = Trusted { clock: monitor.is_confirmed(), list_works: worker.list_works() };
        let queue = std::mem::take(&mut worker.queue);
        let done = match self.settle_and_claim(context, name, (trusted, &room), queue).await {
            Ok(done) => done,
            Err(error) => {
                // What is known is written, whatever keeps the next texts from being claimed.
                self.in_flight.settle(&context.store).await?;
                return Err(error);
            }
        };
        report.settled = self.in_flight.are_settled(&done.settled);
        if let Some(worker) = keys.get_mut(name) {
            worker.queue = done.queue;
        }
        match done.claiming {
            Claiming::Sent(claimed) => self.begin(context, keys, (name, room.most), (claimed, done.at), report),
            Claiming::Waits(why, until) => {
                let (now, _) = done.at;
                report.waits = Some(why);
                let wait = (until - now).to_std().unwrap_or_default();
                report.again_in = Some(wait).filter(|wait| !wait.is_zero());
                self.say(why, now);
            }
            Claiming::Opened(reason) => {
                report.waits = Some(Wait::Circuit);
                error!(%reason, "sending has stopped: {reason}. Nothing is lost. Sending resumes automatically once this is fixed; `systemctl restart leadtime` tries at once");
            }
        }
        Ok(())
    }

    fn room(&self, name: &ApiKeyName, at_once: usize, permits: usize) -> Room {
        let under_way = self.in_flight.count_of(name);
        // If answers come immediately, as many again are claimed ahead, so that sending does not wait for the disk.
        let ahead = if self.in_flight.is_quick(name) { at_once } else { 0 };
        let free = (at_once + ahead).saturating_sub(under_way);
        // No more in one commit than can be in progress, so that the next is made in the meantime; but at least two:
        // after a probe, the numbers that were not refused go first, and the refused ones are known only until a number
        // is accepted.
        Room { most: free.min(at_once.max(2)).min(permits), under_way, has_slot: free > 0 }
    }

    /// One transaction; if the data of one reminder is faulty, another in which each is isolated.
    async fn settle_and_claim<C: Clock + 'static>(
        &self,
        context: &Context<C>,
        name: &ApiKeyName,
        (trusted, room): (Trusted, &Room),
        mut queue: Queue,
    ) -> Result<Done, StoreError> {
        let ended = self.in_flight.unsettled();
        if !ended.iter().all(Finished::is_sent) {
            queue.forget();
        }
        // The claim's time is read once the store is ours: planning and waiting for a writer take time.
        let attempt = |isolation, ended: Vec<Finished>, mut queue: Queue| {
            let (config, clock, name) = (context.config.clone(), context.clock.clone(), name.clone());
            let allowance = Allowance { most: room.most, under_way: room.under_way, isolation };
            context.store.write(move |tx| {
                let settled = settle_all(tx, isolation, &ended)?;
                let at = (clock.now(), clock.boot());
                let claiming = claim_some(tx, &config, &name, trusted, at.0, allowance, &mut queue)?;
                Ok(Done { settled, claiming, queue, at })
            })
        };
        match attempt(Isolation::Batch, ended, queue).await {
            Err(error) if error.is_about_data() => {
                attempt(Isolation::PerItem, self.in_flight.unsettled(), Queue::default()).await
            }
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
        report.begun = claimed.len();
        worker.permits.take_sends(claimed.len(), at.1);
        for claim in claimed {
            let clock: Arc<dyn Clock> = context.clock.clone();
            self.in_flight.begin(claim, worker.send_slot.clone(), clock, at, context.nudge.clone());
        }
        if report.begun == most {
            report.again_in = Some(worker.permits.wait(at.1)).filter(|wait| !wait.is_zero());
            report.paced = report.again_in.is_some() && !worker.queue.is_empty();
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
