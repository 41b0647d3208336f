//! Who has already been texted about a planning unit's appointments.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use rusqlite::{Connection, Row};

use crate::domain::ids::{ConversationId, PatientId};
use crate::domain::person::Person;
use crate::domain::phone::Phone;
use crate::domain::private::Private;
use crate::planner::input::{Adopted, AppointmentInput, Number, Spent};
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::{any_text, instant};
use crate::store::ledger::rows::key_of;

/// Texts already used for this appointment, at any start; for its patient id and start, under any appointment; and to
/// this number for its start. May contain duplicates.
pub(super) fn spent(
    connection: &Connection,
    AppointmentInput { row: appointment, moved_from, .. }: &AppointmentInput,
    number: &Number,
) -> Result<Vec<Spent>, StoreError> {
    // `OR`: SQLite builds a separate table for an `IN` list on each call.
    const SPENT: &str = "(r.state = 'sending' OR r.state = 'sent' OR r.state = 'rejected' OR r.state = 'unknown'
        OR r.state = 'held')";
    const COLUMNS: &str =
        "r.appointment_id, r.rule, r.starts_at, r.round, r.message_id, r.patient_id, r.state, r.phone,
        t.patient_id, t.first_name, t.last_name, t.date_of_birth,
        NOT EXISTS (SELECT 1 FROM appointments AS a WHERE a.id = r.appointment_id AND a.starts_unix = r.starts_at
                    AND (a.status = 'booked' OR a.status = 'confirmed')),
        EXISTS (SELECT 1 FROM wrong_numbers AS w WHERE w.phone = r.phone AND w.patient_id = r.patient_id
                AND w.at >= m.made_at), m.made_at
        FROM reminders AS r JOIN messages AS m ON m.id = r.message_id
        LEFT JOIN told_people AS t ON t.message_id = r.message_id AND t.reminder_id = r.id";
    static FOR: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT {COLUMNS} WHERE r.patient_id = ?1 AND r.starts_at = ?2 AND {SPENT}
             UNION ALL SELECT {COLUMNS} WHERE r.appointment_id = ?3 AND {SPENT}
             UNION ALL SELECT {COLUMNS} WHERE r.phone = ?4 AND r.starts_at = ?2 AND {SPENT}"
        )
    });
    let phone = match number {
        Number::Usable(phone) => Some(phone.dial()),
        _ => None,
    };
    let mut statement = connection.prepare_cached(&FOR)?;
    let about = (&appointment.patient_id.0, appointment.starts_at.timestamp(), &appointment.id.0, phone);
    let rows = statement.query_map(about, spent_of)?;
    let mut spent: Vec<Spent> = rows.collect::<Result<_, _>>()?;
    for id in moved_from {
        let before = format!("SELECT {COLUMNS} WHERE r.appointment_id = ?1 AND {SPENT}");
        let rows = connection.prepare_cached(&before)?.query_map([&id.0], spent_of)?.collect::<Result<Vec<_>, _>>()?;
        spent.extend(rows);
    }
    Ok(spent)
}

fn spent_of(row: &Row<'_>) -> rusqlite::Result<Spent> {
    let state: String = row.get(6)?;
    Ok(Spent {
        patient_id: PatientId(row.get(5)?),
        key: key_of(row)?,
        order: row.get(4)?,
        told: person_of(row, 8)?,
        phone: row.get::<_, Option<String>>(7)?.and_then(|phone| Phone::from_e164(&phone)),
        is_settled: state != "sending" && state != "unknown",
        is_gone: row.get(12)?,
        was_wrong_number: row.get(13)?,
        at: instant(row.get(14)?),
        was_sent: state == "sent",
    })
}

/// Conversations begun in the unobserved period with this number, or with another number its patients have or had.
pub(super) fn adopted(
    connection: &Connection,
    phone: &Phone,
    appointments: &[AppointmentInput],
) -> Result<Vec<Adopted>, StoreError> {
    let mut told = adopted_at(connection, phone.dial())?;
    let any = "SELECT EXISTS (SELECT 1 FROM conversations WHERE unobserved = 1)";
    if !connection.prepare_cached(any)?.query_row([], |row| row.get::<_, bool>(0))? {
        return Ok(told);
    }
    let others = "SELECT phone FROM reminders WHERE patient_id = ?1 AND phone IS NOT NULL
                  UNION SELECT earlier_phone FROM reminders WHERE patient_id = ?1 AND earlier_phone IS NOT NULL";
    let mut statement = connection.prepare_cached(others)?;
    let patients: BTreeSet<&str> =
        appointments.iter().map(|appointment| appointment.row.patient_id.0.as_str()).collect();
    let mut phones = BTreeSet::new();
    for patient in patients {
        let rows = statement.query_map([patient], |row| row.get::<_, String>(0))?;
        phones.extend(rows.collect::<Result<Vec<_>, _>>()?);
    }
    for other in phones.iter().filter(|other| *other != phone.dial()) {
        told.extend(adopted_at(connection, other)?);
    }
    Ok(told)
}

fn adopted_at(connection: &Connection, phone: &str) -> Result<Vec<Adopted>, StoreError> {
    let sql =
        "SELECT conversation_id, started_at FROM conversations WHERE phone = ?1 AND unobserved = 1 ORDER BY started_at";
    let mut statement = connection.prepare_cached(sql)?;
    let told = |row: &Row<'_>| Ok(Adopted { conversation: ConversationId(row.get(0)?), at: instant(row.get(1)?) });
    let rows = statement.query_map([phone], told)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The person in four columns starting at `at`; none if the patient id is missing.
pub(crate) fn person_of(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Person>> {
    let Some(patient) = any_text(row, at)? else { return Ok(None) };
    Ok(Some(Person {
        patient_id: PatientId(patient),
        first_name: Private(any_text(row, at + 1)?),
        last_name: Private(any_text(row, at + 2)?),
        date_of_birth: Private(any_text(row, at + 3)?.and_then(|date| date.parse().ok())),
    }))
}
