//! Finds the appointment or patient that a command's arguments name, and offers near matches if nothing matches.

use chrono::{DateTime, Utc};

use crate::cli::failure::Failure;
use crate::cli::output::local;
use crate::config::Config;
use crate::domain::ids::AppointmentId;
use crate::domain::phone::{self, Phone};
use crate::reports::lookup::{self, Found};
use crate::store::Connection;
use crate::store::appointments::appointment::{self, Named};

/// The line for one of the matches that are offered.
fn line(config: &Config, one: &Named) -> String {
    let name = lookup::name_of(one);
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
    match lookup::find(connection, config, words, now)? {
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
        Found::Several(several) if !several.is_empty() => {
            Err(offer(config, "this matches several appointments; use the id in parentheses", &several))
        }
        // An id that is not in the table of appointments may be skipped too; the caller checks whether it is known.
        Found::Several(_) => Ok(AppointmentId(words.to_owned())),
        Found::Near(near) if near.is_empty() => Ok(AppointmentId(words.to_owned())),
        Found::Near(near) => Err(offer(
            config,
            "no appointment has this id, and no patient has this name. Did you mean one of these",
            &near,
        )),
    }
}

/// An appointment for the person who named it: `Tom Novak, Fri Nov 27, 11:20 AM (1003)`; the id alone if nothing else is
/// known.
pub(crate) fn described(connection: &Connection, config: &Config, id: &AppointmentId) -> Result<String, Failure> {
    let Some(known) = appointment::with_id(connection, &id.0)? else { return Ok(format!("appointment {id}")) };
    let named = appointment::named_with(connection, &[known])?;
    let line =
        |one: &Named| format!("{}, {} ({id})", lookup::name_of(one), local(&config.practice.zone, one.starts_at));
    Ok(named.first().map_or_else(|| format!("appointment {id}"), line))
}

/// Joins names for a sentence: `Ann Lee and Ben Lee`.
pub(crate) fn joined(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A number as typed, or `None` if it is not one. One with too few or too many digits, which would reach nobody or
/// somebody else, is an error; the numbers on file that end with it are offered.
pub(crate) fn typed_number(
    connection: &Connection,
    config: &Config,
    words: &str,
    now: DateTime<Utc>,
) -> Result<Option<Phone>, Failure> {
    let country = config.practice.country;
    if lookup::without_area_code(words.trim(), country).is_some() {
        let what = format!("{} has no area code; write the whole number", words.trim());
        return Err(match lookup::find(connection, config, words, now)? {
            Found::Meant(on_file) | Found::Several(on_file) if !on_file.is_empty() => {
                let on_file = lookup::offered(on_file, now);
                offer(config, &format!("{what}. On file with these digits at the end"), &on_file)
            }
            _ => Failure::Usage(anyhow::anyhow!("{what}, such as 303-555-0142")),
        });
    }
    let Some(phone) = phone::read(words, country).phone else { return Ok(None) };
    // North American numbers have ten digits after the country code.
    if phone.dial().strip_prefix("+1").is_some_and(|national| national.len() != 10) {
        let text = format!(
            "{} does not have ten digits; write the whole number, such as 303-555-0142 or +13035550142",
            words.trim()
        );
        return Err(Failure::Usage(anyhow::anyhow!(text)));
    }
    Ok(Some(phone))
}

/// The number that is meant: the number itself, or that of the patient with this name.
pub(crate) fn number(
    connection: &Connection,
    config: &Config,
    words: &str,
    now: DateTime<Utc>,
) -> Result<Phone, Failure> {
    if let Some(phone) = typed_number(connection, config, words, now)? {
        return Ok(phone);
    }
    let usage = |text: &str| Failure::Usage(anyhow::anyhow!(text.to_owned()));
    match lookup::find(connection, config, words, now)? {
        Found::Meant(meant) => match lookup::numbers(&meant).as_slice() {
            [phone] => Ok(phone.clone()),
            [] => {
                Err(usage("this patient has no phone number that can be read; write the number, such as 303-555-0142"))
            }
            _ => Err(offer(
                config,
                "this matches several numbers; write the number instead",
                &lookup::offered(meant, now),
            )),
        },
        Found::Several(several) if !several.is_empty() => {
            Err(offer(config, "this matches several numbers; write the number instead", &several))
        }
        Found::Near(near) if !near.is_empty() => Err(offer(
            config,
            "this is not a phone number, and no patient has this name. Did you mean one of these",
            &near,
        )),
        Found::Several(_) | Found::Near(_) => Err(usage(
            "this is not a phone number, and no patient has this name. Write a number like 303-555-0142 or +13035550142",
        )),
    }
}
