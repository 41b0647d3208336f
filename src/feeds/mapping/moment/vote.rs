//! Decides the order of day, month and year for a whole column, from cells that can be read in only one way.

use chrono::{Datelike, NaiveDate};

use super::text::{Century, DateText, Half, Moment, MomentFault, Order};

/// A cell that settles an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The number of cells that can only be read this way.
    pub cells: u64,
    /// The line of the first such cell.
    pub line: u64,
    /// Its text.
    pub text: String,
}

/// What a column shows about the order of its dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// No cell is ambiguous.
    NotNeeded,
    /// Some cells can be read in only one way, and all of these agree.
    Settled(Order, Evidence),
    /// Every cell can be read in more than one way.
    Open(Vec<Order>),
    /// Cells contradict each other.
    Contradiction(Vec<(Order, Evidence)>),
}

/// A year with February 29.
const LEAP_YEAR: i32 = 2028;
/// A two-digit year farther from today than this is not the year of an appointment.
const NEAR_YEARS: i32 = 5;

/// What cells show about the order of their numbers.
#[derive(Debug, Clone, Default)]
struct Orders {
    /// How many cells each order fits.
    fits: [u64; 3],
    /// The cells that can only be read in one order.
    only: [Option<Evidence>; 3],
}

impl Orders {
    fn add(&mut self, line: u64, text: &str, fitting: &[Order]) {
        for order in fitting {
            self.fits[order.index()] += 1;
        }
        if let [order] = fitting {
            let evidence = &mut self.only[order.index()];
            match evidence {
                Some(evidence) => evidence.cells += 1,
                None => *evidence = Some(Evidence { cells: 1, line, text: text.trim().to_owned() }),
            }
        }
    }

    fn decide(&self) -> Decision {
        let settled: Vec<(Order, Evidence)> =
            Order::ALL.into_iter().filter_map(|order| Some((order, self.only[order.index()].clone()?))).collect();
        match settled.as_slice() {
            [(order, evidence)] => Decision::Settled(*order, evidence.clone()),
            [] => {
                // An order that cannot read cells which another order can is ruled out. Cells that fit no order are
                // impossible dates.
                let most = self.fits.iter().copied().max().unwrap_or(0);
                let fitting: Vec<Order> =
                    Order::ALL.into_iter().filter(|order| most > 0 && self.fits[order.index()] == most).collect();
                match fitting.as_slice() {
                    // No single cell settles it, but only this order fits all cells.
                    [order] => Decision::Settled(*order, Evidence { cells: most, line: 0, text: String::new() }),
                    _ => Decision::Open(fitting),
                }
            }
            _ => Decision::Contradiction(settled),
        }
    }
}

/// Counts the cells of a column.
#[derive(Debug, Clone)]
pub struct ColumnVote {
    /// The day on which the file is read.
    pub today: NaiveDate,
    birth: bool,
    /// Dates whose order is not known: three numbers.
    pub open: u64,
    /// Dates whose order is known.
    pub known: u64,
    /// Cells that are serial numbers.
    pub serials: u64,
    /// Dates without a year.
    pub yearless: u64,
    /// The ones of these in numbers.
    pub yearless_numbers: u64,
    /// Times from 7:00 to 11:59 PM.
    pub evenings: u64,
    /// Times with AM or PM.
    pub halves: u64,
    /// Times without AM or PM that could be either: 1:00 to 12:59.
    pub bare: u64,
    /// Times that exist only on a 24-hour clock.
    pub late: u64,
    /// Times without AM or PM from 1:00 to 6:59.
    pub small_hours: u64,
    /// Cells with a UTC offset.
    offsets: u64,
    short_years: u64,
    long_years: u64,
    two_digit_days: u64,
    one_digit_days: u64,
    zero_led_times: u64,
    orders: Orders,
    /// The same for dates without a year.
    yearless_orders: Orders,
    /// First and last date in each order; known dates count in every order.
    ranges: [Option<(NaiveDate, NaiveDate)>; 3],
}

/// Whether a time of three digits may be the beginning of one with four: `113` of `1130`, but not `930`.
fn may_be_longer(moment: &Moment) -> bool {
    moment.time.is_none_or(|time| time.hour * 10 + time.minute / 10 <= 23)
}

impl ColumnVote {
    /// Creates an empty count.
    pub fn new(today: NaiveDate, birth: bool) -> ColumnVote {
        ColumnVote {
            today,
            birth,
            open: 0,
            known: 0,
            serials: 0,
            yearless: 0,
            yearless_numbers: 0,
            evenings: 0,
            halves: 0,
            bare: 0,
            late: 0,
            small_hours: 0,
            offsets: 0,
            short_years: 0,
            long_years: 0,
            two_digit_days: 0,
            one_digit_days: 0,
            zero_led_times: 0,
            orders: Orders::default(),
            yearless_orders: Orders::default(),
            ranges: [None; 3],
        }
    }

    fn century(&self) -> Century {
        if self.birth { Century::NotAfter(self.today) } else { Century::Nearest(self.today) }
    }

