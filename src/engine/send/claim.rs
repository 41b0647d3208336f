//! The sending pass: what may be sent now, and the claims that are on disk before their first byte leaves.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::error;

use crate::annie::wire::SmsRequest;
use crate::config::Config;
use crate::domain::first_line::FirstLine;
use crate::domain::ids::ApiKeyName;
use crate::domain::phone::Phone;
use crate::domain::private::Private;
use crate::domain::reminder::{PlanDecision, State, Wait};
use crate::domain::reminder_key::ReminderKey;
use crate::engine::planning::{plan_with_words, planning_context};
use crate::engine::send::circuit::{self, Permit};
use crate::engine::send::daily_limits::{self, Left};
use crate::engine::send::queue::Queue;
use crate::engine::send::{compose, feed_age};
use crate::engine::words::Words;
use crate::planner::input::{AppointmentInput, LiveSince, PlannerInput, Stored};
use crate::planner::plan::{Item, Message, Plan};
use crate::store::conversations::{circuits, listings};
use crate::store::ledger::messages;
use crate::store::ledger::reminders::{self, Due};
use crate::store::planning::planning_context::PlanningContext;
use crate::store::planning::unit::PlanningUnit;
use crate::store::planning::{daemon_state, planner_input, replan_queue};
use crate::store::{Connection, Isolation, StoreError, Transaction, each_in_savepoint};

/// Replies are usually read within seconds; texts that wait longer than this for it are worth reporting.
pub(crate) const SOON_READ: TimeDelta = TimeDelta::minutes(5);

/// Due reminders looked at beyond those that may be sent, so that some that cannot be sent after all hold up no other.
const SPARE: usize = 100;

/// How far the clock may be before the last attempt and still not count as wrong.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(2);

/// A reminder that is ours to send: on disk, its request not begun.
#[derive(Debug)]
pub(crate) struct Claimed {
    /// The attempt.
    pub(crate) attempt: i64,
    /// What it is about; never empty.
    pub(crate) keys: Vec<ReminderKey>,
    /// The number.
    pub(crate) phone: Phone,
    /// The name of the key it goes out with.
    pub(crate) api_key: ApiKeyName,
    pub(crate) request: SmsRequest,
}

/// The result of a key's turn.
#[derive(Debug)]
pub(crate) enum Claiming {
    /// These are to be sent now; there may be none.
    Sent(Vec<Claimed>),
    /// Nothing may be sent yet.
    Waits(Wait, DateTime<Utc>),
    /// The circuit has just opened.
    Opened(String),
}

/// Whether the clock shows a time before the last attempt: if so, one of the two is wrong.
pub(crate) fn clock_is_wrong(connection: &Connection, now: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(messages::last_attempt_at(connection)?.is_some_and(|last| now < last - CLOCK_TOLERANCE))
}

/// Others may text the same numbers: a list read longer ago than this is read again before a text, if it can be read.
pub(crate) const OLDEST_LIST: TimeDelta = TimeDelta::minutes(45);

/// What sending may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trusted {
    /// Annie's clock agrees with this machine's.
    pub(crate) clock: bool,
    /// Annie's list of conversations could be read the last time.
    pub(crate) list_works: bool,
}

/// One key's turn in a claiming transaction.
#[derive(Debug)]
pub(crate) struct Turn {
    /// The name of the key.
    pub(crate) api_key: ApiKeyName,
    /// What it may rely on.
    pub(crate) trusted: Trusted,
    /// Most claims.
    pub(crate) most: usize,
    /// POSTs in progress.
    pub(crate) under_way: usize,
    /// Its due texts.
    pub(crate) queue: Queue,
}

impl Turn {
    /// The same turn, whose due texts are read again.
    pub(crate) fn anew(&self) -> Turn {
        let Turn { api_key, trusted, most, under_way, .. } = self;
        let (api_key, queue) = (api_key.clone(), Queue::default());
        Turn { api_key, trusted: *trusted, most: *most, under_way: *under_way, queue }
    }
}

