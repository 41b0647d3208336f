//! Annie's limits on texts to one number: what is used, what is planned, and what still fits.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::attempt::{Attempt, AttemptEnd};
use crate::domain::limits::{Limit, Limits};
use crate::domain::reminder_key::ReminderKey;

/// Added to the gap and to both rolling periods, because Annie's clock and the moment it counts a text differ from
/// ours.
pub const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// How long a number rests after too many failures in a row.
pub(crate) const COOLDOWN: TimeDelta = TimeDelta::days(30);

/// A text that counts against the limits: one that was sent, or one that is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The attempt, if it is one of ours.
    pub attempt: Option<i64>,
    /// When it counts.
    pub at: DateTime<Utc>,
    /// Whether it was sent, or may have been.
    pub sent: bool,
    /// The reminders in it, as far as known.
    pub keys: Vec<ReminderKey>,
}

/// What blocks a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker {
    /// The limit.
    pub limit: Limit,
    /// The texts that use up the limit.
    pub texts: Vec<Taken>,
    /// When the text would have gone out.
    pub wanted: DateTime<Utc>,
}

/// Everything that goes to one number, in time order.
#[derive(Debug)]
pub(crate) struct Budget<'a> {
    limits: &'a Limits,
    /// Instants with the index of the text in `texts`, sorted.
    times: Vec<(DateTime<Utc>, usize)>,
    texts: Vec<Taken>,
    rests_until: Option<DateTime<Utc>>,
}

impl<'a> Budget<'a> {
    /// The budget with what is used so far; `attempts` are in the order they were made.
    pub(crate) fn new(limits: &'a Limits, attempts: &[Attempt]) -> Budget<'a> {
        let mut budget = Budget { limits, times: Vec::new(), texts: Vec::new(), rests_until: None };
        let mut in_a_row = 0;
        for attempt in attempts {
            budget.take(Taken { attempt: attempt.id, at: attempt.at, sent: true, keys: attempt.keys.clone() });
            match attempt.end {
                AttemptEnd::Success => in_a_row = 0,
                AttemptEnd::Failure => in_a_row += 1,
                AttemptEnd::Open => continue,
            }
            // Another failure restarts the rest period.
            let rests = in_a_row >= limits.cooldown_after;
            budget.rests_until = rests.then(|| attempt.at + COOLDOWN + MARGIN);
        }
        budget
    }

    /// Reserves room for a text; returns its index for [`Budget::add_keys`].
    pub(crate) fn take(&mut self, text: Taken) -> usize {
        let place = self.texts.len();
        let at = self.times.partition_point(|(time, _)| *time <= text.at);
        self.times.insert(at, (text.at, place));
        self.texts.push(text);
        place
    }

    /// Records further reminders that go out in a text.
    pub(crate) fn add_keys(&mut self, place: usize, keys: impl IntoIterator<Item = ReminderKey>) {
        self.texts[place].keys.extend(keys);
    }

    /// Leaves out an attempt until [`Budget::put_back`], so that its own retry is not measured against it.
    pub(crate) fn leave_out(&mut self, attempt: i64) -> Option<(DateTime<Utc>, usize)> {
        let place = self.times.iter().position(|(_, text)| self.texts[*text].attempt == Some(attempt))?;
        Some(self.times.remove(place))
    }

    /// Includes an attempt again.
    pub(crate) fn put_back(&mut self, left_out: (DateTime<Utc>, usize)) {
        let at = self.times.partition_point(|(time, _)| *time <= left_out.0);
        self.times.insert(at, left_out);
    }

    /// What blocks a text at an instant, if anything does.
    pub(crate) fn blocker(&self, at: DateTime<Utc>) -> Option<Blocker> {
        if self.rests_until.is_some_and(|until| at < until) {
            return Some(self.blocked(Limit::Cooldown, at, self.times.iter().rev().take(self.limits.cooldown_after)));
        }
        let place = self.times.partition_point(|(time, _)| *time <= at);
        let gap = self.limits.min_gap + MARGIN;
        let near = self.times[place.saturating_sub(1)..].iter().take(2).filter(|(time, _)| (*time - at).abs() < gap);
        if near.clone().next().is_some() {
            return Some(self.blocked(Limit::Gap, at, near));
        }
        let spans = [
            (Limit::SevenDays, TimeDelta::days(7), self.limits.per_7_days),
            (Limit::ThirtyDays, TimeDelta::days(30), self.limits.per_30_days),
        ];
        for (limit, length, most) in spans {
            // If any `most` neighboring texts fall within one period together with the instant, it would be one too
            // many.
            for first in place.saturating_sub(most)..=place {
                let Some(run) = self.times.get(first..first + most) else { break };
                let (Some(from), Some(to)) = (run.first(), run.last()) else { continue };
                if to.0.max(at) - from.0.min(at) < length + MARGIN {
                    return Some(self.blocked(limit, at, run.iter()));
                }
            }
        }
        None
    }

    /// The first instant after `at` at which something that blocks a text may have ended.
    pub(crate) fn next_chance(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let lengths = [self.limits.min_gap, TimeDelta::days(7), TimeDelta::days(30)];
        let ends = self.times.iter().flat_map(|(time, _)| lengths.map(|length| *time + length + MARGIN));
        ends.chain(self.rests_until).filter(|end| *end > at).min()
    }

    fn blocked<'t>(
        &self,
        limit: Limit,
        wanted: DateTime<Utc>,
        texts: impl Iterator<Item = &'t (DateTime<Utc>, usize)>,
    ) -> Blocker {
        let mut texts: Vec<Taken> = texts.map(|(_, place)| self.texts[*place].clone()).collect();
        texts.sort_by_key(|text| text.at);
        Blocker { limit, texts, wanted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}Z").parse().unwrap()
    }

