//! Finds appointments as the front desk searches: by any part of a name, a number in any spelling, its last four digits,
//! or an id.

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::domain::appointment::Appointment;
use crate::domain::desk_user::Scope;
use crate::domain::ids::AppointmentId;
use crate::domain::phone;
use crate::reports::lookup::without_area_code;
use crate::store::appointments::{appointment, phone_spellings};
use crate::store::desk::names;
use crate::store::{Connection, StoreError};

/// At most this many appointments are shown.
const MOST: usize = 60;

/// What was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hits {
    /// The appointments: those to come first, soonest first; then past ones, latest first.
    pub(crate) appointments: Vec<Appointment>,
    /// How many more there are.
    pub(crate) more: usize,
}

/// Searches among the appointments that a user sees.
pub(crate) fn search(
    connection: &Connection,
    config: &Config,
    words: &str,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Hits, StoreError> {
    let by_number = by_number_or_id(connection, config, words)?;
    let is_by_name = by_number.is_none();
    let ids = match by_number {
        Some(ids) => ids,
        None => {
            let mut found = names::with_name(connection, words)?;
            let key = |start: DateTime<Utc>| (start <= now, (start - now).abs());
            found.sort_by(|a, b| (key(a.start), &a.id.0).cmp(&(key(b.start), &b.id.0)));
            let location = |written: &Option<String>| written.clone().filter(|_| !config.locations.is_empty());
            found.into_iter().filter(|one| scope.sees(location(&one.location).as_deref())).map(|one| one.id).collect()
        }
    };
    let mut hits = Hits::default();
    for (at, id) in ids.iter().enumerate() {
        if hits.appointments.len() == MOST {
            // By name, only those that the user sees are left.
            hits.more = if scope.is_all() || is_by_name { ids.len() - at } else { 0 };
            break;
        }
        let found = appointment::of_id(connection, id)?;
        hits.appointments.extend(found.filter(|one| scope.sees(config.rulebook.location_of(one))));
    }
    let key = |one: &Appointment| (one.starts_at <= now, (one.starts_at - now).abs(), one.id.0.clone());
    hits.appointments.sort_by_key(key);
    Ok(hits)
}

/// The appointments with an id or a number; none if the words are neither.
fn by_number_or_id(
    connection: &Connection,
    config: &Config,
    words: &str,
) -> Result<Option<Vec<AppointmentId>>, StoreError> {
    let country = config.practice.country;
    if let Some(id) = appointment::with_id(connection, words)? {
        return Ok(Some(vec![id]));
    }
    let words = words.trim();
    let is_four = words.len() == 4 && words.bytes().all(|b| b.is_ascii_digit());
    if let Some(end) = if is_four { Some(words.to_owned()) } else { without_area_code(words, country) } {
        phone_spellings::learn_all(connection, country, phone_spellings::Keep::Temporary)?;
        return appointment::with_last_digits(connection, &country.code(), &end).map(Some);
    }
    match phone::read(words, country).phone {
        Some(phone) => {
            phone_spellings::learn_all(connection, country, phone_spellings::Keep::Temporary)?;
            appointment::with_number(connection, &country.code(), &phone).map(Some)
        }
        None => Ok(None),
    }
}
