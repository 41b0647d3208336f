//! What can be wrong on this server, and how to fix it: the command and the page show it.

pub(crate) mod finding;
mod host;
pub(crate) mod machine;
mod state;
