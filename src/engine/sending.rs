//! The sending pass: permit, claim, POST, settle. A send that has begun is finished and recorded.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;
use tokio::task::{Id, JoinSet};
use tracing::{error, info, warn};

use super::circuit::{self, Permit};
use super::planning::plan_unit;
use super::{KEY_NAME, compose};
use crate::annie::gateway::Gateway;
use crate::annie::wire::SmsRequest;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::outcome::{NotSent, Outcome};
use crate::domain::phone::Phone;
use crate::domain::private::Private;
use crate::domain::reminder::{Answer, State, Wait};
use crate::planner::facts::{Key, LiveSince};
use crate::store::dirty::{self, Unit};
use crate::store::reminders::Due;
use crate::store::{Connection, StoreError, Transaction, circuits, ledger, reminders, separately, standing};

/// A claim older than this before its first byte leaves is let go: the moment it was right for may be past.
const OLDEST_CLAIM: TimeDelta = TimeDelta::seconds(5);

/// Due reminders looked at beyond those that may be sent, so that some that turn out otherwise keep nobody waiting.
const SPARE: usize = 100;

/// How far before the last attempt the clock may be before it is taken for wrong.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(2);

/// A reminder that is ours to send, on disk, its request not begun.
#[derive(Debug)]
pub struct Claimed {
    /// The attempt.
    pub attempt: i64,
    /// What it is about.
    pub key: Key,
    /// The number.
    pub phone: Phone,
    request: SmsRequest,
}

/// What a claiming transaction came to.
#[derive(Debug)]
pub enum Claiming {
    /// These are to be sent now; perhaps none.
    Sent(Vec<Claimed>),
    /// Nothing may be sent yet.
    Waits(Wait, DateTime<Utc>),
    /// The circuit has just opened.
    Opened(String),
    /// The key has to be tried by a GET.
    Probe,
}

/// A POST that ended.
#[derive(Debug)]
struct Finished {
    attempt: i64,
    key: Key,
    phone: Phone,
    outcome: Outcome,
    ended: DateTime<Utc>,
}

/// The POSTs under way.
#[derive(Debug, Default)]
pub struct InFlight {
    tasks: JoinSet<(Outcome, DateTime<Utc>)>,
    claims: HashMap<Id, (i64, Key, Phone)>,
    /// Ended, but not on disk yet: kept until the disk takes them.
    unsettled: Vec<Finished>,
}

impl InFlight {
    /// How many POSTs are under way.
    pub fn count(&self) -> usize {
        self.tasks.len()
    }

    /// Whether outcomes wait for the disk; nothing is sent meanwhile.
    pub fn has_unsettled(&self) -> bool {
        !self.unsettled.is_empty()
    }

    /// Begins the POST of a claim. `nudge` hears when it has ended.
    pub fn begin(
        &mut self,
        claimed: Claimed,
        gateway: Gateway,
        clock: Arc<dyn Clock>,
        claimed_at: (DateTime<Utc>, Duration),
        nudge: Arc<Notify>,
    ) {
        let Claimed { attempt, key, phone, request } = claimed;
        let task = self.tasks.spawn(async move {
            let _nudge = NudgeOnDrop(nudge);
            let outcome = match is_too_old(clock.as_ref(), claimed_at) {
                true => Outcome::NotSent(NotSent::TooOld),
                false => gateway.send(&request, || clock.now()).await,
            };
            (outcome, clock.now())
        });
        self.claims.insert(task.id(), (attempt, key, phone));
    }

    /// Collects what has ended; with `all`, waits for everything under way.
    pub async fn collect(&mut self, all: bool, clock: &dyn Clock) {
        loop {
            let next = match all {
                true => self.tasks.join_next_with_id().await,
                false => self.tasks.try_join_next_with_id(),
            };
            let (id, (outcome, ended)) = match next {
                None => return,
                Some(Ok(done)) => done,
                Some(Err(failed)) => {
                    let detail = "sending it failed within Leadtime".to_owned();
                    (failed.id(), (Outcome::Unknown { status: None, detail }, clock.now()))
                }
            };
            if let Some((attempt, key, phone)) = self.claims.remove(&id) {
                self.unsettled.push(Finished { attempt, key, phone, outcome, ended });
            }
        }
    }

