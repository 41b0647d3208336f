//! The sending pass: permit, claim, POST, settle. A send that has begun is finished and recorded.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;
use tracing::{error, info, warn};

use super::circuit::{self, Permit};
use super::compose;
use super::planning::{is_first_text, plan_unit};
use super::under_way::UnderWay;
use crate::annie::gateway::Gateway;
use crate::annie::verdict::Heard;
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
use crate::store::{Connection, StoreError, Transaction, circuits, ledger, listings, reminders, separately, standing};

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
    /// What it is about; never empty.
    pub keys: Vec<Key>,
    /// The number.
    pub phone: Phone,
    /// The key it goes out with, by its name.
    pub api_key: String,
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
}

/// A POST that ended.
#[derive(Debug, Clone)]
struct Finished {
    attempt: i64,
    keys: Vec<Key>,
    phone: Phone,
    api_key: String,
    outcome: Outcome,
    ended: DateTime<Utc>,
    /// No requests before this instant: Annie asked for it.
    pause: Option<DateTime<Utc>>,
}

/// Annie's time in an answer, and the instants between which the request lay.
type Dated = (Option<DateTime<Utc>>, (DateTime<Utc>, DateTime<Utc>));

/// The POSTs under way.
#[derive(Debug, Default)]
pub struct InFlight {
    tasks: UnderWay<(Heard<Outcome>, DateTime<Utc>, Dated)>,
    claims: HashMap<u64, (i64, Vec<Key>, Phone, String)>,
    /// Ended, but not on disk yet: kept until the disk takes them.
    unsettled: Vec<Finished>,
    dates: Vec<Dated>,
}

impl InFlight {
    /// How many POSTs are under way.
    pub fn count(&self) -> usize {
        self.claims.len()
    }

    /// How many of a key.
    pub fn count_of(&self, api_key: &str) -> usize {
        self.claims.values().filter(|(.., key)| key == api_key).count()
    }

    /// Annie's times in the answers collected since this was last asked.
    pub fn take_dates(&mut self) -> Vec<Dated> {
        std::mem::take(&mut self.dates)
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
        let Claimed { attempt, keys, phone, api_key, request } = claimed;
        let work = async move {
            let (wall, boot) = claimed_at;
            let began = clock.now();
            // Asked when the connection is there, so that neither a slow connect nor a suspend makes it late.
            let watch = clock.clone();
            let still_good = move || !is_too_old(watch.as_ref(), claimed_at);
            let heard = gateway.send(&request, || clock.now(), still_good).await;
            // By the time since boot: the wall clock may have been set meanwhile.
            let lasted = TimeDelta::from_std(clock.boot().saturating_sub(boot)).unwrap_or_default();
            let dated = (heard.date, (began, clock.now()));
            (heard, wall + lasted, dated)
        };
        let id = self.tasks.begin(work, nudge);
        self.claims.insert(id, (attempt, keys, phone, api_key));
    }

