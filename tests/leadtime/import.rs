//! Importing with the real binary: which rows are kept, reported and cancelled.

use crate::program::Practice;

const HEADER: &str = "id,patient_id,first_name,phone,starts_at,status\n";

fn practice() -> Practice {
    Practice::new(
        "[practice]\nname = \"Maple Dental\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\n\
         timezone = \"America/Denver\"\n[[rule]]\nname = \"day-before\"\nlead = \"24 hours\"\nmessage = \"m\"\n\
         [database]\npath = \"test.db\"\n",
    )
}

/// One appointment a day from January 11, 2027, at noon in Denver.
fn days(range: std::ops::Range<usize>) -> String {
    range.map(|n| format!("A{n},P{n},Ann,303-555-{},2027-01-{:02}T12:00:00-07:00,booked\n", 1000 + n, 11 + n)).collect()
}

fn live(practice: &Practice) -> i64 {
    practice.number("SELECT count(*) FROM appointments WHERE status = 'booked'")
}

/// The state and reason of an appointment's reminder, as of a time before it.
fn plan(practice: &Practice, id: &str) -> String {
    let items = practice.plan(&["--now", "2027-01-01T12:00:00-07:00", "--days", "60"]);
    let item = items.iter().find(|item| item["appointment_id"] == id).unwrap_or_else(|| panic!("no {id}"));
    format!("{} {}", item["state"].as_str().unwrap(), item["reason"].as_str().unwrap_or("-"))
}

#[test]
fn bad_rows_are_reported_and_good_ones_kept() {
    let practice = practice();
    let csv = format!(
        "\u{feff}{HEADER}A0,P0,Ann,303-555-0100,2027-01-11T12:00:00-07:00,booked\r\n\
         A1,P1,Ann,303-555-0101,2027-02-30T12:00:00-07:00,booked\r\n\
         A2,P2,Ann,303-555-0102,2027-01-11T12:00:00,booked\r\nA3,P3,Ann,303-555-0103,2027-01-13T12:00:00Z,pending\r\n\
         A4,P4,Ann,303-555-0104,2027-01-14T12:00:00Z,booked\r\n"
    );
    let ended = practice.import(&csv, &[]);
    assert_eq!((ended.code, live(&practice)), (1, 2));
    for words in [
        "appointments.csv: line 3: starts_at: this date does not exist",
        "appointments.csv: line 4: starts_at: this time has no UTC offset",
        "appointments.csv: line 5: status",
    ] {
        assert!(ended.err.contains(words), "{words}: {}", ended.err);
    }
    assert!(ended.out.contains("2 rows read") && ended.out.contains("3 rows could not be read"), "{}", ended.out);
}

#[test]
fn a_bad_row_holds_back_its_appointments_texts_until_it_is_fixed() {
    let practice = practice();
    practice.import(&format!("{HEADER}{}", days(0..2)), &[]).good();
    assert_eq!(plan(&practice, "A0"), "skipped observe-mode");
    let broken = days(0..2).replacen("12:00:00-07:00", "noon", 1);
    assert_eq!(practice.import(&format!("{HEADER}{broken}"), &[]).code, 1);
    assert_eq!(
        (plan(&practice, "A0"), plan(&practice, "A1")),
        ("skipped bad-row".into(), "skipped observe-mode".into())
    );
    assert_eq!(live(&practice), 2, "the appointment itself is unchanged");
    practice.import(&format!("{HEADER}{}", days(0..2)), &[]).good();
    assert_eq!(plan(&practice, "A0"), "skipped observe-mode", "fixed, although nothing in the appointment changed");
    // Two different rows with the same id: neither is used. Two identical rows count as one.
    let twice = format!("{HEADER}{}{}{}", days(0..2), days(1..2), days(0..1).replace("T12", "T13"));
    let ended = practice.import(&twice, &[]);
    assert!(
        ended.code == 1 && ended.err.contains("appointments.csv: line 5: id: line 2 has the same id"),
        "{}",
        ended.err
    );
    assert_eq!(
        (plan(&practice, "A0"), plan(&practice, "A1")),
        ("skipped bad-row".into(), "skipped observe-mode".into())
    );
    // A program that writes SQL can fix it, too.
    practice
        .sql()
        .execute("UPDATE appointments SET starts_at = '2027-01-11T14:00:00-07:00' WHERE id = 'A0'", [])
        .unwrap();
    assert_eq!(plan(&practice, "A0"), "skipped observe-mode");
}

