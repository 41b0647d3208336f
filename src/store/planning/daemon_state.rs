//! The daemon's own state: since when each rule has been live, what the plan was made from, the heartbeat.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::domain::ids::RuleName;
use crate::domain::phone::Country;
use crate::domain::rule::Rule;
use crate::planner::explain::Run;
use crate::planner::input::LiveSince;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;

/// Since when each of these rules, with its current lead, has been live. A rule that never was is missing.
pub fn live_since(connection: &Connection, rules: &[Rule]) -> Result<LiveSince, StoreError> {
    let mut live = LiveSince::new();
    let mut statement = connection.prepare_cached("SELECT name, fingerprint, live_since FROM rules")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (name, fingerprint): (String, String) = (row.get(0)?, row.get(1)?);
        if rules.iter().any(|rule| rule.name.0 == name && rule.fingerprint() == fingerprint) {
            live.insert(RuleName(name), instant(row.get(2)?));
        }
    }
    Ok(live)
}

/// Takes the rules live: a new rule, or one with a different lead than before, goes live now. A rule that was removed
/// is deleted, so that it would go live from scratch.
pub fn go_live(tx: &Transaction<'_>, rules: &[Rule], now: DateTime<Utc>) -> Result<(), StoreError> {
    let known: Vec<String> =
        tx.prepare("SELECT name FROM rules")?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for name in known.iter().filter(|name| rules.iter().all(|rule| rule.name.0 != **name)) {
        tx.execute("DELETE FROM rules WHERE name = ?1", [name])?;
    }
    for rule in rules {
        tx.execute(
            "INSERT INTO rules (name, fingerprint, live_since) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET fingerprint = excluded.fingerprint, live_since = excluded.live_since
             WHERE fingerprint <> excluded.fingerprint",
            (&rule.name.0, rule.fingerprint(), now.timestamp()),
        )?;
    }
    Ok(())
}

/// Stores what plans are made from now on. Returns whether it differs from what the stored plans were made from.
pub(crate) fn set_plan_basis(tx: &Transaction<'_>, fingerprint: &str, country: Country) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "INSERT INTO plan_basis (only_row, fingerprint, country) VALUES (1, ?1, ?2)
         ON CONFLICT (only_row) DO UPDATE SET fingerprint = excluded.fingerprint, country = excluded.country
         WHERE fingerprint <> excluded.fingerprint",
        (fingerprint, country.code()),
    )?;
    Ok(changed > 0)
}

/// Whether the daemon last planned for this country: it has read every spelling, except those that wait to be planned.
pub(crate) fn plans_for(connection: &Connection, country: Country) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM plan_basis WHERE country = ?1)";
    Ok(connection.prepare_cached(sql)?.query_row([country.code()], |row| row.get(0))?)
}

/// Stores a doubt about this machine's clock, or that there is none.
pub(crate) fn set_clock_doubt(tx: &Transaction<'_>, why: Option<&str>, now: DateTime<Utc>) -> Result<(), StoreError> {
    match why {
        None => tx.execute("DELETE FROM clock_doubt", [])?,
        Some(why) => tx.execute(
            "INSERT INTO clock_doubt (only_row, since, why) VALUES (1, ?1, ?2)
             ON CONFLICT (only_row) DO UPDATE SET why = excluded.why",
            (now.timestamp(), why),
        )?,
    };
    Ok(())
}

/// The doubt about this machine's clock, if any.
pub(crate) fn clock_doubt(connection: &Connection) -> Result<Option<String>, StoreError> {
    Ok(connection.query_row("SELECT why FROM clock_doubt", [], |row| row.get(0)).optional()?)
}

/// The clock is correct again: timestamps that a wrong clock set in the future are moved back to now.
pub(crate) fn clock_is_right(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    let now = now.timestamp();
    tx.execute("UPDATE rules SET live_since = ?1 WHERE live_since > ?1", [now])?;
    tx.execute("UPDATE first_seen SET taken_at = ?1 WHERE taken_at > ?1", [now])?;
    tx.execute("UPDATE first_seen SET seen_at = ?1 WHERE seen_at > ?1", [now])?;
    tx.execute("UPDATE heartbeat SET at = ?1 WHERE at > ?1", [now])?;
    tx.execute("UPDATE runs SET beat_at = ?1 WHERE beat_at > ?1", [now])?;
    tx.execute("UPDATE runs SET started_at = ?1 WHERE started_at > ?1", [now])?;
    // Otherwise appointments imported under the wrong clock would never become stale.
    tx.execute("UPDATE imports SET finished_at = ?1 WHERE finished_at > ?1", [now])?;
    Ok(())
}

/// Records the start of a run; the last thousand runs are kept.
pub(crate) fn begin_run(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.execute("INSERT INTO runs (started_at, beat_at) VALUES (?1, ?1)", [now.timestamp()])?;
    tx.execute("DELETE FROM runs WHERE id <= (SELECT max(id) - 1000 FROM runs)", [])?;
    Ok(())
}

/// The recorded runs, in order.
pub(crate) fn runs(connection: &Connection) -> Result<Vec<Run>, StoreError> {
    let mut statement = connection.prepare("SELECT started_at, beat_at FROM runs ORDER BY id")?;
    let rows =
        statement.query_map([], |row| Ok(Run { began: instant(row.get(0)?), last_beat: instant(row.get(1)?) }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// When the first recorded run began.
pub(crate) fn first_run(connection: &Connection) -> Result<Option<DateTime<Utc>>, StoreError> {
    let first: Option<i64> = connection.query_row("SELECT min(started_at) FROM runs", [], |row| row.get(0))?;
    Ok(first.map(instant))
}

/// Stores a heartbeat.
pub(crate) fn beat(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO heartbeat (only_row, at) VALUES (1, ?1) ON CONFLICT (only_row) DO UPDATE SET at = excluded.at",
    )?
    .execute([now.timestamp()])?;
    tx.prepare_cached("UPDATE runs SET beat_at = ?1 WHERE id = (SELECT max(id) FROM runs) AND beat_at < ?1")?
        .execute([now.timestamp()])?;
    Ok(())
}

/// The last heartbeat.
pub(crate) fn last_beat(connection: &Connection) -> Result<Option<DateTime<Utc>>, StoreError> {
    let at: Option<i64> = connection.query_row("SELECT at FROM heartbeat", [], |row| row.get(0)).optional()?;
    Ok(at.map(instant))
}
