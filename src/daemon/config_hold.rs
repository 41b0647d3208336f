//! A change of the rules that would send more than usual at once waits for a person, or for the next day.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::config::{self, Config};
use crate::domain::zone::Zone;
use crate::planner::input::Mode;
use crate::reports::config_difference::Difference;
use crate::store::controls::config_hold::{self, ConfigHold};
use crate::store::{Store, StoreError};

/// So many texts within a day are never too many.
const FEW: u64 = 20;

/// How a reload ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reload {
    /// The file is in force.
    Taken,
    /// It has a mistake, or something else failed.
    Refused,
    /// It is good, and waits.
    Held(ConfigHold),
}

impl Reload {
    /// Why the file is not in force, in words for an alert; empty for a mistake in it.
    pub(crate) fn why_not(&self) -> Option<String> {
        match self {
            Reload::Taken => None,
            Reload::Refused => Some(String::new()),
            Reload::Held(held) => Some(words(held)),
        }
    }
}

/// What a change that waits would do, and what to do about it.
pub(crate) fn words(held: &ConfigHold) -> String {
    format!(
        "it would send {} texts within a day, and lately no day had more than {}. If that is meant, run \
         `leadtime confirm-change`; else it comes into force tomorrow",
        held.at_once, held.usual
    )
}

/// Whether so many texts within a day are more than usual: more than before the change, and more than twice the busiest
/// day lately.
fn is_unusual(before: u64, after: u64, usual: u64) -> bool {
    after > FEW && after > before && after > 2 * usual.max(before)
}

/// Somebody confirmed it, or its day is over.
fn has_waited(held: &ConfigHold, zone: &Zone, now: DateTime<Utc>) -> bool {
    held.confirmed || zone.local(held.since).date_naive() < zone.local(now).date_naive()
}

/// Holds the change if it is unusual and neither confirmed nor a day old. `before`: texts within a day as things are.
pub(crate) async fn weigh(
    store: &Store,
    new: &Config,
    (before, after): (u64, u64),
    now: DateTime<Utc>,
) -> Result<Option<ConfigHold>, StoreError> {
    let (fingerprint, zone) = (new.fingerprint(), new.practice.zone.clone());
    // In observe mode nothing leaves, so there is nothing to hold.
    if new.rulebook.mode == Mode::Observe {
        return Ok(None);
    }
    store
        .write(move |tx| {
            let held = config_hold::get(tx)?.filter(|held| held.fingerprint == fingerprint);
            let usual = config_hold::usual(tx, now)?;
            if held.is_some_and(|held| has_waited(&held, &zone, now)) || !is_unusual(before, after, usual) {
                return Ok(None);
            }
            let held = ConfigHold { fingerprint, since: now, at_once: after, usual, confirmed: false };
            config_hold::hold(tx, &held)?;
            Ok(Some(held))
        })
        .await
}

/// Texts within a day before a change and after it. While the configuration in force is held itself, nothing goes out
/// before.
pub(crate) fn at_once(difference: &Difference, is_held: bool) -> (u64, u64) {
    let (before, after) = difference.at_once;
    (if is_held { 0 } else { before }, after)
}

/// Whether the change that waits may come into force now, and still is the one in the file: another one was neither
/// weighed nor confirmed.
pub(crate) async fn is_ripe(
    store: &Store,
    path: &Path,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let held = store.read(config_hold::get).await?;
    let ripe = held.filter(|held| has_waited(held, &config.practice.zone, now));
    Ok(ripe.is_some_and(|held| config::fingerprint_of(path).is_some_and(|file| file == held.fingerprint)))
}

/// At a start: the change that waits, if it is the one this configuration brings and it has not waited long enough. Any
/// other is forgotten, because the file it was in is gone, or in force from now on.
pub(crate) async fn at_start(
    store: &Store,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<Option<ConfigHold>, StoreError> {
    let (fingerprint, zone) = (config.fingerprint(), config.practice.zone.clone());
    let live = config.rulebook.mode == Mode::Live;
    store
        .write(move |tx| {
            let held = config_hold::get(tx)?;
            let waits = held.filter(|held| live && held.fingerprint == fingerprint && !has_waited(held, &zone, now));
            if waits.is_none() {
                config_hold::forget(tx)?;
            }
            Ok(waits)
        })
        .await
}

/// No change waits any more.
pub(crate) async fn forget(store: &Store) -> Result<(), StoreError> {
    store.write(config_hold::forget).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unusual() {
        assert!(!is_unusual(0, 20, 0), "few are never too many");
        assert!(is_unusual(0, 21, 0));
        assert!(!is_unusual(0, 60, 30), "twice the busiest day is not");
        assert!(is_unusual(0, 61, 30));
        assert!(!is_unusual(80, 80, 10), "no more than before");
    }
}
