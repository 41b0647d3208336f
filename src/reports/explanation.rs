//! What `explain` shows: an appointment's reminders, step by step, with what the daemon and the feed did in the meantime.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::Config;
use crate::domain::ids::AppointmentId;
use crate::domain::reminder::{Cancel, PlanDecision, Skip, State};
use crate::domain::reminder_key::ReminderKey;
use crate::domain::sentence::Sentence;
use crate::domain::zone::Zone;
use crate::engine::planning::planning_context;
use crate::planner::calendar::Calendar;
use crate::planner::explain::{Case, times_off};
use crate::planner::input::AppointmentInput;
use crate::reports::plan_view::{Row, rows_in, waits};
use crate::store::appointments::opt_outs::{self, Source};
use crate::store::appointments::{appointment, bad_rows, feed_age, imports};
use crate::store::planning::{daemon_state, planner_input};
use crate::store::{Connection, StoreError};

/// A text that goes out later than this after its time is late.
const LATE: TimeDelta = TimeDelta::minutes(5);

/// The full explanation for one appointment.
#[derive(Debug, Clone)]
pub(crate) struct Explanation {
    /// What is known about the appointment.
    pub(crate) appointment: AppointmentInput,
    /// The feed it comes from, and when that was last read.
    pub(crate) source: Option<(String, Option<DateTime<Utc>>)>,
    /// Its reminders, in the order of the rules.
    pub(crate) reminders: Vec<Explained>,
}

/// One reminder.
#[derive(Debug, Clone)]
pub(crate) struct Explained {
    /// The decision, with the text.
    pub(crate) row: Row,
    /// How the decision was reached.
    pub(crate) steps: Vec<Sentence>,
    /// What the daemon and the feed did between its time and now.
    pub(crate) meanwhile: Vec<Sentence>,
}

/// Explains the appointments as of `now`, in the order given.
pub(crate) fn explain(
    connection: &Connection,
    config: &Config,
    ids: &[AppointmentId],
    now: DateTime<Utc>,
) -> Result<Vec<Explanation>, StoreError> {
    let context = planning_context(connection, config, now)?;
    let live = daemon_state::live_since(connection, &config.rulebook.rules)?;
    let blocked = waits(connection, config, now)?;
    let mut accounts = Vec::new();
    for id in ids {
        let spelling = appointment::spelling_of(connection, id)?;
        let unit = context.directory().unit(connection, id, spelling.as_deref())?;
        let input = planner_input::load(connection, &context, &unit, &BTreeSet::new())?;
        let of_appointment = |key: &ReminderKey| key.appointment_id == *id;
        let rows = rows_in(connection, config, (&live, &blocked), &input, now, &of_appointment)?;
        let Some(appointment) = input.appointments.iter().find(|appointment| appointment.row.id == *id) else {
            continue;
        };
        let mut reminders = Vec::new();
        for row in rows {
            let rule = config.rulebook.rules.iter().find(|rule| rule.name == row.item.key.rule);
            let Some(rule) = rule else { continue };
            let (item, together) = (&row.item, row.together.as_slice());
            let case = Case { book: &config.rulebook, live: &live, appointment, rule, item, together, now };
            let mut steps = case.steps();
            steps.extend(noted(connection, &row, &config.practice.zone)?);
            steps.extend(unread(connection, &row, &config.practice.zone)?);
            let calendar = config.rulebook.calendar_of(&appointment.row).unwrap_or(&config.rulebook.calendar);
            let meanwhile = meanwhile(connection, calendar, appointment, &row, now)?;
            reminders.push(Explained { row, steps, meanwhile });
        }
        let source = match &appointment.row.feed {
            Some(feed) => Some((feed.clone(), feed_age::last_good_import_of(connection, feed, now)?)),
            None => None,
        };
        accounts.push(Explanation { appointment: appointment.clone(), source, reminders });
    }
    Ok(accounts)
}

