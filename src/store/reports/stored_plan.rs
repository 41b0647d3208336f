//! The stored plan of some days: each appointment with its reminders as the service last decided about them, and whether
//! something has changed since.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use crate::domain::appointment::Appointment;
use crate::domain::ids::AppointmentId;
use crate::domain::patient_outcome::Standing;
use crate::domain::phone::Phone;
use crate::domain::reminder::State;
use crate::domain::reminder_key::ReminderKey;
use crate::store::appointments::appointment::{COLUMN_COUNT, COLUMNS, from_row};
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::{any_text, instant};
use crate::store::ledger::rows::{key_of, state_of};
use crate::store::outcomes::outcome;
use crate::store::planning::daemon_state;
use crate::store::planning::planning_context::PlanningContext;
use crate::store::planning::unit::PlanningUnit;

/// More marks than this are not looked through one by one: everything counts as changed.
const MOST_MARKS: u32 = 10_000;

/// A reminder for the present start of its appointment.
#[derive(Debug, Clone)]
pub(crate) struct StoredReminder {
    /// What it is about.
    pub(crate) key: ReminderKey,
    /// The number, if it has one.
    pub(crate) phone: Option<Phone>,
    /// Its state.
    pub(crate) state: State,
    /// Its time in the sending window.
    pub(crate) adjusted_at: Option<DateTime<Utc>>,
    /// When it is due.
    pub(crate) due_at: Option<DateTime<Utc>>,
    /// When it expires.
    pub(crate) expires_at: Option<DateTime<Utc>>,
    /// When its text was made, if it has one.
    pub(crate) text_at: Option<DateTime<Utc>>,
}

/// An appointment with its stored reminders.
#[derive(Debug, Clone)]
pub(crate) struct StoredAppointment {
    /// The appointment.
    pub(crate) appointment: Appointment,
    /// What it is planned with.
    pub(crate) unit: PlanningUnit,
    /// Its reminders, one for each rule that ever applied: the latest round.
    pub(crate) reminders: Vec<StoredReminder>,
    /// What the patient answered, or a person noted.
    pub(crate) outcome: Option<Standing>,
    /// Its plan may be different by now: something has changed, or the number's texts wait for a person.
    pub(crate) may_differ: bool,
}

/// The appointments that start in [from, until), by start and id.
pub(crate) fn between(
    connection: &Connection,
    context: &PlanningContext,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<StoredAppointment>, StoreError> {
    let changed = Changed::read(connection, context)?;
    let mut reminders = reminders(connection, from, until)?;
    let told_elsewhen = told_another_start(connection, from, until)?;
    let sql = format!(
        "SELECT {COLUMNS}, EXISTS (SELECT 1 FROM not_listed AS n WHERE n.moved_to = a.id)
         FROM appointments AS a INDEXED BY appointments_by_start
         WHERE a.starts_unix >= ?1 AND a.starts_unix < ?2 ORDER BY a.starts_unix, a.id"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query((from.timestamp(), until.timestamp()))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let appointment = match from_row(row).map_err(StoreError::from) {
            Ok(appointment) => appointment,
            // The plan leaves it out too, and the service's log names it.
            Err(error) if error.is_about_data() => continue,
            Err(error) => return Err(error),
        };
        let spelling = appointment.phone.as_ref().map(String::as_str);
        let unit = context.directory().unit(connection, &appointment.id, spelling)?;
        let has_moved: bool = row.get(COLUMN_COUNT)?;
        found.push(StoredAppointment {
            may_differ: has_moved
                || told_elsewhen.contains(&appointment.id.0)
                || changed.has(&appointment, &unit)
                || (context.has_others() && is_texted_by_others(connection, &unit)?),
            outcome: match context.has_outcomes() {
                true => {
                    outcome::of_person(connection, (&appointment.id, appointment.starts_at), &appointment.person())?
                }
                false => None,
            },
            reminders: reminders.remove(&appointment.id).unwrap_or_default(),
            unit,
            appointment,
        });
    }
    Ok(found)
}

