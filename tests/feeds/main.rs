//! Exports of practice systems are imported correctly, asked about or refused, but never imported incorrectly.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod asking;
mod configuration;
mod decoys;
mod first_contact;
mod judge;
mod mangles;
mod quotes;
mod robust;
mod rules;
mod shapes;
mod unnamed;

use std::path::{Path, PathBuf};

use judge::{Truth, Verdict, exports, feed_of, judge, map, truths};
use leadtime::config::values::zones::Zones;

use leadtime::feeds::formats::delimited::Options;
use leadtime::feeds::suggest::{Answers, Request, Suggestion, suggest};

fn suggested(bytes: &[u8], answers: &Answers, presets: bool, zones: &Zones) -> Suggestion {
    let request = Request { name: "desk", answers, options: Options::default(), presets, unmasked: false };
    suggest(|| Ok(bytes), &request, &judge::context(zones)).unwrap()
}

/// The answers that an office manager would give.
fn answers(file: &str) -> Answers {
    let given: &[(&str, &str)] = match file {
        "openemr-calendar.csv" => &[
            ("status:-", "booked"),
            ("status:avm", "confirmed"),
            ("status:x", "cancelled"),
            ("status:?", "no_show"),
            ("status:>", "completed"),
        ],
        "ecw-appointments.csv" => &[("status:pen", "booked"), ("status:canc", "cancelled"), ("status:n/s", "no_show")],
        "square-bookings.csv" => &[("status:accepted", "booked")],
        "lighthouse-export.csv" => &[("status:sched", "booked")],
        _ => &[],
    };
    given.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

/// Suggests a block, maps the file with it, and compares the rows with the expected records.
fn try_file(folder: &Path, file: &str, truths: &[Truth], presets: bool, verbose: bool) -> Verdict {
    let zones = Zones::of_this_machine();
    let bytes = std::fs::read(folder.join(file)).unwrap();
    let suggestion = suggested(&bytes, &answers(file), presets, &zones);
    if verbose {
        println!("=== {file} preset {:?}\n{}\n{:#?}", suggestion.preset, suggestion.block, suggestion.understood);
    }
    let feed = match feed_of(&suggestion.block, &zones) {
        Ok(feed) => feed,
        Err(problems) => panic!("{file}: {problems:?}\n{}", suggestion.block),
    };
    let (_, report, rows) = map(&bytes, &feed, &zones).unwrap_or_else(|error| panic!("{file}: {error}"));
    let verdict = judge(truths, &rows, !feed.columns.derived_id);
    println!(
        "{file}: {} of {}, {} wrong, {} questions, id {} ({})",
        verdict.came,
        verdict.must,
        verdict.wrong.len(),
        suggestion.questions.len(),
        if feed.columns.derived_id { "derived" } else { "own" },
        report.summary()
    );
    for line in verdict.wrong.iter().chain(&verdict.missing).take(5) {
        println!("    {line}");
    }
    for question in &suggestion.questions {
        println!("    ? {}", question.text);
    }
    verdict
}

fn ours() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/exports"))
}

#[test]
fn our_exports_are_imported_completely_and_correctly() {
    for (file, truths) in truths(&ours().join("expected.jsonl")) {
        let verdict = try_file(&ours(), &file, &truths, true, false);
        assert_eq!((verdict.came, verdict.wrong.len()), (verdict.must, 0), "{file}");
    }
}

/// Most of what the presets contain can be seen in the files themselves. The rest is asked about.
#[test]
fn without_presets_and_answers_no_row_is_imported_incorrectly() {
    let zones = Zones::of_this_machine();
    for folder in [exports(), ours()] {
        for (file, truths) in truths(&folder.join("expected.jsonl")) {
            let bytes = std::fs::read(folder.join(&file)).unwrap();
            let suggestion = suggested(&bytes, &Answers::new(), false, &zones);
            let Ok(feed) = feed_of(&suggestion.block, &zones) else { continue };
            let (_, _, rows) = map(&bytes, &feed, &zones).unwrap();
            let verdict = judge(&truths, &rows, !feed.columns.derived_id);
            assert_eq!(verdict.wrong, [""; 0], "{file}");
            assert!(verdict.came == verdict.must || !suggestion.questions.is_empty(), "{file}");
        }
    }
}

#[test]
fn practice_exports_are_imported_completely_and_correctly() {
    for (file, truths) in truths(&exports().join("expected.jsonl")) {
        let verdict = try_file(&exports(), &file, &truths, true, false);
        assert_eq!((verdict.came, verdict.wrong.len()), (verdict.must, 0), "{file}");
    }
}

/// Tries the files of the folder named by the environment variable `SHAPES`. Prints the results and asserts nothing.
#[test]
fn exports_in_a_folder_of_your_own_can_be_tried() {
    let Ok(folder) = std::env::var("SHAPES") else { return };
    let folder = PathBuf::from(folder);
    let verbose = std::env::var("VERBOSE").unwrap_or_default();
    for (file, truths) in truths(&folder.join("expected.jsonl")) {
        let shown = file.contains(&verbose) && !verbose.is_empty();
        if std::panic::catch_unwind(|| try_file(&folder, &file, &truths, true, shown)).is_err() {
            println!("{file}: PANIC");
        }
    }
}
