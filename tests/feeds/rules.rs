//! The rules of the mapping, one by one.

use std::collections::BTreeMap;

use leadtime::config::values::zones::Zones;
use leadtime::domain::appointment::{Consent, Status};
use leadtime::feeds::mapping::{Cost, MappedAppointment, MappedRow, MappingError, Outcome, Report, map_file};

use crate::judge::{context, feed_of};

/// A feed block with these settings, columns and word tables.
fn block(settings: &str, columns: &str, words: &str) -> String {
    format!("[[feed]]\nname = \"desk\"\nkind = \"file\"\n{settings}\n[feed.columns]\n{columns}\n{words}\n")
}

fn map(block: &str, text: &str) -> Result<(Vec<MappedRow>, Report), MappingError> {
    let zones = Zones::of_this_machine();
    let feed = feed_of(block, &zones).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let mut context = context(&zones);
    context.locations = BTreeMap::from([
        ("north".to_owned(), Some(zones.load("America/New_York").unwrap())),
        ("south".to_owned(), None),
    ]);
    let mut rows = Vec::new();
    let (_, report) = map_file(
        || Ok(text.as_bytes()),
        &feed,
        &context,
        |row| {
            rows.push(row);
            Ok::<(), MappingError>(())
        },
    )?;
    Ok((rows, report))
}

fn appointment(row: &MappedRow) -> &MappedAppointment {
    match &row.outcome {
        Outcome::Appointment(found) => found,
        other => panic!("line {}: {other:?}", row.line),
    }
}

const SIMPLE: &str = "id = \"Id\"\nfirst_name = \"First\"\nlast_name = \"Last\"\nstarts_at = \"Start\"";

#[test]
fn words_for_languages_are_understood() {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/reported/01-language-words/rows.csv"))
            .unwrap();
    let columns = "id = \"id\"\npatient_id = \"patient_id\"\nfirst_name = \"first_name\"\nlanguage = \"language\"\nstarts_at = \"starts_at\"";
    let (rows, report) = map(&block("", columns, ""), &text).unwrap();
    let found: Vec<Option<String>> = rows.iter().map(|row| appointment(row).language.clone()).collect();
    let tags: Vec<&str> = found.iter().map(|tag| tag.as_deref().unwrap_or("?")).collect();
    let want = "es es es-MX es-419 es-MX es es es es ? es es en en en fr fr fr fr fr-CA pt-BR zh";
    assert_eq!(tags.join(" "), want);
    assert_eq!(report.of(Cost::Cell).len(), 1, "the unknown word S is reported");
    let (rows, report) = map(&block("", columns, "[feed.language]\nes = [\"s\"]"), &text).unwrap();
    assert_eq!(appointment(&rows[9]).language.as_deref(), Some("es"));
    assert!(report.of(Cost::Cell).is_empty());
}

#[test]
fn placeholders_are_not_read_as_first_names() {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/reported/15-odd-names/rows.csv"))
            .unwrap();
    let columns = "id = \"id\"\npatient_id = \"patient_id\"\nfirst_name = \"first_name\"\nstarts_at = \"starts_at\"";
    let (rows, report) = map(&block("", columns, ""), &text).unwrap();
    assert_eq!(rows.len(), 23);
    for row in rows.iter().take(8) {
        assert_eq!(appointment(row).first_name.0, None, "line {}", row.line);
    }
    let name = |at: usize| appointment(&rows[at]).first_name.0.clone();
    assert_eq!(name(13).as_deref(), Some("Evil"));
    assert_eq!(name(17).as_deref(), Some("Ana Maria"));
    assert_eq!(name(9), None);
    assert_eq!(report.dropped_characters, 2);
}

#[test]
fn decomposed_and_composed_names_are_the_same() {
    let text = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/reported/20-decomposed-names/rows.csv"
    ))
    .unwrap();
    let columns = "id = \"id\"\npatient_id = \"patient_id\"\nfirst_name = \"first_name\"\nlast_name = \"last_name\"\nstarts_at = \"starts_at\"";
    let (rows, _) = map(&block("", columns, ""), &text).unwrap();
    assert_eq!(appointment(&rows[0]).first_name, appointment(&rows[1]).first_name);
    assert_eq!(appointment(&rows[2]).last_name, appointment(&rows[3]).last_name);
}