    /// Collects what has ended; with `all`, waits for everything under way.
    pub async fn collect(&mut self, all: bool, clock: &dyn Clock) {
        if all {
            self.tasks.finish().await;
        }
        while let Some((id, ended)) = self.tasks.take_next() {
            let (Heard { answer: outcome, date, pause }, ended, dated) = ended.unwrap_or_else(|| {
                let detail = "sending it failed within Leadtime".to_owned();
                let now = clock.now();
                (Heard::only(Outcome::Unknown { status: None, detail }), now, (None, (now, now)))
            });
            // Where nobody answered, nobody told the time.
            if date.is_some() || matches!(outcome, Outcome::Sent(_) | Outcome::Rejected { .. }) {
                self.dates.push(dated);
            }
            if let Some((attempt, keys, phone, api_key)) = self.claims.remove(&id) {
                self.unsettled.push(Finished { attempt, keys, phone, api_key, outcome, ended, pause });
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
        let ended = self.unsettled.clone();
        let (rejected, unrecorded) = store.write(move |tx| settle_all(tx, &ended)).await?;
        if rejected > 0 {
            error!(count = rejected, "{rejected} reminders rejected: Annie refuses their numbers and accepts others");
        }
        let settled = std::mem::take(&mut self.unsettled);
        settled.iter().filter(|finished| !unrecorded.contains(&finished.attempt)).for_each(report);
        Ok(settled.len())
    }
}

fn is_too_old(clock: &dyn Clock, (wall, boot): (DateTime<Utc>, Duration)) -> bool {
    let passed =
        (clock.now() - wall).abs().max(TimeDelta::from_std(clock.boot().abs_diff(boot)).unwrap_or(TimeDelta::MAX));
    passed > OLDEST_CLAIM
}

/// How many reminders turned out to be rejected, and the attempts whose outcome could not be recorded as it was.
fn settle_all(tx: &Transaction<'_>, all: &[Finished]) -> Result<(usize, Vec<i64>), StoreError> {
    let mut unrecorded = Vec::new();
    for Finished { attempt, outcome, ended, api_key, pause, .. } in all {
        let settled = separately(tx, || ledger::settle(tx, *attempt, outcome, *ended))?;
        if let Err(error) = settled {
            unrecorded.push(*attempt);
            error!(attempt, "the outcome of attempt {attempt} ({}) cannot be recorded: {error}", outcome.name());
            let detail = format!("its outcome could not be recorded: {}", words_of(outcome));
            let unknown = Outcome::Unknown { status: outcome.status(), detail };
            if let Err(error) = separately(tx, || ledger::settle(tx, *attempt, &unknown, *ended))? {
                error!(attempt, "attempt {attempt} cannot be settled at all: {error}");
            }
        }
        if let Outcome::Sent(_) = outcome {
            circuits::forget_probes(tx, api_key)?;
        }
        let limited = match outcome {
            Outcome::NotSent(NotSent::RateLimited { until }) => Some(*until),
            _ => *pause,
        };
        if let Some(until) = limited {
            circuits::set_limited(tx, api_key, until)?;
        }
    }
    let now = all.iter().map(|finished| finished.ended).max().unwrap_or_default();
    let rejected = separately(tx, || ledger::reject_refused_numbers(tx, now))?;
    let rejected = rejected.unwrap_or_else(|error| {
        error!("refusals of single numbers cannot be recorded: {error}");
        0
    });
    Ok((rejected, unrecorded))
}

fn words_of(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Sent(conversation) => format!("accepted as conversation {conversation}"),
        other => other.detail(),
    }
}

/// One line for each reminder, that reads alone.
fn report(finished: &Finished) {
    let Finished { attempt, keys, phone, outcome, .. } = finished;
    for key in keys {
        report_one(*attempt, key, phone, outcome);
    }
}

fn report_one(attempt: i64, key: &Key, phone: &Phone, outcome: &Outcome) {
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
            warn!(%appointment, %rule, attempt, %phone, "it is not known whether `{rule}` of appointment {appointment} went out: {detail}; Annie's list will tell");
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

/// Others may text the same numbers: a list read longer ago is read again before a text, if it can be read.
const OLDEST_LIST: TimeDelta = TimeDelta::minutes(45);

/// What sending may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trusted {
    /// Annie's clock agrees with this machine's.
    pub clock: bool,
    /// Her list of conversations could be read when that was last tried.
    pub list_works: bool,
}

/// Claims what may be sent now with a key, at most `most`, in one transaction. `under_way` POSTs have not ended.
///
/// # Errors
/// Database errors.
pub fn claim_some(
    tx: &Transaction<'_>,
    config: &Config,
    api_key: &str,
    trusted: Trusted,
    now: DateTime<Utc>,
    most: usize,
    under_way: usize,
) -> Result<Claiming, StoreError> {
    let ours = |location: Option<&str>| config.key_name(location) == api_key;
    if reminders::due(tx, now, &[], &ours, 1)?.is_empty() {
        return Ok(Claiming::Sent(Vec::new()));
    }
    let health = circuits::health(tx, api_key)?;
    let (at_once, avoid) = match circuit::decide(&health, now) {
        Permit::Go { at_once, avoid } => (at_once, avoid),
        Permit::Wait { why, until } => return Ok(Claiming::Waits(why, until)),
        Permit::Open { reason } => return open(tx, api_key, reason, now),
        Permit::Probe => return Ok(Claiming::Waits(Wait::Circuit, now)),
    };
    if !trusted.clock || clock_is_wrong(tx, now)? {
        return Ok(Claiming::Waits(Wait::Clock, now));
    }
    // Nothing is sent before all is known that was sent while nobody looked, by us or by others.
    let standing = listings::standing(tx, api_key)?.unwrap_or_default();
    let stale = standing.seen_at.is_none_or(|seen| now - seen > OLDEST_LIST);
    if standing.seen_at.is_none() || standing.blind.is_some() || (stale && trusted.list_works) {
        return Ok(Claiming::Waits(Wait::CatchingUp, now));
    }
    let most = most.min(at_once.saturating_sub(under_way));
    if most == 0 {
        return Ok(Claiming::Sent(Vec::new()));
    }
    let live = standing::live_since(tx, &config.rulebook.rules)?;
    // After a refusal other numbers go first, also when a probe has cleared the key: one bad number holds up no other.
    let mut due = reminders::due(tx, now, &health.refused_before, &ours, most + SPARE)?;
    if due.is_empty() {
        due = reminders::due(tx, now, &avoid, &ours, most + SPARE)?;
    }
    if due.is_empty() && !avoid.is_empty() {
        return open(tx, api_key, circuit::only_the_refused_is_due(&health), now);
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

fn open(tx: &Transaction<'_>, api_key: &str, reason: String, now: DateTime<Utc>) -> Result<Claiming, StoreError> {
    let probes = circuits::probes(tx, api_key)?;
    circuits::set_open(tx, api_key, &circuit::opened(reason.clone(), probes, now, now))?;
    Ok(Claiming::Opened(reason))
}

/// Plans the number again, now; claims the text with the reminder if the answer still is to send it, else writes the
/// new answer.
fn claim_one(
    tx: &Transaction<'_>,
    config: &Config,
    live: &LiveSince,
    due: &Due,
    now: DateTime<Utc>,
) -> Result<Option<Claimed>, StoreError> {
    let unit = Unit::Number(due.phone.clone());
    let (facts, plan) = plan_unit(tx, config, live, &unit, &BTreeSet::new(), now)?;
    reminders::write(tx, &config.practice.zone, &plan.items, &facts.stored, now)?;
    if !plan.items.iter().any(|item| item.key == due.key && item.current) {
        // It is no longer this number's, or not at this time: its own unit has to answer for it.
        dirty::mark_unit(tx, &unit, &BTreeSet::from([due.key.appointment_id.clone()]))?;
        return Ok(None);
    }
    let planned = |key: &Key| plan.items.iter().any(|i| i.key == *key && i.state == State::Answered(Answer::Planned));
    let message = plan.message_of(&due.key).filter(|message| message.due_at <= now && message.keys.iter().all(planned));
    let Some(message) = message.filter(|_| !facts.in_doubt && !facts.replies_unread) else { return Ok(None) };
    let visits: Vec<_> = message
        .keys
        .iter()
        .filter_map(|key| Some((facts.visits.iter().find(|v| v.appointment.id == key.appointment_id)?, key)))
        .map(|(visit, key)| (&visit.appointment, &key.rule))
        .collect();
    let Ok(request) = compose::request(config, &visits, &due.phone, is_first_text(&facts), now) else {
        return Ok(None);
    };
    let body = serde_json::to_string(&request).map_err(|e| StoreError::Unreadable(e.to_string()))?;
    let api_key = config.key_name(due.location.as_deref());
    let (keys, phone) = (message.keys.clone(), due.phone.clone());
    let zone = &config.practice.zone;
    let claim = ledger::Claim {
        keys: &keys,
        phone: &phone,
        api_key,
        body: Private(&body),
        now,
        zone,
        retry_of: message.retry_of,
    };
    let attempt = ledger::claim(tx, &claim)?;
    Ok(Some(Claimed { attempt, keys, phone, api_key: api_key.to_owned(), request }))
}
