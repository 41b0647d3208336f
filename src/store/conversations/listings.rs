//! Annie's list of conversations, page by page, and what it shows about texts without a clear answer.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params};

use crate::domain::conversation::Page;
use crate::domain::ids::{ApiKeyName, ConversationId};
use crate::domain::phone::Phone;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::conversations::odd_rows;

/// A text and the conversation it began are not further apart than this.
const NEAR: TimeDelta = TimeDelta::hours(1);

/// A listing in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    /// When its first page was requested.
    pub(crate) began_at: DateTime<Utc>,
    /// Every conversation is needed, not only those since `reach_back`.
    pub(crate) whole: bool,
    /// Conversations begun since then matter.
    pub(crate) reach_back: DateTime<Utc>,
    /// The offset of the next page.
    pub(crate) next_offset: usize,
    /// How many conversations there are, according to the first page.
    pub(crate) total: Option<usize>,
    /// How often it was restarted because rows were missing.
    pub(crate) tries: u32,
    /// Pages read so far.
    pub(crate) pages: u32,
    /// Whether the rows have come newest first so far.
    pub(crate) in_order: bool,
    /// When the conversation of the last row began.
    pub(crate) last_start: Option<DateTime<Utc>>,
    /// What the listing proves; set when all pages have been read.
    pub(crate) verdict: Option<Verdict>,
}

/// What a completely read listing proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It shows everything needed.
    Through,
    /// It shows everything needed, but some rows cannot be told apart from our own texts: it does not prove that a text
    /// is absent.
    Unproven,
    /// Rows are missing however often it is read: it does not prove that a text is absent, and what was begun
    /// unobserved is not known.
    Incomplete,
}

impl Verdict {
    const ALL: [Verdict; 3] = [Verdict::Through, Verdict::Unproven, Verdict::Incomplete];

    fn code(self) -> &'static str {
        match self {
            Verdict::Through => "through",
            Verdict::Unproven => "unproven",
            Verdict::Incomplete => "incomplete",
        }
    }
}

/// The state of a key's listings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ListingState {
    /// The unobserved period: Annie's list must show what was sent between these instants.
    pub(crate) unobserved: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// When the last listing that reached back far enough began.
    pub(crate) seen_at: Option<DateTime<Utc>>,
    /// When the last listing that showed the tags of every followed conversation began.
    pub(crate) marks_at: Option<DateTime<Utc>>,
    /// The listing in progress.
    pub(crate) under_way: Option<Listing>,
}

/// The state of a key's listings; none if it was never listed.
pub(crate) fn state(connection: &Connection, api_key: &ApiKeyName) -> Result<Option<ListingState>, StoreError> {
    const STANDING: &str =
        "SELECT unobserved_from, unobserved_until, seen_at, began_at, whole, reach_back, next_offset, total,
        tries, in_order, last_start, verdict, pages, marks_at FROM listings WHERE api_key = ?1";
    let time = |row: &Row<'_>, column: usize| row.get::<_, Option<i64>>(column).map(|unix| unix.map(instant));
    let size = |row: &Row<'_>, column: usize| {
        row.get::<_, Option<i64>>(column).map(|number| number.and_then(|number| usize::try_from(number).ok()))
    };
    let found = connection.prepare_cached(STANDING)?.query_row([api_key], |row| {
        let under_way = match time(row, 3)? {
            None => None,
            Some(began_at) => Some(Listing {
                began_at,
                whole: row.get(4)?,
                reach_back: time(row, 5)?.unwrap_or_default(),
                next_offset: size(row, 6)?.unwrap_or(0),
                total: size(row, 7)?,
                tries: row.get(8)?,
                pages: row.get(12)?,
                in_order: row.get(9)?,
                last_start: time(row, 10)?,
                verdict: row
                    .get::<_, Option<String>>(11)?
                    .and_then(|code| Verdict::ALL.into_iter().find(|verdict| verdict.code() == code)),
            }),
        };
        let unobserved = time(row, 0)?.zip(time(row, 1)?);
        Ok(ListingState { unobserved, seen_at: time(row, 2)?, marks_at: time(row, 13)?, under_way })
    });
    Ok(found.optional()?)
}

/// Sets the unobserved period. It includes an earlier period that has not been caught up with.
pub(crate) fn set_unobserved(
    tx: &Transaction<'_>,
    api_key: &ApiKeyName,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO listings (api_key, unobserved_from, unobserved_until) VALUES (?1, ?2, ?3)
         ON CONFLICT (api_key) DO UPDATE SET unobserved_from = min(coalesce(unobserved_from, ?2), ?2), unobserved_until = ?3",
    )?
    .execute((api_key, from.timestamp(), until.timestamp()))?;
    // A listing in progress continues if it reaches back far enough; another one will show what began after it started.
    let under_way = state(tx, api_key)?.and_then(|standing| standing.under_way);
    match under_way.is_some_and(|listing| listing.reach_back <= from) {
        true => Ok(()),
        false => abandon(tx, api_key),
    }
}

