//! Any text in one cell of a row: the row is read, or refused with a reason; the row before it is unaffected.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "shared.rs"]
mod shared;

const HEADER: &str = "Id,Patient,First,Last,Born,Phone,Start,Minutes,Status,Consent,Language,Kind";
const GOOD: &str = "1,P1,Ana,Lee,1980-02-03,303-555-0101,2026-03-10 15:00,30,Scheduled,Yes,English,Exam";
const BLOCK: &str = r#"[[feed]]
name = "desk"
kind = "file"
[feed.columns]
id = "Id"
patient_id = "Patient"
first_name = "First"
last_name = "Last"
date_of_birth = "Born"
phone = "Phone"
starts_at = "Start"
minutes = "Minutes"
status = "Status"
consent = "Consent"
language = "Language"
type_id = "Kind"
[feed.status]
booked = ["Scheduled"]
cancelled = ["Cancelled"]
[feed.consent]
yes = ["Yes"]
no = ["No"]
[feed.language]
en = ["English"]
"#;

fuzz_target!(|input: (u8, &str)| {
    let (column, text) = (usize::from(input.0) % 12, input.1);
    let cell = format!("\"{}\"", text.replace('"', "\"\""));
    let mut row: Vec<&str> =
        "2,P2,Bo,Ray,1981-02-03,303-555-0102,2026-03-11 15:00,30,Scheduled,Yes,English,Exam".split(',').collect();
    row[column] = &cell;
    let found = shared::map(BLOCK, format!("{HEADER}\n{GOOD}\n{}\n", row.join(",")).as_bytes());
    let first = |appointment: &leadtime::feeds::mapping::MappedAppointment| appointment.id == "1";
    // Dates are read for the whole column: one ambiguous date holds all of them back.
    let open = matches!(column, 4 | 6);
    assert!(open || found.iter().any(first) || column == 0 || found.is_empty(), "{found:?}");
    for appointment in &found {
        assert!(!appointment.id.is_empty() && !appointment.id.chars().any(char::is_control), "{:?}", appointment.id);
    }
});
