//! Finds the appointment or patient that a command's arguments name, and offers near matches if nothing matches.

use chrono::{DateTime, Utc};

use crate::cli::failure::Failure;
use crate::cli::output::local;
use crate::config::Config;
use crate::domain::ids::AppointmentId;
use crate::domain::phone::{self, Phone};
use crate::reports::lookup::{self, Found};
use crate::store::Connection;
use crate::store::appointments::appointment::Named;

/// The line for one of the matches that are offered.
fn line(config: &Config, one: &Named) -> String {
    let names = [&one.first_name, &one.last_name].into_iter().filter_map(|name| name.0.as_deref());
    let name = names.collect::<Vec<_>>().join(" ");
    let name = if name.is_empty() { format!("patient {}", one.patient_id) } else { name };
    let number = one
        .e164
        .0
        .as_deref()
        .and_then(Phone::from_e164)
        .map_or_else(String::new, |phone| format!(", {}", phone.national()));
    format!("\n  {name}, appointment {}{number} ({})", local(&config.practice.zone, one.starts_at), one.id)
}

/// An error for no match or several, which lists the near matches.
pub(crate) fn offer(config: &Config, what: &str, near: &[Named]) -> Failure {
    let lines: String = near.iter().map(|one| line(config, one)).collect();
    Failure::Failed(match near.is_empty() {
        true => anyhow::anyhow!("{what}"),
        false => anyhow::anyhow!("{what}:{lines}"),
    })
}

/// The upcoming appointment that is meant: by its exact id, or the only one for a name or a number.
pub(crate) fn appointment(
    connection: &Connection,
    config: &Config,
    words: &str,
    now: DateTime<Utc>,
) -> Result<AppointmentId, Failure> {
    match lookup::find(connection, config, words)? {
        Found::Meant(meant) if meant.len() == 1 && meant[0].id.0 == words => Ok(meant[0].id.clone()),
        Found::Meant(meant) => match lookup::coming(meant, now).as_slice() {
            [one] => Ok(one.id.clone()),
            [] => Err(offer(
                config,
                "this patient has no upcoming appointment; `leadtime explain` shows earlier ones",
                &[],
            )),
            several => Err(offer(config, "this matches several appointments; use the id in parentheses", several)),
        },
        // An id that is not in the table of appointments may be skipped too; the caller checks whether it is known.
        Found::Near(near) if near.is_empty() => Ok(AppointmentId(words.to_owned())),
        Found::Near(near) => Err(offer(
            config,
            "no appointment has this id, and no patient has this name. Did you mean one of these",
            &near,
        )),
    }
}

/// The number that is meant: the number itself, or that of the patient with this name.
pub(crate) fn number(connection: &Connection, config: &Config, words: &str) -> Result<Phone, Failure> {
    if let Some(phone) = phone::read(words, config.practice.country).phone {
        return Ok(phone);
    }
    let usage = |text: &str| Failure::Usage(anyhow::anyhow!(text.to_owned()));
    match lookup::find(connection, config, words)? {
        Found::Meant(meant) => match lookup::numbers(&meant).as_slice() {
            [phone] => Ok(phone.clone()),
            [] => {
                Err(usage("this patient has no phone number that can be read; write the number, such as 303-555-0142"))
            }
            _ => Err(offer(config, "this matches several numbers; write the number instead", &meant)),
        },
        Found::Near(near) if near.is_empty() => Err(usage(
            "this is not a phone number, and no patient has this name. Write a number like 303-555-0142 or +13035550142",
        )),
        Found::Near(near) => Err(offer(
            config,
            "this is not a phone number, and no patient has this name. Did you mean one of these",
            &near,
        )),
    }
}
