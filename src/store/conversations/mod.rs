//! Conversations at Annie: the list, each conversation, and the health of each API key.

pub mod circuits;
pub(crate) mod conversation;
pub(crate) mod listings;
pub(crate) mod odd_rows;
