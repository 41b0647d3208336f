//! The patients of the coming days whom no text has reached or will reach, so that somebody can call them.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::config::Config;
use crate::domain::appointment::{Appointment, Status};
use crate::domain::ids::AppointmentId;
use crate::domain::number_hold::HoldCause;
use crate::domain::patient_outcome::PatientOutcome;
use crate::domain::phone::Phone;
use crate::domain::reminder::{PlanDecision, Skip, State, Wait};
use crate::feeds::formats::own_columns::is_known_by_name_alone;
use crate::reports::day_rows::{self, DayRow};
use crate::reports::plan_view;
use crate::store::appointments::appointment;
use crate::store::appointments::refused_rows::{self, RefusedRow};
use crate::store::{Connection, StoreError};

/// An appointment that no text reaches.
#[derive(Debug, Clone)]
pub struct NotReached {
    /// The appointment.
    pub appointment: Appointment,
    /// The code of the reason why its last text does not reach the patient.
    pub code: &'static str,
    /// The same reason, in words.
    pub why: &'static str,
}

/// The patients to call.
#[derive(Debug, Clone, Default)]
pub struct CallList {
    /// The patients whom no text reaches, ordered by start time.
    pub patients: Vec<NotReached>,
    /// Rows in exports that could not be read, for these days and later: there is still time to correct the later ones.
    pub unread: Vec<RefusedRow>,
    /// How many booked or confirmed appointments these days have.
    pub appointments: usize,
    /// What the list covers, in words.
    pub days: String,
}

impl CallList {
    /// Keeps only the rows of these days, and rows whose start could not be read.
    pub(crate) fn of_these_days(mut self, (from, until): (DateTime<Utc>, DateTime<Utc>)) -> CallList {
        self.unread.retain(|row| row.starts_at.is_none_or(|at| (from..until).contains(&at)));
        self
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.patients.is_empty() && self.unread.is_empty()
    }
}

/// The days on the list by default: from now to the end of the next open day after today.
pub fn coming_days(config: &Config, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let calendar = &config.rulebook.calendar;
    let next = |date: NaiveDate| date.checked_add_days(Days::new(1)).unwrap_or(date);
    let mut day = next(calendar.date(now));
    for _ in 0..14 {
        if calendar.is_open(day) {
            break;
        }
        day = next(day);
    }
    (now, calendar.zone.end_of(day))
}

/// The part of one day at the practice that is still to come.
pub(crate) fn day(config: &Config, date: NaiveDate, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let zone = &config.practice.zone;
    (zone.at(date, NaiveTime::MIN).max(now), zone.end_of(date))
}

