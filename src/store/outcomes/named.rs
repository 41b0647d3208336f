//! Which appointments a conversation is about: those that our text named, or those of its number.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::domain::ids::{AppointmentId, ConversationId};
use crate::domain::phone::Phone;
use crate::domain::private::Private;
use crate::outcomes::concerned::NamedAppointment;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::{instant, text};
use crate::store::planning::already_told::person_of;

/// An appointment does not get more ids than this.
const MOST_IDS: usize = 16;

/// A conversation, as far as its replies need it.
#[derive(Debug, Clone)]
pub(crate) struct About {
    /// Its number.
    pub(crate) phone: Phone,
    /// When it began.
    pub(crate) began_at: DateTime<Utc>,
    /// Our text began it, and it is known which appointments the text named. After a restore, texts may be missing; a
    /// yes to one of those confirms nothing.
    pub(crate) is_ours: bool,
    /// The words of our text, if they are still kept.
    pub(crate) words: Option<Private<String>>,
    /// Annie's status is `CLOSED`.
    pub(crate) is_closed: bool,
    /// Annie asks staff for an action.
    pub(crate) has_actions: bool,
    /// The appointments that have not begun: those that our text named, or all of its number if that is not known.
    pub(crate) named: Vec<NamedAppointment>,
}

/// A conversation with its appointments; none if it is not recorded.
pub(crate) fn about(
    connection: &Connection,
    country: &str,
    id: &ConversationId,
    now: DateTime<Utc>,
) -> Result<Option<About>, StoreError> {
    const CONVERSATION: &str = "SELECT c.phone, c.started_at, c.attempt_id IS NOT NULL, m.body ->> '$.message',
            c.status IS 'CLOSED', c.actions IS NOT NULL
        FROM conversations AS c LEFT JOIN attempts AS t ON t.id = c.attempt_id
        LEFT JOIN messages AS m ON m.id = t.message_id WHERE c.conversation_id = ?1";
    let found = connection
        .prepare_cached(CONVERSATION)?
        .query_row([&id.0], |row| {
            let (phone, began): (String, i64) = (row.get(0)?, row.get(1)?);
            let words = row.get::<_, Option<String>>(3)?.map(Private);
            Ok((phone, instant(began), row.get(2)?, words, row.get(4)?, row.get(5)?))
        })
        .optional()?;
    let Some((phone, began_at, is_recorded, words, is_closed, has_actions)) = found else {
        return Ok(None);
    };
    let Some(phone) = Phone::from_e164(&phone) else { return Ok(None) };
    let named = match is_recorded {
        true => named_by(connection, id, now)?,
        false => of_number(connection, country, &phone, now)?,
    };
    Ok(Some(About { phone, began_at, is_ours: is_recorded, words, is_closed, has_actions, named }))
}

/// The appointments that our text named and that have not begun.
fn named_by(
    connection: &Connection,
    id: &ConversationId,
    now: DateTime<Utc>,
) -> Result<Vec<NamedAppointment>, StoreError> {
    const NAMED: &str = "SELECT r.appointment_id, r.starts_at, a.location, coalesce(told.patient_id, r.patient_id),
            told.first_name, told.last_name, told.date_of_birth, NULL
        FROM attempts AS t JOIN message_reminders AS mr ON mr.message_id = t.message_id
        JOIN reminders AS r ON r.id = mr.reminder_id
        LEFT JOIN told_people AS told ON told.message_id = mr.message_id AND told.reminder_id = mr.reminder_id
        LEFT JOIN appointments AS a ON a.id = r.appointment_id
        WHERE t.conversation_id = ?1 AND r.starts_at > ?2";
    let mut statement = connection.prepare_cached(NAMED)?;
    let rows = statement.query_map((&id.0, now.timestamp()), named)?;
    distinct(rows)
}

/// The booked or confirmed appointments of a number that have not begun.
pub(crate) fn of_number(
    connection: &Connection,
    country: &str,
    phone: &Phone,
    now: DateTime<Utc>,
) -> Result<Vec<NamedAppointment>, StoreError> {
    const OF_NUMBER: &str = "SELECT a.id, a.starts_unix, a.location, a.patient_id, a.first_name, a.last_name,
            a.date_of_birth, (SELECT taken_at FROM first_seen AS f WHERE f.appointment_id = a.id)
        FROM phone_spellings AS s JOIN appointments AS a ON a.phone = s.spelling
        WHERE s.country = ?1 AND s.e164 = ?2 AND s.refusal = 0 AND a.starts_unix > ?3
        AND (a.status = 'booked' OR a.status = 'confirmed')
        UNION SELECT a.id, a.starts_unix, a.location, a.patient_id, a.first_name, a.last_name, a.date_of_birth,
            (SELECT taken_at FROM first_seen AS f WHERE f.appointment_id = a.id)
        FROM appointments AS a WHERE a.phone = ?2 AND a.starts_unix > ?3
        AND (a.status = 'booked' OR a.status = 'confirmed')";
    let mut statement = connection.prepare_cached(OF_NUMBER)?;
    let rows = statement.query_map((country, phone.dial(), now.timestamp()), named)?;
    distinct(rows)
}

