//! The POSTs in progress: begun from claims, collected, settled. A send that has begun is finished and recorded.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Notify, Semaphore};
use tracing::{error, info, warn};

use crate::annie::gateway::Gateway;
use crate::annie::verdict::Heard;
use crate::clock::Clock;
use crate::domain::ids::ApiKeyName;
use crate::domain::outcome::{NotSent, Outcome};
use crate::domain::phone::Phone;
use crate::domain::reminder_key::ReminderKey;
use crate::engine::clock_check::Instant;
use crate::engine::send::claim::Claimed;
use crate::engine::task_set::TaskSet;
use crate::store::conversations::circuits;
use crate::store::ledger::messages;
use crate::store::{Isolation, StoreError, Transaction, each_in_savepoint, in_savepoint};

/// A claim older than this before its first byte leaves is dropped: the moment it was right for may be past.
const OLDEST_CLAIM: TimeDelta = TimeDelta::seconds(5);

/// An answer within this time counts as immediate: what is claimed ahead of it does not get too old.
const QUICK: TimeDelta = TimeDelta::milliseconds(500);

/// What is claimed ahead is answered within this time, as far as the last answer shows.
const AHEAD: TimeDelta = TimeDelta::milliseconds(50);
/// About as many texts of one key as a crash may leave in doubt.
const IN_DOUBT: usize = 128;

/// A POST that ended.
#[derive(Debug, Clone)]
pub(crate) struct Finished {
    attempt: i64,
    keys: Vec<ReminderKey>,
    phone: Phone,
    api_key: ApiKeyName,
    outcome: Outcome,
    ended: DateTime<Utc>,
    /// No requests before this instant: Annie asked for it.
    pause: Option<DateTime<Utc>>,
}

impl Finished {
    /// The name of the key it was sent with.
    pub(crate) fn api_key(&self) -> &ApiKeyName {
        &self.api_key
    }

    /// Whether Annie accepted it.
    pub(crate) fn is_sent(&self) -> bool {
        matches!(self.outcome, Outcome::Sent(_))
    }
}

/// Annie's time in an answer, and the two moments between which the request was made.
type Dated = (Option<DateTime<Utc>>, (Instant, Instant));

/// A key's gateway to Annie, with its slots.
#[derive(Debug, Clone)]
pub(crate) struct SendSlot {
    /// The gateway that sends.
    pub(crate) gateway: Gateway,
    /// How many requests may be in progress at once.
    slots: Arc<Semaphore>,
    troubles: Arc<Troubles>,
}

/// The results other than success: a text that was claimed before the last of them was known does not begin as if nothing
/// had happened.
#[derive(Debug, Default)]
struct Troubles {
    /// How many there were.
    had: AtomicU64,
    /// How many of them the next claim takes into account.
    known: AtomicU64,
}

impl SendSlot {
    /// A gateway with this many slots.
    pub(crate) fn new(gateway: Gateway, slots: u32) -> SendSlot {
        SendSlot { gateway, slots: Arc::new(Semaphore::new(slots as usize)), troubles: Arc::default() }
    }
}

/// The result of settling.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// Outcomes written.
    count: usize,
    /// Reminders that turned out to be rejected.
    rejected: usize,
    /// Attempts whose outcome could not be recorded as it was.
    unrecorded: Vec<i64>,
}

/// A POST in progress.
#[derive(Debug)]
struct Begun {
    attempt: i64,
    keys: Vec<ReminderKey>,
    phone: Phone,
    api_key: ApiKeyName,
    troubles: Arc<Troubles>,
}

/// Whether a result is not plain success; a text that was let go says nothing about the key.
fn is_trouble(outcome: &Outcome, pause: Option<DateTime<Utc>>) -> bool {
    pause.is_some() || !matches!(outcome, Outcome::Sent(_) | Outcome::NotSent(NotSent::TooOld))
}

/// The POSTs in progress.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    tasks: TaskSet<(Heard<Outcome>, DateTime<Utc>, Dated)>,
    claims: HashMap<u64, Begun>,
    /// How many of them belong to each key.
    by_key: HashMap<ApiKeyName, usize>,
    /// Ended, but not on disk yet: kept until they are written.
    unsettled: Vec<Finished>,
    dates: Vec<Dated>,
    /// How long the last POST of each key took.
    took: HashMap<ApiKeyName, TimeDelta>,
}

impl InFlight {
    /// How many POSTs are in progress.
    pub(crate) fn count(&self) -> usize {
        self.claims.len()
    }

    /// How many belong to a key.
    pub(crate) fn count_of(&self, api_key: &ApiKeyName) -> usize {
        self.by_key.get(api_key).copied().unwrap_or_default()
    }

    /// Annie's times in the answers collected since the last call.
    pub(crate) fn take_dates(&mut self) -> Vec<Dated> {
        std::mem::take(&mut self.dates)
    }

