//! Expands a repeat rule into local dates and times.

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Weekday};

use crate::feeds::formats::ical::rules::{Frequency, Rule};

/// The most days and times that are looked at for one rule, and for one file.
const MOST_FOR_A_RULE: u64 = 3_000_000;
const MOST_FOR_A_FILE: u64 = 60_000_000;

/// How much work is left for a file.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    left: u64,
}

impl Default for Work {
    fn default() -> Self {
        Self { left: MOST_FOR_A_FILE }
    }
}

impl Work {
    /// False as soon as the whole file has taken too much.
    pub(crate) fn is_left(&self) -> bool {
        self.left > 0
    }

    fn take(&mut self, amount: u64, of_rule: &mut u64) -> Result<(), Stop> {
        self.left = self.left.saturating_sub(amount);
        *of_rule = of_rule.saturating_sub(amount);
        if self.left == 0 || *of_rule == 0 { Err(Stop::TooManyDates) } else { Ok(()) }
    }
}

/// Why an expansion ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    TooManyDates,
    /// The receiver wants no more.
    Enough,
}

/// The part of a rule's dates that is asked for; both ends are included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) from: NaiveDateTime,
    pub(crate) to: NaiveDateTime,
}

/// Calls `found` with each date of the rule within `span`, in order, and with its number (from 1; only right where
/// the rule has a COUNT). A start that the rule does not give itself is not among them.
pub(crate) fn expand(
    rule: &Rule,
    start: NaiveDateTime,
    until: Option<NaiveDateTime>,
    span: Span,
    work: &mut Work,
    found: &mut dyn FnMut(NaiveDateTime, u64) -> bool,
) -> Result<(), Stop> {
    let full = completed(rule, start);
    let times = times(&full, start.time());
    let end = until.map_or(span.to, |until| until.min(span.to));
    let mut period_number = if full.count.is_some() { 0 } else { first_period(&full, start, span.from) };
    let (mut number, mut left) = (0_u64, MOST_FOR_A_RULE);
    work.take(times.len() as u64, &mut left)?;
    while let Some((first, length)) = period(&full, start.date(), period_number) {
        if first.and_time(NaiveTime::MIN) > end {
            return Ok(());
        }
        work.take(length.saturating_add(1), &mut left)?;
        let days: Vec<NaiveDate> =
            first.iter_days().take(usize::try_from(length).unwrap_or(0)).filter(|day| full.matches(*day)).collect();
        let whole = full.positions.is_empty() && period_number > 0;
        if let Some(last) = days.last()
            && whole
            && *last < span.from.date()
        {
            number = number.saturating_add((days.len() as u64).saturating_mul(times.len() as u64));
            if full.count.is_some_and(|count| number >= count) {
                return Ok(());
            }
        } else {
            let mut each = |date_time: NaiveDateTime| {
                if date_time < start {
                    return Ok(true);
                }
                number = number.saturating_add(1);
                if date_time > end || full.count.is_some_and(|count| number > count) {
                    return Ok(false);
                }
                if date_time >= span.from && !found(date_time, number) { Err(Stop::Enough) } else { Ok(true) }
            };
            work.take(positions_work(&full, &days, &times), &mut left)?;
            if !in_period(&full, &days, &times, &mut each)? {
                return Ok(());
            }
        }
        let Some(next) = period_number.checked_add(1) else { return Ok(()) };
        period_number = next;
    }
    Ok(())
}

/// Whether the rule gives the start itself. If not, programs disagree whether the start takes place and whether it counts.
pub(crate) fn gives(rule: &Rule, start: NaiveDateTime, work: &mut Work) -> bool {
    let mut gives = false;
    let ended = expand(rule, start, None, Span { from: start, to: start }, work, &mut |_, _| {
        gives = true;
        true
    });
    gives && ended.is_ok()
}

fn positions_work(rule: &Rule, days: &[NaiveDate], times: &[NaiveTime]) -> u64 {
    if rule.positions.is_empty() {
        (days.len() as u64).saturating_mul(times.len() as u64)
    } else {
        rule.positions.len() as u64
    }
}

