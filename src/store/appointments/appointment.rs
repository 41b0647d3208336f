//! Reads rows of the public table `appointments` into domain types.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::domain::appointment::{Appointment, Consent, Status};
use crate::domain::ids::{AppointmentId, PatientId, one_line};
use crate::domain::phone::Phone;
use crate::domain::private::Private;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::{any_text, instant, text};

/// The columns [`from_row`] reads, from a table named `a`.
pub(crate) const COLUMNS: &str = "a.id, a.patient_id, a.first_name, a.last_name, a.date_of_birth, a.phone, a.language,
    a.type_id, a.description, a.provider, a.starts_unix, unixepoch(a.ends_at), a.status, a.location, a.feed,
    unixepoch(a.booked_at), a.consent";

/// How many columns [`COLUMNS`] has.
pub(crate) const COLUMN_COUNT: usize = 17;

/// The start of an upcoming appointment, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ComingStart {
    /// The appointment.
    pub(crate) id: String,
    /// Its location.
    pub(crate) location: Option<String>,
    /// Its feed.
    pub(crate) feed: Option<String>,
    /// The start, as it is in the table.
    pub(crate) written: String,
}

/// The starts of the booked or confirmed appointments in [from, until), ordered by start and id.
pub(crate) fn coming_starts(
    connection: &Connection,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<ComingStart>, StoreError> {
    let sql = "SELECT id, location, feed, starts_at FROM appointments
               WHERE starts_unix >= ?1 AND starts_unix < ?2 AND status IN ('booked', 'confirmed') ORDER BY starts_unix, id";
    let mut statement = connection.prepare_cached(sql)?;
    let starts = statement.query_map((from.timestamp(), until.timestamp()), |row| {
        Ok(ComingStart { id: row.get(0)?, location: row.get(1)?, feed: row.get(2)?, written: row.get(3)? })
    })?;
    Ok(starts.collect::<Result<_, _>>()?)
}

/// Text shown to people: another program may have written line breaks and control characters into it.
fn line(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    Ok(text(row, column)?
        .map(|text| if text.bytes().all(|b| (b' '..=b'~').contains(&b)) { text } else { one_line(&text) }))
}

/// The appointment of a row that begins with [`COLUMNS`].
pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Appointment> {
    let status: String = row.get(12)?;
    let consent: Option<String> = row.get(16)?;
    let birth: Option<String> = row.get(4)?;
    Ok(Appointment {
        id: AppointmentId(row.get(0)?),
        patient_id: PatientId(row.get(1)?),
        first_name: Private(line(row, 2)?),
        last_name: Private(line(row, 3)?),
        date_of_birth: Private(birth.and_then(|text| text.parse().ok())),
        phone: Private(any_text(row, 5)?),
        language: text(row, 6)?,
        type_id: text(row, 7)?,
        description: Private(line(row, 8)?),
        provider: Private(line(row, 9)?),
        starts_at: instant(row.get(10)?),
        ends_at: row.get::<_, Option<i64>>(11)?.map(instant),
        // The schema allows the same five values.
        status: Status::from_name(&status).unwrap_or(Status::Cancelled),
        location: text(row, 13)?,
        feed: text(row, 14)?,
        booked_at: row.get::<_, Option<i64>>(15)?.map(instant),
        consent: match consent.as_deref() {
            Some("yes") => Some(Consent::Yes),
            Some(_) => Some(Consent::No),
            None => None,
        },
    })
}

/// An appointment that starts in a time span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Starting {
    /// Its id.
    pub(crate) id: AppointmentId,
    /// The phone number as written.
    pub(crate) phone: Private<Option<String>>,
    /// Its start.
    pub(crate) starts_at: DateTime<Utc>,
}

