//! The passes: they read the store, ask the pure parts, act, and write the store.

pub mod circuit;
pub mod compose;
pub mod importing;
pub mod outlook;
pub mod pace;
pub mod passes;
pub mod planning;
pub mod sending;

/// The name the one API key of this version goes by in the ledger; never the key.
pub const KEY_NAME: &str = "default";
