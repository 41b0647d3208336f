//! Turns what is known of an appointment into a row of a table.

use crate::feeds::formats::PROBLEM;
use crate::feeds::formats::hl7::schedule::{CANCELLED, finality};
use crate::feeds::formats::hl7::state::{Slot, State};

/// The columns of a row. A row whose `Problem` is not empty must not be used.
pub const COLUMNS: &[&str] = &[
    "Id",
    "Patient Id",
    "First Name",
    "Last Name",
    "Birth Date",
    "Phone",
    "Language",
    "Type",
    "Description",
    "Provider",
    "Start",
    "End",
    "Minutes",
    "Status",
    "Location",
    PROBLEM,
];

/// The row of an appointment that turned out to be another one.
pub fn cancelled(id: &str) -> Vec<String> {
    let cell = |column: &&str| match *column {
        "Id" => id.to_owned(),
        "Status" => CANCELLED.to_owned(),
        _ => String::new(),
    };
    COLUMNS.iter().map(cell).collect()
}

/// The row of a message that cannot be used.
pub(super) fn unusable(reason: &str) -> Vec<String> {
    COLUMNS.iter().map(|column| if *column == PROBLEM { reason.to_owned() } else { String::new() }).collect()
}

/// The row of an appointment.
pub fn row(id: &str, state: &State) -> Vec<String> {
    let cell = |slot| state.get(slot).unwrap_or_default().to_owned();
    // An end of an earlier message says nothing about a later start or duration.
    let has_end = state.together(Slot::Start, Slot::End) && state.together(Slot::Start, Slot::Minutes);
    vec![
        id.to_owned(),
        cell(Slot::PatientId),
        cell(Slot::First),
        cell(Slot::Last),
        cell(Slot::Birth),
        cell(Slot::Phone),
        cell(Slot::Language),
        cell(Slot::Kind),
        cell(Slot::Description),
        cell(Slot::Provider),
        cell(Slot::Start),
        if has_end { cell(Slot::End) } else { String::new() },
        cell(Slot::Minutes),
        status(state).unwrap_or_default().to_owned(),
        cell(Slot::Location),
        problem(state),
    ]
}

/// What messages say, or what is assumed of an appointment of which only changes are known.
fn status(state: &State) -> Option<&str> {
    state.get(Slot::Status).or_else(|| state.get(Slot::Assumed))
}

/// A cancelled or missed appointment needs no start, and is taken off the book whatever else is wrong.
fn problem(state: &State) -> String {
    let Some(status) = status(state) else { return "the status is not known".to_owned() };
    if finality(status) > 0 {
        return String::new();
    }
    if state.get(Slot::Dead).is_some() {
        return "PID-29 or PID-30 says that the patient died".to_owned();
    }
    match (state.get(Slot::BadStart), state.get(Slot::Start)) {
        (Some(reason), _) => reason.to_owned(),
        (None, None) => "no message about the appointment gives its start".to_owned(),
        (None, Some(start)) if state.get(Slot::TrueStart).is_some_and(|known| known != start) => {
            "SCH-11 gives another start than TQ1 or AIS did before, and it may be stale".to_owned()
        }
        (None, Some(_)) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::formats::hl7::message::parse;

    fn cells(messages: &[&str]) -> Vec<(&'static str, String)> {
        let mut state = State::default();
        for text in messages {
            state.apply(&parse(text.replace(';', "\r").as_bytes()).unwrap());
        }
        let row = row("7", &state);
        assert_eq!(row.len(), COLUMNS.len());
        COLUMNS.iter().copied().zip(row).filter(|(_, text)| !text.is_empty()).collect()
    }

    fn message(trigger: &str, time: u32, rest: &str) -> String {
        format!("MSH|^~\\&|A|B|C|D|{time}||SIU^{trigger}|{time}|P|2.5;SCH|P|F{rest}")
    }

    #[test]
    fn says_why_a_row_must_not_be_used() {
        let start = "|||||||||^^^202603100900";
        let dead = format!("{start};PID|1||4{}Y", "|".repeat(27));
        let table = [
            (message("S12", 2026, start), None),
            (message("S12", 2026, ""), Some("no message about the appointment gives its start")),
            (message("S15", 2026, ""), None),
            (message("S26", 2026, "|||||||||^^^20260310"), None),
            (message("S12", 2026, "|||||||||^^^20260310"), Some("SCH-11.4 is 20260310: a date with no time of day")),
            (message("S12", 2026, &dead), Some("PID-29 or PID-30 says that the patient died")),
            (message("S15", 2026, &dead), None),
        ];
        for (text, want) in table {
            let got = cells(&[&text]);
            let problem = got.iter().find(|(column, _)| *column == "Problem").map(|(_, text)| text.as_str());
            assert_eq!(problem, want, "{text}");
        }
        assert_eq!(row("1", &State::default()).last().unwrap(), "the status is not known");
    }

    #[test]
    fn an_end_goes_with_its_start() {
        let whole = message("S12", 2025, "|||||||||^^^202603100900^202603100945");
        let end = |all: &[&str]| {
            cells(all)
                .into_iter()
                .filter(|(c, _)| ["Start", "End", "Minutes"].contains(c))
                .map(|(_, t)| t)
                .collect::<Vec<_>>()
        };
        assert_eq!(end(&[&whole]), ["2026-03-10T09:00:00", "2026-03-10T09:45:00", "45"]);
        let moved = message("S13", 2026, "|||||||||^^^202603101000");
        assert_eq!(end(&[&whole, &moved]), ["2026-03-10T10:00:00", "45"]);
        let longer = message("S14", 2026, "|||||||60|min|");
        assert_eq!(end(&[&whole, &longer]), ["2026-03-10T09:00:00", "60"]);
    }

    #[test]
    fn a_start_that_may_be_stale_is_not_used() {
        let of =
            |messages: &[&str]| cells(messages).into_iter().find(|(name, _)| *name == "Problem").map(|(_, why)| why);
        let truly = message("S12", 2026, "|||||||||^^^202603100900;TQ1|1||||||202603110900");
        let stale = message("S14", 2027, "|||||||||^^^202603100900");
        let same = message("S14", 2027, "|||||||||^^^202603110900");
        assert_eq!(of(&[&truly]), None);
        assert_eq!(of(&[&truly, &same]), None);
        for order in [[&truly, &stale], [&stale, &truly]] {
            assert!(of(&order.map(String::as_str)).is_some_and(|why| why.contains("may be stale")));
        }
        assert_eq!(of(&[&truly, &stale, &message("S13", 2028, "|;TQ1|1||||||202603120900")]), None);
    }

    #[test]
    fn every_row_is_as_long_as_the_header() {
        for row in [row("1", &State::default()), cancelled("1"), unusable("why")] {
            assert_eq!(row.len(), COLUMNS.len());
        }
        assert_eq!((cancelled("1")[13].as_str(), unusable("why")[15].as_str()), ("cancelled", "why"));
    }
}
