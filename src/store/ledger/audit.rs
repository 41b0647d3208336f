//! The audit: one row for each action, append-only, each row sealed with the hash of the one before.
//!
//! It contains ids, codes, times and a keyed hash of the phone number; never a name, a text or a phone number.

use chrono::{DateTime, Utc};
use ring::{digest, hmac};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::domain::ids::{AppointmentId, ConversationId, RuleName};
use crate::domain::phone::Phone;
use crate::domain::reminder_key::ReminderKey;
use crate::store::connection::error::StoreError;

/// Defines the acts with their codes and labels.
macro_rules! acts {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $words:literal;)+) => {
        /// What was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Act { $(#[doc = $words] $variant),+ }

        impl Act {
            /// All codes.
            #[cfg(test)]
            pub(crate) const CODES: &[&str] = &[$($code),+];

            /// The code in the store and in `--json`.
            pub(crate) fn code(self) -> &'static str {
                match self { $(Act::$variant => $code),+ }
            }

            /// The label of a code, for people; the code itself if it is not one of ours.
            pub(crate) fn words_of(code: &str) -> &str {
                match code { $($code => $words,)+ other => other }
            }
        }
    };
}

acts! {
    Claimed = "claimed", "about to be sent";
    Sent = "sent", "sent";
    NotSent = "not-sent", "not sent; will be tried again";
    Rejected = "rejected", "rejected by Annie";
    Unknown = "unknown", "no clear answer";
    Found = "found", "found in Annie's list, so it was sent";
    NotFound = "not-found", "missing from Annie's list twice; will be sent once more";
    Held = "held", "held until someone decides";
    Missed = "missed", "missed";
    Untold = "untold", "not sent before the appointment started";
    Adopted = "adopted", "counted as sent because Annie's list shows an unrecorded text";
    ResolvedSent = "resolved-sent", "marked by hand as sent";
    ResolvedRetry = "resolved-retry", "marked by hand to be sent once more";
    ResolvedDrop = "resolved-drop", "marked by hand as not to be sent";
    OptedOut = "opted-out", "the number opted out";
    OptOutLifted = "opt-out-lifted", "the opt-out was lifted: the number may be texted again";
    NumberHeld = "number-held", "texts to this number are held until someone reads the reply";
    NumberFreed = "number-freed", "texts to this number are no longer held";
    TestText = "test-text", "a test text is about to be sent";
    ChangeConfirmed = "change-confirmed", "a rule change that sends more texts than usual was confirmed";
    Paused = "paused", "sending was paused";
    Resumed = "resumed", "sending was resumed";
    Skipped = "skipped", "texts for this appointment were turned off";
    Unskipped = "unskipped", "texts for this appointment were turned back on";
    WrongNumber = "wrong-number", "the number was marked as wrong for its patient";
    Restored = "restored", "the database was restored from a backup";
    Imported = "imported", "appointments were imported";
    FeedAccepted = "feed-accepted", "the held import was accepted";
    FeedRenamed = "feed-renamed", "a feed was renamed";
    CopiedOut = "copied-out", "a backup of the database was made by hand";
    ListedOut = "listed-out", "a list with patient names was exported";
    OutcomeRead = "outcome-read", "the patient answered";
    OutcomeNoted = "outcome-noted", "an outcome was noted by hand";
    TaskOpened = "task-opened", "a task was opened";
    TaskDone = "task-done", "a task was done";
    TaskClosed = "task-closed", "a task was closed, because there is nothing left to do";
    WrongNumberLifted = "wrong-number-lifted", "the wrong-number mark was removed";
    TaskSnoozed = "task-snoozed", "a task was put off";
    TaskWoken = "task-woken", "a task is no longer put off";
    Called = "called", "the patient was called";
    CallUndone = "call-undone", "a recorded call was removed";
    LoggedIn = "logged-in", "a user logged in to the page";
    LoginBlocked = "login-blocked", "logins to the page were blocked after wrong passwords";
    Viewed = "viewed", "a user viewed the appointment";
    ViewedList = "viewed-list", "a user viewed a list with patient names";
    Searched = "searched", "a user searched for a patient";
    UserAdded = "user-added", "a user of the page was added";
    UserChanged = "user-changed", "a user of the page was changed";
    UserRemoved = "user-removed", "a user of the page was removed";
    FeedAsked = "feed-asked", "a user had the source of a feed read";
    AlertTested = "alert-tested", "a user sent a test alert";
    PasswordChanged = "password-changed", "the password of a user of the page was changed";
}

