//! The words of questions about columns.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::profile::{Column, Profile};
use crate::config::feeds::Field;
use crate::feeds::mapping::moment::{DateText, Decision, Order, scan};
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
pub(super) fn of_dates(question: &Question, example: Option<&str>) -> String {
    let text = match question {
        Question::Order(Decision::Open(_)) => {
            let such = example.map(|date| format!(", such as {date},")).unwrap_or_default();
            return format!("dates{such} can be read in more than one way; does the month or the day come first?");
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
pub(super) const HALVES: [(&str, &str); 2] = [("office-hours", "1:30 is 1:30 PM"), ("24-hour", "1:30 is 1:30 AM")];

/// The meanings of times that are plain numbers, as answers.
pub(super) const NUMBERS: [(&str, &str); 2] =
    [("24-hour", "600 is 6:00 AM"), ("minutes", "600 is 10:00 AM: the numbers count minutes after midnight")];

/// A cell of a column whose date means different days in different orders.
pub(super) fn ambiguous(cells: &[String]) -> Option<(&str, [u32; 3])> {
    cells.iter().find_map(|cell| match scan(cell.trim(), false).ok()?.date? {
        DateText::Open { parts, .. } if parts[0] != parts[1] && parts[0] <= 12 && parts[1] <= 12 => {
            Some((cell.split_whitespace().next()?, parts))
        }
        _ => None,
    })
}

/// The orders of dates as answers; with a date of the file, if there is one.
pub(super) fn orders(decision: &Decision, example: Option<(&str, [u32; 3])>) -> Vec<(&'static str, String)> {
    let day = |month: u32, day: u32| {
        let name = NaiveDate::from_ymd_opt(2024, month, day).map(|date| date.format("%B %-d").to_string());
        name.unwrap_or_default()
    };
    let all = |order: Order| match (order, example) {
        (Order::MonthFirst, Some((text, [a, b, _]))) => ("month-first", format!("{text} is {}", day(a, b))),
        (Order::DayFirst, Some((text, [a, b, _]))) => ("day-first", format!("{text} is {}", day(b, a))),
        (Order::MonthFirst, None) => ("month-first", "3/10 is March 10".to_owned()),
        (Order::DayFirst, None) => ("day-first", "10/3 is March 10".to_owned()),
        (Order::YearFirst, _) => ("year-first", "26-03-10 is March 10, 2026".to_owned()),
    };
    match decision {
        Decision::Open(orders) => orders.iter().copied().map(all).collect(),
        Decision::Contradiction(sides) => sides.iter().map(|(order, _)| all(*order)).collect(),
        _ => Order::ALL.into_iter().map(all).collect(),
    }
}
