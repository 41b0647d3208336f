//! The reminders of the appointments of some days, with what decides whether they reach their patients: from the stored
//! plan or, where that may be out of date, from one made now.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::domain::appointment::Appointment;
use crate::domain::number_hold::HoldCause;
use crate::domain::patient_outcome::Standing;
use crate::domain::phone::Phone;
use crate::domain::reminder::{Cancel, PlanDecision, Skip, State, Wait};
use crate::domain::reminder_key::ReminderKey;
use crate::engine::planning::planning_context;
use crate::reports::plan_view::{Planning, Row};
use crate::store::appointments::phone_spellings;
use crate::store::planning::unit::PlanningUnit;
use crate::store::reports::stored_plan::{self, StoredAppointment, StoredReminder};
use crate::store::{Connection, StoreError};

/// One reminder for the present start of its appointment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DayRow {
    /// The appointment.
    pub(crate) appointment: Appointment,
    /// What it is about.
    pub(crate) key: ReminderKey,
    /// The number, if it can be texted.
    pub(crate) phone: Option<Phone>,
    /// Its state.
    pub(crate) state: State,
    /// What it waits for in addition to its time, if it is planned.
    pub(crate) waits: Option<Wait>,
    /// The code for programs: the reason, or what it is waiting for.
    pub(crate) code: Option<&'static str>,
    /// Its time in the sending window.
    pub(crate) adjusted_at: Option<DateTime<Utc>>,
    /// When it goes out, or would.
    pub(crate) due_at: Option<DateTime<Utc>>,
    /// When its text was made, if it has one.
    pub(crate) text_at: Option<DateTime<Utc>>,
    /// What the patient answered, or a person noted.
    pub(crate) outcome: Option<Standing>,
    /// Its number's texts wait because of a reply.
    pub(crate) hold: Option<HoldCause>,
    /// Since when it has been overdue, if it is planned.
    pub(crate) overdue_since: Option<DateTime<Utc>>,
    /// It is planned, but too late to send.
    pub(crate) is_expired: bool,
    /// Its patient had a text with another time of the appointment.
    pub(crate) was_told_another_time: bool,
}

impl From<Row> for DayRow {
    fn from(row: Row) -> DayRow {
        DayRow {
            was_told_another_time: row.earlier.iter().any(|earlier| earlier.is_same_patient),
            appointment: row.appointment,
            key: row.item.key,
            phone: row.item.phone,
            state: row.item.state,
            waits: row.item.waits,
            code: row.code,
            adjusted_at: row.item.adjusted_at,
            due_at: row.item.due_at,
            text_at: row.text.map(|text| text.made_at),
            outcome: row.outcome,
            hold: row.hold,
            overdue_since: row.overdue_since,
            is_expired: row.is_expired,
        }
    }
}

impl DayRow {
    fn stored(of: &StoredAppointment, reminder: &StoredReminder, now: DateTime<Utc>) -> DayRow {
        let is_planned = reminder.state == State::Unclaimed(PlanDecision::Planned);
        DayRow {
            appointment: of.appointment.clone(),
            key: reminder.key.clone(),
            phone: reminder.phone.clone(),
            state: reminder.state,
            // Numbers whose texts wait are planned.
            waits: None,
            code: reminder.state.reason(),
            adjusted_at: reminder.adjusted_at,
            due_at: reminder.due_at,
            text_at: reminder.text_at,
            outcome: of.outcome,
            hold: None,
            overdue_since: reminder.due_at.filter(|at| is_planned && *at <= now),
            is_expired: is_planned && reminder.expires_at.is_some_and(|at| at <= now),
            was_told_another_time: false,
        }
    }

    /// Whether the text has reached or will reach the patient; in observe mode, whether it would. `late`: a text that
    /// was due by then and has not been sent does not reach anyone.
    pub(crate) fn reaches(&self, late: DateTime<Utc>) -> bool {
        match self.state {
            State::Sent | State::Sending => true,
            // A person has to read the reply first.
            State::Unclaimed(PlanDecision::Planned)
                if matches!(self.waits, Some(Wait::ReplyUnclear | Wait::WrongPerson)) =>
            {
                false
            }
            State::Unclaimed(PlanDecision::Planned) if self.is_expired => false,
            State::Unclaimed(PlanDecision::Planned) => self.overdue_since.is_none_or(|since| since > late),
            State::Unclaimed(answer) => {
                [PlanDecision::Skipped(Skip::ObserveMode), PlanDecision::Cancelled(Cancel::AppointmentOver)]
                    .contains(&answer)
            }
            State::Rejected | State::Unknown | State::Held => false,
        }
    }
}

/// The rows of the appointments that start in [from, until), by start, appointment and rule, from the service's stored
/// plan. A number is planned now if something about it may have changed or one of its texts is overdue.
pub(crate) fn stored(
    connection: &Connection,
    config: &Config,
    span: (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<Vec<DayRow>, StoreError> {
    phone_spellings::learn_all(connection, config.practice.country, phone_spellings::Keep::Temporary)?;
    let context = planning_context(connection, config, now)?;
    let found = stored_plan::between(connection, &context, span)?;
    let mut to_plan: BTreeSet<PlanningUnit> = BTreeSet::new();
    let mut kept: BTreeMap<&PlanningUnit, Vec<DayRow>> = BTreeMap::new();
    for of in &found {
        let of_rule =
            |reminder: &&StoredReminder| config.rulebook.rules.iter().any(|rule| rule.name == reminder.key.rule);
        let rows: Vec<DayRow> =
            of.reminders.iter().filter(of_rule).map(|reminder| DayRow::stored(of, reminder, now)).collect();
        // Only a new plan shows when an overdue text leaves, what it waits for, and whether Annie's limits leave room by now.
        let no_room = State::Unclaimed(PlanDecision::Skipped(Skip::ContactLimit));
        let is_overdue = rows.iter().any(|row| row.overdue_since.is_some() || row.state == no_room);
        let is_over = !of.appointment.status.is_live() || of.appointment.starts_at <= now;
        if of.may_differ || rows.is_empty() || (is_overdue && !is_over) {
            to_plan.insert(of.unit.clone());
        }
        kept.entry(&of.unit).or_default().extend(rows);
    }
    let mut rows: Vec<DayRow> =
        kept.into_iter().filter(|(unit, _)| !to_plan.contains(unit)).flat_map(|(_, rows)| rows).collect();
    if !to_plan.is_empty() {
        let planning = Planning::begin(connection, config, context)?;
        // A plan does not ask what the patients of appointments that have begun or are cancelled answered.
        let answered: HashMap<_, _> = found.iter().map(|of| (&of.appointment.id, of.outcome)).collect();
        for unit in &to_plan {
            let planned = planning.rows_of(unit, span)?.into_iter().map(DayRow::from);
            rows.extend(planned.map(|row| {
                match row.appointment.starts_at <= now || !row.appointment.status.is_live() {
                    true => DayRow { outcome: answered.get(&row.appointment.id).copied().flatten(), ..row },
                    false => row,
                }
            }));
        }
    }
    let order = |row: &DayRow| config.rulebook.rules.iter().position(|rule| rule.name == row.key.rule);
    rows.sort_by(|a, b| (a.key.start, &a.appointment.id, order(a)).cmp(&(b.key.start, &b.appointment.id, order(b))));
    Ok(rows)
}