#[test]
fn a_file_that_is_not_a_valid_export_changes_nothing() {
    let practice = practice();
    practice.import(&format!("{HEADER}{}", days(0..2)), &[]).good();
    for (bytes, words) in [
        (&b"Appointment List\nMaple Dental,Printed today\n"[..], "no column id"),
        (b"id,patient_id,starts_at,frist_name\nA9,P,2027-01-11T12:00:00Z,x\n", "did you mean `first_name`"),
        (b"\xff\xfei\x00d\x00", "no column starts_at"),
        (b"\xe9d,starts_at\n", "not UTF-8"),
        (b"", "the file is empty"),
        (b"PK\x03\x04\x14\x00\x06\x00", "this spreadsheet cannot be opened"),
        (b"%PDF-1.7\n\x00\x01", "not a text file"),
    ] {
        std::fs::write(practice.path("odd.csv"), bytes).unwrap();
        let ended = practice.run(&["import", "odd.csv", "--complete"]);
        assert!(
            ended.code == 1 && ended.err.contains(words) && ended.err.contains("nothing was changed"),
            "{}",
            ended.err
        );
        assert_eq!((live(&practice), practice.number("SELECT count(*) FROM imports")), (2, 1));
    }
    let ended = practice.run(&["import", "none.csv"]);
    assert!(ended.code == 1 && ended.err.contains("cannot read none.csv"), "{}", ended.err);
    assert_eq!(practice.run(&["import", "."]).code, 1);
}

#[test]
fn a_complete_file_cancels_missing_appointments_within_its_dates() {
    let practice = practice();
    practice.import(&format!("{HEADER}{}", days(0..12)), &[]).good();
    practice.sql().execute("INSERT INTO appointments (id, patient_id, starts_at, status, feed) VALUES ('other', 'x', '2027-01-12T12:00:00-07:00', 'booked', 'another-program')", []).unwrap();
    // The file covers the 12th to the 20th, without A2 and A3. A4 is in a bad row. A0, A10 and A11 are outside.
    let rows = format!("{HEADER}{}{}{}", days(1..2), days(4..5).replace("booked", "boked"), days(5..10));
    let ended = practice.import(&rows, &["--complete"]);
    assert_eq!(ended.code, 1, "because of the bad row");
    assert!(ended.out.contains("2 cancelled because the file no longer lists them"), "{}", ended.out);
    let gone = practice.number("SELECT count(*) FROM appointments WHERE status = 'cancelled' AND id IN ('A2', 'A3')");
    assert_eq!((gone, live(&practice)), (2, 11));
    assert_eq!(
        (plan(&practice, "A2"), plan(&practice, "A4")),
        ("cancelled not-listed".into(), "skipped bad-row".into())
    );
    assert_eq!(
        (plan(&practice, "A11"), plan(&practice, "other")),
        ("skipped observe-mode".into(), "skipped no-phone".into())
    );
    // Listed again, the appointment is booked again.
    practice.import(&format!("{HEADER}{}", days(0..12)), &["--complete"]).good();
    assert_eq!(plan(&practice, "A2"), "skipped observe-mode");
}

#[test]
fn a_complete_file_that_omits_too_many_is_refused_without_force() {
    let practice = practice();
    practice.import(&format!("{HEADER}{}", days(0..15)), &[]).good();
    let few = format!("{HEADER}{}{}", days(0..1), days(14..15));
    let ended = practice.import(&few, &["--complete"]);
    assert!(ended.code == 1 && ended.err.contains("13 of 15") && ended.err.contains("--force"), "{}", ended.err);
    assert_eq!(live(&practice), 15, "nothing was changed");
    // A row without an id could be any of the missing appointments.
    let nameless = format!("{few},P,Ann,303-555-0100,2027-01-12T12:00:00Z,booked\n");
    let ended = practice.import(&nameless, &["--complete"]);
    assert!(ended.code == 1 && ended.err.contains("it cancels none of them this time"), "{}", ended.err);
    assert_eq!(live(&practice), 15);
    practice.import(&few, &["--complete", "--force"]).good();
    assert_eq!(live(&practice), 2);
    // Ten may be missing, whatever their percentage.
    let practice = self::practice();
    practice.import(&format!("{HEADER}{}", days(0..12)), &[]).good();
    practice.import(&format!("{HEADER}{}{}", days(0..1), days(11..12)), &["--complete"]).good();
    assert_eq!(live(&practice), 2);
}