    /// Writes the collected outcomes, all in one commit. What could not be written stays collected.
    ///
    /// # Errors
    /// Database errors.
    pub async fn settle(&mut self, store: &crate::store::Store) -> Result<usize, StoreError> {
        if self.unsettled.is_empty() {
            return Ok(0);
        }
        let outcomes: Vec<(i64, Outcome, DateTime<Utc>)> =
            self.unsettled.iter().map(|f| (f.attempt, f.outcome.clone(), f.ended)).collect();
        let rejected = store.write(move |tx| settle_all(tx, &outcomes)).await?;
        if rejected > 0 {
            error!(count = rejected, "{rejected} reminders rejected: Annie refuses their numbers and accepts others");
        }
        let settled = std::mem::take(&mut self.unsettled);
        settled.iter().for_each(report);
        Ok(settled.len())
    }
}

struct NudgeOnDrop(Arc<Notify>);

impl Drop for NudgeOnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

fn is_too_old(clock: &dyn Clock, (wall, boot): (DateTime<Utc>, Duration)) -> bool {
    let passed =
        (clock.now() - wall).abs().max(TimeDelta::from_std(clock.boot().abs_diff(boot)).unwrap_or(TimeDelta::MAX));
    passed > OLDEST_CLAIM
}

fn settle_all(tx: &Transaction<'_>, outcomes: &[(i64, Outcome, DateTime<Utc>)]) -> Result<usize, StoreError> {
    for (attempt, outcome, ended) in outcomes {
        let settled = separately(tx, || ledger::settle(tx, *attempt, outcome, *ended))?;
        if let Err(error) = settled {
            error!(attempt, "the outcome of attempt {attempt} ({}) cannot be recorded: {error}", outcome.name());
            let detail = format!("its outcome could not be recorded: {}", words_of(outcome));
            let unknown = Outcome::Unknown { status: outcome.status(), detail };
            if let Err(error) = separately(tx, || ledger::settle(tx, *attempt, &unknown, *ended))? {
                error!(attempt, "attempt {attempt} cannot be settled at all: {error}");
            }
        }
        match outcome {
            Outcome::Sent(_) => circuits::forget_probes(tx, KEY_NAME)?,
            Outcome::NotSent(NotSent::RateLimited { until }) => circuits::set_limited(tx, KEY_NAME, *until)?,
            _ => {}
        }
    }
    let rejected = separately(tx, || ledger::reject_refused_numbers(tx))?;
    Ok(rejected.unwrap_or_else(|error| {
        error!("refusals of single numbers cannot be recorded: {error}");
        0
    }))
}

fn words_of(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Sent(conversation) => format!("accepted as conversation {conversation}"),
        other => other.detail(),
    }
}

/// One line for each outcome, that reads alone.
fn report(finished: &Finished) {
    let Finished { attempt, key, phone, outcome, .. } = finished;
    let (appointment, rule) = (&key.appointment_id, &key.rule);
    let detail = outcome.detail();
    match outcome {
        Outcome::Sent(conversation) => {
            info!(%appointment, %rule, attempt, %phone, %conversation, "sent `{rule}` of appointment {appointment} to {phone}");
        }
        Outcome::NotSent(NotSent::Unreachable { .. } | NotSent::RateLimited { .. } | NotSent::TooOld) => {
            warn!(%appointment, %rule, attempt, %phone, "`{rule}` of appointment {appointment} was not sent, and will be tried again: {detail}");
        }
        Outcome::NotSent(_) => {
            error!(%appointment, %rule, attempt, %phone, "`{rule}` of appointment {appointment} was not sent: {detail}");
        }
        Outcome::Rejected { .. } => {
            error!(%appointment, %rule, attempt, %phone, "Annie rejected `{rule}` of appointment {appointment}: {detail}; it is not tried again");
        }
        Outcome::Unknown { .. } => {
            warn!(%appointment, %rule, attempt, %phone, "it is not known whether `{rule}` of appointment {appointment} went out: {detail}; it is not sent again");
        }
    }
}

/// Whether the clock shows a time before the last attempt: then one of the two is wrong.
///
/// # Errors
/// Database errors.
pub fn clock_is_wrong(connection: &Connection, now: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(ledger::last_attempt_at(connection)?.is_some_and(|last| now < last - CLOCK_TOLERANCE))
}

