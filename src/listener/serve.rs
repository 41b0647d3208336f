//! Binds an address and serves a router there, within limits: no client, however often and however slowly it connects,
//! takes descriptors or memory away from sending texts.

use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::listener::accept::accept;
use crate::listener::address::Address;
use crate::listener::groups;

/// What one listener allows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Connections at one time; more wait in the system's queue, without using a descriptor of ours.
    pub(crate) connections: usize,
    /// How long a request's headers may take.
    pub(crate) head_within: Duration,
    /// How long a connection may last, including its one request and answer.
    pub(crate) whole_within: Duration,
    /// Bytes of a request's headers.
    pub(crate) head: usize,
}

/// For metrics: a monitoring system asks once every few seconds.
pub(crate) const FOR_FIGURES: Limits = Limits {
    connections: 16,
    head_within: Duration::from_secs(5),
    whole_within: Duration::from_secs(20),
    head: 16 * 1024,
};

/// Removes the socket: a process that is killed leaves one behind.
pub(crate) fn remove_socket(address: &Address) {
    if let Address::Socket { path, .. } = address {
        let _ = unlink(path);
    }
}

/// Removes a socket, and nothing else that may be at that path.
fn unlink(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => std::fs::remove_file(path),
        Ok(_) => Err(io::Error::new(io::ErrorKind::AlreadyExists, "something other than a socket is at that path")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Serves a router until the task is aborted; returns the task, and the place in words for the log.
pub(crate) async fn serve(address: &Address, router: Router, limits: Limits) -> io::Result<(JoinHandle<()>, String)> {
    match address {
        Address::Port(address) => {
            let listener = TcpListener::bind(address).await?;
            let local = listener.local_addr()?;
            // A host name that someone else's page resolves to this machine is not one of its own (DNS rebinding).
            let hosts = Some([local.to_string(), format!("localhost:{}", local.port())]);
            let router =
                router.layer(axum::middleware::from_fn(move |request: Request, next: axum::middleware::Next| {
                    let is_ours = hosts.as_ref().is_none_or(|hosts| names_one_of(&request, hosts));
                    async move { if is_ours { next.run(request).await } else { refused() } }
                }));
            let task = tokio::spawn(accept(
                limits.connections,
                async move || Ok(listener.accept().await?.0),
                answering(router, limits),
            ));
            Ok((task, format!("http://{local}")))
        }
        Address::Socket { path, group } => {
            unlink(path)?;
            let listener = UnixListener::bind(path)?;
            // For its owner only, unless a group is named: programs that write exports may be in the service's own
            // group.
            let mode = if group.is_some() { 0o660 } else { 0o600 };
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
            if let Some(group) = group {
                std::os::unix::fs::chown(path, None, Some(groups::id_of(group)?))?;
            }
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
            let task = tokio::spawn(accept(
                limits.connections,
                async move || Ok(listener.accept().await?.0),
                answering(router, limits),
            ));
            Ok((task, address.to_string()))
        }
    }
}

fn names_one_of(request: &Request, hosts: &[String]) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    host.is_some_and(|host| hosts.iter().any(|ours| ours.eq_ignore_ascii_case(host)))
}

fn refused() -> Response {
    (StatusCode::MISDIRECTED_REQUEST, "request this page by the address it is served at\n").into_response()
}

/// Answers one connection within its time.
fn answering<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    router: Router,
    limits: Limits,
) -> impl Fn(S) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    move |stream| {
        let router = router.clone();
        Box::pin(async move {
            let _ = timeout(limits.whole_within, answer(stream, router, limits)).await;
        })
    }
}

/// One request, one answer.
async fn answer<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, router: Router, limits: Limits) {
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(limits.head_within).keep_alive(false);
    protocol.max_buf_size(limits.head).max_headers(64);
    let _ = protocol.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)).await;
}