#[test]
fn a_refusal_of_texts_in_any_phone_cell_is_respected() {
    let columns = format!("{SIMPLE}\nphone = \"Cell\"");
    let text = "Id,First,Last,Start,Cell,Home Phone\n\
        1,Ana,Lee,2026-03-10 15:00,303-555-0142,303-555-0199 do not text\n\
        2,Bo,Lee,2026-03-10 16:00,303-555-0142,303-555-0199\n\
        3,Cy,Lee,2026-03-10 17:00,call only 303-555-0142,\n";
    let (rows, _) = map(&block("", &columns, ""), text).unwrap();
    let consents: Vec<Option<Consent>> = rows.iter().map(|row| appointment(row).consent).collect();
    assert_eq!(consents, [Some(Consent::No), None, Some(Consent::No)]);
    assert_eq!(appointment(&rows[0]).phone.0.as_deref(), Some("303-555-0142"));
}

#[test]
fn a_status_is_read_even_if_the_start_is_not_readable() {
    let columns = format!("{SIMPLE}\nstatus = \"Status\"");
    let text = "Id,First,Last,Start,Status\n\
        1,Ana,Lee,,Cancelled\n\
        2,Bo,Lee,0001-01-01 00:00,Unscheduled\n\
        3,Cy,Lee,2/30/2026 9:00 AM,Scheduled\n\
        4,Di,Lee,3/13/2026 9:00 AM,FIRM\n\
        5,Ed,Lee,3/14/2026 9:00 AM,scheduled\n\
        ,Fay,Lee,3/15/2026 9:00 AM,scheduled\n";
    let (rows, report) = map(&block("", &columns, ""), text).unwrap();
    let refused = |row: &MappedRow| match &row.outcome {
        Outcome::Refused { id, start, reason, .. } => (id.clone(), start.is_some(), reason.to_string()),
        other => panic!("{other:?}"),
    };
    assert_eq!(rows[0].outcome, Outcome::Cancelled { id: "1".to_owned() });
    assert_eq!(rows[1].outcome, Outcome::Ignored { id: Some("2".to_owned()) });
    assert_eq!(
        refused(&rows[2]),
        (Some("3".to_owned()), false, "Start: \"2/30/2026 9:00 AM\" is a date that does not exist".to_owned())
    );
    assert_eq!(
        refused(&rows[3]),
        (Some("4".to_owned()), true, "Status: \"FIRM\" is not a known status; add it to [feed.status]".to_owned())
    );
    assert_eq!(appointment(&rows[4]).status, Status::Booked);
    assert_eq!(refused(&rows[5]).0, None);
    assert_eq!(
        report.summary(),
        "1 appointment, 1 cancellation without a start time, 1 row not on the schedule, 3 rows left out"
    );
    let words = "[feed.status]\nbooked = [\"firm\"]\nunknown = \"ignored\"";
    let (rows, _) = map(&block("", &columns, words), text).unwrap();
    assert_eq!(appointment(&rows[3]).status, Status::Booked);
}

#[test]
fn a_column_that_repeats_a_value_with_different_starts_is_not_an_id() {
    let text =
        "Id,First,Last,Start\nA,Ana,Lee,2026-03-10 15:00\nB,Bo,Lee,2026-03-10 15:00\nA,Ana,Lee,2026-03-11 15:00\n";
    let error = map(&block("", SIMPLE, ""), text).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Id is not an appointment id: lines 2 and 4 have the same value but different start times"
    );
    // The same row twice is not a contradiction.
    let text = "Id,First,Last,Start\nA,Ana,Lee,2026-03-10 15:00\nA,Ana,Lee,2026-03-10 15:00\n";
    assert!(map(&block("", SIMPLE, ""), text).is_ok());
}

#[test]
fn derived_ids_differ_by_person_and_start() {
    let columns = "id = \"derived\"\npatient_id = \"Acct\"\nname = \"Name\"\nstarts_at = \"Start\"";
    let text = "Acct,Name,Start\n7,\"Lee, Ana\",2026-03-10 15:00\n7,\"Lee, Ben\",2026-03-10 15:00\n7,\"Lee, Ana\",2026-03-11 15:00\n";
    let (rows, _) = map(&block("missing = \"cancel\"", columns, ""), text).unwrap();
    let ids: Vec<&str> = rows.iter().map(|row| appointment(row).id.as_str()).collect();
    assert!(ids.iter().all(|id| id.starts_with("desk:")));
    assert_ne!(ids[0], ids[1], "two people on one account");
    assert_ne!(ids[0], ids[2]);
    let zones = Zones::of_this_machine();
    assert!(feed_of(&block("", columns, ""), &zones).is_err(), "derived needs missing = \"cancel\"");
}

