//! Reads every HL7 sample and compares it with what is expected of it.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};
use leadtime::feeds::formats::hl7::{
    self, COLUMNS, Frames, Message, Piece, Rejected, State, id, keys, parse, row, split,
};
use serde_json::Value;

fn files(start: &str) -> Vec<PathBuf> {
    let Some(folder) = crate::shared::data("hl7v2") else { return Vec::new() };
    let folder = fs::read_dir(folder).unwrap();
    let named = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with(start) && name.ends_with(".hl7")
    };
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).filter(named).collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Each message of a file, or what is wrong.
fn read(path: &Path) -> Vec<Result<Message, String>> {
    let bytes = fs::read(path).unwrap();
    let read = |piece: Piece| match piece {
        Piece::Message { bytes, .. } => parse(bytes).map_err(|Rejected { reason, .. }| reason),
        Piece::Problem { reason, .. } => Err(reason),
    };
    split(&bytes).into_iter().map(read).collect()
}

struct Row(Vec<String>);

impl Row {
    fn of(messages: &[Message]) -> Row {
        let mut state = State::default();
        messages.iter().for_each(|message| {
            state.apply(message);
        });
        Row(row(&id(&messages[0]), &state))
    }

    fn get(&self, column: &str) -> &str {
        &self.0[COLUMNS.iter().position(|name| *name == column).unwrap()]
    }
}

#[test]
fn ours_hold_line_by_line() {
    let Some(folder) = crate::shared::data("hl7v2") else { return };
    let expected = fs::read_to_string(folder.join("ours-expected.jsonl")).unwrap();
    let lines: Vec<Value> = expected.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), files("ours-").len());
    for want in lines {
        let file = want["file"].as_str().unwrap();
        let mut all = read(&folder.join(file));
        assert_eq!(all.len(), 1, "{file}");
        let message = match all.remove(0) {
            Ok(message) => message,
            Err(reason) => {
                assert_eq!((want["action"].as_str(), file), (Some("refuse"), "ours-unknown-trigger.hl7"), "{reason}");
                assert_eq!(reason, "trigger S99 is not one that is read (S12 to S17, S26)");
                continue;
            }
        };
        holds(&want, &message, &Row::of(std::slice::from_ref(&message)));
    }
}

fn holds(want: &Value, message: &Message, row: &Row) {
    let file = want["file"].as_str().unwrap();
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    assert_eq!(row.get("Problem").is_empty(), want["action"] != "refuse", "{file}: {}", row.get("Problem"));
    for (field, value) in want.as_object().unwrap() {
        let said = value.as_str().unwrap_or_default();
        match field.as_str() {
            "file" | "action" | "note" | "local_kind" => {}
            "why" => assert!(row.get("Problem").contains(said), "{file}"),
            "filler" => assert_eq!(row.get("Id"), said, "{file}"),
            "placer" => assert!(keys(message).contains(&format!("p:{said}")), "{file}"),
            "start" => assert_eq!(row.get("Start"), said, "{file}"),
            "minutes" => assert_eq!(row.get("Minutes"), value.to_string(), "{file}"),
            "first" => assert_eq!(row.get("First Name"), said, "{file}"),
            "last" => assert_eq!(row.get("Last Name"), said, "{file}"),
            "mobile" if value.is_null() => assert_eq!(row.get("Phone"), "", "{file}"),
            "mobile" => {
                let phone = digits(row.get("Phone"));
                assert!(digits(said).ends_with(&phone) && phone.len() >= 10, "{file}: {phone}");
            }
            "reason" => assert_eq!(row.get("Description"), said, "{file}"),
            "status" => assert_eq!(row.get("Status").to_lowercase().replace(' ', "_"), said, "{file}"),
            "clears" => assert_eq!(message.schedule.person.phone, hl7::Patch::Delete, "{file}"),
            other => panic!("{file}: {other} is not checked"),
        }
    }
}

#[test]
fn the_samples_of_microsoft_give_the_same_instants() {
    for path in files("SIU-") {
        let file = name(&path);
        let mut all = read(&path);
        assert_eq!(all.len(), 1, "{file}");
        let message = all.remove(0).unwrap();
        let row = Row::of(std::slice::from_ref(&message));
        assert_eq!(keys(&message), ["f:36996", "p:12345"], "{file}");
        assert_eq!((row.get("Patient Id"), row.get("Birth Date")), ("PATID1234", "1988-08-18"), "{file}");
        assert_eq!((row.get("First Name"), row.get("Last Name")), ("ADAM", "EVERYMAN"), "{file}");
        assert_eq!(
            (row.get("Phone"), row.get("Language")),
            (if file == "SIU-S16-01.hl7" || file == "SIU-S12_1.hl7" { "78788788" } else { "12121212" }, "ara"),
            "{file}"
        );
        let gone = matches!(row.get("Status"), "cancelled" | "no show");
        assert_eq!(row.get("Problem"), if gone { "" } else { "PID-29 or PID-30 says that the patient died" }, "{file}");
        let Ok(expected) =
            fs::read_to_string(path.with_file_name(format!("expected/{}.fhir.json", file.trim_end_matches(".hl7"))))
        else {
            assert_eq!(file, "SIU-S12_1.hl7");
            assert_eq!((row.get("Start"), row.get("End"), row.get("Minutes")), ("2020-10-04T11:26:00+02:15", "", "70"));
            continue;
        };
        let expected: Value = serde_json::from_str(&expected).unwrap();
        let appointment = expected.as_array().unwrap().iter().find(|r| r["resourceType"] == "Appointment").unwrap();
        let instant = |text: &str| DateTime::<FixedOffset>::parse_from_rfc3339(text).unwrap();
        for (column, field) in [("Start", "start"), ("End", "end")] {
            assert_eq!(instant(row.get(column)), instant(appointment[field].as_str().unwrap()), "{file} {column}");
        }
        assert_eq!((row.get("Start"), row.get("Minutes")), ("2021-09-24T09:30:00+02:15", "50"), "{file}");
        let status = match appointment["status"].as_str().unwrap() {
            "booked" => "Booked",
            "cancelled" | "entered-in-error" => "cancelled",
            "noshow" => "no show",
            other => panic!("{other}"),
        };
        assert_eq!(row.get("Status"), status, "{file}");
        assert_eq!(
            (row.get("Provider"), row.get("Type"), row.get("Description")),
            ("Robert GE", "Normal", "EMERGENCY"),
            "{file}"
        );
        assert_eq!(row.get("Location"), "055, GH Clinic", "{file}");
    }
}

