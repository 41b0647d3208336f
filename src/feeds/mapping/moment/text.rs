//! What a cell says of a date or time, before it is known which part is the month.

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta, Weekday};

/// Which part of a date is which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// Month, day, year.
    MonthFirst,
    /// Day, month, year.
    DayFirst,
    /// Year of two digits, month, day.
    YearFirst,
}

impl Order {
    /// All of them.
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
    /// Whether it has two digits only.
    pub short: bool,
}

/// A date as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateText {
    /// Its parts are known: year first, or a month in letters.
    Known {
        /// The year.
        year: Year,
        /// The month, from 1.
        month: u32,
        /// The day.
        day: u32,
    },
    /// Three numbers; which is which is known for the whole column only.
    Open {
        /// In the order of the cell.
        parts: [u32; 3],
        /// Whether the third is a year of four digits.
        long_year: bool,
    },
    /// A serial number of a spreadsheet.
    Serial(i64),
}

/// Half of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// AM.
    Morning,
    /// PM.
    Afternoon,
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
    /// The time on a 24-hour clock, taking an hour without AM and PM as written; none: there is no such time.
    pub fn on_clock(&self) -> Option<NaiveTime> {
        let hour = match (self.half, self.hour) {
            (None, hour) => hour,
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
    /// Minutes east.
    Minutes(i32),
}

/// What one cell says.
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
    /// A day of the week beside the date.
    pub weekday: Option<Weekday>,
    /// How it is written, where a cell that was cut short would be another moment.
    pub style: Style,
}

/// How a moment is written. A column is written in one way; a cell that is not may have lost its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// A date that ends in its day has a day of two digits: `2026-03-01`.
    pub two_digit_day: bool,
    /// It has a day of one digit: `2026-3-1`, or a cut `2026-03-10`.
    pub one_digit_day: bool,
    /// A time in digits alone begins with a zero: `0930`.
    pub zero_led_time: bool,
    /// A time in three digits alone: `930`, or a cut `0930`.
    pub three_digit_time: bool,
}

/// Why a cell gives no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MomentFault {
    /// It is blank.
    Blank,
    /// It is no date or time.
    Unreadable,
    /// A spreadsheet printed `########`: its column was too narrow.
    Hashes,
    /// There is no such date, such as February 30.
    NoSuchDate,
    /// There is no such time, such as 25:00.
    NoSuchTime,
    /// It has no year.
    NoYear,
    /// It stands for no date: 0001-01-01, 1900-01-01.
    Placeholder,
    /// Its day of the week is another.
    WrongWeekday,
    /// The year is not near today.
    FarYear,
    /// A serial number where other cells are not dates of the same days.
    LoneSerial,
    /// There is no time of day.
    NoTime,
    /// There is no date.
    NoDate,
    /// Two cells name two dates.
    TwoDates,
    /// AM or PM is missing where other cells have it.
    NoHalf,
    /// The offset is missing where other cells have it.
    NoOffset,
    /// It is shorter than the other cells, so its end may be cut off.
    CutShort,
}

impl MomentFault {
    /// What was found, in words.
    pub fn describe(self) -> &'static str {
        match self {
            MomentFault::Blank => "is empty",
            MomentFault::Unreadable => "is not a date or time",
            MomentFault::Hashes => {
                "is what a spreadsheet prints when a column is too narrow; widen it and export again"
            }
            MomentFault::NoSuchDate => "is a date that does not exist",
            MomentFault::NoSuchTime => "is a time that does not exist",
            MomentFault::NoYear => "has no year",
            MomentFault::Placeholder => "is a placeholder for no date",
            MomentFault::WrongWeekday => "names a weekday that is not the date's",
            MomentFault::FarYear => "is too many years from today",
            MomentFault::LoneSerial => "is a number, and not surely a date",
            MomentFault::NoTime => "has no time of day",
            MomentFault::NoDate => "has no date",
            MomentFault::TwoDates => "names two dates",
            MomentFault::NoOffset => "lacks the offset from UTC that other cells of the column have",
            MomentFault::CutShort => "is written shorter than the column's other cells, so its end may be cut off",
            MomentFault::NoHalf => "lacks AM or PM, which other cells of the column have",
        }
    }
}

/// How a two-digit year becomes one of four digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Century {
    /// The year nearest to today: of an appointment.
    Nearest(NaiveDate),
    /// The latest that is not in the future: of a birth date.
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

impl DateText {
    /// The date in this order.
    ///
    /// # Errors
    /// There is none.
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
            (DateText::Serial(days), _) => serial_date(days),
        };
        found.ok_or(MomentFault::NoSuchDate)
    }

    /// Whether its year has two digits.
    pub fn has_short_year(&self) -> bool {
        matches!(self, DateText::Open { long_year: false, .. } | DateText::Known { year: Year { short: true, .. }, .. })
    }

    /// Whether it stands for "no date": systems write their first day.
    pub fn is_placeholder(&self) -> bool {
        let year = match self {
            DateText::Known { year, .. } => *year,
            DateText::Open { parts, long_year: true } => Year { number: parts[2].cast_signed(), short: false },
            _ => return false,
        };
        !year.short && (year.number <= 1900 || year.number >= 9999)
    }
}

/// The date of a serial number of a spreadsheet (1900 system).
pub fn serial_date(days: i64) -> Option<NaiveDate> {
    let epoch = NaiveDate::from_ymd_opt(1899, 12, 30)?;
    epoch.checked_add_signed(TimeDelta::try_days(days)?)
}