    /// Counts a cell.
    pub fn add(&mut self, line: u64, text: &str, moment: &Moment) {
        if let Some(time) = moment.time {
            self.evenings += u64::from(time.half == Some(Half::Afternoon) && (7..=11).contains(&time.hour));
            match (time.half, time.hour) {
                (Some(Half::Morning | Half::Afternoon), _) => self.halves += 1,
                (Some(Half::Both), _) => {}
                (None, 13..) => self.late += 1,
                (None, 0) => {}
                (None, hour) => {
                    self.bare += 1;
                    self.small_hours += u64::from(hour < 7);
                }
            }
        }
        self.offsets += u64::from(moment.offset.is_some());
        self.two_digit_days += u64::from(moment.style.two_digit_day);
        self.one_digit_days += u64::from(moment.style.one_digit_day);
        self.zero_led_times += u64::from(moment.style.zero_led_time);
        let Some(date) = moment.date.filter(|date| !date.is_placeholder()) else { return };
        if !matches!(date, DateText::Serial(_) | DateText::Yearless { .. }) {
            self.short_years += u64::from(date.has_short_year());
            self.long_years += u64::from(!date.has_short_year());
        }
        match date {
            DateText::Serial(_) => self.serials += 1,
            DateText::Yearless { parts, month_known } => {
                self.yearless += 1;
                if !month_known {
                    self.yearless_numbers += 1;
                    self.add_yearless(line, text, moment, parts);
                }
            }
            DateText::Known { .. } => {
                self.known += 1;
                if let Ok(date) = date.date(None, self.century()) {
                    Order::ALL.iter().for_each(|order| self.widen(*order, date));
                }
            }
            DateText::Open { .. } => self.add_open(line, text, moment, date),
        }
    }

    fn add_open(&mut self, line: u64, text: &str, moment: &Moment, written: DateText) {
        self.open += 1;
        let read = |order: Order| {
            let date = written.date(Some(order), self.century()).ok()?;
            let right_day = moment.weekday.is_none_or(|day| day == date.weekday());
            let short = matches!(written, DateText::Open { long_year: false, .. });
            let near = self.birth || !short || (date.year() - self.today.year()).abs() <= NEAR_YEARS;
            (right_day && near).then_some((order, date))
        };
        let readings: Vec<(Order, NaiveDate)> = Order::ALL.into_iter().filter_map(read).collect();
        let fitting: Vec<Order> = readings.iter().map(|(order, _)| *order).collect();
        self.orders.add(line, text, &fitting);
        for (order, date) in readings {
            self.widen(order, date);
        }
    }

    /// Counts a date such as `12/1`: 30 can only be a day, and a weekday may fit only one order.
    fn add_yearless(&mut self, line: u64, text: &str, moment: &Moment, [a, b]: [u32; 2]) {
        let century = Century::Nearest(self.today);
        let fits = |order: &Order| {
            let (month, day) = match order {
                Order::MonthFirst => (a, b),
                Order::DayFirst => (b, a),
                Order::YearFirst => return false,
            };
            // Whether the day is too far ahead does not depend on the order.
            let date = moment.date.and_then(|written| written.date(Some(*order), century).ok());
            let right_day = moment.weekday.is_none_or(|weekday| date.is_none_or(|date| date.weekday() == weekday));
            NaiveDate::from_ymd_opt(LEAP_YEAR, month, day).is_some() && right_day
        };
        let fitting: Vec<Order> = Order::ALL.into_iter().filter(fits).collect();
        self.yearless_orders.add(line, text, &fitting);
    }

    fn widen(&mut self, order: Order, date: NaiveDate) {
        let range = &mut self.ranges[order.index()];
        *range = Some(range.map_or((date, date), |(first, last)| (first.min(date), last.max(date))));
    }

    /// The first and last date of the column in this order.
    pub fn range(&self, order: Option<Order>) -> Option<(NaiveDate, NaiveDate)> {
        self.ranges[order.map_or(0, Order::index)]
    }

    /// How many cells can be read only in this order; dates without a year count if there are no others.
    pub fn cells_only(&self, order: Order) -> u64 {
        let orders = if self.open == 0 { &self.yearless_orders } else { &self.orders };
        orders.only[order.index()].as_ref().map_or(0, |evidence| evidence.cells)
    }

    /// What the column shows.
    pub fn decide(&self) -> Decision {
        if self.open == 0 { Decision::NotNeeded } else { self.orders.decide() }
    }

    /// What its dates without a year show.
    pub fn decide_yearless(&self) -> Decision {
        match self.yearless_orders.decide() {
            // They have only two parts.
            Decision::Open(_) => Decision::Open(vec![Order::MonthFirst, Order::DayFirst]),
            decision => decision,
        }
    }

    /// Checks that a cell is written like the rest of the column. A cell that was cut off would be a different moment.
    pub fn check_style(&self, moment: &Moment) -> Result<(), MomentFault> {
        let short = moment.date.is_some_and(|date| date.has_short_year() && date.may_be_cut(self.today));
        let yearless = matches!(moment.date, Some(DateText::Yearless { month_known: false, .. }));
        match () {
            () if moment.offset.is_none() && self.offsets > 0 => Err(MomentFault::NoOffset),
            () if short && self.long_years > self.short_years => Err(MomentFault::CutShort),
            // A few among many full dates: `12/1` may be a part of `12/10/2026`.
            () if yearless && self.known + self.open > 10 * self.yearless => Err(MomentFault::CutShort),
            () if moment.style.one_digit_day && self.two_digit_days > self.one_digit_days => Err(MomentFault::CutShort),
            () if moment.style.three_digit_time && self.zero_led_times > 0 && may_be_longer(moment) => {
                Err(MomentFault::CutShort)
            }
            () => Ok(()),
        }
    }

    /// Whether a serial number in this column is certainly a date: most other cells are dates around the same days.
    pub fn serial_is_date(&self, date: NaiveDate, order: Option<Order>) -> bool {
        const SLACK: i64 = 31;
        let others = self.open + self.known;
        let within = |(first, last): (NaiveDate, NaiveDate)| {
            (date - first).num_days() >= -SLACK && (date - last).num_days() <= SLACK
        };
        others > self.serials && self.range(order).is_some_and(within)
    }
}
