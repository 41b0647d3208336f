//! The list of patients not reached, as text for a terminal, as CSV, and as an HTML page to print.

use chrono::{DateTime, Utc};
use minijinja::{AutoEscape, Environment, Value, context};

use crate::config::Config;
use crate::domain::shown::{csv_cell, shown};
use crate::reports::not_reached::{CallList, NotReached};
use crate::store::appointments::refused_rows::RefusedRow;

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

/// The reason code of a row that could not be read.
const UNREAD: &str = "row-unreadable";

/// At most this many unreadable rows are shown to people; the CSV has all of them.
const MOST: usize = 50;

impl Line {
    fn of_patient(config: &Config, entry: &NotReached) -> Line {
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
    }

    /// Neither the patient nor the location of the row is known, so the time is in the practice's time zone.
    fn of_row(config: &Config, row: &RefusedRow) -> Line {
        let start = row.starts_at.map(|at| config.practice.zone.local(at));
        Line {
            day: start.as_ref().map(|at| at.format("%a %b %-d").to_string()).unwrap_or_default(),
            time: start.as_ref().map(|at| at.format("%-I:%M %p").to_string()).unwrap_or_default(),
            name: String::new(),
            phone: String::new(),
            provider: String::new(),
            appointment: shown(row.id.as_deref().unwrap_or_default()).into_owned(),
            reason: UNREAD.to_owned(),
            why: format!("export of {}, line {}: {}", row.feed, row.line, row.reason),
        }
    }
}

fn patients(config: &Config, list: &CallList) -> Vec<Line> {
    list.patients.iter().map(|entry| Line::of_patient(config, entry)).collect()
}

fn unread(config: &Config, list: &CallList) -> Vec<Line> {
    list.unread.iter().map(|row| Line::of_row(config, row)).collect()
}

/// For a terminal.
pub(crate) fn text(config: &Config, list: &CallList) -> String {
    let lines = patients(config, list);
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
        0 if list.appointments == 0 && list.unread.is_empty() => format!("No appointments {}.\n", list.days),
        0 if list.appointments == 0 => format!("No known appointments {}.\n", list.days),
        0 if list.is_empty() => "Texts reach everyone with an appointment on these days.\n".to_owned(),
        0 => "Texts reach everyone whose appointment on these days is known.\n".to_owned(),
        1 => "\n1 patient to call.\n".to_owned(),
        n => format!("\n{n} patients to call.\n"),
    });
    let unread = unread(config, list);
    match unread.len() {
        0 => return text,
        1 => text.push_str("\n1 new row could not be read, so its appointment is not known:\n"),
        n => text.push_str(&format!("\n{n} new rows could not be read, so their appointments are not known:\n")),
    }
    for Line { day, time, appointment, why, .. } in unread.iter().take(MOST) {
        let id = if appointment.is_empty() { "(no id)" } else { appointment };
        let when = if day.is_empty() { String::new() } else { format!(", {day}, {time}") };
        text.push_str(&format!("  {id}{when}: {why}\n"));
    }
    if unread.len() > MOST {
        text.push_str(&format!("  and {} more; --csv lists all of them\n", unread.len() - MOST));
    }
    text
}

/// For spreadsheets and other programs.
pub(crate) fn csv(config: &Config, list: &CallList) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["day", "time", "name", "phone", "provider", "appointment", "reason", "why"])?;
    for line in patients(config, list).into_iter().chain(unread(config, list)) {
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

/// A page to print, with a box to check for each patient.
pub(crate) fn html(config: &Config, list: &CallList, now: DateTime<Utc>) -> Result<String, minijinja::Error> {
    let mut page = Environment::new();
    page.set_auto_escape_callback(|_| AutoEscape::Html);
    page.render_named_str(
        "page.html",
        PAGE,
        context! {
            practice => config.practice.name.clone(),
            made => config.practice.zone.describe(now),
            lines => for_the_page(patients(config, list)),
            unread => for_the_page(unread(config, list).into_iter().take(MOST).collect()),
            appointments => list.appointments,
            days => list.days.clone(),
            left_out => list.unread.len().saturating_sub(MOST),
        },
    )
}
