//! What was tried and sent: messages, attempts, conversations, and the reminders they settle.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction, named_params};

use crate::domain::first_line::FirstLine;
use crate::domain::ids::{ApiKeyName, ConversationId};
use crate::domain::outcome::Outcome;
use crate::domain::phone::Phone;
use crate::domain::private::Private;
use crate::domain::reminder::{PlanDecision, State};
use crate::domain::reminder_key::ReminderKey;
use crate::domain::zone::Zone;
use crate::store::connection::error::StoreError;
use crate::store::conversations::conversation::{self, Recorded};
use crate::store::ledger::audit::{self, Act, Entry};
use crate::store::ledger::rows::{key_by_id, keys_of, reminders_of};
use crate::store::ledger::{people, resolution};

/// A claim to be written: from now on Leadtime sends these reminders, once, in one text.
#[derive(Debug, Clone)]
pub struct Claim<'a> {
    /// The reminders it settles.
    pub keys: &'a [ReminderKey],
    /// The number.
    pub phone: &'a Phone,
    /// The name of the key it is sent with.
    pub api_key: &'a ApiKeyName,
    /// The JSON body of the POST.
    pub body: Private<&'a str>,
    /// Now.
    pub now: DateTime<Utc>,
    /// The practice's time zone, for the local time people read.
    pub zone: &'a Zone,
    /// The attempt it repeats, if it is a retry.
    pub retry_of: Option<i64>,
    /// Its number has no other text that could still go out, so that its plan stays the same once this one is sent.
    pub is_alone: bool,
    /// Whether the text carries the opt-out line of the first text.
    pub first_line: FirstLine,
}

/// Writes the message and the attempt and moves the reminders from `planned` to `sending`. Returns the attempt's id.
///
/// # Errors
/// [`StoreError::Stale`] if one of them is no longer planned; a constraint error if its number already has an attempt
/// in doubt.
pub fn claim(tx: &Transaction<'_>, claim: &Claim<'_>) -> Result<i64, StoreError> {
    let made_local = claim.zone.local(claim.now).format("%a %Y-%m-%d %H:%M:%S").to_string();
    tx.prepare_cached(
        "INSERT INTO messages (phone, body, made_at, made_local, first_line) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((claim.phone.dial(), claim.body.0, claim.now.timestamp(), made_local, claim.first_line.code()))?;
    let message = tx.last_insert_rowid();
    tx.prepare_cached(
        "INSERT INTO attempts (message_id, api_key, phone, started_ms, retry_of, alone) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        message,
        claim.api_key,
        claim.phone.dial(),
        claim.now.timestamp_millis(),
        claim.retry_of,
        claim.is_alone,
    ))?;
    let attempt = tx.last_insert_rowid();
    for key in claim.keys {
        let about = (&key.appointment_id.0, &key.rule.0, key.start.timestamp(), key.round, message);
        let moved = tx
            .prepare_cached(
                "UPDATE reminders SET state = 'sending', message_id = ?5
                 WHERE appointment_id = ?1 AND rule = ?2 AND starts_at = ?3 AND round = ?4 AND state = 'planned'",
            )?
            .execute(about)?;
        if moved != 1 {
            return Err(StoreError::Stale("claim"));
        }
    }
    tx.prepare_cached(
        "INSERT INTO message_reminders (message_id, reminder_id)
         SELECT message_id, id FROM reminders WHERE message_id = ?1",
    )?
    .execute([message])?;
    people::note_told(tx, message)?;
    let claimed = Entry { attempt: Some(attempt), phone: Some(claim.phone), ..Entry::new(claim.now, Act::Claimed) };
    audit::note_each(tx, &claimed, claim.keys)?;
    Ok(attempt)
}

