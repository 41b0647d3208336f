//! One appointment gets no texts, or gets them again.

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::domain::ids::{AppointmentId, RuleName};
use crate::domain::operator::Operator;
use crate::store::controls::pauses;
use crate::store::{StoreError, Transaction};

/// What it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Skipped {
    /// There is no such rule; the names there are.
    NoSuchRule(Vec<RuleName>),
    /// There is no such appointment.
    NoSuchAppointment,
    /// It is as asked.
    Done,
    /// It was so before.
    Already,
}

/// Takes the texts of one rule, or of all, from an appointment; with `give_back`, gives them back.
pub(crate) fn skip(
    tx: &Transaction<'_>,
    config: &Config,
    (appointment, rule): (&AppointmentId, Option<&RuleName>),
    give_back: bool,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Skipped, StoreError> {
    let rules = &config.rulebook.rules;
    if rule.is_some_and(|rule| rules.iter().all(|known| known.name != *rule)) {
        return Ok(Skipped::NoSuchRule(rules.iter().map(|rule| rule.name.clone()).collect()));
    }
    if !pauses::knows(tx, appointment)? {
        return Ok(Skipped::NoSuchAppointment);
    }
    let changed = match give_back {
        false => pauses::skip(tx, appointment, rule, operator, now)?,
        true => pauses::unskip(tx, appointment, rule, operator, now)?,
    };
    Ok(if changed { Skipped::Done } else { Skipped::Already })
}
