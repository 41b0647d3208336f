//! Any bytes as a calendar: it is read or refused, and every event without a problem starts within the window.

#![no_main]

use chrono::{DateTime, TimeDelta};
use leadtime::feeds::formats::ical::{Limits, table};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let from = DateTime::UNIX_EPOCH + TimeDelta::days(20_500);
    let to = from + TimeDelta::days(60);
    let Ok(table) = table(bytes, from..to, Limits::default()) else { return };
    for row in table.rows {
        assert_eq!(row.len(), table.columns.len());
        if row[row.len() - 1].is_empty()
            && let Ok(start) = DateTime::parse_from_rfc3339(&row[1])
        {
            assert!((from..to).contains(&start.to_utc()), "{}", row[1]);
        }
    }
});
