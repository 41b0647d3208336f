//! The list of those not reached, for people and their printers: a table for a terminal, CSV, and a page of HTML.

use chrono::{DateTime, Utc};
use minijinja::{AutoEscape, Environment, Value, context};

use crate::config::Config;
use crate::domain::shown::{csv_cell, shown};
use crate::reports::not_reached::NotReached;

const PAGE: &str = include_str!("not_reached.html");

/// One line of the list.
#[derive(Debug)]
struct Line {
    day: String,
    time: String,
    name: String,
    phone: String,
    provider: String,
    appointment: String,
    reason: String,
    why: String,
}

fn lines(config: &Config, list: &[NotReached]) -> Vec<Line> {
    let one = |entry: &NotReached| {
        let appointment = &entry.appointment;
        let start = config.zone(config.rulebook.location_of(appointment)).local(appointment.starts_at);
        let name = [&appointment.first_name, &appointment.last_name].into_iter().filter_map(|name| name.0.as_deref());
        Line {
            day: start.format("%a %b %-d").to_string(),
            time: start.format("%-I:%M %p").to_string(),
            name: name.collect::<Vec<_>>().join(" "),
            phone: shown(appointment.phone.0.as_deref().unwrap_or_default()).into_owned(),
            provider: appointment.provider.0.clone().unwrap_or_default(),
            appointment: appointment.id.to_string(),
            reason: entry.code.to_owned(),
            why: entry.why.to_owned(),
        }
    };
    list.iter().map(one).collect()
}

/// For a terminal.
pub(crate) fn text(config: &Config, list: &[NotReached]) -> String {
    let lines = lines(config, list);
    let mut text = String::new();
    let mut day = "";
    for line in &lines {
        if line.day != day {
            text.push_str(&format!("{}{}\n", if day.is_empty() { "" } else { "\n" }, line.day));
            day = &line.day;
        }
        let name = if line.name.is_empty() { &line.appointment } else { &line.name };
        text.push_str(&format!("  {:>8}  {name:<24} {:<18} {}\n", line.time, line.phone, line.why));
    }
    text.push_str(&match lines.len() {
        0 => "A text reaches everybody with a visit in these days.\n".to_owned(),
        1 => "\n1 patient to call.\n".to_owned(),
        n => format!("\n{n} patients to call.\n"),
    });
    text
}

/// For spreadsheets and other programs.
///
/// # Errors
/// Memory.
pub(crate) fn csv(config: &Config, list: &[NotReached]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["day", "time", "name", "phone", "provider", "appointment", "reason", "why"])?;
    for line in lines(config, list) {
        let Line { day, time, name, phone, provider, appointment, reason, why } = line;
        writer
            .write_record([day, time, name, phone, provider, appointment, reason, why].map(|cell| csv_cell(&cell)))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn for_the_page(lines: Vec<Line>) -> Value {
    let one = |line: Line| {
        Value::from_pairs([
            ("day", line.day),
            ("time", line.time),
            ("name", line.name),
            ("phone", line.phone),
            ("provider", line.provider),
            ("appointment", line.appointment),
            ("why", line.why),
        ])
    };
    Value::from(lines.into_iter().map(one).collect::<Vec<Value>>())
}

/// A page to print, with a box for each to tick.
///
/// # Errors
/// None that a test does not show.
pub(crate) fn html(config: &Config, list: &[NotReached], now: DateTime<Utc>) -> Result<String, minijinja::Error> {
    let mut page = Environment::new();
    page.set_auto_escape_callback(|_| AutoEscape::Html);
    page.render_named_str(
        "page.html",
        PAGE,
        context! { practice => config.practice.name.clone(), made => config.practice.zone.describe(now), lines => for_the_page(lines(config, list)) },
    )
}