    fn spent(times: &[&str]) -> Vec<Attempt> {
        let attempt = |time: &&str| Attempt { id: None, at: at(time), end: AttemptEnd::Success, keys: vec![] };
        times.iter().map(attempt).collect()
    }

    fn limit(budget: &Budget<'_>, time: &str) -> Option<Limit> {
        budget.blocker(at(time)).map(|b| b.limit)
    }

    #[test]
    fn the_gap_is_24_hours_and_five_minutes_to_the_second_either_way() {
        let limits = Limits::default();
        let budget = Budget::new(&limits, &spent(&["2026-11-10T10:00:00"]));
        assert_eq!(limit(&budget, "2026-11-11T10:04:59"), Some(Limit::Gap));
        assert_eq!(limit(&budget, "2026-11-11T10:05:00"), None);
        assert_eq!(limit(&budget, "2026-11-09T09:55:01"), Some(Limit::Gap));
        assert_eq!(limit(&budget, "2026-11-09T09:55:00"), None);
        assert_eq!(budget.next_chance(at("2026-11-10T11:00:00")), Some(at("2026-11-11T10:05:00")));
    }

    #[test]
    fn at_most_three_texts_in_any_seven_days() {
        let limits = Limits::default();
        let budget =
            Budget::new(&limits, &spent(&["2026-11-02T10:00:00", "2026-11-04T10:00:00", "2026-11-06T10:00:00"]));
        assert_eq!(limit(&budget, "2026-11-09T10:04:59"), Some(Limit::SevenDays));
        assert_eq!(limit(&budget, "2026-11-09T10:05:00"), None);
        assert_eq!(limit(&budget, "2026-10-30T09:55:01"), Some(Limit::SevenDays), "before them too");
        assert_eq!(limit(&budget, "2026-10-30T09:55:00"), None);
        // Between: there may be texts on both sides.
        let budget =
            Budget::new(&limits, &spent(&["2026-11-02T10:00:00", "2026-11-04T10:00:00", "2026-11-08T10:00:00"]));
        assert_eq!(limit(&budget, "2026-11-06T10:00:00"), Some(Limit::SevenDays));
        assert_eq!(budget.blocker(at("2026-11-06T10:00:00")).unwrap().texts.len(), 3);
    }

    #[test]
    fn at_most_six_texts_in_any_thirty_days() {
        let limits = Limits::default();
        let weekly = ["2026-10-01", "2026-10-06", "2026-10-11", "2026-10-16", "2026-10-21", "2026-10-26"];
        let times: Vec<String> = weekly.iter().map(|day| format!("{day}T10:00:00")).collect();
        let budget = Budget::new(&limits, &spent(&times.iter().map(String::as_str).collect::<Vec<_>>()));
        assert_eq!(limit(&budget, "2026-10-31T10:04:59"), Some(Limit::ThirtyDays));
        assert_eq!(limit(&budget, "2026-10-31T10:05:00"), None);
    }

    #[test]
    fn three_failures_in_a_row_rest_a_number_for_thirty_days() {
        let limits = Limits::default();
        let made = |ends: &[AttemptEnd]| -> Vec<Attempt> {
            let on = |(n, end): (usize, &AttemptEnd)| Attempt {
                id: None,
                at: at("2026-09-01T10:00:00") + TimeDelta::days(8 * n as i64),
                end: *end,
                keys: vec![],
            };
            ends.iter().enumerate().map(on).collect()
        };
        use AttemptEnd::{Failure, Open, Success};
        for (ends, rests) in [
            (vec![Failure, Failure, Failure], true),
            (vec![Failure, Failure], false),
            (vec![Failure, Success, Failure, Failure], false),
            (vec![Failure, Open, Failure, Failure], true),
            (vec![Failure, Failure, Failure, Open], true),
            (vec![Failure, Failure, Failure, Success], false),
        ] {
            let attempts = made(&ends);
            let budget = Budget::new(&limits, &attempts);
            let last = attempts.iter().rfind(|a| a.end == Failure).unwrap().at;
            assert_eq!(
                budget.blocker(last + TimeDelta::days(29)).is_some_and(|b| b.limit == Limit::Cooldown),
                rests,
                "{ends:?}"
            );
            if rests {
                assert!(budget.blocker(last + COOLDOWN + MARGIN - TimeDelta::seconds(1)).is_some());
                assert_eq!(budget.blocker(last + COOLDOWN + MARGIN), None);
            }
        }
    }

    #[test]
    fn tighter_limits_apply() {
        let limits = Limits { min_gap: TimeDelta::hours(48), per_7_days: 1, per_30_days: 2, cooldown_after: 1 };
        let budget = Budget::new(&limits, &spent(&["2026-11-02T10:00:00"]));
        assert_eq!(limit(&budget, "2026-11-04T10:04:59"), Some(Limit::Gap));
        assert_eq!(limit(&budget, "2026-11-04T10:05:00"), Some(Limit::SevenDays));
        assert_eq!(limit(&budget, "2026-11-09T10:05:00"), None);
    }
}