    /// Begins the POST of a claim as soon as a slot is free. `nudge` is notified when it has ended.
    pub(crate) fn begin(
        &mut self,
        claimed: Claimed,
        send_slot: SendSlot,
        clock: Arc<dyn Clock>,
        claimed_at: (DateTime<Utc>, Duration),
        nudge: Arc<Notify>,
    ) {
        let Claimed { attempt, keys, phone, api_key, request } = claimed;
        let troubles = send_slot.troubles.clone();
        // Every result that was collected before the claim is known; the claim was made with them.
        let known = troubles.known.load(Ordering::SeqCst);
        let work = async move {
            let (wall, boot) = claimed_at;
            // A claim that waits too long for its slot is dropped at the last moment, below.
            let _slot = send_slot.slots.acquire_owned().await;
            let overtaken = send_slot.troubles.had.load(Ordering::SeqCst) > known;
            let began = (clock.now(), clock.boot());
            // Checked once the connection is open, so that neither a slow connect nor a suspend makes it late.
            let watch = clock.clone();
            let still_good = move || !overtaken && !is_too_old(watch.as_ref(), claimed_at);
            let heard = send_slot.gateway.send(&request, || clock.now(), still_good).await;
            if is_trouble(&heard.answer, heard.pause) {
                send_slot.troubles.had.fetch_add(1, Ordering::SeqCst);
            }
            // By the time since boot: the wall clock may have been set in the meantime.
            let lasted = TimeDelta::from_std(clock.boot().saturating_sub(boot)).unwrap_or_default();
            let dated = (heard.date, (began, (clock.now(), clock.boot())));
            (heard, wall + lasted, dated)
        };
        let id = self.tasks.begin(work, nudge);
        *self.by_key.entry(api_key.clone()).or_default() += 1;
        self.claims.insert(id, Begun { attempt, keys, phone, api_key, troubles });
    }

    /// Collects what has ended; with `all`, waits for everything in progress. Returns the keys it was sent with.
    pub(crate) async fn collect(&mut self, all: bool, clock: &dyn Clock) -> Vec<ApiKeyName> {
        let mut keys = Vec::new();
        if all {
            self.tasks.finish().await;
        }
        while let Some((id, ended)) = self.tasks.take_next() {
            let has_failed = ended.is_none();
            let (Heard { answer: outcome, date, pause }, ended, dated) = ended.unwrap_or_else(|| {
                let detail = "sending it failed inside Leadtime".to_owned();
                let now = (clock.now(), clock.boot());
                (Heard::only(Outcome::Unknown { status: None, detail }), now.0, (None, (now, now)))
            });
            // Without an answer, there is no time from Annie.
            if date.is_some() || matches!(outcome, Outcome::Sent(_) | Outcome::Rejected { .. }) {
                self.dates.push(dated);
            }
            if let Some(Begun { attempt, keys: about, phone, api_key, troubles }) = self.claims.remove(&id) {
                if has_failed {
                    // Whether it was counted is not known.
                    troubles.known.fetch_max(troubles.had.load(Ordering::SeqCst), Ordering::SeqCst);
                } else if is_trouble(&outcome, pause) {
                    troubles.known.fetch_add(1, Ordering::SeqCst);
                }
                if let Some(count) = self.by_key.get_mut(&api_key) {
                    *count = count.saturating_sub(1);
                }
                let ((_, began), (_, ended_boot)) = dated.1;
                let took = TimeDelta::from_std(ended_boot.saturating_sub(began)).unwrap_or(TimeDelta::MAX);
                self.took.insert(api_key.clone(), took);
                keys.push(api_key.clone());
                self.unsettled.push(Finished { attempt, keys: about, phone, api_key, outcome, ended, pause });
            }
        }
        keys
    }

    /// Whether any outcome is not on disk yet.
    pub(crate) fn has_unsettled(&self) -> bool {
        !self.unsettled.is_empty()
    }

    /// What is to be settled: written in a transaction by [`settle_all`], and then reported by
    /// [`InFlight::are_settled`].
    pub(crate) fn unsettled(&self) -> Vec<Finished> {
        self.unsettled.clone()
    }

    /// The transaction that settled the first of those that ended is on disk. Returns them.
    pub(crate) fn are_settled(&mut self, settled: &Settled) -> Vec<Finished> {
        let rejected = settled.rejected;
        if rejected > 0 {
            error!(
                count = rejected,
                "{rejected} reminders are rejected: Annie refuses their numbers but accepts others. Call these patients; `leadtime history` lists them"
            );
        }
        let done: Vec<Finished> = self.unsettled.drain(..settled.count.min(self.unsettled.len())).collect();
        done.iter().filter(|finished| !settled.unrecorded.contains(&finished.attempt)).for_each(report);
        done
    }

    /// How many texts of a key are claimed ahead, while this many are in progress at once. If the last one was answered
    /// immediately, sending waits for the disk and not for Annie: then as many as are answered within [`AHEAD`]. A crash
    /// leaves each of them in doubt, so it is at most seven times `at_once`, and not more than [`IN_DOUBT`] together with
    /// those in progress, or as many again.
    pub(crate) fn ahead(&self, api_key: &ApiKeyName, at_once: usize) -> usize {
        const MOST: i64 = 7;
        let times = self
            .took
            .get(api_key)
            .filter(|took| **took < QUICK)
            .map_or(0, |took| (AHEAD.num_milliseconds() / took.num_milliseconds().max(1)).clamp(1, MOST));
        at_once
            .saturating_mul(usize::try_from(times).unwrap_or_default())
            .min(at_once.max(IN_DOUBT.saturating_sub(at_once)))
    }
}

