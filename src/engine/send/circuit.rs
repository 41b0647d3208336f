//! Whether a key may be used now: the circuit, the back-off, the pauses Annie asks for. Pure.
//!
//! Everything is derived from the ledger ([`Health`]), so a crash or a restart loses nothing.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::phone::Phone;
use crate::domain::reminder::Wait;
use crate::store::conversations::circuits::{Health, Open};

/// After this many rejections in a row, sending slows down.
const SLOW_AFTER: u32 = 3;
/// The pause between two texts then.
const SLOW: TimeDelta = TimeDelta::minutes(5);

/// Nothing here waits longer than this.
const LONGEST: TimeDelta = TimeDelta::minutes(61);

/// A number refused at least this often since Annie last accepted one waits for [`REFUSED_AGAIN`]: one try after the
/// key was found good again is enough.
const REFUSED_ENOUGH: u32 = 2;
/// See [`REFUSED_ENOUGH`].
const REFUSED_AGAIN: TimeDelta = TimeDelta::hours(24);

/// After this many unclear outcomes in a row, there is one POST at a time, with a back-off.
const UNCLEAR_AFTER: u32 = 3;

/// What a key may do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Permit {
    /// Send, at most this many at once.
    Go {
        /// POSTs in progress at once.
        at_once: usize,
        /// Numbers that no text may go to: Annie just refused one, and it is not known yet whether it meant the number.
        avoid: Vec<Phone>,
    },
    /// Wait.
    Wait {
        /// What for.
        why: Wait,
        /// When to ask again.
        until: DateTime<Utc>,
    },
    /// Stop sending: open the circuit.
    Open {
        /// Why, in words.
        reason: String,
    },
    /// Try the key with a GET.
    Probe,
}

/// What a key with this health may do at `now`.
pub(crate) fn decide(health: &Health, now: DateTime<Utc>) -> Permit {
    // A time far in the future was written by a clock that has been set back since.
    let waits = |until: &DateTime<Utc>| *until > now && *until - now <= LONGEST;
    if let Some(open) = &health.open {
        return match !waits(&open.next_probe) {
            true => Permit::Probe,
            false => Permit::Wait { why: Wait::Circuit, until: open.next_probe },
        };
    }
    if health.bug {
        return Permit::Open { reason: "a request could not be built: this is a bug in Leadtime".to_owned() };
    }
    if health.refused.len() >= 2 {
        return Permit::Open { reason: refusal(health, "two numbers in a row") };
    }
    if let Some(until) = health.limited_until.filter(waits) {
        return Permit::Wait { why: Wait::Pace, until };
    }
    let offline = health.last_unreachable.filter(|_| health.unreachable_in_a_row > 0);
    let back_online = offline.map(|last| last + offline_delay(health.unreachable_in_a_row));
    if let Some(until) = back_online.filter(waits) {
        return Permit::Wait { why: Wait::Offline, until };
    }
    // Each text without a clear answer is one that is not sent again: a failing Annie must not cost a whole day of
    // texts.
    let unclear = health.unclear_in_a_row >= UNCLEAR_AFTER;
    let after_unclear = health
        .last_unclear
        .filter(|_| unclear)
        .map(|last| last + offline_delay(health.unclear_in_a_row.saturating_sub(UNCLEAR_AFTER - 1)));
    if let Some(until) = after_unclear.filter(waits) {
        return Permit::Wait { why: Wait::Offline, until };
    }
    let slow = health.rejected_in_a_row >= SLOW_AFTER;
    if let Some(until) = health.last_answer.filter(|_| slow).map(|last| last + SLOW).filter(waits) {
        return Permit::Wait { why: Wait::Pace, until };
    }
    let careful = slow || unclear || back_online.is_some() || !health.refused.is_empty();
    Permit::Go { at_once: if careful { 1 } else { usize::MAX }, avoid: health.refused.clone() }
}

/// What due texts wait for, for a key with this health at `now`; none if nothing stands in the way.
pub(crate) fn waits(health: &Health, now: DateTime<Utc>) -> Option<Wait> {
    match decide(health, now) {
        Permit::Go { .. } => None,
        Permit::Wait { why, .. } => Some(why),
        Permit::Open { .. } | Permit::Probe => Some(Wait::Circuit),
    }
}

/// Numbers that are not tried at `now` even if no other is due: Annie refused them again and again.
pub(crate) fn refused_for_now(health: &Health, now: DateTime<Utc>) -> Vec<Phone> {
    let rests = |last: DateTime<Utc>| last <= now && now - last < REFUSED_AGAIN;
    let refused = health.refused_before.iter().filter(|r| r.times >= REFUSED_ENOUGH && rests(r.last));
    refused.map(|refused| refused.phone.clone()).collect()
}

/// Why the circuit opens when the only number with a text due is the one that Annie refused.
pub(crate) fn only_the_refused_is_due(health: &Health) -> String {
    refusal(health, "one number, and no text to another number is due to tell whether only this one is refused")
}

fn refusal(health: &Health, whom: &str) -> String {
    let status = health.refused_status.map_or_else(|| "an error".to_owned(), |status| format!("status {status}"));
    let cause = match health.refused_status {
        Some(401) => "the API key is not valid",
        Some(403) => "the API key lacks permission",
        Some(404) => "the address or from_number is wrong",
        _ => "the address is wrong",
    };
    format!("Annie refused with {status} ({whom}): probably {cause}")
}

