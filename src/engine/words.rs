//! The texts that a plan tried: a text that goes out as it was tried is not written a second time.

use std::cell::RefCell;

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::domain::appointment::Appointment;
use crate::domain::attempt::{Attempt, AttemptEnd};
use crate::domain::ids::{AppointmentId, RuleName};
use crate::domain::reminder::Skip;
use crate::planner::input::PlannerInput;
use crate::wording::wordbook::Texts;

/// Writes the texts of one planning unit. Valid as long as its appointments are those of the plan.
#[derive(Debug)]
pub(crate) struct Words<'c> {
    config: &'c Config,
    /// The next text must carry the line for first texts.
    is_first: bool,
    tried: RefCell<Vec<Tried>>,
}

#[derive(Debug)]
struct Tried {
    about: Vec<(AppointmentId, RuleName)>,
    is_first: bool,
    at: DateTime<Utc>,
    texts: Result<Texts, Skip>,
}

impl<'c> Words<'c> {
    /// The words for what is known about a unit; nothing is written yet.
    pub(crate) fn of(config: &'c Config, input: &PlannerInput) -> Words<'c> {
        Words { config, is_first: is_first_text(input), tried: RefCell::default() }
    }

    /// The next text to the number, about these appointments, the earliest first, worded as of `at`.
    pub(crate) fn write(&self, appointments: &[(&Appointment, &RuleName)], at: DateTime<Utc>) -> Result<Texts, Skip> {
        self.write_as(appointments, self.is_first, at)
    }

    /// A text after the next one, which has carried the line for first texts by then.
    pub(crate) fn write_later(
        &self,
        appointments: &[(&Appointment, &RuleName)],
        at: DateTime<Utc>,
    ) -> Result<Texts, Skip> {
        self.write_as(appointments, false, at)
    }

    fn write_as(
        &self,
        appointments: &[(&Appointment, &RuleName)],
        is_first: bool,
        at: DateTime<Utc>,
    ) -> Result<Texts, Skip> {
        let is_about = |tried: &&Tried| {
            let same =
                |((id, rule), (appointment, other)): (&(AppointmentId, RuleName), &(&Appointment, &RuleName))| {
                    *id == appointment.id && rule == *other
                };
            (tried.is_first, tried.at) == (is_first, at)
                && tried.about.len() == appointments.len()
                && tried.about.iter().zip(appointments).all(same)
        };
        if let Some(tried) = self.tried.borrow().iter().find(is_about) {
            return tried.texts.clone();
        }
        let texts = self.config.wordbook.write(appointments, is_first, at);
        let about = appointments.iter().map(|(appointment, rule)| (appointment.id.clone(), (*rule).clone())).collect();
        self.tried.borrow_mut().push(Tried { about, is_first, at, texts: texts.clone() });
        texts
    }
}

/// Whether the next text to the number must carry the line for first texts: no text is known to have reached the
/// number, or those that did had no room for the line.
fn is_first_text(input: &PlannerInput) -> bool {
    let reached = |attempt: &Attempt| attempt.id.is_none() || attempt.end == AttemptEnd::Success;
    !input.attempts.iter().any(reached) || input.owes_first_line
}
