//! Conversations as Annie reports them: a row of its list, a page of the list, and the messages.

use chrono::{DateTime, Utc};

use crate::domain::ids::ConversationId;
use crate::domain::phone::Phone;
use crate::domain::private::Private;

/// A conversation as Annie lists it. Fields that Annie left out are `None`.
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
    /// The actions that Annie asks staff to take.
    pub actions: Vec<String>,
}

/// A page of the list of conversations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The rows that have an id, in the order received.
    pub conversations: Vec<Listed>,
    /// Rows that cannot be parsed as a conversation.
    pub odd: Vec<OddRow>,
    /// The number of rows on the page.
    pub rows: usize,
    /// The total number of conversations.
    pub total: usize,
}

/// A row of the list without a readable id. It is a conversation, but it is not known which one. It may be one of our
/// own texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddRow {
    /// A hash of the row. It identifies the row, including when it is seen again.
    pub row: String,
    /// The patient's number.
    pub to: Option<Phone>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Annie's id of the message.
    pub id: Option<String>,
    /// `user`, `assistant`, ...; the vocabulary is undocumented.
    pub role: String,
    /// The text of the message.
    pub content: Private<String>,
    /// When it was written.
    pub at: Option<DateTime<Utc>>,
}
