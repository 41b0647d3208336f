//! Reads the sample calendars, whole and mangled.

use std::ops::Range;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use leadtime::feeds::formats::ical::{Limits, table};
use proptest::prelude::*;

fn files() -> Vec<PathBuf> {
    let Some(folder) = crate::shared::data("ical") else { return Vec::new() };
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "ics"));
    files.sort();
    files
}

fn window(from: &str, to: &str) -> Range<DateTime<Utc>> {
    let at = |day: &str| format!("{day}T00:00:00Z").parse().expect("a day");
    at(from)..at(to)
}

#[test]
fn every_file_gives_rows_or_reasons() {
    let (mut with_rows, mut only_problems, mut nothing, mut errors) = (0, 0, 0, 0);
    let files = files();
    for path in &files {
        let bytes = std::fs::read(path).expect("a file");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let begun = String::from_utf8_lossy(&bytes).matches("BEGIN:VEVENT").count();
        match table(&bytes, window("1900-01-01", "2040-01-01"), Limits::default()) {
            Err(error) => {
                errors += 1;
                println!("{name}: error: {error}");
            }
            Ok(table) => {
                let last = table.columns.len() - 1;
                assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "{name}");
                assert!(begun == 0 || !table.rows.is_empty(), "{name}: {begun} events vanished");
                let good = table.rows.iter().filter(|row| row[last].is_empty()).count();
                for row in table.rows.iter().filter(|row| row[last].is_empty()) {
                    assert!(!row[0].is_empty() && row[1].len() >= 19, "{name}: {row:?}");
                }
                match (good, table.rows.len()) {
                    (0, 0) => nothing += 1,
                    (0, _) => only_problems += 1,
                    _ => with_rows += 1,
                }
                let mut reasons: Vec<&str> = table.rows.iter().map(|row| row[last].as_str()).collect();
                reasons.retain(|reason| !reason.is_empty());
                reasons.dedup();
                println!("{name}: {good} good of {} rows; {:?}", table.rows.len(), &reasons[..reasons.len().min(4)]);
            }
        }
    }
    println!("with rows {with_rows}, only problems {only_problems}, no events {nothing}, errors {errors}");
    assert_eq!(with_rows + only_problems + nothing + errors, files.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = table(&bytes, window("2026-01-01", "2027-01-01"), Limits::default());
    }

    #[test]
    fn mangled_files_never_panic(
        pick in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(),
        length in 0_usize..200, how in 0_u8..4, byte in any::<u8>(),
    ) {
        let files = files();
        if !files.is_empty() {
            let mut bytes = std::fs::read(pick.get(&files)).expect("a file");
            if bytes.len() > 15_000 {
                bytes.truncate(15_000);
            }
            if !bytes.is_empty() {
                let from = at.index(bytes.len());
                let to = from.saturating_add(length).min(bytes.len());
                match how {
                    0 => bytes.truncate(from),
                    1 => bytes[from] ^= byte,
                    2 => {
                        let part = bytes[from..to].to_vec();
                        bytes.splice(from..from, part);
                    }
                    _ => {
                        bytes.drain(from..to);
                    }
                }
            }
            if let Ok(table) = table(&bytes, window("2000-01-01", "2030-01-01"), Limits::default()) {
                prop_assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
            }
        }
    }
}
