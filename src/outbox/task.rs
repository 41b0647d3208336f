//! The task that passes on outcomes, one after another, beside everything else.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{error, info};

use crate::clock::Clock;
use crate::config::Config;
use crate::config::outcomes::Hook;
use crate::domain::announcer::{Announcer, left_out};
use crate::domain::task::TaskKind;
use crate::outbox::delivery;
use crate::program;
use crate::store::outcomes::outbox::{self, Entry, GIVEN_UP_AFTER};
use crate::store::outcomes::tasks::{self, NewTask};
use crate::store::{Store, StoreError};

/// How often the outbox is checked.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The state of a program that works.
const WELL: &str = "";

/// Passes on outcomes until it is dropped. What was not passed on yet stays in the database.
#[derive(Debug)]
pub(crate) struct Outbox {
    config: watch::Sender<Arc<Config>>,
    task: JoinHandle<()>,
}

impl Outbox {
    /// Starts the task. It does nothing while the configuration names no program.
    pub(crate) fn start(store: Store, clock: Arc<dyn Clock>, config: Arc<Config>) -> Outbox {
        let (config, changes) = watch::channel(config);
        let program = Program { store, clock, config: changes, state: Announcer::starts_as(WELL) };
        Outbox { config, task: tokio::spawn(program.run()) }
    }

    /// Continues with a changed configuration.
    pub(crate) fn adopt(&self, config: Arc<Config>) {
        self.config.send_replace(config);
    }

    /// Stops. A program in progress is stopped, and its entry is passed on again after the next start.
    pub(crate) async fn stop(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

struct Program {
    store: Store,
    clock: Arc<dyn Clock>,
    config: watch::Receiver<Arc<Config>>,
    state: Announcer,
}

impl Program {
    async fn run(mut self) {
        loop {
            let config = self.config.borrow_and_update().clone();
            let passed_on = match &config.outcomes.hook {
                Some(hook) => self.pass_on_next(hook).await,
                None => Ok(false),
            };
            match passed_on {
                Ok(true) => continue,
                Err(StoreError::Closed) => return,
                // A database that cannot be used is reported by the passes.
                Ok(false) | Err(_) => {}
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                changed = self.config.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Passes on the next entry that is due. Returns whether there was one.
    async fn pass_on_next(&mut self, hook: &Hook) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let Some(entry) = self.store.read(move |connection| outbox::next(connection, now)).await? else {
            return Ok(false);
        };
        let Some((path, arguments)) = hook.command.split_first() else { return Ok(false) };
        let ended = program::run(Path::new(path), arguments, &[], &delivery::input(&entry)).await;
        self.report(ended.as_ref().err());
        let now = self.clock.now();
        // If the machine stops before this is written, the program gets the entry again.
        match ended {
            Ok(()) => self.store.write(move |tx| outbox::delivered(tx, entry.id, now)).await?,
            Err(fault) => match delivery::next_try(entry.tries + 1, entry.made_at, now) {
                Some(next) => self.store.write(move |tx| outbox::failed(tx, entry.id, &fault, next)).await?,
                None => self.give_up(entry).await?,
            },
        }
        Ok(true)
    }

    async fn give_up(&self, entry: Entry) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.store
            .write(move |tx| {
                outbox::given_up(tx, entry.id, now)?;
                let task = NewTask {
                    // One task, however many outcomes were not taken.
                    cause: "undelivered".to_owned(),
                    kind: TaskKind::Undelivered,
                    code: "given-up".to_owned(),
                    is_urgent: false,
                    phone: None,
                    conversation: None,
                    since: entry.made_at,
                    size: outbox::given_up_since(tx, now - GIVEN_UP_AFTER * 7)?,
                    said: None,
                    detail: Some("the program in [outcomes] did not take some outcomes for 24 hours".to_owned()),
                    appointments: Vec::new(),
                };
                tasks::open(tx, &task, now).map(drop)
            })
            .await
    }

    fn report(&mut self, fault: Option<&String>) {
        let Some(changes) = self.state.is(fault.map_or(WELL, String::as_str), self.clock.boot()) else { return };
        match fault {
            Some(fault) => error!(
                "the program in [outcomes] does not take outcomes: {fault}. Leadtime tries again for 24 hours and then opens a task; check the program{}",
                left_out(changes)
            ),
            None => info!("the program in [outcomes] takes outcomes again{}", left_out(changes)),
        }
    }
}
