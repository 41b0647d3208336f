//! Sending: the queue of due texts, the claim before each request, the requests in progress, and what limits them.

pub(crate) mod circuit;
pub(crate) mod claim;
pub(crate) mod compose;
pub(crate) mod daily_limits;
pub(crate) mod feed_age;
pub(crate) mod in_flight;
pub(crate) mod pace;
pub(crate) mod queue;
pub(crate) mod sender;
pub mod test_text;
