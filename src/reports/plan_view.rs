//! What is going to happen and what has happened: the plan for a span of days, and the overall status. Read-only.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tracing::warn;

use crate::config::Config;
use crate::domain::appointment::Appointment;
use crate::domain::ids::{ApiKeyName, AppointmentId, RuleName};
use crate::domain::number_hold::HoldCause;
use crate::domain::patient_outcome::Standing;
use crate::domain::phone::Phone;
use crate::domain::reminder::{PlanDecision, State, Wait};
use crate::domain::reminder_key::ReminderKey;
use crate::domain::sentence::Sentence;
use crate::domain::zone::Zone;
use crate::engine::planning::{plan_with_words, planning_context};
use crate::engine::send::claim::clock_is_wrong;
use crate::engine::send::daily_limits::{self, Left};
use crate::engine::send::{circuit, compose, feed_age};
use crate::engine::words::Words;
use crate::planner::input::{LiveSince, PlannerInput};
use crate::planner::plan::{Item, Message};
use crate::planner::told::Told;
use crate::store::appointments::imports::{self, LastImport};
use crate::store::appointments::{appointment, phone_spellings};
use crate::store::controls::alert_state::{self, Several};
use crate::store::controls::config_hold::{self, ConfigHold};
use crate::store::controls::daily_work;
use crate::store::controls::pauses::{Paused, pauses};
use crate::store::conversations::{circuits, listings};
use crate::store::ledger::attempts;
use crate::store::ledger::messages::{self, Text};
use crate::store::ledger::reminders;
use crate::store::planning::planning_context::PlanningContext;
use crate::store::planning::unit::PlanningUnit;
use crate::store::planning::{daemon_state, planner_input, replan_queue, unplannable};
use crate::store::{Connection, StoreError};

/// One reminder of the plan.
#[derive(Debug, Clone)]
pub struct Row {
    /// The planner's decision.
    pub item: Item,
    /// The appointment.
    pub appointment: Appointment,
    /// The body that would be POSTed, or was.
    pub request: Option<Value>,
    /// What the patient reads, even if the mode keeps it from going out.
    pub words: Option<String>,
    /// Its text, if one was sent or tried.
    pub text: Option<Text>,
    /// The reminders that go or went out in the same text, including this one, in the order of the text.
    pub together: Vec<ReminderKey>,
    /// The code for programs: the reason, or what a planned reminder is waiting for.
    pub code: Option<&'static str>,
    /// Earlier texts about its appointment: with another start time, or to another patient.
    pub earlier: Vec<Earlier>,
    /// What the patient answered, or what a person noted.
    pub outcome: Option<Standing>,
    /// Its number's texts wait because of a reply.
    pub hold: Option<HoldCause>,
    /// Since when a planned reminder has been overdue, from the store: a plan made now moves its time.
    pub overdue_since: Option<DateTime<Utc>>,
    /// It is planned, but too late to send: it becomes missed as soon as it is known that it did not go out.
    pub is_expired: bool,
}

/// A text that gave another start time for an appointment, or went to another patient of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// The rule it was sent for.
    pub(crate) rule: RuleName,
    /// The start time it gave.
    pub(crate) start: DateTime<Utc>,
    /// The number it went to.
    pub(crate) phone: Option<Phone>,
    /// When it was sent.
    pub(crate) at: DateTime<Utc>,
    /// It went to the patient who has the appointment now.
    pub(crate) is_same_patient: bool,
}

impl Earlier {
    /// Describes it in a sentence.
    pub(crate) fn describe(&self, zone: &Zone) -> String {
        self.sentence(zone).english()
    }

    /// The same, for another language.
    pub(crate) fn sentence(&self, zone: &Zone) -> Sentence {
        let to = self.phone.as_ref().map(|phone| Sentence::new("why.to-number", " to {number}").text("number", phone));
        let said = match self.is_same_patient {
            true => Sentence::new("why.old-time", "A text with the old time, {start}, went{to} on {time}.")
                .time("start", self.start, zone),
            false => Sentence::new(
                "why.other-patient",
                "A text to another patient, who had this appointment before, went{to} on {time}.",
            ),
        };
        said.part("to", to).time("time", self.at, zone)
    }
}