/// The list for the appointments that start in [from, until), ordered by start time, by a plan made now.
pub fn list(
    connection: &Connection,
    config: &Config,
    span: (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<CallList, StoreError> {
    let rows = plan_view::plan_of(connection, config, now, span.1)?;
    let rows: Vec<DayRow> = rows.into_iter().map(DayRow::from).collect();
    list_of(&rows, connection, config, span, now)
}

/// The same in the service, whose stored plan is up to date.
pub(crate) fn list_stored(
    connection: &Connection,
    config: &Config,
    span: (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<CallList, StoreError> {
    let rows = day_rows::stored(connection, config, (now, span.1), now)?;
    list_of(&rows, connection, config, span, now)
}

fn list_of(
    rows: &[DayRow],
    connection: &Connection,
    config: &Config,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<CallList, StoreError> {
    Ok(CallList {
        patients: of_rows(rows, config, from, now),
        unread: refused_rows::list(connection, None, now)?,
        appointments: appointment::coming_starts(connection, from, until)?.len(),
        days: days_in_words(config, from, until, now),
    })
}

/// The patients in these rows whom no text reaches, of the appointments that start at `from` or later, ordered by start time.
pub(crate) fn of_rows(rows: &[DayRow], config: &Config, from: DateTime<Utc>, now: DateTime<Utc>) -> Vec<NotReached> {
    let mut of_appointment: BTreeMap<(DateTime<Utc>, &AppointmentId), Vec<&DayRow>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.appointment.starts_at >= from && row.appointment.status.is_live()) {
        of_appointment.entry((row.appointment.starts_at, &row.appointment.id)).or_default().push(row);
    }
    let late = now - config.alerts.unresolved_after;
    let mut reached: HashMap<_, Vec<&DayRow>> = HashMap::new();
    for row in rows.iter().filter(|row| row.reaches(late)) {
        if let Some(at) = at_number(row) {
            reached.entry(at).or_default().push(row);
        }
    }
    of_appointment.values().filter_map(|rows| not_reached(rows, &reached, late)).collect()
}

/// `on Fri, Dec 25`, or `from now until the end of Mon, Nov 30`.
fn days_in_words(config: &Config, from: DateTime<Utc>, until: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let day = |at: DateTime<Utc>| config.practice.zone.local(at).format("%a, %b %-d").to_string();
    let last = day(until - TimeDelta::seconds(1));
    match from == now {
        true => format!("from now until the end of {last}"),
        false if day(from) == last => format!("on {last}"),
        false => format!("from {} to {last}", day(from)),
    }
}

/// A start time, and the number that is texted about it.
type AtNumber<'r> = (DateTime<Utc>, &'r Phone);

fn at_number(row: &DayRow) -> Option<AtNumber<'_>> {
    Some((row.key.start, row.phone.as_ref()?))
}

/// Whether two entries with the same start and number are for the same person.
fn is_same_person(a: &DayRow, b: &DayRow) -> bool {
    let (one, other) = (a.appointment.person(), b.appointment.person());
    match one.patient_id == other.patient_id {
        true => one.is_same_under_one_patient(&other, false),
        false => one.is_same_at_one_number(&other, false),
    }
}

/// A text reached the number, and its answer asks for a call: the patient wants another time or to cancel, the number
/// may be somebody else's, or may have opted out.
fn asks_for_a_call(row: &DayRow, was_texted: bool) -> Option<(&'static str, &'static str)> {
    let of_the_number = row.hold.filter(|_| was_texted).map(|hold| match hold {
        HoldCause::ReplyUnclear => (Skip::ReplyUnclear.code(), Skip::ReplyUnclear.label()),
        HoldCause::WrongPerson => (Skip::WrongPerson.code(), Skip::WrongPerson.label()),
    });
    let wish = row.outcome.map(|standing| standing.outcome).filter(|outcome| outcome.is_wish());
    wish.map(|_| (Skip::AskedToChange.code(), Skip::AskedToChange.label())).or(of_the_number)
}

/// Why none of these texts reaches the patient; `None` if one does, or if nobody has to call. `reached`: whom the other
/// appointments' texts reach. `late`: a text that was due by then and has not been sent does not reach anyone.
fn not_reached(
    rows: &[&DayRow],
    reached: &HashMap<AtNumber<'_>, Vec<&DayRow>>,
    late: DateTime<Utc>,
) -> Option<NotReached> {
    let is_told_by_twin = |row: &DayRow| {
        row.state == State::Unclaimed(PlanDecision::Skipped(Skip::Duplicate))
            // A person with the same name may be somebody else.
            && !is_known_by_name_alone(&row.appointment)
            && at_number(row)
                .and_then(|at| reached.get(&at))
                .is_some_and(|others| others.iter().any(|other| is_same_person(other, row)))
    };
    let last = rows.iter().max_by_key(|row| row.adjusted_at)?;
    let was_texted = rows.iter().any(|row| row.state == State::Sent);
    if let Some((code, why)) = asks_for_a_call(last, was_texted) {
        return Some(NotReached { appointment: last.appointment.clone(), code, why });
    }
    if rows.iter().any(|row| row.reaches(late) || is_told_by_twin(row)) {
        return None;
    }
    // The patient has confirmed, so nobody has to ask.
    let is_confirmed = last.outcome.is_some_and(|standing| standing.outcome == PatientOutcome::Confirmed);
    if last.appointment.status == Status::Confirmed || is_confirmed {
        return None;
    }
    let state = last.state;
    let (code, why) = match (state, last.code.and_then(Wait::from_code)) {
        (State::Unclaimed(PlanDecision::Planned), Some(wait)) => (wait.code(), wait.label()),
        (State::Unclaimed(PlanDecision::Planned), None) => {
            ("overdue", "its text is overdue; check that Leadtime is running")
        }
        _ if last.was_told_another_time => {
            (last.code.or(state.reason()).unwrap_or(state.name()), "was texted with the old time")
        }
        _ => (last.code.or(state.reason()).unwrap_or(state.name()), state.label()),
    };
    Some(NotReached { appointment: last.appointment.clone(), code, why })
}
