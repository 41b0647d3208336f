//! Reads from Annie: processes what GETs returned, and begins the next GET of each key that has none in progress.

use std::collections::BTreeSet;
use std::time::Duration;

use tracing::warn;

use crate::clock::Clock;
use crate::domain::ids::{ApiKeyName, ConversationId};
use crate::engine::clock_check::ClockMonitor;
use crate::engine::context::Context;
use crate::engine::keys::key_set::Keys;
use crate::engine::report::PassReport;
use crate::engine::sync::fetch::{self, Done};
use crate::engine::sync::reading::{self, NextRead, Wanting};
use crate::engine::task_set::TaskSet;
use crate::store::StoreError;
use crate::store::conversations::listings;
use crate::store::conversations::listings::Verdict;

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
        for name in ready {
            match self.read_with(context, keys, name, state, report).await? {
                KeyDue::Texts => due.texts.insert(name.clone()),
                KeyDue::Nothing => due.nothing.insert(name.clone()),
                KeyDue::NotNow => false,
            };
        }
        Ok(due)
    }

    /// Begins the next reading of one key; returns what is due with it.
    async fn read_with<C: Clock + 'static>(
        &mut self,
        context: &Context<C>,
        keys: &mut Keys,
        name: &ApiKeyName,
        state: ReadState,
        report: &mut PassReport,
    ) -> Result<KeyDue, StoreError> {
        let Some(worker) = keys.get_mut(name) else { return Ok(KeyDue::NotNow) };
        let (now, boot) = (context.now(), context.boot());
        if worker.is_reading.is_some() || (state.is_bursting && boot < worker.nothing_to_read_until) {
            return Ok(if worker.queue.is_empty() { KeyDue::NotNow } else { KeyDue::Texts });
        }
        let wanting = Wanting {
            now,
            confirmed: state.may_read,
            read_replies: worker.read_replies,
            may_list: worker.may_list(boot),
            asked_for: worker.asked_for.pop_front(),
            turn: worker.conversations_read,
            texts_due: false,
        };
        let (config, api_key, mut queue) = (context.config.clone(), name.clone(), std::mem::take(&mut worker.queue));
        let (queue, next) = context
            .store
            .write(move |tx| {
                queue.refresh(tx, &api_key, now)?;
                let wanting = Wanting { texts_due: !queue.is_empty(), ..wanting };
                let next = reading::next(tx, &config, &api_key, wanting)?;
                Ok((queue, next))
            })
            .await?;
        let is_empty = queue.is_empty();
        worker.queue = queue;
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
        Ok(match (is_empty, due) {
            (true, _) => KeyDue::Nothing,
            (false, true) => KeyDue::Texts,
            (false, false) => KeyDue::NotNow,
        })
    }

    /// Waits until the readings in progress have ended.
    pub(crate) async fn finish(&mut self) {
        self.readings.finish().await;
    }
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
