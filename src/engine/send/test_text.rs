//! One rule's text with a made-up appointment, to the practice's own phone: sent for real, within the same limits as
//! any other.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveTime, Utc};

use crate::annie::gateway::Gateway;
use crate::annie::wire::SmsRequest;
use crate::clock::Clock;
use crate::config::{Config, KEY_NAME};
use crate::domain::appointment::{Appointment, Status};
use crate::domain::ids::RuleName;
use crate::domain::operator::Operator;
use crate::domain::outcome::Outcome;
use crate::domain::phone::Phone;
use crate::domain::private::Private;
use crate::engine::clock_check::TOLERANCE;
use crate::engine::planning::planning_context;
use crate::engine::send::claim::clock_is_wrong;
use crate::engine::send::daily_limits::{Left, left_today};
use crate::engine::send::{circuit, compose};
use crate::engine::words::Words;
use crate::planner::budget::Budget;
use crate::store::controls::pauses;
use crate::store::conversations::circuits;
use crate::store::ledger::audit::{self, Act, Entry};
use crate::store::ledger::messages;
use crate::store::planning::unit::PlanningUnit;
use crate::store::planning::{daemon_state, planner_input};
use crate::store::{Connection, StoreError, Transaction, in_transaction};

/// A test text whose claim is on disk.
#[derive(Debug)]
pub(crate) struct Prepared {
    attempt: i64,
    request: SmsRequest,
    /// What the phone will show.
    pub(crate) message: Private<String>,
}

/// A made-up appointment, tomorrow at three.
fn sample(config: &Config, now: DateTime<Utc>) -> Appointment {
    let zone = &config.practice.zone;
    let today = zone.local(now).date_naive();
    let date = today.checked_add_days(Days::new(1)).unwrap_or(today);
    let none = || Private(None);
    Appointment {
        id: "test-text".into(),
        patient_id: "test-text".into(),
        first_name: Private(Some("Test".to_owned())),
        last_name: Private(Some("Test".to_owned())),
        date_of_birth: Private(None),
        phone: none(),
        language: None,
        type_id: config.wordbook.type_ids().next().map(str::to_owned),
        description: Private(Some("test".to_owned())),
        provider: Private(Some("Test".to_owned())),
        starts_at: zone.at(date, NaiveTime::from_hms_opt(15, 0, 0).unwrap_or_default()),
        ends_at: None,
        status: Status::Booked,
        location: None,
        feed: None,
        booked_at: None,
        consent: None,
    }
}

/// What keeps every text from being sent now, in words.
fn keeps_back(tx: &Transaction<'_>, config: &Config, now: DateTime<Utc>) -> Result<Option<String>, StoreError> {
    let calendar = &config.rulebook.calendar;
    let zone = &config.practice.zone;
    if !calendar.may_leave(now) {
        let next = calendar.first_open(now, now + chrono::TimeDelta::days(30));
        let next = next.map_or_else(|| "none in the next 30 days".to_owned(), |at| zone.describe(at));
        return Ok(Some(format!(
            "texts go out only during sending hours, and so does this one; next sending time: {next}"
        )));
    }
    // A text recorded at a wrong time would hold up all others for that long.
    if daemon_state::clock_doubt(tx)?.is_some() || clock_is_wrong(tx, now)? {
        return Ok(Some(
            "this server's clock is wrong or in doubt; set it (`timedatectl`), then run `leadtime status`".to_owned(),
        ));
    }
    if pauses::pauses(tx, now)?.iter().any(|paused| paused.location.is_none()) {
        return Ok(Some("sending is paused; run `leadtime resume` to end the pause".to_owned()));
    }
    if let Left::Nothing(why, _) = left_today(tx, config, now)? {
        return Ok(Some(format!("not now: {}", why.label())));
    }
    if let Some(why) = circuit::waits(&circuits::health(tx, &KEY_NAME.into())?, now) {
        return Ok(Some(format!("not now: {}", why.label())));
    }
    Ok(None)
}

/// Claims a test text. The inner error says why none may be sent now.
pub(crate) fn prepare(
    tx: &Transaction<'_>,
    config: &Config,
    rule: &RuleName,
    phone: &Phone,
    person: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Result<Prepared, String>, StoreError> {
    if let Some(why) = keeps_back(tx, config, now)? {
        return Ok(Err(why));
    }
    let zone = &config.practice.zone;
    let input = planner_input::load(
        tx,
        &planning_context(tx, config, now)?,
        &PlanningUnit::Number(phone.clone()),
        &BTreeSet::new(),
    )?;
    if input.opted_out {
        return Ok(Err(
            "this number has opted out of texts; to remove the opt-out, run `leadtime opt-out remove`".to_owned()
        ));
    }
    if input.in_doubt {
        return Ok(Err(
            "it is not known yet whether an earlier text to this number went out; try again later".to_owned()
        ));
    }
    if let Some(blocker) = Budget::new(&config.rulebook.limits, &input.attempts).blocker(now) {
        let next = Budget::new(&config.rulebook.limits, &input.attempts).next_chance(now);
        let next = next.map_or_else(String::new, |at| format!("; the next one may go out {}", zone.describe(at)));
        return Ok(Err(format!("Annie's limits allow no further text to this number now ({:?}){next}", blocker.limit)));
    }
    let appointment = sample(config, now);
    let texts = match Words::of(config, &input).write(&[(&appointment, rule)], now) {
        Ok(texts) => texts,
        Err(why) => return Ok(Err(why.label().to_owned())),
    };
    let (request, first_line) = compose::request(config, &appointment, phone, texts);
    let body = serde_json::to_string(&request).map_err(|e| StoreError::Unreadable(e.to_string()))?;
    let claim = messages::Claim {
        keys: &[],
        phone,
        api_key: &KEY_NAME.into(),
        body: Private(&body),
        now,
        zone,
        retry_of: None,
        is_alone: false,
        first_line,
    };
    let attempt = messages::claim(tx, &claim)?;
    let entry = Entry { attempt: Some(attempt), phone: Some(phone), ..Entry::new(now, Act::TestText) };
    audit::note(tx, &Entry { code: Some(&rule.0), who: person.who, why: person.why, ..entry })?;
    let message = Private(request.message.clone());
    Ok(Ok(Prepared { attempt, request, message }))
}

/// Asks Annie for the time, before anything is claimed.
///
/// # Errors
/// This machine's clock differs from Annie's; in words.
pub async fn clocks_agree(gateway: &Gateway, clock: &dyn Clock) -> Result<(), String> {
    let began = clock.now();
    let date = gateway.probe(|| clock.now()).await.date;
    match date.filter(|date| *date < began - TOLERANCE || *date > clock.now() + TOLERANCE) {
        Some(_) => Err("this server's clock is minutes off from Annie's; set it (`timedatectl`)".to_owned()),
        None => Ok(()),
    }
}

/// Sends it and records the outcome.
///
/// # Errors
/// If the outcome cannot be recorded, the number stays in doubt until the daemon has asked Annie.
pub(crate) async fn send(
    connection: &mut Connection,
    prepared: Prepared,
    gateway: &Gateway,
    clock: &dyn Clock,
) -> Result<Outcome, StoreError> {
    let heard = gateway.send(&prepared.request, || clock.now(), || true).await;
    let ended = clock.now();
    in_transaction(connection, |tx| messages::settle(tx, prepared.attempt, &heard.answer, ended))?;
    Ok(heard.answer)
}
