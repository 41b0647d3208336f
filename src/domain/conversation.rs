//! Conversations as Annie tells of them: a row of her list, a page of it, and what was said.

use chrono::{DateTime, Utc};

use crate::domain::ids::ConversationId;
use crate::domain::phone::Phone;
use crate::domain::private::Private;

/// A conversation as Annie lists it; what she left out is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: ConversationId,
    /// `SMS`, `CHAT`, ...
    pub medium: Option<String>,
    /// The patient's number.
    pub to: Option<Phone>,
    /// Annie's number.
    pub from: Option<Phone>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// `OPEN`, `CLOSED`, ...
    pub status: Option<String>,
    /// Annie's tags.
    pub tags: Vec<String>,
}

/// A page of the list of conversations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Those that have an id, in the order they came.
    pub conversations: Vec<Listed>,
    /// Rows that cannot be read as a conversation.
    pub odd: Vec<OddRow>,
    /// How many rows the page had.
    pub rows: usize,
    /// How many conversations there are in all.
    pub total: usize,
}

/// A row of the list without a readable id: a conversation, and nobody knows which. It may be one of our own texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddRow {
    /// Tells it from others, also when it is seen again: a hash of the row.
    pub row: String,
    /// The patient's number.
    pub to: Option<Phone>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// `user`, `assistant`, ...; the vocabulary is undocumented.
    pub role: String,
    /// What was said.
    pub content: Private<String>,
    /// When.
    pub at: Option<DateTime<Utc>>,
}