fn earlier_of(input: &PlannerInput, appointment: &Appointment) -> Vec<Earlier> {
    let found = input.appointments.iter().find(|found| found.row.id == appointment.id);
    let told = found.into_iter().flat_map(|found| Told { input }.earlier_of(found));
    told.map(|(spent, is_same_patient)| Earlier {
        rule: spent.key.rule.clone(),
        start: spent.key.start,
        phone: spent.phone.clone(),
        at: spent.at,
        is_same_patient,
    })
    .collect()
}

impl Row {
    /// Whether it is the first reminder of its text, for which the text is shown.
    pub(crate) fn is_first_of_its_text(&self) -> bool {
        self.together.first().is_none_or(|first| *first == self.item.key)
    }
}

/// The plan for the appointments that start in [now, until), as of `now`, ordered by start, appointment and rule.
pub fn plan_of(
    connection: &Connection,
    config: &Config,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<Row>, StoreError> {
    plan_between(connection, config, (now, until), now)
}

/// The same for the appointments that start in [from, until), which may have begun.
pub(crate) fn plan_between(
    connection: &Connection,
    config: &Config,
    span: (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::new();
    each_between(connection, config, span, now, |row| row, |row| rows.push(row))?;
    Ok(rows)
}

/// The same, one by one in their order: what `of` makes of each row is given to `put` as soon as no earlier row can
/// follow, so that a plan of any length needs little memory.
pub(crate) fn each_between<T>(
    connection: &Connection,
    config: &Config,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
    of: impl Fn(Row) -> T,
    mut put: impl FnMut(T),
) -> Result<(), StoreError> {
    phone_spellings::learn_all(connection, config.practice.country, phone_spellings::Keep::Temporary)?;
    let planning = Planning::begin(connection, config, planning_context(connection, config, now)?)?;
    let order = |row: &Row| config.rulebook.rules.iter().position(|rule| rule.name == row.item.key.rule);
    let mut done: BTreeSet<PlanningUnit> = BTreeSet::new();
    let mut waiting: BTreeMap<(DateTime<Utc>, AppointmentId, Option<usize>, u64), T> = BTreeMap::new();
    let mut count = 0;
    for starting in appointment::starting_in(connection, from, until)? {
        // Every appointment brings its number's rows along, so nothing that starts earlier is still to come.
        while waiting.first_key_value().is_some_and(|((start, ..), _)| *start < starting.starts_at) {
            waiting.pop_first().into_iter().for_each(|(_, made)| put(made));
        }
        let spelling = starting.phone.as_ref().map(String::as_str);
        let unit = planning.context.directory().unit(connection, &starting.id, spelling)?;
        if !done.insert(unit.clone()) {
            continue;
        }
        for row in planning.rows_of(&unit, (from, until))? {
            count += 1;
            let key = (row.item.key.start, row.appointment.id.clone(), order(&row), count);
            waiting.insert(key, of(row));
        }
    }
    waiting.into_values().for_each(put);
    Ok(())
}

/// Plans units one by one, on one state of the database.
pub(crate) struct Planning<'a> {
    connection: &'a Connection,
    config: &'a Config,
    context: PlanningContext,
    live: LiveSince,
    blocked: Blocked,
}

impl<'a> Planning<'a> {
    /// Reads what concerns all units.
    pub(crate) fn begin(
        connection: &'a Connection,
        config: &'a Config,
        context: PlanningContext,
    ) -> Result<Planning<'a>, StoreError> {
        let live = daemon_state::live_since(connection, &config.rulebook.rules)?;
        let blocked = waits(connection, config, context.now())?;
        Ok(Planning { connection, config, context, live, blocked })
    }

    /// The rows of a unit for the appointments that start in [from, until). None if its data is bad: that must not hide
    /// the other numbers.
    pub(crate) fn rows_of(
        &self,
        unit: &PlanningUnit,
        (from, until): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Vec<Row>, StoreError> {
        let in_span = |key: &ReminderKey| key.start >= from && key.start < until;
        let (about, now) = ((&self.live, &self.blocked), self.context.now());
        let rows = planner_input::load(self.connection, &self.context, unit, &BTreeSet::new())
            .and_then(|input| rows_in(self.connection, self.config, about, &input, now, &in_span));
        match rows {
            Err(error) if error.is_about_data() => {
                warn!(
                    "the appointments of one number cannot be planned and are left out of this list ({error}); the service's log names them"
                );
                Ok(Vec::new())
            }
            rows => rows,
        }
    }
}

/// What due texts are waiting for, by key name.
pub(crate) type Blocked = BTreeMap<ApiKeyName, Wait>;

/// Finds what due texts are waiting for.
pub(crate) fn waits(connection: &Connection, config: &Config, now: DateTime<Utc>) -> Result<Blocked, StoreError> {
    let mut blocked = Blocked::new();
    let wrong = clock_is_wrong(connection, now)? || daemon_state::clock_doubt(connection)?.is_some();
    let stale = feed_age::is_stale(connection, config, now)?;
    let unobserved = listings::unobserved_keys(connection)?;
    for key in config.key_names() {
        let wait = match wrong {
            true => Some(Wait::Clock),
            false if stale => Some(Wait::StaleFeed),
            false if unobserved.contains_key(&key) => Some(Wait::CatchingUp),
            false => circuit::waits(&circuits::health(connection, &key)?, now),
        };
        let wait = match (wait, daily_limits::left_today(connection, config, now)?) {
            (None, Left::Nothing(why, _)) => Some(why),
            (wait, _) => wait,
        };
        blocked.extend(wait.map(|wait| (key.clone(), wait)));
    }
    Ok(blocked)
}

/// The reminders of one unit for its appointments' current start times, filtered by `wanted`.
pub(crate) fn rows_in(
    connection: &Connection,
    config: &Config,
    (live, blocked): (&LiveSince, &Blocked),
    input: &PlannerInput,
    now: DateTime<Utc>,
    wanted: &dyn Fn(&ReminderKey) -> bool,
) -> Result<Vec<Row>, StoreError> {
    let tried = Words::of(config, input);
    let plan = plan_with_words(config, live, input, &tried, now);
    let appointments: BTreeMap<_, _> = input.appointments.iter().map(|v| (&v.row.id, &v.row)).collect();
    let mut rows = Vec::new();
    for item in plan.items.iter().filter(|item| item.current && wanted(&item.key)) {
        let Some(appointment) = appointments.get(&item.key.appointment_id) else { continue };
        let message = plan.message_of(&item.key);
        let text = match item.state.is_spent() {
            true => messages::text_of(connection, &item.key)?,
            false => None,
        };
        let planned = item.state == State::Unclaimed(PlanDecision::Planned);
        let about: Vec<_> = message
            .map(|message| message.keys.iter())
            .into_iter()
            .flatten()
            .filter_map(|key| Some((*appointments.get(&key.appointment_id)?, &key.rule)))
            .collect();
        let texts = |message: &Message| match Some(message) == plan.messages.first() {
            true => tried.write(&about, message.due_at),
            false => tried.write_later(&about, message.due_at),
        };
        let composed = message.zip(item.phone.as_ref()).and_then(|(message, phone)| {
            let (earliest, _) = about.first()?;
            Some(compose::request(config, earliest, phone, texts(message).ok()?).0)
        });
        let stored = || text.as_ref().and_then(|t| serde_json::from_str::<Value>(&t.body.as_ref()?.0).ok());
        let request = match composed.as_ref().filter(|_| planned) {
            Some(request) => serde_json::to_value(request).ok(),
            None => stored().filter(|_| item.state == State::Sent),
        };
        let words = composed.map(|request| request.message);
        let words = words.or_else(|| Some(request.as_ref()?["message"].as_str()?.to_owned()));
        let told =
            input.attempts.iter().rev().find(|attempt| attempt.keys.contains(&item.key) && item.state.is_spent());
        let together = told.map(|attempt| &attempt.keys).or(message.map(|message| &message.keys));
        let overdue = planned && item.due_at.is_some_and(|at| at <= now);
        let stored = input.stored.iter().find(|stored| planned && stored.key == item.key);
        let overdue_since = stored.and_then(|stored| stored.due_at).filter(|at| *at <= now);
        let waits = item.waits.or(item.api_key.as_ref().and_then(|key| blocked.get(key).copied()).filter(|_| overdue));
        let code = item.state.reason().or(waits.filter(|_| planned).map(Wait::code));
        rows.push(Row {
            item: item.clone(),
            appointment: (*appointment).clone(),
            request,
            words,
            text,
            together: together.cloned().unwrap_or_else(|| vec![item.key.clone()]),
            code,
            earlier: earlier_of(input, appointment),
            outcome: input.appointments.iter().find(|known| known.row.id == appointment.id).and_then(|v| v.outcome),
            hold: input.hold,
            overdue_since,
            is_expired: planned && item.expires_at.is_some_and(|at| at <= now),
        });
    }
    Ok(rows)
}

/// The overall status.
#[derive(Debug, Clone)]
pub struct Overview {
    /// How many reminders have each state and reason.
    pub counts: Vec<(State, u64)>,
    /// Changed appointments that are waiting for the planning pass.
    pub unplanned: u64,
    /// Numbers, and appointments without a number, that cannot be planned.
    pub unplannable: u64,
    /// Numbers whose first text had no room for the line about opting out.
    pub without_first_line: u64,
    /// Planned reminders that are due and have not gone out.
    pub due: u64,
    /// When the next planned reminder is due after now.
    pub next_due: Option<DateTime<Utc>>,
    /// What would go out in live mode, while in observe mode: how many reminders, and when the first.
    pub shown_only: (u64, Option<DateTime<Utc>>),
    /// The last import.
    pub last_import: Option<LastImport>,
    /// How long ago the last good import was, not counting closed days; `None` if there was none.
    pub feed_age: Option<TimeDelta>,
    /// The last daily backup, if backups are made.
    pub backup: Option<daily_work::Done>,
    /// When the daemon last recorded that it was running.
    pub last_beat: Option<DateTime<Utc>>,
    /// The circuit, if one is open.
    pub open: Option<circuits::Open>,
    /// The keys whose circuit is open.
    pub stopped: Vec<ApiKeyName>,
    /// What sending is waiting for.
    pub waits: Option<Wait>,
    /// Why this machine's clock is in doubt, if it is.
    pub clock_doubt: Option<String>,
    /// Texts whose outcome has been unknown for several times `settle`.
    pub unknown_for_long: u64,
    /// Where sending is paused.
    pub paused: Vec<Paused>,
    /// A rule change that is waiting for a person's confirmation.
    pub config_hold: Option<ConfigHold>,
    /// Reminders that have been due, on their way or in doubt for longer than `unresolved_after`, and since when the first.
    pub due_unresolved: Several,
}

/// Reads the overall status.
pub fn overview(connection: &Connection, config: &Config, now: DateTime<Utc>) -> Result<Overview, StoreError> {
    let (mut open, mut stopped) = (None, Vec::new());
    for key in config.key_names() {
        let of_key = circuits::health(connection, &key)?.open;
        stopped.extend(of_key.is_some().then(|| key.clone()));
        open = open.or(of_key);
    }
    let waits = waits(connection, config, now)?.into_values().next();
    let (due, next_due) = reminders::due_and_next(connection, now)?;
    Ok(Overview {
        without_first_line: attempts::numbers_without_first_line(connection)?,
        counts: reminders::counts(connection)?,
        unplanned: replan_queue::count(connection)?,
        unplannable: unplannable::count(connection)?,
        due,
        next_due,
        shown_only: reminders::shown_only(connection, now)?,
        last_import: imports::last(connection)?,
        feed_age: feed_age::age(connection, config, now)?,
        backup: daily_work::last(connection, daily_work::Work::Backup)?,
        last_beat: daemon_state::last_beat(connection)?,
        open,
        stopped,
        waits,
        unknown_for_long: messages::unknown_since_before(connection, now - config.annie.settle * 3)?,
        clock_doubt: daemon_state::clock_doubt(connection)?,
        paused: pauses(connection, now)?,
        config_hold: config_hold::get(connection)?,
        due_unresolved: alert_state::unresolved(connection, now - config.alerts.unresolved_after)?,
    })
}
