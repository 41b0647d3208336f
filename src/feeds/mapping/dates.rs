//! Reads a column of dates: counts its cells first, then reads them by the rules that the whole column gives.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime};

use crate::config::feeds::{Clock, DateOrder, Years};
use crate::feeds::mapping::moment::{
    Century, ColumnVote, DateText, Decision, Half, Moment, MomentFault, OffsetText, Order, Style, TimeText, Year, scan,
    serial_date,
};

/// Appointments are not booked farther ahead than this, in years; a later date is a typo or a different kind of number.
const YEARS_AHEAD: i32 = 5;

/// Scans the cells that make up a date and time separately, then joins them.
pub(crate) fn scan_cells<T: AsRef<str>>(cells: &[T], pattern: Option<&str>) -> Result<Moment, MomentFault> {
    if let Some(pattern) = pattern {
        return by_pattern(cells, pattern);
    }
    let mut whole: Option<Moment> = None;
    let mut texts: Vec<String> = Vec::new();
    for cell in cells.iter().map(|cell| cell.as_ref().trim()).filter(|cell| !cell.is_empty()) {
        // A cell that only says AM or PM belongs to the time before it.
        let half = matches!(cell.to_lowercase().replace('.', "").as_str(), "a" | "p" | "am" | "pm");
        match texts.last_mut().filter(|_| half) {
            Some(before) => *before = format!("{before} {cell}"),
            None => texts.push(cell.to_owned()),
        }
    }
    for text in &texts {
        let next = scan(text, whole.is_some_and(|found| found.date.is_some()))?;
        whole = Some(match whole {
            None => next,
            Some(before) => joined(before, next)?,
        });
    }
    whole.ok_or(MomentFault::Blank)
}

/// Joins two cells into one moment. Databases give a date the time 00:00 and a time the date 1899-12-30: these fillers
/// are ignored.
fn joined(a: Moment, b: Moment) -> Result<Moment, MomentFault> {
    let midnight = |time: &TimeText| time.on_clock() == Some(NaiveTime::MIN);
    let no_date = |date: &DateText| date.is_placeholder() || matches!(date, DateText::Serial(0 | 1));
    let date = match (a.date, b.date) {
        (Some(a), Some(b)) if a == b || no_date(&b) => Some(a),
        (Some(a), Some(b)) if no_date(&a) => Some(b),
        (Some(_), Some(_)) => return Err(MomentFault::TwoDates),
        (a, b) => a.or(b),
    };
    let time = match (a.time, b.time) {
        (Some(a), Some(b)) if midnight(&a) || a.on_clock() == b.on_clock() => Some(b),
        (Some(a), Some(b)) if midnight(&b) => Some(a),
        (Some(_), Some(_)) => return Err(MomentFault::Unreadable),
        (a, b) => a.or(b),
    };
    let style = Style {
        two_digit_day: a.style.two_digit_day || b.style.two_digit_day,
        one_digit_day: a.style.one_digit_day || b.style.one_digit_day,
        zero_led_time: a.style.zero_led_time || b.style.zero_led_time,
        three_digit_time: a.style.three_digit_time || b.style.three_digit_time,
    };
    let (end, offset) = (b.end.or(a.end), b.offset.or(a.offset));
    Ok(Moment { date, time, end, offset, weekday: a.weekday.or(b.weekday), style })
}

/// Reads with the practice's pattern. If the pattern has no time, the first cell is the date.
fn by_pattern<T: AsRef<str>>(cells: &[T], pattern: &str) -> Result<Moment, MomentFault> {
    let texts: Vec<&str> = cells.iter().map(|cell| cell.as_ref().trim()).filter(|cell| !cell.is_empty()).collect();
    let (first, others) = texts.split_first().ok_or(MomentFault::Blank)?;
    let known = |date: NaiveDate| {
        let year = Year { number: date.year(), short: false };
        Some(DateText::Known { year, month: date.month(), day: date.day() })
    };
    if let Ok(at) = NaiveDateTime::parse_from_str(&texts.join(" "), pattern) {
        use chrono::Timelike;
        let time = TimeText { hour: at.hour(), minute: at.minute(), second: at.second(), half: None };
        return Ok(Moment { date: known(at.date()), time: Some(time), ..Moment::default() });
    }
    let date = NaiveDate::parse_from_str(first, pattern).map_err(|_| MomentFault::Unreadable)?;
    let rest = if others.is_empty() { Moment::default() } else { scan_cells(others, None)? };
    match rest.date {
        Some(_) => Err(MomentFault::TwoDates),
        None => Ok(Moment { date: known(date), ..rest }),
    }
}

/// What must be decided before a column can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Which part is the month.
    Order(Decision),
    /// Whether times without AM and PM are in the afternoon.
    Halves,
    /// Whether plain numbers are dates.
    Serials,
}

/// The rules of a column.
#[derive(Debug, Clone)]
pub struct DateRules {
    /// The order of day and month, if the column needs one.
    pub order: Option<Order>,
    /// How the order was found, in words.
    pub evidence: String,
    clock: Option<Clock>,
    halves: bool,
    serials: bool,
    vote: ColumnVote,
    century: Century,
    pattern: Option<String>,
    /// Whether a date without a year is the next such day.
    without_year: bool,
}

/// The result of reading a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The date.
    pub date: NaiveDate,
    /// The time.
    pub time: Option<NaiveTime>,
    /// The end, if the cell is a range.
    pub end: Option<NaiveTime>,
    /// The offset.
    pub offset: Option<OffsetText>,
}

