//! Parses six-field cron expressions as the scheduler does.

use croner::Cron;
use croner::parser::{CronParser, Seconds};

/// Reads a cron expression the way tokio-cron-scheduler does, but says what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Cron, String> {
    let parser = CronParser::builder().seconds(Seconds::Required).dom_and_dow(true).build();
    parser.parse(text).map_err(|error| error.to_string())
}
