//! The listener of pages: an address of this machine or a Unix socket, and what is served there.

pub(crate) mod address;
pub(crate) mod serve;
