//! Any bytes, read with the mapping that `feed suggest` derives from them: no panic, and no appointment without an id.

#![no_main]

use leadtime::feeds::formats::delimited::Options;
use leadtime::feeds::suggest::{Answers, Request, suggest};
use libfuzzer_sys::fuzz_target;

#[path = "shared.rs"]
mod shared;

fuzz_target!(|bytes: &[u8]| {
    let answers = Answers::new();
    let request =
        Request { name: "desk", answers: &answers, options: Options::default(), presets: true, unmasked: false };
    let block = shared::with_context(|context| suggest(|| Ok(bytes), &request, context).map(|found| found.block));
    let Ok(block) = block else { return };
    for found in shared::map(&block, bytes) {
        assert!(!found.id.trim().is_empty() && !found.patient_id.trim().is_empty());
    }
});
