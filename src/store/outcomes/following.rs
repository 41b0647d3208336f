//! Which conversations are followed, and which of them is read next.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::domain::ids::{ApiKeyName, ConversationId};
use crate::domain::phone::Phone;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;

/// Conversations begun longer ago are not followed any more.
pub(crate) const FOLLOWED: TimeDelta = TimeDelta::days(30);
/// After a failed read, a conversation waits this long for the next try, so that it holds up no other.
pub(crate) const TRY_AGAIN: TimeDelta = TimeDelta::minutes(2);

/// The start of the next appointment that this number was texted about.
pub(crate) fn next_start(
    connection: &Connection,
    phone: &Phone,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    const NEXT: &str = "SELECT min(starts_at) FROM reminders INDEXED BY reminders_by_phone
        WHERE phone = ?1 AND starts_at > ?2 AND message_id IS NOT NULL AND (state = 'sent' OR state = 'unknown'
            OR state = 'held' OR state = 'sending')";
    let found: Option<i64> =
        connection.prepare_cached(NEXT)?.query_row((phone.dial(), now.timestamp()), |row| row.get(0))?;
    Ok(found.map(instant))
}

/// Follows every recent conversation of a number: each is due to be read.
pub(crate) fn follow_number(tx: &Transaction<'_>, phone: &Phone, now: DateTime<Utc>) -> Result<(), StoreError> {
    match next_start(tx, phone, now)? {
        Some(start) => follow_until(tx, phone, start, now),
        None => Ok(()),
    }
}

/// The same, when the start of the number's next appointment is known.
pub(crate) fn follow_until(
    tx: &Transaction<'_>,
    phone: &Phone,
    start: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    const FOLLOW: &str = "UPDATE conversations SET follows = ?2, look_at = min(coalesce(look_at, ?3), ?3)
        WHERE phone = ?1 AND started_at >= ?4 AND (follows IS NOT ?2 OR look_at > ?3)";
    let oldest = (now - FOLLOWED).timestamp();
    tx.prepare_cached(FOLLOW)?.execute((phone.dial(), start.timestamp(), now.timestamp(), oldest))?;
    Ok(())
}

/// Follows the conversations that this key listed and that nobody followed, if their numbers were texted.
pub(crate) fn follow_listed(
    tx: &Transaction<'_>,
    conversations: &[ConversationId],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    const PHONE: &str = "SELECT phone FROM conversations WHERE conversation_id = ?1 AND follows IS NULL";
    for id in conversations {
        let phone: Option<String> = tx.prepare_cached(PHONE)?.query_row([&id.0], |row| row.get(0)).optional()?;
        if let Some(phone) = phone.as_deref().and_then(Phone::from_e164) {
            follow_number(tx, &phone, now)?;
        }
    }
    Ok(())
}

/// Sets when a conversation is read next; `None`: its number has no appointment left that it was texted about.
pub(crate) fn look_again(
    tx: &Transaction<'_>,
    id: &ConversationId,
    next: Option<(DateTime<Utc>, DateTime<Utc>)>,
    last_word: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    const LOOK: &str = "UPDATE conversations SET follows = ?2, look_at = ?3,
            last_word_at = max(coalesce(last_word_at, 0), coalesce(?4, last_word_at, 0)) WHERE conversation_id = ?1";
    let (start, look) = next.unzip();
    let unix = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp());
    tx.prepare_cached(LOOK)?.execute((&id.0, unix(start), unix(look), unix(last_word)))?;
    Ok(())
}

/// After Annie refuses to show a conversation, it is read this much later.
const REFUSED_AGAIN: TimeDelta = TimeDelta::minutes(30);

/// Annie refuses to show a conversation: it is read later, and no more once its appointment has begun.
pub(crate) fn put_off(tx: &Transaction<'_>, id: &ConversationId, now: DateTime<Utc>) -> Result<(), StoreError> {
    const PUT_OFF: &str =
        "UPDATE conversations SET look_at = iif(follows > ?2, ?3, NULL), follows = iif(follows > ?2, follows, NULL)
        WHERE conversation_id = ?1 AND follows IS NOT NULL";
    tx.prepare_cached(PUT_OFF)?.execute((&id.0, now.timestamp(), (now + REFUSED_AGAIN).timestamp()))?;
    Ok(())
}

