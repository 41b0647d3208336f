//! The program against independent tables of correct answers. Environment variables can name other tables of the same
//! form.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc, Weekday};
use leadtime::config::values::zones::{Zones, first_disagreement};
use leadtime::domain::lead::Lead;
use leadtime::domain::phone::{self, Country};
use leadtime::planner::civil::nominal;
use leadtime::wording::segments::{self, Encoding};
use serde_json::Value;

use crate::shared;

fn weekday(name: &str) -> Weekday {
    name.parse().unwrap()
}

#[test]
fn the_civil_time_table_agrees() {
    let Some(table) = shared::table("LEADTIME_TABLE_CIVIL_TIME", "tables/civil-time.jsonl.gz") else { return };
    let zones = Zones::of_this_machine();
    let (mut rows, mut wrong) = (0, Vec::new());
    for line in table.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| row[key].as_str().unwrap();
        let list = |key: &str| row[key].as_array().into_iter().flatten().map(|v| v.as_str().unwrap().to_owned());
        let zone = zones.load(text("tz")).unwrap();
        let weekend: Vec<Weekday> = list("weekend").map(|day| weekday(&day)).collect();
        let holidays: BTreeSet<NaiveDate> = list("holidays").map(|date| date.parse().unwrap()).collect();
        let appointment = text("appt_local");
        let start = match DateTime::parse_from_rfc3339(appointment) {
            Ok(instant) => instant.to_utc(),
            Err(_) => zone.instant(
                NaiveDateTime::parse_from_str(appointment, "%Y-%m-%dT%H:%M")
                    .or_else(|_| NaiveDateTime::parse_from_str(appointment, "%Y-%m-%dT%H:%M:%S"))
                    .unwrap(),
            ),
        };
        let lead: Lead = text("rule").parse().unwrap_or_else(|e| panic!("{}: {e}", text("rule")));
        let open = |date: NaiveDate| !weekend.contains(&date.weekday()) && !holidays.contains(&date);
        let got = nominal(start, &lead, &zone, open);
        let want: DateTime<Utc> = text("send_utc").parse().unwrap();
        let expected_start: DateTime<Utc> = text("appt_utc").parse().unwrap();
        if got != Some(want) || start != expected_start {
            wrong.push(format!("{}: {got:?} instead of {want}", text("id")));
        }
        rows += 1;
    }
    assert!(rows >= 1);
    assert_eq!(wrong, Vec::<String>::new(), "of {rows} rows");
    println!("{rows} rows agree");
}

#[test]
fn the_phones_table_agrees() {
    let Some(table) = shared::table("LEADTIME_TABLE_PHONES", "tables/phones.jsonl") else { return };
    let mut wrong = Vec::new();
    for line in table.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        if row["strict"] != Value::Bool(true) {
            continue;
        }
        let raw = row["raw"].as_str().unwrap();
        let reading = phone::read(raw, Country::US);
        let got = reading.phone.filter(|_| reading.valid).map_or_else(|| "invalid".to_owned(), |p| p.dial().to_owned());
        if got != row["e164"].as_str().unwrap() {
            wrong.push(format!("{}: {got}", row["id"]));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_segments_table_agrees() {
    let Some(table) = shared::table("LEADTIME_TABLE_SEGMENTS", "tables/segments.jsonl") else { return };
    let mut wrong = Vec::new();
    let mut rows = 0;
    for line in table.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let cost = segments::cost(row["text"].as_str().unwrap());
        let encoding = if cost.encoding == Encoding::Gsm7 { "GSM-7" } else { "UCS-2" };
        let foreign: BTreeSet<char> = cost.foreign.into_iter().collect();
        // The table lists what people see as one character, such as an e followed by a combining accent.
        let named: Vec<&str> = row["non_gsm"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
        let agree = foreign.iter().all(|c| named.iter().any(|seen| seen.contains(*c)))
            && named.iter().all(|seen| seen.chars().any(|c| foreign.contains(&c)));
        let same = encoding == row["encoding"] && cost.segments as u64 == row["segments"] && agree;
        if !same {
            wrong.push(format!("{}: {encoding}, {} segments, {foreign:?}", row["id"], cost.segments));
        }
        rows += 1;
    }
    assert!(rows >= 1);
    assert_eq!(wrong, Vec::<String>::new(), "of {rows} rows");
}

/// A zoneinfo folder in which Denver has the time of Phoenix: the folder takes precedence over the embedded copy.
#[test]
fn the_systems_zoneinfo_takes_precedence_over_the_embedded_copy() {
    let system = std::path::Path::new("/usr/share/zoneinfo/America/Phoenix");
    let Ok(phoenix) = std::fs::read(system) else {
        shared::not_run(&format!("{} is not here; install tzdata", system.display()));
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("America")).unwrap();
    std::fs::write(folder.path().join("America/Denver"), phoenix).unwrap();
    let zones = Zones::in_folder(folder.path());
    let summer: NaiveDateTime = "2026-07-01T12:00:00".parse().unwrap();
    let now: DateTime<Utc> = "2026-11-24T00:00:00Z".parse().unwrap();

    let denver = zones.load("America/Denver").unwrap();
    assert_eq!(denver.instant(summer).to_rfc3339(), "2026-07-01T19:00:00+00:00", "Phoenix has no daylight saving time");
    let differs = first_disagreement(&denver, now).expect("the difference from the embedded copy must be found");
    assert_eq!(differs.to_rfc3339(), "2027-03-14T09:00:00+00:00");

    // Zones that the folder does not have come from the embedded copy, in the same process.
    let chicago = zones.load("America/Chicago").unwrap();
    assert_eq!(chicago.instant(summer).to_rfc3339(), "2026-07-01T17:00:00+00:00");
    assert_eq!(first_disagreement(&chicago, now), None);
    assert!(zones.load("America/Dever").unwrap_err().contains("America/Denver"));
}
