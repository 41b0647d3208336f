//! Conversations: ours, those begun in an unobserved period, and those of others; and which replies have been read.

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::domain::ids::{ApiKeyName, ConversationId};
use crate::domain::phone::Phone;
use crate::store::connection::error::StoreError;
use crate::store::outcomes::following::{self, FOLLOWED, TRY_AGAIN};

/// Before a number is texted, its replies must have been read within this time.
pub(crate) const FRESH: TimeDelta = TimeDelta::hours(1);
/// Conversations begun longer ago are not read before a text.
pub(super) const OF_INTEREST: TimeDelta = FOLLOWED;
/// The condition under which the replies of conversation `c` are unread at `?1`, if they stay fresh for `?2` seconds. A
/// reading time ahead of the clock does not count.
const UNREAD: &str = "(c.read_at IS NULL OR c.read_at < ?1 - ?2 OR c.read_at > ?1 + 120)";

/// The values that [`are_replies_unread`] and [`is_in_odd_rows`] are bound to: `?1`, `?2`, `?3`.
pub(crate) fn times(now: DateTime<Utc>) -> (i64, i64, i64) {
    (now.timestamp(), FRESH.num_seconds(), (now - OF_INTEREST).timestamp())
}

/// The SQL for: a number was texted recently, and its replies were not read within the hour.
pub(crate) fn are_replies_unread(phone: &str) -> String {
    format!("EXISTS (SELECT 1 FROM conversations AS c WHERE c.phone = {phone} AND c.started_at >= ?3 AND {UNREAD})")
}

/// The SQL for: a recent row of Annie's list without an id names a number, and nobody has decided about it.
pub(crate) fn is_in_odd_rows(phone: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM odd_rows AS o WHERE o.phone = {phone} AND o.settled_at IS NULL
                 AND coalesce(o.started_at, o.listing) >= ?3)"
    )
}

/// Whether a number was texted recently and its replies were not read within the hour. Replies in a row of Annie's list
/// without an id cannot be read; `any_odd_rows`: whether there are such rows.
pub(crate) fn unread(
    connection: &Connection,
    phone: &Phone,
    any_odd_rows: bool,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    static WITHOUT_ODD_ROWS: LazyLock<String> = LazyLock::new(|| format!("SELECT {}", are_replies_unread("?4")));
    static WITH_ODD_ROWS: LazyLock<String> =
        LazyLock::new(|| format!("SELECT {} OR {}", are_replies_unread("?4"), is_in_odd_rows("?4")));
    let sql = if any_odd_rows { &*WITH_ODD_ROWS } else { &*WITHOUT_ODD_ROWS };
    let (now, fresh, oldest) = times(now);
    Ok(connection.prepare_cached(sql)?.query_row((now, fresh, oldest, phone.dial()), |row| row.get(0))?)
}

/// The most conversations handed to other keys at a time.
const OTHERS_AT_ONCE: usize = 16;

/// The conversations whose replies must be read first: their numbers have a text of this key due within the hour.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Urgent {
    /// The first one to read with this key itself.
    pub(crate) own: Option<ConversationId>,
    /// Those before it that another key has to read.
    pub(crate) of_others: Vec<(ApiKeyName, ConversationId)>,
}

/// What must be read before a key's texts can be sent.
pub(crate) fn urgent(connection: &Connection, api_key: &ApiKeyName, now: DateTime<Utc>) -> Result<Urgent, StoreError> {
    let sql = format!(
        "SELECT c.conversation_id, c.read_with FROM reminders AS r INDEXED BY reminders_due_by_key
         JOIN conversations AS c ON c.phone = r.phone
         WHERE r.state = 'planned' AND r.api_key = ?5 AND r.due_at <= ?1 + ?2 AND r.expires_at > ?1
             AND c.started_at >= ?3 AND {UNREAD}
             AND (c.read_tried_at IS NULL OR c.read_tried_at NOT BETWEEN ?1 - ?4 AND ?1)
         ORDER BY r.due_at, c.started_at"
    );
    let oldest = (now - OF_INTEREST).timestamp();
    let mut statement = connection.prepare_cached(&sql)?;
    let times = (now.timestamp(), FRESH.num_seconds(), oldest, TRY_AGAIN.num_seconds(), api_key);
    let mut rows = statement.query(times)?;
    let mut urgent = Urgent::default();
    while let Some(row) = rows.next()? {
        let id = ConversationId(row.get(0)?);
        match row.get::<_, Option<String>>(1)?.map(ApiKeyName) {
            Some(other) if other != *api_key => urgent.of_others.push((other, id)),
            _ => {
                urgent.own = Some(id);
                break;
            }
        }
        if urgent.of_others.len() >= OTHERS_AT_ONCE {
            break;
        }
    }
    Ok(urgent)
}

/// Whether a conversation still has to be read and was not tried just now.
pub(crate) fn is_unread(connection: &Connection, id: &ConversationId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM conversations AS c WHERE c.conversation_id = ?4 AND {UNREAD}
             AND (c.read_tried_at IS NULL OR c.read_tried_at NOT BETWEEN ?1 - ?3 AND ?1))"
    );
    let about = (now.timestamp(), FRESH.num_seconds(), TRY_AGAIN.num_seconds(), &id.0);
    Ok(connection.prepare_cached(&sql)?.query_row(about, |row| row.get(0))?)
}

