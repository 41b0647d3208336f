//! Sending: the queue of due texts, the claim before each request, the requests in flight, and what limits them.

pub mod circuit;
pub mod claim;
pub mod compose;
pub mod daily_limits;
pub mod feed_age;
pub mod in_flight;
pub mod pace;
pub mod queue;
pub(crate) mod sender;
pub mod test_text;