/// Records the outcome of an attempt: in the attempt, its reminders and the conversation.
///
/// # Errors
/// [`StoreError::Stale`] if the attempt was already settled.
pub fn settle(tx: &Transaction<'_>, attempt: i64, outcome: &Outcome, ended: DateTime<Utc>) -> Result<(), StoreError> {
    let recorded = match outcome {
        Outcome::Sent(id) => conversation::recorded(tx, id)?,
        _ => Recorded::Nothing,
    };
    let shared = recorded == Recorded::OfText;
    let outcome = match shared {
        true => &Outcome::Unknown {
            status: None,
            detail: "Annie accepted it with the conversation id of an earlier text".to_owned(),
        },
        false => outcome,
    };
    let conversation = match outcome {
        Outcome::Sent(id) => Some(&id.0),
        _ => None,
    };
    let changed = tx
        .prepare_cached(
            "UPDATE attempts SET outcome = :outcome, kind = :kind, http_status = :status, detail = :detail,
                 ended_ms = :ended, conversation_id = :conversation
             WHERE id = :attempt AND outcome IS NULL",
        )?
        .execute(named_params! {
            ":outcome": outcome.name(), ":kind": outcome.kind(), ":status": outcome.status(),
            ":detail": outcome.detail(), ":ended": ended.timestamp_millis(), ":conversation": conversation,
            ":attempt": attempt,
        })?;
    if changed != 1 {
        return Err(StoreError::Stale("settling"));
    }
    if let Outcome::Sent(conversation) = outcome {
        conversation::take(tx, (conversation, recorded), attempt)?;
    }
    let reminders = reminders_of(tx, attempt)?;
    let state = match outcome {
        Outcome::Sent(_) => State::Sent,
        // A refused retry goes to a person, by way of `unknown`.
        Outcome::Rejected { .. } if is_retry(tx, attempt)? => State::Unknown,
        Outcome::Rejected { .. } => State::Rejected,
        Outcome::Unknown { .. } => State::Unknown,
        Outcome::NotSent(_) => State::Unclaimed(PlanDecision::Planned),
    };
    let refused_retry = state == State::Unknown && matches!(outcome, Outcome::Rejected { .. });
    // One by one, by id, so that SQLite does not need to build a list of the rows.
    let mut moves = tx.prepare_cached(match state.is_spent() {
        true => "UPDATE reminders SET state = ?1 WHERE id = ?2 AND state = 'sending'",
        false => "UPDATE reminders SET state = ?1, message_id = NULL WHERE id = ?2 AND state = 'sending'",
    })?;
    for (reminder, _) in &reminders {
        moves.execute((state.name(), reminder))?;
    }
    drop(moves);
    let keys = reminders.into_iter().map(|(_, key)| key).collect::<Vec<_>>();
    let act = match outcome {
        Outcome::Sent(_) => Act::Sent,
        Outcome::Rejected { .. } => Act::Rejected,
        Outcome::Unknown { .. } => Act::Unknown,
        Outcome::NotSent(_) => Act::NotSent,
    };
    let status = outcome.status().map(|status| status.to_string());
    let sent = match outcome {
        Outcome::Sent(id) => Some(id),
        _ => None,
    };
    let entry = Entry {
        attempt: Some(attempt),
        conversation: sent,
        code: outcome.kind().or(status.as_deref()),
        ..Entry::new(ended, act)
    };
    audit::note_each(tx, &entry, &keys)?;
    // Annie accepted it, so it is never sent again; a person has to look up which conversation it is in.
    if shared {
        resolution::hold(tx, attempt, resolution::SHARED, ended)?;
    }
    // The single retry of a text was refused, so the first attempt may have arrived, and a person has to check.
    if refused_retry {
        tx.prepare_cached(
            "UPDATE reminders SET state = 'held' WHERE state = 'unknown'
                 AND message_id = (SELECT message_id FROM attempts WHERE id = ?1)",
        )?
        .execute([attempt])?;
        audit::note_each(tx, &Entry { code: Some("retry-refused"), ..Entry { act: Act::Held, ..entry } }, &keys)?;
    }
    Ok(())
}

fn is_retry(tx: &Connection, attempt: i64) -> Result<bool, StoreError> {
    let sql = "SELECT retry_of IS NOT NULL FROM attempts WHERE id = ?1";
    Ok(tx.prepare_cached(sql)?.query_row([attempt], |row| row.get(0))?)
}

/// What an attempt is about, worded for the log: rules and appointments.
pub(crate) fn about(connection: &Connection, attempt: i64) -> Result<String, StoreError> {
    let keys = keys_of(connection, attempt)?;
    let each = keys.iter().map(|key| format!("`{}` of appointment {}", key.rule, key.appointment_id));
    Ok(each.collect::<Vec<_>>().join(", "))
}