/// When anybody last wrote in a conversation: the patient, or we with our text.
pub(crate) fn last_word(connection: &Connection, id: &ConversationId) -> Result<Option<DateTime<Utc>>, StoreError> {
    const LAST: &str =
        "SELECT max(started_at, coalesce(last_word_at, 0)) FROM conversations WHERE conversation_id = ?1";
    let found: Option<i64> =
        connection.prepare_cached(LAST)?.query_row([&id.0], |row| row.get(0)).optional()?.flatten();
    Ok(found.map(instant))
}

/// The conversation that a key reads next, of those whose appointments start within `near`, if one is due. One that was never read is due `first_look` after it began.
pub(crate) fn near(
    connection: &Connection,
    api_key: &ApiKeyName,
    (near, first_look): (TimeDelta, TimeDelta),
    now: DateTime<Utc>,
) -> Result<Option<ConversationId>, StoreError> {
    const NEAR: &str = "SELECT conversation_id FROM conversations INDEXED BY conversations_by_nearness
        WHERE read_with = ?1 AND follows > ?2 AND follows <= ?2 + ?3 AND look_at <= ?2
        AND (read_at IS NOT NULL OR started_at <= ?2 - ?5)
        AND (read_tried_at IS NULL OR read_tried_at NOT BETWEEN ?2 - ?4 AND ?2)
        ORDER BY look_at LIMIT 1";
    let times = (api_key, now.timestamp(), near.num_seconds(), TRY_AGAIN.num_seconds(), first_look.num_seconds());
    let found = connection.prepare_cached(NEAR)?.query_row(times, |row| row.get(0)).optional()?;
    Ok(found.map(ConversationId))
}

/// The conversation that a key reads next: the one that has been due for the longest time. One that was never read is
/// due `first_look` after it began.
pub(crate) fn due(
    connection: &Connection,
    api_key: &ApiKeyName,
    first_look: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Option<ConversationId>, StoreError> {
    const DUE: &str = "SELECT conversation_id FROM conversations INDEXED BY conversations_by_look
        WHERE read_with = ?1 AND look_at <= ?2
        AND (read_at IS NOT NULL OR started_at <= ?2 - ?4)
        AND (read_tried_at IS NULL OR read_tried_at NOT BETWEEN ?2 - ?3 AND ?2)
        ORDER BY look_at LIMIT 1";
    let times = (api_key, now.timestamp(), TRY_AGAIN.num_seconds(), first_look.num_seconds());
    let found = connection.prepare_cached(DUE)?.query_row(times, |row| row.get(0)).optional()?;
    Ok(found.map(ConversationId))
}

/// The conversations of the listing in progress that have tags or actions, and those that nobody follows.
pub(crate) fn to_look_through(
    connection: &Connection,
    api_key: &ApiKeyName,
) -> Result<(Vec<ConversationId>, Vec<ConversationId>), StoreError> {
    const ROWS: &str = "SELECT l.conversation_id, l.tags IS NOT NULL OR l.actions IS NOT NULL, c.follows IS NULL
        FROM listing_rows AS l JOIN conversations AS c ON c.conversation_id = l.conversation_id WHERE l.api_key = ?1";
    let mut statement = connection.prepare_cached(ROWS)?;
    let mut rows = statement.query([api_key])?;
    let (mut marked, mut unfollowed) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let id = ConversationId(row.get(0)?);
        if row.get(1)? {
            marked.push(id.clone());
        }
        if row.get(2)? {
            unfollowed.push(id);
        }
    }
    Ok((marked, unfollowed))
}

/// When the next conversation of a key is due.
pub(crate) fn next_at(
    connection: &Connection,
    api_key: &ApiKeyName,
    first_look: TimeDelta,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    const NEXT: &str = "SELECT max(look_at, CASE WHEN read_at IS NULL THEN started_at + ?2 ELSE 0 END)
        FROM conversations INDEXED BY conversations_by_look WHERE read_with = ?1 AND look_at IS NOT NULL
        ORDER BY look_at LIMIT 1";
    let found: Option<i64> =
        connection.prepare_cached(NEXT)?.query_row((api_key, first_look.num_seconds()), |row| row.get(0)).optional()?;
    Ok(found.map(instant))
}

/// When the oldest conversation that a key follows began.
pub(crate) fn oldest(connection: &Connection, api_key: &ApiKeyName) -> Result<Option<DateTime<Utc>>, StoreError> {
    const OLDEST: &str = "SELECT min(started_at) FROM conversations INDEXED BY conversations_by_look
        WHERE read_with = ?1 AND look_at IS NOT NULL";
    let found: Option<i64> = connection.prepare_cached(OLDEST)?.query_row([api_key], |row| row.get(0))?;
    Ok(found.map(instant))
}
