//! The state of alerts, and the problems the ledger shows; each question reads only a few rows.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction};

use crate::domain::ids::ApiKeyName;
use crate::outcomes::overdue::overdue_at;
use crate::store::appointments::{feed_age, feed_state};
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::conversations::listings;
use crate::store::ledger::messages;

/// The most consecutive rejections counted.
const MOST_REJECTIONS: u32 = 50;
/// A missed reminder keeps its alert until this long after its appointment's start.
const MISSED_FOR: TimeDelta = TimeDelta::hours(24);

const LAST: &str = "SELECT id, ended_ms FROM attempts INDEXED BY attempts_by_outcome
        WHERE outcome = 'rejected' AND api_key = ?1 ORDER BY id DESC LIMIT ?2";
const ACCEPTED: &str = "SELECT EXISTS (SELECT 1 FROM attempts INDEXED BY attempts_by_outcome
        WHERE outcome = 'sent' AND id > ?1 AND api_key = ?2)";
const HELD: &str = "SELECT count(DISTINCT r.message_id), min(m.made_at)
        FROM reminders AS r INDEXED BY reminders_in_doubt JOIN messages AS m ON m.id = r.message_id
        WHERE r.state IN ('unknown', 'held') AND r.state = 'held' || ''";
const MISSED: &str = "SELECT count(*), min(expires_at) FROM reminders INDEXED BY reminders_missed
        WHERE state = 'missed' AND starts_at > ?1";
// A text that waits for someone to read a reply is on the not-reached list instead.
const PLANNED: &str = "SELECT count(*), min(due_at) FROM reminders AS r INDEXED BY reminders_due
        WHERE state = 'planned' AND due_at <= ?1
        AND NOT EXISTS (SELECT 1 FROM number_holds AS h WHERE h.phone = r.phone AND h.settled_at IS NULL)";
// Reminders with an attempt that has no clear outcome; there are few.
const TEXTED: &str = "SELECT count(*), min(r.due_at)
        FROM attempts AS t INDEXED BY attempts_by_outcome JOIN reminders AS r ON r.message_id = t.message_id
        WHERE (t.outcome IS NULL OR t.outcome = 'unknown') AND r.state IN ('sending', 'unknown') AND r.due_at <= ?1";

const REPLIES: &str = "SELECT since, due_at, urgent FROM tasks INDEXED BY one_open_task_for_a_cause
        WHERE closed_at IS NULL AND (kind = 'reply' OR kind = 'undelivered')";

/// The statements, for the test that checks what they scan.
#[cfg(test)]
pub(crate) const STATEMENTS: [&str; 7] = [LAST, ACCEPTED, HELD, MISSED, PLANNED, TEXTED, REPLIES];

/// An ongoing problem, and the alerts sent about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// When it began, as far as known.
    pub since: DateTime<Utc>,
    /// When it was first seen.
    pub seen_at: DateTime<Utc>,
    /// When it was first found to be over.
    pub gone_at: Option<DateTime<Utc>>,
    /// When an alert was last sent.
    pub told_at: Option<DateTime<Utc>>,
    /// The count in that alert.
    pub told_count: u64,
}

/// The entries, by the codes of their kinds.
pub fn entries(connection: &Connection) -> Result<BTreeMap<String, Entry>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT kind, since, seen_at, gone_at, told_at, told_count FROM alerts")?;
    let rows = statement.query_map([], |row| {
        let entry = Entry {
            since: instant(row.get(1)?),
            seen_at: instant(row.get(2)?),
            gone_at: row.get::<_, Option<i64>>(3)?.map(instant),
            told_at: row.get::<_, Option<i64>>(4)?.map(instant),
            told_count: row.get::<_, i64>(5)?.unsigned_abs(),
        };
        Ok((row.get(0)?, entry))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Replaces all entries.
pub fn set_entries(tx: &Transaction<'_>, entries: &BTreeMap<String, Entry>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM alerts", [])?;
    for (kind, entry) in entries {
        tx.execute(
            "INSERT INTO alerts (kind, since, seen_at, gone_at, told_at, told_count) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                kind,
                entry.since.timestamp(),
                entry.seen_at.timestamp(),
                entry.gone_at.map(|at| at.timestamp()),
                entry.told_at.map(|at| at.timestamp()),
                i64::try_from(entry.told_count).unwrap_or(i64::MAX),
            ),
        )?;
    }
    Ok(())
}

/// A count, and since when the oldest has existed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Several {
    /// How many.
    pub count: u64,
    /// Since when; none if the count is zero.
    pub since: Option<DateTime<Utc>>,
}

