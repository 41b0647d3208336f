//! `leadtime explain`: explains step by step which texts a patient gets and why, or why none.

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::{Value, json};

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::named;
use crate::cli::output::{configuration, local, moment, print, utc, wrapped};
use crate::cli::plan;
use crate::config::Config;
use crate::domain::count::counted;
use crate::domain::duration::rough;
use crate::domain::ids::AppointmentId;
use crate::domain::reminder::{PlanDecision, Skip, State};
use crate::domain::sentence::Sentence;
use crate::domain::shown::shown;
use crate::domain::zone::Zone;
use crate::reports::explanation::{self, Explained, Explanation};
use crate::reports::lookup::{self, Found};
use crate::reports::plan_view::Earlier;
use crate::store::appointments::refused_rows::{self, RefusedRow};
use crate::store::connection::open;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// An appointment id, a phone number in any format or its last four digits, or a patient's name.
    #[arg(required = true, num_args = 1..)]
    who: Vec<String>,
    /// Print a JSON array, for other programs.
    #[arg(long)]
    json: bool,
    /// Use this time instead of now, such as 2026-03-09T10:00:00-06:00.
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let now = moment(options.now.as_deref(), &config.practice.zone)?;
    let connection = open::snapshot(&config.database)?;
    let who = options.who.join(" ");
    let (ids, near): (Vec<AppointmentId>, _) = match lookup::find(&connection, &config, &who, now)? {
        Found::Meant(meant) => (meant.into_iter().map(|one| one.id).collect(), Vec::new()),
        Found::Several(several) if !several.is_empty() => {
            let count = counted(several.len(), "appointment matches", "appointments match");
            return Err(named::offer(&config, &format!("{count} {}", who.trim()), &several));
        }
        Found::Several(_) => (Vec::new(), Vec::new()),
        Found::Near(near) => (Vec::new(), near),
    };
    if ids.is_empty() {
        let refused = refused_rows::list(&connection, Some(&who), now)?;
        if !refused.is_empty() {
            return match options.json {
                true => {
                    let items: Vec<Value> = refused.iter().map(row_for_programs).collect();
                    print(&format!("{}\n", serde_json::to_string_pretty(&items)?))
                }
                false => print(&refused.iter().map(|row| row_for_people(&config, row)).collect::<String>()),
            };
        }
        if !near.is_empty() {
            return Err(named::offer(
                &config,
                "no appointment has this id, and no patient has this number or name. Did you mean one of these",
                &near,
            ));
        }
        let text = "no appointment has this id, and no patient has this number or name. `leadtime plan` shows the upcoming appointments. Old appointments are deleted ([retention]); `leadtime history --appointment ID` shows what was done for them";
        return Err(anyhow::anyhow!(text).into());
    }
    let accounts = explanation::explain(&connection, &config, &ids, now)?;
    match options.json {
        true => {
            let items: Vec<Value> = accounts.iter().map(for_programs).collect();
            print(&format!("{}\n", serde_json::to_string_pretty(&items)?))
        }
        false => {
            let texts: Vec<String> = accounts.iter().map(|account| for_people(&config, account, now)).collect();
            print(&texts.join("\n"))
        }
    }
}

/// An appointment known only from a row that could not be read.
fn row_for_programs(row: &RefusedRow) -> Value {
    json!({
        "appointment_id": row.id,
        "starts_at": row.starts_at.map(utc),
        "reminders": [],
        "unreadable_row": {"feed": row.feed, "line": row.line, "reason": row.reason, "imported_at": utc(row.at)},
    })
}

fn row_for_people(config: &Config, row: &RefusedRow) -> String {
    let zone = &config.practice.zone;
    let when = row.starts_at.map(|at| format!(" on {}", local(zone, at))).unwrap_or_default();
    let account = format!(
        "This row of the feed {}, imported on {}, could not be read. Leadtime does not know the appointment{when}, and nobody is texted about it. Correct the row in your practice software and import again, or call the patient.",
        row.feed,
        local(zone, row.at)
    );
    let id = shown(row.id.as_deref().unwrap_or_default());
    format!("{id}: line {}: {}\n{}", row.line, row.reason, wrapped(&account, 4, "  "))
}

