//! Reads an RRULE and refuses every rule whose dates are not certain.

use std::str::FromStr;

use chrono::Weekday;

use crate::feeds::formats::ical::values::{Stamp, shown, stamp};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frequency {
    Yearly,
    Monthly,
    Weekly,
    Daily,
}

/// A rule that can be expanded. The lists are sorted and without repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) frequency: Frequency,
    pub(crate) interval: i64,
    pub(crate) count: Option<u64>,
    pub(crate) until: Option<Stamp>,
    pub(crate) months: Vec<i32>,
    pub(crate) weeks: Vec<i32>,
    pub(crate) year_days: Vec<i32>,
    pub(crate) month_days: Vec<i32>,
    /// The number is 0 for every such weekday.
    pub(crate) weekdays: Vec<(i32, Weekday)>,
    pub(crate) hours: Vec<i32>,
    pub(crate) minutes: Vec<i32>,
    pub(crate) seconds: Vec<i32>,
    pub(crate) positions: Vec<i32>,
    pub(crate) week_start: Weekday,
}

impl Rule {
    fn new(frequency: Frequency) -> Self {
        Self {
            frequency,
            interval: 1,
            count: None,
            until: None,
            months: vec![],
            weeks: vec![],
            year_days: vec![],
            month_days: vec![],
            weekdays: vec![],
            hours: vec![],
            minutes: vec![],
            seconds: vec![],
            positions: vec![],
            week_start: Weekday::Mon,
        }
    }
}

impl Rule {
    /// The rule of an all-day event: BYHOUR, BYMINUTE and BYSECOND say nothing about days.
    pub(crate) fn of_days(&self) -> Self {
        Self { hours: vec![], minutes: vec![], seconds: vec![], ..self.clone() }
    }
}

/// Reads the value of an RRULE; the error says which part is wrong or not supported.
pub(crate) fn rule(value: &str) -> Result<Rule, String> {
    let upper = value.trim().to_ascii_uppercase();
    let mut parts: Vec<(&str, &str)> = Vec::new();
    for part in upper.split(';').filter(|part| !part.trim().is_empty()) {
        let (name, given) = part.split_once('=').ok_or_else(|| format!("the RRULE part {} has no =", shown(part)))?;
        let (name, given) = (name.trim(), given.trim());
        if parts.iter().any(|(other, _)| *other == name) {
            return Err(format!("the RRULE has {} twice", shown(name)));
        }
        // There are 16 parts in all.
        if parts.len() >= 16 {
            return Err("the RRULE has too many parts".to_owned());
        }
        parts.push((name, given));
    }
    let frequency = parts.iter().find(|(name, _)| *name == "FREQ").map(|(_, given)| *given);
    let mut rule = Rule::new(frequency_of(frequency.ok_or("the RRULE has no FREQ")?)?);
    for (name, given) in parts {
        part(&mut rule, name, given)?;
    }
    check(&rule)?;
    Ok(rule)
}

fn frequency_of(given: &str) -> Result<Frequency, String> {
    match given {
        "YEARLY" => Ok(Frequency::Yearly),
        "MONTHLY" => Ok(Frequency::Monthly),
        "WEEKLY" => Ok(Frequency::Weekly),
        "DAILY" => Ok(Frequency::Daily),
        "HOURLY" | "MINUTELY" | "SECONDLY" => Err(format!("FREQ={given} is not supported")),
        _ => Err(format!("the FREQ {} of the RRULE is not known", shown(given))),
    }
}

