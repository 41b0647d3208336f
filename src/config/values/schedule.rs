//! Parses six-field cron expressions as the scheduler does, and times of day.

use chrono::NaiveTime;
use croner::Cron;
use croner::parser::{CronParser, Seconds};

/// Reads a cron expression the way tokio-cron-scheduler does, but says what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Cron, String> {
    let parser = CronParser::builder().seconds(Seconds::Required).dom_and_dow(true).build();
    parser.parse(text).map_err(|error| error.to_string())
}

/// Reads a time of day on the practice's clock: `07:30`.
pub(crate) fn time_of_day(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M")
        .map_err(|_| format!("`{text}` is not a time of day; write, for example, \"07:30\""))
}
