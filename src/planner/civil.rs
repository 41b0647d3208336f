//! Computes the nominal instant from a start and a lead, in the practice's civil time.
//!
//! It follows the conventions in `data/tables/CONVENTIONS.md`; a test checks it against 8,000 independent answers.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use crate::domain::lead::{Lead, Unit};
use crate::domain::zone::Zone;

/// How far business days are counted back before giving up: a calendar without an open day has no answer.
const FARTHEST_BACK_DAYS: u32 = 10 * 366;

/// Start minus lead. Minutes and hours are elapsed time. Days and weeks step the local date and keep the start's clock
/// time or use `at`. Business days count only dates for which `is_open` is true, never the start's own date.
///
/// `None` if the calendar ends first: too few open days within ten years, or a date out of chrono's range.
pub fn nominal(
    start: DateTime<Utc>,
    lead: &Lead,
    zone: &Zone,
    is_open: impl Fn(NaiveDate) -> bool,
) -> Option<DateTime<Utc>> {
    let amount = lead.amount;
    let local = zone.local(start).naive_local();
    let date = match lead.unit {
        Unit::Minutes => return start.checked_sub_signed(TimeDelta::minutes(i64::from(amount))),
        Unit::Hours => return start.checked_sub_signed(TimeDelta::hours(i64::from(amount))),
        Unit::Days => local.date().checked_sub_days(Days::new(u64::from(amount)))?,
        Unit::Weeks => local.date().checked_sub_days(Days::new(7 * u64::from(amount)))?,
        Unit::BusinessDays => step_open_days(local.date(), amount, is_open)?,
    };
    Some(zone.at(date, lead.at.unwrap_or(local.time())))
}

fn step_open_days(start: NaiveDate, amount: u32, is_open: impl Fn(NaiveDate) -> bool) -> Option<NaiveDate> {
    let mut date = start;
    let mut left = amount;
    for _ in 0..FARTHEST_BACK_DAYS {
        if left == 0 {
            return Some(date);
        }
        date = date.pred_opt()?;
        if is_open(date) {
            left -= 1;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Datelike, Weekday};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn weekdays_only(date: NaiveDate) -> bool {
        !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
    }

    #[test]
    fn hours_are_elapsed_and_days_are_dates() {
        let zone = Zone::embedded(chrono_tz::America::New_York);
        let start = at("2026-03-08T13:00:00Z"); // Sunday 09:00, the night the clock went forward
        let nominal = |lead: &str| nominal(start, &lead.parse().unwrap(), &zone, weekdays_only).unwrap();
        assert_eq!(nominal("24 hours"), at("2026-03-07T13:00:00Z"), "08:00 the day before");
        assert_eq!(nominal("1 day"), at("2026-03-07T14:00:00Z"), "09:00 the day before");
        assert_eq!(nominal("1 business day at 10:30"), at("2026-03-06T15:30:00Z"));
        assert_eq!(nominal("0 business days at 08:00"), at("2026-03-08T12:00:00Z"), "the start's own date");
    }

    #[test]
    fn a_calendar_without_open_days_has_no_answer() {
        let zone = Zone::embedded(chrono_tz::America::Denver);
        assert_eq!(nominal(at("2026-03-08T13:00:00Z"), &"1 business day".parse().unwrap(), &zone, |_| false), None);
    }
}