/// What all turns of a transaction have in common, read when the first text is due.
struct ClaimContext {
    live: LiveSince,
    planning: PlanningContext,
    /// Why no key may send, if none may.
    waits: Option<Wait>,
}

impl ClaimContext {
    fn read(tx: &Transaction<'_>, config: &Config, now: DateTime<Utc>) -> Result<ClaimContext, StoreError> {
        let waits = if clock_is_wrong(tx, now)? {
            Some(Wait::Clock)
        } else {
            feed_age::is_stale(tx, config, now)?.then_some(Wait::StaleFeed)
        };
        let live = daemon_state::live_since(tx, &config.rulebook.rules)?;
        Ok(ClaimContext { live, planning: planning_context(tx, config, now)?, waits })
    }
}

/// Claims what may be sent now, one key after another, in one transaction. Without isolation, faulty data is an error,
/// too; otherwise single faulty reminders are isolated.
pub(crate) fn claim_in_turn(
    tx: &Transaction<'_>,
    config: &Config,
    turns: &mut [Turn],
    isolation: Isolation,
    now: DateTime<Utc>,
) -> Result<Vec<Claiming>, StoreError> {
    let mut context = None;
    let mut results = Vec::with_capacity(turns.len());
    for turn in turns {
        turn.queue.refresh(tx, &turn.api_key, now)?;
        if turn.queue.is_empty() {
            results.push(Claiming::Sent(Vec::new()));
            continue;
        }
        let context = match &context {
            Some(context) => context,
            None => context.insert(ClaimContext::read(tx, config, now)?),
        };
        results.push(claim_some(tx, config, context, (turn, isolation), now)?);
    }
    Ok(results)
}

/// Claims what may be sent now with a key that has due texts.
fn claim_some(
    tx: &Transaction<'_>,
    config: &Config,
    context: &ClaimContext,
    (turn, isolation): (&mut Turn, Isolation),
    now: DateTime<Utc>,
) -> Result<Claiming, StoreError> {
    let Turn { api_key, trusted, most, under_way, queue } = turn;
    let health = circuits::health(tx, api_key)?;
    let (at_once, avoid) = match circuit::decide(&health, now) {
        Permit::Go { at_once, avoid } => (at_once, avoid),
        Permit::Wait { why, until } => return Ok(Claiming::Waits(why, until)),
        Permit::Open { reason } => return open(tx, api_key, reason, now),
        Permit::Probe => return Ok(Claiming::Waits(Wait::Circuit, now)),
    };
    if let Some(why) = not_known_enough(tx, context, api_key, *trusted, now)? {
        return Ok(Claiming::Waits(why, now));
    }
    let left = match daily_limits::left_today(tx, config, now)? {
        Left::Texts(left) => left,
        Left::Nothing(why, until) => return Ok(Claiming::Waits(why, until)),
    };
    let most = (*most).min(at_once.saturating_sub(*under_way)).min(left);
    if most == 0 {
        return Ok(Claiming::Sent(Vec::new()));
    }
    // After a refusal, other numbers go first, even when a probe has cleared the key: one bad number holds up no other.
    let mut leave: Vec<Phone> = health.refused_before.iter().map(|refused| refused.phone.clone()).collect();
    if queue.has_only(&leave) {
        let rests = circuit::refused_for_now(&health, now);
        leave = avoid.iter().chain(&rests).cloned().collect();
        if queue.has_only(&leave) {
            return match avoid.is_empty() {
                true => Ok(Claiming::Waits(Wait::Refused, now)),
                false => open(tx, api_key, circuit::only_the_refused_is_due(&health), now),
            };
        }
    }
    claim_from(queue, &leave, most, |due| {
        each_in_savepoint(tx, isolation, due, |due| claim_one(tx, config, (api_key, context), due, now))
    })
}