fn is_too_old(clock: &dyn Clock, (wall, boot): (DateTime<Utc>, Duration)) -> bool {
    let passed =
        (clock.now() - wall).abs().max(TimeDelta::from_std(clock.boot().abs_diff(boot)).unwrap_or(TimeDelta::MAX));
    passed > OLDEST_CLAIM
}

/// Writes the outcomes of these POSTs.
pub(crate) fn settle_all(tx: &Transaction<'_>, isolation: Isolation, all: &[Finished]) -> Result<Settled, StoreError> {
    if all.is_empty() {
        return Ok(Settled::default());
    }
    let (mut unrecorded, mut accepted) = (Vec::new(), BTreeSet::new());
    let settled =
        each_in_savepoint(tx, isolation, all, |one| messages::settle(tx, one.attempt, &one.outcome, one.ended))?;
    for (Finished { attempt, outcome, ended, api_key, pause, .. }, settled) in all.iter().zip(settled) {
        if let Err(error) = settled {
            unrecorded.push(*attempt);
            error!(
                attempt,
                "the outcome of attempt {attempt} ({}) cannot be recorded ({error}). It counts as unknown, and other texts to its number wait, until Annie's list shows it. Please report this line",
                outcome.name()
            );
            let detail = format!("its outcome could not be recorded: {}", words_of(outcome));
            let unknown = Outcome::Unknown { status: outcome.status(), detail };
            if let Err(error) = in_savepoint(tx, || messages::settle(tx, *attempt, &unknown, *ended))? {
                error!(
                    attempt,
                    "attempt {attempt} cannot be recorded at all ({error}), so its number gets no texts. Run `systemctl restart leadtime`: after that the attempt counts as unknown. Please report this line"
                );
            }
        }
        if let Outcome::Sent(_) = outcome {
            accepted.insert(api_key);
        }
        let limited = match outcome {
            Outcome::NotSent(NotSent::RateLimited { until }) => Some(*until),
            _ => *pause,
        };
        if let Some(until) = limited {
            circuits::set_limited(tx, api_key, until)?;
        }
    }
    for api_key in accepted {
        circuits::forget_probes(tx, api_key)?;
    }
    let now = all.iter().map(|finished| finished.ended).max().unwrap_or_default();
    let rejected = in_savepoint(tx, || messages::reject_refused_numbers(tx, now))?;
    let rejected = rejected.unwrap_or_else(|error| {
        error!("Leadtime cannot record that Annie refuses single numbers ({error}). It tries again with the next text. Please report this line");
        0
    });
    Ok(Settled { count: all.len(), rejected, unrecorded })
}

fn words_of(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Sent(conversation) => format!("accepted as conversation {conversation}"),
        other => other.detail(),
    }
}

/// Logs one line for each reminder; each line makes sense on its own.
fn report(finished: &Finished) {
    let Finished { attempt, keys, phone, outcome, .. } = finished;
    for key in keys {
        report_one(*attempt, key, phone, outcome);
    }
}

fn report_one(attempt: i64, key: &ReminderKey, phone: &Phone, outcome: &Outcome) {
    let (appointment, rule) = (&key.appointment_id, &key.rule);
    let detail = outcome.detail();
    match outcome {
        Outcome::Sent(conversation) => {
            info!(%appointment, %rule, attempt, %phone, %conversation, "sent `{rule}` for appointment {appointment} to {phone}");
        }
        Outcome::NotSent(NotSent::RateLimited { .. } | NotSent::TooOld) => {
            info!(%appointment, %rule, attempt, %phone, "`{rule}` for appointment {appointment} was not sent, and Leadtime will try again: {detail}");
        }
        Outcome::NotSent(NotSent::Refused { .. }) => {
            warn!(%appointment, %rule, attempt, %phone, "`{rule}` for appointment {appointment} was not sent: {detail}. The next text goes to another number, to find out whether Annie refuses this number or the API key");
        }
        Outcome::NotSent(NotSent::Unreachable { .. }) => {
            warn!(%appointment, %rule, attempt, %phone, "`{rule}` for appointment {appointment} was not sent, and Leadtime will try again: {detail}");
        }
        Outcome::NotSent(_) => {
            error!(%appointment, %rule, attempt, %phone, "`{rule}` for appointment {appointment} was not sent, and sending stops: {detail}. This is a bug in Leadtime: please report this line and the version");
        }
        Outcome::Rejected { .. } => {
            error!(%appointment, %rule, attempt, %phone, "Annie rejected `{rule}` for appointment {appointment}: {detail}. Leadtime does not try it again. Call the patient");
        }
        Outcome::Unknown { .. } => {
            warn!(%appointment, %rule, attempt, %phone, "it is unknown whether `{rule}` for appointment {appointment} went out: {detail}. Leadtime checks Annie's list to find out");
        }
    }
}