/// Gives the dates of one period in order; false if the receiver says that the rule has ended.
fn in_period(
    rule: &Rule,
    days: &[NaiveDate],
    times: &[NaiveTime],
    each: &mut dyn FnMut(NaiveDateTime) -> Result<bool, Stop>,
) -> Result<bool, Stop> {
    if rule.positions.is_empty() {
        for day in days {
            for time in times {
                if !each(day.and_time(*time))? {
                    return Ok(false);
                }
            }
        }
        return Ok(true);
    }
    let total = i64::try_from(days.len().saturating_mul(times.len())).unwrap_or(i64::MAX);
    let mut chosen: Vec<i64> = rule
        .positions
        .iter()
        .map(|&position| i64::from(position))
        .map(|position| if position > 0 { position.saturating_sub(1) } else { total.saturating_add(position) })
        .filter(|index| (0..total).contains(index))
        .collect();
    chosen.sort_unstable();
    chosen.dedup();
    for index in chosen {
        let index = usize::try_from(index).unwrap_or(0);
        let day = index.checked_div(times.len()).and_then(|at| days.get(at));
        let time = index.checked_rem(times.len()).and_then(|at| times.get(at));
        if let (Some(day), Some(time)) = (day, time)
            && !each(day.and_time(*time))?
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What the rule leaves open comes from the start.
fn completed(rule: &Rule, start: NaiveDateTime) -> Rule {
    let mut full = rule.clone();
    let by_day = !rule.weekdays.is_empty() || !rule.month_days.is_empty() || !rule.year_days.is_empty();
    let month = i32::try_from(start.month()).unwrap_or(1);
    let day = i32::try_from(start.day()).unwrap_or(1);
    match rule.frequency {
        Frequency::Weekly if rule.weekdays.is_empty() => full.weekdays = vec![(0, start.weekday())],
        Frequency::Monthly if !by_day => full.month_days = vec![day],
        Frequency::Yearly if !rule.weeks.is_empty() && rule.weekdays.is_empty() => {
            full.weekdays = vec![(0, start.weekday())];
        }
        Frequency::Yearly if rule.weeks.is_empty() && !by_day => {
            full.month_days = vec![day];
            if rule.months.is_empty() {
                full.months = vec![month];
            }
        }
        _ => {}
    }
    full
}

fn times(rule: &Rule, start: NaiveTime) -> Vec<NaiveTime> {
    let or = |list: &[i32], given: u32| -> Vec<u32> {
        if list.is_empty() { vec![given] } else { list.iter().map(|n| n.unsigned_abs()).collect() }
    };
    let (minutes, seconds) = (or(&rule.minutes, start.minute()), or(&rule.seconds, start.second()));
    let mut all = Vec::new();
    for hour in or(&rule.hours, start.hour()) {
        for minute in &minutes {
            all.extend(seconds.iter().filter_map(|second| NaiveTime::from_hms_opt(hour, *minute, *second)));
        }
    }
    all
}

/// The first day and the length of the nth period.
fn period(rule: &Rule, start: NaiveDate, number: i64) -> Option<(NaiveDate, u64)> {
    let step = u64::try_from(number.checked_mul(rule.interval)?).ok()?;
    let (first, next) = match rule.frequency {
        Frequency::Yearly => {
            let year = start.year().checked_add(i32::try_from(step).ok()?)?;
            (NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year.checked_add(1)?, 1, 1)?)
        }
        Frequency::Monthly => {
            let first = start.with_day(1)?.checked_add_months(Months::new(u32::try_from(step).ok()?))?;
            (first, first.checked_add_months(Months::new(1))?)
        }
        Frequency::Weekly => {
            let first = week_of(start, rule.week_start)?.checked_add_days(Days::new(step.checked_mul(7)?))?;
            (first, first.checked_add_days(Days::new(7))?)
        }
        Frequency::Daily => {
            let first = start.checked_add_days(Days::new(step))?;
            (first, first.checked_add_days(Days::new(1))?)
        }
    };
    // Later years do not fit into the four digits of a date.
    (first.year() <= 9999)
        .then(|| u64::try_from(next.signed_duration_since(first).num_days()).ok())?
        .map(|n| (first, n))
}

/// A period that is not after `from`, as late as is cheap to know.
fn first_period(rule: &Rule, start: NaiveDateTime, from: NaiveDateTime) -> i64 {
    let days = from.date().signed_duration_since(start.date()).num_days();
    let periods = match rule.frequency {
        Frequency::Yearly => days / 366,
        Frequency::Monthly => days / 31,
        Frequency::Weekly => days / 7,
        Frequency::Daily => days,
    };
    (periods / rule.interval.max(1)).saturating_sub(1).max(0)
}

fn week_of(day: NaiveDate, week_start: Weekday) -> Option<NaiveDate> {
    day.checked_sub_days(Days::new(u64::from(day.weekday().days_since(week_start))))
}

impl Rule {
    fn matches(&self, day: NaiveDate) -> bool {
        let number = |n: u32| i32::try_from(n).unwrap_or(0);
        let has = |list: &[i32], at: u32, length: u32| {
            let (at, length) = (number(at), number(length));
            list.is_empty() || list.contains(&at) || list.contains(&at.saturating_sub(length).saturating_sub(1))
        };
        if !self.months.is_empty() && !self.months.contains(&number(day.month())) {
            return false;
        }
        let month_length = u32::from(day.num_days_in_month());
        let year_length = if day.leap_year() { 366 } else { 365 };
        has(&self.month_days, day.day(), month_length)
            && has(&self.year_days, day.ordinal(), year_length)
            && self.in_weekdays(day, month_length, year_length)
            && (self.weeks.is_empty()
                || week_number(day, self.week_start).is_some_and(|(week, weeks)| has(&self.weeks, week, weeks)))
    }

    fn in_weekdays(&self, day: NaiveDate, month_length: u32, year_length: u32) -> bool {
        let in_year = self.frequency == Frequency::Yearly && self.months.is_empty();
        let (at, length) = if in_year { (day.ordinal(), year_length) } else { (day.day(), month_length) };
        let nth = |n: u32| i32::try_from(n / 7).unwrap_or(0).saturating_add(1);
        let from_start = nth(at.saturating_sub(1));
        let from_end = nth(length.saturating_sub(at)).saturating_neg();
        self.weekdays.is_empty()
            || self.weekdays.iter().any(|&(number, weekday)| {
                weekday == day.weekday() && (number == 0 || number == from_start || number == from_end)
            })
    }
}

/// The number of a day's week and how many weeks that year has; the first week has four days or more in the year.
fn week_number(day: NaiveDate, week_start: Weekday) -> Option<(u32, u32)> {
    let middle = |day| week_of(day, week_start)?.checked_add_days(Days::new(3));
    let number = |middle: NaiveDate| (middle.ordinal0() / 7).saturating_add(1);
    let this = middle(day)?;
    let last = middle(NaiveDate::from_ymd_opt(this.year(), 12, 28)?)?;
    Some((number(this), number(last)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::formats::ical::rules;
    use proptest::prelude::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().expect("a time")
    }

    fn all(text: &str, start: &str, from: &str, to: &str) -> Vec<String> {
        let rule = rules::rule(text).expect(text);
        let mut got = Vec::new();
        expand(
            &rule,
            at(start),
            rule.until.as_ref().map(|until| until.local),
            Span { from: at(from), to: at(to) },
            &mut Work::default(),
            &mut |time, _| {
                got.push(time.format("%Y-%m-%dT%H:%M").to_string());
                true
            },
        )
        .expect(text);
        got
    }

    #[test]
    fn a_count_is_counted_from_the_start_and_a_window_jumps() {
        let got = all("FREQ=WEEKLY;COUNT=3", "2026-03-03T09:00:00", "2026-03-10T00:00:00", "2027-01-01T00:00:00");
        assert_eq!(got, ["2026-03-10T09:00", "2026-03-17T09:00"]);
        let got = all("FREQ=DAILY", "0001-01-01T09:00:00", "9999-12-30T00:00:00", "9999-12-31T23:00:00");
        assert_eq!(got, ["9999-12-30T09:00", "9999-12-31T09:00"]);
        let got = all("FREQ=YEARLY;INTERVAL=2", "2024-02-29T09:00:00", "2025-01-01T00:00:00", "2033-01-01T00:00:00");
        assert_eq!(got, ["2028-02-29T09:00", "2032-02-29T09:00"]);
    }

    #[test]
    fn a_start_that_the_rule_does_not_give_is_known() {
        let rule = rules::rule("FREQ=WEEKLY;BYDAY=WE").expect("a rule");
        assert!(gives(&rule, at("2026-03-11T09:00:00"), &mut Work::default()));
        assert!(!gives(&rule, at("2026-03-10T09:00:00"), &mut Work::default()));
    }

    #[test]
    fn a_rule_with_too_many_dates_stops() {
        let span = Span { from: at("2026-01-01T00:00:00"), to: at("2026-02-01T00:00:00") };
        let every = (0..60).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        for text in [
            "FREQ=DAILY;COUNT=4000000000;BYHOUR=0,1,2,3,4,5,6,7,8;BYSETPOS=1,2,3,4,5,6,7".to_owned(),
            format!(
                "FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;BYMINUTE={every};BYSECOND={every}"
            ),
        ] {
            let rule = rules::rule(&text).expect("a rule");
            let mut work = Work { left: 2_000_000 };
            let ended = expand(&rule, at("0001-01-01T00:00:00"), None, span, &mut work, &mut |_, _| true);
            assert_eq!(ended, Err(Stop::TooManyDates), "{text}");
            assert!(!work.is_left());
        }
    }

    /// libical's own table: each rule gives exactly its dates or is refused.
    #[test]
    fn the_table_of_libical() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/ical/rrule/libical-icalrecur_test.txt");
        let Ok(table) = std::fs::read_to_string(path) else {
            println!("skipped: {path} is not here");
            return;
        };
        let (mut right, mut refused) = (0, Vec::new());
        for case in table.split("\n\n") {
            let field = |name: &str| case.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            let (Some(text), Some(start), Some(dates)) = (field("RRULE:"), field("DTSTART:"), field("INSTANCES:"))
            else {
                continue;
            };
            let Ok(rule) = rules::rule(text) else {
                refused.push(text);
                continue;
            };
            assert!(!dates.starts_with("***"), "{text} must be refused");
            let read = |text: &str| crate::feeds::formats::ical::values::stamp(text, None, None).expect(text);
            let start = read(start);
            let rule =
                if start.clock == crate::feeds::formats::ical::values::Clock::Date { rule.of_days() } else { rule };
            let right_dates: Vec<NaiveDateTime> = dates.split(',').map(|date| read(date).local).collect();
            let span = Span { from: start.local, to: at("2200-01-01T00:00:00") };
            let mut got = Vec::new();
            let until = rule.until.as_ref().map(|until| until.local);
            let ended = expand(&rule, start.local, until, span, &mut Work::default(), &mut |time, _| {
                got.push(time);
                true
            });
            assert_eq!(ended, Ok(()), "{text}");
            if got != right_dates {
                got.truncate(40);
                panic!("{text} from {:?}\n right {right_dates:?}\n got   {got:?}", start.local);
            }
            right += 1;
        }
        println!("{right} right, {} refused: {refused:#?}", refused.len());
        assert!(right > 90, "{right}");
    }

    proptest! {
        /// The jump over the years before the window never changes what lies in it.
        #[test]
        fn a_window_is_a_part_of_the_whole(
            freq in prop::sample::select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
            interval in 1_i64..9,
            by in prop::sample::select(vec!["", ";BYDAY=MO,TH", ";BYMONTH=2,7", ";BYHOUR=8,9", ";BYDAY=MO,TU,WE;BYSETPOS=-1"]),
            wkst in prop::sample::select(vec!["MO", "SU", "WE"]),
            day in 0_u64..4000, offset in 0_u64..9000, length in 0_u64..800,
        ) {
            let start = at("2000-01-01T09:30:00").checked_add_days(Days::new(day)).expect("a day");
            let from = start.checked_add_days(Days::new(offset)).expect("a day");
            let to = from.checked_add_days(Days::new(length)).expect("a day");
            let text = format!("FREQ={freq};INTERVAL={interval}{by};WKST={wkst}");
            let show = |time: NaiveDateTime| time.format("%Y-%m-%dT%H:%M:%S").to_string();
            let whole = all(&text, &show(start), &show(start), &show(to));
            let part = all(&text, &show(start), &show(from), &show(to));
            let from = from.format("%Y-%m-%dT%H:%M").to_string();
            prop_assert_eq!(part, whole.into_iter().filter(|time| *time >= from).collect::<Vec<_>>());
        }
    }
}
