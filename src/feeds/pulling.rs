//! Pulls a feed: asks its database, FHIR server or calendar for the coming days, then imports the answer like an export.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use crate::config::Config;
use crate::config::feeds::{Auth, Feed, Source, Window, ZoneSource};
use crate::config::values::zones::Zones;
use crate::domain::operator::Operator;
use crate::domain::zone::Zone;
use crate::feeds::documents::span;
use crate::feeds::importing::{self, How, ImportError, Imported, Job};
use crate::feeds::mapping::options;
use crate::feeds::sources::answer::Answer;
use crate::feeds::sources::fetch_error::FetchError;
use crate::feeds::sources::password::{self, Form, PasswordError};
use crate::feeds::sources::{database, fhir, ical};
use crate::store::appointments::feed_state;
use crate::store::connection::store::blocking;
use crate::store::{Connection, StoreError};

/// How long a source may fail before that is an alert, if the feed sets no `stale_after`.
const PATIENCE: TimeDelta = TimeDelta::hours(2);
/// The longest pause after the first failure.
const FIRST_PAUSE: Duration = Duration::from_secs(300);
/// The longest pause between two tries of a source that fails.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// Why a source could not be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// There is no usable password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// There was no complete answer.
    #[error(transparent)]
    Fetch(#[from] FetchError),
}

/// Why a pull changed nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PullError {
    /// The source gave no answer. This is recorded as the feed's state.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The answer could not be imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// Our own database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is kept of a feed's source between two pulls.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) fhir: fhir::Memory,
    ical: ical::Memory,
}

/// Asks a feed's source for the coming days.
pub(crate) async fn ask(
    feed: &Feed,
    config: &Config,
    memory: &mut Memory,
    now: DateTime<Utc>,
) -> Result<Answer, AskError> {
    let zone = match &feed.settings.timezone {
        Some(ZoneSource::Named(zone)) => zone,
        _ => &config.practice.zone,
    };
    let window = |ahead| window(&config.practice.zone, zone, ahead, now);
    let secret = secret(feed)?;
    let table = match &feed.source {
        Source::Database(source) => {
            return Ok(database::fetch(feed, source, secret, window(source.ahead), zone.name()).await?);
        }
        Source::Fhir(source) => match &source.server {
            Some(server) => {
                let Window { today, ahead } = window(source.ahead);
                let span = span(&config.practice.zone, today, ahead);
                fhir::fetch((feed, server), secret, span, &mut memory.fhir, now).await?
            }
            None => return Err(FetchError::NotBuiltIn("files by itself").into()),
        },
        Source::Ical(source) => match &source.url {
            Some(web) => {
                let Window { today, ahead } = window(source.ahead);
                let span = span(&config.practice.zone, today, ahead);
                ical::fetch((feed, source, web), secret, span, &mut memory.ical).await?
            }
            None => return Err(FetchError::NotBuiltIn("files by itself").into()),
        },
        Source::Files | Source::Hl7(_) => return Err(FetchError::NotBuiltIn("files by itself").into()),
    };
    Ok(Answer::of(&table, options(feed).limits)?)
}

/// The secret that a feed's source needs.
pub(crate) fn secret(feed: &Feed) -> Result<Option<SecretString>, PasswordError> {
    let form = match &feed.source {
        Source::Fhir(source)
            if source.server.as_ref().is_some_and(|server| matches!(server.auth, Auth::Smart { .. })) =>
        {
            Form::Key
        }
        _ => Form::Line,
    };
    feed.source.secret().map_or(Ok(None), |place| password::find(place, form))
}

/// The days to ask for. An answer is taken for the complete list of the days on the practice's calendar; where it is
/// another day in the feed's zone, both are asked for.
fn window(practice: &Zone, feed: &Zone, ahead: u32, now: DateTime<Utc>) -> Window {
    let days = [practice, feed].map(|zone| zone.local(now).date_naive());
    let apart = days[0].signed_duration_since(days[1]).num_days().unsigned_abs();
    Window { today: days[0].min(days[1]), ahead: ahead + u32::try_from(apart).unwrap_or_default() }
}

/// Imports an answer, or records that there was none, with a connection of its own, so that no text waits. `open`: how
/// that connection is made.
pub(crate) async fn store(
    feed: &Feed,
    answer: Result<Answer, AskError>,
    config: &Config,
    open: fn(&Path) -> Result<Connection, StoreError>,
    now: DateTime<Utc>,
) -> Result<Imported, PullError> {
    let (feed, config) = (feed.clone(), config.clone());
    blocking(move || {
        let mut connection = open(&config.database)?;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                feed_state::fails(&connection, &feed.name, &error.to_string(), patience(&feed), now)?;
                return Err(error.into());
            }
        };
        feed_state::answers(&connection, &feed.name)?;
        let zones = Zones::of_this_machine();
        let context = importing::context(&config, &zones, now);
        let how = How::recurring(&feed);
        let job = Job { feed: &feed, context: &context, how, by: Operator::default(), now };
        Ok(importing::import(&mut connection, || answer.source(), job, |_| {})?)
    })
    .await
}

/// How long a feed's source may fail before that is an alert.
pub(crate) fn patience(feed: &Feed) -> TimeDelta {
    feed.stale_after().unwrap_or(PATIENCE)
}

/// How long to wait for the next pull: after a failure a few minutes, then twice as long each time, up to an hour.
pub(crate) fn pause(every: Duration, failures: u32) -> Duration {
    let first = every.min(FIRST_PAUSE);
    match failures {
        0 => every,
        _ => first.saturating_mul(1 << (failures - 1).min(10)).min(LONGEST_PAUSE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_asked_for_cover_the_practices_calendar_and_the_feeds() {
        let zone = |name: &str| Zones::of_this_machine().load(name).unwrap();
        let (denver, sydney) = (zone("America/Denver"), zone("Australia/Sydney"));
        for (practice, feed, now, today, ahead) in [
            (&denver, &denver, "2026-11-26T18:00:00Z", "2026-11-26", 60),
            (&denver, &sydney, "2026-11-26T18:00:00Z", "2026-11-26", 61),
            (&sydney, &denver, "2026-11-26T18:00:00Z", "2026-11-26", 61),
            (&sydney, &denver, "2026-11-26T09:00:00Z", "2026-11-26", 60),
        ] {
            let found = window(practice, feed, 60, now.parse().unwrap());
            assert_eq!(found, Window { today: today.parse().unwrap(), ahead }, "{now}");
        }
    }

    #[test]
    fn a_source_that_fails_is_asked_less_and_less_often() {
        let minutes = |m: u64| Duration::from_secs(m * 60);
        for (every, failures, expected) in [
            (5, 0, 5),
            (5, 1, 5),
            (5, 2, 10),
            (5, 3, 20),
            (5, 4, 40),
            (5, 5, 60),
            (5, 99, 60),
            (1, 2, 2),
            (120, 0, 120),
            (120, 1, 5),
            (120, 9, 60),
        ] {
            assert_eq!(pause(minutes(every), failures), minutes(expected), "{every} {failures}");
        }
    }
}
