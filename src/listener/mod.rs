//! Ports and sockets at which other programs connect, and within which limits.

pub(crate) mod accept;
pub(crate) mod address;
mod groups;
pub(crate) mod serve;
pub(crate) mod site;
pub(crate) mod tls;
