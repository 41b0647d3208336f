//! The parts of a date or time in a cell, before it is known which part is the month.

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta, Weekday};

/// The order of the parts of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// Month, day, year.
    MonthFirst,
    /// Day, month, year.
    DayFirst,
    /// Two-digit year, month, day.
    YearFirst,
}

impl Order {
    /// All orders.
    pub const ALL: [Order; 3] = [Order::MonthFirst, Order::DayFirst, Order::YearFirst];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Order::MonthFirst => "month-first",
            Order::DayFirst => "day-first",
            Order::YearFirst => "year-first",
        }
    }

    pub(super) fn index(self) -> usize {
        match self {
            Order::MonthFirst => 0,
            Order::DayFirst => 1,
            Order::YearFirst => 2,
        }
    }
}

/// A year as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Year {
    /// Its number.
    pub number: i32,
    /// Whether it has only two digits.
    pub short: bool,
}

/// A date as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateText {
    /// The parts are known: year first, or a month in letters.
    Known {
        /// The year.
        year: Year,
        /// The month, from 1.
        month: u32,
        /// The day.
        day: u32,
    },
    /// Three numbers; only the whole column shows which is which.
    Open {
        /// The numbers in the order of the cell.
        parts: [u32; 3],
        /// Whether the third is a four-digit year.
        long_year: bool,
    },
    /// A month and a day without a year, as people type them: `12/1`, `Dec 1`.
    Yearless {
        /// The numbers in the order of the cell; month and day if the month is known.
        parts: [u32; 2],
        /// Whether the month was written in letters.
        month_known: bool,
    },
    /// A spreadsheet serial number.
    Serial(i64),
}

/// Which twelve hours an hour counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// AM.
    Morning,
    /// PM.
    Afternoon,
    /// All 24: the hour counts from midnight, as a spreadsheet's fraction of a day does.
    Both,
}

/// A time of day as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeText {
    /// The hour as written.
    pub hour: u32,
    /// The minute.
    pub minute: u32,
    /// The second.
    pub second: u32,
    /// AM or PM, if written.
    pub half: Option<Half>,
}

impl TimeText {
    /// The time on the 24-hour clock, taking an hour without AM or PM as written; `None`: there is no such time.
    pub fn on_clock(&self) -> Option<NaiveTime> {
        let hour = match (self.half, self.hour) {
            (None | Some(Half::Both), hour) => hour,
            (Some(Half::Morning), 12) => 0,
            (Some(Half::Morning), hour @ 0..=11) => hour,
            (Some(Half::Afternoon), hour @ 12..=23) => hour,
            (Some(Half::Afternoon), hour @ 1..=11) => hour + 12,
            _ => return None,
        };
        // A second beyond 59 is a leap second at best.
        NaiveTime::from_hms_opt(hour, self.minute, self.second)
    }
}

/// An offset from UTC as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffsetText {
    /// `Z` or UTC.
    Utc,
    /// Minutes east of UTC.
    Minutes(i32),
}

/// The parts of one cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// The date.
    pub date: Option<DateText>,
    /// The time, or the start of a range.
    pub time: Option<TimeText>,
    /// The end of a range.
    pub end: Option<TimeText>,
    /// The offset.
    pub offset: Option<OffsetText>,
    /// A day of the week next to the date.
    pub weekday: Option<Weekday>,
    /// How the cell is written, to detect a cell that was cut off and so would be a different moment.
    pub style: Style,
}

/// How a moment is written. A column is written in one style; a cell in a different style may have been cut off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// A date that ends with the day has a two-digit day: `2026-03-01`.
    pub two_digit_day: bool,
    /// It has a one-digit day: `2026-3-1`, or a cut-off `2026-03-10`.
    pub one_digit_day: bool,
    /// A time of digits only starts with a zero: `0930`.
    pub zero_led_time: bool,
    /// A time of three digits: `930`, or a cut-off `0930`.
    pub three_digit_time: bool,
}

/// Why a cell is not a date or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MomentFault {
    /// It is blank.
    Blank,
    /// It is not a date or time.
    Unreadable,
    /// A spreadsheet printed `########`: its column was too narrow.
    Hashes,
    /// There is no such date, such as February 30.
    NoSuchDate,
    /// There is no such time, such as 25:00.
    NoSuchTime,
    /// It has no year.
    NoYear,
    /// It is a placeholder for "no date": 0001-01-01, 1900-01-01.
    Placeholder,
    /// Its day of the week does not match the date.
    WrongWeekday,
    /// The year is too far from today.
    FarYear,
    /// A serial number in a column whose other cells are not dates around the same days.
    LoneSerial,
    /// It has no time of day.
    NoTime,
    /// It has no date.
    NoDate,
    /// Two cells hold different dates.
    TwoDates,
    /// AM or PM is missing, but other cells have it.
    NoHalf,
    /// The UTC offset is missing, but other cells have it.
    NoOffset,
    /// It is shorter than the other cells, so it may have been cut off.
    CutShort,
}

