//! A day at the practice: its appointments, each with what its patient knows, and the texts that leave on it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::config::Config;
use crate::domain::appointment::{Appointment, Status};
use crate::domain::call::Call;
use crate::domain::desk_user::Scope;
use crate::domain::ids::{ApiKeyName, AppointmentId};
use crate::domain::patient_outcome::{OutcomeSource, PatientOutcome, Standing};
use crate::domain::reminder::{PlanDecision, Skip, State, Wait};
use crate::domain::task::TaskKind;
use crate::reports::day_rows::{self, DayRow};
use crate::reports::not_reached;
use crate::reports::plan_view;
use crate::store::outcomes::{calls, task_list};
use crate::store::reports::day::{self as day_texts, DayText, Fate, TextState};
use crate::store::{Connection, StoreError};

/// What a patient knows of an appointment, as the front desk needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Reach {
    /// Somebody must read a reply or decide something.
    NeedsALook,
    /// No text reached the patient, and none will.
    NotReached,
    /// A text went out; the patient has not answered.
    NoAnswer,
    /// A text went out, and the patient answered or a person noted something that needs no action.
    Reached,
    /// A text will go out.
    Planned,
    /// The patient is coming.
    Confirmed,
    /// There was no text, and the appointment has begun.
    NoText,
    /// The appointment is cancelled.
    Cancelled,
}

impl Reach {
    /// All of them, in the order of a summary.
    pub(crate) const ALL: [Reach; 8] = [
        Reach::NeedsALook,
        Reach::NotReached,
        Reach::NoAnswer,
        Reach::Reached,
        Reach::Planned,
        Reach::Confirmed,
        Reach::NoText,
        Reach::Cancelled,
    ];

    /// Its code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Reach::NeedsALook => "needs-a-look",
            Reach::NotReached => "not-reached",
            Reach::NoAnswer => "no-answer",
            Reach::Reached => "reached",
            Reach::Planned => "planned",
            Reach::Confirmed => "confirmed",
            Reach::NoText => "no-text",
            Reach::Cancelled => "cancelled",
        }
    }
}

/// One appointment of a day.
#[derive(Debug, Clone)]
pub(crate) struct DayLine {
    /// The appointment.
    pub(crate) appointment: Appointment,
    /// What its patient knows.
    pub(crate) reach: Reach,
    /// Why no text reaches the patient: the code and the words.
    pub(crate) why: Option<(&'static str, &'static str)>,
    /// What the patient answered, or a person noted.
    pub(crate) outcome: Option<Standing>,
    /// When its last text left, or its next one leaves.
    pub(crate) text_at: Option<DateTime<Utc>>,
    /// Calls about it.
    pub(crate) calls: Vec<Call>,
}

/// A day.
#[derive(Debug, Clone)]
pub(crate) struct Day {
    /// Its date at the practice.
    pub(crate) date: NaiveDate,
    /// Its appointments, by start.
    pub(crate) lines: Vec<DayLine>,
    /// The texts that leave on it.
    pub(crate) texts: Vec<DayText>,
    /// What its due texts are waiting for.
    pub(crate) waits: Vec<Wait>,
}

/// When a day begins and ends at the practice.
pub(crate) fn span(config: &Config, date: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
    let zone = &config.practice.zone;
    (zone.at(date, NaiveTime::MIN), zone.end_of(date))
}

