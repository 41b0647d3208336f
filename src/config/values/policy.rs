//! Policies a rule may override: how close to an appointment a text may go out, and what happens outside the hours.

use chrono::TimeDelta;

use crate::config::toml_reader::{Faults, Value, duration, fault, one_of};
use crate::domain::rule::OutsideHours;

pub(crate) const WEEK: TimeDelta = TimeDelta::days(7);
const OUTSIDE_HOURS: [(&str, OutsideHours); 4] = [
    ("same-day", OutsideHours::SameDay),
    ("earlier", OutsideHours::Earlier),
    ("later", OutsideHours::Later),
    ("skip", OutsideHours::Skip),
];

/// `no_text_within`: up to a week.
pub(crate) fn no_text_within(value: &Value<'_>) -> Result<TimeDelta, Faults> {
    let length = duration(value, 0..=WEEK.num_seconds().unsigned_abs())?;
    TimeDelta::from_std(length).or_else(|_| fault("too long"))
}

/// `outside_hours`, for all rules or for one.
pub(crate) fn outside_hours(value: &Value<'_>) -> Result<OutsideHours, Faults> {
    one_of(value, &OUTSIDE_HOURS)
}