impl MomentFault {
    /// Describes the fault in words.
    pub fn describe(self) -> &'static str {
        match self {
            MomentFault::Blank => "is empty",
            MomentFault::Unreadable => "is not a date or time",
            MomentFault::Hashes => {
                "is what a spreadsheet shows when a column is too narrow (widen the column and export again)"
            }
            MomentFault::NoSuchDate => "is a date that does not exist",
            MomentFault::NoSuchTime => "is a time that does not exist",
            MomentFault::NoYear => "has no year",
            MomentFault::Placeholder => "is a placeholder, not a real date",
            MomentFault::WrongWeekday => "has a weekday that does not match the date",
            MomentFault::FarYear => "is too many years from today",
            MomentFault::LoneSerial => {
                "is a number that may not be a date; set dates = \"serial\" if such numbers are spreadsheet dates"
            }
            MomentFault::NoTime => "has no time of day",
            MomentFault::NoDate => "has no date",
            MomentFault::TwoDates => "has two different dates",
            MomentFault::NoOffset => "has no UTC offset, but other cells in the column do",
            MomentFault::CutShort => "is shorter than the column's other cells, so it may have been cut off",
            MomentFault::NoHalf => "has no AM or PM, but other cells in the column do",
        }
    }
}

/// How a two-digit year becomes a four-digit year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Century {
    /// The year nearest to today, for an appointment.
    ///
    /// A date without a year is the next such day within nine months, or one of the last 60 days.
    Nearest(NaiveDate),
    /// The latest year that is not in the future, for a birth date.
    NotAfter(NaiveDate),
}

impl Century {
    pub(super) fn date(self, year: Year, month: u32, day: u32) -> Option<NaiveDate> {
        if !year.short {
            return NaiveDate::from_ymd_opt(year.number, month, day);
        }
        let today = match self {
            Century::Nearest(today) | Century::NotAfter(today) => today,
        };
        let base = today.year() - today.year().rem_euclid(100);
        let all = [base - 100, base, base + 100];
        let mut dates = all.iter().filter_map(|century| NaiveDate::from_ymd_opt(century + year.number, month, day));
        match self {
            Century::Nearest(_) => dates.min_by_key(|date| (*date - today).abs()),
            Century::NotAfter(_) => dates.rfind(|date| *date <= today),
        }
    }
}

/// A date without a year, taken as the next such day or one of the last 60 days. A day more than nine months ahead may as
/// well be one that is over.
fn next_such_day(today: NaiveDate, month: u32, day: u32) -> Result<NaiveDate, MomentFault> {
    const NEAR: std::ops::RangeInclusive<i64> = -60..=275;
    let mut dates = (-1..=1).filter_map(|years| NaiveDate::from_ymd_opt(today.year() + years, month, day));
    let near = dates.find(|date| NEAR.contains(&(*date - today).num_days()));
    near.ok_or(if (1..=12).contains(&month) && (1..=31).contains(&day) {
        MomentFault::NoYear
    } else {
        MomentFault::NoSuchDate
    })
}

impl DateText {
    /// The date in this order.
    pub fn date(&self, order: Option<Order>, century: Century) -> Result<NaiveDate, MomentFault> {
        let short = |number: u32| Year { number: number.cast_signed(), short: true };
        let found = match (*self, order) {
            (DateText::Known { year, month, day }, _) => century.date(year, month, day),
            (DateText::Open { parts: [a, b, year], long_year: true }, order) => {
                let year = Year { number: year.cast_signed(), short: false };
                match order {
                    Some(Order::MonthFirst) => century.date(year, a, b),
                    Some(Order::DayFirst) => century.date(year, b, a),
                    // Day and month are the same number.
                    None if a == b => century.date(year, a, b),
                    Some(Order::YearFirst) | None => None,
                }
            }
            (DateText::Open { parts: [a, b, c], long_year: false }, order) => match order {
                Some(Order::MonthFirst) => century.date(short(c), a, b),
                Some(Order::DayFirst) => century.date(short(c), b, a),
                Some(Order::YearFirst) => century.date(short(a), b, c),
                None => None,
            },
            (DateText::Yearless { parts: [a, b], month_known }, order) => {
                let month_first = month_known || a == b || order == Some(Order::MonthFirst);
                match (century, month_first, order) {
                    (Century::NotAfter(_), ..) => return Err(MomentFault::NoYear),
                    (Century::Nearest(today), true, _) => return next_such_day(today, a, b),
                    (Century::Nearest(today), false, Some(Order::DayFirst)) => return next_such_day(today, b, a),
                    _ => None,
                }
            }
            (DateText::Serial(days), _) => serial_date(days),
        };
        found.ok_or(MomentFault::NoSuchDate)
    }

    /// Whether its year has only two digits.
    pub fn has_short_year(&self) -> bool {
        matches!(self, DateText::Open { long_year: false, .. } | DateText::Known { year: Year { short: true, .. }, .. })
    }

    /// Whether a longer year may have been cut off or mistyped: `12/01/20` may be a part of `12/01/2026`. A short year around
    /// today's is what somebody typed.
    pub fn may_be_cut(&self, today: NaiveDate) -> bool {
        let year = match self {
            DateText::Known { year: Year { number, short: true }, .. } => *number,
            DateText::Open { parts, long_year: false } => parts[2].cast_signed(),
            _ => return false,
        };
        let own = today.year().rem_euclid(100);
        matches!(year, 19 | 20) || !(own - 1..=own + 2).contains(&year)
    }

    /// Whether it is a placeholder for "no date": systems write the first day of their calendar.
    pub fn is_placeholder(&self) -> bool {
        let year = match self {
            DateText::Known { year, .. } => *year,
            DateText::Open { parts, long_year: true } => Year { number: parts[2].cast_signed(), short: false },
            _ => return false,
        };
        !year.short && (year.number <= 1900 || year.number >= 9999)
    }
}

/// The date of a spreadsheet serial number (1900 date system).
pub fn serial_date(days: i64) -> Option<NaiveDate> {
    let epoch = NaiveDate::from_ymd_opt(1899, 12, 30)?;
    epoch.checked_add_signed(TimeDelta::try_days(days)?)
}
