//! The listener of pages: an address of this machine or a Unix socket, what is served there, and within which limits.

pub(crate) mod address;
mod groups;
pub(crate) mod serve;