fn part(rule: &mut Rule, name: &str, given: &str) -> Result<(), String> {
    match name {
        "FREQ" => {}
        "INTERVAL" => rule.interval = number(name, given, 1..=100_000)?,
        "COUNT" => rule.count = Some(number(name, given, 1..=u64::from(u32::MAX))?),
        "UNTIL" => {
            rule.until = Some(stamp(given, None, None).map_err(|_| format!("the UNTIL {} is no date", shown(given)))?);
        }
        "BYMONTH" => rule.months = numbers(name, given, 1, 12, false)?,
        "BYWEEKNO" => rule.weeks = numbers(name, given, 1, 53, true)?,
        "BYYEARDAY" => rule.year_days = numbers(name, given, 1, 366, true)?,
        "BYMONTHDAY" => rule.month_days = numbers(name, given, 1, 31, true)?,
        "BYHOUR" => rule.hours = numbers(name, given, 0, 23, false)?,
        "BYMINUTE" => rule.minutes = numbers(name, given, 0, 59, false)?,
        "BYSECOND" => rule.seconds = numbers(name, given, 0, 59, false)?,
        "BYSETPOS" => rule.positions = numbers(name, given, 1, 366, true)?,
        "BYDAY" => {
            for day in given.split(',') {
                let day = weekday(day.trim()).ok_or_else(|| format!("the BYDAY {} is not known", shown(day)))?;
                if !rule.weekdays.contains(&day) {
                    rule.weekdays.push(day);
                }
            }
        }
        "WKST" => {
            rule.week_start = weekday(given)
                .filter(|(number, _)| *number == 0)
                .map(|(_, day)| day)
                .ok_or_else(|| format!("the WKST {} is not known", shown(given)))?;
        }
        "RSCALE" if given == "GREGORIAN" => {}
        "SKIP" if given == "OMIT" => {}
        _ => return Err(format!("the RRULE part {}={} is not supported", one_word(name), one_word(given))),
    }
    Ok(())
}

fn one_word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic()).take(28).collect()
}

fn number<T: FromStr + PartialOrd>(name: &str, given: &str, range: std::ops::RangeInclusive<T>) -> Result<T, String> {
    let plain = !given.starts_with('+');
    given
        .parse()
        .ok()
        .filter(|number| plain && range.contains(number))
        .ok_or_else(|| format!("the {name} {} of the RRULE is not in its range", shown(given)))
}

