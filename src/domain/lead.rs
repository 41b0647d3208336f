//! A lead: how long before the start a reminder goes out, as the practice writes it.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveTime, TimeDelta};

use crate::domain::time_of_day;

/// The unit of a lead. Minutes and hours are elapsed time. The other units step through the local calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// 60 seconds of elapsed time.
    Minutes,
    /// 3,600 seconds of elapsed time.
    Hours,
    /// Local calendar dates.
    Days,
    /// Seven local calendar dates.
    Weeks,
    /// Local dates on which the practice is open.
    BusinessDays,
}

/// How long before the start. `at` is a local time of day and is allowed only with days, weeks and business days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lead {
    /// How many units: 0 to [`Lead::MAX_DAYS`] days' worth; 0 only for days, weeks and business days.
    pub amount: u32,
    /// The unit.
    pub unit: Unit,
    /// The local time of day of the reminder. `None` means the same time as the start.
    pub at: Option<NaiveTime>,
}

impl Lead {
    /// A lead longer than this many days is treated as a typo.
    pub(crate) const MAX_DAYS: u32 = 366;

    /// Parses `N minutes|hours|days|weeks|business days`, or the singular, with nothing after it. The error says what
    /// to write instead.
    pub(crate) fn parse(text: &str) -> Result<Lead, String> {
        let usage =
            || format!("`{text}` is not a lead; write, for example, \"3 business days\", \"1 week\" or \"48 hours\"");
        let (amount, unit) = text.trim().split_once(char::is_whitespace).ok_or_else(usage)?;
        let amount: u32 = match amount.bytes().all(|b| b.is_ascii_digit()) {
            true => amount.parse().map_err(|_| usage())?,
            false => return Err(usage()),
        };
        let words: Vec<&str> = unit.split_whitespace().collect();
        let (unit, most) = match words.as_slice() {
            ["minute" | "minutes"] => (Unit::Minutes, Lead::MAX_DAYS * 24 * 60),
            ["hour" | "hours"] => (Unit::Hours, Lead::MAX_DAYS * 24),
            ["day" | "days"] => (Unit::Days, Lead::MAX_DAYS),
            ["week" | "weeks"] => (Unit::Weeks, Lead::MAX_DAYS / 7),
            ["business", "day" | "days"] => (Unit::BusinessDays, Lead::MAX_DAYS),
            _ => return Err(usage()),
        };
        if amount > most {
            return Err(format!("`{text}` is longer than a year; the longest lead is {} days", Lead::MAX_DAYS));
        }
        if amount == 0 && matches!(unit, Unit::Minutes | Unit::Hours) {
            return Err(format!("`{text}` is too short; a reminder must go out before the appointment"));
        }
        Ok(Lead { amount, unit, at: None })
    }

    /// The longest possible time between reminder and start. `None` if closed days may be in between.
    pub(crate) fn longest(&self) -> Option<TimeDelta> {
        let amount = i64::from(self.amount);
        // With a time of day, it can be up to a day more.
        let spare = if self.at.is_some() { TimeDelta::days(1) } else { TimeDelta::zero() };
        match self.unit {
            Unit::Minutes => Some(TimeDelta::minutes(amount)),
            Unit::Hours => Some(TimeDelta::hours(amount)),
            Unit::Days => Some(TimeDelta::days(amount) + spare),
            Unit::Weeks => Some(TimeDelta::weeks(amount) + spare),
            Unit::BusinessDays => None,
        }
    }

    /// Whether this unit allows a time of day (`at`).
    pub(crate) fn takes_at(&self) -> bool {
        !matches!(self.unit, Unit::Minutes | Unit::Hours)
    }
}

impl FromStr for Lead {
    type Err = String;

    /// Like [`Lead::parse`], with an optional ` at ` and a time of day after it.
    fn from_str(text: &str) -> Result<Lead, String> {
        let Some((lead, at)) = text.split_once(" at ") else { return Lead::parse(text) };
        let lead = Lead::parse(lead)?;
        if !lead.takes_at() {
            return Err(format!("`{text}`: a time of day is allowed only with days, weeks or business days"));
        }
        Ok(Lead { at: Some(time_of_day::read(at)?), ..lead })
    }
}

impl fmt::Display for Lead {
    /// Writes text that parses back to this lead.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Minutes => "minute",
            Unit::Hours => "hour",
            Unit::Days => "day",
            Unit::Weeks => "week",
            Unit::BusinessDays => "business day",
        };
        write!(f, "{} {unit}{}", self.amount, if self.amount == 1 { "" } else { "s" })?;
        if let Some(at) = self.at {
            write!(f, " at {}", at.format("%H:%M"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_parse_and_print_the_same() {
        for text in ["1 minute", "90 minutes", "48 hours", "1 day", "2 weeks", "3 business days", "0 days at 08:00"] {
            assert_eq!(text.parse::<Lead>().unwrap().to_string(), text);
        }
        assert_eq!("1 day at 9am".parse::<Lead>().unwrap().to_string(), "1 day at 09:00");
        assert_eq!("3  business  days".parse::<Lead>().unwrap().to_string(), "3 business days");
    }

    #[test]
    fn other_text_is_rejected_with_an_explanation() {
        for text in [
            "",
            "soon",
            "3",
            "-1 days",
            "+1 days",
            "1.5 hours",
            "3 months",
            "0 hours",
            "400 days",
            "1 hour at 09:00",
            "1 day at 9",
            "1 day at 25:00",
            "1 day ago",
        ] {
            let diagnostic = text.parse::<Lead>().unwrap_err();
            assert!(diagnostic.len() > 20, "{diagnostic}");
        }
    }
}
