//! What is going to happen, and what has: the plan of a span of days, and the state of the whole. Reads only.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::planning::{directory, plan_unit};
use super::sending::clock_is_wrong;
use super::{KEY_NAME, circuit, compose};
use crate::config::Config;
use crate::domain::appointment::Appointment;
use crate::domain::reminder::{Answer, Skip, State, Wait};
use crate::planner::plan::Item;
use crate::store::dirty::Unit;
use crate::store::imports::LastImport;
use crate::store::ledger::Text;
use crate::store::{
    Connection, StoreError, appointments, circuits, dirty, imports, ledger, phones, reminders, standing,
};

/// One reminder of the plan.
#[derive(Debug, Clone)]
pub struct Row {
    /// The planner's word.
    pub item: Item,
    /// The visit.
    pub visit: Appointment,
    /// The body that would be POSTed, or was.
    pub request: Option<Value>,
    /// What became of its text, if it was texted.
    pub text: Option<Text>,
    /// The code a program reads: the reason, or what a planned one waits for.
    pub code: Option<&'static str>,
}

/// The plan for the visits that start in [now, until), as of `now`, in order of start, visit and rule.
///
/// # Errors
/// Database errors.
pub fn plan_of(
    connection: &Connection,
    config: &Config,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<Row>, StoreError> {
    let directory = directory(config);
    phones::learn_all(connection, directory.country, phones::Keep::Temporary)?;
    let live = standing::live_since(connection, &config.rulebook.rules)?;
    let mut units: BTreeSet<Unit> = BTreeSet::new();
    for starting in appointments::starting_in(connection, now, until)? {
        units.insert(directory.unit(connection, &starting.id, starting.phone.as_ref().map(String::as_str))?);
    }
    let blocked = waits(connection, now)?;
    let mut rows = Vec::new();
    for unit in &units {
        let (facts, items) = plan_unit(connection, config, &live, unit, &BTreeSet::new(), now)?;
        let visits: BTreeMap<_, _> =
            facts.visits.into_iter().map(|v| (v.appointment.id.clone(), v.appointment)).collect();
        for item in items.into_iter().filter(|i| i.current && i.key.start >= now && i.key.start < until) {
            let Some(visit) = visits.get(&item.key.appointment_id) else { continue };
            rows.push(row(connection, config, item, visit, blocked, now)?);
        }
    }
    let order = |row: &Row| config.rulebook.rules.iter().position(|rule| rule.name == row.item.key.rule);
    rows.sort_by(|a, b| (a.item.key.start, &a.visit.id, order(a)).cmp(&(b.item.key.start, &b.visit.id, order(b))));
    Ok(rows)
}

/// What texts that are due wait for.
fn waits(connection: &Connection, now: DateTime<Utc>) -> Result<Option<Wait>, StoreError> {
    match clock_is_wrong(connection, now)? {
        true => Ok(Some(Wait::Clock)),
        false => Ok(circuit::waits(&circuits::health(connection, KEY_NAME)?, now)),
    }
}

fn row(
    connection: &Connection,
    config: &Config,
    item: Item,
    visit: &Appointment,
    blocked: Option<Wait>,
    now: DateTime<Utc>,
) -> Result<Row, StoreError> {
    let text = match item.state.is_spent() {
        true => ledger::text_of(connection, &item.key)?,
        false => None,
    };
    let planned = item.state == State::Answered(Answer::Planned);
    let request = match (&item.state, &item.phone, item.due_at) {
        (State::Answered(Answer::Planned), Some(phone), Some(due)) => {
            compose::request(config, &item.key.rule, visit, phone, due)
                .ok()
                .and_then(|request| serde_json::to_value(request).ok())
        }
        (State::Sent, _, _) => {
            text.as_ref().and_then(|t| t.body.as_ref()).and_then(|body| serde_json::from_str(&body.0).ok())
        }
        _ => None,
    };
    let overdue = planned && item.due_at.is_some_and(|at| at <= now);
    let waits = item.waits.or(blocked.filter(|_| overdue));
    let code = item.state.reason().or(waits.filter(|_| planned).map(Wait::code));
    Ok(Row { item, visit: visit.clone(), request, text, code })
}

/// The text a reminder would have if the mode let it go, as of its due time.
pub fn would_be_text(config: &Config, row: &Row) -> Option<String> {
    let State::Answered(Answer::Skipped(Skip::ObserveMode)) = row.item.state else { return None };
    let texts = config.wordbook.write(&row.item.key.rule, &row.visit, row.item.due_at?).ok()?;
    Some(texts.message.0)
}

/// The state of the whole.
#[derive(Debug, Clone)]
pub struct Overview {
    /// Reminders in each state and reason.
    pub counts: Vec<(State, u64)>,
    /// Visits that changed and wait for the planning pass.
    pub unplanned: u64,
    /// The earliest due time of what is planned.
    pub next_due: Option<DateTime<Utc>>,
    /// The last import.
    pub last_import: Option<LastImport>,
    /// The daemon's last sign of life.
    pub last_beat: Option<DateTime<Utc>>,
    /// The circuit, where it is open.
    pub open: Option<circuits::Open>,
    /// What sending waits for.
    pub waits: Option<Wait>,
    /// Texts of unknown outcome for longer than `settle`.
    pub unknown_for_long: u64,
}

/// Reads the state of the whole.
///
/// # Errors
/// Database errors.
pub fn overview(connection: &Connection, config: &Config, now: DateTime<Utc>) -> Result<Overview, StoreError> {
    let health = circuits::health(connection, KEY_NAME)?;
    let waits = waits(connection, now)?;
    Ok(Overview {
        counts: reminders::counts(connection)?,
        unplanned: dirty::count(connection)?,
        next_due: reminders::next_due(connection)?,
        last_import: imports::last(connection)?,
        last_beat: standing::last_beat(connection)?,
        open: health.open,
        waits,
        unknown_for_long: ledger::unknown_since_before(connection, now - config.annie.settle)?,
    })
}