/// An appointment as it stands in the book; none if it is not there.
pub(crate) fn in_the_book(connection: &Connection, id: &AppointmentId) -> Result<Option<NamedAppointment>, StoreError> {
    const ONE: &str = "SELECT id, starts_unix, location, patient_id, first_name, last_name, date_of_birth, NULL
        FROM appointments WHERE id = ?1";
    Ok(connection.prepare_cached(ONE)?.query_row([&id.0], named).optional()?.flatten())
}

/// The booked or confirmed appointment in the book that a text named: with the same start, for the same person, under
/// its id or under the id that it has got since. None if it was cancelled, moved or given to another person.
pub(crate) fn still_stands(
    connection: &Connection,
    of: &NamedAppointment,
) -> Result<Option<NamedAppointment>, StoreError> {
    const LIVE: &str = "SELECT EXISTS (SELECT 1 FROM appointments WHERE id = ?1
        AND (status = 'booked' OR status = 'confirmed'))";
    const NEXT: &str = "SELECT moved_to FROM not_listed WHERE appointment_id = ?1";
    let mut id = of.id.clone();
    for _ in 0..MOST_IDS {
        if let Some(found) = in_the_book(connection, &id)?
            && connection.prepare_cached(LIVE)?.query_row([&id.0], |row| row.get(0))?
        {
            let is_same = found.start == of.start && of.person.is_same_under_one_appointment(&found.person);
            return Ok(is_same.then_some(found));
        }
        let next: Option<Option<String>> =
            connection.prepare_cached(NEXT)?.query_row([&id.0], |row| row.get(0)).optional()?;
        let Some(next) = next.flatten() else { break };
        id = AppointmentId(next);
    }
    under_another_id(connection, of)
}

/// The booked or confirmed appointment of the same person at the same start, if the practice's system gave it another
/// id.
fn under_another_id(connection: &Connection, of: &NamedAppointment) -> Result<Option<NamedAppointment>, StoreError> {
    const OTHERS: &str = "SELECT id, starts_unix, location, patient_id, first_name, last_name, date_of_birth, NULL
        FROM appointments WHERE patient_id = ?1 AND starts_unix = ?2 AND id <> ?3
        AND (status = 'booked' OR status = 'confirmed') ORDER BY id";
    let mut statement = connection.prepare_cached(OTHERS)?;
    let mut rows = statement.query((&of.person.patient_id.0, of.start.timestamp(), &of.id.0))?;
    while let Some(row) = rows.next()? {
        if let Some(found) = named(row)?.filter(|other| of.person.is_same_under_one_patient(&other.person, false)) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The number of an appointment, if one can be read.
pub(crate) fn number_of(
    connection: &Connection,
    country: &str,
    id: &AppointmentId,
) -> Result<Option<Phone>, StoreError> {
    const NUMBER: &str = "SELECT s.e164 FROM appointments AS a JOIN phone_spellings AS s ON s.spelling = a.phone
        WHERE a.id = ?1 AND s.country = ?2 AND s.valid = 1";
    let found: Option<String> =
        connection.prepare_cached(NUMBER)?.query_row((&id.0, country), |row| row.get(0)).optional()?;
    Ok(found.as_deref().and_then(Phone::from_e164))
}

/// A row; none if its patient cannot be read.
fn named(row: &Row<'_>) -> rusqlite::Result<Option<NamedAppointment>> {
    let Some(person) = person_of(row, 3)? else { return Ok(None) };
    Ok(Some(NamedAppointment {
        id: AppointmentId(row.get(0)?),
        start: instant(row.get(1)?),
        person,
        location: text(row, 2)?,
        since: row.get::<_, Option<i64>>(7)?.map(instant),
    }))
}

/// One of each appointment and start, ordered by start.
fn distinct(
    rows: impl Iterator<Item = rusqlite::Result<Option<NamedAppointment>>>,
) -> Result<Vec<NamedAppointment>, StoreError> {
    let mut all = BTreeMap::new();
    for row in rows {
        let Some(row) = row? else { continue };
        all.insert((row.start, row.id.clone()), row);
    }
    Ok(all.into_values().collect())
}
