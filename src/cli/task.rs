//! `leadtime tasks` and `leadtime task done`: what people have to do.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::actions::task::{self, NotClosed};
use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::operator::{By, put_on_record};
use crate::cli::output::{configuration, local, moment, print, utc, wrapped};
use crate::config::Config;
use crate::domain::duration::rough;
use crate::domain::ids::AppointmentId;
use crate::domain::patient_outcome::PatientOutcome;
use crate::domain::task::TaskKind;
use crate::outcomes::overdue::overdue_at;
use crate::reports::outcomes::names;
use crate::store::connection::open;
use crate::store::ledger::audit::Act;
use crate::store::outcomes::task_list::{self, Task as Row};

/// Tasks closed within this time are listed too, unless only open ones are asked for.
const RECENT: TimeDelta = TimeDelta::days(7);

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only tasks that are open. Otherwise also those closed in the last seven days.
    #[arg(long)]
    open: bool,
    /// Print a JSON array, for other programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigOption,
}

#[derive(Debug, Args)]
pub(crate) struct Task {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Close a task: it is done.
    Done(Done),
}

#[derive(Debug, Args)]
struct Done {
    /// The task's number, as `leadtime tasks` shows it.
    #[arg(value_name = "ID")]
    id: i64,
    /// What was done, in a few words. Do not write names.
    #[arg(long, value_name = "WORDS")]
    note: Option<String>,
    /// Who did it. Default: the user of this session.
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn list(options: &List) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let now = moment(None, &config.practice.zone)?;
    let connection = open::read_only(&config.database)?;
    let tasks = task_list::list(&connection, (!options.open).then_some(now - RECENT))?;
    let known = names(&connection, tasks.iter().flat_map(|task| &task.appointments).map(|(id, _)| id))?;
    if options.json {
        put_on_record(&config, Act::ListedOut)?;
        let rows: Vec<Value> = tasks.iter().map(for_programs).collect();
        return print(&format!("{}\n", serde_json::to_string_pretty(&rows)?));
    }
    let (open, closed): (Vec<&Row>, Vec<&Row>) = tasks.iter().partition(|task| task.end.is_none());
    let mut text = String::new();
    if open.is_empty() {
        text.push_str("Nothing to do: no task is open.\n");
    }
    for task in open {
        text.push_str(&for_people(&config, task, &known, now));
    }
    if !closed.is_empty() {
        text.push_str("\nClosed in the last seven days\n");
        for task in closed {
            text.push_str(&for_people(&config, task, &known, now));
        }
    }
    print(&text)
}

fn for_programs(task: &Row) -> Value {
    let end = task.end.as_ref();
    json!({
        "id": task.id, "kind": task.kind.code(), "code": task.code, "urgent": task.is_urgent,
        "since": utc(task.since), "due_at": task.due_at.map(utc),
        "overdue_at": utc(overdue_at(task.is_urgent, task.since, task.due_at)),
        "phone": task.phone.as_ref().map(|phone| phone.dial()), "conversation_id": task.conversation,
        "appointments": task.appointments.iter()
            .map(|(id, start)| json!({"appointment_id": id, "starts_at": utc(*start)})).collect::<Vec<_>>(),
        "size": task.size, "said": task.said.0, "detail": task.detail,
        "state": if end.is_some() { "closed" } else { "open" },
        "closed_at": end.map(|end| utc(end.at)), "closed_how": end.map(|end| end.how.code()),
        "who": end.and_then(|end| end.who.clone()), "note": end.and_then(|end| end.note.clone()),
    })
}

/// What a task is about, in words.
fn title(task: &Row) -> String {
    let outcome = PatientOutcome::from_code(&task.code).filter(|_| task.kind == TaskKind::Reply);
    match (outcome, &task.detail) {
        (Some(_), Some(detail)) if task.said.0.is_none() => format!("see what Annie asks for ({detail})"),
        (Some(outcome), _) => format!("{}: the patient {}", task.kind.label(), outcome.label()),
        (None, Some(detail)) => format!("{}: {detail}", task.kind.label()),
        (None, None) => format!("{} ({})", task.kind.label(), task.code),
    }
}

fn for_people(config: &Config, task: &Row, known: &BTreeMap<AppointmentId, String>, now: DateTime<Utc>) -> String {
    let zone = &config.practice.zone;
    let urgent = if task.is_urgent { "URGENT: " } else { "" };
    let late = match (&task.end, overdue_at(task.is_urgent, task.since, task.due_at) <= now) {
        (None, true) => ", overdue",
        _ => "",
    };
    let mut text = format!("{:>4}  {urgent}{} (since {}{late})\n", task.id, title(task), rough(now - task.since));
    for (id, start) in &task.appointments {
        let name = known.get(id).map_or_else(|| "a deleted appointment".to_owned(), Clone::clone);
        text.push_str(&format!("      {name}, appointment {} ({id})\n", local(zone, *start)));
    }
    if let Some(phone) = &task.phone {
        text.push_str(&format!("      {}\n", phone.national()));
    }
    for line in task.said.0.as_deref().unwrap_or_default().lines() {
        text.push_str(&wrapped(&format!("\"{line}\""), 6, "      "));
    }
    if let Some(end) = &task.end {
        let who = end.who.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
        let note = end.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        text.push_str(&format!("      {}{who}, {}{note}\n", end.how.label(), local(zone, end.at)));
    }
    text
}

pub(crate) fn run(options: &Task) -> Result<(), Failure> {
    let Action::Done(Done { id, note, who, config }) = &options.action;
    let (_, config) = configuration(config, false)?;
    let now = moment(None, &config.practice.zone)?;
    let by = By { who: who.clone(), why: note.clone() };
    let held = match by.write(&config.database, |tx, operator| task::done(tx, *id, operator, now))? {
        Ok(code) => PatientOutcome::from_code(&code),
        Err(NotClosed::NoSuchTask) => {
            return Err(anyhow::anyhow!("there is no task {id}; `leadtime tasks` lists them").into());
        }
        Err(NotClosed::Already(end)) => {
            return Err(anyhow::anyhow!("task {id} is closed already: {}", end.label()).into());
        }
    };
    let more = match held {
        Some(outcome) if outcome.is_wish() => {
            "Texts about the appointment still wait: change it in your practice software, or note what the patient decided with `leadtime note-outcome`.\n"
        }
        Some(outcome) if outcome.holds_the_number() => {
            "Texts to the number still wait: `leadtime resolve` shows it and how to decide.\n"
        }
        _ => "",
    };
    print(&format!("Task {id} is done.\n{more}"))
}
