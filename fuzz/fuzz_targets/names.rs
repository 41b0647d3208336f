//! Any text in a name cell gives names without control characters, or none.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "shared.rs"]
mod shared;

fuzz_target!(|name: &str| {
    let cell = name.replace('"', "\"\"");
    let file = format!("Id,Name,Start\n1,\"{cell}\",2026-03-10 15:00\n2,\"Lee, Ana\",2026-03-11 15:00\n");
    let block = "[[feed]]\nname = \"desk\"\nkind = \"file\"\n[feed.columns]\nid = \"Id\"\nname = \"Name\"\nstarts_at = \"Start\"\n";
    for found in shared::map(block, file.as_bytes()) {
        for part in [found.first_name.0, found.last_name.0].into_iter().flatten() {
            assert!(!part.chars().any(char::is_control) && part.trim() == part && !part.is_empty(), "{part:?}");
        }
    }
});
