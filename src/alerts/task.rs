//! Sends alerts to people, alongside the passes and never in their way.
//!
//! A separate task reads the database through its own connection, decides by `alerts::rules` which alerts to send, and
//! hands each message to the configured channels. An alert that arrived by one of them is recorded in the database; one
//! that arrived by none is sent again later.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveTime, Utc};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tracing::{debug, error, info, warn};

pub(crate) use crate::alerts::reporter::{AlertReporter, Seen};

use crate::alerts::channels::{Channel, Message, usual_pauses};
use crate::alerts::heartbeat;
use crate::alerts::rules::{self, Alert, AlertCause, Book, Event, Facts, Kind};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::Store;
use crate::store::controls::alert_state as entries;
use crate::store::controls::alert_state::Shown;

/// How often to look for problems.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Two looks are at least this far apart, whatever changes.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// An alert that no channel delivered is sent again after this long.
const TELL_AGAIN: Duration = Duration::from_secs(900);
/// How long a look waits for the book to be written; if that takes longer, the next look writes it.
const WRITE_WITHIN: Duration = Duration::from_secs(5);

/// The tasks that send alerts; they end when this is dropped.
#[derive(Debug)]
pub(crate) struct Alerts {
    reporter: AlertReporter,
    config: watch::Sender<Arc<Config>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Alerts {
    /// Starts looking for problems.
    pub(crate) fn start<C: Clock + 'static>(store: Store, clock: Arc<C>, config: Arc<Config>) -> Alerts {
        let reporter = AlertReporter::default();
        check_channels(&config);
        let config = watch::Sender::new(config);
        let teller = Teller {
            store,
            clock,
            config: config.subscribe(),
            seen: reporter.watch(),
            book: Book::new(),
            stored: None,
            deliveries: JoinSet::new(),
            open: BTreeMap::new(),
            arrived: BTreeSet::new(),
            resting: BTreeMap::new(),
        };
        let heartbeat = heartbeat::beat(config.subscribe(), reporter.watch());
        let tasks = vec![tokio::spawn(teller.watch()), tokio::spawn(heartbeat)];
        Alerts { reporter, config, tasks }
    }

    /// Where the daemon's parts report their state.
    pub(crate) fn reporter(&self) -> &AlertReporter {
        &self.reporter
    }

    /// Another configuration is in effect.
    pub(crate) fn adopt(&self, config: Arc<Config>) {
        check_channels(&config);
        self.config.send_replace(config);
    }

    /// Sends the alert about what ends the daemon, and waits until each channel has taken it or failed. Nothing is
    /// recorded: the database is what is wrong.
    pub(crate) async fn tell_before_stopping(&self, kind: Kind, detail: &str, now: DateTime<Utc>) {
        let config = self.config.borrow().clone();
        let cause = AlertCause { since: Some(now), count: 0, detail: detail.to_owned() };
        let alert = Alert { kind, event: Event::Raised, since: now, cause };
        let message = Arc::new(Message::of(&alert, &config));
        let mut deliveries = JoinSet::new();
        for channel in Channel::all(&config.alerts) {
            let message = message.clone();
            deliveries.spawn(async move { (channel.name(), channel.take(&message, &[]).await) });
        }
        while let Some(Ok((channel, result))) = deliveries.join_next().await {
            report(&alert, channel, &result);
        }
    }
}

