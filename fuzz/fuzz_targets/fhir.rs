//! Any bytes as FHIR resources: they are read or refused, and what is missing can be named until nothing is.

#![no_main]

use leadtime::feeds::formats::fhir::Found;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut found = Found::default();
    let _ = found.add(bytes);
    for reference in found.missing() {
        let _ = found.add_fetched(&reference, bytes);
    }
    for reference in found.missing() {
        found.absent(reference);
    }
    let table = found.table(chrono::DateTime::UNIX_EPOCH);
    assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
});
