//! Days a practice is closed despite its weekly schedule: dates, and United States holidays by name.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// A holiday by name, with its date in any year. The federal ones are those of 5 U.S.C. 6103(a).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holiday {
    name: &'static str,
    day: Day,
    /// Observed on the Friday before if it falls on a Saturday, on the Monday after if on a Sunday (5 U.S.C. 6103(b)).
    observed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Day {
    /// Month and day.
    Fixed(u32, u32),
    /// Month, weekday (0 = Monday), and which one in the month; 5 = the last.
    Nth(u32, u8, u8),
    /// The day after the fourth Thursday of November.
    AfterThanksgiving,
}

const NAMES: [(&str, Day); 15] = [
    ("new-years-day", Day::Fixed(1, 1)),
    ("martin-luther-king-day", Day::Nth(1, 0, 3)),
    ("presidents-day", Day::Nth(2, 0, 3)),
    ("memorial-day", Day::Nth(5, 0, 5)),
    ("juneteenth", Day::Fixed(6, 19)),
    ("independence-day", Day::Fixed(7, 4)),
    ("labor-day", Day::Nth(9, 0, 1)),
    ("columbus-day", Day::Nth(10, 0, 2)),
    ("indigenous-peoples-day", Day::Nth(10, 0, 2)),
    ("veterans-day", Day::Fixed(11, 11)),
    ("thanksgiving", Day::Nth(11, 3, 4)),
    ("day-after-thanksgiving", Day::AfterThanksgiving),
    ("christmas-eve", Day::Fixed(12, 24)),
    ("christmas-day", Day::Fixed(12, 25)),
    ("new-years-eve", Day::Fixed(12, 31)),
];

impl Holiday {
    /// Every name, without its `-observed` form.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// The holiday with a name; `-observed` after the name of a fixed date moves it off the weekend.
    pub(crate) fn from_name(name: &str) -> Option<Holiday> {
        let (plain, observed) = name.strip_suffix("-observed").map_or((name, false), |plain| (plain, true));
        let (name, day) = NAMES.iter().find(|(known, _)| *known == plain)?;
        let moves = matches!(day, Day::Fixed(..));
        (moves || !observed).then_some(Holiday { name, day: *day, observed })
    }

    fn is_on(self, date: NaiveDate) -> bool {
        match self.day {
            Day::Fixed(month, day) => {
                let is = |date: Option<NaiveDate>| date.is_some_and(|d| (d.month(), d.day()) == (month, day));
                match (self.observed, date.weekday()) {
                    (false, _) => is(Some(date)),
                    (true, Weekday::Sat | Weekday::Sun) => false,
                    (true, weekday) => {
                        is(Some(date))
                            || (weekday == Weekday::Fri && is(date.succ_opt()))
                            || (weekday == Weekday::Mon && is(date.pred_opt()))
                    }
                }
            }
            Day::Nth(month, weekday, nth) => {
                let is_last = date.checked_add_days(Days::new(7)).is_none_or(|next| next.month() != date.month());
                date.month() == month
                    && date.weekday().num_days_from_monday() == u32::from(weekday)
                    && if nth == 5 { is_last } else { date.day().div_ceil(7) == u32::from(nth) }
            }
            Day::AfterThanksgiving => {
                let thanksgiving = Holiday { name: "thanksgiving", day: Day::Nth(11, 3, 4), observed: false };
                date.pred_opt().is_some_and(|before| thanksgiving.is_on(before))
            }
        }
    }
}

/// The days a practice is closed in addition to its weekly schedule.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Holidays {
    /// Single dates.
    pub dates: BTreeSet<NaiveDate>,
    /// Names, each in every year.
    pub named: BTreeSet<Holiday>,
}

impl Holidays {
    /// Single dates.
    pub fn of_dates(dates: impl IntoIterator<Item = NaiveDate>) -> Holidays {
        Holidays { dates: dates.into_iter().collect(), named: BTreeSet::new() }
    }

    /// Whether a local date is one of them.
    pub(crate) fn contains(&self, date: NaiveDate) -> bool {
        self.dates.contains(&date) || self.named.iter().any(|holiday| holiday.is_on(date))
    }

    /// The name of the holiday on a date, if it is a named one.
    pub(crate) fn name_of(&self, date: NaiveDate) -> Option<&'static str> {
        self.named.iter().find(|holiday| holiday.is_on(date)).map(|holiday| holiday.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates_of(name: &str, year: i32) -> Vec<String> {
        let holidays = Holidays { dates: BTreeSet::new(), named: Holiday::from_name(name).into_iter().collect() };
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        first
            .iter_days()
            .take_while(|d| d.year() == year)
            .filter(|d| holidays.contains(*d))
            .map(|d| d.format("%m-%d").to_string())
            .collect()
    }

    #[test]
    fn each_year_has_its_own_dates() {
        // From the calendars of the Office of Personnel Management for these years.
        for (name, in_2026, in_2027) in [
            ("new-years-day", "01-01", "01-01"),
            ("martin-luther-king-day", "01-19", "01-18"),
            ("presidents-day", "02-16", "02-15"),
            ("memorial-day", "05-25", "05-31"),
            ("juneteenth", "06-19", "06-19"),
            ("labor-day", "09-07", "09-06"),
            ("columbus-day", "10-12", "10-11"),
            ("veterans-day", "11-11", "11-11"),
            ("thanksgiving", "11-26", "11-25"),
            ("day-after-thanksgiving", "11-27", "11-26"),
            ("independence-day", "07-04", "07-04"),
            ("independence-day-observed", "07-03", "07-05"),
            ("juneteenth-observed", "06-19", "06-18"),
            ("christmas-day-observed", "12-25", "12-24"),
        ] {
            assert_eq!(
                (dates_of(name, 2026), dates_of(name, 2027)),
                (vec![in_2026.to_owned()], vec![in_2027.to_owned()]),
                "{name}"
            );
        }
        assert_eq!(dates_of("new-years-day-observed", 2027), ["01-01", "12-31"], "2028 begins on a Saturday");
        assert_eq!(Holiday::from_name("thanksgiving-observed"), None);
        assert_eq!(Holiday::from_name("easter"), None);
    }
}
