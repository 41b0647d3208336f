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
    /// Only appointments on this day. Default: from now to the end of the next open day.
    #[arg(long, value_name = "DATE")]
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
    let connection = open::read_only(&config.database)?;
    let span = options.date.map_or_else(|| coming_days(&config, now), |date| day(&config, date, now));
    let all = list(&connection, &config, span, now)?;
    let list = if options.date.is_some() { all.of_these_days(span) } else { all };
    if options.csv || options.html {
        put_on_record(&config, Act::ListedOut)?;
    }
    match (options.csv, options.html) {
        (true, _) => print(&csv(&config, &list)?),
        (_, true) => print(&html(&config, &list, now)?),
        _ => {
            if config.rulebook.mode == Mode::Observe {
                print("Observe mode: nobody is texted. These patients would not get a text in live mode either.\n\n")?;
            }
            print(&text(&config, &list))
        }
    }
}
