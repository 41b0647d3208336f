//! Who was texted, and who has an appointment. Kept until the appointment starts, so that another person under known
//! ids is texted too, and the same person under new ids is not texted twice.

use chrono::{DateTime, Utc};
use rusqlite::Transaction;

use crate::domain::person::Person;
use crate::planner::input::AppointmentInput;
use crate::store::connection::error::StoreError;

/// Records whom a message is for: the people who have its appointments now.
pub(crate) fn note_told(tx: &Transaction<'_>, message: i64) -> Result<(), StoreError> {
    const TOLD: &str = "INSERT INTO told_people
            (message_id, reminder_id, starts_at, patient_id, first_name, last_name, date_of_birth)
        SELECT r.message_id, r.id, r.starts_at, a.patient_id, a.first_name, a.last_name, a.date_of_birth
        FROM reminders AS r JOIN appointments AS a ON a.id = r.appointment_id WHERE r.message_id = ?1
        ON CONFLICT DO NOTHING";
    tx.prepare_cached(TOLD)?.execute([message])?;
    Ok(())
}

/// Records who has an appointment as of this plan, and since when; does nothing if that is already known.
pub(crate) fn note_holder(
    tx: &Transaction<'_>,
    appointment: &AppointmentInput,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    const HOLDER: &str = "INSERT INTO appointment_holders
            (appointment_id, starts_at, patient_id, first_name, last_name, date_of_birth, since)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (appointment_id) DO UPDATE SET starts_at = excluded.starts_at, patient_id = excluded.patient_id,
            first_name = excluded.first_name, last_name = excluded.last_name,
            date_of_birth = excluded.date_of_birth, since = excluded.since";
    let row = &appointment.row;
    if row.starts_at <= now {
        return Ok(());
    }
    let person = row.person();
    let since = match &appointment.holder {
        None => appointment.seen_at,
        Some(holder) if holder.person == person && appointment.holder_start == Some(row.starts_at) => return Ok(()),
        Some(holder) => appointment.given_at().unwrap_or(holder.since),
    };
    let Person { patient_id, first_name, last_name, date_of_birth } = person;
    let born = date_of_birth.0.map(|date| date.to_string());
    let about =
        (&row.id.0, row.starts_at.timestamp(), patient_id.0, first_name.0, last_name.0, born, since.timestamp());
    tx.prepare_cached(HOLDER)?.execute(about)?;
    Ok(())
}

/// Deletes these records for appointments that have begun.
pub(crate) fn forget_past(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM told_people WHERE starts_at <= ?1",
        "DELETE FROM appointment_holders WHERE starts_at <= ?1",
        "UPDATE outcomes SET first_name = NULL, date_of_birth = NULL
         WHERE starts_at <= ?1 AND (first_name IS NOT NULL OR date_of_birth IS NOT NULL)",
    ] {
        tx.prepare_cached(sql)?.execute([now.timestamp()])?;
    }
    Ok(())
}
