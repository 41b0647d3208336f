//! Reading from Annie: her list of conversations, replies, and what became of texts without a clear answer.

pub mod reading;
pub mod reconcile;