/// A row to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    /// When it was done.
    pub(crate) at: DateTime<Utc>,
    /// What was done.
    pub(crate) act: Act,
    /// The reminder it was done to.
    pub(crate) key: Option<&'a ReminderKey>,
    /// The attempt.
    pub(crate) attempt: Option<i64>,
    /// The conversation.
    pub(crate) conversation: Option<&'a ConversationId>,
    /// A status, reason or kind.
    pub(crate) code: Option<&'a str>,
    /// The phone number; only its keyed hash is stored.
    pub(crate) phone: Option<&'a Phone>,
    /// Who did it, for acts by hand.
    pub(crate) who: Option<&'a str>,
    /// Why, in that person's words.
    pub(crate) why: Option<&'a str>,
}

impl<'a> Entry<'a> {
    /// An entry with only a time and an act.
    pub(crate) fn new(at: DateTime<Utc>, act: Act) -> Entry<'a> {
        Entry { at, act, key: None, attempt: None, conversation: None, code: None, phone: None, who: None, why: None }
    }
}

/// A stored row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// Its position, from 1.
    pub(crate) id: i64,
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// The code of the act.
    pub(crate) act: String,
    /// The appointment.
    pub(crate) appointment: Option<AppointmentId>,
    /// The rule.
    pub(crate) rule: Option<RuleName>,
    /// The start it reminds of.
    pub(crate) start: Option<DateTime<Utc>>,
    /// The attempt.
    pub(crate) attempt: Option<i64>,
    /// The number the attempt went to, as long as the attempt is kept.
    pub(crate) phone: Option<Phone>,
    /// The conversation.
    pub(crate) conversation: Option<ConversationId>,
    /// A status, reason or kind.
    pub(crate) code: Option<String>,
    /// Who did it.
    pub(crate) who: Option<String>,
    /// Why.
    pub(crate) why: Option<String>,
    /// The account on this machine that actually did it.
    pub(crate) account: Option<String>,
}

/// A query on the audit; a row must match every field that is set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// The appointment.
    pub(crate) appointment: Option<String>,
    /// The phone number.
    pub(crate) phone: Option<Phone>,
    /// The earliest time.
    pub(crate) since: Option<DateTime<Utc>>,
}

/// What is wrong with the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// This row, or an earlier one, is not what was written.
    Changed(i64),
    /// Rows up to this one are missing at the end.
    Cut(i64),
}

const COLUMNS: &str = "id, at_ms, act, appointment_id, rule, starts_at, round, attempt_id, conversation_id, code, \
                       number_hash, who, why, account, hash";

/// Writes a row. Call it in the transaction that does what the row records.
pub(crate) fn note(connection: &Connection, entry: &Entry<'_>) -> Result<(), StoreError> {
    let (last, before) = head(connection)?;
    let number = entry.phone.map(|phone| number_hash(connection, phone)).transpose()?;
    let key = entry.key;
    let row = Sealed {
        id: last + 1,
        at_ms: entry.at.timestamp_millis(),
        act: entry.act.code().to_owned(),
        appointment: key.map(|key| key.appointment_id.0.clone()),
        rule: key.map(|key| key.rule.0.clone()),
        start: key.map(|key| key.start.timestamp()),
        round: key.map(|key| key.round),
        attempt: entry.attempt,
        conversation: entry.conversation.map(|id| id.0.clone()),
        code: entry.code.map(str::to_owned),
        number,
        who: entry.who.map(str::to_owned),
        why: entry.why.map(str::to_owned),
        account: entry.who.map(|_| account()),
    };
    let sql = format!("INSERT INTO audit ({COLUMNS}) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)");
    connection.prepare_cached(&sql)?.execute(rusqlite::params![
        row.id,
        row.at_ms,
        row.act,
        row.appointment,
        row.rule,
        row.start,
        row.round,
        row.attempt,
        row.conversation,
        row.code,
        row.number,
        row.who,
        row.why,
        row.account,
        row.seal(&before)
    ])?;
    Ok(())
}