#[test]
fn id_prefixes_row_filters_and_joined_columns_are_applied() {
    let columns = "id = \"Id\"\npatient_id = \"Pid\"\nfirst_name = { first_of = [\"Called\", \"First\"] }\nlast_name = \"Last\"\n\
        starts_at = [\"Date\", \"Time\"]\nminutes = { column = \"Units\", times = 10 }\nprovider = { from = \"Summary\", pattern = \"with (?<provider>.+)$\" }";
    let settings = "id_prefix = \"n-\"\nonly = { column = \"Kind\", words = [\"reminder\"] }";
    let text = "Kind,Id,Pid,Called,First,Last,Date,Time,Units,Summary\n\
        REMINDER,1,P,Bob,Robert,Lee,2026-03-10,3:00 PM,6,Cleaning with Dr. Lee\n\
        RECALL,2,P,,Robert,Lee,2026-03-10,3:00 PM,6,\n\
        Reminder,3,P,,Robert,Lee,2026-03-10 00:00:00,1899-12-30 16:00:00,3,nobody\n";
    let (rows, report) = map(&block(settings, columns, ""), text).unwrap();
    let first = appointment(&rows[0]);
    assert_eq!((first.id.as_str(), first.patient_id.as_str()), ("n-1", "n-P"));
    assert_eq!(first.first_name.0.as_deref(), Some("Bob"));
    assert_eq!(first.starts_at.to_rfc3339(), "2026-03-10T15:00:00-06:00");
    assert_eq!(first.ends_at.map(|at| at.to_rfc3339()).as_deref(), Some("2026-03-10T16:00:00-06:00"));
    assert_eq!(first.provider.0.as_deref(), Some("Dr. Lee"));
    assert_eq!(rows[1].outcome, Outcome::Elsewhere);
    assert_eq!(appointment(&rows[2]).starts_at.to_rfc3339(), "2026-03-10T16:00:00-06:00");
    assert_eq!(appointment(&rows[2]).provider.0, None);
    assert_eq!(report.elsewhere, 1);
}

#[test]
fn the_time_zone_comes_from_the_column_the_location_or_the_practice() {
    let columns = format!("{SIMPLE}\nlocation = \"Office\"");
    let text = "Id,First,Last,Start,Office,Zone\n\
        1,Ana,Lee,2026-03-10 15:00,1,America/Chicago\n2,Bo,Lee,2026-03-10 15:00,,\n3,Cy,Lee,2026-03-10 15:00,9,Mars/Base\n";
    let words = "[feed.location]\n1 = \"north\"\n";
    let (rows, report) = map(&block("", &columns, words), text).unwrap();
    let starts: Vec<String> = rows.iter().map(|row| appointment(row).starts_at.to_rfc3339()).collect();
    assert_eq!(starts, ["2026-03-10T15:00:00-04:00", "2026-03-10T15:00:00-06:00", "2026-03-10T15:00:00-06:00"]);
    assert_eq!(
        appointment(&rows[2]).location.as_deref(),
        Some("9"),
        "the unknown location is kept, so no text is sent"
    );
    assert_eq!(report.of(Cost::Notice).len(), 1);
    let (rows, _) = map(&block("timezone = { column = \"Zone\" }", &columns, words), text).unwrap();
    assert_eq!(appointment(&rows[0]).starts_at.to_rfc3339(), "2026-03-10T15:00:00-05:00");
    assert!(matches!(rows[2].outcome, Outcome::Refused { .. }));
}

