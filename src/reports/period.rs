//! What became of the appointments of some days, by week and by rule, for the office manager.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

use crate::domain::ids::AppointmentId;
use crate::domain::patient_outcome::PatientOutcome;
use crate::domain::reminder::{PlanDecision, State};
use crate::domain::zone::Zone;
use crate::store::reports::outcomes::{PastReminder, past_reminders};
use crate::store::{Connection, StoreError};

/// What became of some appointments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Appointments that were to be reminded of.
    pub(crate) appointments: u64,
    /// Reminders that were sent.
    pub(crate) sent: u64,
    /// Appointments with at least one reminder that was sent.
    pub(crate) reached: u64,
    /// Appointments that were confirmed.
    pub(crate) confirmed: u64,
    /// Appointments whose patients asked for another time.
    pub(crate) asked_to_change: u64,
    /// Appointments whose patients asked to cancel.
    pub(crate) asked_to_cancel: u64,
    /// Appointments whose patients asked to cancel or change, and that the practice changed before they began.
    pub(crate) changed_in_time: u64,
    /// Appointments without a reminder that was sent, by reason.
    pub(crate) not_reached: BTreeMap<&'static str, u64>,
}

/// The figures of a span of days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Period {
    /// All of them.
    pub(crate) all: Figures,
    /// By the Monday of the week in which the appointment began.
    pub(crate) by_week: BTreeMap<NaiveDate, Figures>,
    /// By rule.
    pub(crate) by_rule: BTreeMap<String, Figures>,
}

/// The figures for appointments that began in [from, until).
pub(crate) fn period(
    connection: &Connection,
    zone: &Zone,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Period, StoreError> {
    Ok(of_reminders(&past_reminders(connection, from, until)?, zone))
}

fn of_reminders(reminders: &[PastReminder], zone: &Zone) -> Period {
    let mut by_appointment: BTreeMap<(DateTime<Utc>, &AppointmentId), Vec<&PastReminder>> = BTreeMap::new();
    for reminder in reminders {
        by_appointment.entry((reminder.start, &reminder.appointment)).or_default().push(reminder);
    }
    let mut period = Period::default();
    for ((start, _), all) in &by_appointment {
        let date = zone.local(*start).date_naive();
        let monday = date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday()))).unwrap_or(date);
        add(&mut period.all, all);
        add(period.by_week.entry(monday).or_default(), all);
        for reminder in all {
            add(period.by_rule.entry(reminder.rule.0.clone()).or_default(), std::slice::from_ref(reminder));
        }
    }
    period
}

/// Adds one appointment with its reminders.
fn add(figures: &mut Figures, reminders: &[&PastReminder]) {
    let is_called_off = |r: &&PastReminder| matches!(r.state, State::Unclaimed(PlanDecision::Cancelled(_)));
    let sent = reminders.iter().filter(|r| r.state == State::Sent).count() as u64;
    // Nothing was to be sent about an appointment that was cancelled or moved before any reminder went out.
    if sent == 0 && reminders.iter().all(is_called_off) {
        return;
    }
    let stood = |r: &&&PastReminder| r.ended_at.is_none_or(|ended| ended >= r.start);
    let is = |outcome| reminders.iter().any(|r| r.outcome == Some(outcome));
    let is_confirmed = reminders.iter().filter(stood).any(|r| r.outcome == Some(PatientOutcome::Confirmed));
    let wish = is(PatientOutcome::WantsChange) || is(PatientOutcome::WantsCancel);
    let was_changed = reminders.iter().any(|r| is_called_off(r) || r.ended_at.is_some_and(|ended| ended < r.start));
    figures.appointments += 1;
    figures.sent += sent;
    figures.reached += u64::from(sent > 0);
    figures.confirmed += u64::from(is_confirmed || reminders.iter().any(|r| r.status.as_deref() == Some("confirmed")));
    figures.asked_to_change += u64::from(is(PatientOutcome::WantsChange));
    figures.asked_to_cancel += u64::from(is(PatientOutcome::WantsCancel));
    figures.changed_in_time += u64::from(wish && was_changed);
    if sent == 0 {
        let last = reminders.iter().filter(|r| !is_called_off(r)).max_by_key(|r| r.nominal_at);
        let why = last.map_or("not sent", |r| r.state.label());
        *figures.not_reached.entry(why).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::RuleName;
    use crate::domain::reminder::{Cancel, Skip};

    fn reminder(id: &str, rule: &str, state: State, outcome: Option<PatientOutcome>) -> PastReminder {
        PastReminder {
            appointment: AppointmentId(id.to_owned()),
            start: "2026-11-11T17:00:00Z".parse().unwrap(),
            rule: RuleName(rule.to_owned()),
            state,
            nominal_at: None,
            outcome,
            status: Some("booked".to_owned()),
            ended_at: None,
        }
    }

    #[test]
    fn appointments_are_counted_once_and_cancelled_ones_are_not_missed() {
        let skipped = State::Unclaimed(PlanDecision::Skipped(Skip::NoPhone));
        let cancelled = State::Unclaimed(PlanDecision::Cancelled(Cancel::Cancelled));
        let period = of_reminders(
            &[
                reminder("a", "first", State::Sent, Some(PatientOutcome::Confirmed)),
                reminder(
                    "a",
                    "second",
                    State::Unclaimed(PlanDecision::Skipped(Skip::Confirmed)),
                    Some(PatientOutcome::Confirmed),
                ),
                reminder("b", "first", skipped, None),
                reminder("b", "second", skipped, None),
                reminder("c", "first", cancelled, None),
                reminder("d", "first", State::Sent, Some(PatientOutcome::WantsCancel)),
                reminder("d", "second", cancelled, Some(PatientOutcome::WantsCancel)),
            ],
            &Zone::embedded(chrono_tz::America::Denver),
        );
        let all = &period.all;
        assert_eq!((all.appointments, all.sent, all.reached, all.confirmed, all.asked_to_cancel), (3, 2, 2, 1, 1));
        assert_eq!(all.not_reached.values().sum::<u64>(), 1);
        assert_eq!(period.by_rule["first"].sent, 2);
        assert_eq!(period.by_week.keys().next().unwrap().to_string(), "2026-11-09");
    }
}
