//! Keeps the tasks that follow from lasting states up to date: patients to call, texts to decide about, rows and
//! imports to correct. Tasks about replies are opened where the replies are read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::task::JoinHandle;
use tracing::warn;

use crate::config::Config;
use crate::domain::announcer::{Announcer, left_out};
use crate::domain::reminder::Skip;
use crate::domain::task::TaskKind;
use crate::planner::input::Mode;
use crate::reports::not_reached::{NotReached, coming_days, list_stored};
use crate::store::appointments::{feed_state, refused_rows};
use crate::store::ledger::resolution;
use crate::store::outcomes::named;
use crate::store::outcomes::tasks::{self, NewTask};
use crate::store::{Connection, Store, StoreError, Transaction};

/// How often they are checked.
const EVERY: Duration = Duration::from_secs(120);
/// The kinds that are opened and closed here.
const KINDS: [TaskKind; 4] = [TaskKind::Call, TaskKind::HeldText, TaskKind::RefusedRows, TaskKind::FeedHeld];
/// Reasons for which the task about the reply is enough.
const REPLIES: [Skip; 3] = [Skip::AskedToChange, Skip::ReplyUnclear, Skip::WrongPerson];

/// When the tasks were last checked.
#[derive(Debug)]
pub(crate) struct TaskUpkeep {
    next: Duration,
    state: Announcer,
    /// The check in progress, beside the passes: it plans every number of the coming days.
    running: Option<JoinHandle<Result<(), StoreError>>>,
}

impl TaskUpkeep {
    /// Nothing was checked in this run yet.
    pub(crate) fn new() -> TaskUpkeep {
        TaskUpkeep { next: Duration::ZERO, state: Announcer::starts_as(""), running: None }
    }

    /// Begins to check them, if it is time.
    pub(crate) async fn look(&mut self, store: &Store, config: &Arc<Config>, now: DateTime<Utc>, boot: Duration) {
        if let Some(running) = self.running.take_if(|running| running.is_finished())
            // A panic has been logged; the next check tells whether it works again.
            && let Ok(written) = running.await
        {
            self.note(&written, boot);
        }
        if boot < self.next || self.running.is_some() {
            return;
        }
        self.next = boot + EVERY;
        let (store, config) = (store.clone(), config.clone());
        self.running = Some(tokio::spawn(async move {
            let wanted = store.read(move |connection| wanted(connection, &config, now)).await?;
            store.write(move |tx| apply(tx, &wanted, now)).await
        }));
    }

    fn note(&mut self, written: &Result<(), StoreError>, boot: Duration) {
        let why = written.as_ref().err().map(ToString::to_string).unwrap_or_default();
        if let (Some(changes), Err(error)) = (self.state.is(&why, boot), written) {
            warn!(
                "the list of tasks cannot be brought up to date ({error}); texts still go out. Leadtime tries again in two minutes{}",
                left_out(changes)
            );
        }
    }
}

fn apply(tx: &Transaction<'_>, wanted: &[NewTask], now: DateTime<Utc>) -> Result<(), StoreError> {
    tasks::close_settled(tx, now)?;
    for task in wanted {
        tasks::open_unless_done(tx, task, now)?;
    }
    let causes: Vec<&str> = wanted.iter().map(|task| task.cause.as_str()).collect();
    tasks::close_others(tx, &KINDS, &causes, now)?;
    Ok(())
}

/// The tasks that the states of now call for.
fn wanted(connection: &Connection, config: &Config, now: DateTime<Utc>) -> Result<Vec<NewTask>, StoreError> {
    let mut wanted = calls(connection, config, now)?;
    wanted.extend(held_texts(connection)?);
    wanted.extend(refused(connection, now)?);
    wanted.extend(held_imports(connection)?);
    Ok(wanted)
}

fn calls(connection: &Connection, config: &Config, now: DateTime<Utc>) -> Result<Vec<NewTask>, StoreError> {
    if config.rulebook.mode == Mode::Observe {
        return Ok(Vec::new());
    }
    let found = list_stored(connection, config, coming_days(config, now), now)?;
    let is_call = |entry: &NotReached| REPLIES.iter().all(|reason| reason.code() != entry.code);
    let mut wanted = Vec::new();
    for entry in found.patients.into_iter().filter(is_call) {
        let id = &entry.appointment.id;
        let start = entry.appointment.starts_at;
        wanted.push(NewTask {
            cause: format!("call/{id}/{}", start.timestamp()),
            kind: TaskKind::Call,
            code: entry.code.to_owned(),
            is_urgent: false,
            phone: named::number_of(connection, &config.practice.country.code(), id)?,
            conversation: None,
            since: now,
            size: 1,
            said: None,
            detail: Some(entry.why.to_owned()),
            appointments: named::in_the_book(connection, id)?.into_iter().collect(),
        });
    }
    Ok(wanted)
}

fn held_texts(connection: &Connection) -> Result<Vec<NewTask>, StoreError> {
    let mut wanted = Vec::new();
    for held in resolution::held(connection)? {
        let id = &held.key.appointment_id;
        wanted.push(NewTask {
            cause: format!("held-text/{}", held.id),
            kind: TaskKind::HeldText,
            code: held.why.unwrap_or_else(|| "held".to_owned()),
            is_urgent: false,
            phone: held.phone,
            conversation: None,
            since: held.tried_at,
            size: 1,
            said: None,
            detail: Some(format!("`{}`; `leadtime resolve {}` decides", held.key.rule, held.id)),
            appointments: named::in_the_book(connection, id)?.into_iter().collect(),
        });
    }
    Ok(wanted)
}

/// One for each feed and reason.
fn refused(connection: &Connection, now: DateTime<Utc>) -> Result<Vec<NewTask>, StoreError> {
    let mut by_reason: BTreeMap<(String, String), (u64, DateTime<Utc>)> = BTreeMap::new();
    for row in refused_rows::list(connection, None, now)? {
        let entry = by_reason.entry((row.feed, row.reason)).or_insert((0, row.at));
        *entry = (entry.0 + 1, entry.1.min(row.at));
    }
    let task = |((feed, reason), (size, since)): ((String, String), (u64, DateTime<Utc>))| NewTask {
        cause: format!("refused-rows/{feed}/{reason}"),
        kind: TaskKind::RefusedRows,
        code: "row-unreadable".to_owned(),
        is_urgent: false,
        phone: None,
        conversation: None,
        since,
        size,
        said: None,
        detail: Some(format!("feed {feed}: {reason}")),
        appointments: Vec::new(),
    };
    Ok(by_reason.into_iter().map(task).collect())
}

fn held_imports(connection: &Connection) -> Result<Vec<NewTask>, StoreError> {
    let held = feed_state::all(connection)?.into_iter().filter_map(|state| {
        let (since, why) = state.held?;
        Some((state.feed, since, why))
    });
    let task = |(feed, since, why): (String, DateTime<Utc>, String)| NewTask {
        cause: format!("feed-held/{feed}/{}", since.timestamp()),
        kind: TaskKind::FeedHeld,
        code: "held".to_owned(),
        is_urgent: false,
        phone: None,
        conversation: None,
        since,
        size: 1,
        said: None,
        detail: Some(format!("feed {feed}: {why}")),
        appointments: Vec::new(),
    };
    Ok(held.map(task).collect())
}
