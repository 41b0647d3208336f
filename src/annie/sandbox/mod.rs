//! A server that stands in for Annie on this machine: the endpoints a reminder sender uses, and a record of every
//! request, written before it is answered.
//!
//! The shapes of requests and answers: `annie-openapi.yaml`. It answers under `/v1` and at the root. The model decides
//! what is known and refused; this server turns that into HTTP.

mod routes;
mod shared;

pub(crate) use crate::annie::sandbox::shared::Hear;

use std::fs::{File, OpenOptions};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use chrono::{DateTime, Utc};

use crate::annie::model::faults::Faults;
use crate::annie::model::patients::Patients;
use crate::annie::model::{Model, Rules};
use crate::annie::sandbox::shared::{Inner, Shared};
use crate::annie::wire::SmsRequest;
use crate::clock::Clock;
use crate::domain::phone::Phone;

/// How a sandbox behaves.
#[derive(Default)]
pub(crate) struct Options {
    /// Where one JSON line per request is appended.
    pub(crate) record: Option<File>,
    /// The bearer key it requires; none means that any request is accepted.
    pub(crate) key: Option<String>,
    /// The only numbers texts may come from; none means any.
    pub(crate) from_numbers: Vec<Phone>,
    /// The documented rules it enforces; none by default.
    pub(crate) rules: Rules,
    /// What goes wrong on purpose; nothing by default.
    pub(crate) faults: Option<Faults>,
    /// How patients answer; nobody does by default.
    pub(crate) patients: Option<Patients>,
    /// The seed for what goes wrong.
    pub(crate) seed: u64,
    /// Texts from an earlier run.
    pub(crate) earlier: Vec<Earlier>,
    /// Called for every request with one line that holds nothing private.
    pub(crate) hear: Option<Hear>,
}

/// A text that an earlier sandbox sent, from its record.
#[derive(Clone)]
pub(crate) struct Earlier {
    /// The conversation.
    pub(crate) id: String,
    /// The request.
    pub(crate) request: SmsRequest,
    /// When.
    pub(crate) at: DateTime<Utc>,
}

/// The texts in a record, so that a sandbox that is started again still has them.
pub(crate) fn texts_of(record: &str) -> Vec<Earlier> {
    let text_of = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        let id = line["conversationId"].as_str()?.to_owned();
        let at = DateTime::parse_from_rfc3339(line["at"].as_str()?).ok()?.to_utc();
        Some(Earlier { id, request: serde_json::from_value(line["request"].clone()).ok()?, at })
    };
    record.lines().filter_map(text_of).collect()
}

/// Opens a record to append to.
pub(crate) fn open_record(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// A sandbox that listens on loopback.
#[derive(Debug)]
pub(crate) struct Sandbox {
    listener: TcpListener,
    address: SocketAddr,
}

impl Sandbox {
    /// Listens on a port of 127.0.0.1; 0 picks a free one.
    pub(crate) async fn bind(port: u16) -> io::Result<Sandbox> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        Ok(Sandbox { listener, address })
    }

    /// The address to put into `[annie] base_url`.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Serves until `stop` is done.
    pub(crate) async fn serve(
        self,
        options: Options,
        clock: Arc<dyn Clock>,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let Options { record, key, from_numbers, rules, faults, patients, seed, earlier, hear } = options;
        let mut annie = Model::new(&from_numbers, rules, faults.unwrap_or(Faults::NONE), seed);
        annie.set_patients(patients);
        earlier.iter().for_each(|text| annie.remember(&text.id, &text.request, text.at));
        let shared = Shared { clock, key, inner: Arc::new(Mutex::new(Inner { annie, record, hear })) };
        let router = routes::router(shared);
        let mut connections = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                () = &mut stop => break,
                accepted = self.listener.accept() => accepted,
            };
            while connections.try_join_next().is_some() {}
            let Ok((stream, _)) = accepted else { continue };
            let router = router.clone();
            let service = hyper::service::service_fn(move |request| routes::respond(router.clone(), request));
            connections.spawn(async move {
                // A connection that ends early is the client's doing or a fault made on purpose.
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
        connections.shutdown().await;
        Ok(())
    }
}