#[test]
fn rows_whose_offset_contradicts_the_time_zone_are_refused() {
    let text = "Id,First,Last,Start\n1,Ana,Lee,2026-12-10T15:00:00-06:00\n2,Bo,Lee,2026-07-10T15:00:00-06:00\n3,Cy,Lee,2026-12-10T22:00:00Z\n";
    let (rows, report) = map(&block("", SIMPLE, ""), text).unwrap();
    assert!(matches!(&rows[0].outcome, Outcome::Refused { id: Some(_), .. }));
    assert_eq!((report.wrong_offsets, report.appointments), (1, 2));
    let start = |settings| appointment(&map(&block(settings, SIMPLE, ""), text).unwrap().0[0]).starts_at.to_rfc3339();
    assert_eq!(start("offsets = \"trust\""), "2026-12-10T14:00:00-07:00");
    assert_eq!(start("offsets = \"ignore\""), "2026-12-10T15:00:00-07:00");
}

#[test]
fn starts_at_a_clock_change_or_at_midnight_are_reported() {
    let text = "Id,First,Last,Start\n1,Ana,Lee,2026-03-08 02:30\n2,Bo,Lee,2026-11-01 01:30\n3,Cy,Lee,2026-05-01 00:00\n4,Di,Lee,2026-05-01 13:00\n";
    let (rows, report) = map(&block("", SIMPLE, ""), text).unwrap();
    assert_eq!(appointment(&rows[0]).starts_at.to_rfc3339(), "2026-03-08T03:30:00-06:00");
    assert_eq!(appointment(&rows[1]).starts_at.to_rfc3339(), "2026-11-01T01:30:00-06:00");
    let lines = report.lines().join("\n");
    for word in ["the clock skips", "in the hour that repeats", "at midnight"] {
        assert!(lines.contains(word), "{lines}");
    }
}

#[test]
fn times_without_am_or_pm_need_a_setting() {
    let text = "Id,First,Last,Start\n1,Ana,Lee,2026-03-10 9:00\n2,Bo,Lee,2026-03-10 1:30\n";
    let error = map(&block("", SIMPLE, ""), text).unwrap_err();
    assert!(error.to_string().contains("no AM or PM"), "{error}");
    let (rows, _) = map(&block("times = \"office-hours\"", SIMPLE, ""), text).unwrap();
    assert_eq!(appointment(&rows[1]).local_start.to_string(), "2026-03-10 13:30:00");
    let mixed = "Id,First,Last,Start\n1,Ana,Lee,2026-03-10 9:00 AM\n2,Bo,Lee,2026-03-10 1:30\n";
    let (rows, _) = map(&block("", SIMPLE, ""), mixed).unwrap();
    assert!(matches!(rows[1].outcome, Outcome::Refused { .. }));
}

#[test]
fn an_ambiguous_order_of_day_and_month_needs_a_setting() {
    let text = "Id,First,Last,Start\n1,Ana,Lee,03/04/2026 9:00 AM\n2,Bo,Lee,05/06/2026 9:00 AM\n";
    let error = map(&block("", SIMPLE, ""), text).unwrap_err();
    assert!(error.to_string().contains("month-first") && error.to_string().contains("day-first"), "{error}");
    let (rows, _) = map(&block("dates = \"day-first\"", SIMPLE, ""), text).unwrap();
    assert_eq!(appointment(&rows[0]).local_start.to_string(), "2026-04-03 09:00:00");
    // A setting that the file contradicts was meant for a different kind of file.
    let text = "Id,First,Last,Start\n1,Ana,Lee,03/04/2026 9:00 AM\n2,Bo,Lee,05/26/2026 9:00 AM\n";
    assert!(map(&block("dates = \"day-first\"", SIMPLE, ""), text).is_err());
    let text = "Id,First,Last,Start\n1,Ana,Lee,4.3.26 - 9:00 AM\n";
    let (rows, _) = map(&block("dates = \"%d.%m.%y - %I:%M %p\"", SIMPLE, ""), text).unwrap();
    assert_eq!(appointment(&rows[0]).local_start.to_string(), "2026-03-04 09:00:00");
}