/// Begins a listing. The clock is confirmed by now: an unobserved period that ends later was recorded by a wrong clock.
pub(crate) fn begin(
    tx: &Transaction<'_>,
    api_key: &ApiKeyName,
    whole: bool,
    reach_back: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    abandon(tx, api_key)?;
    // What could not be read last time may be readable now.
    tx.prepare_cached(
        "DELETE FROM comparisons WHERE same IS NULL
         AND EXISTS (SELECT 1 FROM attempts AS t WHERE t.id = attempt_id AND t.api_key = ?1)",
    )?
    .execute([api_key])?;
    tx.prepare_cached(
        "INSERT INTO listings (api_key, began_at, whole, reach_back) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (api_key) DO UPDATE SET began_at = ?2, whole = ?3, reach_back = ?4,
             unobserved_until = min(unobserved_until, ?2)",
    )?
    .execute((api_key, now.timestamp(), whole, reach_back.timestamp()))?;
    Ok(())
}

/// Discards the listing in progress.
pub(crate) fn abandon(tx: &Transaction<'_>, api_key: &ApiKeyName) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE listings SET began_at = NULL, whole = 0, reach_back = NULL, next_offset = 0, total = NULL, tries = 0,
             pages = 0, in_order = 1, last_start = NULL, verdict = NULL WHERE api_key = ?1",
    )?
    .execute([api_key])?;
    tx.prepare_cached("DELETE FROM listing_rows WHERE api_key = ?1")?.execute([api_key])?;
    Ok(())
}

/// Stores what a page showed. Returns how many different conversations that began before the listing have been stored
/// so far.
pub(crate) fn keep_page(
    tx: &Transaction<'_>,
    api_key: &ApiKeyName,
    page: &Page,
    began_at: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO listing_rows (api_key, conversation_id, started_at, medium, to_phone, from_phone, status, tags, actions)
         VALUES (:key, :id, :started, :medium, :to, :from, :status, :tags, :actions)
         ON CONFLICT (api_key, conversation_id) DO UPDATE SET status = excluded.status, tags = excluded.tags,
             actions = excluded.actions",
    )?;
    for row in &page.conversations {
        insert.execute(named_params! {
            ":key": api_key, ":id": row.id.0, ":started": row.started_at.map(|at| at.timestamp()),
            ":medium": row.medium, ":to": row.to.as_ref().map(Phone::dial), ":from": row.from.as_ref().map(Phone::dial),
            ":status": row.status,
            ":tags": (!row.tags.is_empty()).then(|| serde_json::json!(row.tags).to_string()),
            ":actions": (!row.actions.is_empty()).then(|| serde_json::json!(row.actions).to_string()),
        })?;
    }
    odd_rows::keep(tx, api_key, &page.odd, began_at)?;
    let sql = "SELECT count(*) FROM listing_rows WHERE api_key = ?1 AND (started_at IS NULL OR started_at <= ?2)";
    let count: i64 =
        tx.prepare_cached(sql)?.query_row((api_key, (began_at + CLOCKS_DIFFER).timestamp()), |r| r.get(0))?;
    let odd = odd_rows::count(tx, api_key, began_at)?;
    Ok(usize::try_from(count).unwrap_or(0) + odd.rows)
}

/// How far Annie's clock may be ahead of ours.
pub(crate) const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(2);

/// Stores the progress of the listing.
pub(crate) fn set_progress(tx: &Transaction<'_>, api_key: &ApiKeyName, listing: &Listing) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE listings SET next_offset = :offset, total = :total, tries = :tries, pages = :pages, in_order = :in_order,
             last_start = :last, verdict = :verdict WHERE api_key = :key",
    )?
    .execute(named_params! {
        ":key": api_key, ":offset": i64::try_from(listing.next_offset).unwrap_or(i64::MAX),
        ":total": listing.total.map(|total| i64::try_from(total).unwrap_or(i64::MAX)), ":tries": listing.tries, ":pages": listing.pages,
        ":in_order": listing.in_order, ":last": listing.last_start.map(|at| at.timestamp()),
        ":verdict": listing.verdict.map(Verdict::code),
    })?;
    Ok(())
}

/// An attempt about which the list may still show something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenAttempt {
    /// The attempt.
    pub(crate) id: i64,
    /// When it began.
    pub(crate) started_at: DateTime<Utc>,
    /// When it ended.
    pub(crate) ended_at: DateTime<Utc>,
    /// It is in doubt and blocks its number. Otherwise it was given up or not found.
    pub(crate) in_doubt: bool,
    /// It is the single retry of another attempt.
    pub(crate) is_retry: bool,
    /// When the first complete listing without it began.
    pub(crate) absent_at: Option<DateTime<Utc>>,
    /// The text, with white space collapsed; none once retention has deleted it.
    pub(crate) text: Option<String>,
}

