//! Binds an address and serves a router there, within limits: no client, however often and however slowly it connects,
//! takes descriptors or memory away from sending texts.

use std::io;
use std::net::IpAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
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
use crate::listener::site::{Guests, Hosts};
use crate::listener::tls::Certificate;

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
    /// Connections of one other machine at one time.
    pub(crate) of_one: usize,
}

/// For metrics: a monitoring system asks once every few seconds.
pub(crate) const FOR_FIGURES: Limits = Limits {
    connections: 16,
    head_within: Duration::from_secs(5),
    whole_within: Duration::from_secs(20),
    head: 16 * 1024,
    of_one: 16,
};

/// For the front desk's page: some browsers, each with a stream of changes.
pub(crate) const FOR_PEOPLE: Limits = Limits {
    connections: 128,
    head_within: Duration::from_secs(5),
    whole_within: Duration::from_secs(60),
    head: 16 * 1024,
    of_one: 32,
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

/// Who connected; none at a socket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) Option<IpAddr>);

/// How a page is reached.
#[derive(Clone, Default)]
pub(crate) struct Site {
    /// The names it has besides addresses and `localhost`.
    pub(crate) hosts: Hosts,
    /// Its certificate; none: connections are not encrypted.
    pub(crate) certificate: Option<Arc<Certificate>>,
    /// `Host` is checked at a socket too, because the other side is a proxy.
    pub(crate) checks_socket: bool,
}

/// Serves a router until the task is aborted; returns the task, and the place in words for the log.
pub(crate) async fn serve(
    address: &Address,
    router: Router,
    limits: Limits,
    site: Site,
) -> io::Result<(JoinHandle<()>, String)> {
    let router = match address {
        Address::Socket { .. } if !site.checks_socket => router,
        _ => {
            let hosts = site.hosts.clone();
            router.layer(axum::middleware::from_fn(move |request: Request, next: axum::middleware::Next| {
                let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
                let is_ours = host.is_some_and(|host| hosts.include(host));
                async move { if is_ours { next.run(request).await } else { refused() } }
            }))
        }
    };
    match address {
        Address::Port(address) => {
            let listener = TcpListener::bind(address).await?;
            let local = listener.local_addr()?;
            let scheme = if site.certificate.is_some() { "https" } else { "http" };
            let task = tokio::spawn(accept(
                limits.connections,
                async move || listener.accept().await.map(|(stream, peer)| (stream, Some(peer.ip()))),
                answering(router, limits, site.certificate),
            ));
            Ok((task, format!("{scheme}://{local}")))
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
                async move || listener.accept().await.map(|(stream, _)| (stream, None)),
                answering(router, limits, None),
            ));
            Ok((task, address.to_string()))
        }
    }
}

fn refused() -> Response {
    (StatusCode::MISDIRECTED_REQUEST, "request this page by the address it is served at\n").into_response()
}

/// Answers one connection within its time.
fn answering<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    router: Router,
    limits: Limits,
    certificate: Option<Arc<Certificate>>,
) -> impl Fn((S, Option<IpAddr>)) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let guests = Guests::at_most(limits.of_one);
    move |(stream, peer)| {
        let Some(guest) = guests.admit(peer) else { return Box::pin(async {}) };
        let router = router.clone().layer(Extension(Peer(peer)));
        let certificate = certificate.clone();
        Box::pin(async move {
            let answered = async {
                match certificate {
                    None => answer(stream, router, limits).await,
                    Some(certificate) => {
                        if let Ok(Ok(stream)) = timeout(limits.head_within, certificate.acceptor().accept(stream)).await
                        {
                            answer(stream, router, limits).await;
                        }
                    }
                }
            };
            let _ = timeout(limits.whole_within, answered).await;
            drop(guest);
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