fn several(row: &rusqlite::Row<'_>) -> rusqlite::Result<Several> {
    let count = row.get::<_, i64>(0)?.unsigned_abs();
    Ok(Several { count, since: row.get::<_, Option<i64>>(1)?.map(instant) })
}

/// The problems the database shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    /// Since when, and why, the circuit of the first stopped key is open.
    pub open: Option<(DateTime<Utc>, String)>,
    /// The keys whose circuit is open.
    pub stopped: Vec<ApiKeyName>,
    /// How many keys there are.
    pub keys: usize,
    /// Texts rejected in a row with one key since Annie last accepted one; the highest count of any key.
    pub rejected: Several,
    /// Texts that wait for a person's decision.
    pub held: Several,
    /// Reminders that were not sent in time, or were never confirmed before their appointments, for appointments in the
    /// future or within the past 24 hours.
    pub missed: Several,
    /// It is not yet known what was sent during the unobserved period.
    pub is_catching_up: bool,
    /// Since when and why the clock is in doubt.
    pub clock: Option<(DateTime<Utc>, String)>,
    /// Reminders due before the cutoff and without an outcome.
    pub unresolved: Several,
    /// Replies that have waited for a person longer than their appointments allow.
    pub unanswered: Several,
    /// Those of them that may be about an emergency.
    pub urgent: u64,
    /// When the last good import ended.
    pub last_import: Option<DateTime<Utc>>,
    /// Since when an export has been refused or held, or an import interrupted, and which.
    pub feed: Option<(DateTime<Utc>, String)>,
    /// When the last attempt to send a text began.
    pub last_attempt: Option<DateTime<Utc>>,
    /// No backups are configured.
    pub makes_no_backups: bool,
}

/// The problems the database shows. `keys`: the names of the keys in use; `cut`: what was due by then should have an
/// outcome.
pub(crate) fn shown(
    connection: &Connection,
    keys: &[ApiKeyName],
    cut: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Shown, StoreError> {
    let mut shown = Shown {
        held: held(connection)?,
        missed: missed(connection, now)?,
        clock: clock(connection)?,
        unresolved: unresolved(connection, cut)?,
        last_import: feed_age::last_good_import(connection, now)?,
        feed: feed(connection, now)?,
        last_attempt: messages::last_attempt_at(connection)?,
        ..Shown::default()
    };
    (shown.unanswered, shown.urgent) = unanswered(connection, now)?;
    let unobserved = listings::unobserved_keys(connection)?;
    shown.keys = keys.len();
    for key in keys {
        shown.is_catching_up |= unobserved.contains_key(key);
        let open = open(connection, key)?;
        shown.stopped.extend(open.is_some().then(|| key.clone()));
        shown.open = shown.open.or(open);
        let rejected = rejected(connection, key)?;
        if rejected.count > shown.rejected.count {
            shown.rejected = rejected;
        }
    }
    Ok(shown)
}

/// The overdue tasks about replies, and how many of them are urgent.
fn unanswered(connection: &Connection, now: DateTime<Utc>) -> Result<(Several, u64), StoreError> {
    let mut statement = connection.prepare_cached(REPLIES)?;
    let mut rows = statement.query([])?;
    let (mut waiting, mut urgent) = (Several::default(), 0);
    while let Some(row) = rows.next()? {
        let (since, start) = (instant(row.get(0)?), row.get::<_, Option<i64>>(1)?.map(instant));
        let is_urgent: bool = row.get(2)?;
        if overdue_at(is_urgent, since, start) <= now {
            waiting.count += 1;
            waiting.since = waiting.since.into_iter().chain([since]).min();
            urgent += u64::from(is_urgent);
        }
    }
    Ok((waiting, urgent))
}

fn open(connection: &Connection, key: &ApiKeyName) -> Result<Option<(DateTime<Utc>, String)>, StoreError> {
    let sql = "SELECT open_since, open_reason FROM circuits WHERE api_key = ?1 AND open_since IS NOT NULL";
    let found = connection.prepare_cached(sql)?.query_row([key], |row| Ok((instant(row.get(0)?), row.get(1)?)));
    Ok(found.optional()?)
}

/// Goes back through the rejections, which are few, as long as nothing was accepted after them.
fn rejected(connection: &Connection, key: &ApiKeyName) -> Result<Several, StoreError> {
    let mut statement = connection.prepare_cached(LAST)?;
    let mut rows = statement.query((key, MOST_REJECTIONS))?;
    let mut found = Several::default();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if connection.prepare_cached(ACCEPTED)?.query_row((id, key), |row| row.get::<_, bool>(0))? {
            break;
        }
        found.count += 1;
        found.since = DateTime::from_timestamp_millis(row.get(1)?);
    }
    Ok(found)
}

