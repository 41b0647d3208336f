//! Reads iCalendar files (RFC 5545) into a table of event instances.

mod components;
mod content;
mod dates;
mod events;
mod instances;
mod moments;
mod reading;
mod rules;
mod series;
mod tables;
mod values;
mod zone_names;
mod zones;

pub use reading::table;
pub use tables::{CalendarError, Limits};
