//! Figures for machines that watch, on a port of this machine or a Unix socket; nothing is done until somebody asks.

mod page;

use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tracing::{error, info};

use self::page::Page;
use super::alerts::{Seen, Signals};
use crate::clock::Clock;
use crate::config::Config;
use crate::config::metrics::Listen;
use crate::engine::passes::PassReport;
use crate::store::StoreError;

/// The format Prometheus asks for first.
const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What only the running daemon knows of its passes.
#[derive(Debug, Clone)]
pub(super) struct Passes {
    took: Histogram,
    failed: Counter,
    paced: Counter,
}

/// The server of the figures, as the configuration wants it.
pub(super) struct Metrics<C> {
    clock: Arc<C>,
    config: watch::Sender<Arc<Config>>,
    seen: watch::Receiver<Seen>,
    passes: Passes,
    server: Option<(Listen, JoinHandle<()>)>,
}

impl<C: Clock + 'static> Metrics<C> {
    /// Serves, if the configuration says where.
    pub(super) async fn start(clock: Arc<C>, config: Arc<Config>, signals: &Signals) -> Metrics<C> {
        let took = Histogram::new([0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0]);
        let passes = Passes { took, failed: Counter::default(), paced: Counter::default() };
        let (config, seen) = (watch::Sender::new(config), signals.watch());
        let mut metrics = Metrics { clock, config, seen, passes, server: None };
        metrics.serve().await;
        metrics
    }

    /// A pass has ended.
    pub(super) fn pass_ended(&self, pass: &Result<PassReport, StoreError>, took: Duration) {
        self.passes.took.observe(took.as_secs_f64());
        match pass {
            Ok(report) => drop(report.paced.then(|| self.passes.paced.inc())),
            Err(_) => drop(self.passes.failed.inc()),
        }
    }

    /// Another configuration is in force.
    pub(super) async fn adopt(&mut self, config: Arc<Config>) {
        self.config.send_replace(config);
        self.serve().await;
    }

    async fn serve(&mut self) {
        let wanted = self.config.borrow().metrics.clone();
        let serves = self.server.as_ref().map(|(listen, _)| listen);
        if wanted.as_ref() == serves && self.server.as_ref().is_none_or(|(_, task)| !task.is_finished()) {
            return;
        }
        if let Some((listen, task)) = self.server.take() {
            task.abort();
            // The port is free again when the task is gone.
            let _ = task.await;
            put_away(&listen);
        }
        let Some(listen) = wanted else { return };
        let page = Page::new(self.clock.clone(), self.config.subscribe(), self.seen.clone(), self.passes.clone());
        match serve(&listen, page).await {
            Ok(task) => self.server = Some((listen, task)),
            Err(why) => error!(
                "the figures of [metrics] are not served: {} cannot be opened: {why}. Texts go out all the same; choose another `listen`, then `systemctl reload leadtime`",
                in_words(&listen)
            ),
        }
    }
}

impl<C> Drop for Metrics<C> {
    fn drop(&mut self) {
        if let Some((listen, task)) = self.server.take() {
            task.abort();
            put_away(&listen);
        }
    }
}

fn in_words(listen: &Listen) -> String {
    match listen {
        Listen::Port(address) => address.to_string(),
        Listen::Socket(path) => format!("unix:{}", path.display()),
    }
}

/// A socket is left behind by whoever was killed.
fn put_away(listen: &Listen) {
    if let Listen::Socket(path) = listen {
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

async fn serve<C: Clock + 'static>(listen: &Listen, page: Page<C>) -> io::Result<JoinHandle<()>> {
    let page = Arc::new(Mutex::new(page));
    // The first count reads all that was ever sent: before somebody waits for it.
    let first = page.clone();
    tokio::spawn(async move { first.lock().await.begin().await });
    let router = Router::new().route("/metrics", get(show::<C>)).with_state(page);
    match listen {
        Listen::Port(address) => {
            let listener = TcpListener::bind(address).await?;
            info!("figures are served at http://{}/metrics", listener.local_addr()?);
            Ok(tokio::spawn(async move { drop(axum::serve(listener, router).await) }))
        }
        Listen::Socket(path) => {
            unlink(path)?;
            let listener = UnixListener::bind(path)?;
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
            info!("figures are served at {}, path /metrics", in_words(listen));
            Ok(tokio::spawn(async move { drop(axum::serve(listener, router).await) }))
        }
    }
}

async fn show<C: Clock + 'static>(State(page): State<Arc<Mutex<Page<C>>>>) -> Response {
    match page.lock().await.text().await {
        Ok(text) => ([(header::CONTENT_TYPE, FORMAT)], text).into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}