/// Assigns conversations of keys that are no longer configured to the first configured key; those of a key that is back
/// are read with that key again.
pub(crate) fn read_with_one_of(
    tx: &Transaction<'_>,
    keys: &[ApiKeyName],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    const HAND_OVER: &str = "UPDATE conversations
        SET read_with = CASE WHEN api_key IN (SELECT value FROM json_each(?1)) THEN api_key ELSE ?2 END
        WHERE started_at >= ?3 AND read_with IS NOT
            CASE WHEN api_key IN (SELECT value FROM json_each(?1)) THEN api_key ELSE ?2 END";
    let Some(first) = keys.first() else { return Ok(()) };
    let oldest = (now - OF_INTEREST).timestamp();
    tx.prepare_cached(HAND_OVER)?.execute((serde_json::json!(keys).to_string(), first, oldest))?;
    Ok(())
}

/// What is recorded under the id of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// Nothing.
    Nothing,
    /// A conversation that no text of ours began, as far as known.
    Unclaimed,
    /// The conversation that one of our texts began.
    OfText,
}

/// What is recorded under this id.
pub(crate) fn recorded(connection: &Connection, id: &ConversationId) -> Result<Recorded, StoreError> {
    let sql = "SELECT attempt_id IS NOT NULL FROM conversations WHERE conversation_id = ?1";
    let is_of_text: Option<bool> = connection.prepare_cached(sql)?.query_row([&id.0], |row| row.get(0)).optional()?;
    Ok(match is_of_text {
        None => Recorded::Nothing,
        Some(false) => Recorded::Unclaimed,
        Some(true) => Recorded::OfText,
    })
}

/// Links an attempt to the conversation it began: a new one, or one Annie's list showed before. Every recent
/// conversation of its number is followed from then on.
pub(crate) fn take(
    tx: &Transaction<'_>,
    (id, recorded): (&ConversationId, Recorded),
    attempt: i64,
) -> Result<(), StoreError> {
    let (phone, started_at, api_key): (String, i64, String) = tx
        .prepare_cached(
            "SELECT t.phone, coalesce(l.started_at, t.started_ms / 1000), t.api_key FROM attempts AS t
             LEFT JOIN listing_rows AS l ON l.api_key = t.api_key AND l.conversation_id = ?1 WHERE t.id = ?2",
        )?
        .query_row((&id.0, attempt), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    // Not an upsert: the guard against a second row for a conversation fires before SQLite looks for the first.
    let began = crate::store::connection::rows::instant(started_at);
    let number = Phone::from_e164(&phone);
    let start = match &number {
        Some(phone) => following::next_start(tx, phone, began)?,
        None => None,
    };
    if recorded != Recorded::Nothing {
        tx.prepare_cached("UPDATE conversations SET attempt_id = ?2 WHERE conversation_id = ?1")?
            .execute((&id.0, attempt))?;
    } else {
        // Followed at once, as the others below: a row that is written twice costs twice.
        let follows = start.map(|start| start.timestamp());
        tx.prepare_cached(
            "INSERT INTO conversations
                 (conversation_id, attempt_id, phone, started_at, api_key, read_with, follows, look_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, iif(?6 IS NULL, NULL, ?4))",
        )?
        .execute((&id.0, attempt, &phone, started_at, api_key, follows))?;
    }
    match (number, start) {
        (Some(phone), Some(start)) => following::follow_until(tx, &phone, start, began),
        _ => Ok(()),
    }
}

/// A conversation's number, and when it began.
pub(crate) fn about(
    connection: &Connection,
    id: &ConversationId,
) -> Result<Option<(Phone, DateTime<Utc>)>, StoreError> {
    let sql = "SELECT phone, started_at FROM conversations WHERE conversation_id = ?1";
    let found: Option<(String, i64)> =
        connection.prepare_cached(sql)?.query_row([&id.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(found.and_then(|(phone, at)| Some((Phone::from_e164(&phone)?, crate::store::connection::rows::instant(at)))))
}

/// Whether a conversation was begun or seen with a key.
pub(crate) fn is_of_key(
    connection: &Connection,
    id: &ConversationId,
    api_key: &ApiKeyName,
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM conversations WHERE conversation_id = ?1 AND api_key = ?2)";
    Ok(connection.prepare_cached(sql)?.query_row((&id.0, api_key), |row| row.get(0))?)
}

/// Records that its messages were read, as of `at`.
pub(crate) fn set_read(tx: &Transaction<'_>, id: &ConversationId, at: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE conversations SET read_at = ?2, read_tried_at = NULL WHERE conversation_id = ?1";
    tx.prepare_cached(sql)?.execute((&id.0, at.timestamp()))?;
    Ok(())
}

/// Records that its messages could not be read.
pub(crate) fn set_tried(tx: &Transaction<'_>, id: &ConversationId, at: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE conversations SET read_tried_at = ?2 WHERE conversation_id = ?1";
    tx.prepare_cached(sql)?.execute((&id.0, at.timestamp()))?;
    Ok(())
}

/// How many numbers have texts that have been due since before `until` and are waiting for their replies to be read.
pub(crate) fn due_unread(connection: &Connection, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let sql = format!(
        "SELECT count(DISTINCT r.phone) FROM reminders AS r INDEXED BY reminders_due
         JOIN conversations AS c ON c.phone = r.phone
         WHERE r.state = 'planned' AND r.due_at <= ?4 AND r.expires_at > ?1 AND c.started_at >= ?3 AND {UNREAD}"
    );
    let times = (now.timestamp(), FRESH.num_seconds(), (now - OF_INTEREST).timestamp(), until.timestamp());
    let count: i64 = connection.prepare_cached(&sql)?.query_row(times, |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
