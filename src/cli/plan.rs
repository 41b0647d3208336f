//! `leadtime plan`: what goes out in the coming days, and who gets nothing and why.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use clap::Args;
use serde_json::{Value, json};

use super::output::{configuration, local, moment, print, utc};
use super::{ConfigOption, Failure};
use crate::config::Config;
use crate::domain::reminder::{Answer, Skip, State};
use crate::domain::zone::Zone;
use crate::engine::outlook::{self, Row};
use crate::planner::facts::Mode;
use crate::store::open;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Visits that start within this many days.
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u64).range(1..=3660))]
    days: u64,
    /// For programs: one JSON array.
    #[arg(long)]
    json: bool,
    /// As of this moment instead of now, such as 2026-03-09T10:00:00-06:00.
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    #[command(flatten)]
    config: ConfigOption,
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let zone = &config.practice.zone;
    let now = moment(options.now.as_deref(), zone)?;
    let until = now.checked_add_days(Days::new(options.days)).unwrap_or(now);
    let connection = open::read_only(&config.database)?;
    let rows = outlook::plan_of(&connection, &config, now, until)?;
    match options.json {
        true => {
            let items: Vec<Value> = rows.iter().map(item).collect();
            print(&format!("{}\n", serde_json::to_string_pretty(&items)?))
        }
        false => print(&for_people(&config, &rows, options.days)),
    }
}

fn item(row: &Row) -> Value {
    json!({
        "appointment_id": row.item.key.appointment_id,
        "rule": row.item.key.rule,
        "state": row.item.state.name(),
        "reason": row.code,
        "nominal_at": row.item.nominal_at.map(utc),
        "due_at": row.item.due_at.map(utc),
        "request": row.request,
    })
}

/// By day, in local time; then those who get nothing.
fn for_people(config: &Config, rows: &[Row], days: u64) -> String {
    let zone = &config.practice.zone;
    let mut by_day: BTreeMap<NaiveDate, Vec<&Row>> = BTreeMap::new();
    let mut without: Vec<&Row> = Vec::new();
    for row in rows {
        let goes = matches!(
            row.item.state,
            State::Answered(Answer::Planned | Answer::Skipped(Skip::ObserveMode)) | State::Sent | State::Sending
        );
        match row.item.due_at.filter(|_| goes) {
            Some(due) => by_day.entry(zone.local(due).date_naive()).or_default().push(row),
            None => without.push(row),
        }
    }
    let mut text = String::new();
    if config.rulebook.mode == Mode::Observe {
        text.push_str("Observe mode: nobody is texted. This is what would go out.\n\n");
    }
    if rows.is_empty() {
        text.push_str(&format!("No visit starts within {days} days.\n"));
    }
    for (day, mut rows) in by_day {
        rows.sort_by_key(|row| (row.item.due_at, row.item.key.start));
        text.push_str(&format!("{}\n", day.format("%A, %B %-d, %Y")));
        rows.iter().for_each(|row| text.push_str(&going(config, zone, row)));
        text.push('\n');
    }
    if !without.is_empty() {
        text.push_str("No text\n");
        for row in without {
            let words = row.item.state.words();
            text.push_str(&format!("  {}  {}: {words}\n", who(zone, row), row.item.key.rule));
        }
    }
    text
}

fn going(config: &Config, zone: &Zone, row: &Row) -> String {
    let time = row.item.due_at.map(|due| zone.local(due).format("%-I:%M %p").to_string()).unwrap_or_default();
    let number = row.item.phone.as_ref().map(|phone| format!(" to {phone}")).unwrap_or_default();
    let note = match row.item.state {
        State::Sent => " (sent)".to_owned(),
        State::Sending => " (being sent now)".to_owned(),
        _ => row
            .code
            .filter(|_| row.item.state == State::Answered(Answer::Planned))
            .map(|code| format!(" (waits: {code})"))
            .unwrap_or_default(),
    };
    let message = row.words.clone().unwrap_or_default();
    format!("  {time:>8}  {}{number}  {}{note}\n            {message}\n", row.item.key.rule, who(zone, row))
}

/// The visit, as the front desk would name it.
fn who(zone: &Zone, row: &Row) -> String {
    let names = [&row.visit.first_name, &row.visit.last_name];
    let name = names.into_iter().filter_map(|n| n.as_ref().cloned()).collect::<Vec<_>>().join(" ");
    let name = if name.is_empty() { format!("patient {}", row.visit.patient_id) } else { name };
    format!("{name}, visit {} ({})", local(zone, row.visit.starts_at), row.visit.id)
}
