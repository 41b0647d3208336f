//! Whether this machine's clock can be trusted. Pure.
//!
//! Annie's answers carry its time. A clock that agrees with it is confirmed. After a start, and after every step of the
//! wall clock against the time since boot, it must be confirmed again before a text may leave.

use std::time::Duration;

use crate::domain::duration;
use chrono::{DateTime, TimeDelta, Utc};

/// How far the clock may be off.
pub(crate) const TOLERANCE: TimeDelta = TimeDelta::minutes(2);
/// If the clock is this far past Leadtime's last heartbeat, the machine may have been off, or the clock is wrong.
const LONG_OFF: TimeDelta = TimeDelta::days(7);

/// How far the clock is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ClockVerdict {
    /// Annie's clock agrees.
    Confirmed,
    /// Nothing contradicts it: good enough for planning, not for sending.
    Plausible,
    /// It is wrong, or may be: nothing is sent, and nothing counts as missed.
    Doubted(String),
}

/// Watches the clock.
#[derive(Debug, Clone)]
pub(crate) struct ClockMonitor {
    trust: ClockVerdict,
    /// The wall and boot clocks when they were last checked.
    seen: (DateTime<Utc>, Duration),
    /// Leadtime's last heartbeat before it started.
    last_sign: Option<DateTime<Utc>>,
    /// The boot clock when the last step was noticed: a request that began earlier says nothing about the clock since
    /// then.
    stepped: Option<Duration>,
}

/// A moment on both clocks.
pub(crate) type Instant = (DateTime<Utc>, Duration);

impl ClockMonitor {
    /// At the start, with the stored last heartbeat.
    pub(crate) fn start(last_sign: Option<DateTime<Utc>>, now: DateTime<Utc>, boot: Duration) -> ClockMonitor {
        let mut watch = ClockMonitor { trust: ClockVerdict::Plausible, seen: (now, boot), last_sign, stepped: None };
        if let Some(why) = watch.speaks_against(now) {
            watch.trust = ClockVerdict::Doubted(why);
        }
        watch
    }

    /// How far the clock is trusted.
    pub(crate) fn verdict(&self) -> &ClockVerdict {
        &self.trust
    }

