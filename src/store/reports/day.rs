//! The texts of a day: what left, what is planned, what is in doubt; and counts for a row of days.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};

use crate::domain::ids::ApiKeyName;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::{instant, text};

/// What became of a text, or will.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TextState {
    /// Annie accepted it.
    Sent,
    /// It is not known whether it was sent.
    InDoubt,
    /// Annie refused it.
    Refused,
    /// It is planned.
    Planned,
    /// It is due and has not left.
    Waiting,
}

/// A text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DayText {
    /// When it left, or is to leave.
    pub(crate) at: DateTime<Utc>,
    /// What became of it.
    pub(crate) state: TextState,
    /// The location of an appointment it is about, as written.
    pub(crate) location: Option<String>,
    /// The API key it is to leave with, if it has not left.
    pub(crate) api_key: Option<ApiKeyName>,
}

/// The texts that left, were tried, or are planned in [from, until), ordered by time; a family's text is one.
/// `with_locations`: whether their locations are read; that takes longer than all the rest.
pub(crate) fn texts(
    connection: &Connection,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    with_locations: bool,
    now: DateTime<Utc>,
) -> Result<Vec<DayText>, StoreError> {
    let mut all = tried(connection, from, until, with_locations)?;
    all.extend(planned(connection, (from, until), with_locations, now)?);
    all.sort_by_key(|text| text.at);
    Ok(all)
}

/// Attempts of a day: after an id, until and from a time, and whether with their locations.
const TRIED: &str = "SELECT t.started_ms, t.outcome, iif(?4, (
        SELECT a.location FROM message_reminders AS mr JOIN reminders AS r ON r.id = mr.reminder_id
        JOIN appointments AS a ON a.id = r.appointment_id WHERE mr.message_id = t.message_id LIMIT 1), NULL)
    FROM attempts AS t WHERE t.id > ?1 AND +t.started_ms < ?2 AND +t.started_ms >= ?3
    AND EXISTS (SELECT 1 FROM message_reminders AS mr WHERE mr.message_id = t.message_id)
    AND NOT EXISTS (SELECT 1 FROM attempts AS later WHERE later.retry_of = t.id)";

fn tried(
    connection: &Connection,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    with_locations: bool,
) -> Result<Vec<DayText>, StoreError> {
    // Goes back from the newest attempt only as far as the day begins.
    let before: Option<i64> = connection
        .prepare_cached("SELECT id FROM attempts WHERE started_ms < ?1 ORDER BY id DESC LIMIT 1")?
        .query_row([from.timestamp_millis()], |row| row.get(0))
        .optional()?;
    let mut statement = connection.prepare_cached(TRIED)?;
    let span = (before.unwrap_or(0), until.timestamp_millis(), from.timestamp_millis(), with_locations);
    let rows = statement.query_map(span, |row| {
        let outcome: Option<String> = row.get(1)?;
        let state = match outcome.as_deref() {
            Some("sent") => Some(TextState::Sent),
            None | Some("unknown") => Some(TextState::InDoubt),
            Some("rejected") => Some(TextState::Refused),
            // It is planned again.
            Some(_) => None,
        };
        let at = DateTime::from_timestamp_millis(row.get(0)?).unwrap_or_default();
        Ok((at, state, text(row, 2)?))
    })?;
    let mut found = Vec::new();
    for row in rows {
        let (at, state, location) = row?;
        found.extend(state.map(|state| DayText { at, state, location, api_key: None }));
    }
    Ok(found)
}

fn planned(
    connection: &Connection,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    with_locations: bool,
    now: DateTime<Utc>,
) -> Result<Vec<DayText>, StoreError> {
    const WITH_LOCATIONS: &str =
        "SELECT r.due_at, min(a.location), min(r.api_key) FROM reminders AS r INDEXED BY reminders_due
        LEFT JOIN appointments AS a ON a.id = r.appointment_id
        WHERE r.state = 'planned' AND r.due_at >= ?1 AND r.due_at < ?2 GROUP BY r.due_at, r.phone";
    const PLANNED: &str = "SELECT due_at, NULL, min(api_key) FROM reminders INDEXED BY reminders_due
        WHERE state = 'planned' AND due_at >= ?1 AND due_at < ?2 GROUP BY due_at, phone";
    let mut statement = connection.prepare_cached(if with_locations { WITH_LOCATIONS } else { PLANNED })?;
    let rows = statement.query_map((from.timestamp(), until.timestamp()), |row| {
        let at = instant(row.get(0)?);
        let state = if at <= now { TextState::Waiting } else { TextState::Planned };
        Ok(DayText { at, state, location: text(row, 1)?, api_key: row.get::<_, Option<String>>(2)?.map(ApiKeyName) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What became of one appointment's texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fate {
    /// Its start.
    pub(crate) start: DateTime<Utc>,
    /// Its location as written.
    pub(crate) location: Option<String>,
    /// The patient or the practice's system confirmed it.
    pub(crate) is_confirmed: bool,
    /// A text about it was sent.
    pub(crate) is_texted: bool,
    /// A text about it is planned.
    pub(crate) is_planned: bool,
}

/// The appointments that start in [from, until), without cancelled ones.
pub(crate) fn fates(
    connection: &Connection,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Fate>, StoreError> {
    const FATES: &str = "SELECT a.starts_unix, a.location,
            a.status = 'confirmed' OR EXISTS (SELECT 1 FROM outcomes AS o WHERE o.appointment_id = a.id
                AND o.starts_at = a.starts_unix AND o.outcome = 'confirmed' AND o.ended_at IS NULL),
            coalesce(max(r.state = 'sent'), 0), coalesce(max(r.state = 'planned'), 0)
        FROM appointments AS a INDEXED BY appointments_by_start
        LEFT JOIN reminders AS r ON r.appointment_id = a.id AND r.starts_at = a.starts_unix
        WHERE a.starts_unix >= ?1 AND a.starts_unix < ?2 AND a.status <> 'cancelled' GROUP BY a.id";
    let mut statement = connection.prepare_cached(FATES)?;
    let rows = statement.query_map((from.timestamp(), until.timestamp()), |row| {
        Ok(Fate {
            start: instant(row.get(0)?),
            location: text(row, 1)?,
            is_confirmed: row.get(2)?,
            is_texted: row.get(3)?,
            is_planned: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection::open;

    /// A day with thousands of texts is read in one go: nothing is looked for by reading a whole table.
    #[test]
    fn the_texts_of_a_day_are_found_by_index() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open::read_write(&folder.path().join("a.db")).unwrap();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {TRIED}")).unwrap();
        let rows = statement.query_map((1, 1, 1, true), |row| row.get(3)).unwrap();
        let steps: Vec<String> = rows.collect::<Result<_, _>>().unwrap();
        assert!(steps.len() > 3 && steps.iter().all(|step| !step.starts_with("SCAN")), "{steps:?}");
    }
}
