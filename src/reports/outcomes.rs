//! The outcomes of appointments: what patients answered, what people noted, and what the practice's system says.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::ids::AppointmentId;
use crate::domain::patient_outcome::{OutcomeSource, PatientOutcome};
use crate::reports::lookup;
use crate::store::appointments::appointment::{self, Named};
use crate::store::outcomes::outcome::{self, OutcomeRow};
use crate::store::{Connection, StoreError};

/// The outcome of one appointment.
#[derive(Debug, Clone)]
pub(crate) struct OutcomeLine {
    /// The appointment.
    pub(crate) appointment: AppointmentId,
    /// Its patient's name; empty if the appointment is no longer in the book.
    pub(crate) name: String,
    /// Its start when the outcome was recorded.
    pub(crate) start: DateTime<Utc>,
    /// The outcome.
    pub(crate) outcome: PatientOutcome,
    /// Who says so.
    pub(crate) source: OutcomeSource,
    /// When it was written or noted; none if the practice's system says so.
    pub(crate) since: Option<DateTime<Utc>>,
    /// Who noted it.
    pub(crate) who: Option<String>,
    /// When it ended because the appointment changed.
    pub(crate) ended_at: Option<DateTime<Utc>>,
}

/// The outcomes recorded since an instant, or else those of appointments to come.
pub(crate) fn list(
    connection: &Connection,
    since: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Vec<OutcomeLine>, StoreError> {
    let rows = outcome::list(connection, since, now)?;
    let known = names(connection, rows.iter().map(|row| &row.appointment))?;
    let mut lines: Vec<OutcomeLine> = rows.into_iter().map(|row| line(row, &known)).collect();
    if since.is_none() {
        let is_told = |id: &AppointmentId| {
            lines.iter().any(|line| line.appointment == *id && line.outcome == PatientOutcome::Confirmed)
        };
        let confirmed = outcome::confirmed_in_the_book(connection, now)?;
        let more: Vec<_> = confirmed.into_iter().filter(|(id, _)| !is_told(id)).collect();
        let known = names(connection, more.iter().map(|(id, _)| id))?;
        lines.extend(more.into_iter().map(|(appointment, start)| OutcomeLine {
            name: known.get(&appointment).cloned().unwrap_or_default(),
            appointment,
            start,
            outcome: PatientOutcome::Confirmed,
            source: OutcomeSource::Feed,
            since: None,
            who: None,
            ended_at: None,
        }));
        lines.sort_by(|a, b| (a.start, &a.appointment).cmp(&(b.start, &b.appointment)));
    }
    Ok(lines)
}

fn line(row: OutcomeRow, known: &BTreeMap<AppointmentId, String>) -> OutcomeLine {
    OutcomeLine {
        name: known.get(&row.appointment).cloned().unwrap_or_default(),
        appointment: row.appointment,
        start: row.start,
        outcome: row.standing.outcome,
        source: row.standing.source,
        since: Some(row.standing.since),
        who: row.who,
        ended_at: row.ended_at,
    }
}

/// The names of the patients who have these appointments.
pub(crate) fn names<'i>(
    connection: &Connection,
    ids: impl Iterator<Item = &'i AppointmentId>,
) -> Result<BTreeMap<AppointmentId, String>, StoreError> {
    let mut known = BTreeMap::new();
    for id in ids {
        if !known.contains_key(id) && appointment::with_id(connection, &id.0)?.is_some() {
            let named: Vec<Named> = appointment::named_with(connection, std::slice::from_ref(id))?;
            known.extend(named.first().map(|one| (id.clone(), lookup::name_of(one))));
        }
    }
    Ok(known)
}
