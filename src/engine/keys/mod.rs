//! What each API key owns: its gateway, permits, queue and reading state; and which keys have something to do.

pub(crate) mod key_set;
pub(crate) mod key_worker;