#[test]
fn mirths_days_that_disagree_are_a_problem() {
    let expected = |trigger: &str| match trigger {
        "Cancelled" => ("cancelled", ""),
        _ => ("Scheduled", "SCH-11.4 says 2011-06-17T08:45:00, but AIL-6 says 2011-06-14T08:45:00"),
    };
    for path in files("mirth-") {
        let all: Vec<Message> = read(&path).into_iter().map(Result::unwrap).collect();
        assert_eq!(all.len(), if name(&path).contains("batch") { 3 } else { 1 });
        for message in &all {
            let row = Row::of(std::slice::from_ref(message));
            assert_eq!((row.get("Status"), row.get("Problem")), expected(&format!("{:?}", message.trigger)));
            assert_eq!((row.get("Id"), row.get("Patient Id"), row.get("Phone")), ("2196178", "42", "(260)555-1234"));
            assert_eq!((row.get("Provider"), row.get("Location")), ("Douglas Adams", "OFFICE"));
            assert_eq!((row.get("Type"), row.get("Description")), ("OFFICE", "reason for the appointment"));
        }
        let mut backwards = all.clone();
        backwards.reverse();
        assert_eq!(Row::of(&all).0, Row::of(&backwards).0);
    }
}

#[test]
fn one_visit_through_its_messages() {
    let visit = ["ours-typed-phones", "ours-s13-new-time", "ours-s15-no-times"];
    let Some(folder) = crate::shared::data("hl7v2") else { return };
    let all: Vec<Message> =
        visit.iter().flat_map(|file| read(&folder.join(format!("{file}.hl7")))).map(Result::unwrap).collect();
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let row = Row::of(&order.map(|at: usize| all[at].clone()));
        assert_eq!((row.get("Start"), row.get("Status")), ("2026-03-12T14:00:00", "cancelled"));
        assert_eq!((row.get("Last Name"), row.get("Phone")), ("Nuñez", "(303)555-0123"));
    }
}

#[test]
fn what_is_no_scheduling_message_is_refused() {
    for path in files("rethink-") {
        let file = name(&path);
        let reasons: Vec<String> = read(&path).into_iter().map(Result::unwrap_err).collect();
        let want = match file.as_str() {
            "rethink-invalid-missing-msh.hl7" => "line 1 is outside of a message: a message starts with MSH",
            "rethink-invalid-segment-header-length.hl7" => {
                "segment 2 does not start with a segment name of three capitals or digits"
            }
            _ => "ADT^A01 is not a scheduling message",
        };
        assert_eq!(reasons, [want], "{file}");
    }
}

#[test]
fn a_frame_comes_out_of_a_stream() {
    for path in files("ours-mllp-framed") {
        let mut frames = Frames::new(1 << 20);
        frames.push(&fs::read(path).unwrap());
        let message = parse(&frames.next().unwrap().unwrap()).unwrap();
        assert_eq!((id(&message).as_str(), frames.next(), frames.finish()), ("F9", None, None));
    }
}

#[test]
fn mangled_files_never_panic() {
    let mut seed = 7u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below.max(1)
    };
    for path in files("") {
        let good = fs::read(&path).unwrap();
        for _ in 0..200 {
            let mut bytes = good.clone();
            for _ in 0..=random(4) {
                let (at, length) = (random(bytes.len()), random(60));
                let to = (at + length).min(bytes.len());
                match random(4) {
                    0 => drop(bytes.drain(at..to)),
                    1 if at < bytes.len() => bytes[at] = random(256) as u8,
                    2 => {
                        let part = bytes[at..to].to_vec();
                        drop(bytes.splice(at..at, part));
                    }
                    _ => bytes.truncate(at.max(1)),
                }
            }
            for piece in split(&bytes) {
                let Piece::Message { bytes, .. } = piece else { continue };
                match parse(bytes) {
                    Ok(message) => assert_eq!(Row::of(&[message]).0.len(), COLUMNS.len()),
                    Err(rejected) => assert!(!rejected.reason.is_empty()),
                }
            }
        }
    }
}
