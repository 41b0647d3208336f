//! Receives the HL7 messages that other systems send: each feed has a port and a task that stores what they say, then
//! acknowledges them.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::config::Config;
use crate::config::feeds::{Feed, MllpListener};
use crate::domain::announcer::{Announcer, left_out};
use crate::feeds::messages::{self, Answered};
use crate::feeds::sources::mllp::{self, Arrived};
use crate::store::connection::open;
use crate::store::connection::store::blocking;
use crate::store::{Connection, StoreError};

/// Messages that are stored together, so that a burst needs few transactions.
const TOGETHER: usize = 64;
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
                        faults: Announcer::starts_as(WELL),
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
        // Connections keep a sender of the channel; without the task that stores, they end with their next message.
        self.storing.abort();
        let _ = self.storing.await;
        // Its address can be bound again only after that.
        self.accepting.abort();
        let _ = self.accepting.await;
    }
}

/// The feeds with a port.
fn wanted(config: &Config) -> Vec<(String, MllpListener)> {
    let port = |feed: &Feed| Some((feed.name.clone(), feed.source.listener()?.clone()));
    config.feeds.iter().filter_map(port).collect()
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
    faults: Announcer,
}

impl Storing {
    async fn run(mut self, mut arrivals: mpsc::Receiver<Arrived>) {
        self.catch_up().await;
        let mut together = Vec::new();
        loop {
            tokio::select! {
                count = arrivals.recv_many(&mut together, TOGETHER) => if count == 0 { return },
                changed = self.config.changed() => match changed {
                    Ok(()) => self.catch_up().await,
                    Err(_) => return,
                },
            }
            let (mut messages, mut senders) = (Vec::new(), Vec::new());
            for arrived in together.drain(..) {
                match arrived {
                    Arrived::Message { message, acknowledge } => {
                        messages.push(message);
                        senders.push(acknowledge);
                    }
                    Arrived::Fault(why) => self.tell_fault(&why),
                }
            }
            if messages.is_empty() {
                continue;
            }
            let now = self.clock.now();
            let bodies = messages.clone();
            let stored = self.with_connection(move |connection, config, feed| {
                messages::receive(connection, config, feed, &bodies, now)
            });
            match stored.await {
                Ok(answered) => {
                    let changed = answered.iter().any(|one| one.changed);
                    for (sender, answer) in senders.into_iter().zip(&answered) {
                        let _ = sender.send(answer.acknowledgment.clone());
                    }
                    self.tell(&answered);
                    if changed {
                        self.nudge.notify_one();
                    }
                }
                Err(error) => {
                    self.failed(&error);
                    for (sender, message) in senders.into_iter().zip(&messages) {
                        let _ = sender.send(messages::not_now(message, &error.to_string(), now));
                    }
                }
            }
        }
    }

    /// Imports what a stop left behind, and what changed settings change.
    async fn catch_up(&mut self) {
        let now = self.clock.now();
        match self
            .with_connection(move |connection, config, feed| messages::catch_up(connection, config, feed, now))
            .await
        {
            Ok(true) => self.nudge.notify_one(),
            Ok(false) => {}
            Err(error) => self.failed(&error),
        }
    }

    /// Does something with the connection, which stays open unless it fails.
    async fn with_connection<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Connection, &Config, &str) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let config = self.config.borrow_and_update().clone();
        let (feed, kept) = (self.feed.clone(), self.connection.take());
        let (connection, done) = blocking(move || {
            let mut connection = match kept {
                Some(connection) => connection,
                None => open::another_writer(&config.database)?,
            };
            let done = work(&mut connection, &config, &feed)?;
            Ok::<_, StoreError>((connection, done))
        })
        .await?;
        self.connection = Some(connection);
        Ok(done)
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

    fn tell_fault(&mut self, why: &str) {
        let feed = self.feed.as_str();
        if let Some(changes) = self.faults.is(why, self.clock.boot()) {
            warn!(feed, "the port of the feed {feed}: {why}{}", left_out(changes));
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