/// Marks reminders as `rejected` if Annie refused only their number (401, 403, 404): it accepted a later attempt to
/// another number, so the refusal was about the number. Returns how many.
pub(crate) fn reject_refused_numbers(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<usize, StoreError> {
    // The last attempt of each such reminder was refused, and a later attempt to another number was accepted.
    const REFUSED: &str = "SELECT r.id, t.message_id FROM attempts AS t
        JOIN message_reminders AS mr ON mr.message_id = t.message_id
        JOIN reminders AS r ON r.id = mr.reminder_id
        WHERE t.outcome = 'not-sent' AND t.kind = 'refused' AND r.state = 'planned'
          AND t.message_id = (SELECT max(message_id) FROM message_reminders WHERE reminder_id = r.id)
          AND EXISTS (SELECT 1 FROM attempts AS ok WHERE ok.id > t.id AND ok.outcome = 'sent' AND ok.phone <> t.phone
                      AND ok.api_key = t.api_key)
          AND t.id > coalesce((SELECT forgiven_attempt FROM circuits WHERE api_key = t.api_key), 0)";
    let refused: Vec<(i64, i64)> =
        tx.prepare_cached(REFUSED)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for (reminder, message) in &refused {
        tx.prepare_cached(
            "UPDATE reminders SET state = 'rejected', message_id = ?2 WHERE id = ?1 AND state = 'planned'",
        )?
        .execute((reminder, message))?;
        let key = key_by_id(tx, *reminder)?;
        audit::note(tx, &Entry { key: Some(&key), code: Some("number-refused"), ..Entry::new(now, Act::Rejected) })?;
    }
    Ok(refused.len())
}

/// The detail recorded for an attempt that a crash cut off.
pub(crate) const CUT_OFF: &str = "Leadtime stopped before Annie answered";

/// After a crash: attempts without a recorded end may have arrived, at the latest when their timeout was over, whatever
/// the clock shows now. `timeout`: how long one may take. Returns how many there were.
pub fn recover(tx: &Transaction<'_>, timeout: TimeDelta) -> Result<usize, StoreError> {
    let cut_off: Vec<(i64, i64)> = tx
        .prepare("SELECT id, started_ms FROM attempts WHERE outcome IS NULL ORDER BY id")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let outcome = Outcome::Unknown { status: None, detail: CUT_OFF.to_owned() };
    for (attempt, started) in &cut_off {
        let ended = DateTime::from_timestamp_millis(*started).unwrap_or_default() + timeout;
        settle(tx, *attempt, &outcome, ended)?;
    }
    Ok(cut_off.len())
}

/// How many attempts have had an unknown outcome since before `until`.
pub(crate) fn unknown_since_before(connection: &Connection, until: DateTime<Utc>) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM attempts WHERE outcome = 'unknown' AND unresolved = 0 AND ended_ms <= ?1";
    let count: i64 = connection.prepare_cached(sql)?.query_row([until.timestamp_millis()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// When the last attempt began.
pub(crate) fn last_attempt_at(connection: &Connection) -> Result<Option<DateTime<Utc>>, StoreError> {
    let sql = "SELECT started_ms FROM attempts ORDER BY id DESC LIMIT 1";
    let last: Option<i64> = connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
    Ok(last.and_then(DateTime::from_timestamp_millis))
}

/// The text of a spent reminder, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The stored body, unless retention deleted it.
    pub body: Option<Private<String>>,
    /// When it was claimed.
    pub made_at: DateTime<Utc>,
    /// The conversation it began.
    pub conversation: Option<ConversationId>,
    /// The number it went to.
    pub phone: Phone,
}

impl Text {
    /// What the patient read, unless retention deleted it.
    pub(crate) fn words(&self) -> Option<String> {
        let body: serde_json::Value = serde_json::from_str(&self.body.as_ref()?.0).ok()?;
        Some(body.get("message")?.as_str()?.to_owned())
    }
}

/// The text of a spent reminder.
pub(crate) fn text_of(connection: &Connection, key: &ReminderKey) -> Result<Option<Text>, StoreError> {
    let sql =
        "SELECT m.body, m.made_at, t.conversation_id, m.phone FROM reminders AS r JOIN messages AS m ON m.id = r.message_id
               JOIN attempts AS t ON t.message_id = m.id
               WHERE r.appointment_id = ?1 AND r.rule = ?2 AND r.starts_at = ?3 AND r.round = ?4";
    let about = (&key.appointment_id.0, &key.rule.0, key.start.timestamp(), key.round);
    let found = connection.prepare_cached(sql)?.query_row(about, |row| {
        Ok(Text {
            body: row.get::<_, Option<String>>(0)?.map(Private),
            made_at: crate::store::connection::rows::instant(row.get(1)?),
            conversation: row.get::<_, Option<String>>(2)?.map(ConversationId),
            phone: Phone::from_e164(&row.get::<_, String>(3)?).ok_or(rusqlite::Error::InvalidQuery)?,
        })
    });
    Ok(found.optional()?)
}
