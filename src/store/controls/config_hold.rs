//! A configuration change that waits for a person or for the next day; and what a usual day is.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction};
use serde::{Deserialize, Serialize};

use crate::domain::operator::Operator;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::ledger::audit::{self, Act, Entry};

/// How far back to look for a usual day.
const LATELY: TimeDelta = TimeDelta::days(14);

/// What a change does to the texts of one rule on one day, in the practice's zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// The day.
    pub day: NaiveDate,
    /// The rule.
    pub rule: String,
    /// Texts that go out and did not before.
    pub added: usize,
    /// Texts that go out at another time.
    pub moved: usize,
    /// Texts that no longer go out.
    pub dropped: usize,
}

/// A change that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigHold {
    /// The fingerprint of the new configuration.
    pub fingerprint: String,
    /// Since when it has been waiting.
    pub since: DateTime<Utc>,
    /// How many texts it would send within a day.
    pub at_once: u64,
    /// The most texts on any recent day.
    pub usual: u64,
    /// What it does to texts in the coming days, as of when it was held.
    pub effects: Vec<Effect>,
    /// Whether someone confirmed it.
    pub confirmed: bool,
}

/// The change that waits, if any.
pub(crate) fn get(connection: &Connection) -> Result<Option<ConfigHold>, StoreError> {
    let sql = "SELECT fingerprint, since, at_once, usual, confirmed, effects FROM config_hold";
    let found = connection.prepare_cached(sql)?.query_row([], |row| {
        Ok(ConfigHold {
            fingerprint: row.get(0)?,
            since: instant(row.get(1)?),
            at_once: row.get::<_, i64>(2)?.unsigned_abs(),
            usual: row.get::<_, i64>(3)?.unsigned_abs(),
            confirmed: row.get(4)?,
            // It only informs: a list that cannot be read hides nothing else.
            effects: serde_json::from_str(&row.get::<_, String>(5)?).unwrap_or_default(),
        })
    });
    Ok(found.optional()?)
}

/// Holds a change. If the same change is already held, it keeps its time.
pub(crate) fn hold(tx: &Transaction<'_>, change: &ConfigHold) -> Result<(), StoreError> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let effects = serde_json::to_string(&change.effects).map_err(|e| StoreError::Unreadable(e.to_string()))?;
    tx.execute(
        "INSERT INTO config_hold (only_row, fingerprint, since, at_once, usual, effects) VALUES (1, ?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (only_row) DO UPDATE SET
             since = iif(fingerprint = ?1, since, ?2), confirmed = iif(fingerprint = ?1, confirmed, 0),
             fingerprint = ?1, at_once = ?3, usual = ?4, effects = ?5",
        (&change.fingerprint, change.since.timestamp(), number(change.at_once), number(change.usual), effects),
    )?;
    Ok(())
}

/// Confirms the change that waits, and returns it; none if there is none.
pub(crate) fn confirm(
    tx: &Transaction<'_>,
    person: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Option<ConfigHold>, StoreError> {
    let change = get(tx)?;
    if change.is_some() {
        tx.execute("UPDATE config_hold SET confirmed = 1", [])?;
        audit::note(tx, &Entry { who: person.who, why: person.why, ..Entry::new(now, Act::ChangeConfirmed) })?;
    }
    Ok(change)
}

/// Removes the held change.
pub(crate) fn forget(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM config_hold", [])?;
    Ok(())
}

/// The most texts on any day of the last two weeks, including those that observe mode would have sent.
pub(crate) fn usual(connection: &Connection, now: DateTime<Utc>) -> Result<u64, StoreError> {
    const SENT: &str = "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM attempts
        WHERE started_ms >= ?1 AND outcome IS NOT 'not-sent' GROUP BY started_ms / 86400000)";
    const SHOWN: &str =
        "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM reminders INDEXED BY reminders_not_told
        WHERE state IN ('skipped', 'cancelled') AND reason = 'observe-mode' AND starts_at >= ?1 AND due_at <= ?2
        GROUP BY due_at / 86400)";
    let since = now - LATELY;
    let sent: i64 = connection.query_row(SENT, [since.timestamp_millis()], |row| row.get(0))?;
    let shown: i64 = connection.query_row(SHOWN, (since.timestamp(), now.timestamp()), |row| row.get(0))?;
    Ok(sent.max(shown).unsigned_abs())
}