impl Drop for Alerts {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Logs what is known to keep alerts from arriving, before there is one.
fn check_channels(config: &Config) {
    for channel in Channel::all(&config.alerts) {
        if let Err(why) = channel.check() {
            let name = channel.name();
            error!(
                channel = name,
                "alerts cannot be sent by `{name}` in [alerts]: {why}. Fix this, or you may not be told when texts stop; then run `leadtime alert-test`"
            );
        }
    }
}

/// Logs how a delivery ended.
fn report(alert: &Alert, channel: &'static str, result: &Result<(), String>) {
    let (alert, event) = (alert.kind.code(), alert.event.code());
    match result {
        Ok(()) => info!(alert, event, channel, "alert `{alert}` ({event}) was sent by {channel}"),
        Err(why) => warn!(
            alert,
            event,
            channel,
            "alert `{alert}` ({event}) could not be sent by {channel}: {why}. Another channel may have delivered it; to test the channels, run `leadtime alert-test`"
        ),
    }
}

struct Teller<C> {
    store: Store,
    clock: Arc<C>,
    config: watch::Receiver<Arc<Config>>,
    seen: watch::Receiver<Seen>,
    book: Book,
    /// The book as stored in the database; none if it has not been read yet.
    stored: Option<Book>,
    deliveries: JoinSet<(Alert, &'static str, Result<(), String>)>,
    /// Deliveries in progress, by kind.
    open: BTreeMap<Kind, usize>,
    /// Kinds with a delivery that arrived.
    arrived: BTreeSet<Kind>,
    /// Kinds with no delivery that arrived, and when they are sent again.
    resting: BTreeMap<Kind, Instant>,
}

impl<C: Clock + 'static> Teller<C> {
    async fn watch(mut self) {
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last: Option<Instant> = None;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                changed = self.seen.changed() => if changed.is_err() {
                    return;
                },
                Some(done) = self.deliveries.join_next() => {
                    if let Ok((alert, channel, result)) = done {
                        self.note(&alert, &result);
                        self.keep_book().await;
                        // Logged once it is on disk: a restart from here on does not repeat the alert.
                        report(&alert, channel, &result);
                    }
                    continue;
                }
            }
            if last.is_none_or(|last| last.elapsed() >= BETWEEN_LOOKS) {
                self.look().await;
                last = Some(Instant::now());
            }
        }
    }

    /// Looks, decides, and hands out alerts.
    async fn look(&mut self) {
        let config = self.config.borrow().clone();
        let channels = Channel::all(&config.alerts);
        if channels.is_empty() {
            return;
        }
        let now = self.clock.now();
        let shown = self.read(&config).await;
        let zone = &config.practice.zone;
        let midnight = zone.at(zone.local(now).date_naive(), NaiveTime::MIN);
        let live = self.seen.borrow_and_update().live.clone();
        let mut findings = rules::findings(&Facts { shown, live, midnight }, &self.book, now);
        self.resting.retain(|_, until| *until > Instant::now());
        findings.retain(|kind, _| !self.open.contains_key(kind) && !self.resting.contains_key(kind));
        let (book, alerts) = rules::decide(findings, &self.book, now, config.alerts.repeat_after);
        self.book = book;
        for alert in alerts {
            let message = Arc::new(Message::of(&alert, &config));
            self.open.insert(alert.kind, channels.len());
            for channel in channels.clone() {
                let (alert, message) = (alert.clone(), message.clone());
                self.deliveries.spawn(async move {
                    let result = channel.take(&message, &usual_pauses()).await;
                    (alert, channel.name(), result)
                });
            }
        }
        self.keep_book().await;
    }

    /// What the database shows; none if it cannot be read.
    async fn read(&mut self, config: &Arc<Config>) -> Option<Shown> {
        let (config, now, wants_book) = (config.clone(), self.clock.now(), self.stored.is_none());
        let read = self.store.read(move |connection| {
            let book = wants_book.then(|| entries::entries(connection)).transpose()?;
            Ok((book, rules::shown(connection, &config, now)?))
        });
        let (book, shown) = match read.await {
            Ok(done) => done,
            Err(error) => {
                debug!(%error, "the database cannot be checked for problems");
                return None;
            }
        };
        if let Some(book) = book {
            let book = rules::from_entries(&book);
            // What was found before the database could be read is newer.
            let mut all = book.clone();
            all.extend(std::mem::take(&mut self.book));
            (self.book, self.stored) = (all, Some(book));
        }
        Some(shown)
    }

    /// One delivery has ended.
    fn note(&mut self, alert: &Alert, result: &Result<(), String>) {
        let (kind, code) = (alert.kind, alert.kind.code());
        if result.is_ok() && self.arrived.insert(kind) {
            rules::told(&mut self.book, alert, self.clock.now());
        }
        let left = self.open.get(&kind).map_or(0, |left| left - 1);
        if left > 0 {
            self.open.insert(kind, left);
            return;
        }
        self.open.remove(&kind);
        if !self.arrived.remove(&kind) {
            error!(
                alert = code,
                "alert `{code}` could not be delivered by any channel. Leadtime tries again in {} minutes. Fix [alerts], then run `leadtime alert-test`",
                TELL_AGAIN.as_secs() / 60
            );
            self.resting.insert(kind, Instant::now() + TELL_AGAIN);
        }
    }

    /// Writes the book if it has changed. What cannot be written now is kept and written later.
    async fn keep_book(&mut self) {
        if self.stored.as_ref().is_none_or(|stored| *stored == self.book) {
            return;
        }
        let (book, all) = (self.book.clone(), rules::to_entries(&self.book));
        let written = timeout(WRITE_WITHIN, self.store.write(move |tx| entries::set_entries(tx, &all))).await;
        match written {
            Ok(Ok(())) => self.stored = Some(book),
            Ok(Err(error)) => debug!(%error, "delivered alerts cannot be recorded yet"),
            Err(_) => debug!("delivered alerts cannot be recorded yet: the database is slow"),
        }
    }
}