#[test]
fn columns_missing_from_the_file_stay_unchanged() {
    let practice = practice();
    practice
        .import(&format!("{}consent\n{},no\n", HEADER.replace("status\n", "status,"), days(0..1).trim()), &[])
        .good();
    practice.import(&format!("{HEADER}{}", days(0..1).replace("Ann", "Anna")), &[]).good();
    let row = |column: &str| practice.number(&format!("SELECT count(*) FROM appointments WHERE {column}"));
    assert_eq!((row("consent = 'no'"), row("first_name = 'Anna'")), (1, 1));
    let out = practice.import(&format!("{HEADER}{}", days(0..1).replace("Ann", "Anna")), &[]).good();
    assert!(out.contains("0 new appointments, 0 changed"), "{out}");
}

#[test]
fn an_appointment_listed_again_is_booked_again_even_without_a_status_column() {
    let practice = practice();
    let header = "id,patient_id,first_name,phone,starts_at\n";
    let rows = |range| days(range).replace(",booked", "");
    practice.import(&format!("{header}{}", rows(0..3)), &["--complete"]).good();
    let without_one = format!("{header}{}{}", rows(0..1), rows(2..3));
    practice.import(&without_one, &["--complete"]).good();
    assert_eq!(plan(&practice, "A1"), "cancelled not-listed");
    practice.import(&format!("{header}{}", rows(0..3)), &["--complete"]).good();
    assert_eq!(
        (plan(&practice, "A1"), plan(&practice, "A0")),
        ("skipped observe-mode".into(), "skipped observe-mode".into())
    );
    // An appointment that the practice cancelled itself stays cancelled.
    practice.sql().execute("UPDATE appointments SET status = 'cancelled' WHERE id = 'A0'", []).unwrap();
    practice.import(&format!("{header}{}", rows(0..3)), &["--complete"]).good();
    assert_eq!(plan(&practice, "A0"), "cancelled cancelled");
}

#[test]
fn a_row_the_database_rejects_is_a_bad_row_and_does_not_block_others() {
    let practice = practice();
    practice.import(&format!("{HEADER}{}", days(0..3)), &[]).good();
    practice
        .sql()
        .execute_batch(
            "CREATE TRIGGER odd BEFORE UPDATE ON appointments WHEN NEW.id = 'A1' BEGIN SELECT RAISE(ABORT, 'odd'); END",
        )
        .unwrap();
    let ended = practice.import(&format!("{HEADER}{}", days(0..3).replace("Ann", "Anna")), &[]);
    assert!(
        ended.code == 1 && ended.err.contains("appointments.csv: line 3: the database rejected this row"),
        "{}",
        ended.err
    );
    assert_eq!(practice.number("SELECT count(*) FROM appointments WHERE first_name = 'Anna'"), 2);
    assert_eq!(
        (plan(&practice, "A1"), plan(&practice, "A2")),
        ("skipped bad-row".into(), "skipped observe-mode".into())
    );
}

#[test]
fn a_moved_appointment_loses_an_end_time_the_file_no_longer_gives() {
    let practice = practice();
    let with_end = "id,patient_id,starts_at,ends_at,status\nA0,P,2027-01-11T12:00:00Z,2027-01-11T12:30:00Z,booked\nB,P,2027-01-11T12:00:00Z,2027-01-11T12:30:00Z,booked\n";
    practice.import(with_end, &[]).good();
    practice
        .import(
            "id,patient_id,starts_at,status\nA0,P,2027-01-11T16:00:00Z,booked\nB,P,2027-01-11T12:00:00Z,booked\n",
            &[],
        )
        .good();
    let ends = |id: &str| {
        practice.number(&format!("SELECT count(*) FROM appointments WHERE id = '{id}' AND ends_at IS NOT NULL"))
    };
    assert_eq!((ends("A0"), ends("B")), (0, 1));
}

