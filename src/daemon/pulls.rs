//! Reads the databases, servers and calendars of feeds every few minutes, each in a task of its own, so that a slow one
//! delays no text.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::config::Config;
use crate::config::feeds::Feed;
use crate::domain::announcer::{Announcer, left_out};
use crate::feeds::importing::Imported;
use crate::feeds::pulling::{self, Memory, PullError};
use crate::outbox::write_back::write_back;
use crate::store::connection::open;

/// The state of a feed that works.
const WELL: &str = "";
/// How long confirmations may take, so that the next read is not late.
const WRITE_WITHIN: Duration = Duration::from_secs(60);
/// How long a stop waits for an import in progress. If it takes longer, SQLite undoes its open transaction.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// The tasks that read the feeds' sources.
pub(crate) struct Pulls {
    clock: Arc<dyn Clock>,
    /// Wakes up the engine after an import.
    nudge: Arc<Notify>,
    config: watch::Sender<Arc<Config>>,
    tasks: Vec<(String, JoinHandle<()>)>,
}

impl Pulls {
    /// Starts a task for each feed that the service reads by itself.
    pub(crate) fn start(config: Arc<Config>, clock: Arc<dyn Clock>, nudge: Arc<Notify>) -> Pulls {
        let mut pulls = Pulls { clock, nudge, config: watch::channel(config).0, tasks: Vec::new() };
        pulls.start_missing();
        pulls
    }

    /// Continues with a changed configuration: every feed is read again at once.
    pub(crate) fn adopt(&mut self, config: Arc<Config>) {
        self.config.send_replace(config);
        self.tasks.retain(|(_, task)| !task.is_finished());
        self.start_missing();
    }

    /// Waits for imports in progress, but not for servers.
    pub(crate) async fn stop(self) {
        drop(self.config);
        let ends = async {
            for (_, task) in self.tasks {
                let _ = task.await;
            }
        };
        let _ = timeout(STOP_WITHIN, ends).await;
    }

    fn start_missing(&mut self) {
        let config = self.config.borrow().clone();
        for feed in config.feeds.iter().filter(|feed| feed.pulled().is_some()) {
            if self.tasks.iter().any(|(name, _)| *name == feed.name) {
                continue;
            }
            let pull = Pull {
                feed: feed.name.clone(),
                clock: self.clock.clone(),
                nudge: self.nudge.clone(),
                config: self.config.subscribe(),
                failures: 0,
                memory: Memory::default(),
                state: Announcer::starts_as(WELL),
                writes: Announcer::starts_as(WELL),
            };
            self.tasks.push((feed.name.clone(), tokio::spawn(pull.run())));
        }
    }
}

/// One feed's task.
struct Pull {
    feed: String,
    clock: Arc<dyn Clock>,
    nudge: Arc<Notify>,
    config: watch::Receiver<Arc<Config>>,
    /// Pulls that failed since the last one that did not.
    failures: u32,
    memory: Memory,
    state: Announcer,
    writes: Announcer,
}

impl Pull {
    /// Runs until the daemon stops or the feed is no longer in the configuration.
    async fn run(mut self) {
        loop {
            let config = self.config.borrow_and_update().clone();
            let Some(feed) = config.feeds.iter().find(|feed| feed.name == self.feed) else { return };
            let Some(pulled) = feed.pulled() else { return };
            let began = Instant::now();
            let now = self.clock.now();
            // A slow server holds up neither a stop nor a changed configuration. An import is finished first.
            let answer = tokio::select! {
                answer = pulling::ask(feed, &config, &mut self.memory, now) => answer,
                changed = self.config.changed() => match changed {
                    Ok(()) => {
                        // A token, or what is known, is another server's now.
                        self.memory = Memory::default();
                        continue;
                    }
                    Err(_) => return,
                },
            };
            match pulling::store(feed, answer, &config, open::another_writer, now).await {
                Ok(imported) => {
                    self.succeeded(&imported);
                    self.write_back(feed, &config).await;
                }
                Err(error) => self.failed(&error),
            }
            let next = began + pulling::pause(pulled.every, self.failures);
            tokio::select! {
                () = sleep_until(next) => {}
                changed = self.config.changed() => match changed {
                    Ok(()) => self.memory = Memory::default(),
                    Err(_) => return,
                },
            }
        }
    }

    /// Writes confirmations to the source, if the feed says so.
    async fn write_back(&mut self, feed: &Feed, config: &Config) {
        let now = self.clock.now();
        let writing = write_back(feed, config, &mut self.memory, open::another_writer, now);
        // What was written and not recorded is seen at the next read.
        let (sent, why) = match timeout(WRITE_WITHIN, writing).await {
            Ok(Ok(wrote)) => (wrote.sent, wrote.failed.unwrap_or_default()),
            Ok(Err(error)) => (0, error.to_string()),
            Err(_) => (0, "the server was too slow".to_owned()),
        };
        let feed = feed.name.as_str();
        if sent > 0 {
            info!(feed, sent, "confirmations written to the source of the feed {feed}: {sent}");
        }
        if let Some(changes) = self.writes.is(&why, self.clock.boot()) {
            match why.as_str() {
                WELL => {
                    info!(feed, "confirmations are written to the source of the feed {feed} again{}", left_out(changes))
                }
                why => error!(
                    feed,
                    "confirmations cannot be written to the source of the feed {feed}: {why}. Leadtime tries again for 24 hours and then opens a task{}",
                    left_out(changes)
                ),
            }
        }
    }

    fn succeeded(&mut self, imported: &Imported) {
        self.failures = 0;
        let feed = self.feed.as_str();
        let boot = self.clock.boot();
        match &imported.held {
            Some((_, why)) => {
                if let Some(changes) = self.state.is(why, boot) {
                    warn!(
                        feed,
                        "what the source of the feed {feed} now says is held: {why}. If it is correct: leadtime feed accept {feed}{}",
                        left_out(changes)
                    );
                }
            }
            None => {
                if let Some(changes) = self.state.is(WELL, boot) {
                    info!(feed, "the source of the feed {feed} is read again{}", left_out(changes));
                }
            }
        }
        let changes = &imported.changes;
        let (added, changed, cancelled) = (changes.added, changes.changed, changes.cancelled + changes.off);
        if added + changed + cancelled > 0 {
            info!(
                feed,
                added,
                changed,
                cancelled,
                "read the source of the feed {feed}: {added} new, {changed} changed, {cancelled} cancelled"
            );
            self.nudge.notify_one();
        }
    }

    fn failed(&mut self, error: &PullError) {
        self.failures = self.failures.saturating_add(1);
        let (feed, why) = (self.feed.as_str(), error.to_string());
        if let Some(changes) = self.state.is(&why, self.clock.boot()) {
            error!(
                feed,
                "the source of the feed {feed} cannot be read: {why}. Leadtime tries again, less and less often; until then, it does not learn of cancelled or moved appointments. Fix the cause, then run `leadtime feed pull {feed}`{}",
                left_out(changes)
            );
        }
    }
}
