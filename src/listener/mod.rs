//! The page server: an address on this machine or a Unix socket, what is served there, and within which limits.

pub(crate) mod address;
mod groups;
pub(crate) mod serve;
