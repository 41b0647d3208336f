//! Finds whom somebody at the front desk means: by an appointment id, a number in any format or its last four digits, a
//! name, or a misspelled name.

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::domain::ids::AppointmentId;
use crate::domain::person::{NameMatch, match_name};
use crate::domain::phone::{self, Phone};
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
    /// Nobody has this name or number; these are near matches. There may be none.
    Near(Vec<Named>),
}

/// Finds the appointments that somebody means.
pub(crate) fn find(connection: &Connection, config: &Config, words: &str) -> Result<Found, StoreError> {
    let country = config.practice.country;
    phone_spellings::learn_all(connection, country, phone_spellings::Keep::Temporary)?;
    let with = |ids: &[AppointmentId]| appointment::named_with(connection, ids);
    if let Some(id) = appointment::with_id(connection, words)? {
        return Ok(Found::Meant(with(&[id])?));
    }
    let words = words.trim();
    if words.len() == 4 && words.bytes().all(|b| b.is_ascii_digit()) {
        let ids = appointment::with_last_digits(connection, &country.code(), words)?;
        return Ok(of_last_digits(with(&ids)?));
    }
    if let Some(phone) = phone::read(words, country).phone {
        return Ok(Found::Meant(with(&appointment::with_number(connection, &country.code(), &phone)?)?));
    }
    let all = appointment::named(connection)?;
    let matching = |wanted: NameMatch| {
        let is = |one: &&Named| match_name(words, one.first_name.0.as_deref(), one.last_name.0.as_deref()) == wanted;
        all.iter().filter(is).cloned().collect::<Vec<_>>()
    };
    let meant = matching(NameMatch::Same);
    Ok(if meant.is_empty() { Found::Near(one_each(matching(NameMatch::Near))) } else { Found::Meant(meant) })
}

/// Four digits mean a number only if exactly one number ends in them.
fn of_last_digits(found: Vec<Named>) -> Found {
    let mut numbers: Vec<Option<&str>> = found.iter().map(|one| one.e164.0.as_deref()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.len() == 1 { Found::Meant(found) } else { Found::Near(one_each(found)) }
}

/// The next appointment of each patient, up to `MOST`.
fn one_each(found: Vec<Named>) -> Vec<Named> {
    let mut one_each: Vec<Named> = Vec::new();
    for one in found {
        if one_each.iter().all(|other| other.patient_id != one.patient_id) && one_each.len() < MOST {
            one_each.push(one);
        }
    }
    one_each
}

/// The upcoming appointments.
pub(crate) fn coming(found: Vec<Named>, now: DateTime<Utc>) -> Vec<Named> {
    found.into_iter().filter(|one| one.starts_at > now && one.is_live).collect()
}

/// The numbers at which these patients can be texted.
pub(crate) fn numbers(found: &[Named]) -> Vec<Phone> {
    let mut numbers: Vec<Phone> = found.iter().filter_map(|one| Phone::from_e164(one.e164.0.as_deref()?)).collect();
    numbers.sort();
    numbers.dedup();
    numbers
}
