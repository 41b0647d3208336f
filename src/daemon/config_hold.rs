//! A rule change that would send more texts than usual at once waits for a person or for the next day.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::config::{self, Config};
use crate::domain::zone::Zone;
use crate::planner::input::Mode;
use crate::reports::config_difference::Difference;
use crate::store::controls::config_hold::{self, ConfigHold, Effect};
use crate::store::{Store, StoreError};

/// This many texts within a day are never too many.
const FEW: u64 = 20;

/// How a reload ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reload {
    /// The file is in effect.
    Taken,
    /// It has a mistake, or something else failed.
    Refused,
    /// It is valid and held.
    Held(ConfigHold),
}

impl Reload {
    /// Why the file is not in effect, in words for an alert; empty if it has a mistake.
    pub(crate) fn why_not(&self) -> Option<String> {
        match self {
            Reload::Taken => None,
            Reload::Refused => Some(String::new()),
            Reload::Held(held) => Some(words(held)),
        }
    }
}

/// What a held change would do, and what to do about it.
pub(crate) fn words(held: &ConfigHold) -> String {
    format!(
        "it would send {} texts within one day, and no recent day had more than {}. If that is intended, run \
         `leadtime confirm-change`; if not, fix the configuration before tomorrow, when it takes effect automatically",
        held.at_once, held.usual
    )
}

/// Whether this many texts within a day are unusual: more than before the change, and more than twice as many as on the
/// busiest recent day.
fn is_unusual(before: u64, after: u64, usual: u64) -> bool {
    after > FEW && after > before && after > 2 * usual.max(before)
}

/// Whether a person has confirmed it, or its day is over.
fn has_waited(held: &ConfigHold, zone: &Zone, now: DateTime<Utc>) -> bool {
    held.confirmed || zone.local(held.since).date_naive() < zone.local(now).date_naive()
}

/// Holds the change if it is unusual and neither confirmed nor a day old. `before`: texts within a day without the
/// change. `effects`: what it does, for the person who decides.
pub(crate) async fn weigh(
    store: &Store,
    new: &Config,
    (before, after): (u64, u64),
    effects: Vec<Effect>,
    now: DateTime<Utc>,
) -> Result<Option<ConfigHold>, StoreError> {
    let (fingerprint, zone) = (new.fingerprint(), new.practice.zone.clone());
    // In observe mode nothing is sent, so there is nothing to hold.
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
            let held = ConfigHold { fingerprint, since: now, at_once: after, usual, effects, confirmed: false };
            config_hold::hold(tx, &held)?;
            Ok(Some(held))
        })
        .await
}

/// Texts within a day before a change and after it. While the current configuration is itself held, nothing goes out
/// before the change.
pub(crate) fn at_once(difference: &Difference, is_held: bool) -> (u64, u64) {
    let (before, after) = difference.at_once;
    (if is_held { 0 } else { before }, after)
}

/// Whether the held change may take effect now and is still the one in the file: any other was neither weighed nor
/// confirmed.
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

/// At a start: the held change, if it is the one in this configuration and has not waited long enough. Any other is
/// forgotten, because its file is gone, or in effect from now on.
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

/// No change is held any more.
pub(crate) async fn forget(store: &Store) -> Result<(), StoreError> {
    store.write(config_hold::forget).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_twenty_and_twice_the_busiest_day_is_unusual() {
        assert!(!is_unusual(0, 20, 0), "a few texts are never too many");
        assert!(is_unusual(0, 21, 0));
        assert!(!is_unusual(0, 60, 30), "exactly twice the busiest day is not unusual");
        assert!(is_unusual(0, 61, 30));
        assert!(!is_unusual(80, 80, 10), "not more than before");
    }
}
