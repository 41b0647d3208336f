//! Binds an address and serves a router there.

use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;

use axum::Router;
use tokio::net::{TcpListener, UnixListener};
use tokio::task::JoinHandle;

use crate::listener::address::Address;

/// A socket is left behind by whoever was killed.
pub(crate) fn remove_socket(address: &Address) {
    if let Address::Socket(path) = address {
        let _ = unlink(path);
    }
}

/// Removes a socket, and nothing else that may stand there.
fn unlink(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => std::fs::remove_file(path),
        Ok(_) => Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is something else at that place")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Serves a router until the task is aborted; the task, and the place in words for the log.
///
/// # Errors
/// The address cannot be bound, or something else than a socket stands at the path.
pub(crate) async fn serve(address: &Address, router: Router) -> io::Result<(JoinHandle<()>, String)> {
    match address {
        Address::Port(address) => {
            let listener = TcpListener::bind(address).await?;
            let place = format!("http://{}", listener.local_addr()?);
            Ok((tokio::spawn(async move { drop(axum::serve(listener, router).await) }), place))
        }
        Address::Socket(path) => {
            unlink(path)?;
            let listener = UnixListener::bind(path)?;
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
            Ok((tokio::spawn(async move { drop(axum::serve(listener, router).await) }), address.to_string()))
        }
    }
}
