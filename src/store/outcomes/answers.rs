//! Which replies, tags and actions were already applied, so that each changes an outcome once.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction};

use crate::domain::ids::ConversationId;
use crate::outcomes::mapping::Mark;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;

/// Records a reply. Returns whether it is new.
pub(crate) fn note_reply(
    tx: &Transaction<'_>,
    conversation: &ConversationId,
    (reply, meaning): (&str, &str),
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO answers (conversation_id, kind, value, at, meaning) VALUES (?1, 'reply', ?2, ?3, ?4)
        ON CONFLICT DO NOTHING";
    Ok(tx.prepare_cached(sql)?.execute((&conversation.0, reply, at.timestamp(), meaning))? == 1)
}

/// Records a tag or an action. Returns whether the conversation did not have it before, or it meant something else then.
pub(crate) fn note_mark(
    tx: &Transaction<'_>,
    conversation: &ConversationId,
    (mark, value, meaning): (Mark, &str, Option<&str>),
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let known = "SELECT EXISTS (SELECT 1 FROM answers WHERE conversation_id = ?1 AND kind = ?2 AND value = ?3)";
    let is_known: bool =
        tx.prepare_cached(known)?.query_row((&conversation.0, mark.code(), value), |row| row.get(0))?;
    let sql = "INSERT INTO answers (conversation_id, kind, value, at, meaning) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT DO UPDATE SET meaning = excluded.meaning WHERE meaning IS NOT excluded.meaning";
    let about = (&conversation.0, mark.code(), value, now.timestamp(), meaning);
    let is_new = tx.prepare_cached(sql)?.execute(about)? == 1;
    if !is_known {
        let count = "INSERT INTO annie_marks (kind, value, conversations, first_at, last_at) VALUES (?1, ?2, 1, ?3, ?3)
            ON CONFLICT (kind, value) DO UPDATE SET conversations = conversations + 1, last_at = ?3";
        tx.prepare_cached(count)?.execute((mark.code(), value, now.timestamp()))?;
    }
    Ok(is_new)
}

/// A tag or an action that was ever seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeenMark {
    /// A tag or an action.
    pub(crate) mark: Mark,
    /// Its value.
    pub(crate) value: String,
    /// How many conversations had it.
    pub(crate) conversations: u64,
    /// When it was last seen on a new conversation.
    pub(crate) last_at: DateTime<Utc>,
}

/// Every tag and action ever seen, the most frequent first.
pub(crate) fn marks(connection: &Connection) -> Result<Vec<SeenMark>, StoreError> {
    const MARKS: &str = "SELECT kind, value, conversations, last_at FROM annie_marks
        ORDER BY kind DESC, conversations DESC, value";
    let mut statement = connection.prepare_cached(MARKS)?;
    let rows = statement.query_map([], |row| {
        let kind: String = row.get(0)?;
        Ok(SeenMark {
            mark: if kind == Mark::Tag.code() { Mark::Tag } else { Mark::Action },
            value: row.get(1)?,
            conversations: row.get::<_, i64>(2)?.unsigned_abs(),
            last_at: instant(row.get(3)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A conversation with tags or actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marked {
    /// The conversation.
    pub(crate) id: ConversationId,
    /// Its tags.
    pub(crate) tags: Vec<String>,
    /// The actions that Annie asks staff to take.
    pub(crate) actions: Vec<String>,
}

/// The tags and actions of these conversations, as far as they have any.
pub(crate) fn marked(connection: &Connection, conversations: &[ConversationId]) -> Result<Vec<Marked>, StoreError> {
    const MARKED: &str = "SELECT conversation_id, tags, actions FROM conversations
        WHERE conversation_id = ?1 AND (tags IS NOT NULL OR actions IS NOT NULL)";
    let all = |list: Option<String>| list.and_then(|list| serde_json::from_str(&list).ok()).unwrap_or_default();
    let mut statement = connection.prepare_cached(MARKED)?;
    let mut found = Vec::new();
    for id in conversations {
        let mut rows = statement.query([&id.0])?;
        if let Some(row) = rows.next()? {
            found.push(Marked { id: ConversationId(row.get(0)?), tags: all(row.get(1)?), actions: all(row.get(2)?) });
        }
    }
    Ok(found)
}