/// Since when feeds have problems, and which; contains feed names only.
fn feed(connection: &Connection, now: DateTime<Utc>) -> Result<Option<(DateTime<Utc>, String)>, StoreError> {
    let troubles = feed_state::troubles(connection, now)?;
    let Some(first) = troubles.first() else { return Ok(None) };
    let all: Vec<String> =
        troubles.iter().map(|trouble| format!("{}: {}", trouble.feed, trouble.kind.what().english())).collect();
    Ok(Some((first.since, all.join("; "))))
}

fn held(connection: &Connection) -> Result<Several, StoreError> {
    Ok(connection.prepare_cached(HELD)?.query_row([], several)?)
}

fn missed(connection: &Connection, now: DateTime<Utc>) -> Result<Several, StoreError> {
    Ok(connection.prepare_cached(MISSED)?.query_row([(now - MISSED_FOR).timestamp()], several)?)
}

fn clock(connection: &Connection) -> Result<Option<(DateTime<Utc>, String)>, StoreError> {
    let sql = "SELECT since, why FROM clock_doubt";
    let found = connection.prepare_cached(sql)?.query_row([], |row| Ok((instant(row.get(0)?), row.get(1)?)));
    Ok(found.optional()?)
}

/// Reminders that were due before `cut` and are still planned, being sent, or in doubt; and since when the first of
/// them has been due. Includes expired ones: until they are marked missed, no alert has been sent about them.
pub(crate) fn unresolved(connection: &Connection, cut: DateTime<Utc>) -> Result<Several, StoreError> {
    let planned = connection.prepare_cached(PLANNED)?.query_row([cut.timestamp()], several)?;
    let texted = connection.prepare_cached(TEXTED)?.query_row([cut.timestamp()], several)?;
    let since = planned.since.into_iter().chain(texted.since).min();
    Ok(Several { count: planned.count + texted.count, since })
}

/// Whether an error means that the disk or the file is at fault and that this will not pass on its own within minutes.
pub(crate) fn is_about_disk(error: &StoreError) -> bool {
    match error {
        StoreError::ReadOnly(_) | StoreError::DiskFull | StoreError::DiskFails(_) | StoreError::Damaged => true,
        StoreError::Unopenable { .. } | StoreError::Missing(_) | StoreError::NotOurs(_) => true,
        StoreError::Sql(error) => error.sqlite_error_code() == Some(ErrorCode::ReadOnly),
        _ => false,
    }
}