/// Claims what may be sent now, at most `most`, in one transaction. `under_way` POSTs have not ended.
///
/// # Errors
/// Database errors.
pub fn claim_some(
    tx: &Transaction<'_>,
    config: &Config,
    now: DateTime<Utc>,
    most: usize,
    under_way: usize,
) -> Result<Claiming, StoreError> {
    if reminders::due(tx, now, &[], 1)?.is_empty() {
        return Ok(Claiming::Sent(Vec::new()));
    }
    if clock_is_wrong(tx, now)? {
        return Ok(Claiming::Waits(Wait::Clock, now));
    }
    let health = circuits::health(tx, KEY_NAME)?;
    let (at_once, avoid) = match circuit::decide(&health, now) {
        Permit::Go { at_once, avoid } => (at_once, avoid),
        Permit::Wait { why, until } => return Ok(Claiming::Waits(why, until)),
        Permit::Open { reason } => return open(tx, reason, now),
        Permit::Probe => return Ok(Claiming::Probe),
    };
    let most = most.min(at_once.saturating_sub(under_way));
    let live = standing::live_since(tx, &config.rulebook.rules)?;
    if most == 0 {
        return Ok(Claiming::Sent(Vec::new()));
    }
    // After a refusal other numbers go first, also when a probe has cleared the key: one bad number holds up no other.
    let mut due = reminders::due(tx, now, &health.refused_before, most + SPARE)?;
    if due.is_empty() {
        due = reminders::due(tx, now, &avoid, most + SPARE)?;
    }
    if due.is_empty() && !avoid.is_empty() {
        return open(tx, circuit::only_the_refused_is_due(&health), now);
    }
    let mut claimed = Vec::new();
    for due in due {
        if claimed.len() == most {
            break;
        }
        match separately(tx, || claim_one(tx, config, &live, &due, now))? {
            Ok(one) => claimed.extend(one),
            // One reminder that cannot be claimed holds up no other; it is tried at every pass, until it expires.
            Err(error) => {
                let (appointment, rule) = (&due.key.appointment_id, &due.key.rule);
                error!(%appointment, %rule, "`{rule}` of appointment {appointment} cannot be sent: {error}");
            }
        }
    }
    Ok(Claiming::Sent(claimed))
}

fn open(tx: &Transaction<'_>, reason: String, now: DateTime<Utc>) -> Result<Claiming, StoreError> {
    let probes = circuits::probes(tx, KEY_NAME)?;
    circuits::set_open(tx, KEY_NAME, &circuit::opened(reason.clone(), probes, now, now))?;
    Ok(Claiming::Opened(reason))
}

/// Plans the number again, now; claims the reminder if the answer still is to send it, else writes the new answer.
fn claim_one(
    tx: &Transaction<'_>,
    config: &Config,
    live: &LiveSince,
    due: &Due,
    now: DateTime<Utc>,
) -> Result<Option<Claimed>, StoreError> {
    let unit = Unit::Number(due.phone.clone());
    let (facts, items) = plan_unit(tx, config, live, &unit, &BTreeSet::new(), now)?;
    reminders::write(tx, &config.practice.zone, &items, &facts.stored)?;
    let Some(item) = items.iter().find(|item| item.key == due.key && item.current) else {
        // It is no longer this number's, or not at this time: its own unit has to answer for it.
        dirty::mark(tx, &due.phone, &due.key.appointment_id)?;
        return Ok(None);
    };
    let ready = item.state == State::Answered(Answer::Planned) && item.due_at.is_some_and(|at| at <= now);
    let visit = facts.visits.iter().find(|v| v.appointment.id == due.key.appointment_id);
    let (true, Some(visit)) = (ready && !facts.in_doubt, visit) else { return Ok(None) };
    let Ok(request) = compose::request(config, &due.key.rule, &visit.appointment, &due.phone, now) else {
        return Ok(None);
    };
    let body = serde_json::to_string(&request).map_err(|e| StoreError::Unreadable(e.to_string()))?;
    let attempt = ledger::claim(
        tx,
        &ledger::Claim {
            key: &due.key,
            phone: &due.phone,
            api_key: KEY_NAME,
            body: Private(&body),
            now,
            zone: &config.practice.zone,
        },
    )?;
    Ok(Some(Claimed { attempt, key: due.key.clone(), phone: due.phone.clone(), request }))
}