/// Who recorded that a number must not be texted, and when.
fn noted(connection: &Connection, row: &Row, zone: &Zone) -> Result<Option<Sentence>, StoreError> {
    let Some(phone) = &row.item.phone else { return Ok(None) };
    let by = |who: Option<String>| who.map(|who| Sentence::new("why.by", " by {who}").text("who", who));
    Ok(match row.item.state {
        State::Unclaimed(PlanDecision::Skipped(Skip::OptedOut)) => opt_outs::of(connection, phone)?.map(|opt_out| {
            let how = match opt_out.source {
                Source::Desk => {
                    Sentence::new("why.at-the-desk", "recorded at the front desk{by}").part("by", by(opt_out.who))
                }
                Source::Reply => Sentence::new("why.by-a-reply", "by a reply"),
                Source::Feed => Sentence::new("why.by-a-phone-cell", "by a note in the phone cell of an appointment"),
            };
            Sentence::new("why.opted-out", "The number {number} opted out on {time}, {how}.")
                .text("number", phone)
                .time("time", opt_out.at, zone)
                .part("how", how)
        }),
        State::Unclaimed(PlanDecision::Skipped(Skip::WrongNumber)) => {
            let all = opt_outs::list_wrong(connection)?;
            let mark = all.into_iter().find(|mark| mark.phone == *phone && mark.patient == row.item.patient_id);
            mark.map(|mark| {
                Sentence::new("why.wrong-number", "The number {number} was marked as wrong on {time}{by}.")
                    .text("number", phone)
                    .time("time", mark.at, zone)
                    .part("by", by(mark.who))
            })
        }
        _ => None,
    })
}

/// Which row of which import could not be read.
fn unread(connection: &Connection, row: &Row, zone: &Zone) -> Result<Option<Sentence>, StoreError> {
    if row.item.state != State::Unclaimed(PlanDecision::Skipped(Skip::BadRow)) {
        return Ok(None);
    }
    let found = bad_rows::of(connection, &row.item.key.appointment_id)?;
    Ok(found.map(|bad| {
        const UNREAD: &str = "Line {line} of the feed `{feed}`, imported on {time}, could not be read: {reason}.";
        Sentence::new("why.unread", UNREAD)
            .text("line", bad.line)
            .text("feed", bad.feed)
            .time("time", bad.at, zone)
            .text("reason", bad.reason)
    }))
}

/// For a text that did not go out on time: when Leadtime was off and when the feed was imported, until it went out or now.
fn meanwhile(
    connection: &Connection,
    calendar: &Calendar,
    appointment: &AppointmentInput,
    row: &Row,
    now: DateTime<Utc>,
) -> Result<Vec<Sentence>, StoreError> {
    let Some(from) = row.item.adjusted_at.filter(|at| *at < now) else { return Ok(Vec::new()) };
    let sent = row.text.as_ref().map(|text| text.made_at);
    let until = sent.unwrap_or(now).min(row.item.expires_at.unwrap_or(now).max(from));
    let (is_late, is_booked_late) = match row.item.state {
        State::Unclaimed(PlanDecision::Skipped(Skip::BookedLate)) => (false, true),
        State::Unclaimed(
            PlanDecision::Planned | PlanDecision::Missed(_) | PlanDecision::Skipped(Skip::ObserveMode),
        ) => (true, false),
        State::Unclaimed(PlanDecision::Cancelled(Cancel::AppointmentOver)) => (true, false),
        State::Unclaimed(_) => (false, false),
        _ => (true, false),
    };
    let mut told = Vec::new();
    if is_late && until > from + LATE {
        match daemon_state::first_run(connection)? {
            None => told.push(Sentence::new("why.never-run", "Leadtime has not run yet on this database.")),
            Some(first) if first > until => {
                told.push(Sentence::new("why.first-run", "Leadtime ran for the first time on {time}.").time(
                    "time",
                    first,
                    &calendar.zone,
                ))
            }
            Some(_) => told.extend(times_off(calendar, &daemon_state::runs(connection)?, from, until, now)),
        }
    }
    let is_told_by_the_feed =
        (is_late && until > from + LATE) || (is_booked_late && appointment.row.booked_at.is_none());
    if let Some(feed) = appointment.row.feed.as_ref().filter(|_| is_told_by_the_feed) {
        let imports::Around { before, after } = imports::around(connection, feed, from)?;
        let zone = &calendar.zone;
        let step = match (before, after) {
            (None, None) => None,
            (Some(before), None) => Some(
                Sentence::new("why.last-imported", "The feed `{feed}` was last imported on {time}.")
                    .time("time", before, zone),
            ),
            (None, Some(after)) => Some(
                Sentence::new("why.first-imported", "The feed `{feed}` was first imported on {time}.")
                    .time("time", after, zone),
            ),
            (Some(before), Some(after)) => Some(
                Sentence::new("why.imported", "The feed `{feed}` was imported on {from}, and then on {until}.")
                    .time("from", before, zone)
                    .time("until", after, zone),
            ),
        };
        told.extend(step.map(|step| step.text("feed", feed)));
    }
    if is_late && until > from + LATE && appointment.seen_at > from {
        let seen = Sentence::new("why.first-seen-on", "The appointment was first seen on {time}.");
        told.push(seen.time("time", appointment.seen_at, &calendar.zone));
    }
    Ok(told)
}