/// The latest round of each rule's reminder for the starts in [from, until), by appointment.
fn reminders(
    connection: &Connection,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<HashMap<AppointmentId, Vec<StoredReminder>>, StoreError> {
    const REMINDERS: &str = "SELECT r.appointment_id, r.rule, r.starts_at, r.round, r.state, r.reason, r.phone,
            r.adjusted_at, r.due_at, r.expires_at, m.made_at
        FROM appointments AS a INDEXED BY appointments_by_start
        JOIN reminders AS r ON r.appointment_id = a.id AND r.starts_at = a.starts_unix
        LEFT JOIN messages AS m ON m.id = r.message_id
        WHERE a.starts_unix >= ?1 AND a.starts_unix < ?2 ORDER BY r.round";
    let mut statement = connection.prepare_cached(REMINDERS)?;
    let mut rows = statement.query((from.timestamp(), until.timestamp()))?;
    let mut found: HashMap<AppointmentId, Vec<StoredReminder>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let time = |column: usize| row.get::<_, Option<i64>>(column).map(|unix| unix.map(instant));
        let reminder = StoredReminder {
            key: key_of(row)?,
            state: state_of(row, 4)?,
            phone: row.get::<_, Option<String>>(6)?.as_deref().and_then(Phone::from_e164),
            adjusted_at: time(7)?,
            due_at: time(8)?,
            expires_at: time(9)?,
            text_at: time(10)?,
        };
        let of_appointment = found.entry(reminder.key.appointment_id.clone()).or_default();
        of_appointment.retain(|earlier| earlier.key.rule != reminder.key.rule);
        of_appointment.push(reminder);
    }
    Ok(found)
}

/// The appointments that start in [from, until) and have a text with another start: a plan tells whether their patient
/// got it.
fn told_another_start(
    connection: &Connection,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<HashSet<String>, StoreError> {
    const OTHERS: &str = "SELECT DISTINCT a.id FROM appointments AS a INDEXED BY appointments_by_start
        JOIN reminders AS r ON r.appointment_id = a.id AND r.starts_at <> a.starts_unix AND r.message_id IS NOT NULL
        WHERE a.starts_unix >= ?1 AND a.starts_unix < ?2";
    let mut statement = connection.prepare_cached(OTHERS)?;
    let ids = statement.query_map((from.timestamp(), until.timestamp()), |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Whether another sender texts the number: its texts leave no room for some of ours as soon as Annie's list shows them.
fn is_texted_by_others(connection: &Connection, unit: &PlanningUnit) -> Result<bool, StoreError> {
    let PlanningUnit::Number(phone) = unit else { return Ok(false) };
    const OTHERS: &str = "SELECT EXISTS (SELECT 1 FROM conversations WHERE phone = ?1 AND attempt_id IS NULL)";
    Ok(connection.prepare_cached(OTHERS)?.query_row([phone.dial()], |row| row.get(0))?)
}

/// What has changed since it was planned, and the numbers whose texts wait for a person.
struct Changed {
    spellings: HashSet<String>,
    appointments: HashSet<String>,
    held: HashSet<String>,
    all: bool,
}

impl Changed {
    fn read(connection: &Connection, context: &PlanningContext) -> Result<Changed, StoreError> {
        const MARKS: &str = "SELECT phone, appointment_id FROM replan_queue
            UNION ALL SELECT phone, appointment_id FROM unplannable LIMIT ?1";
        const HELD: &str = "SELECT DISTINCT phone FROM number_holds WHERE settled_at IS NULL";
        let mut statement = connection.prepare_cached(MARKS)?;
        let marks = statement.query_map([MOST_MARKS], |row| Ok((any_text(row, 0)?, any_text(row, 1)?)))?;
        let marks: Vec<_> = marks.collect::<Result<_, _>>()?;
        let held = connection.prepare_cached(HELD)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let is_of_another_country = !daemon_state::plans_for(connection, context.directory().country)?;
        Ok(Changed {
            // What Annie's list shows counts before it is stored.
            all: marks.len() >= MOST_MARKS as usize || is_of_another_country || context.is_catching_up(),
            spellings: marks.iter().filter_map(|(phone, _)| phone.clone()).collect(),
            appointments: marks.into_iter().filter_map(|(_, id)| id).collect(),
            held,
        })
    }

    fn has(&self, appointment: &Appointment, unit: &PlanningUnit) -> bool {
        let spelling = appointment.phone.as_ref().map(String::as_str).unwrap_or_default();
        let is_of_number = match unit {
            // A mark may have another spelling, or the number itself.
            PlanningUnit::Number(phone) => self.spellings.contains(phone.dial()) || self.held.contains(phone.dial()),
            PlanningUnit::Appointment(_) => false,
        };
        self.all
            || is_of_number
            || self.appointments.contains(&appointment.id.0)
            || (!spelling.is_empty() && self.spellings.contains(spelling))
    }
}
