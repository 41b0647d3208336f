//! Any text is a valid configuration or produces error messages, each at a position within the text.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use leadtime::config::values::zones::Zones;
use leadtime::config::{ConfigError, of_text};
use libfuzzer_sys::fuzz_target;

static ZONES: LazyLock<Zones> = LazyLock::new(Zones::of_this_machine);

fuzz_target!(|text: &str| {
    let now: DateTime<Utc> = DateTime::from_timestamp(1_772_000_000, 0).expect("an instant");
    let report = match of_text(text.to_owned(), Path::new("/nowhere/config.toml"), &ZONES, now) {
        Ok((_, report)) => {
            assert!(!report.has_errors());
            report
        }
        Err(ConfigError::Wrong(report)) => {
            assert!(report.has_errors(), "a refused file has an error");
            report
        }
        Err(error) => panic!("{error}"),
    };
    for diagnostic in &report.diagnostics {
        assert!(!diagnostic.message.is_empty());
        assert!(diagnostic.span.end <= text.len() && diagnostic.span.start <= diagnostic.span.end, "{diagnostic:?}");
    }
    let _ = (report.summary(), report.render(false));
});
