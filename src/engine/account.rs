//! What `explain` tells: the reminders of a visit, step by step, with what daemon and feed were doing meanwhile.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::outlook::{Row, rows_in, waits};
use super::planning::{directory, load_unit};
use crate::config::Config;
use crate::domain::phone;
use crate::domain::text::AppointmentId;
use crate::planner::calendar::Calendar;
use crate::planner::explain::{Case, times_off};
use crate::planner::facts::VisitFacts;
use crate::store::{Connection, StoreError, appointments, imports, phones, standing};

/// A text that left later than this after its time left late.
const LATE: TimeDelta = TimeDelta::minutes(5);

/// The whole account of one visit.
#[derive(Debug, Clone)]
pub struct Account {
    /// What is known of the visit.
    pub visit: VisitFacts,
    /// Its reminders, in the order of the rules.
    pub reminders: Vec<Explained>,
}

/// One reminder.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The answer, with the text.
    pub row: Row,
    /// How it came about.
    pub steps: Vec<String>,
    /// What daemon and feed were doing between its time and now.
    pub meanwhile: Vec<String>,
}

/// The visits that somebody means by an id, a number in any spelling, or a name.
///
/// # Errors
/// Database errors.
pub fn find(connection: &Connection, config: &Config, who: &str) -> Result<Vec<AppointmentId>, StoreError> {
    let country = config.practice.country;
    phones::learn_all(connection, country, phones::Keep::Temporary)?;
    if let Some(id) = appointments::with_id(connection, who)? {
        return Ok(vec![id]);
    }
    if let Some(phone) = phone::read(who, country).phone {
        return appointments::with_number(connection, &country.code(), &phone);
    }
    appointments::with_name(connection, who)
}

/// The account of visits, as of `now`, in the order given.
///
/// # Errors
/// Database errors.
pub fn account(
    connection: &Connection,
    config: &Config,
    ids: &[AppointmentId],
    now: DateTime<Utc>,
) -> Result<Vec<Account>, StoreError> {
    let directory = directory(config);
    let live = standing::live_since(connection, &config.rulebook.rules)?;
    let blocked = waits(connection, config, now)?;
    let mut accounts = Vec::new();
    for id in ids {
        let spelling = appointments::spelling_of(connection, id)?;
        let unit = directory.unit(connection, id, spelling.as_deref())?;
        let facts = load_unit(connection, config, &unit, &BTreeSet::new(), now)?;
        let rows = rows_in(connection, config, (&live, &blocked), &facts, now)?;
        let Some(visit) = facts.visits.iter().find(|visit| visit.appointment.id == *id) else { continue };
        let mut reminders = Vec::new();
        for row in rows.into_iter().filter(|row| row.item.key.appointment_id == *id) {
            let rule = config.rulebook.rules.iter().find(|rule| rule.name == row.item.key.rule);
            let Some(rule) = rule else { continue };
            let (item, together) = (&row.item, row.together.as_slice());
            let case = Case { book: &config.rulebook, live: &live, visit, rule, item, together, now };
            let steps = case.steps();
            let calendar = config.rulebook.calendar_of(&visit.appointment).unwrap_or(&config.rulebook.calendar);
            let meanwhile = meanwhile(connection, calendar, visit, &row, now)?;
            reminders.push(Explained { row, steps, meanwhile });
        }
        accounts.push(Account { visit: visit.clone(), reminders });
    }
    Ok(accounts)
}

/// For a text whose time has passed: when Leadtime was off, and what the feed brought, until it left or now.
fn meanwhile(
    connection: &Connection,
    calendar: &Calendar,
    visit: &VisitFacts,
    row: &Row,
    now: DateTime<Utc>,
) -> Result<Vec<String>, StoreError> {
    let Some(from) = row.item.adjusted_at.filter(|at| *at < now) else { return Ok(Vec::new()) };
    let sent = row.text.as_ref().map(|text| text.made_at);
    let until = sent.unwrap_or(now).min(row.item.expires_at.unwrap_or(now).max(from));
    if until <= from + LATE {
        return Ok(Vec::new());
    }
    let mut told = Vec::new();
    match standing::first_run(connection)? {
        None => told.push("Leadtime has not run yet on this database.".to_owned()),
        Some(first) if first > until => {
            told.push(format!("Leadtime ran for the first time on {}.", calendar.zone.in_words(first)));
        }
        Some(_) => {
            let runs = standing::runs(connection, from - TimeDelta::days(2), until)?;
            told.extend(times_off(calendar, &runs, from, until));
        }
    }
    if let Some(feed) = &visit.appointment.feed {
        let (before, after) = imports::around(connection, feed, from)?;
        let words = |at: Option<DateTime<Utc>>| at.map(|at| calendar.zone.in_words(at));
        match (words(before), words(after)) {
            (None, None) => {}
            (Some(before), None) => told.push(format!("The feed `{feed}` was last imported on {before}.")),
            (None, Some(after)) => told.push(format!("The feed `{feed}` was first imported on {after}.")),
            (Some(before), Some(after)) => {
                told.push(format!("The feed `{feed}` was imported on {before}, and then on {after}."));
            }
        }
    }
    told.push(format!("The visit was first seen on {}.", calendar.zone.in_words(visit.seen_at)));
    Ok(told)
}
