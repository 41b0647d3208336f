//! Finds whom somebody at the front desk means: by an appointment id, a number in any format or its last four digits, a
//! name, or a misspelled name.

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::domain::appointment::Appointment;
use crate::domain::ids::{AppointmentId, PatientId};
use crate::domain::person::{NameMatch, match_name};
use crate::domain::phone::{self, Country, Phone};
use crate::domain::private::Private;
use crate::store::appointments::appointment::{self, Named};
use crate::store::appointments::phone_spellings;
use crate::store::{Connection, StoreError};

/// At most this many near matches are offered.
const MOST: usize = 8;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// These are meant, ordered by start time.
    Meant(Vec<Named>),
    /// These have numbers that end in the digits given: several numbers, or too few digits to be sure.
    Several(Vec<Named>),
    /// Nobody has this name or number; these are near matches. There may be none.
    Near(Vec<Named>),
}

/// What words that are no name mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Exact {
    /// An appointment's id.
    Id(AppointmentId),
    /// The end of a number: four digits, or a number without its area code. The appointments, by start.
    Digits(Vec<AppointmentId>),
    /// A number in any spelling. Its appointments, by start.
    Number(Vec<AppointmentId>),
}

/// Reads words as an id or a number; none if they are a name.
pub(crate) fn exact(connection: &Connection, config: &Config, words: &str) -> Result<Option<Exact>, StoreError> {
    let country = config.practice.country;
    phone_spellings::learn_all(connection, country, phone_spellings::Keep::Temporary)?;
    if let Some(id) = appointment::with_id(connection, words)? {
        return Ok(Some(Exact::Id(id)));
    }
    let words = words.trim();
    let is_four = words.len() == 4 && words.bytes().all(|b| b.is_ascii_digit());
    if let Some(end) = if is_four { Some(words.to_owned()) } else { without_area_code(words, country) } {
        let ids = appointment::with_last_digits(connection, &country.code(), &end)?;
        return Ok(Some(Exact::Digits(ids)));
    }
    let Some(phone) = phone::read(words, country).phone else { return Ok(None) };
    Ok(Some(Exact::Number(appointment::with_number(connection, &country.code(), &phone)?)))
}

/// Finds the appointments that somebody means.
pub(crate) fn find(
    connection: &Connection,
    config: &Config,
    words: &str,
    now: DateTime<Utc>,
) -> Result<Found, StoreError> {
    let with = |ids: &[AppointmentId]| appointment::named_with(connection, ids);
    match exact(connection, config, words)? {
        Some(Exact::Id(id)) => return Ok(Found::Meant(with(&[id])?)),
        Some(Exact::Number(ids)) => return Ok(Found::Meant(with(&ids)?)),
        Some(Exact::Digits(ids)) => {
            let found = with(&ids)?;
            return Ok(match numbers(&found).len() {
                1 => Found::Meant(found),
                _ => Found::Several(offered(found, now)),
            });
        }
        None => {}
    }
    let words = words.trim();
    let all = appointment::named(connection)?;
    let matching = |wanted: NameMatch| {
        let is = |one: &&Named| match_name(words, one.first_name.0.as_deref(), one.last_name.0.as_deref()) == wanted;
        all.iter().filter(is).cloned().collect::<Vec<_>>()
    };
    let meant = matching(NameMatch::Same);
    Ok(if meant.is_empty() { Found::Near(offered(matching(NameMatch::Near), now)) } else { Found::Meant(meant) })
}

/// The seven digits of a number without its area code, where numbers have one.
pub(crate) fn without_area_code(words: &str, country: Country) -> Option<String> {
    let is_plain = words.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '(' | ')'));
    let digits: String = words.chars().filter(char::is_ascii_digit).collect();
    Some(digits).filter(|digits| is_plain && digits.len() == 7 && country.is_nanp())
}

/// One appointment of each patient, up to `MOST`: the next one, or else the last. Upcoming ones come first.
pub(crate) fn offered(mut found: Vec<Named>, now: DateTime<Utc>) -> Vec<Named> {
    let is_past = |one: &Named| !is_coming(one, now);
    found.sort_by_key(|one| (is_past(one), (one.starts_at - now).abs(), one.id.0.clone()));
    let mut one_each: Vec<Named> = Vec::new();
    for one in found {
        if one_each.iter().all(|other| other.patient_id != one.patient_id) && one_each.len() < MOST {
            one_each.push(one);
        }
    }
    one_each
}

/// The patients whose appointments have a number, one appointment each.
pub(crate) fn patients_at(
    connection: &Connection,
    country: Country,
    phone: &Phone,
    now: DateTime<Utc>,
) -> Result<Vec<Named>, StoreError> {
    phone_spellings::learn_all(connection, country, phone_spellings::Keep::Temporary)?;
    let ids = appointment::with_number(connection, &country.code(), phone)?;
    Ok(offered(appointment::named_with(connection, &ids)?, now))
}

/// A patient's name as the front desk says it; the id if there is no name.
pub(crate) fn name_of(one: &Named) -> String {
    joined([&one.first_name, &one.last_name], &one.patient_id)
}

/// The same for an appointment.
pub(crate) fn name(one: &Appointment) -> String {
    joined([&one.first_name, &one.last_name], &one.patient_id)
}

fn joined(names: [&Private<Option<String>>; 2], patient: &PatientId) -> String {
    let name = names.into_iter().filter_map(|name| name.0.as_deref()).collect::<Vec<_>>().join(" ");
    if name.is_empty() { format!("patient {patient}") } else { name }
}

fn is_coming(one: &Named, now: DateTime<Utc>) -> bool {
    one.starts_at > now && one.is_live
}

/// The upcoming appointments.
pub(crate) fn coming(found: Vec<Named>, now: DateTime<Utc>) -> Vec<Named> {
    found.into_iter().filter(|one| is_coming(one, now)).collect()
}

/// The numbers at which these patients can be texted.
pub(crate) fn numbers(found: &[Named]) -> Vec<Phone> {
    let mut numbers: Vec<Phone> = found.iter().filter_map(|one| Phone::from_e164(one.e164.0.as_deref()?)).collect();
    numbers.sort();
    numbers.dedup();
    numbers
}
