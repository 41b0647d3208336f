//! An API key's health according to the ledger, and the little that is stored in addition.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction, named_params};

use crate::domain::ids::ApiKeyName;
use crate::domain::phone::Phone;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;

/// How many consecutively refused numbers matter: two open the circuit.
const REFUSED_OF_INTEREST: usize = 2;

/// An API key's health, from its attempts. Survives a crash because none of it is in memory only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// Different numbers refused with 401, 403, 404 or a redirect since Annie last accepted one (or since the circuit
    /// last closed); at most two.
    pub refused: Vec<Phone>,
    /// All numbers refused since Annie last accepted one, forgiven or not: other numbers are tried first.
    pub refused_before: Vec<Refused>,
    /// The status of the last of them.
    pub refused_status: Option<u16>,
    /// Messages rejected in a row (400, 422, ...) since Annie last accepted one.
    pub rejected_in_a_row: u32,
    /// When the last POST that reached a verdict ended.
    pub last_answer: Option<DateTime<Utc>>,
    /// Attempts in a row that did not reach Annie.
    pub unreachable_in_a_row: u32,
    /// When the last of them ended.
    pub last_unreachable: Option<DateTime<Utc>>,
    /// Attempts in a row for which Annie gave no clear answer (not counting attempts cut off by a crash).
    pub unclear_in_a_row: u32,
    /// When the last of them ended.
    pub last_unclear: Option<DateTime<Utc>>,
    /// A request could not be built.
    pub bug: bool,
    /// No requests before this instant, at Annie's request.
    pub limited_until: Option<DateTime<Utc>>,
    /// Set while the circuit is open.
    pub open: Option<Open>,
}

/// A number Annie refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The number.
    pub phone: Phone,
    /// How often since Annie last accepted a text.
    pub times: u32,
    /// When it was last refused.
    pub last: DateTime<Utc>,
}

/// An open circuit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Since when.
    pub since: DateTime<Utc>,
    /// The reason, in words.
    pub reason: String,
    /// When the key is next tried, with a GET.
    pub next_probe: DateTime<Utc>,
    /// How often it was tried.
    pub probes: u32,
}

/// Reads a key's health.
pub fn health(connection: &Connection, api_key: &ApiKeyName) -> Result<Health, StoreError> {
    let last_sent = last_id(connection, api_key, "outcome = 'sent'")?;
    let forgiven: Option<i64> = connection
        .prepare_cached("SELECT forgiven_attempt FROM circuits WHERE api_key = ?1")?
        .query_row([api_key], |row| row.get(0))
        .optional()?;
    let since = last_sent.max(forgiven.unwrap_or(0));
    let mut health = Health { open: open(connection, api_key)?, ..Health::default() };
    let mut statement = connection.prepare_cached(
        "SELECT phone, http_status, id, ended_ms FROM attempts WHERE api_key = ?1 AND id > ?2 AND outcome = 'not-sent'
         AND kind = 'refused' ORDER BY id DESC LIMIT 100",
    )?;
    let mut rows = statement.query((api_key, last_sent))?;
    while let Some(row) = rows.next()? {
        let Some(phone) = Phone::from_e164(&row.get::<_, String>(0)?) else { continue };
        let counts = row.get::<_, i64>(2)? > since;
        if counts {
            health.refused_status = health.refused_status.or(row.get(1)?);
        }
        if counts && !health.refused.contains(&phone) && health.refused.len() < REFUSED_OF_INTEREST {
            health.refused.push(phone.clone());
        }
        match health.refused_before.iter_mut().find(|refused| refused.phone == phone) {
            Some(refused) => refused.times += 1,
            None => {
                let last = DateTime::from_timestamp_millis(row.get(3)?).unwrap_or_default();
                health.refused_before.push(Refused { phone, times: 1, last });
            }
        }
    }
    let (rejected, last): (u32, Option<i64>) = connection
        .prepare_cached(
            "SELECT count(*), max(ended_ms) FROM attempts WHERE api_key = ?1 AND id > ?2 AND outcome = 'rejected'",
        )?
        .query_row((api_key, last_sent), |row| Ok((row.get(0)?, row.get(1)?)))?;
    health.rejected_in_a_row = rejected;
    // An attempt without a clear answer was an attempt too.
    let unknown: Option<i64> = connection
        .prepare_cached("SELECT max(ended_ms) FROM attempts WHERE api_key = ?1 AND id > ?2 AND outcome = 'unknown'")?
        .query_row((api_key, last_sent), |row| row.get(0))?;
    health.last_answer = last.max(unknown).and_then(DateTime::from_timestamp_millis);
    // Anything other than "unreachable" was, or may have been, an answer.
    let mut reached = last_sent;
    for which in ["outcome = 'rejected'", "outcome = 'unknown'", "kind = 'rate-limited'", "kind = 'refused'"] {
        reached = reached.max(last_id(connection, api_key, which)?);
    }
    let (unreachable, last): (u32, Option<i64>) = connection
        .prepare_cached(
            "SELECT count(*), max(ended_ms) FROM attempts WHERE api_key = ?1 AND id > ?2 AND kind = 'unreachable'",
        )?
        .query_row((api_key, reached), |row| Ok((row.get(0)?, row.get(1)?)))?;
    health.unreachable_in_a_row = unreachable;
    health.last_unreachable = last.and_then(DateTime::from_timestamp_millis);
    let clear = last_sent.max(last_id(connection, api_key, "outcome = 'rejected'")?);
    let (unclear, last): (u32, Option<i64>) = connection
        .prepare_cached(
            "SELECT count(*), max(ended_ms) FROM attempts
             WHERE api_key = ?1 AND id > ?2 AND outcome = 'unknown' AND detail <> ?3",
        )?
        .query_row((api_key, clear, crate::store::ledger::messages::CUT_OFF), |row| Ok((row.get(0)?, row.get(1)?)))?;
    health.unclear_in_a_row = unclear;
    health.last_unclear = last.and_then(DateTime::from_timestamp_millis);
    // Not forgiven by an accepted text: other requests may have been built correctly.
    health.bug = last_id(connection, api_key, "kind = 'bug'")? > forgiven.unwrap_or(0);
    health.limited_until = connection
        .prepare_cached("SELECT limited_until FROM circuits WHERE api_key = ?1")?
        .query_row([api_key], |row| row.get::<_, Option<i64>>(0))
        .optional()?
        .flatten()
        .map(instant);
    Ok(health)
}