/// Reads a day, as far as a user sees it.
pub(crate) fn day(
    connection: &Connection,
    config: &Config,
    date: NaiveDate,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Day, StoreError> {
    let span = span(config, date);
    let rows = day_rows::stored(connection, config, span, now)?;
    let lines = lines(connection, config, &rows, (span, scope), now)?;
    let texts = day_texts::texts(connection, span, !config.locations.is_empty(), now)?;
    let texts: Vec<DayText> =
        texts.into_iter().filter(|text| scope.sees(seen_at(config, text.location.as_deref()))).collect();
    let waits = waits_of(connection, config, &texts, now)?;
    Ok(Day { date, lines, texts, waits })
}

/// What the due ones of these texts are waiting for.
fn waits_of(
    connection: &Connection,
    config: &Config,
    texts: &[DayText],
    now: DateTime<Utc>,
) -> Result<Vec<Wait>, StoreError> {
    let due = texts.iter().filter(|text| text.state == TextState::Waiting);
    let keys: BTreeSet<&ApiKeyName> = due.filter_map(|text| text.api_key.as_ref()).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let of_key = plan_view::waits(connection, config, now)?;
    let mut waits: Vec<Wait> = keys.into_iter().filter_map(|key| of_key.get(key).copied()).collect();
    waits.sort_by_key(|wait| wait.code());
    waits.dedup();
    Ok(waits)
}

/// The appointments of some rows, as far as a user sees them.
fn lines(
    connection: &Connection,
    config: &Config,
    rows: &[DayRow],
    (span, scope): ((DateTime<Utc>, DateTime<Utc>), &Scope),
    now: DateTime<Utc>,
) -> Result<Vec<DayLine>, StoreError> {
    let unreached = not_reached::of_rows(rows, config, span.0.max(now), now);
    let why: HashMap<AppointmentId, (&'static str, &'static str)> =
        unreached.into_iter().map(|one| (one.appointment.id, (one.code, one.why))).collect();
    let needs_a_look: HashSet<AppointmentId> = task_list::list(connection, None)?
        .into_iter()
        .filter(|task| matches!(task.kind, TaskKind::Reply | TaskKind::HeldText))
        .flat_map(|task| task.appointments.into_iter().map(|(id, _)| id))
        .collect();
    let mut called = calls::of_appointments(connection, span)?;
    let mut of_appointment: BTreeMap<(DateTime<Utc>, &AppointmentId), Vec<&DayRow>> = BTreeMap::new();
    for row in rows.iter().filter(|row| scope.sees(config.rulebook.location_of(&row.appointment))) {
        of_appointment.entry((row.appointment.starts_at, &row.appointment.id)).or_default().push(row);
    }
    let mut lines = Vec::new();
    for ((start, id), rows) in of_appointment {
        let Some(first) = rows.first() else { continue };
        let why = why.get(id).copied();
        lines.push(DayLine {
            reach: reach(&rows, why.is_some(), needs_a_look.contains(id), now),
            why,
            outcome: first.outcome,
            text_at: text_at(&rows),
            calls: called.remove(&(id.clone(), start)).unwrap_or_default(),
            appointment: first.appointment.clone(),
        });
    }
    Ok(lines)
}

/// The lines of coming appointments that differ between the stored plan and one made now, without names. There should be
/// none. Once an appointment has begun or is cancelled, its plan no longer asks what its patient was told and answered.
pub(crate) fn differences(
    connection: &Connection,
    config: &Config,
    span: (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<Vec<String>, StoreError> {
    let shown = |rows: &[DayRow]| -> Result<BTreeSet<String>, StoreError> {
        let lines = lines(connection, config, rows, (span, &Scope::All), now)?;
        // What is planned depends on the time of the plan; what has happened does not.
        let is_fact = |reach| matches!(reach, Reach::NoAnswer | Reach::Reached | Reach::Confirmed | Reach::NeedsALook);
        let without_names = |line: &DayLine| {
            let (id, start) = (&line.appointment.id, line.appointment.starts_at);
            let text_at = line.text_at.filter(|_| matches!(line.reach, Reach::NoAnswer | Reach::Reached));
            format!("{id} at {start}: {:?}, {:?}, {:?}, {text_at:?}", line.reach, line.why, line.outcome)
        };
        Ok(lines
            .iter()
            .filter(|line| line.appointment.starts_at > now && is_fact(line.reach))
            .map(without_names)
            .collect())
    };
    let planned: Vec<DayRow> =
        plan_view::plan_between(connection, config, span, now)?.into_iter().map(DayRow::from).collect();
    let (stored, planned) = (shown(&day_rows::stored(connection, config, span, now)?)?, shown(&planned)?);
    let one_sided = |of: &'static str, all: &BTreeSet<String>, other: &BTreeSet<String>| {
        all.difference(other).map(|line| format!("{of}: {line}")).collect::<Vec<_>>()
    };
    Ok([one_sided("stored", &stored, &planned), one_sided("planned now", &planned, &stored)].concat())
}

/// The location as an appointment has it: without locations in the configuration, all are the practice's own.
fn seen_at<'w>(config: &Config, written: Option<&'w str>) -> Option<&'w str> {
    written.filter(|_| !config.locations.is_empty())
}

