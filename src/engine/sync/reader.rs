//! Reads from Annie: processes what GETs returned, and begins the next GET of each key that has none in progress.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tracing::warn;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::ids::{ApiKeyName, ConversationId};
use crate::engine::clock_check::ClockMonitor;
use crate::engine::context::Context;
use crate::engine::keys::key_set::Keys;
use crate::engine::keys::key_worker::KeyWorker;
use crate::engine::report::PassReport;
use crate::engine::send::queue::Queue;
use crate::engine::sync::fetch::{self, Done};
use crate::engine::sync::reading::{self, NextRead, Wanting};
use crate::engine::task_set::TaskSet;
use crate::store::conversations::listings;
use crate::store::conversations::listings::Verdict;
use crate::store::{StoreError, Transaction};

/// Keys looked at in one transaction.
const KEYS_AT_ONCE: usize = 64;

/// The GETs in progress.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    readings: TaskSet<Done>,
}

impl Reader {
    /// Processes what was read; returns how many readings.
    pub(crate) async fn take<C: Clock + 'static>(
        &mut self,
        context: &Context<C>,
        keys: &mut Keys,
        monitor: &mut ClockMonitor,
    ) -> Result<usize, StoreError> {
        let mut taken = 0;
        while let Some((id, done)) = self.readings.take_next() {
            match done {
                Some(done) => {
                    taken += 1;
                    take_one(context, keys, monitor, done).await?;
                    // A number whose replies are read may be texted, with any key.
                    keys.may_have_more_due();
                }
                None => note_failed_task(keys, id, context.boot()),
            }
        }
        Ok(taken)
    }

    /// Begins the next reading of each of these keys that has none in progress; returns what is due with them.
    pub(crate) async fn read<C: Clock + 'static>(
        &mut self,
        context: &Context<C>,
        keys: &mut Keys,
        ready: &[ApiKeyName],
        state: ReadState,
        report: &mut PassReport,
    ) -> Result<DueByKey, StoreError> {
        let mut due = DueByKey::default();
        if !context.is_live() {
            return Ok(due);
        }
        for names in ready.chunks(KEYS_AT_ONCE) {
            let mut looks = Vec::new();
            for name in names {
                let Some(worker) = keys.get_mut(name) else { continue };
                if worker.is_reading.is_some() || (state.is_bursting && context.boot() < worker.nothing_to_read_until) {
                    due.note(name, if worker.queue.is_empty() { KeyDue::NotNow } else { KeyDue::Texts });
                    continue;
                }
                looks.push(Look::with(name, worker, state, context));
            }
            if looks.is_empty() {
                continue;
            }
            let config = context.config.clone();
            let chosen =
                context.store.write(move |tx| looks.into_iter().map(|look| look.choose(tx, &config)).collect());
            let chosen: Vec<Chosen> = chosen.await?;
            for Chosen { name, now, queue, next } in chosen {
                let is_empty = queue.is_empty();
                let Some(worker) = keys.get_mut(&name) else { continue };
                worker.queue = queue;
                let is_due = next.due;
                self.begin(context, keys, (&name, now, next), report);
                due.note(
                    &name,
                    match (is_empty, is_due) {
                        (true, _) => KeyDue::Nothing,
                        (false, true) => KeyDue::Texts,
                        (false, false) => KeyDue::NotNow,
                    },
                );
            }
        }
        Ok(due)
    }

    /// Begins a key's next reading, if there is one and the pace allows it.
    fn begin<C: Clock + 'static>(
        &mut self,
        context: &Context<C>,
        keys: &mut Keys,
        (name, now, next): (&ApiKeyName, DateTime<Utc>, NextRead),
        report: &mut PassReport,
    ) {
        let Some(worker) = keys.get_mut(name) else { return };
        let boot = context.boot();
        let NextRead { job, due, next_look, of_others } = next;
        if let Some(job) = job {
            let wait = worker.permits.wait_to_read(due, boot).max(worker.not_before.saturating_sub(boot));
            if wait.is_zero() && worker.permits.may_read(due, boot) {
                worker.permits.take_read(boot);
                report.reading += 1;
                let (gateway, key, clock) = (worker.send_slot.gateway.clone(), name.clone(), context.clock.clone());
                let work = async move { fetch::fetch(gateway, key, job, clock.as_ref()).await };
                worker.is_reading = Some(self.readings.begin(work, context.nudge.clone()));
            } else {
                report.want_again_in(wait.max(Duration::from_millis(1)));
                keys.wake(name);
            }
        } else {
            worker.nothing_to_read_until = boot + Duration::from_secs(1);
            let wait = next_look.and_then(|at| (at - now).to_std().ok()).filter(|wait| !wait.is_zero());
            wait.into_iter().for_each(|wait| keys.look_within(name, boot, wait));
        }
        ask_others(keys, of_others, report);
    }

    /// Waits until the readings in progress have ended.
    pub(crate) async fn finish(&mut self) {
        self.readings.finish().await;
    }
}