/// The appointments that start in [from, until), ordered by start and id.
pub(crate) fn starting_in(
    connection: &Connection,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<Starting>, StoreError> {
    const STARTING: &str = "SELECT id, phone, starts_unix FROM appointments WHERE starts_unix >= ?1 AND starts_unix < ?2 ORDER BY starts_unix, id";
    let mut statement = connection.prepare_cached(STARTING)?;
    let rows = statement.query_map((from.timestamp(), until.timestamp()), |row| {
        Ok(Starting {
            id: AppointmentId(any_text(row, 0)?.unwrap_or_default()),
            phone: Private(any_text(row, 1)?),
            starts_at: instant(row.get(2)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The appointment with an id.
pub(crate) fn of_id(connection: &Connection, id: &AppointmentId) -> Result<Option<Appointment>, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM appointments AS a WHERE a.id = ?1"))?;
    Ok(statement.query_row([&id.0], from_row).optional()?)
}

/// The id of the appointment with this id, if it exists.
pub(crate) fn with_id(connection: &Connection, id: &str) -> Result<Option<AppointmentId>, StoreError> {
    let sql = "SELECT id FROM appointments WHERE id = ?1";
    Ok(connection.query_row(sql, [id], |row| row.get(0).map(AppointmentId)).optional()?)
}

/// The appointments with a phone number, in any spelling read for a country, by start.
pub(crate) fn with_number(
    connection: &Connection,
    country: &str,
    phone: &Phone,
) -> Result<Vec<AppointmentId>, StoreError> {
    let sql = "SELECT a.id FROM known_spellings AS s JOIN appointments AS a ON a.phone = s.spelling
               WHERE s.country = ?1 AND s.e164 = ?2 ORDER BY a.starts_unix, a.id";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map((country, phone.dial()), |row| row.get(0).map(AppointmentId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// An appointment, as the front desk would identify it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// Its id.
    pub(crate) id: AppointmentId,
    /// Its patient.
    pub(crate) patient_id: PatientId,
    /// The first name.
    pub(crate) first_name: Private<Option<String>>,
    /// The last name.
    pub(crate) last_name: Private<Option<String>>,
    /// When it starts.
    pub(crate) starts_at: DateTime<Utc>,
    /// Whether it is booked or confirmed.
    pub(crate) is_live: bool,
    /// Its phone number in international form, if one can be read.
    pub(crate) e164: Private<Option<String>>,
}

const NAMED: &str = "SELECT a.id, a.patient_id, a.first_name, a.last_name, a.starts_unix,
        a.status IN ('booked', 'confirmed'), (SELECT s.e164 FROM known_spellings AS s WHERE s.spelling = a.phone
        AND s.valid = 1 LIMIT 1) FROM appointments AS a";

fn named_of(row: &Row<'_>) -> rusqlite::Result<Named> {
    Ok(Named {
        id: AppointmentId(any_text(row, 0)?.unwrap_or_default()),
        patient_id: PatientId(any_text(row, 1)?.unwrap_or_default()),
        first_name: Private(line(row, 2)?),
        last_name: Private(line(row, 3)?),
        starts_at: instant(row.get(4)?),
        is_live: row.get(5)?,
        e164: Private(row.get(6)?),
    })
}

/// Every appointment, by start.
pub(crate) fn named(connection: &Connection) -> Result<Vec<Named>, StoreError> {
    let mut statement = connection.prepare(&format!("{NAMED} ORDER BY a.starts_unix, a.id"))?;
    let rows = statement.query_map([], named_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The appointments with these ids, in the order of the ids.
pub(crate) fn named_with(connection: &Connection, ids: &[AppointmentId]) -> Result<Vec<Named>, StoreError> {
    let mut statement = connection.prepare(&format!("{NAMED} WHERE a.id = ?1"))?;
    Ok(ids.iter().map(|id| statement.query_row([&id.0], named_of)).collect::<Result<_, _>>()?)
}

/// The appointments whose phone number ends in these digits, by start.
pub(crate) fn with_last_digits(
    connection: &Connection,
    country: &str,
    digits: &str,
) -> Result<Vec<AppointmentId>, StoreError> {
    let sql = "SELECT a.id FROM known_spellings AS s JOIN appointments AS a ON a.phone = s.spelling
               WHERE substr(s.e164, -4) = substr(?2, -4) AND s.country = ?1 AND s.e164 LIKE '%' || ?2 ORDER BY a.starts_unix, a.id";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map((country, digits), |row| row.get(0).map(AppointmentId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// An appointment's phone number as written.
pub(crate) fn spelling_of(connection: &Connection, id: &AppointmentId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT phone FROM appointments WHERE id = ?1";
    Ok(connection.query_row(sql, [&id.0], |row| any_text(row, 0)).optional()?.flatten())
}
