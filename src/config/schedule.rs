//! Cron texts of six fields, as the scheduler reads them.

use croner::Cron;
use croner::parser::{CronParser, Seconds};

/// Reads a cron text the way tokio-cron-scheduler does, which says only that it cannot.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Cron, String> {
    let parser = CronParser::builder().seconds(Seconds::Required).dom_and_dow(true).build();
    parser.parse(text).map_err(|error| error.to_string())
}