/// What is not known well enough to send: the clock, the appointment data, or what was sent while nothing was observed.
fn not_known_enough(
    tx: &Transaction<'_>,
    context: &ClaimContext,
    api_key: &ApiKeyName,
    trusted: Trusted,
    now: DateTime<Utc>,
) -> Result<Option<Wait>, StoreError> {
    if !trusted.clock {
        return Ok(Some(Wait::Clock));
    }
    if context.waits.is_some() {
        return Ok(context.waits);
    }
    // Nothing is sent until everything is known that was sent, by us or by others, while nothing was observed.
    let state = listings::state(tx, api_key)?.unwrap_or_default();
    let stale = state.seen_at.is_none_or(|seen| now - seen > OLDEST_LIST);
    let catching_up = state.seen_at.is_none() || state.unobserved.is_some() || (stale && trusted.list_works);
    Ok(catching_up.then_some(Wait::CatchingUp))
}

/// Takes due reminders to other numbers than these off the queue until enough are claimed.
fn claim_from(
    queue: &mut Queue,
    leave: &[Phone],
    most: usize,
    claim: impl Fn(&[Due]) -> Result<Vec<Result<Option<Claimed>, StoreError>>, StoreError>,
) -> Result<Claiming, StoreError> {
    let mut claimed = Vec::new();
    let mut looked_at = 0;
    while claimed.len() < most && looked_at < most + SPARE {
        let next: Vec<Due> = std::iter::from_fn(|| queue.next(leave)).take(most - claimed.len()).collect();
        if next.is_empty() {
            break;
        }
        looked_at += next.len();
        for (due, one) in next.iter().zip(claim(&next)?) {
            match one {
                Ok(one) => claimed.extend(one),
                // One reminder that cannot be claimed holds up no other; every pass tries it again until it expires.
                Err(error) if !queue.note_failure(&due.key, error.to_string()) => {}
                Err(error) => {
                    let (appointment, rule) = (&due.key.appointment_id, &due.key.rule);
                    error!(%appointment, %rule, "`{rule}` for appointment {appointment} cannot be sent ({error}). Leadtime tries again until it is too late. Check the appointment in your practice software, or report this line");
                }
            }
        }
    }
    Ok(Claiming::Sent(claimed))
}

fn open(
    tx: &Transaction<'_>,
    api_key: &ApiKeyName,
    reason: String,
    now: DateTime<Utc>,
) -> Result<Claiming, StoreError> {
    let probes = circuits::probes(tx, api_key)?;
    circuits::set_open(tx, api_key, &circuit::opened(reason.clone(), probes, now, now))?;
    Ok(Claiming::Opened(reason))
}

/// Whether an answer differs from the stored one in what a claim depends on; the planning pass writes the rest.
fn is_new(item: &Item, stored: &[Stored]) -> bool {
    let same = |stored: &Stored| {
        stored.state == item.state && stored.due_at == item.due_at && stored.expires_at == item.expires_at
    };
    item.adopted_by.is_some() || !stored.iter().any(|stored| stored.key == item.key && same(stored))
}

/// Whether its text goes out with this key; its location may have got another key since it was planned.
fn is_of(item: &Item, api_key: &ApiKeyName) -> bool {
    item.api_key.as_ref().is_none_or(|key| key == api_key)
}

