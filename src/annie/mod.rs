//! Talks to Annie and provides a stand-in for it: wire types, HTTP client, outcome of a call, sandbox server.

pub mod client;
pub mod gateway;
pub(crate) mod model;
pub(crate) mod sandbox;
pub mod verdict;
pub mod wire;
