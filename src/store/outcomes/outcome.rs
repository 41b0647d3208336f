//! The outcome of each appointment.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row, Transaction};

use crate::domain::appointment::Appointment;
use crate::domain::ids::{AppointmentId, ConversationId, RuleName};
use crate::domain::patient_outcome::{OutcomeSource, PatientOutcome, Standing};
use crate::domain::person::Person;
use crate::domain::phone::Phone;
use crate::domain::reminder_key::ReminderKey;
use crate::outcomes::concerned::NamedAppointment;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::ledger::audit::{self, Act, Entry};
use crate::store::outcomes::named::in_the_book;
use crate::store::planning::already_told::person_of;

/// Who or what an outcome comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    /// The number of the conversation.
    pub(crate) phone: Option<&'a Phone>,
    /// The conversation.
    pub(crate) conversation: Option<&'a ConversationId>,
    /// The person who noted it, and why.
    pub(crate) who: Option<&'a str>,
    /// See `who`.
    pub(crate) why: Option<&'a str>,
}

/// The outcome that stands for a person's appointment at a start, also if it was recorded under another id. What a
/// number that is marked as wrong for the patient answered does not count.
pub(crate) fn of_person(
    connection: &Connection,
    (appointment, start): (&AppointmentId, DateTime<Utc>),
    person: &Person,
) -> Result<Option<Standing>, StoreError> {
    const OF_PERSON: &str =
        "SELECT outcome, source, since, patient_id, first_name, NULL, date_of_birth FROM outcomes AS o
        INDEXED BY outcomes_by_start
        WHERE starts_at = ?2 AND (appointment_id = ?1 OR patient_id = ?3) AND ended_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM wrong_numbers AS w WHERE w.phone = o.phone AND w.patient_id = ?3)
        ORDER BY appointment_id = ?1 DESC, since DESC";
    let mut statement = connection.prepare_cached(OF_PERSON)?;
    let mut rows = statement.query((&appointment.0, start.timestamp(), &person.patient_id.0))?;
    while let Some(row) = rows.next()? {
        let Some(told) = person_of(row, 3)? else { continue };
        if is_still(&told, person) {
            return Ok(standing_of(row, 0)?);
        }
    }
    Ok(None)
}

/// Whether an outcome of `told` belongs to the person who has the appointment now. One account may have several people.
fn is_still(told: &Person, now: &Person) -> bool {
    match told.patient_id == now.patient_id {
        true => told.is_same_under_one_patient(now, false),
        false => told.is_same_under_one_appointment(now),
    }
}

/// Ends the outcome of an appointment that another person has now.
pub(crate) fn end_if_anothers(tx: &Transaction<'_>, of: &Appointment, now: DateTime<Utc>) -> Result<(), StoreError> {
    const STANDS: &str = "SELECT patient_id, first_name, NULL, date_of_birth FROM outcomes
        WHERE appointment_id = ?1 AND starts_at = ?2 AND ended_at IS NULL";
    let about = (&of.id.0, of.starts_at.timestamp());
    let is_anothers = {
        let mut statement = tx.prepare_cached(STANDS)?;
        let mut rows = statement.query(about)?;
        match rows.next()? {
            Some(row) => person_of(row, 0)?.is_some_and(|told| !is_still(&told, &of.person())),
            None => false,
        }
    };
    if is_anothers {
        const END: &str = "UPDATE outcomes SET ended_at = ?3 WHERE appointment_id = ?1 AND starts_at = ?2";
        tx.prepare_cached(END)?.execute((about.0, about.1, now.timestamp()))?;
    }
    Ok(())
}

/// What the replies of a number said about the number itself is settled: these outcomes end.
pub(crate) fn end_of_number(
    tx: &Transaction<'_>,
    phone: &Phone,
    outcomes: &[PatientOutcome],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    const END: &str = "UPDATE outcomes SET ended_at = ?2 WHERE phone = ?1 AND starts_at > ?2 AND ended_at IS NULL
        AND outcome IN (SELECT value FROM json_each(?3))";
    let codes: Vec<&str> = outcomes.iter().map(|outcome| outcome.code()).collect();
    tx.prepare_cached(END)?.execute((phone.dial(), now.timestamp(), serde_json::json!(codes).to_string()))?;
    Ok(())
}