#[test]
fn an_unreadable_optional_cell_loses_only_the_cell() {
    let columns = format!("{SIMPLE}\ndate_of_birth = \"Born\"\nminutes = \"Min\"\nconsent = \"Ok\"");
    let text = "Id,First,Last,Start,Born,Min,Ok\n1,Ana,Lee,2026-03-10 15:00,1988-02-30,soon,maybe\n2,Bo,Lee,2026-03-10 16:00,0001-01-01,30,yes\n";
    let (rows, report) = map(&block("", &columns, ""), text).unwrap();
    let first = appointment(&rows[0]);
    assert_eq!((&first.date_of_birth.0, first.ends_at, first.consent), (&None, None, Some(Consent::No)));
    assert_eq!(report.of(Cost::Cell).len(), 2);
    let shown = report.lines().join("\n");
    assert!(shown.contains("####-##-##") && !shown.contains("1988"), "{shown}");
    assert_eq!(appointment(&rows[1]).consent, Some(Consent::Yes));
    assert_eq!(appointment(&rows[0]).cells().len(), leadtime::domain::appointment::COLUMNS.len());
}

#[test]
fn missing_and_duplicate_columns_are_reported() {
    let error = |header: &str| {
        map(&block("", SIMPLE, ""), &format!("{header}\n1,Ana,Lee,2026-03-10 15:00,x\n")).unwrap_err().to_string()
    };
    assert_eq!(error("Id,First,Lst,Start,Room"), "the file has no column `Last` (last_name); it has `Lst`");
    assert_eq!(
        error("Id,First,Last,Start,Start"),
        "the file has several columns named `Start` (starts_at); write `Start (1)` for the first one"
    );
}

#[test]
fn marks_left_by_spreadsheets_are_removed() {
    let columns = format!("{SIMPLE}\nphone = \"Cell\"");
    let text = "Id,First,Last,Start,Cell\n1.0,Ana,Lee,2026-03-10 15:00,\"=\"\"3035550102\"\"\"\n2,Bo,Lee,2026-03-10 15:00,'+13035550102\n\
        9.18E+07,Cy,Lee,2026-03-10 15:00,3035550102.0\n4,Di,Lee,2026-03-10 15:00,3.03556E+09\n";
    let (rows, report) = map(&block("", &columns, ""), text).unwrap();
    assert_eq!(appointment(&rows[0]).id, "1");
    assert_eq!(appointment(&rows[0]).phone.0.as_deref(), Some("3035550102"));
    assert_eq!(appointment(&rows[1]).phone.0.as_deref(), Some("+13035550102"));
    assert!(matches!(rows[2].outcome, Outcome::Refused { id: None, .. }), "an id that lost its digits");
    assert_eq!(appointment(&rows[3]).phone.0.as_deref(), Some("3.03556E+09"));
    assert_eq!(report.of(Cost::Notice).len(), 1);
}

#[test]
fn rows_may_omit_trailing_blank_cells() {
    let row = |id: u32, tail: &str| format!("{id},Ana,Lee,2026-03-10 15:0{id}{tail}\n");
    let text = format!(
        "Id,First,Last,Start,Cell,Notes,Email\n{}{}{}{}{}",
        row(1, ",303-555-0101"),
        row(2, ",303-555-0102,call"),
        row(3, ",303-555-0103"),
        row(4, ",303-555-0104"),
        row(5, "")
    );
    let (rows, report) = map(&block("", &format!("{SIMPLE}\nphone = \"Cell\""), ""), &text).unwrap();
    assert_eq!((report.appointments, report.refused), (4, 1), "the last row may be cut short");
    assert_eq!(appointment(&rows[1]).phone.0.as_deref(), Some("303-555-0102"));
}

#[test]
fn a_word_for_past_visits_is_not_guessed_for_an_upcoming_one() {
    let columns = format!("{SIMPLE}\nstatus = \"Status\"");
    let text = "Id,First,Last,Start,Status\n1,Ana,Lee,2026-03-10 15:00,Show\n2,Bo,Lee,2026-02-10 16:00,Show\n3,Cy,Lee,2026-03-10 17:00,Cancelled\n";
    let (rows, report) = map(&block("", &columns, ""), text).unwrap();
    assert!(matches!(&rows[0].outcome, Outcome::Refused { id: Some(_), .. }), "{:?}", rows[0]);
    assert_eq!((report.appointments, appointment(&rows[1]).status), (2, Status::Completed));
    let (rows, _) = map(&block("", &columns, "[feed.status]\nbooked = [\"show\"]"), text).unwrap();
    assert_eq!(appointment(&rows[0]).status, Status::Booked);
    let (rows, _) = map(&block("", &columns, "[feed.status]\ncompleted = [\"show\"]"), text).unwrap();
    assert_eq!(appointment(&rows[0]).status, Status::Completed);
}