/// A list of numbers from `low` to `high`, or the same with a minus where `signed`.
fn numbers(name: &str, given: &str, low: i32, high: i32, signed: bool) -> Result<Vec<i32>, String> {
    let mut all = Vec::new();
    for item in given.split(',') {
        let item = item.trim();
        let value: i32 = number(name, item.strip_prefix('+').filter(|_| signed).unwrap_or(item), -high..=high)?;
        if value.abs() < low || (value < 0 && !signed) {
            return Err(format!("the {name} {} of the RRULE is not in its range", shown(item)));
        }
        all.push(value);
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

fn weekday(text: &str) -> Option<(i32, Weekday)> {
    let (number, day) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let day = match day {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    };
    let number: i32 = match number {
        "" => return Some((0, day)),
        number => number.parse().ok()?,
    };
    (number != 0 && number.abs() <= 53).then_some((number, day))
}

/// Refuses what RFC 5545 forbids and what programs read in different ways.
fn check(rule: &Rule) -> Result<(), String> {
    use Frequency::{Daily, Monthly, Weekly, Yearly};
    let numbered = rule.weekdays.iter().any(|(number, _)| *number != 0);
    let frequency = rule.frequency;
    let only_time =
        rule.months.is_empty() && rule.weeks.is_empty() && rule.year_days.is_empty() && rule.month_days.is_empty();
    let no_part = only_time
        && rule.weekdays.is_empty()
        && rule.hours.is_empty()
        && rule.minutes.is_empty()
        && rule.seconds.is_empty();
    let wrong = [
        (rule.count.is_some() && rule.until.is_some(), "COUNT together with UNTIL"),
        (numbered && matches!(frequency, Weekly | Daily), "a numbered BYDAY in a daily or weekly rule"),
        (!rule.weeks.is_empty() && frequency != Yearly, "BYWEEKNO in a rule that is not yearly"),
        (!rule.year_days.is_empty() && frequency != Yearly, "BYYEARDAY in a rule that is not yearly"),
        (!rule.month_days.is_empty() && frequency == Weekly, "BYMONTHDAY in a weekly rule"),
        (!rule.positions.is_empty() && no_part, "BYSETPOS alone"),
        (
            !rule.weeks.is_empty()
                && (numbered
                    || rule.interval != 1
                    || !rule.positions.is_empty()
                    || !rule.months.is_empty()
                    || !rule.month_days.is_empty()
                    || !rule.year_days.is_empty()),
            "BYWEEKNO together with INTERVAL, BYSETPOS, BYMONTH, BYMONTHDAY, BYYEARDAY or a numbered BYDAY",
        ),
        (
            frequency == Yearly && !rule.month_days.is_empty() && rule.months.is_empty(),
            "BYMONTHDAY without BYMONTH in a yearly rule",
        ),
        (
            !rule.year_days.is_empty() && (!rule.months.is_empty() || !rule.month_days.is_empty()),
            "BYYEARDAY together with BYMONTH or BYMONTHDAY",
        ),
        (
            numbered && (!rule.year_days.is_empty() || !rule.month_days.is_empty()),
            "a numbered BYDAY together with BYMONTHDAY or BYYEARDAY",
        ),
        (
            frequency == Monthly && numbered && rule.weekdays.iter().any(|(number, _)| number.abs() > 5),
            "a BYDAY above 5 in a monthly rule",
        ),
    ];
    match wrong.iter().find(|(wrong, _)| *wrong) {
        Some((_, what)) => Err(format!("a repeat rule with {what} is not supported")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rules_are_read() {
        let read = rule("freq=monthly;interval=2;COUNT=3;BYDAY=-1SU,+2MO,TU,TU;BYHOUR=9,8,9;WKST=SU;").expect("a rule");
        assert_eq!((read.frequency, read.interval, read.count), (Frequency::Monthly, 2, Some(3)));
        assert_eq!(read.weekdays, [(-1, Weekday::Sun), (2, Weekday::Mon), (0, Weekday::Tue)]);
        assert_eq!((read.hours, read.week_start), (vec![8, 9], Weekday::Sun));
        assert!(rule("RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=OMIT").is_ok());
    }

    #[test]
    fn rules_that_are_not_certain_are_refused() {
        for (text, why) in [
            ("", "no FREQ"),
            ("COUNT=3", "no FREQ"),
            ("FREQ=HOURLY", "FREQ=HOURLY is not supported"),
            ("FREQ=FORTNIGHTLY", "not known"),
            ("FREQ=DAILY;FREQ=DAILY", "twice"),
            ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
            ("FREQ=DAILY;INTERVAL=65537000", "INTERVAL"),
            ("FREQ=DAILY;COUNT=0", "COUNT"),
            ("FREQ=DAILY;COUNT=-1", "COUNT"),
            ("FREQ=DAILY;COUNT=3;UNTIL=20260101", "COUNT together with UNTIL"),
            ("FREQ=DAILY;UNTIL=soon", "UNTIL"),
            ("FREQ=DAILY;BYEASTER=1", "BYEASTER=1 is not supported"),
            ("FREQ=DAILY;BYHOUR=24", "BYHOUR"),
            ("FREQ=DAILY;BYSECOND=60", "BYSECOND"),
            ("FREQ=DAILY;BYMONTHDAY=0", "BYMONTHDAY"),
            ("FREQ=DAILY;BYMONTHDAY=", "BYMONTHDAY"),
            ("FREQ=DAILY;BYDAY=1MO", "numbered BYDAY"),
            ("FREQ=WEEKLY;BYDAY=XX", "BYDAY"),
            ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY"),
            ("FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO"),
            ("FREQ=MONTHLY;BYYEARDAY=1", "BYYEARDAY"),
            ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS alone"),
            ("FREQ=YEARLY;BYMONTHDAY=29", "BYMONTHDAY without BYMONTH"),
            ("FREQ=YEARLY;BYWEEKNO=1;INTERVAL=3", "BYWEEKNO together"),
            ("FREQ=YEARLY;SKIP=FORWARD;RSCALE=GREGORIAN", "SKIP=FORWARD"),
            ("RSCALE=CHINESE;FREQ=YEARLY", "RSCALE=CHINESE"),
            ("FREQ=WEEKLY;nonsense", "has no ="),
        ] {
            let error = rule(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_never_panics(text in "(FREQ|BYDAY|COUNT|=|;|,|[0-9]{1,20}|MO|-|é|DAILY|YEARLY|UNTIL){0,12}") {
            if let Ok(rule) = rule(&text) {
                prop_assert!(rule.interval >= 1 && rule.count != Some(0));
            }
        }
    }
}
