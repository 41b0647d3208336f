//! Metrics for monitoring systems, on a port of this machine or a Unix socket; nothing is done until one asks.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tracing::{error, info};

use crate::alerts::task::{AlertReporter, Seen};
use crate::clock::Clock;
use crate::config::Config;
use crate::engine::report::PassReport;
use crate::listener::address::Address;
use crate::listener::serve::{self as listener, Site};
use crate::metrics::page::Page;
use crate::metrics::passes::Passes;
use crate::store::{Store, StoreError};

/// The format that Prometheus prefers.
const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The metrics server, as configured.
pub(crate) struct Metrics<C> {
    store: Store,
    clock: Arc<C>,
    config: watch::Sender<Arc<Config>>,
    seen: watch::Receiver<Seen>,
    passes: Passes,
    server: Option<(Address, JoinHandle<()>)>,
}

impl<C: Clock + 'static> Metrics<C> {
    /// Starts serving, if the configuration says where.
    pub(crate) async fn start(
        store: Store,
        clock: Arc<C>,
        config: Arc<Config>,
        reporter: &AlertReporter,
    ) -> Metrics<C> {
        let took = Histogram::new([0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0]);
        let passes = Passes { took, failed: Counter::default(), paced: Counter::default() };
        let (config, seen) = (watch::Sender::new(config), reporter.watch());
        let mut metrics = Metrics { store, clock, config, seen, passes, server: None };
        metrics.serve().await;
        metrics
    }

    /// A pass has ended.
    pub(crate) fn pass_ended(&self, pass: &Result<PassReport, StoreError>, took: Duration) {
        self.passes.took.observe(took.as_secs_f64());
        match pass {
            Ok(report) => drop(report.paced.then(|| self.passes.paced.inc())),
            Err(_) => drop(self.passes.failed.inc()),
        }
    }

    /// Another configuration is in effect.
    pub(crate) async fn adopt(&mut self, config: Arc<Config>) {
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
            // The port is free again once the task has ended.
            let _ = task.await;
            listener::remove_socket(&listen);
        }
        let Some(listen) = wanted else { return };
        let page = Page::new(
            self.store.clone(),
            self.clock.clone(),
            self.config.subscribe(),
            self.seen.clone(),
            self.passes.clone(),
        );
        match serve(&listen, page).await {
            Ok(task) => self.server = Some((listen, task)),
            Err(why) => error!(
                "the metrics page is not served: {} cannot be opened: {why}. Texts still go out. Choose another `listen` in [metrics], then run `systemctl reload leadtime`",
                listen
            ),
        }
    }
}

impl<C> Drop for Metrics<C> {
    fn drop(&mut self) {
        if let Some((listen, task)) = self.server.take() {
            task.abort();
            listener::remove_socket(&listen);
        }
    }
}

async fn serve<C: Clock + 'static>(address: &Address, page: Page<C>) -> io::Result<JoinHandle<()>> {
    let page = Arc::new(Mutex::new(page));
    // The first count reads everything that was ever sent, so it runs before anyone waits for it.
    let first = page.clone();
    tokio::spawn(async move { first.lock().await.begin().await });
    let router = Router::new().route("/metrics", get(show::<C>)).with_state(page);
    let (task, place) = listener::serve(address, router, listener::FOR_FIGURES, Site::default()).await?;
    match address {
        Address::Port(_) => info!("metrics are served at {place}/metrics"),
        Address::Socket { .. } => info!("metrics are served at {place}, path /metrics"),
    }
    Ok(task)
}

async fn show<C: Clock + 'static>(State(page): State<Arc<Mutex<Page<C>>>>) -> Response {
    match page.lock().await.text().await {
        Ok(text) => ([(header::CONTENT_TYPE, FORMAT)], text).into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}