/// The environment variable in which root, before it switches to the service's user, passes on who is acting.
pub(crate) const ACTED_AS: &str = "LEADTIME_ACTED_AS";

/// The account on this machine that acts; the name someone gives is only a claim. Who called `sudo` is trusted only
/// from root; the service's own user could write any row itself.
pub(crate) fn account() -> String {
    let user = rustix::process::getuid();
    let sudo = std::env::var("SUDO_UID").ok().and_then(|from| from.parse::<u32>().ok()).filter(|_| user.is_root());
    match (sudo, std::env::var(ACTED_AS)) {
        (_, Ok(acted)) if !user.is_root() => format!("{acted}, as uid {}", user.as_raw()),
        (Some(from), _) => format!("uid 0 by sudo of uid {from}"),
        (None, _) => format!("uid {}", user.as_raw()),
    }
}

/// The id of the row with this seal.
pub(crate) fn with_seal(connection: &Connection, seal: &str) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT id FROM audit WHERE hash = ?1";
    Ok(connection.query_row(sql, [seal], |row| row.get(0)).optional()?)
}

/// Writes a row for each of several reminders.
pub(crate) fn note_each<'k>(
    connection: &Connection,
    entry: &Entry<'_>,
    keys: impl IntoIterator<Item = &'k ReminderKey>,
) -> Result<(), StoreError> {
    keys.into_iter().try_for_each(|key| note(connection, &Entry { key: Some(key), ..*entry }))
}

/// Checks the whole chain: returns the number of rows and the last seal, or the first flaw.
pub fn verify(connection: &Connection) -> Result<Result<(i64, String), Flaw>, StoreError> {
    let mut before = String::new();
    let mut expected = 0;
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM audit ORDER BY id"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        expected += 1;
        let (sealed, hash) = (Sealed::of(row)?, row.get::<_, String>(14)?);
        if sealed.id != expected || sealed.seal(&before) != hash {
            return Ok(Err(Flaw::Changed(expected)));
        }
        before = hash;
    }
    let given: Option<i64> = connection
        .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'audit'", [], |row| row.get(0))
        .optional()?;
    Ok(match given.filter(|given| *given > expected) {
        Some(given) => Err(Flaw::Cut(given)),
        None => Ok((expected, before)),
    })
}

