//! Stops the texts for one appointment, or restores them.

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::domain::ids::{AppointmentId, RuleName};
use crate::domain::operator::Operator;
use crate::store::controls::pauses;
use crate::store::{StoreError, Transaction};

/// The result of a skip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Skipped {
    /// There is no such rule; these are the rules that exist.
    NoSuchRule(Vec<RuleName>),
    /// There is no such appointment.
    NoSuchAppointment,
    /// Done as requested.
    Done,
    /// It was already that way; nothing changed.
    Already,
}

/// Stops the texts of one rule, or of all rules, for an appointment; with `give_back`, restores them.
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