/// Plans the number again, now. Claims the text with the reminder if the answer still is to send it; otherwise writes
/// the new answer.
fn claim_one(
    tx: &Transaction<'_>,
    config: &Config,
    (api_key, ClaimContext { live, planning, .. }): (&ApiKeyName, &ClaimContext),
    due: &Due,
    now: DateTime<Utc>,
) -> Result<Option<Claimed>, StoreError> {
    let unit = PlanningUnit::Number(due.phone.clone());
    let input = planner_input::load(tx, planning, &unit, &BTreeSet::new())?;
    let words = Words::of(config, &input);
    let plan = plan_with_words(config, live, &input, &words, now);
    let belongs = plan.items.iter().any(|item| item.key == due.key && item.current && is_of(item, api_key));
    let text = if belongs { text_now(config, due, (&input, &plan), (&words, now)) } else { None };
    let claimed = text.as_ref().map_or(&[][..], |(message, ..)| &message.keys);
    let kept = kept_rows(tx, api_key, claimed, (&input, &plan))?;
    let differs = |item: &&Item| match claimed.contains(&item.key) {
        true => !kept.contains(&item.key),
        false => is_new(item, &input.stored) || !is_of(item, api_key),
    };
    let changed: Vec<_> = plan.items.iter().filter(differs).cloned().collect();
    reminders::write(tx, &config.practice.zone, &changed, &input.stored, now)?;
    if !belongs {
        // It no longer belongs to this number, or to this time: its own unit must be planned for it.
        replan_queue::mark_unit(tx, &unit, &BTreeSet::from([due.key.appointment_id.clone()]))?;
    }
    let Some((message, request, first_line)) = text else { return Ok(None) };
    let body = serde_json::to_string(&request).map_err(|e| StoreError::Unreadable(e.to_string()))?;
    let (keys, phone) = (message.keys.clone(), due.phone.clone());
    let zone = &config.practice.zone;
    let claim = messages::Claim {
        keys: &keys,
        phone: &phone,
        api_key,
        body: Private(&body),
        now,
        zone,
        retry_of: message.retry_of,
        is_alone: plan.is_alone(message),
        first_line,
    };
    let attempt = messages::claim(tx, &claim)?;
    Ok(Some(Claimed { attempt, keys, phone, api_key: api_key.clone(), request }))
}

/// The reminders to be claimed whose rows stay as they are, with the time they were due at: those that are stored as
/// planned, and whose appointments have not changed since.
fn kept_rows(
    tx: &Transaction<'_>,
    api_key: &ApiKeyName,
    claimed: &[ReminderKey],
    (input, plan): (&PlannerInput, &Plan),
) -> Result<Vec<ReminderKey>, StoreError> {
    const PLANNED: State = State::Unclaimed(PlanDecision::Planned);
    let mut kept = Vec::new();
    for key in claimed {
        let is_stored = input.stored.iter().any(|stored| stored.key == *key && stored.state == PLANNED);
        let is_same = |item: &Item| item.adopted_by.is_none() && is_of(item, api_key);
        let appointment = input.appointments.iter().find(|one| one.row.id == key.appointment_id);
        let spelling = appointment.and_then(|one| one.row.phone.0.as_deref());
        if is_stored
            && plan.items.iter().filter(|item| item.key == *key).all(is_same)
            && !replan_queue::is_marked(tx, spelling, &key.appointment_id)?
        {
            kept.push(key.clone());
        }
    }
    Ok(kept)
}

/// The text that goes out now with a due reminder, if the plan still is to send it.
fn text_now<'p>(
    config: &Config,
    due: &Due,
    (input, plan): (&PlannerInput, &'p Plan),
    (words, now): (&Words<'_>, DateTime<Utc>),
) -> Option<(&'p Message, SmsRequest, FirstLine)> {
    let planned = |key: &ReminderKey| {
        plan.items.iter().any(|i| i.key == *key && i.state == State::Unclaimed(PlanDecision::Planned))
    };
    let message = plan.message_of(&due.key)?;
    let goes_out = message.due_at <= now && message.keys.iter().all(planned);
    if !goes_out || input.in_doubt || input.replies_unread || input.hold.is_some() {
        return None;
    }
    let appointments: Vec<(&AppointmentInput, &ReminderKey)> = message
        .keys
        .iter()
        .filter_map(|key| Some((input.appointments.iter().find(|v| v.row.id == key.appointment_id)?, key)))
        .collect();
    if appointments.iter().any(|(appointment, _)| appointment.importing) {
        return None;
    }
    let appointments: Vec<_> =
        appointments.into_iter().map(|(appointment, key)| (&appointment.row, &key.rule)).collect();
    let texts = words.write(&appointments, now).ok()?;
    let (earliest, _) = appointments.first()?;
    let (request, first_line) = compose::request(config, earliest, &due.phone, texts);
    Some((message, request, first_line))
}
