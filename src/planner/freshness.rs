//! How old the imported appointments are, not counting days on which the practice is closed.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use crate::planner::calendar::Calendar;

/// Open days beyond this many calendar days are not counted, because the data is too old by then in any case.
const LONGEST_DAYS: usize = 800;

/// The time that passed between the last good import and now on days the practice is open. Zero if the import appears
/// to be in the future, because then a clock was wrong.
pub(crate) fn age(calendar: &Calendar, imported_at: DateTime<Utc>, now: DateTime<Utc>) -> TimeDelta {
    if now <= imported_at {
        return TimeDelta::zero();
    }
    let zone = &calendar.zone;
    let last = calendar.date(now);
    let days = calendar.date(imported_at).iter_days().take(LONGEST_DAYS).take_while(|day| *day <= last);
    let open = days.filter(|day| calendar.is_open(*day));
    open.map(|day| zone.end_of(day).min(now) - zone.at(day, NaiveTime::MIN).max(imported_at))
        .fold(TimeDelta::zero(), |sum, part| sum + part.max(TimeDelta::zero()))
}

/// Whether the data is too old to send reminders from: the last good import is older than `stale_after`, or there is
/// none.
pub(crate) fn is_stale(
    calendar: &Calendar,
    stale_after: Option<TimeDelta>,
    imported_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    match (stale_after, imported_at) {
        (None, _) => false,
        (Some(_), None) => true,
        // Leaving out closed days only lowers the age.
        (Some(limit), Some(at)) => now - at > limit && age(calendar, at, now) > limit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::zone::Zone;
    use crate::planner::holidays::Holidays;
    use chrono::Weekday;

    fn denver() -> Calendar {
        let days = vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
        let zone = Zone::embedded(chrono_tz::America::Denver);
        let mut holidays = Holidays::default();
        holidays.dates.insert("2026-11-26".parse().unwrap());
        Calendar { organization_zone: zone.clone(), zone, hours: [None; 7], text_days: days.clone(), days, holidays }
    }

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn closed_days_do_not_count() {
        for (from, until, hours) in [
            // within a day, over a night, over a weekend, over a holiday, on closed days alone
            ("2026-11-10T02:00:00-07:00", "2026-11-10T10:00:00-07:00", 8),
            ("2026-11-10T22:00:00-07:00", "2026-11-11T02:00:00-07:00", 4),
            ("2026-11-13T22:00:00-07:00", "2026-11-16T06:00:00-07:00", 8),
            ("2026-11-25T20:00:00-07:00", "2026-11-27T03:00:00-07:00", 7),
            ("2026-11-14T01:00:00-07:00", "2026-11-15T23:00:00-07:00", 0),
            // an import in the future
            ("2026-11-10T12:00:00-07:00", "2026-11-10T10:00:00-07:00", 0),
        ] {
            assert_eq!(age(&denver(), at(from), at(until)), TimeDelta::hours(hours), "{from} {until}");
        }
        // A clock change falls on a Sunday here; where Sundays are open the day has 25 hours.
        let open = Calendar { days: vec![Weekday::Sun], ..denver() };
        let day = age(&open, at("2026-11-01T00:00:00-06:00"), at("2026-11-02T00:00:00-07:00"));
        assert_eq!(day, TimeDelta::hours(25));
    }

    #[test]
    fn stale_only_beyond_the_limit_and_only_if_there_is_one() {
        let (limit, monday) = (Some(TimeDelta::hours(26)), at("2026-11-16T06:00:00-07:00"));
        let friday = Some(at("2026-11-13T22:00:00-07:00"));
        assert!(!is_stale(&denver(), limit, friday, monday));
        assert!(!is_stale(&denver(), limit, friday, at("2026-11-17T00:00:00-07:00")), "26 hours to the second");
        assert!(is_stale(&denver(), limit, friday, at("2026-11-17T00:00:01-07:00")));
        assert!(is_stale(&denver(), limit, None, monday), "never imported");
        assert!(!is_stale(&denver(), None, None, monday));
    }
}
