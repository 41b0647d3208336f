//! Reading from Annie: its list of conversations, replies, and the outcome of texts without a clear answer.

pub(crate) mod announced;
pub(crate) mod fetch;
mod followed;
pub(crate) mod marks;
pub(crate) mod reader;
pub(crate) mod reading;
pub(crate) mod reconcile;
pub(crate) mod replies;
