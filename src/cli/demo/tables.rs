//! What the demo shows: each text as it goes out, and at the end everybody once: texted, texted later, or not and why.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::cli::color::{Style, paint};
use crate::cli::output::local;
use crate::config::Config;
use crate::domain::ids::AppointmentId;
use crate::domain::patient_outcome::PatientOutcome;
use crate::domain::reminder::{PlanDecision, State};
use crate::domain::zone::Zone;
use crate::reports::outcomes::OutcomeLine;
use crate::reports::plan_view::Row;

/// One text as it goes out.
pub(crate) fn going_out(zone: &Zone, row: &Row, rows: &[Row]) -> String {
    let at = row.text.as_ref().map(|text| clock(zone, text.made_at)).unwrap_or_default();
    let phone = row.text.as_ref().map(|text| text.phone.to_string()).unwrap_or_default();
    let to = paint(Style::Good, &names(row, rows));
    format!("  {}  {to}, {phone}\n{}", paint(Style::Dim, &at), message(row))
}

/// An answer as it is read.
pub(crate) fn answer(zone: &Zone, line: &OutcomeLine) -> String {
    let at = line.since.map(|at| clock(zone, at)).unwrap_or_default();
    let what = match line.outcome {
        PatientOutcome::Confirmed => paint(Style::Good, line.outcome.label()),
        _ => paint(Style::Odd, line.outcome.label()),
    };
    format!("  {}  {}: {what}\n", paint(Style::Dim, &at), line.name)
}

/// Everybody once.
pub(crate) fn result(config: &Config, rows: &[Row]) -> String {
    let zone = &config.practice.zone;
    let sent = |row: &&Row| row.item.state == State::Sent;
    let planned = |row: &&Row| row.item.state == State::Unclaimed(PlanDecision::Planned);
    let mut seen: BTreeSet<&AppointmentId> = BTreeSet::new();
    let mut text = format!("\n{}\n", paint(Style::Bold, "Who was texted"));
    for row in rows.iter().filter(sent).filter(|row| row.is_first_of_its_text()) {
        let id = row.text.as_ref().and_then(|text| text.conversation.as_ref()).map(ToString::to_string);
        text.push_str(&format!("  {:<26} conversation {}\n", names(row, rows), id.unwrap_or_default()));
    }
    seen.extend(rows.iter().filter(sent).map(|row| &row.appointment.id));
    let later: Vec<&Row> = rows.iter().filter(planned).filter(|row| !seen.contains(&row.appointment.id)).collect();
    if !later.is_empty() {
        text.push_str(&format!("\n{}\n", paint(Style::Bold, "Whose text goes out later")));
    }
    for row in later {
        if seen.insert(&row.appointment.id) {
            let at = row.item.due_at.map(|at| local(zone, at)).unwrap_or_default();
            text.push_str(&format!("  {:<26} {at}\n", name(row)));
        }
    }
    text.push_str(&format!("\n{}\n", paint(Style::Bold, "Who was not texted, and why")));
    // The reminder nearest to the appointment tells why.
    for row in rows.iter().rev() {
        if seen.insert(&row.appointment.id) {
            let phone = row.appointment.phone.0.as_deref().filter(|_| row.code == Some("invalid-phone"));
            let phone = phone.map(|phone| format!(": {phone}")).unwrap_or_default();
            let why = format!("{}{phone}", row.item.state.label());
            text.push_str(&format!("  {:<26} {}\n", name(row), paint(Style::Odd, &why)));
        }
    }
    text
}

fn clock(zone: &Zone, at: DateTime<Utc>) -> String {
    zone.local(at).format("%-I:%M:%S %p").to_string()
}

/// The patients that a text names: `Maria and Lucia Lopez`.
fn names(row: &Row, rows: &[Row]) -> String {
    let of = |id: &AppointmentId| rows.iter().find(|row| row.appointment.id == *id).map(|row| &row.appointment);
    let mut all: Vec<_> = row.together.iter().filter_map(|key| of(&key.appointment_id)).collect();
    all.dedup_by(|a, b| a.patient_id == b.patient_id);
    let last = all.last().and_then(|one| one.last_name.0.clone());
    if all.len() > 1 && all.iter().all(|one| one.last_name.0 == last) {
        let first: Vec<String> = all.iter().filter_map(|one| one.first_name.0.clone()).collect();
        return format!("{} {}", first.join(" and "), last.unwrap_or_default());
    }
    name(row)
}

fn name(row: &Row) -> String {
    [&row.appointment.first_name, &row.appointment.last_name]
        .into_iter()
        .filter_map(|n| n.as_ref().cloned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The words of a text, in lines of at most 100 columns.
fn message(row: &Row) -> String {
    let words = row.request.as_ref().and_then(|request| request["message"].as_str()).unwrap_or_default();
    crate::cli::output::wrapped(words, 15, &" ".repeat(15))
}
