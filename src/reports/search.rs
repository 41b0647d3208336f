//! Finds appointments as the front desk searches: by any part of a name, a number in any spelling, its last four digits,
//! or an id.

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::domain::appointment::Appointment;
use crate::domain::desk_user::Scope;
use crate::reports::lookup::{self, Exact};
use crate::store::appointments::appointment;
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
    let exact = lookup::exact(connection, config, words)?;
    let is_by_name = exact.is_none();
    let ids = match exact {
        Some(Exact::Id(id)) => vec![id],
        Some(Exact::Digits(ids) | Exact::Number(ids)) => ids,
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
