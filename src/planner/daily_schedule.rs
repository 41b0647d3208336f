//! Work that is done once a local day at a local time: for which date it is due, if it is.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::domain::zone::Zone;

/// The local date whose work is due at `now`, given the date it was last done for. What downtime missed is caught up
/// with once; the first time is at once. A date beyond today was written under a wrong clock and counts as none.
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
    fn once_a_local_day_and_after_downtime() {
        let zone = Zone::embedded(chrono_tz::America::Denver);
        let at = NaiveTime::from_hms_opt(2, 30, 0).unwrap();
        let date = |text: &str| Some(text.parse::<NaiveDate>().unwrap());
        for (last, now, wanted) in [
            (None, "2026-11-10T08:00:00Z", date("2026-11-09")), // 01:00: the first one, for the day before
            (date("2026-11-09"), "2026-11-10T09:29:59Z", None),
            (date("2026-11-09"), "2026-11-10T09:30:00Z", date("2026-11-10")),
            (date("2026-11-10"), "2026-11-10T22:00:00Z", None),
            (date("2026-11-01"), "2026-11-10T08:00:00Z", date("2026-11-09")), // off for days: once
            (date("2030-01-01"), "2026-11-10T22:00:00Z", date("2026-11-10")), // a wrong clock wrote it
            // The day 02:30 does not exist it is 03:30; the day it happens twice it is done once.
            (date("2026-03-07"), "2026-03-08T09:29:00Z", None),
            (date("2026-03-07"), "2026-03-08T09:30:00Z", date("2026-03-08")),
            (date("2026-11-01"), "2026-11-01T09:30:00Z", None),
        ] {
            assert_eq!(due(&zone, at, last, now.parse().unwrap()), wanted, "{last:?} {now}");
        }
    }
}
