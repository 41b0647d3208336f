//! `leadtime feed list`: lists the feeds and their status.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::config_option::ConfigOption;
use crate::cli::export_file::feeds;
use crate::cli::failure::Failure;
use crate::cli::output::{configuration, local, print, utc};
use crate::config::Config;
use crate::domain::count::counted;
use crate::store::appointments::feed_state::{self, FeedState};
use crate::store::connection::open;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Print a JSON array, for other programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let mut states = match config.database.exists() {
        true => feed_state::all(&open::read_only(&config.database)?)?,
        false => Vec::new(),
    };
    for feed in feeds(&config) {
        if !states.iter().any(|state| state.feed == feed.name) {
            states.push(FeedState::unknown(&feed.name));
        }
    }
    match options.json {
        true => {
            let items: Vec<Value> = states.iter().map(|state| for_programs(&config, state)).collect();
            print(&format!("{}\n", serde_json::to_string_pretty(&items)?))
        }
        false => print(&states.iter().map(|state| for_people(&config, state)).collect::<String>()),
    }
}

fn is_configured(config: &Config, name: &str) -> bool {
    feeds(config).iter().any(|feed| feed.name == name)
}

fn for_programs(config: &Config, state: &FeedState) -> Value {
    let trouble = |found: &Option<(chrono::DateTime<chrono::Utc>, String)>| {
        found.as_ref().map(|(at, why)| json!({ "at": utc(*at), "why": why }))
    };
    json!({
        "feed": state.feed,
        "configured": is_configured(config, &state.feed),
        "last_good_import_at": state.imported_at.map(utc),
        "appointments": state.appointments,
        "rows_not_read": state.refused_rows,
        "known_rows_not_read": state.bad_rows,
        "refused": trouble(&state.refused),
        "failing": trouble(&state.failing),
        "held": trouble(&state.held),
    })
}

fn for_people(config: &Config, state: &FeedState) -> String {
    let zone = &config.practice.zone;
    let last = state
        .imported_at
        .map_or_else(|| "never imported".to_owned(), |at| format!("last successful import {}", local(zone, at)));
    let count = counted(state.appointments, "appointment", "appointments");
    let mut text = format!("{}: {last}, {count}\n", state.feed);
    if !is_configured(config, &state.feed) {
        text.push_str(&format!(
            "  is not in the configuration; if it was renamed there: leadtime feed rename {} NEW\n",
            state.feed
        ));
    }
    if state.refused_rows > 0 {
        text.push_str(&format!("  {}\n", rows_not_read(state.refused_rows)));
    }
    if state.bad_rows > 0 {
        text.push_str(&format!("  {}; leadtime explain ID names the line\n", known_rows_not_read(state.bad_rows)));
    }
    if let Some((at, why)) = &state.refused {
        text.push_str(&format!("  REFUSED {}: {why}\n", local(zone, *at)));
    }
    if let Some((since, why)) = &state.failing {
        text.push_str(&format!("  NOT READ since {}: {why}\n", local(zone, *since)));
    }
    if let Some((at, why)) = &state.held {
        text.push_str(&format!(
            "  HELD {}: {why}. If it is correct: leadtime feed accept {}\n",
            local(zone, *at),
            state.feed
        ));
    }
    text
}

/// New rows that nobody knows the appointments of.
pub(crate) fn rows_not_read(count: u64) -> String {
    counted(
        count,
        "new row could not be read; leadtime not-reached lists it",
        "new rows could not be read; leadtime not-reached lists them",
    )
}

/// Appointments that wait until their rows can be read again.
pub(crate) fn known_rows_not_read(count: u64) -> String {
    counted(
        count,
        "known appointment gets no texts because its last row could not be read",
        "known appointments get no texts because their last rows could not be read",
    )
}