impl DateRules {
    /// The rules that follow from a counted column and the configuration.
    ///
    /// # Errors
    /// What is undecided, together with the rules found so far.
    pub fn new(
        vote: &ColumnVote,
        configured: Option<&DateOrder>,
        (clock, years): (Option<Clock>, Option<Years>),
        century: Century,
    ) -> Result<DateRules, (Question, Box<DateRules>)> {
        let named = match configured {
            Some(DateOrder::MonthFirst) => Some(Order::MonthFirst),
            Some(DateOrder::DayFirst) => Some(Order::DayFirst),
            Some(DateOrder::YearFirst) => Some(Order::YearFirst),
            _ => None,
        };
        let yearless = years.is_some() && vote.yearless_numbers > 0;
        let decision = match vote.decide() {
            Decision::NotNeeded if yearless => vote.decide_yearless(),
            decision => decision,
        };
        let mut rules = DateRules {
            order: named,
            evidence: String::new(),
            clock,
            halves: vote.halves > 0,
            serials: configured == Some(&DateOrder::Serial),
            vote: vote.clone(),
            century,
            pattern: match configured {
                Some(DateOrder::Pattern(pattern)) => Some(pattern.clone()),
                _ => None,
            },
            without_year: years == Some(Years::Next),
        };
        let question = match (&decision, named) {
            (Decision::NotNeeded, _) => None,
            // If much of the column contradicts the setting, the setting is out of date: the system now writes its
            // dates differently.
            (_, Some(order)) => {
                let against: u64 = Order::ALL.iter().filter(|o| **o != order).map(|o| vote.cells_only(*o)).sum();
                rules.evidence = format!("{} as configured", order.name());
                (against > 0 && against * 10 > vote.cells_only(order)).then(|| Question::Order(decision.clone()))
            }
            (Decision::Settled(order, evidence), None) => {
                rules.order = Some(*order);
                rules.evidence = match evidence.line {
                    0 => format!("{}: no other order fits all cells", order.name()),
                    line => format!(
                        "{}: \"{}\" in line {line}{} can only be read this way",
                        order.name(),
                        evidence.text,
                        match evidence.cells {
                            1 => String::new(),
                            2 => " and 1 other cell".to_owned(),
                            cells => format!(" and {} other cells", cells - 1),
                        }
                    ),
                };
                None
            }
            (open, None) => Some(Question::Order(open.clone())),
        };
        let bare = vote.halves == 0 && vote.late == 0 && vote.small_hours > 0 && clock.is_none();
        // Where most cells are plain numbers, the few dates among them do not show what the numbers are.
        let only_serials = vote.serials > vote.open + vote.known && !rules.serials && rules.pattern.is_none();
        if rules.evidence.is_empty() && vote.known > 0 {
            rules.evidence = "the dates can be read in only one way".to_owned();
        }
        match question.or(bare.then_some(Question::Halves)).or(only_serials.then_some(Question::Serials)) {
            Some(question) => Err((question, Box::new(rules))),
            None => Ok(rules),
        }
    }

    /// How many dates have no year, and no setting says which year is meant.
    pub(crate) fn open_years(&self) -> u64 {
        if self.without_year { 0 } else { self.vote.yearless }
    }

    /// How many times have no AM or PM where others have one, and no setting says what they mean. A few may be slips.
    pub(crate) fn open_times(&self) -> u64 {
        let many = self.vote.bare >= 3 && self.vote.bare * 10 >= self.vote.halves;
        if self.clock.is_none() && self.halves && many { self.vote.bare } else { 0 }
    }

    /// Reads the cells of one row.
    pub fn read<T: AsRef<str>>(&self, cells: &[T]) -> Result<Reading, MomentFault> {
        let moment = scan_cells(cells, self.pattern.as_deref())?;
        let written = moment.date.ok_or(MomentFault::NoDate)?;
        if written.is_placeholder() {
            return Err(MomentFault::Placeholder);
        }
        if matches!(written, DateText::Yearless { .. }) && !self.without_year {
            return Err(MomentFault::NoYear);
        }
        self.vote.check_style(&moment)?;
        let date = match written {
            DateText::Serial(days) => {
                let date = serial_date(days).ok_or(MomentFault::NoSuchDate)?;
                match self.serials || self.vote.serial_is_date(date, self.order) {
                    true => date,
                    false => return Err(MomentFault::LoneSerial),
                }
            }
            written => written.date(self.order, self.century)?,
        };
        if moment.weekday.is_some_and(|day| day != date.weekday()) {
            return Err(MomentFault::WrongWeekday);
        }
        if let Century::Nearest(today) = self.century
            && date.year() > today.year() + YEARS_AHEAD
        {
            return Err(MomentFault::FarYear);
        }
        let time = moment.time.map(|time| self.clock_time(time)).transpose()?;
        let end = moment.end.map(|time| self.clock_time(time)).transpose()?;
        Ok(Reading { date, time, end, offset: moment.offset })
    }

    /// Converts a time from a range in the column, or from an adjacent cell, to the 24-hour clock.
    pub fn clock_time(&self, mut time: TimeText) -> Result<NaiveTime, MomentFault> {
        if time.half.is_none() {
            match self.clock {
                Some(Clock::OfficeHours) if (1..=6).contains(&time.hour) => time.half = Some(Half::Afternoon),
                // Other cells are in the evening, so this one may be too.
                Some(Clock::OfficeHours) if self.vote.evenings > 0 && (7..=11).contains(&time.hour) => {
                    return Err(MomentFault::NoHalf);
                }
                None if self.halves && (1..=12).contains(&time.hour) => return Err(MomentFault::NoHalf),
                _ => {}
            }
        }
        time.on_clock().ok_or(MomentFault::NoSuchTime)
    }
}
