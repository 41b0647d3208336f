//! A change of the rules that would send more than usual at once waits for a person, or for the next day.

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::engine::difference::Difference;
use crate::store::held_change::{self, HeldChange};
use crate::store::{Store, StoreError};

/// So many texts within a day are never too many.
const FEW: u64 = 20;

/// Whether so many texts within a day are more than usual: more than before the change, and more than twice the busiest
/// day lately.
fn is_unusual(before: u64, after: u64, usual: u64) -> bool {
    after > FEW && after > before && after > 2 * usual.max(before)
}

/// Holds the change if it is unusual and neither confirmed nor a day old; then why, in words.
///
/// # Errors
/// Database errors.
pub(super) async fn weigh(
    store: &Store,
    new: &Config,
    difference: &Difference,
    now: DateTime<Utc>,
) -> Result<Option<String>, StoreError> {
    let (before, after) = difference.at_once;
    let (fingerprint, zone) = (new.plan_basis(now), new.practice.zone.clone());
    store
        .write(move |tx| {
            let held = held_change::get(tx)?.filter(|held| held.fingerprint == fingerprint);
            let waited = held.as_ref().is_some_and(|held| {
                held.confirmed || zone.local(held.since).date_naive() < zone.local(now).date_naive()
            });
            let usual = held_change::usual(tx, now)?;
            if waited || !is_unusual(before, after, usual) {
                held_change::forget(tx)?;
                return Ok(None);
            }
            held_change::hold(tx, &HeldChange { fingerprint, since: now, at_once: after, usual, confirmed: false })?;
            Ok(Some(format!(
                "it would send {after} texts within a day, and lately no day had more than {usual}. If that is meant, run \
                 `leadtime confirm-change`; else it comes into force tomorrow"
            )))
        })
        .await
}

/// Whether the change that waits may come into force now: somebody confirmed it, or its day is over.
///
/// # Errors
/// Database errors.
pub(super) async fn is_ripe(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let held = store.write(|tx| held_change::get(tx)).await?;
    let zone = &config.practice.zone;
    Ok(held.is_some_and(|held| held.confirmed || zone.local(held.since).date_naive() < zone.local(now).date_naive()))
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
