//! A stray quote never gives a patient another patient's appointment: the rows it affects are refused, later rows are
//! read correctly.

use std::collections::BTreeMap;

use leadtime::config::feeds::Feed;
use leadtime::config::values::zones::Zones;
use leadtime::feeds::mapping::Outcome;

use crate::judge::{feed_of, map};

const HEADER: &str = "id,patient_id,first_name,phone,description,starts_at,status";

fn feed(zones: &Zones) -> Feed {
    let block = "[[feed]]\nname = \"desk\"\nkind = \"file\"\n[feed.columns]\nid = \"id\"\npatient_id = \"patient_id\"\n\
        first_name = \"first_name\"\nphone = \"phone\"\ndescription = \"description\"\nstarts_at = \"starts_at\"\nstatus = \"status\"\n";
    feed_of(block, zones).unwrap()
}

/// The imported starts by id, and the lines that were refused.
fn read(rows: &[&str]) -> (BTreeMap<String, String>, Vec<u64>) {
    let zones = Zones::of_this_machine();
    let text = format!("{HEADER}\n{}\n", rows.join("\n"));
    let (_, _, rows) = map(text.as_bytes(), &feed(&zones), &zones).unwrap();
    let mut starts = BTreeMap::new();
    let mut refused = Vec::new();
    for row in rows {
        match row.outcome {
            Outcome::Appointment(found) => {
                starts.insert(found.id, found.local_start.format("%m-%d %H").to_string());
            }
            Outcome::Refused { .. } => refused.push(row.line),
            other => panic!("{other:?}"),
        }
    }
    (starts, refused)
}

fn row(number: u32, description: &str) -> String {
    format!("A{number},P{number},Ana,303-201-100{number},{description},2026-12-1{number}T15:00:00-07:00,booked")
}

/// Rows 1 to 6, with these descriptions where given and a plain one elsewhere.
fn with(descriptions: &[(u32, &str)]) -> (Vec<u32>, Vec<u64>) {
    let rows: Vec<String> = (1..=6)
        .map(|number| {
            let own = descriptions.iter().find(|(at, _)| *at == number).map_or("cleaning", |(_, text)| *text);
            row(number, own)
        })
        .collect();
    let (starts, refused) = read(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    for (id, start) in &starts {
        assert_eq!(*start, format!("12-1{} 15", &id[1..]), "{id} has the start of another row");
    }
    (starts.keys().map(|id| id[1..].parse().unwrap()).collect(), refused)
}

#[test]
fn the_reported_stray_quotes_never_mix_up_appointments() {
    let zones = Zones::of_this_machine();
    for case in ["17-quotes-complete", "17-quotes-one-stray"] {
        let bytes =
            std::fs::read(format!("{}/tests/data/reported/{case}/rows.csv", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let (_, report, rows) = map(&bytes, &feed(&zones), &zones).unwrap();
        assert!(report.refused >= 1, "{case}");
        for row in rows {
            if let Outcome::Appointment(found) = row.outcome {
                let want = if found.id == "A1" { "12-10 15" } else { "12-11 09" };
                assert_eq!(found.local_start.format("%m-%d %H").to_string(), want, "{case}");
            }
        }
    }
}

#[test]
fn a_stray_quote_loses_only_the_rows_it_affects() {
    for (what, descriptions, came, refused) in [
        ("at the start, never closed", vec![(2, "\"urgent")], vec![1, 3, 4, 5, 6], vec![3]),
        ("at the start of the last row", vec![(6, "\"urgent")], vec![1, 2, 3, 4, 5], vec![7]),
        ("at the end", vec![(2, "urgent\"")], vec![1, 3, 4, 5, 6], vec![3]),
        ("in the middle", vec![(2, "ur\"gent")], vec![1, 3, 4, 5, 6], vec![3]),
        ("text after the closing quote", vec![(2, "\"urgent\" now")], vec![1, 3, 4, 5, 6], vec![3]),
        ("doubled without enclosing quotes", vec![(2, "\"\"urgent\"\"")], vec![1, 3, 4, 5, 6], vec![3]),
        ("a lone quote", vec![(2, "\"")], vec![1, 3, 4, 5, 6], vec![3]),
        ("opened, closed two rows later", vec![(2, "\"urgent"), (4, "late\"")], vec![1, 5, 6], vec![3, 4, 5]),
        ("opened, closed in the next row", vec![(2, "\"urgent"), (3, "late\"")], vec![1, 4, 5, 6], vec![3, 4]),
        ("two opened", vec![(2, "\"urgent"), (4, "\"late")], vec![1, 3, 5, 6], vec![3, 5]),
        (
            "opened before a properly quoted cell",
            vec![(2, "\"urgent"), (3, "\"cleaning\"")],
            vec![1, 3, 4, 5, 6],
            vec![3],
        ),
        ("two lone quotes", vec![(2, "\""), (4, "\"")], vec![1, 5, 6], vec![3, 4, 5]),
        ("unescaped inside a quoted cell", vec![(2, "\"says \"call\" first\"")], vec![1, 3, 4, 5, 6], vec![3]),
        ("one quote too many at the end", vec![(2, "\"urgent\"\"")], vec![1, 3, 4, 5, 6], vec![3]),
    ] {
        assert_eq!(with(&descriptions), (came, refused), "{what}");
    }
}

#[test]
fn correct_quoting_and_quotes_inside_plain_text_are_read() {
    for description in [
        "\"urgent\"",
        "\"urgent, call \"\"Bob\"\"\"",
        "\"line one\nline two\"",
        "\"line one, with a comma\r\nline two\"",
        "5'10\"",
        "6\" scar",
        "Robert \"Bob\" said",
        "\"\"",
        " \"urgent\"",
    ] {
        assert_eq!(with(&[(2, description)]).0, [1, 2, 3, 4, 5, 6], "{description}");
    }
}

#[test]
fn a_line_inside_a_quoted_cell_is_not_read_as_a_row() {
    let evil = format!("\"note\n{}\nend\"", row(9, "x"));
    let (came, _) = with(&[(2, evil.as_str())]);
    assert!(!came.contains(&9), "a line inside a quoted cell was read as a row");
}

#[test]
fn quotes_are_plain_text_in_a_file_that_does_not_quote() {
    let zones = Zones::of_this_machine();
    let text = "id\tpatient_id\tfirst_name\tphone\tdescription\tstarts_at\tstatus\n\
        A1\tP1\tRobert \"Bob\"\t303-201-1001\t5'10\"\t2026-12-11T15:00:00-07:00\tbooked\n\
        A2\tP2\t\"Bea\"\t303-201-1002\t\"tall\" he says\t2026-12-12T15:00:00-07:00\tbooked\n\
        A3\tP3\tCy\t303-201-1003\t\t2026-12-13T15:00:00-07:00\tbooked\n";
    let (_, report, rows) = map(text.as_bytes(), &feed(&zones), &zones).unwrap();
    assert_eq!((report.appointments, report.refused), (2, 1));
    let Outcome::Appointment(first) = &rows[0].outcome else { panic!() };
    assert_eq!(first.first_name.0.as_deref(), Some("Robert"));
}