/// A look at what a key has to read and to send.
struct Look {
    name: ApiKeyName,
    queue: Queue,
    wanting: Wanting,
}

impl Look {
    fn with<C: Clock + 'static>(
        name: &ApiKeyName,
        worker: &mut KeyWorker,
        state: ReadState,
        context: &Context<C>,
    ) -> Look {
        let wanting = Wanting {
            now: context.now(),
            confirmed: state.may_read,
            read_replies: worker.read_replies,
            may_list: worker.may_list(context.boot()),
            asked_for: worker.asked_for.pop_front(),
            turn: worker.conversations_read,
            texts_due: false,
        };
        Look { name: name.clone(), queue: std::mem::take(&mut worker.queue), wanting }
    }

    fn choose(self, tx: &Transaction<'_>, config: &Config) -> Result<Chosen, StoreError> {
        let Look { name, mut queue, wanting } = self;
        let now = wanting.now;
        queue.refresh(tx, &name, now)?;
        let wanting = Wanting { texts_due: !queue.is_empty(), ..wanting };
        let next = reading::next(tx, config, &name, wanting)?;
        Ok(Chosen { name, now, queue, next })
    }
}

/// The result of a look.
struct Chosen {
    name: ApiKeyName,
    now: DateTime<Utc>,
    queue: Queue,
    next: NextRead,
}

/// Conversations that only other keys can read are read with those.
fn ask_others(keys: &mut Keys, of_others: Vec<(ApiKeyName, ConversationId)>, report: &mut PassReport) {
    for (other, conversation) in of_others {
        if let Some(worker) = keys.get_mut(&other).filter(|worker| !worker.asked_for.contains(&conversation)) {
            worker.asked_for.push_back(conversation);
            keys.wake(&other);
            report.want_again_in(Duration::from_millis(1));
        }
    }
}

/// What is due with the keys that were looked at.
#[derive(Debug, Default)]
pub(crate) struct DueByKey {
    /// Keys with texts that may go out now.
    pub(crate) texts: BTreeSet<ApiKeyName>,
    /// Keys without any due text, as of this pass.
    pub(crate) nothing: BTreeSet<ApiKeyName>,
}

impl DueByKey {
    fn note(&mut self, name: &ApiKeyName, due: KeyDue) {
        match due {
            KeyDue::Texts => self.texts.insert(name.clone()),
            KeyDue::Nothing => self.nothing.insert(name.clone()),
            KeyDue::NotNow => false,
        };
    }
}

/// The same for one key.
enum KeyDue {
    /// Texts that may go out now.
    Texts,
    /// No text at all.
    Nothing,
    /// Texts that wait for something, or it was not looked at.
    NotNow,
}

/// What the engine's state allows readings to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadState {
    /// The clock is confirmed and this run of the daemon is recorded; until then Annie is only asked for the time.
    pub(crate) may_read: bool,
    /// Texts are going out one after another.
    pub(crate) is_bursting: bool,
}

async fn take_one<C: Clock + 'static>(
    context: &Context<C>,
    keys: &mut Keys,
    monitor: &mut ClockMonitor,
    done: Done,
) -> Result<(), StoreError> {
    if done.was_answered() {
        monitor.record_response_date(done.date, done.between.0, done.between.1);
    }
    let (now, boot) = (context.now(), context.boot());
    keys.wake(&done.api_key);
    if let Some(worker) = keys.get_mut(&done.api_key) {
        worker.note_reading(&done, monitor.is_confirmed(), boot);
    }
    let config = context.config.clone();
    let (done, applied, was_unobserved) = context
        .store
        .write(move |tx| {
            let was_unobserved = listings::state(tx, &done.api_key)?.is_some_and(|s| s.unobserved.is_some());
            let applied = reading::apply(tx, &config, &done, now)?;
            Ok((done, applied, was_unobserved))
        })
        .await?;
    let Some(worker) = keys.get_mut(&done.api_key) else { return Ok(()) };
    worker.announced.report(&done, &applied, was_unobserved, boot);
    if let Some((how, _)) = applied.concluded {
        worker.note_listing(how != Verdict::Incomplete, boot);
    }
    Ok(())
}

fn note_failed_task(keys: &mut Keys, id: u64, boot: Duration) {
    let Some(name) = keys.reading(id) else { return };
    warn!(
        api_key = %name,
        "reading Annie's list or replies failed inside Leadtime, and Leadtime tries again. If this happens again, please report this line"
    );
    if let Some(worker) = keys.get_mut(&name) {
        worker.note_failed_task(boot);
    }
    keys.wake(&name);
}