/// The matching rows, oldest first. For a number: its own rows, and what happened to the texts that were claimed for
/// it.
pub(crate) fn find(connection: &Connection, wanted: &Wanted) -> Result<Vec<Record>, StoreError> {
    let number = wanted.phone.as_ref().map(|phone| number_hash(connection, phone)).transpose()?;
    // An appointment's rows are found by index; for a number, which is rarely queried, all rows are read.
    let about = if wanted.appointment.is_some() { "appointment_id = ?1" } else { "?1 IS NULL" };
    let sql = format!(
        "SELECT {COLUMNS}, (SELECT phone FROM attempts WHERE attempts.id = attempt_id) FROM audit
         WHERE {about} AND (?3 IS NULL OR at_ms >= ?3) AND (?2 IS NULL OR number_hash = ?2
             OR attempt_id IN (SELECT attempt_id FROM audit WHERE number_hash = ?2 AND attempt_id IS NOT NULL))
         ORDER BY id"
    );
    let mut statement = connection.prepare(&sql)?;
    let since = wanted.since.map(|at| at.timestamp_millis());
    let rows = statement.query_map((&wanted.appointment, number, since), |row| {
        let sealed = Sealed::of(row)?;
        Ok(Record {
            id: sealed.id,
            at: DateTime::from_timestamp_millis(sealed.at_ms).unwrap_or_default(),
            act: sealed.act,
            appointment: sealed.appointment.map(AppointmentId),
            rule: sealed.rule.map(RuleName),
            start: sealed.start.map(crate::store::connection::rows::instant),
            attempt: sealed.attempt,
            phone: row.get::<_, Option<String>>(15)?.and_then(|phone| Phone::from_e164(&phone)),
            conversation: sealed.conversation.map(ConversationId),
            code: sealed.code,
            who: sealed.who,
            why: sealed.why,
            account: sealed.account,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The number of rows, and the last seal.
pub(crate) fn head(connection: &Connection) -> Result<(i64, String), StoreError> {
    let sql = "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1";
    let found = connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(found.unwrap_or_default())
}

fn number_hash(connection: &Connection, phone: &Phone) -> Result<String, StoreError> {
    keyed_hash(connection, phone.dial())
}

/// A text that can be recognized but not read: HMAC-SHA256 with a key that never leaves this file.
pub(crate) fn keyed_hash(connection: &Connection, text: &str) -> Result<String, StoreError> {
    let key: Vec<u8> = connection.prepare_cached("SELECT key FROM audit_key")?.query_row([], |row| row.get(0))?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    Ok(hex(hmac::sign(&key, text.as_bytes()).as_ref()))
}

fn hex(bytes: &[u8]) -> String {
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16).unwrap_or('?'));
    bytes.iter().flat_map(digits).collect()
}

/// What the seal covers.
struct Sealed {
    id: i64,
    at_ms: i64,
    act: String,
    appointment: Option<String>,
    rule: Option<String>,
    start: Option<i64>,
    round: Option<u32>,
    attempt: Option<i64>,
    conversation: Option<String>,
    code: Option<String>,
    number: Option<String>,
    who: Option<String>,
    why: Option<String>,
    account: Option<String>,
}

impl Sealed {
    fn of(row: &Row<'_>) -> rusqlite::Result<Sealed> {
        Ok(Sealed {
            id: row.get(0)?,
            at_ms: row.get(1)?,
            act: row.get(2)?,
            appointment: row.get(3)?,
            rule: row.get(4)?,
            start: row.get(5)?,
            round: row.get(6)?,
            attempt: row.get(7)?,
            conversation: row.get(8)?,
            code: row.get(9)?,
            number: row.get(10)?,
            who: row.get(11)?,
            why: row.get(12)?,
            account: row.get(13)?,
        })
    }

    /// SHA-256 of the previous seal and this row as a JSON list, in hexadecimal.
    fn seal(&self, before: &str) -> String {
        let Sealed { id, at_ms, act, appointment, rule, start, round, attempt, conversation, code, .. } = self;
        let Sealed { number, who, why, account, .. } = self;
        let people = (number, who, why, account);
        let row = (before, id, at_ms, act, appointment, rule, start, round, attempt, conversation, code);
        // Two parts joined into one list: tuples of more than sixteen elements cannot be serialized to JSON.
        let (row, people) = (serde_json::to_string(&row), serde_json::to_string(&people));
        let (row, people) = (row.unwrap_or_default(), people.unwrap_or_default());
        let row = format!("{},{}", row.trim_end_matches(']'), people.trim_start_matches('['));
        hex(digest::digest(&digest::SHA256, row.as_bytes()).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The chain can be verified with a few lines of script, and chains of earlier versions stay valid.
    #[test]
    fn a_seal_is_the_hash_of_a_json_list() {
        let row = Sealed {
            id: 7,
            at_ms: 1_772_000_000_123,
            act: "sent".into(),
            appointment: Some("A\"1\u{e9}".into()),
            rule: Some("last".into()),
            start: Some(1_772_100_000),
            round: Some(0),
            attempt: Some(3),
            conversation: None,
            code: Some("200".into()),
            number: None,
            who: None,
            why: None,
            account: None,
        };
        let list = serde_json::json!([
            "before",
            7,
            1_772_000_000_123_i64,
            "sent",
            "A\"1\u{e9}",
            "last",
            1_772_100_000,
            0,
            3,
            null,
            "200",
            null,
            null,
            null,
            null
        ]);
        let hash = digest::digest(&digest::SHA256, list.to_string().as_bytes());
        let expected: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(row.seal("before"), expected);
    }
}
