//! Writes confirmations to the FHIR servers of the appointments, after each read of the feed.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::config::feeds::{Feed, FhirSource, Source};
use crate::domain::task::TaskKind;
use crate::feeds::formats::fhir::Confirmation;
use crate::feeds::pulling::{self, AskError, Memory};
use crate::feeds::sources::fetch_error::FetchError;
use crate::feeds::sources::fhir::{Confirmed, confirm};
use crate::store::connection::store::{blocking, in_transaction};
use crate::store::outcomes::tasks::{self, NewTask};
use crate::store::outcomes::write_backs::{self, Due, Ended, GIVEN_UP_AFTER};
use crate::store::{Connection, StoreError};

/// Writes that are made after one read, so that the next read is not late.
const MOST: usize = 50;

/// What became of the confirmations that were due.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct WroteBack {
    /// How many the server took.
    pub(crate) sent: u64,
    /// Why others could not be written.
    pub(crate) failed: Option<String>,
}

/// Writes what is due for a feed. `open`: how a connection to our database is made.
pub(crate) async fn write_back(
    feed: &Feed,
    config: &Config,
    memory: &mut Memory,
    open: fn(&Path) -> Result<Connection, StoreError>,
    now: DateTime<Utc>,
) -> Result<WroteBack, StoreError> {
    let mut wrote = WroteBack::default();
    let Source::Fhir(source) = &feed.source else { return Ok(wrote) };
    if !source.server.as_ref().is_some_and(|server| server.write_back) {
        return Ok(wrote);
    }
    let (name, database) = (feed.name.clone(), config.database.clone());
    let due = blocking(move || write_backs::due(&open(&database)?, &name, now)).await?;
    let mut ends = Vec::new();
    for due in due.into_iter().take(MOST) {
        let ended = match try_one(feed, source, memory, &due, now).await {
            Ok(ended) => ended,
            Err(error) => {
                let why = error.to_string();
                wrote.failed = Some(why.clone());
                ends.push((due.clone(), waits_or_ends(&due, why, now)));
                match error {
                    // This one only, as far as one can tell.
                    AskError::Fetch(FetchError::Refused { .. } | FetchError::Unreadable { .. }) => continue,
                    // The others would fail in the same way.
                    _ => break,
                }
            }
        };
        wrote.sent += u64::from(ended == Ended::Sent);
        ends.push((due, ended));
    }
    let (database, name) = (config.database.clone(), feed.name.clone());
    blocking(move || {
        let mut connection = open(&database)?;
        let begun = write_backs::begun_unwritten(&connection, &name, now)?;
        ends.extend(begun.into_iter().map(|due| (due, Ended::GivenUp("the appointment has begun".to_owned()))));
        if ends.is_empty() {
            return Ok(());
        }
        in_transaction(&mut connection, |tx| {
            for (due, ended) in &ends {
                write_backs::ended(tx, due, ended, now)?;
                if let Ended::GivenUp(why) = ended {
                    tasks::open(
                        tx,
                        &task(&name, due, why, write_backs::given_up_since(tx, now - GIVEN_UP_AFTER * 7)?),
                        now,
                    )?;
                }
            }
            Ok(())
        })
    })
    .await?;
    Ok(wrote)
}

async fn try_one(
    feed: &Feed,
    source: &FhirSource,
    memory: &mut Memory,
    due: &Due,
    now: DateTime<Utc>,
) -> Result<Ended, AskError> {
    let Some(server) = &source.server else { return Ok(Ended::Left("the feed has no server".to_owned())) };
    let prefix = feed.settings.id_prefix.as_deref().unwrap_or_default();
    let bare = |id: &str| id.strip_prefix(prefix).unwrap_or(id).to_owned();
    let (id, patient) = (bare(&due.appointment), bare(&due.patient));
    let statuses = &source.statuses;
    let confirmation = Confirmation { id: &id, patient_id: &patient, start: due.start, statuses };
    let secret = pulling::secret(feed)?;
    Ok(match confirm(server, secret, &mut memory.fhir.sign_in, &confirmation, now).await? {
        Confirmed::Already => Ended::Written,
        Confirmed::No(why) => Ended::Left(why),
        Confirmed::Sent if is_late(due, now) => Ended::GivenUp("the server takes it, but does not show it".to_owned()),
        Confirmed::Sent => Ended::Sent,
        Confirmed::Changed => waits_or_ends(due, "the appointment was changed meanwhile".to_owned(), now),
    })
}

fn is_late(due: &Due, now: DateTime<Utc>) -> bool {
    due.began.is_some_and(|began| now - began >= GIVEN_UP_AFTER)
}

fn waits_or_ends(due: &Due, why: String, now: DateTime<Utc>) -> Ended {
    if is_late(due, now) { Ended::GivenUp(why) } else { Ended::Waiting(why) }
}

fn task(feed: &str, due: &Due, why: &str, size: u64) -> NewTask {
    NewTask {
        // One task, however many confirmations could not be written.
        cause: format!("write-back {feed}"),
        kind: TaskKind::Undelivered,
        code: "given-up".to_owned(),
        is_urgent: false,
        phone: None,
        conversation: None,
        since: due.since,
        size,
        said: None,
        detail: Some(format!("confirmations could not be written to the source of the feed {feed}: {why}")),
        appointments: Vec::new(),
    }
}
