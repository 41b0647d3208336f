//! The words of questions about columns.

use std::collections::BTreeMap;

use super::profile::{Column, Profile};
use crate::config::feeds::Field;
use crate::feeds::mapping::moment::{Decision, Order};
use crate::feeds::mapping::{Question, describe, masked, shortened};

/// Asks which column a field is.
pub(super) fn which_column(field: Field) -> String {
    let text = match field {
        Field::Phone => "which number may be texted? Choose a home phone only if the practice agrees",
        Field::StartsAt => "which column is the start of the appointment?",
        Field::Consent => "which column says whether the patient agrees to texts?",
        Field::LastName => "which column is the patient's last name?",
        Field::FirstName => "which column is the patient's first name?",
        Field::Name => "which column is the patient's name (the last name, if it has a column of its own)?",
        Field::Id => "which column is the number of the appointment? The number of a patient or an account is not one",
        Field::Status => "which column says whether an appointment is booked or cancelled?",
        Field::Language => "which column says the patient's language?",
        Field::Location => "which column says at which of your locations the appointment is?",
        field => return format!("which column is `{}`?", field.key()),
    };
    text.to_owned()
}

/// Asks what decides how dates and times are read.
pub(super) fn of_dates(question: &Question) -> String {
    let text = match question {
        Question::Order(Decision::Open(_)) => {
            "every date can be read in more than one way; does the month or the day come first?"
        }
        Question::Order(_) => return describe(question),
        Question::Halves => {
            "times such as 1:30 have no AM or PM, and no time is later than 12:59; what does 1:30 mean?"
        }
        Question::Serials => "most dates are plain numbers; what are they?",
    };
    text.to_owned()
}

/// Columns as answers.
pub(super) fn choices<'c>(columns: impl IntoIterator<Item = &'c Column>) -> Vec<(String, String)> {
    columns.into_iter().map(|column| (column.name.clone(), column.name.clone())).collect()
}

/// What the cells of each column look like, by its name.
pub(super) fn samples(profile: &Profile, unmasked: bool) -> BTreeMap<String, String> {
    let shown = |cell: &String| format!("\"{}\"", if unmasked { shortened(cell) } else { masked(cell) });
    let line = |column: &Column| column.samples.iter().map(shown).collect::<Vec<_>>().join(", ");
    profile.columns.iter().filter(|c| c.filled > 0).map(|column| (column.name.clone(), line(column))).collect()
}

/// The meanings of times without AM and PM, as answers.
pub(super) const HALVES: [(&str, &str); 2] =
    [("office-hours", "1:30 is in the afternoon"), ("24-hour", "1:30 is at night")];

/// The orders of dates as answers.
pub(super) fn orders(decision: &Decision) -> Vec<(&'static str, &'static str)> {
    let all = |order: Order| match order {
        Order::MonthFirst => ("month-first", "3/10 is March 10"),
        Order::DayFirst => ("day-first", "10/3 is March 10"),
        Order::YearFirst => ("year-first", "26-03-10 is March 10, 2026"),
    };
    match decision {
        Decision::Open(orders) => orders.iter().copied().map(all).collect(),
        Decision::Contradiction(sides) => sides.iter().map(|(order, _)| all(*order)).collect(),
        _ => Order::ALL.into_iter().map(all).collect(),
    }
}
