//! What each API key owns: its gateway, permits, queue and reading state.

pub mod key_worker;
