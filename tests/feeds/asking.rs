//! `feed suggest` asks about anything the data leave undecided, and the answers complete the block.

use leadtime::config::values::zones::Zones;
use leadtime::feeds::formats::delimited::Options;
use leadtime::feeds::suggest::{Answers, Request, Suggestion, suggest};

use crate::judge::{context, feed_of, map};

fn ask(text: &str, answers: &[(&str, &str)], locations: &[&str]) -> Suggestion {
    let zones = Zones::of_this_machine();
    let mut context = context(&zones);
    context.locations = locations.iter().map(|id| ((*id).to_owned(), None)).collect();
    let answers: Answers = answers.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let request =
        Request { name: "desk", answers: &answers, options: Options::default(), presets: true, unmasked: false };
    suggest(|| Ok(text.as_bytes()), &request, &context).unwrap()
}

fn keys(suggestion: &Suggestion) -> Vec<&str> {
    suggestion.questions.iter().map(|question| question.key.as_str()).collect()
}

const OPEN: &str = "Appt ID,Name,Date,Time,Home Phone,Work Phone,Status,Language,Office\n\
    71001,\"Lee, Ana\",03/04/2026,9:00,303-555-0101,303-555-0111,FIRM,S,3\n\
    71002,\"Lee, Bo\",05/06/2026,1:30,303-555-0102,303-555-0112,LM,English,4\n\
    71003,\"Lee, Cy\",05/07/2026,2:30,303-555-0103,303-555-0113,Cancelled,English,3\n";

#[test]
fn every_undecided_point_is_asked_about_and_the_answers_settle_it() {
    let first = ask(OPEN, &[], &["north", "south"]);
    assert_eq!(keys(&first), ["column:phone", "dates", "status:firm", "language:s", "location:3", "location:4"]);
    assert!(
        first.block.contains("dates = \"?\"")
            && first.block.contains("# status \"FIRM\" (1 row): booked, cancelled, ...?"),
        "{}",
        first.block
    );
    assert!(
        feed_of(&first.block, &Zones::of_this_machine()).is_err(),
        "a block with an unanswered question must not be accepted as a feed"
    );
    let mut answers = vec![
        ("column:phone", "Home Phone"),
        ("dates", "month-first"),
        ("status:firm", "booked"),
        ("status:lm", "booked"),
        ("language:s", "es"),
        ("location:3", "north"),
        ("location:4", "south"),
    ];
    let second = ask(OPEN, &answers, &["north", "south"]);
    assert_eq!(keys(&second), ["times"], "{}", second.block);
    answers.push(("times", "office-hours"));
    let last = ask(OPEN, &answers, &["north", "south"]);
    assert_eq!(keys(&last), [""; 0], "{}", last.block);
    let zones = Zones::of_this_machine();
    let feed = feed_of(&last.block, &zones).unwrap();
    let (_, report, _) = map(OPEN.as_bytes(), &feed, &zones).unwrap();
    assert_eq!((report.appointments, report.refused), (3, 0), "{}", last.block);
    assert_eq!(report.lines(), [""; 0]);
}

#[test]
fn suggestions_mask_private_cells() {
    let shown = ask(OPEN, &[("dates", "month-first")], &[]).understood.join("\n");
    assert!(!shown.contains("Ana") && !shown.contains("555") && shown.contains("03/04/2026"), "{shown}");
}

#[test]
fn neither_an_account_number_nor_a_row_counter_is_used_as_the_appointment_id() {
    let text = "#,Account,Patient,Appt Date,Appt Time,Cell\n\
        1,500,\"Lee, Ana\",03/14/2026,9:00 AM,303-555-0101\n2,501,\"Lee, Bo\",05/06/2026,1:30 PM,303-555-0102\n";
    let suggestion = ask(text, &[], &[]);
    assert!(
        suggestion.block.contains("id = \"derived\"") && suggestion.block.contains("patient_id = \"Account\""),
        "{}",
        suggestion.block
    );
    assert!(suggestion.block.contains("missing = \"cancel\""));
}

#[test]
fn a_date_column_that_may_not_be_the_appointment_is_asked_about() {
    for (header, asked) in [("Paperwork", true), ("Appt", false), ("Scheduled For", false), ("Date of Service", false)]
    {
        let text = format!(
            "Patient,{header},Cell\n\"Lee, Ana\",03/14/2026 9:00 AM,303-555-0101\n\"Lee, Bo\",05/06/2026 1:30 PM,303-555-0102\n"
        );
        let suggestion = ask(&text, &[], &[]);
        assert_eq!(keys(&suggestion) == ["column:starts_at"], asked, "{header}: {:?}", suggestion.questions);
    }
    // The date on which an appointment was booked is not the date of the appointment.
    let text = "Patient,Scheduled Date,Appointment Date,Appointment Time\n\
        \"Lee, Ana\",02/14/2026 9:00 AM,03/14/2026,10:00 AM\n\"Lee, Bo\",02/16/2026 1:30 PM,03/16/2026,11:00 AM\n";
    assert!(ask(text, &[], &[]).block.contains("starts_at = [\"Appointment Date\", \"Appointment Time\"]"));
}

#[test]
fn utc_offsets_that_contradict_the_time_zone_are_asked_about() {
    let text = "Appt ID,Patient,Start,Cell\nA71,\"Lee, Ana\",2026-12-10T15:00:00-06:00,303-555-0101\nB72,\"Lee, Bo\",2026-12-11T15:00:00-06:00,303-555-0102\n";
    let suggestion = ask(text, &[], &[]);
    assert_eq!(keys(&suggestion), ["offsets"]);
    assert!(suggestion.block.contains("offsets = \"?\""));
    assert_eq!(keys(&ask(text, &[("offsets", "ignore")], &[])), [""; 0]);
}
