//! An API key's health according to the ledger, and the little that is stored in addition.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params};

use crate::domain::ids::ApiKeyName;
use crate::domain::phone::Phone;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::{instant, str_at};
use crate::store::ledger::messages::CUT_OFF;

/// How many consecutively refused numbers matter: two open the circuit.
const REFUSED_OF_INTEREST: usize = 2;
/// How many refused attempts are looked at.
const REFUSALS_LOOKED_AT: usize = 100;

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

/// Reads a key's health: what is stored about it, and its attempts back to the last one that Annie accepted.
pub fn health(connection: &Connection, api_key: &ApiKeyName) -> Result<Health, StoreError> {
    const STORED: &str = "SELECT forgiven_attempt, limited_until, open_since, open_reason, next_probe_at, probes
        FROM circuits WHERE api_key = ?1";
    const BUG: &str = "SELECT EXISTS (SELECT 1 FROM attempts INDEXED BY attempts_by_kind
        WHERE kind = 'bug' AND id > ?2 AND api_key = ?1)";
    let mut health = Health::default();
    let stored = connection.prepare_cached(STORED)?.query_row([api_key], |row| {
        let open = |since: i64| -> rusqlite::Result<Open> {
            Ok(Open {
                since: instant(since),
                reason: row.get(3)?,
                next_probe: instant(row.get::<_, Option<i64>>(4)?.unwrap_or(0)),
                probes: row.get(5)?,
            })
        };
        let limited: Option<i64> = row.get(1)?;
        let open = row.get::<_, Option<i64>>(2)?.map(open).transpose()?;
        Ok((row.get::<_, i64>(0)?, limited.map(instant), open))
    });
    let (forgiven, limited_until, open) = stored.optional()?.unwrap_or((0, None, None));
    (health.limited_until, health.open) = (limited_until, open);
    // Not forgiven by an accepted text: other requests may have been built correctly.
    health.bug = connection.prepare_cached(BUG)?.query_row((api_key, forgiven), |row| row.get(0))?;
    since_the_last_accepted(connection, api_key, forgiven, &mut health)?;
    Ok(health)
}

/// Adds what a key's attempts show, newest first, up to the last one that Annie accepted.
fn since_the_last_accepted(
    connection: &Connection,
    api_key: &ApiKeyName,
    forgiven: i64,
    health: &mut Health,
) -> Result<(), StoreError> {
    const ATTEMPTS: &str = "SELECT outcome, kind, ended_ms, id, http_status, phone, detail
        FROM attempts INDEXED BY attempts_by_key WHERE api_key = ?1 AND outcome IS NOT NULL ORDER BY id DESC";
    let mut statement = connection.prepare_cached(ATTEMPTS)?;
    let mut rows = statement.query([api_key])?;
    // Anything other than "unreachable" was, or may have been, an answer; and what was rejected was a clear one.
    let (mut is_answered, mut is_clear, mut refusals) = (false, false, 0);
    while let Some(row) = rows.next()? {
        let (outcome, kind) = (str_at(row, 0)?, str_at(row, 1)?);
        let ended = || row.get::<_, i64>(2).map(|ms| DateTime::from_timestamp_millis(ms).unwrap_or_default());
        match (outcome, kind) {
            (Some("sent"), _) => break,
            (Some("rejected"), _) => {
                health.rejected_in_a_row += 1;
                health.last_answer = health.last_answer.max(Some(ended()?));
                (is_answered, is_clear) = (true, true);
            }
            (Some("unknown"), _) => {
                // An attempt without a clear answer was an attempt too.
                health.last_answer = health.last_answer.max(Some(ended()?));
                if !is_clear && str_at(row, 6)? != Some(CUT_OFF) {
                    health.unclear_in_a_row += 1;
                    health.last_unclear = health.last_unclear.max(Some(ended()?));
                }
                is_answered = true;
            }
            (Some("not-sent"), Some("unreachable")) if !is_answered => {
                health.unreachable_in_a_row += 1;
                health.last_unreachable = health.last_unreachable.max(Some(ended()?));
            }
            (Some("not-sent"), Some("rate-limited")) => is_answered = true,
            (Some("not-sent"), Some("refused")) => {
                refusals += 1;
                if refusals <= REFUSALS_LOOKED_AT {
                    add_refusal(health, row, ended()?, forgiven)?;
                }
                is_answered = true;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Adds an attempt that was refused; newer ones were added before.
fn add_refusal(health: &mut Health, row: &Row<'_>, ended: DateTime<Utc>, forgiven: i64) -> Result<(), StoreError> {
    let Some(phone) = str_at(row, 5)?.and_then(Phone::from_e164) else { return Ok(()) };
    let counts = row.get::<_, i64>(3)? > forgiven;
    if counts {
        health.refused_status = health.refused_status.or(row.get(4)?);
    }
    if counts && !health.refused.contains(&phone) && health.refused.len() < REFUSED_OF_INTEREST {
        health.refused.push(phone.clone());
    }
    match health.refused_before.iter_mut().find(|refused| refused.phone == phone) {
        Some(refused) => refused.times += 1,
        None => health.refused_before.push(Refused { phone, times: 1, last: ended }),
    }
    Ok(())
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
