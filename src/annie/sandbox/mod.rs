//! A server that stands in for Annie on this machine: the endpoints a reminder sender uses, and a record of
//! every request, written before it is answered.
//!
//! Shapes of requests and answers: `annie-openapi.yaml`. It answers under `/v1` and at the root.

pub mod conversations;
mod routes;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::domain::phone::Phone;
use conversations::Conversations;

/// Hears of a request.
pub type Hear = Box<dyn Fn(&str) + Send + Sync>;

/// How a sandbox behaves.
#[derive(Default)]
pub struct Options {
    /// Where one JSON line per request is appended.
    pub record: Option<File>,
    /// The bearer key it insists on; none = any request is welcome.
    pub key: Option<String>,
    /// The only numbers texts may come from; none = any.
    pub from_numbers: Vec<Phone>,
    /// Hears of every request, in one line without anything private.
    pub hear: Option<Hear>,
}

/// What the handlers share.
#[derive(Clone)]
struct Shared {
    clock: Arc<dyn Clock>,
    key: Option<String>,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    conversations: Conversations,
    record: Option<File>,
    hear: Option<Hear>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Writes a request down. What cannot be recorded is not answered with a success.
    fn record(&mut self, line: &Value, summary: &str) -> io::Result<()> {
        if let Some(hear) = &self.hear {
            hear(summary);
        }
        let Some(file) = &mut self.record else { return Ok(()) };
        let mut text = line.to_string();
        text.push('\n');
        file.write_all(text.as_bytes())?;
        file.flush()
    }
}

/// Opens a record to append to.
///
/// # Errors
/// The file cannot be made or written.
pub fn open_record(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// A sandbox that listens on loopback.
#[derive(Debug)]
pub struct Sandbox {
    listener: TcpListener,
    address: SocketAddr,
}

impl Sandbox {
    /// Listens on a port of 127.0.0.1; 0 takes a free one.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn bind(port: u16) -> io::Result<Sandbox> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        Ok(Sandbox { listener, address })
    }

    /// The address to put into `[annie] base_url`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Serves until `stop` is done.
    ///
    /// # Errors
    /// The listener fails.
    pub async fn serve(
        self,
        options: Options,
        clock: Arc<dyn Clock>,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let Options { record, key, from_numbers, hear } = options;
        let inner = Inner { conversations: Conversations::new(&from_numbers), record, hear };
        let shared = Shared { clock, key, inner: Arc::new(Mutex::new(inner)) };
        axum::serve(self.listener, routes::router(shared)).with_graceful_shutdown(stop).await
    }
}

/// An error body as the sandbox writes it; the vendor's is undocumented.
fn error_body(message: &str) -> Value {
    json!({ "success": false, "message": message })
}
