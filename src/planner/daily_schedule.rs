//! Decides whether work that is done once a day at a local time is due, and for which date.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::domain::zone::Zone;

/// The local date whose work is due at `now`, given the date it was last done for. Work missed during downtime is made
/// up once; the very first run is due immediately. A date in the future was written under a wrong clock and is ignored.
pub(crate) fn due(zone: &Zone, at: NaiveTime, last: Option<NaiveDate>, now: DateTime<Utc>) -> Option<NaiveDate> {
    let today = zone.local(now).date_naive();
    let last = last.filter(|last| *last <= today);
    let begun = if now >= zone.at(today, at) { Some(today) } else { today.pred_opt() };
    begun.filter(|date| last.is_none_or(|last| last < *date))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_runs_once_per_local_day_and_is_made_up_after_downtime() {
        let zone = Zone::embedded(chrono_tz::America::Denver);
        let at = NaiveTime::from_hms_opt(2, 30, 0).unwrap();
        let date = |text: &str| Some(text.parse::<NaiveDate>().unwrap());
        for (last, now, wanted) in [
            (None, "2026-11-10T08:00:00Z", date("2026-11-09")), // 01:00: the first run, for the day before
            (date("2026-11-09"), "2026-11-10T09:29:59Z", None),
            (date("2026-11-09"), "2026-11-10T09:30:00Z", date("2026-11-10")),
            (date("2026-11-10"), "2026-11-10T22:00:00Z", None),
            (date("2026-11-01"), "2026-11-10T08:00:00Z", date("2026-11-09")), // not running for days: due once
            (date("2030-01-01"), "2026-11-10T22:00:00Z", date("2026-11-10")), // written under a wrong clock
            // On the day 02:30 does not exist, it runs at 03:30; on the day 02:30 happens twice, it runs once.
            (date("2026-03-07"), "2026-03-08T09:29:00Z", None),
            (date("2026-03-07"), "2026-03-08T09:30:00Z", date("2026-03-08")),
            (date("2026-11-01"), "2026-11-01T09:30:00Z", None),
        ] {
            assert_eq!(due(&zone, at, last, now.parse().unwrap()), wanted, "{last:?} {now}");
        }
    }
}
