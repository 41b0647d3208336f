//! What becomes known about a text after its attempt: found in Annie's list, not found, given up, or decided by a
//! person. Also texts sent in an unobserved period.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::domain::ids::ConversationId;
use crate::domain::operator::Operator;
use crate::domain::phone::Phone;
use crate::domain::reminder::{Miss, PlanDecision, Skip, State};
use crate::domain::reminder_key::ReminderKey;
use crate::planner::input::Adopted;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::conversations::conversation;
use crate::store::ledger::audit::{self, Act, Entry};
use crate::store::ledger::people;
use crate::store::ledger::rows::{key_by_id, key_of};

/// The reminders of an attempt's message in one of these states, by their ids.
fn reminders_of(tx: &Connection, attempt: i64, states: &str) -> Result<Vec<i64>, StoreError> {
    let sql = format!(
        "SELECT r.id FROM attempts AS t JOIN message_reminders AS mr ON mr.message_id = t.message_id
         JOIN reminders AS r ON r.id = mr.reminder_id WHERE t.id = ?1 AND r.state IN ({states}) ORDER BY r.id"
    );
    let mut statement = tx.prepare_cached(&sql)?;
    let rows = statement.query_map([attempt], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn keys_by_ids(tx: &Connection, reminders: &[i64]) -> Result<Vec<ReminderKey>, StoreError> {
    reminders.iter().map(|reminder| key_by_id(tx, *reminder)).collect()
}

/// Annie's list shows the text of an attempt, so it was sent. Its open reminders become `sent`.
///
/// # Errors
/// [`StoreError::Stale`] if the attempt is no longer open.
pub(crate) fn found(
    tx: &Transaction<'_>,
    attempt: i64,
    conversation: &ConversationId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    mark_sent(tx, attempt, conversation, &Entry::new(now, Act::Found))
}

fn mark_sent(
    tx: &Transaction<'_>,
    attempt: i64,
    conversation: &ConversationId,
    entry: &Entry<'_>,
) -> Result<(), StoreError> {
    let changed = tx
        .prepare_cached(
            "UPDATE attempts SET outcome = 'sent', conversation_id = ?2
             WHERE id = ?1 AND outcome IN ('unknown', 'not-found')",
        )?
        .execute((attempt, &conversation.0))?;
    if changed != 1 {
        return Err(StoreError::Stale("reconciling"));
    }
    let recorded = conversation::recorded(tx, conversation)?;
    conversation::take(tx, (conversation, recorded), attempt)?;
    let open = reminders_of(tx, attempt, "'unknown', 'held', 'planned'")?;
    for reminder in &open {
        to_sent(tx, *reminder, attempt)?;
    }
    let keys = keys_by_ids(tx, &open)?;
    audit::note_each(tx, &Entry { attempt: Some(attempt), conversation: Some(conversation), ..*entry }, &keys)?;
    Ok(())
}

/// Moves a reminder to `sent` through legal state changes.
fn to_sent(tx: &Transaction<'_>, reminder: i64, attempt: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE reminders SET state = 'sending', message_id = (SELECT message_id FROM attempts WHERE id = ?2)
         WHERE id = ?1 AND state = 'planned'",
    )?
    .execute((reminder, attempt))?;
    tx.prepare_cached("UPDATE reminders SET state = 'sent' WHERE id = ?1 AND state IN ('sending', 'unknown', 'held')")?
        .execute([reminder])?;
    Ok(())
}

/// Records when the first complete listing without this text began.
pub(crate) fn set_absent(tx: &Transaction<'_>, attempt: i64, at: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE attempts SET absent_at = ?2 WHERE id = ?1 AND outcome = 'unknown' AND absent_at IS NULL";
    tx.prepare_cached(sql)?.execute((attempt, at.timestamp()))?;
    Ok(())
}

/// Two complete listings lack a text: it is no longer in doubt, and may be tried once more.
pub(crate) fn not_found(tx: &Transaction<'_>, attempt: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE attempts SET outcome = 'not-found' WHERE id = ?1 AND outcome = 'unknown'")?
        .execute([attempt])?;
    let open = reminders_of(tx, attempt, "'unknown'")?;
    for reminder in &open {
        tx.prepare_cached(
            "UPDATE reminders SET state = 'planned', message_id = NULL WHERE id = ?1 AND state = 'unknown'",
        )?
        .execute([reminder])?;
    }
    let keys = keys_by_ids(tx, &open)?;
    audit::note_each(tx, &Entry { attempt: Some(attempt), ..Entry::new(now, Act::NotFound) }, &keys)
}

/// Nothing more can be found out automatically, or not in time: a person has to decide. The number is no longer
/// blocked. Returns how many reminders this holds.
pub(crate) fn hold(
    tx: &Transaction<'_>,
    attempt: i64,
    why: &'static str,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    tx.prepare_cached("UPDATE attempts SET unresolved = 1 WHERE id = ?1 AND outcome = 'unknown'")?
        .execute([attempt])?;
    let open = reminders_of(tx, attempt, "'unknown'")?;
    for reminder in &open {
        tx.prepare_cached("UPDATE reminders SET state = 'held' WHERE id = ?1 AND state = 'unknown'")?
            .execute([reminder])?;
    }
    let keys = keys_by_ids(tx, &open)?;
    audit::note_each(tx, &Entry { attempt: Some(attempt), code: Some(why), ..Entry::new(now, Act::Held) }, &keys)?;
    Ok(open.len())
}

/// Holds texts in doubt whose reminders have all expired: it is too late to find out in time. Returns how many
/// reminders.
pub(crate) fn hold_expired(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<usize, StoreError> {
    const EXPIRED: &str = "SELECT t.id FROM reminders AS r INDEXED BY reminders_in_doubt
        JOIN attempts AS t ON t.message_id = r.message_id
        WHERE r.state IN ('unknown', 'held') AND r.state <> 'held' AND t.outcome = 'unknown'
        GROUP BY t.id HAVING max(coalesce(r.expires_at, r.starts_at)) <= ?1";
    let attempts: Vec<i64> =
        tx.prepare_cached(EXPIRED)?.query_map([now.timestamp()], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut held = 0;
    for attempt in attempts {
        held += hold(tx, attempt, "expired", now)?;
    }
    Ok(held)
}

/// Reminders that were never confirmed before their appointments started become `missed(unconfirmed)`. Their attempts
/// no longer block the number. Returns how many.
pub fn give_up_unconfirmed(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<usize, StoreError> {
    let over: Vec<i64> = tx
        .prepare_cached(
            "SELECT id FROM reminders INDEXED BY reminders_in_doubt
             WHERE state IN ('unknown', 'held') AND starts_at <= ?1",
        )?
        .query_map([now.timestamp()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let missed = State::Unclaimed(PlanDecision::Missed(Miss::Unconfirmed));
    for reminder in &over {
        tx.prepare_cached(
            "UPDATE attempts SET unresolved = 1 WHERE outcome = 'unknown' AND unresolved = 0
                 AND message_id = (SELECT message_id FROM reminders WHERE id = ?1)",
        )?
        .execute([reminder])?;
        tx.prepare_cached(
            "UPDATE reminders SET state = ?2, reason = ?3 WHERE id = ?1 AND state IN ('unknown', 'held')",
        )?
        .execute((reminder, missed.name(), missed.reason()))?;
    }
    let keys = keys_by_ids(tx, &over)?;
    audit::note_each(tx, &Entry { code: missed.reason(), ..Entry::new(now, Act::Missed) }, &keys)?;
    Ok(over.len())
}

/// The detail of an attempt that was found in Annie's list but was not made from this database.
pub(crate) const ADOPTED: &str = "found in Annie's list, not recorded here";

/// Marks a reminder as sent because of a conversation begun in an unobserved period. Its row is `planned`.
pub(crate) fn adopt(
    tx: &Transaction<'_>,
    key: &ReminderKey,
    adopted: &Adopted,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let attempt = attempt_of(tx, adopted)?;
    let reminder: i64 = tx
        .prepare_cached(
            "SELECT id FROM reminders WHERE appointment_id = ?1 AND rule = ?2 AND starts_at = ?3 AND round = ?4",
        )?
        .query_row((&key.appointment_id.0, &key.rule.0, key.start.timestamp(), key.round), |row| row.get(0))?;
    to_sent(tx, reminder, attempt)?;
    tx.prepare_cached(
        "INSERT INTO message_reminders (message_id, reminder_id) SELECT message_id, ?2 FROM attempts WHERE id = ?1
         ON CONFLICT DO NOTHING",
    )?
    .execute((attempt, reminder))?;
    let message = "SELECT message_id FROM attempts WHERE id = ?1";
    people::note_told(tx, tx.prepare_cached(message)?.query_row([attempt], |row| row.get(0))?)?;
    let entry =
        Entry { attempt: Some(attempt), conversation: Some(&adopted.conversation), ..Entry::new(now, Act::Adopted) };
    audit::note(tx, &Entry { key: Some(key), ..entry })
}

/// The attempt that belongs to a conversation; if there is none, creates one without a text.
fn attempt_of(tx: &Transaction<'_>, adopted: &Adopted) -> Result<i64, StoreError> {
    let of = "SELECT attempt_id, phone, api_key FROM conversations WHERE conversation_id = ?1";
    let (attempt, phone, api_key): (Option<i64>, String, Option<String>) = tx
        .prepare_cached(of)?
        .query_row([&adopted.conversation.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if let Some(attempt) = attempt {
        return Ok(attempt);
    }
    tx.execute(
        "INSERT INTO messages (phone, body, made_at, made_local) VALUES (?1, NULL, ?2, '')",
        (&phone, adopted.at.timestamp()),
    )?;
    tx.execute(
        "INSERT INTO attempts (message_id, api_key, phone, started_ms, ended_ms, outcome, conversation_id, detail)
         VALUES (last_insert_rowid(), ?1, ?2, ?3, ?3, 'sent', ?4, ?5)",
        (api_key.unwrap_or_default(), &phone, adopted.at.timestamp_millis(), &adopted.conversation.0, ADOPTED),
    )?;
    let attempt = tx.last_insert_rowid();
    tx.execute(
        "UPDATE conversations SET attempt_id = ?2 WHERE conversation_id = ?1",
        (&adopted.conversation.0, attempt),
    )?;
    Ok(attempt)
}

/// The code for a text that Annie accepted under a conversation id that belongs to another text.
pub(super) const SHARED: &str = "shared-conversation";

/// The code for why an attempt's text is held.
fn held_because(connection: &Connection, key: &ReminderKey, attempt: i64) -> Result<Option<String>, StoreError> {
    let sql = "SELECT code FROM audit WHERE appointment_id = ?1 AND attempt_id = ?2 AND act = 'held' ORDER BY id DESC LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row((&key.appointment_id.0, attempt), |row| row.get(0)).optional()?.flatten())
}

/// A person states that a text Annie accepted is in a conversation of its number that another text began: its reminders
/// become `sent`. The conversation stays with the other text, so the attempt itself has none.
fn sent_in_anothers(
    tx: &Transaction<'_>,
    attempt: i64,
    conversation: &ConversationId,
    entry: &Entry<'_>,
) -> Result<bool, StoreError> {
    let same_number = "SELECT EXISTS (SELECT 1 FROM conversations AS c JOIN attempts AS t ON t.phone = c.phone
                       WHERE c.conversation_id = ?1 AND t.id = ?2)";
    if !tx.query_row(same_number, (&conversation.0, attempt), |row| row.get::<_, bool>(0))? {
        return Ok(false);
    }
    let held = reminders_of(tx, attempt, "'held'")?;
    for reminder in &held {
        to_sent(tx, *reminder, attempt)?;
    }
    audit::note_each(tx, &Entry { conversation: Some(conversation), ..*entry }, &keys_by_ids(tx, &held)?)?;
    Ok(true)
}

/// A person's decision about a held reminder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It was sent: this is its conversation in Annie.
    Sent(ConversationId),
    /// It was not sent: send the text once more, with everything that was in it, as soon as the limits allow.
    Retry,
    /// Do not send it.
    Drop,
}

/// A reminder that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    /// Its id, for `leadtime resolve`.
    pub(crate) id: i64,
    /// What it is about.
    pub(crate) key: ReminderKey,
    /// The number.
    pub(crate) phone: Option<Phone>,
    /// When it was first tried.
    pub(crate) tried_at: DateTime<Utc>,
    /// The last attempt, in words.
    pub(crate) detail: Option<String>,
    /// The code for why it is held, as in the audit.
    pub(crate) why: Option<String>,
}

/// The held reminders, oldest first.
pub(crate) fn held(connection: &Connection) -> Result<Vec<Held>, StoreError> {
    const HELD: &str = "SELECT r.appointment_id, r.rule, r.starts_at, r.round, r.id, r.phone,
            (SELECT min(t.started_ms) FROM message_reminders AS mr JOIN attempts AS t ON t.message_id = mr.message_id
             WHERE mr.reminder_id = r.id AND t.outcome <> 'not-sent'),
            (SELECT t.detail FROM attempts AS t WHERE t.message_id = r.message_id),
            (SELECT a.code FROM audit AS a WHERE a.appointment_id = r.appointment_id AND a.rule = r.rule
             AND a.act = 'held' ORDER BY a.id DESC LIMIT 1)
        FROM reminders AS r INDEXED BY reminders_in_doubt
        WHERE r.state IN ('unknown', 'held') AND r.state = 'held' ORDER BY r.starts_at, r.id";
    let mut statement = connection.prepare(HELD)?;
    let rows = statement.query_map([], |row| {
        let started: Option<i64> = row.get(6)?;
        Ok(Held {
            key: key_of(row)?,
            id: row.get(4)?,
            phone: row.get::<_, Option<String>>(5)?.and_then(|phone| Phone::from_e164(&phone)),
            tried_at: instant(started.unwrap_or(0).div_euclid(1000)),
            detail: row.get(7)?,
            why: row.get(8)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Why a decision cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotResolved {
    /// There is no reminder with this id, or it is not held.
    #[error("no held reminder has the id {0}; `leadtime resolve` lists the held reminders")]
    NotHeld(i64),
    /// The conversation belongs to another text.
    #[error("this conversation already belongs to another text; look up the correct one in Annie")]
    Anothers,
    /// Annie accepted it: another try would be a second text.
    #[error(
        "Annie accepted this text, so sending it again would text the patient twice. Look it up in Annie, then use --sent with the id of its conversation, even if another text started that conversation; or use --drop"
    )]
    Accepted,
}

/// Carries out a person's decision.
///
/// # Errors
/// The inner error if the decision cannot be carried out.
pub fn resolve(
    tx: &Transaction<'_>,
    reminder: i64,
    decision: &Decision,
    person: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Result<ReminderKey, NotResolved>, StoreError> {
    let is_held: Option<bool> =
        tx.query_row("SELECT state = 'held' FROM reminders WHERE id = ?1", [reminder], |row| row.get(0)).optional()?;
    if is_held != Some(true) {
        return Ok(Err(NotResolved::NotHeld(reminder)));
    }
    let key = key_by_id(tx, reminder)?;
    let open = "SELECT t.id FROM message_reminders AS mr JOIN attempts AS t ON t.message_id = mr.message_id
                WHERE mr.reminder_id = ?1 AND t.outcome IN ('unknown', 'not-found') ORDER BY t.id DESC LIMIT 1";
    let attempt: Option<i64> = tx.query_row(open, [reminder], |row| row.get(0)).optional()?;
    let by_hand = |act| Entry { who: person.who, why: person.why, attempt, ..Entry::new(now, act) };
    let because = attempt.map(|attempt| held_because(tx, &key, attempt)).transpose()?.flatten();
    let is_accepted = because.as_deref() == Some(SHARED);
    match decision {
        Decision::Sent(conversation) => {
            let anothers = "SELECT EXISTS (SELECT 1 FROM conversations WHERE conversation_id = ?1
                            AND attempt_id IS NOT NULL AND attempt_id IS NOT ?2)";
            if tx.query_row(anothers, (&conversation.0, attempt), |row| row.get(0))? {
                let entry = by_hand(Act::ResolvedSent);
                let is_sent = match attempt.filter(|_| is_accepted) {
                    Some(attempt) => sent_in_anothers(tx, attempt, conversation, &entry)?,
                    None => false,
                };
                return Ok(if is_sent { Ok(key) } else { Err(NotResolved::Anothers) });
            }
            match attempt {
                Some(attempt) => mark_sent(tx, attempt, conversation, &by_hand(Act::ResolvedSent))?,
                None => {
                    to_sent(tx, reminder, 0)?;
                    audit::note(tx, &Entry { key: Some(&key), ..by_hand(Act::ResolvedSent) })?;
                }
            }
        }
        Decision::Retry if is_accepted => return Ok(Err(NotResolved::Accepted)),
        Decision::Retry => {
            tx.execute("UPDATE attempts SET outcome = 'not-found', retry_by_hand = 1 WHERE id IS ?1", [attempt])?;
            // The text is sent once more, with everything that was in it.
            let again = match attempt {
                Some(attempt) => reminders_of(tx, attempt, "'held'")?,
                None => vec![reminder],
            };
            for reminder in &again {
                tx.execute("UPDATE reminders SET state = 'planned', message_id = NULL WHERE id = ?1", [reminder])?;
            }
            audit::note_each(tx, &by_hand(Act::ResolvedRetry), &keys_by_ids(tx, &again)?)?;
        }
        Decision::Drop => {
            let dropped = State::Unclaimed(PlanDecision::Skipped(Skip::ByHand));
            tx.execute(
                "UPDATE reminders SET state = ?2, reason = ?3 WHERE id = ?1",
                (reminder, dropped.name(), dropped.reason()),
            )?;
            audit::note(tx, &Entry { key: Some(&key), ..by_hand(Act::ResolvedDrop) })?;
        }
    }
    Ok(Ok(key))
}
