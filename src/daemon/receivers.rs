//! Receives the HL7 messages that other systems send: each feed has a port and a task that stores what they say, then
//! acknowledges them.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::config::Config;
use crate::config::feeds::{MllpListener, Source};
use crate::domain::announcer::{Announcer, left_out};
use crate::feeds::messages::{self, Answered};
use crate::feeds::sources::mllp::{self, Arrived};
use crate::store::connection::open;
use crate::store::{Connection, StoreError};

/// Messages that are stored together, so that a burst needs few transactions.
const TOGETHER: usize = 64;
/// How long a stop waits for messages that are being stored.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// The state of a feed that works.
const WELL: &str = "";

/// The ports at which messages are received.
pub(crate) struct Receivers {
    clock: Arc<dyn Clock>,
    /// Wakes up the engine after a change.
    nudge: Arc<Notify>,
    config: watch::Sender<Arc<Config>>,
    ports: Vec<Port>,
}

/// One port.
struct Port {
    feed: String,
    settings: MllpListener,
    accepting: JoinHandle<()>,
    storing: JoinHandle<()>,
}

impl Receivers {
    /// Opens the port of each feed that has one.
    pub(crate) async fn start(config: Arc<Config>, clock: Arc<dyn Clock>, nudge: Arc<Notify>) -> Receivers {
        let mut receivers = Receivers { clock, nudge, config: watch::channel(config).0, ports: Vec::new() };
        receivers.open_missing().await;
        receivers
    }

    /// Continues with a changed configuration. A port whose settings are the same stays open; certificates are read again.
    pub(crate) async fn adopt(&mut self, config: Arc<Config>) {
        self.config.send_replace(config.clone());
        let (kept, closed): (Vec<Port>, Vec<Port>) = std::mem::take(&mut self.ports).into_iter().partition(|port| {
            let same = |(name, settings): &(String, MllpListener)| *name == port.feed && *settings == port.settings;
            wanted(&config).iter().any(same) && port.settings.tls.is_none() && !port.storing.is_finished()
        });
        self.ports = kept;
        for port in closed {
            port.close().await;
        }
        self.open_missing().await;
    }

    /// Closes all ports. A message that was not acknowledged is sent again by its sender.
    pub(crate) async fn stop(self) {
        for port in self.ports {
            port.close().await;
        }
    }

    async fn open_missing(&mut self) {
        let config = self.config.borrow().clone();
        for (feed, settings) in wanted(&config) {
            if self.ports.iter().any(|port| port.feed == feed) {
                continue;
            }
            let (deliver, arrivals) = mpsc::channel(TOGETHER);
            match mllp::listen(&settings, deliver).await {
                Ok((accepting, address)) => {
                    info!(feed, "receives HL7 messages of the feed {feed} at {address}");
                    let storing = Storing {
                        feed: feed.clone(),
                        clock: self.clock.clone(),
                        nudge: self.nudge.clone(),
                        config: self.config.subscribe(),
                        connection: None,
                        state: Announcer::starts_as(WELL),
                        rejections: Announcer::starts_as(WELL),
                    };
                    let storing = tokio::spawn(storing.run(arrivals));
                    self.ports.push(Port { feed, settings, accepting, storing });
                }
                Err(why) => error!(
                    feed,
                    "the feed {feed} receives no HL7 messages: {why}. Change `listen`, `certificate` or `key`, then run `systemctl reload leadtime`"
                ),
            }
        }
    }
}

impl Port {
    async fn close(self) {
        // Connections keep a sender of the channel; without the port, they end with their next message.
        self.accepting.abort();
        self.storing.abort();
        let _ = timeout(STOP_WITHIN, self.storing).await;
    }
}

/// The feeds with a port.
fn wanted(config: &Config) -> Vec<(String, MllpListener)> {
    let port = |source: &Source| match source {
        Source::Hl7(hl7) => hl7.listener.clone(),
        _ => None,
    };
    config.feeds.iter().filter_map(|feed| Some((feed.name.clone(), port(&feed.source)?))).collect()
}

/// Stores the messages of one feed.
struct Storing {
    feed: String,
    clock: Arc<dyn Clock>,
    nudge: Arc<Notify>,
    config: watch::Receiver<Arc<Config>>,
    /// Stays open between messages.
    connection: Option<Connection>,
    state: Announcer,
    rejections: Announcer,
}

impl Storing {
    async fn run(mut self, mut arrivals: mpsc::Receiver<Arrived>) {
        // A stop may have come between storing messages and importing them.
        if let Err(error) = self.store(Vec::new(), self.clock.now()).await {
            self.failed(&error);
        }
        let mut together = Vec::new();
        while arrivals.recv_many(&mut together, TOGETHER).await > 0 {
            let arrived = std::mem::take(&mut together);
            let bodies: Vec<Vec<u8>> = arrived.iter().map(|one| one.message.clone()).collect();
            let now = self.clock.now();
            match self.store(bodies, now).await {
                Ok(answered) => {
                    let changed = answered.iter().any(|one| one.changed);
                    for (one, answer) in arrived.into_iter().zip(&answered) {
                        let _ = one.acknowledge.send(answer.acknowledgment.clone());
                    }
                    self.tell(&answered);
                    if changed {
                        self.nudge.notify_one();
                    }
                }
                Err(error) => {
                    self.failed(&error);
                    for one in arrived {
                        let answer = messages::not_now(&one.message, &error.to_string(), now);
                        let _ = one.acknowledge.send(answer);
                    }
                }
            }
        }
    }

    async fn store(&mut self, bodies: Vec<Vec<u8>>, now: DateTime<Utc>) -> Result<Vec<Answered>, StoreError> {
        let config = self.config.borrow_and_update().clone();
        let (feed, kept) = (self.feed.clone(), self.connection.take());
        let stored = tokio::task::spawn_blocking(move || {
            let mut connection = match kept {
                Some(connection) => connection,
                None => open::another_writer(&config.database)?,
            };
            let answered = messages::receive(&mut connection, &config, &feed, &bodies, now)?;
            Ok::<_, StoreError>((connection, answered))
        });
        match stored.await {
            Ok(Ok((connection, answered))) => {
                self.connection = Some(connection);
                Ok(answered)
            }
            Ok(Err(error)) => Err(error),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(StoreError::Closed),
            },
        }
    }

    fn tell(&mut self, answered: &[Answered]) {
        let (feed, boot) = (self.feed.as_str(), self.clock.boot());
        if let Some(changes) = self.state.is(WELL, boot) {
            info!(feed, "HL7 messages of the feed {feed} are stored again{}", left_out(changes));
        }
        for one in answered {
            let why = one.rejected.as_deref().unwrap_or(WELL);
            if let Some(changes) = self.rejections.is(why, boot)
                && !why.is_empty()
            {
                warn!(feed, "an HL7 message of the feed {feed} was rejected: {why}{}", left_out(changes));
            }
        }
    }

    fn failed(&mut self, error: &StoreError) {
        let (feed, why) = (self.feed.as_str(), error.to_string());
        if let Some(changes) = self.state.is(&why, self.clock.boot()) {
            error!(
                feed,
                "HL7 messages of the feed {feed} cannot be stored: {why}. Their senders are told to send them again{}",
                left_out(changes)
            );
        }
    }
}
