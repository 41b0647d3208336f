//! `leadtime outcomes`: shows what patients answered, and the tags and actions that Annie uses.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::named;
use crate::cli::operator::put_on_record;
use crate::cli::output::{configuration, local, moment, print, time, utc};
use crate::config::Config;
use crate::domain::count::counted;
use crate::domain::patient_outcome::PatientOutcome;
use crate::domain::shown::csv_cell;
use crate::outcomes::mapping::Mark;
use crate::reports::outcomes::{self, OutcomeLine};
use crate::store::connection::open;
use crate::store::ledger::audit::Act;
use crate::store::outcomes::answers::{self, SeenMark};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only this appointment: its id, or the patient's name or number.
    #[arg(value_name = "APPOINTMENT")]
    appointment: Vec<String>,
    /// Everything recorded since this time, including past appointments. Default: the outcomes of upcoming appointments.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Print a JSON array, for other programs.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Output comma-separated values (CSV).
    #[arg(long)]
    csv: bool,
    /// List every tag and action that Annie ever put on a conversation, with its meaning in [outcomes].
    #[arg(long, conflicts_with_all = ["since", "csv", "appointment"])]
    tags: bool,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let zone = &config.practice.zone;
    let connection = open::snapshot(&config.database)?;
    if options.tags {
        return tags(&config, &answers::marks(&connection)?, options.json);
    }
    let now = moment(None, zone)?;
    let since = options.since.as_deref().map(|text| time("--since", text, zone)).transpose()?;
    let mut lines = outcomes::list(&connection, since, now)?;
    if !options.appointment.is_empty() {
        let wanted = named::appointment(&connection, &config, &options.appointment.join(" "), now)?;
        lines.retain(|line| line.appointment == wanted);
    }
    if options.json {
        let rows: Vec<Value> = lines.iter().map(for_programs).collect();
        return print(&format!("{}\n", serde_json::to_string_pretty(&rows)?));
    }
    if options.csv {
        put_on_record(&config, Act::ListedOut)?;
        return print(&csv(&lines)?);
    }
    let text = match (lines.is_empty(), since.is_some(), options.appointment.is_empty()) {
        (false, _, _) => for_people(&config, &lines),
        (true, _, false) => "No answer about this appointment is recorded.\n".to_owned(),
        (true, true, true) => "No outcome has been recorded since then.\n".to_owned(),
        (true, false, true) => "No patient has answered about an upcoming appointment.\n".to_owned(),
    };
    print(&text)
}

fn for_programs(line: &OutcomeLine) -> Value {
    json!({
        "appointment_id": line.appointment, "starts_at": utc(line.start), "outcome": line.outcome.code(),
        "source": line.source.code(), "since": line.since.map(utc), "who": line.who,
        "ended_at": line.ended_at.map(utc),
    })
}

fn csv(lines: &[OutcomeLine]) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["appointment_id", "name", "starts_at", "outcome", "source", "since", "who", "ended_at"])?;
    for line in lines {
        let time = |at: Option<_>| at.map(utc).unwrap_or_default();
        writer.write_record([
            csv_cell(&line.appointment.0),
            csv_cell(&line.name),
            utc(line.start),
            line.outcome.code().to_owned(),
            line.source.code().to_owned(),
            time(line.since),
            csv_cell(line.who.as_deref().unwrap_or_default()),
            time(line.ended_at),
        ])?;
    }
    let bytes = writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(String::from_utf8(bytes)?)
}

/// The outcomes grouped by what they mean, the wishes first.
fn for_people(config: &Config, lines: &[OutcomeLine]) -> String {
    const ORDER: [PatientOutcome; 9] = [
        PatientOutcome::WantsCancel,
        PatientOutcome::WantsChange,
        PatientOutcome::WrongPerson,
        PatientOutcome::UnclearOptOut,
        PatientOutcome::NeedsALook,
        PatientOutcome::Question,
        PatientOutcome::OptedOut,
        PatientOutcome::Confirmed,
        PatientOutcome::None,
    ];
    let zone = &config.practice.zone;
    let mut text = String::new();
    for outcome in ORDER {
        let of_kind: Vec<&OutcomeLine> = lines.iter().filter(|line| line.outcome == outcome).collect();
        if of_kind.is_empty() {
            continue;
        }
        let label = outcome.label();
        let gap = if text.is_empty() { "" } else { "\n" };
        let mut letters = label.chars();
        let title: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        text.push_str(&format!("{gap}{title}: {}\n", counted(of_kind.len(), "appointment", "appointments")));
        for line in of_kind {
            let name = if line.name.is_empty() { "a deleted appointment" } else { &line.name };
            let when = line.since.map(|at| format!(", {}", local(zone, at))).unwrap_or_default();
            let who = line.who.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
            let ended = if line.ended_at.is_some() { "; the appointment has changed since" } else { "" };
            text.push_str(&format!(
                "  {name}, appointment {} ({}): {}{who}{when}{ended}\n",
                local(zone, line.start),
                line.appointment,
                line.source.label()
            ));
        }
    }
    text
}

fn tags(config: &Config, marks: &[SeenMark], json: bool) -> Result<(), Failure> {
    let mapping = &config.outcomes.mapping;
    if json {
        let row = |seen: &SeenMark| {
            json!({
                "kind": seen.mark.code(), "value": seen.value, "conversations": seen.conversations,
                "last_at": utc(seen.last_at), "mapped": mapping.is_mapped(seen.mark, &seen.value),
                "outcome": mapping.meaning(seen.mark, &seen.value).map(PatientOutcome::code),
            })
        };
        let rows: Vec<Value> = marks.iter().map(row).collect();
        return print(&format!("{}\n", serde_json::to_string_pretty(&rows)?));
    }
    if marks.is_empty() {
        return print("Annie's list has not shown any tag or action yet.\n");
    }
    let mut text = String::new();
    for (mark, title) in [(Mark::Tag, "Tags"), (Mark::Action, "Actions that Annie asked staff to take")] {
        let of_kind: Vec<&SeenMark> = marks.iter().filter(|seen| seen.mark == mark).collect();
        if of_kind.is_empty() {
            continue;
        }
        text.push_str(&format!("{title}\n"));
        for seen in of_kind {
            let meaning = match mapping.meaning(mark, &seen.value) {
                Some(outcome) if mapping.is_mapped(mark, &seen.value) => outcome.code(),
                Some(_) => "a task for a person",
                None => "not mapped",
            };
            let count = counted(seen.conversations, "conversation", "conversations");
            text.push_str(&format!("  {}: {count}; {meaning}\n", seen.value));
        }
    }
    text.push_str("[outcomes] in config.toml says what a value means.\n");
    print(&text)
}