fn last_id(connection: &Connection, api_key: &ApiKeyName, which: &str) -> Result<i64, StoreError> {
    let sql = format!("SELECT coalesce(max(id), 0) FROM attempts WHERE api_key = ?1 AND {which}");
    Ok(connection.prepare_cached(&sql)?.query_row([api_key], |row| row.get(0))?)
}

fn open(connection: &Connection, api_key: &ApiKeyName) -> Result<Option<Open>, StoreError> {
    let sql = "SELECT open_since, open_reason, next_probe_at, probes FROM circuits
               WHERE api_key = ?1 AND open_since IS NOT NULL";
    let found = connection.prepare_cached(sql)?.query_row([api_key], |row| {
        Ok(Open {
            since: instant(row.get(0)?),
            reason: row.get(1)?,
            next_probe: instant(row.get::<_, Option<i64>>(2)?.unwrap_or(0)),
            probes: row.get(3)?,
        })
    });
    Ok(found.optional()?)
}

/// Whether a key's circuit is open.
pub(crate) fn is_open(connection: &Connection, api_key: &ApiKeyName) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM circuits WHERE api_key = ?1 AND open_since IS NOT NULL)";
    Ok(connection.prepare_cached(sql)?.query_row([api_key], |row| row.get(0))?)
}

/// Opens a key's circuit, or sets the next probe of an open one.
pub fn set_open(tx: &Transaction<'_>, api_key: &ApiKeyName, open: &Open) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO circuits (api_key, open_since, open_reason, next_probe_at, probes)
         VALUES (:key, :since, :reason, :probe, :probes)
         ON CONFLICT (api_key) DO UPDATE SET open_since = excluded.open_since, open_reason = excluded.open_reason,
             next_probe_at = excluded.next_probe_at, probes = excluded.probes",
    )?
    .execute(named_params! {
        ":key": api_key, ":since": open.since.timestamp(), ":reason": open.reason,
        ":probe": open.next_probe.timestamp(), ":probes": open.probes,
    })?;
    Ok(())
}

/// Closes the circuit after a successful probe: refusals so far are forgiven. The number of probes is kept until Annie
/// accepts a text, so that a key that can read but not send is tried less and less often.
pub fn set_closed(tx: &Transaction<'_>, api_key: &ApiKeyName) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE circuits SET open_since = NULL, open_reason = NULL, next_probe_at = NULL,
             forgiven_attempt = (SELECT coalesce(max(id), 0) FROM attempts WHERE api_key = ?1)
         WHERE api_key = ?1",
    )?
    .execute([api_key])?;
    Ok(())
}

/// How often the key was probed since Annie last accepted a text.
pub fn probes(connection: &Connection, api_key: &ApiKeyName) -> Result<u32, StoreError> {
    let sql = "SELECT probes FROM circuits WHERE api_key = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([api_key], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// Resets the probe count: Annie accepted a text, so the key is healthy.
pub fn forget_probes(tx: &Transaction<'_>, api_key: &ApiKeyName) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE circuits SET probes = 0 WHERE api_key = ?1 AND probes > 0")?.execute([api_key])?;
    Ok(())
}

/// Stores until when Annie wants no requests. A later stored time is kept, unless it is so much later that only a wrong
/// clock can have written it.
pub(crate) fn set_limited(tx: &Transaction<'_>, api_key: &ApiKeyName, until: DateTime<Utc>) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO circuits (api_key, limited_until) VALUES (?1, ?2)
         ON CONFLICT (api_key) DO UPDATE SET limited_until = iif(
             limited_until BETWEEN excluded.limited_until AND excluded.limited_until + 3600,
             limited_until, excluded.limited_until)",
    )?
    .execute((api_key, until.timestamp()))?;
    Ok(())
}
