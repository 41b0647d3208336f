//! What belongs to each API key: its gateway, permits, queue, and reading state; and which keys have something to do.

pub(crate) mod key_set;
pub(crate) mod key_worker;
