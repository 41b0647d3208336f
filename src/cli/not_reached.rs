//! `leadtime not-reached`: lists the patients to call.

use chrono::NaiveDate;
use clap::Args;

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::operator::put_on_record;
use crate::cli::output::{configuration, moment, print};
use crate::planner::input::Mode;
use crate::reports::not_reached::{coming_days, day, list};
use crate::reports::not_reached_page::{csv, html, text};
use crate::store::connection::open;
use crate::store::ledger::audit::Act;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only appointments on this day, such as 2026-12-19. Default: from now to the end of the next open day.
    #[arg(long, value_name = "DATE", value_parser = date)]
    date: Option<NaiveDate>,
    /// Output comma-separated values (CSV).
    #[arg(long, conflicts_with = "html")]
    csv: bool,
    /// Output an HTML page for printing.
    #[arg(long)]
    html: bool,
    /// Use this time instead of now.
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let now = moment(options.now.as_deref(), &config.practice.zone)?;
    let connection = open::snapshot(&config.database)?;
    let span = options.date.map_or_else(|| coming_days(&config, now), |date| day(&config, date, now));
    let all = list(&connection, &config, span, now)?;
    let list = if options.date.is_some() { all.of_these_days(span) } else { all };
    if options.csv || options.html {
        put_on_record(&config, Act::ListedOut)?;
    }
    match (options.csv, options.html) {
        (true, _) => print(&csv(&config, &list)?),
        (_, true) => print(&html(&config, &list, now)?),
        _ if span.1 <= now => print("That day is over.\n"),
        _ => {
            if config.rulebook.mode == Mode::Observe && list.appointments > 0 {
                print(match list.patients.is_empty() {
                    true => "Observe mode: nobody is texted. This is how it would be in live mode.\n\n",
                    false => {
                        "Observe mode: nobody is texted. These patients would not get a text in live mode either.\n\n"
                    }
                })?;
            }
            print(&text(&config, &list))
        }
    }
}

/// Reads a date; tells how to write one that is written the American way.
fn date(text: &str) -> Result<NaiveDate, String> {
    let strict = Some(text).filter(|text| text.len() == 10);
    if let Some(date) = strict.and_then(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()) {
        return Ok(date);
    }
    let meant = ["%m/%d/%y", "%m/%d/%Y", "%m-%d-%Y", "%B %d, %Y"];
    let meant = meant.iter().find_map(|format| NaiveDate::parse_from_str(text, format).ok());
    Err(match meant {
        Some(date) => format!("write the date as {date}"),
        None => "write a date like 2026-12-19".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_in_another_format_is_refused_with_the_expected_format() {
        assert_eq!(date("2026-12-19").unwrap().to_string(), "2026-12-19");
        for text in ["12/19/2026", "12/19/26", "12-19-2026", "December 19, 2026"] {
            assert_eq!(date(text).unwrap_err(), "write the date as 2026-12-19", "{text}");
        }
        for text in ["", "tomorrow", "2026-13-01", "2026-2-1", "13/13/2026"] {
            assert_eq!(date(text).unwrap_err(), "write a date like 2026-12-19", "{text}");
        }
    }
}