/// The outcome in columns `at` to `at + 2`.
fn standing_of(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Standing>> {
    let (outcome, source): (String, String) = (row.get(at)?, row.get(at + 1)?);
    let since = instant(row.get(at + 2)?);
    let known = PatientOutcome::from_code(&outcome).zip(OutcomeSource::from_code(&source));
    Ok(known.map(|(outcome, source)| Standing { outcome, source, since }))
}

/// Records the outcome of an appointment that stands in the book, and an audit row.
pub(crate) fn set(
    tx: &Transaction<'_>,
    of: &NamedAppointment,
    standing: Standing,
    origin: Origin<'_>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    const SET: &str = "INSERT INTO outcomes
            (appointment_id, starts_at, patient_id, first_name, date_of_birth, outcome, source, since, status, phone,
             conversation_id, who, recorded_at)
        SELECT a.id, a.starts_unix, a.patient_id, a.first_name, a.date_of_birth, ?2, ?3, ?4, a.status, ?5, ?6, ?7, ?8
        FROM appointments AS a WHERE a.id = ?1
        ON CONFLICT (appointment_id, starts_at) DO UPDATE SET patient_id = excluded.patient_id,
            first_name = excluded.first_name, date_of_birth = excluded.date_of_birth, outcome = excluded.outcome,
            source = excluded.source, since = excluded.since, status = excluded.status, phone = excluded.phone,
            conversation_id = excluded.conversation_id, who = excluded.who, recorded_at = excluded.recorded_at,
            ended_at = NULL";
    tx.prepare_cached(SET)?.execute((
        &of.id.0,
        standing.outcome.code(),
        standing.source.code(),
        standing.since.timestamp(),
        origin.phone.map(Phone::dial),
        origin.conversation.map(|id| &id.0),
        origin.who,
        now.timestamp(),
    ))?;
    let act = match standing.source {
        OutcomeSource::Desk => Act::OutcomeNoted,
        _ => Act::OutcomeRead,
    };
    let key = key_of(&of.id, of.start);
    let entry = Entry {
        key: Some(&key),
        code: Some(standing.outcome.code()),
        phone: origin.phone,
        conversation: origin.conversation,
        who: origin.who,
        why: origin.why,
        ..Entry::new(now, act)
    };
    audit::note(tx, &entry)
}

/// The key of an audit row about an appointment as a whole.
pub(crate) fn key_of(appointment: &AppointmentId, start: DateTime<Utc>) -> ReminderKey {
    ReminderKey { appointment_id: appointment.clone(), rule: RuleName(String::new()), start, round: 0 }
}

/// An outcome that a person noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotedOutcome {
    appointment: AppointmentId,
    standing: Standing,
    who: Option<String>,
    start: DateTime<Utc>,
}

/// The outcomes that people noted and that stand.
pub(crate) fn noted(connection: &Connection) -> Result<Vec<NotedOutcome>, StoreError> {
    const NOTED: &str = "SELECT appointment_id, outcome, source, since, who, starts_at FROM outcomes
        WHERE source = 'desk' AND ended_at IS NULL ORDER BY since";
    let mut statement = connection.prepare(NOTED)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(standing) = standing_of(row, 1)? else { continue };
        found.push(NotedOutcome {
            appointment: AppointmentId(row.get(0)?),
            standing,
            who: row.get(4)?,
            start: instant(row.get(5)?),
        });
    }
    Ok(found)
}

/// Carries an outcome that a person noted over into a restored database, if the appointment is there with the same
/// start and nothing newer is known about it.
pub(crate) fn carry_over(tx: &Transaction<'_>, noted: &NotedOutcome, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let Some(book) = in_the_book(tx, &noted.appointment)?.filter(|book| book.start == noted.start) else {
        return Ok(false);
    };
    let ours = of_person(tx, (&book.id, book.start), &book.person)?;
    if ours.is_some_and(|ours| ours.since >= noted.standing.since) {
        return Ok(false);
    }
    let origin = Origin { phone: None, conversation: None, who: noted.who.as_deref(), why: None };
    set(tx, &book, noted.standing, origin, now)?;
    Ok(true)
}

/// The appointments to come that the practice's system calls confirmed, with their starts.
pub(crate) fn confirmed_in_the_book(
    connection: &Connection,
    now: DateTime<Utc>,
) -> Result<Vec<(AppointmentId, DateTime<Utc>)>, StoreError> {
    const CONFIRMED: &str = "SELECT id, starts_unix FROM appointments INDEXED BY appointments_by_start
        WHERE starts_unix > ?1 AND status = 'confirmed' ORDER BY starts_unix, id";
    let mut statement = connection.prepare_cached(CONFIRMED)?;
    let rows = statement.query_map([now.timestamp()], |row| Ok((AppointmentId(row.get(0)?), instant(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A stored outcome with its appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutcomeRow {
    /// The appointment.
    pub(crate) appointment: AppointmentId,
    /// Its start when the outcome was recorded.
    pub(crate) start: DateTime<Utc>,
    /// What stands.
    pub(crate) standing: Standing,
    /// Who noted it.
    pub(crate) who: Option<String>,
    /// When it ended because the appointment changed.
    pub(crate) ended_at: Option<DateTime<Utc>>,
}

/// The outcomes recorded since an instant, or all that stand for appointments after `now`, in the order in which they
/// were recorded.
pub(crate) fn list(
    connection: &Connection,
    since: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Vec<OutcomeRow>, StoreError> {
    const ROWS: &str = "SELECT appointment_id, starts_at, outcome, source, since, who, ended_at FROM outcomes";
    let (condition, from) = match since {
        Some(since) => ("recorded_at >= ?1", since),
        None => ("starts_at > ?1 AND ended_at IS NULL", now),
    };
    let mut statement =
        connection.prepare_cached(&format!("{ROWS} WHERE {condition} ORDER BY since, appointment_id"))?;
    let rows = statement.query_map([from.timestamp()], |row| {
        let ended_at: Option<i64> = row.get(6)?;
        Ok(standing_of(row, 2)?.map(|standing| (standing, row.get(0), row.get(1), row.get(5), ended_at)))
    })?;
    let mut found = Vec::new();
    for row in rows {
        let Some((standing, id, start, who, ended_at)) = row? else { continue };
        found.push(OutcomeRow {
            appointment: AppointmentId(id?),
            start: instant(start?),
            standing,
            who: who?,
            ended_at: ended_at.map(instant),
        });
    }
    Ok(found)
}
