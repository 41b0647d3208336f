//! Shared by the targets: a practice in Denver, and the appointments that a configuration block reads from a file.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use leadtime::config::feeds;
use leadtime::config::values::zones::Zones;
use leadtime::domain::phone::Country;
use leadtime::domain::zone::Zone;
use leadtime::feeds::mapping::{Context, MappedAppointment, MappingError, Outcome, map_file};

pub fn with_context<T>(run: impl FnOnce(&Context<'_>) -> T) -> T {
    let zones = Zones::of_this_machine();
    let zone: Zone = zones.load("America/Denver").expect("a zone");
    let today = NaiveDate::from_ymd_opt(2026, 3, 1).expect("a date");
    run(&Context { today, zone, country: Country::US, locations: BTreeMap::new(), zones: &zones })
}

pub fn map(block: &str, bytes: &[u8]) -> Vec<MappedAppointment> {
    with_context(|context| {
        let Some(feed) = feeds::of_block(block, context.zones) else { return Vec::new() };
        let mut found = Vec::new();
        let _ = map_file(
            || Ok(bytes),
            &feed,
            context,
            |row| -> Result<(), MappingError> {
                if let Outcome::Appointment(appointment) = row.outcome {
                    found.push(*appointment);
                }
                Ok(())
            },
        );
        found
    })
}