    /// Whether texts may be sent by this clock.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.trust == ClockVerdict::Confirmed
    }

    /// Whether the clock is too doubtful for planning.
    pub(crate) fn is_doubted(&self) -> bool {
        matches!(self.trust, ClockVerdict::Doubted(_))
    }

    /// Checks both clocks: a step of one against the other raises a doubt.
    pub(crate) fn see(&mut self, now: DateTime<Utc>, boot: Duration) {
        let (wall, before) = self.seen;
        let passed = TimeDelta::from_std(boot.saturating_sub(before)).unwrap_or(TimeDelta::MAX);
        let step = (now - wall) - passed;
        self.seen = (now, boot);
        if step.abs() > TOLERANCE {
            let direction = if step < TimeDelta::zero() { "back" } else { "forward" };
            self.trust = ClockVerdict::Doubted(format!("the clock was set {direction} by {}", duration::rough(step)));
            self.stepped = Some(boot);
        }
    }

    /// Takes Annie's time from an answer to a request made between two moments of this machine.
    pub(crate) fn record_response_date(
        &mut self,
        date: Option<DateTime<Utc>>,
        (began, began_boot): Instant,
        (ended, ended_boot): Instant,
    ) {
        let lasted = TimeDelta::from_std(ended_boot.saturating_sub(began_boot)).unwrap_or(TimeDelta::MAX);
        let was_set_meanwhile = ((ended - began) - lasted).abs() > TOLERANCE;
        if was_set_meanwhile || self.stepped.is_some_and(|stepped| began_boot < stepped) {
            return;
        }
        let Some(date) = date else {
            // Answers without a time confirm nothing; in that case it is enough that nothing contradicts the clock.
            if self.stepped.is_none() && self.speaks_against(ended).is_none() {
                self.trust = ClockVerdict::Confirmed;
            }
            return;
        };
        // The header has whole seconds.
        let early = began - TOLERANCE - TimeDelta::seconds(1);
        self.trust = if date < early {
            ClockVerdict::Doubted(format!("the clock is {} ahead of Annie's", duration::rough(began - date)))
        } else if date > ended + TOLERANCE {
            ClockVerdict::Doubted(format!("the clock is {} behind Annie's", duration::rough(date - ended)))
        } else {
            ClockVerdict::Confirmed
        };
        if self.is_confirmed() {
            (self.last_sign, self.stepped) = (Some(ended), None);
        }
    }

    fn speaks_against(&self, now: DateTime<Utc>) -> Option<String> {
        let last = self.last_sign?;
        if now < last - TOLERANCE {
            return Some(format!(
                "the clock shows a time {} before Leadtime was last running",
                duration::rough(last - now)
            ));
        }
        (now - last > LONG_OFF).then(|| {
            format!(
                "the clock shows a time {} after Leadtime was last running; Leadtime is checking it against Annie's",
                duration::rough(now - last)
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-24T17:00:00Z".parse().unwrap()
    }

    fn boot(seconds: u64) -> Duration {
        Duration::from_secs(10_000 + seconds)
    }

    fn minutes(n: i64) -> TimeDelta {
        TimeDelta::minutes(n)
    }

    #[test]
    fn a_start_is_plausible_near_the_last_sign_of_life() {
        let level = |last: Option<DateTime<Utc>>| match ClockMonitor::start(last, now(), boot(0)).trust {
            ClockVerdict::Confirmed => "confirmed",
            ClockVerdict::Plausible => "plausible",
            ClockVerdict::Doubted(_) => "doubted",
        };
        assert_eq!(level(None), "plausible");
        assert_eq!(level(Some(now() - TimeDelta::days(7))), "plausible");
        assert_eq!(level(Some(now() + minutes(2))), "plausible");
        assert_eq!(level(Some(now() - TimeDelta::days(7) - minutes(1))), "doubted");
        assert_eq!(level(Some(now() + minutes(3))), "doubted");
        assert_eq!(level(Some(now() + TimeDelta::days(20_000))), "doubted", "1970");
    }

    #[test]
    fn the_time_of_annie_decides_whether_the_clock_is_trusted() {
        let mut watch = ClockMonitor::start(None, now(), boot(0));
        let here = (now(), boot(0));
        watch.record_response_date(Some(now() - minutes(2)), here, here);
        assert!(watch.is_confirmed());
        watch.record_response_date(Some(now() - minutes(3)), here, here);
        assert_eq!(watch.verdict(), &ClockVerdict::Doubted("the clock is 3 minutes ahead of Annie's".to_owned()));
        watch.record_response_date(Some(now() + minutes(1)), (now() - minutes(1), boot(0)), (now(), boot(60)));
        assert!(watch.is_confirmed());
        watch.record_response_date(Some(now() + minutes(180)), here, here);
        assert_eq!(watch.verdict(), &ClockVerdict::Doubted("the clock is 3 hours behind Annie's".to_owned()));
    }

    #[test]
    fn a_clock_step_causes_doubt_and_a_suspend_does_not() {
        let mut watch = ClockMonitor::start(None, now(), boot(0));
        watch.record_response_date(Some(now()), (now(), boot(0)), (now(), boot(0)));
        // suspended for a night: both clocks continue
        watch.see(now() + minutes(600), boot(36_000));
        assert!(watch.is_confirmed());
        watch.see(now() + minutes(600 + 180), boot(36_005));
        assert!(watch.is_doubted());
        // a second look does not forget it; only Annie's time lifts it
        watch.see(now() + minutes(600 + 181), boot(36_065));
        assert!(watch.is_doubted());
        // it is corrected, which is a step too; a request that began before says nothing, nor does an answer without a
        // time
        let back = (now() + minutes(601), boot(36_070));
        watch.see(back.0, back.1);
        watch.record_response_date(Some(back.0), (back.0, boot(36_060)), back);
        watch.record_response_date(None, back, back);
        assert!(watch.is_doubted());
        watch.record_response_date(Some(back.0), back, back);
        assert!(watch.is_confirmed());
        // set while a request was in progress, and noticed only after its answer
        let (began, ended) = ((now() + minutes(601), boot(36_080)), (now() + minutes(781), boot(36_081)));
        watch.record_response_date(Some(now() + minutes(602)), began, ended);
        watch.see(ended.0, ended.1);
        assert!(watch.is_doubted());
    }

    #[test]
    fn answers_without_a_time_confirm_the_clock_only_if_it_is_not_in_doubt() {
        let mut watch = ClockMonitor::start(Some(now() - minutes(5)), now(), boot(0));
        watch.record_response_date(None, (now(), boot(0)), (now(), boot(0)));
        assert!(watch.is_confirmed());
        let mut wrong = ClockMonitor::start(Some(now() + minutes(500)), now(), boot(0));
        wrong.record_response_date(None, (now(), boot(0)), (now(), boot(0)));
        assert!(wrong.is_doubted());
    }
}
