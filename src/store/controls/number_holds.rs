//! Numbers whose texts wait because of a reply from them.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::domain::ids::ConversationId;
use crate::domain::number_hold::HoldCause;
use crate::domain::operator::Operator;
use crate::domain::phone::Phone;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::ledger::audit::{self, Act, Entry};

/// Why a number's texts are held; none if they are not.
pub(crate) fn open(connection: &Connection, phone: &Phone) -> Result<Option<HoldCause>, StoreError> {
    const OPEN: &str = "SELECT cause FROM number_holds WHERE phone = ?1 AND settled_at IS NULL
        ORDER BY cause DESC, message_at LIMIT 1";
    let cause = connection.prepare_cached(OPEN)?.query_row([phone.dial()], |row| row.get::<_, String>(0)).optional()?;
    Ok(cause.and_then(|cause| HoldCause::from_code(&cause)))
}

/// Holds a number because of a message in a conversation. A hold that was settled stays settled. Returns whether the
/// hold is new.
pub(crate) fn hold(
    tx: &Transaction<'_>,
    phone: &Phone,
    (conversation, said_at): (&ConversationId, DateTime<Utc>),
    cause: HoldCause,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let is_new = tx
        .prepare_cached(
            "INSERT INTO number_holds (phone, conversation, message_at, cause) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
        )?
        .execute((phone.dial(), &conversation.0, said_at.timestamp(), cause.code()))?
        == 1;
    if is_new {
        let entry = Entry { phone: Some(phone), conversation: Some(conversation), ..Entry::new(now, Act::NumberHeld) };
        audit::note(tx, &Entry { code: Some(cause.code()), ..entry })?;
    }
    Ok(is_new)
}

/// Releases a number: a person decided, or it opted out. Returns how many replies this settled.
pub(crate) fn settle(
    tx: &Transaction<'_>,
    phone: &Phone,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let settled = tx
        .prepare_cached("UPDATE number_holds SET settled_at = ?2, who = ?3 WHERE phone = ?1 AND settled_at IS NULL")?
        .execute((phone.dial(), now.timestamp(), operator.who))?;
    if settled > 0 {
        let entry =
            Entry { phone: Some(phone), who: operator.who, why: operator.why, ..Entry::new(now, Act::NumberFreed) };
        audit::note(tx, &entry)?;
    }
    Ok(settled)
}

/// A held number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldNumber {
    /// The number.
    pub(crate) phone: Phone,
    /// The conversation with the reply.
    pub(crate) conversation: ConversationId,
    /// When the reply was sent.
    pub(crate) said_at: DateTime<Utc>,
    /// Why the number is held.
    pub(crate) cause: HoldCause,
}

/// Every held number, in order of time.
pub(crate) fn list(connection: &Connection) -> Result<Vec<HeldNumber>, StoreError> {
    const LIST: &str = "SELECT phone, conversation, message_at, cause FROM number_holds WHERE settled_at IS NULL
        ORDER BY message_at, phone";
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map([], |row| {
        let (phone, cause): (String, String) = (row.get(0)?, row.get(3)?);
        Ok(Phone::from_e164(&phone)
            .zip(HoldCause::from_code(&cause))
            .map(|(phone, cause)| (phone, cause, row.get(1), row.get(2))))
    })?;
    let mut held = Vec::new();
    for row in rows {
        let Some((phone, cause, conversation, at)) = row? else { continue };
        held.push(HeldNumber { phone, conversation: ConversationId(conversation?), said_at: instant(at?), cause });
    }
    Ok(held)
}
