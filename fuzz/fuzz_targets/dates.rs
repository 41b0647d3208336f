//! Any text is a moment or has a fault; a date that is read exists in at most one reading for each order.

#![no_main]

use chrono::NaiveDate;
use leadtime::feeds::mapping::moment::{Century, Order, scan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Some(today) = NaiveDate::from_ymd_opt(2026, 3, 1) else { return };
    let Ok(moment) = scan(text) else { return };
    for order in Order::ALL.into_iter().map(Some).chain([None]) {
        for century in [Century::Nearest(today), Century::NotAfter(today)] {
            let _ = moment.date.map(|date| date.date(order, century));
        }
    }
    let _ = moment.time.map(|time| time.on_clock());
});
