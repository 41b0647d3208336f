//! What a user saw of a row, as a short string that a form brings back.

use crate::config::Config;
use crate::domain::appointment::Appointment;
use crate::domain::desk_user::{DeskUser, Scope};
use crate::domain::fingerprint;
use crate::store::appointments::opt_outs;
use crate::store::controls::number_holds;
use crate::store::controls::pauses::Paused;
use crate::store::outcomes::task_list::Task;
use crate::store::outcomes::{named, outcome};
use crate::store::{Connection, StoreError};

fn short(parts: &[&str]) -> String {
    fingerprint::of(parts.join("\u{1f}")).chars().take(16).collect()
}

/// An appointment: whose it is, when, at which number, and whether it is booked.
pub(crate) fn of_appointment(one: &Appointment) -> String {
    let start = one.starts_at.timestamp().to_string();
    let names = [&one.first_name, &one.last_name].map(|name| name.0.as_deref().unwrap_or_default());
    let phone = one.phone.0.as_deref().unwrap_or_default();
    short(&[&one.id.0, &one.patient_id.0, names[0], names[1], phone, &start, one.status.name()])
}

/// The same, with what the patient answered and what is known of the number: an act on these must not override an answer
/// that nobody has read.
pub(crate) fn of_state(connection: &Connection, config: &Config, one: &Appointment) -> Result<String, StoreError> {
    let answer = outcome::of_person(connection, (&one.id, one.starts_at), &one.person())?;
    let answer = answer.map(|standing| format!("{} {}", standing.outcome.code(), standing.since.timestamp()));
    let phone = named::number_of(connection, &config.practice.country.code(), &one.id)?;
    let (mut opted_out, mut holds) = (String::new(), String::new());
    if let Some(phone) = &phone {
        let found = opt_outs::of(connection, phone)?;
        opted_out = found.map(|found| format!("{} {}", found.source.name(), found.at.timestamp())).unwrap_or_default();
        for hold in number_holds::list(connection)?.iter().filter(|hold| hold.phone == *phone) {
            holds.push_str(&format!("{} {};", hold.cause.code(), hold.said_at.timestamp()));
        }
    }
    Ok(short(&[&of_appointment(one), &answer.unwrap_or_default(), &opted_out, &holds]))
}

/// A pause: since when, until when.
pub(crate) fn of_pause(pause: &Paused) -> String {
    let until = pause.until.map(|at| at.timestamp().to_string()).unwrap_or_default();
    short(&[pause.location.as_deref().unwrap_or_default(), &pause.since.timestamp().to_string(), &until])
}

/// A user of the page: what they may do and see.
pub(crate) fn of_user(user: &DeskUser) -> String {
    let scope = match &user.scope {
        Scope::All => vec!["*"],
        Scope::Only(own) => own.iter().map(|id| id.as_deref().unwrap_or_default()).collect(),
    };
    short(&[&user.name, user.role.code(), &scope.join("\u{1e}")])
}

/// A task: what the patient said and how much, and whether it is open.
pub(crate) fn of_task(task: &Task) -> String {
    let end = task.end.as_ref().map(|end| end.how.code()).unwrap_or_default();
    let said = task.said.0.as_deref().unwrap_or_default();
    short(&[&task.id.to_string(), &task.code, &task.size.to_string(), said, end])
}