/// A key's open attempts since an instant, oldest first.
pub(crate) fn open_attempts(
    connection: &Connection,
    api_key: &ApiKeyName,
    since: DateTime<Utc>,
) -> Result<Vec<OpenAttempt>, StoreError> {
    const OPEN: &str = "SELECT t.id, t.started_ms, t.ended_ms, t.outcome = 'unknown' AND t.unresolved = 0,
            t.retry_of IS NOT NULL, t.absent_at, m.body ->> '$.message'
        FROM attempts AS t INDEXED BY attempts_by_outcome JOIN messages AS m ON m.id = t.message_id
        WHERE t.api_key = ?1 AND t.outcome IN ('unknown', 'not-found') AND t.started_ms >= ?2 ORDER BY t.id";
    let mut statement = connection.prepare_cached(OPEN)?;
    let rows = statement.query_map((api_key, since.timestamp_millis()), |row| {
        Ok(OpenAttempt {
            id: row.get(0)?,
            started_at: instant(row.get::<_, i64>(1)?.div_euclid(1000)),
            ended_at: instant(row.get::<_, i64>(2)?.div_euclid(1000) + 1),
            in_doubt: row.get(3)?,
            is_retry: row.get(4)?,
            absent_at: row.get::<_, Option<i64>>(5)?.map(instant),
            text: row.get::<_, Option<String>>(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A conversation that may be the one an attempt began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Its id.
    pub(crate) id: ConversationId,
    /// Whether its first message is the attempt's text: not checked yet, or checked and known, or checked and
    /// unreadable.
    pub(crate) same: Option<Option<bool>>,
}

/// The conversations of the listing in progress that match an attempt's numbers and time and do not belong to another
/// text.
pub(crate) fn candidates(
    connection: &Connection,
    api_key: &ApiKeyName,
    attempt: i64,
) -> Result<Vec<Candidate>, StoreError> {
    const CANDIDATES: &str = "SELECT l.conversation_id, c.attempt_id IS NOT NULL, c.same
        FROM attempts AS t JOIN messages AS m ON m.id = t.message_id
        JOIN listing_rows AS l ON l.api_key = ?1 AND l.to_phone = t.phone
            AND coalesce(l.from_phone, m.body ->> '$.fromNumber') = m.body ->> '$.fromNumber'
        LEFT JOIN comparisons AS c ON c.attempt_id = t.id AND c.conversation_id = l.conversation_id
        WHERE t.id = ?2 AND (l.medium IS NULL OR l.medium = 'SMS')
            AND (l.started_at IS NULL OR abs(l.started_at - t.started_ms / 1000) <= ?3)
            AND NOT EXISTS (SELECT 1 FROM conversations AS k
                            WHERE k.conversation_id = l.conversation_id AND k.attempt_id IS NOT NULL)
        ORDER BY abs(coalesce(l.started_at, 0) - t.started_ms / 1000), l.conversation_id";
    let mut statement = connection.prepare_cached(CANDIDATES)?;
    let rows = statement.query_map((api_key, attempt, NEAR.num_seconds()), |row| {
        let (looked, same): (bool, Option<bool>) = (row.get(1)?, row.get(2)?);
        Ok(Candidate { id: ConversationId(row.get(0)?), same: looked.then_some(same) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Records whether a conversation's first message is an attempt's text; none: it cannot be read.
pub(crate) fn compared(
    tx: &Transaction<'_>,
    attempt: i64,
    conversation: &ConversationId,
    same: Option<bool>,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO comparisons (attempt_id, conversation_id, same) VALUES (?1, ?2, ?3)
         ON CONFLICT (attempt_id, conversation_id) DO UPDATE SET same = excluded.same",
    )?
    .execute((attempt, &conversation.0, same))?;
    Ok(())
}

/// Stores what the listing showed as conversations: new ones of others, those begun in the unobserved period, and the
/// status and tags of all. Nothing is sent while an unobserved period is being caught up with, so everything begun from
/// our number until the listing began belongs to that period, even if a wrong clock ended it too early. A conversation
/// that may still turn out to belong to a text without an answer is not stored yet. A conversation without a sender
/// counts as ours, and one without a start time as begun now: texting twice is the worse mistake. `ours`: our numbers.
/// Returns how many were new.
pub(crate) fn keep_conversations(
    tx: &Transaction<'_>,
    api_key: &ApiKeyName,
    ours: &[Phone],
) -> Result<usize, StoreError> {
    const NEW: &str =
        "INSERT INTO conversations (conversation_id, attempt_id, phone, started_at, status, api_key, read_with, tags, actions, unobserved)
        SELECT l.conversation_id, NULL, l.to_phone, coalesce(l.started_at, s.began_at), l.status, l.api_key, l.api_key, l.tags, l.actions,
            coalesce(coalesce(l.started_at, s.began_at) BETWEEN s.unobserved_from AND max(s.unobserved_until, s.began_at + ?4), 0)
                AND (l.from_phone IS NULL OR EXISTS (SELECT 1 FROM json_each(?2) AS our WHERE our.value = l.from_phone))
        FROM listing_rows AS l JOIN listings AS s ON s.api_key = l.api_key
        WHERE l.api_key = ?1 AND l.to_phone IS NOT NULL
            AND coalesce(l.started_at, s.began_at) >= s.reach_back AND (l.medium IS NULL OR l.medium = 'SMS')
            AND NOT EXISTS (SELECT 1 FROM conversations AS c WHERE c.conversation_id = l.conversation_id)
            AND NOT EXISTS (SELECT 1 FROM attempts AS t WHERE t.phone = l.to_phone AND t.unresolved = 0
                AND (t.outcome IS NULL OR t.outcome = 'unknown') AND abs(coalesce(l.started_at, s.began_at) - t.started_ms / 1000) <= ?3)";
    tx.prepare_cached(
        "UPDATE conversations SET status = l.status, tags = l.tags, actions = l.actions,
             api_key = coalesce(conversations.api_key, l.api_key),
             read_with = coalesce(conversations.read_with, l.api_key)
         FROM listing_rows AS l WHERE l.api_key = ?1 AND l.conversation_id = conversations.conversation_id
             AND (l.status IS NOT conversations.status OR l.tags IS NOT conversations.tags OR l.actions IS NOT conversations.actions
                  OR conversations.api_key IS NULL)",
    )?
    .execute([api_key])?;
    let ours = serde_json::json!(ours.iter().map(Phone::dial).collect::<Vec<_>>()).to_string();
    Ok(tx.prepare_cached(NEW)?.execute((api_key, ours, NEAR.num_seconds(), CLOCKS_DIFFER.num_seconds()))?)
}

/// Ends the listing. `reached`: it went back far enough to show everything begun before it, so the period is no longer
/// unobserved. `shows_followed`: it went back to the oldest followed conversation.
pub(crate) fn end(
    tx: &Transaction<'_>,
    api_key: &ApiKeyName,
    reached: bool,
    shows_followed: bool,
) -> Result<(), StoreError> {
    if reached {
        tx.prepare_cached(
            "UPDATE listings SET seen_at = began_at,
                 unobserved_from = iif(unobserved_until > began_at, max(unobserved_from, began_at - 3600), NULL),
                 unobserved_until = iif(unobserved_until > began_at, unobserved_until, NULL),
                 marks_at = iif(?2, began_at, marks_at) WHERE api_key = ?1",
        )?
        .execute((api_key, shows_followed))?;
    }
    if reached {
        odd_rows::forget_gone(tx, api_key)?;
    }
    abandon(tx, api_key)
}

/// Deletes the listings of keys that are not among these: a key that comes back counts as new.
pub(crate) fn keep_only(tx: &Transaction<'_>, keys: &[ApiKeyName]) -> Result<(), StoreError> {
    let keys = serde_json::json!(keys).to_string();
    for table in ["listings", "listing_rows", "odd_rows"] {
        let sql = format!("DELETE FROM {table} WHERE api_key NOT IN (SELECT value FROM json_each(?1))");
        tx.prepare_cached(&sql)?.execute([&keys])?;
    }
    Ok(())
}

/// Whether the listing in progress shows texts but no recipient for any of them: Annie's list format has then changed,
/// and the listing proves nothing.
pub(crate) fn names_nobody(connection: &Connection, api_key: &ApiKeyName) -> Result<bool, StoreError> {
    let sql = "SELECT count(*) > 0 AND count(to_phone) = 0 FROM (
                   SELECT to_phone FROM listing_rows WHERE api_key = ?1 AND (medium IS NULL OR medium = 'SMS')
                   UNION ALL SELECT o.phone FROM odd_rows AS o JOIN listings AS l ON l.api_key = o.api_key
                   WHERE o.api_key = ?1 AND o.listing = l.began_at)";
    Ok(connection.prepare_cached(sql)?.query_row([api_key], |row| row.get(0))?)
}

/// The keys whose unobserved period has not been caught up with, each with the end of that period: Annie's list should
/// have been read since then.
pub(crate) fn unobserved_keys(connection: &Connection) -> Result<BTreeMap<ApiKeyName, DateTime<Utc>>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT api_key, unobserved_until FROM listings WHERE unobserved_until IS NOT NULL")?;
    let rows = statement.query_map([], |row| Ok((ApiKeyName(row.get(0)?), instant(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
