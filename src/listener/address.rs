//! Where a page is served: a port of this machine or a Unix socket.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// An address to listen at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A port.
    Port(SocketAddr),
    /// A Unix socket, and the group that may connect to it; without a group, only its owner may.
    Socket {
        /// Its path.
        path: PathBuf,
        /// The group's name.
        group: Option<String>,
    },
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Port(address) => write!(f, "{address}"),
            Address::Socket { path, .. } => write!(f, "unix:{}", path.display()),
        }
    }
}