/// What the patient knows. `is_unreached`: the call list has the appointment.
fn reach(rows: &[&DayRow], is_unreached: bool, needs_a_look: bool, now: DateTime<Utc>) -> Reach {
    let Some(first) = rows.first() else { return Reach::NoText };
    let outcome = first.outcome.map(|standing| standing.outcome);
    let is_texted = rows.iter().any(|row| matches!(row.state, State::Sent | State::Sending));
    let will_be = rows.iter().any(|row| row.state == State::Unclaimed(PlanDecision::Planned) && !row.is_expired);
    let observed = State::Unclaimed(PlanDecision::Skipped(Skip::ObserveMode));
    let is_observed = rows.iter().any(|row| row.state == observed);
    let is_desk = first.outcome.is_some_and(|standing| standing.source == OutcomeSource::Desk);
    match first.appointment.status {
        status if !status.is_live() => Reach::Cancelled,
        _ if needs_a_look => Reach::NeedsALook,
        _ if outcome.is_some_and(PatientOutcome::is_wish) && !is_desk => Reach::NeedsALook,
        Status::Confirmed => Reach::Confirmed,
        _ if outcome == Some(PatientOutcome::Confirmed) => Reach::Confirmed,
        _ if is_unreached => Reach::NotReached,
        _ if rows.iter().any(|row| matches!(row.state, State::Unknown | State::Held)) => Reach::NeedsALook,
        _ if is_texted && outcome.is_some_and(|outcome| outcome != PatientOutcome::None) => Reach::Reached,
        _ if is_texted => Reach::NoAnswer,
        _ if first.appointment.starts_at <= now => Reach::NoText,
        _ if will_be || is_observed => Reach::Planned,
        // Another entry of the same patient has the text.
        _ => Reach::Reached,
    }
}

fn text_at(rows: &[&DayRow]) -> Option<DateTime<Utc>> {
    let sent = rows.iter().filter_map(|row| row.text_at).max();
    let planned = || {
        let due = rows.iter().filter(|row| row.state == State::Unclaimed(PlanDecision::Planned));
        due.filter_map(|row| row.due_at).min()
    };
    sent.or_else(planned)
}

/// The counts of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DayCounts {
    /// Confirmed.
    pub(crate) confirmed: u32,
    /// Texted and not confirmed.
    pub(crate) texted: u32,
    /// Not texted yet, but a text is planned.
    pub(crate) planned: u32,
    /// Neither.
    pub(crate) without: u32,
}

impl DayCounts {
    /// All appointments of the day.
    pub(crate) fn all(self) -> u32 {
        self.confirmed + self.texted + self.planned + self.without
    }

    fn add(&mut self, fate: &Fate) {
        match fate {
            Fate { is_confirmed: true, .. } => self.confirmed += 1,
            Fate { is_texted: true, .. } => self.texted += 1,
            Fate { is_planned: true, .. } => self.planned += 1,
            _ => self.without += 1,
        }
    }
}

/// The counts of the days from `first` to `last`, in order.
pub(crate) fn days(
    connection: &Connection,
    config: &Config,
    (first, last): (NaiveDate, NaiveDate),
    scope: &Scope,
) -> Result<Vec<(NaiveDate, DayCounts)>, StoreError> {
    let mut counts: BTreeMap<NaiveDate, DayCounts> =
        first.iter_days().take_while(|day| *day <= last).map(|day| (day, DayCounts::default())).collect();
    let whole = (span(config, first).0, span(config, last).1 - TimeDelta::seconds(1));
    for fate in day_texts::fates(connection, whole)? {
        if !scope.sees(seen_at(config, fate.location.as_deref())) {
            continue;
        }
        let date = config.practice.zone.local(fate.start).date_naive();
        if let Some(count) = counts.get_mut(&date) {
            count.add(&fate);
        }
    }
    Ok(counts.into_iter().collect())
}