#[test]
fn rows_with_impossible_years_are_bad_rows() {
    let practice = practice();
    let csv = "id,patient_id,starts_at,status,date_of_birth\nA0,P,9999-12-31T23:00:00-06:00,booked,\n\
        A1,P,2027-01-11T12:00:00Z,booked,+988-03-22\nA2,P,0001-01-01T00:00:00+14:00,booked,\nA3,P,2027-01-11T12:00:00Z,booked,1988-03-22\n";
    let ended = practice.import(csv, &[]);
    assert_eq!((ended.code, live(&practice)), (1, 1), "{}", ended.err);
    for line in ["csv: starts_at: this is not a valid year", "2 rows, first in line 2", "csv: line 3: date_of_birth"] {
        assert!(ended.err.contains(line), "{}", ended.err);
    }
}

#[test]
fn a_complete_file_with_broken_rows_cancels_nothing() {
    for broken in [
        "Bo, Jr,A1,P1,303-555-1001,2027-01-12T12:00:00-07:00,booked\n",
        "A1,P1,\"Ann,303-555-1001,2027-01-12T12:00:00-07:00,booked\n",
    ] {
        let practice = practice();
        practice.import(&format!("{HEADER}{}", days(0..5)), &[]).good();
        let ended = practice.import(&format!("{HEADER}{}{broken}{}", days(0..1), days(2..5)), &["--complete"]);
        assert!(ended.code == 1 && live(&practice) == 5, "{}{}", ended.out, ended.err);
    }
}

#[test]
fn error_messages_never_repeat_the_content_of_a_cell() {
    let practice = practice();
    let csv = "id,patient_id,first_name,starts_at,status,date_of_birth,language\n\
        A0,P,Zebulon,1979-04-05,booked,,\nA1,P,x,2027-01-11T12:00:00Z,Zebulon,,\nA2,P,x,Zebulon,booked,,\n\
        A3,P,x,2027-01-11T12:00:00Z,booked,Zebulon,\nA4,P,x,2027-01-11T12:00:00Z,booked,,Zebulon 3\n";
    let ended = practice.import(csv, &[]);
    assert!(!ended.err.contains("Zebulon") && !ended.err.contains("1979"), "{}", ended.err);
    assert_eq!(ended.err.lines().count(), 5, "{}", ended.err);
}

#[test]
fn an_unclosed_quote_affects_only_its_own_row() {
    let practice = practice();
    practice.import(&format!("{HEADER}{}", days(0..5)), &[]).good();
    let filler: String =
        (0..5_000).map(|n| format!("B{n},P{n},Ann,303-555-1000,2027-01-12T12:00:00Z,booked\n")).collect();
    let ended = practice
        .import(&format!("{HEADER}A1,P1,\"Ann,303-555-1001,2027-01-12T12:00:00Z,booked\n{filler}"), &["--complete"]);
    assert!(
        ended.code == 1 && ended.err.contains("line 2: a quotation mark is opened but never closed"),
        "{}",
        ended.err
    );
    // The rows after it are read on their own. The appointment in the broken row stays as it was.
    assert_eq!((live(&practice), practice.number("SELECT count(*) FROM appointments")), (5005, 5005));
    assert_eq!(practice.number("SELECT count(*) FROM bad_rows WHERE appointment_id = 'A1'"), 1);
}

#[test]
fn past_appointments_do_not_hide_missing_upcoming_ones() {
    let practice = practice();
    let past: String = (0..200)
        .map(|n| format!("O{n},Q{n},Ann,303-555-2{n:03},2020-01-{:02}T12:00:00-07:00,booked\n", 1 + n % 28))
        .collect();
    practice.import(&format!("{HEADER}{past}{}", days(0..15)), &["--partial"]).good();
    // The export was cut off among the upcoming appointments: 13 of 15 are missing, which is only 13 of all 215.
    let cut = format!("{HEADER}{past}{}{}", days(0..1), days(14..15));
    let ended = practice.import(&cut, &["--complete"]);
    assert!(ended.code == 1 && ended.err.contains("13 of 15 upcoming appointments"), "{}{}", ended.out, ended.err);
    assert_eq!(live(&practice), 215, "nothing was changed");
    // Missing past appointments do not make a good file look broken either.
    practice
        .import(&format!("{HEADER}{}{}", past.lines().next().unwrap().to_owned() + "\n", days(0..15)), &["--complete"])
        .good();
    assert_eq!(practice.number("SELECT count(*) FROM appointments WHERE id LIKE 'A%' AND status = 'booked'"), 15);
}