/// An open circuit, after this many probes since the last accepted text.
pub(crate) fn opened(reason: String, probes: u32, since: DateTime<Utc>, now: DateTime<Utc>) -> Open {
    let delay = nth(
        ExponentialBuilder::new().with_min_delay(Duration::from_secs(300)).with_max_delay(Duration::from_secs(3600)),
        probes + 1,
    );
    Open { since, reason, next_probe: now + delay, probes }
}

/// How long to wait after this many attempts in a row did not reach Annie: 5 s, doubled each time, at most 5 min.
fn offline_delay(in_a_row: u32) -> TimeDelta {
    nth(
        ExponentialBuilder::new().with_min_delay(Duration::from_secs(5)).with_max_delay(Duration::from_secs(300)),
        in_a_row,
    )
}

/// The same for a GET, which does no harm: half a second, doubled each time, at most 5 min.
pub(crate) fn reading_delay(in_a_row: u32) -> TimeDelta {
    let builder = ExponentialBuilder::new().with_min_delay(Duration::from_millis(500));
    nth(builder.with_max_delay(Duration::from_secs(300)), in_a_row)
}

/// The delay before try number `n`, from 1.
fn nth(builder: ExponentialBuilder, n: u32) -> TimeDelta {
    /// Doubling reaches every maximum here in fewer steps.
    const ENOUGH: u32 = 12;
    let index = n.clamp(1, ENOUGH) as usize - 1;
    let delay = builder.without_max_times().build().nth(index).unwrap_or_default();
    TimeDelta::from_std(delay).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-24T17:00:00Z".parse().unwrap()
    }

    fn phone(last: u8) -> Phone {
        Phone::from_e164(&format!("+1303555010{last}")).unwrap()
    }

    #[test]
    fn a_healthy_key_sends() {
        assert_eq!(decide(&Health::default(), now()), Permit::Go { at_once: usize::MAX, avoid: vec![] });
    }

    #[test]
    fn one_refused_number_is_avoided_and_two_open_the_circuit() {
        let one = Health { refused: vec![phone(1)], refused_status: Some(403), ..Health::default() };
        assert_eq!(decide(&one, now()), Permit::Go { at_once: 1, avoid: vec![phone(1)] });
        let two = Health { refused: vec![phone(1), phone(2)], ..one };
        assert!(matches!(decide(&two, now()), Permit::Open { reason } if reason.contains("403")));
    }

    #[test]
    fn an_open_circuit_is_probed_at_growing_intervals() {
        let mut waits = Vec::new();
        for probes in 0..6 {
            let open = opened("r".into(), probes, now(), now());
            waits.push((open.next_probe - now()).num_minutes());
            let health = Health { open: Some(open.clone()), ..Health::default() };
            assert_eq!(decide(&health, now()), Permit::Wait { why: Wait::Circuit, until: open.next_probe });
            assert_eq!(decide(&health, open.next_probe), Permit::Probe);
        }
        assert_eq!(waits, [5, 10, 20, 40, 60, 60]);
    }

    #[test]
    fn while_offline_one_text_at_a_time_is_tried_with_growing_delays() {
        let wait = |in_a_row| match decide(
            &Health { unreachable_in_a_row: in_a_row, last_unreachable: Some(now()), ..Health::default() },
            now(),
        ) {
            Permit::Wait { why: Wait::Offline, until } => (until - now()).num_seconds(),
            other => panic!("{other:?}"),
        };
        assert_eq!([1, 2, 3, 6, 7, 8, 1_000_000].map(wait), [5, 10, 20, 160, 300, 300, 300]);
        let health = Health { unreachable_in_a_row: 1, last_unreachable: Some(now()), ..Health::default() };
        assert_eq!(decide(&health, now() + TimeDelta::seconds(5)), Permit::Go { at_once: 1, avoid: vec![] });
    }

    #[test]
    fn unclear_outcomes_in_a_row_slow_down_sending() {
        let health = |in_a_row| Health { unclear_in_a_row: in_a_row, last_unclear: Some(now()), ..Health::default() };
        assert_eq!(decide(&health(2), now()), Permit::Go { at_once: usize::MAX, avoid: vec![] });
        for (in_a_row, seconds) in [(3, 5), (4, 10), (5, 20), (50, 300)] {
            let until = now() + TimeDelta::seconds(seconds);
            assert_eq!(decide(&health(in_a_row), now()), Permit::Wait { why: Wait::Offline, until });
            assert_eq!(decide(&health(in_a_row), until), Permit::Go { at_once: 1, avoid: vec![] });
        }
    }

    #[test]
    fn three_rejections_slow_down_sending_and_a_429_pauses_it() {
        let rejected = Health { rejected_in_a_row: 3, last_answer: Some(now()), ..Health::default() };
        assert_eq!(decide(&rejected, now()), Permit::Wait { why: Wait::Pace, until: now() + SLOW });
        assert_eq!(decide(&rejected, now() + SLOW), Permit::Go { at_once: 1, avoid: vec![] });
        let two = Health { rejected_in_a_row: 2, ..rejected };
        assert_eq!(decide(&two, now()), Permit::Go { at_once: usize::MAX, avoid: vec![] });
        let until = now() + TimeDelta::seconds(30);
        let limited = Health { limited_until: Some(until), ..Health::default() };
        assert_eq!(decide(&limited, now()), Permit::Wait { why: Wait::Pace, until });
        assert_eq!(decide(&limited, until), Permit::Go { at_once: usize::MAX, avoid: vec![] });
    }

    #[test]
    fn a_request_that_cannot_be_built_opens_the_circuit() {
        assert!(matches!(decide(&Health { bug: true, ..Health::default() }, now()), Permit::Open { .. }));
    }
}