fn for_programs(account: &Explanation) -> Value {
    let appointment = &account.appointment.row;
    let reminder = |explained: &Explained| {
        let item = &explained.row.item;
        json!({
            "rule": item.key.rule,
            "state": item.state.name(),
            "reason": explained.row.code,
            "nominal_at": item.nominal_at.map(utc),
            "adjusted_at": item.adjusted_at.map(utc),
            "due_at": item.due_at.map(utc),
            "expires_at": item.expires_at.map(utc),
            "steps": explained.steps.iter().map(Sentence::english).collect::<Vec<_>>(),
            "meanwhile": explained.meanwhile.iter().map(Sentence::english).collect::<Vec<_>>(),
            "message": explained.row.words,
            "together_with": explained.row.together.iter().filter(|key| **key != item.key)
                .map(|key| json!({"appointment_id": key.appointment_id, "rule": key.rule})).collect::<Vec<_>>(),
            "conversation_id": explained.row.text.as_ref().and_then(|text| text.conversation.as_ref()),
        })
    };
    let earlier = |earlier: &Earlier| {
        json!({
            "rule": earlier.rule, "starts_at": utc(earlier.start), "sent_at": utc(earlier.at),
            "phone": earlier.phone.as_ref().map(|phone| phone.dial()), "same_patient": earlier.is_same_patient,
        })
    };
    json!({
        "appointment_id": appointment.id,
        "patient_id": appointment.patient_id,
        "starts_at": utc(appointment.starts_at),
        "status": appointment.status.name(),
        "outcome": account.appointment.outcome.map(plan::outcome),
        "feed": account.source.as_ref().map(|(feed, _)| feed),
        "feed_read_at": account.source.as_ref().and_then(|(_, read_at)| read_at.map(utc)),
        "earlier_texts": account.reminders.first().map(|explained| explained.row.earlier.iter().map(earlier).collect::<Vec<_>>()),
        "reminders": account.reminders.iter().map(reminder).collect::<Vec<_>>(),
    })
}

fn for_people(config: &Config, account: &Explanation, now: DateTime<Utc>) -> String {
    let appointment = &account.appointment.row;
    let zone = config.zone(config.rulebook.location_of(appointment));
    let names = [&appointment.first_name, &appointment.last_name];
    let name = names.into_iter().filter_map(|n| n.as_ref().cloned()).collect::<Vec<_>>().join(" ");
    let name = if name.is_empty() { format!("Patient {}", appointment.patient_id) } else { name };
    let phone = appointment.phone.as_ref().map_or("no phone number".to_owned(), |phone| shown(phone).into_owned());
    let mut text = format!(
        "{name}, appointment {} ({}), {}, {phone}\n",
        local(zone, appointment.starts_at),
        appointment.id,
        appointment.status.name()
    );
    if let Some((feed, read_at)) = &account.source {
        let read = read_at.map_or("which has not been read since it was renamed or restored".to_owned(), |at| {
            format!("last read {} ({} ago)", local(zone, at), rough(now - at))
        });
        text.push_str(&format!("  From the feed {feed}, {read}\n"));
    }
    if let Some(standing) = account.appointment.outcome {
        text.push_str(&format!("  {}\n", capital(&standing.in_words(zone))));
    }
    for earlier in account.reminders.first().map(|explained| explained.row.earlier.as_slice()).unwrap_or_default() {
        text.push_str(&wrapped(&format!("`{}`: {}", earlier.rule, earlier.describe(zone)), 4, "  "));
    }
    for explained in &account.reminders {
        text.push_str(&format!("\n  {}\n", explained.row.item.key.rule));
        for step in explained.steps.iter().chain(&explained.meanwhile) {
            text.push_str(&wrapped(&step.english(), 6, "    - "));
        }
        text.push_str(&wrapped(&outcome(zone, explained), 6, "    = "));
    }
    text
}

fn outcome(zone: &Zone, explained: &Explained) -> String {
    let item = &explained.row.item;
    let at = item.due_at.map(|at| local(zone, at)).unwrap_or_default();
    // A sent text is shown with the number it went to, whatever the appointment book says now.
    let texted = explained.row.text.as_ref().map(|text| &text.phone);
    let to = texted.or(item.phone.as_ref()).map(|phone| format!(" to {phone}")).unwrap_or_default();
    let words = explained.row.words.as_ref().map(|words| format!(": \"{words}\"")).unwrap_or_default();
    match item.state {
        State::Unclaimed(PlanDecision::Planned) => {
            let waits = explained.row.code.map(|code| format!(" (waiting: {code})")).unwrap_or_default();
            match explained.row.overdue_since {
                Some(since) => format!("Was due {}{to} and has not gone out yet{waits}{words}", local(zone, since)),
                None => format!("Goes out {at}{to}{waits}{words}"),
            }
        }
        State::Unclaimed(PlanDecision::Skipped(Skip::ObserveMode)) => {
            format!("Would go out {at}{to}; in observe mode nobody is texted{words}")
        }
        State::Sent => {
            let made = explained.row.text.as_ref().map_or(at, |text| local(zone, text.made_at));
            format!("Sent {made}{to}{words}")
        }
        State::Unclaimed(_) => format!("No text: {}.", item.state.label()),
        _ => {
            let number = item.phone.as_ref().map(|phone| format!(" ({phone})")).unwrap_or_default();
            format!("{}{number}.", capital(item.state.label()))
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
