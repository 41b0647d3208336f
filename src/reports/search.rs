//! Finds appointments as the front desk searches: by any part of a name, a number in any spelling, its last four digits,
//! or an id.

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::domain::appointment::Appointment;
use crate::domain::desk_user::Scope;
use crate::domain::ids::AppointmentId;
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
    let mut hits = match lookup::exact(connection, config, words)? {
        Some(Exact::Id(id)) => with_ids(connection, config, vec![id], scope)?,
        Some(Exact::Digits(ids) | Exact::Number(ids)) => with_ids(connection, config, ids, scope)?,
        None => with_name(connection, config, words, scope, now)?,
    };
    let key = |one: &Appointment| (one.starts_at <= now, (one.starts_at - now).abs(), one.id.0.clone());
    hits.appointments.sort_by_key(key);
    Ok(hits)
}

fn with_ids(
    connection: &Connection,
    config: &Config,
    ids: Vec<AppointmentId>,
    scope: &Scope,
) -> Result<Hits, StoreError> {
    let mut hits = Hits::default();
    for (at, id) in ids.iter().enumerate() {
        if hits.appointments.len() == MOST {
            // The rest may be at locations that the user does not see.
            hits.more = if scope.is_all() { ids.len() - at } else { 0 };
            break;
        }
        let found = appointment::of_id(connection, id)?;
        hits.appointments.extend(found.filter(|one| scope.sees(config.rulebook.location_of(one))));
    }
    Ok(hits)
}

fn with_name(
    connection: &Connection,
    config: &Config,
    words: &str,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Hits, StoreError> {
    let mut hits = Hits::default();
    for found in names::with_name(connection, words, now)? {
        let is_full = hits.appointments.len() == MOST;
        if is_full && scope.is_all() {
            hits.more += 1;
            continue;
        }
        let (id, location) = found.read(connection)?;
        if !scope.sees(location.as_deref().filter(|_| !config.locations.is_empty())) {
            continue;
        }
        match is_full {
            true => hits.more += 1,
            false => hits.appointments.extend(appointment::of_id(connection, &id)?),
        }
    }
    Ok(hits)
}
