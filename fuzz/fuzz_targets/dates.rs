//! Any text is a date or time, or an error; each date has at most one reading per field order.

#![no_main]

use chrono::NaiveDate;
use leadtime::feeds::mapping::moment::{Century, Order, scan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Some(today) = NaiveDate::from_ymd_opt(2026, 3, 1) else { return };
    let moments: Vec<_> = [true, false].into_iter().filter_map(|as_time| scan(text, as_time).ok()).collect();
    for moment in &moments {
        let _ = moment.time.map(|time| time.on_clock());
    }
    for order in Order::ALL.into_iter().map(Some).chain([None]) {
        for century in [Century::Nearest(today), Century::NotAfter(today)] {
            for moment in &moments {
                let _ = moment.date.map(|date| date.date(order, century));
            }
        }
    }
});
