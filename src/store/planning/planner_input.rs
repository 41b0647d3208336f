//! Collects everything the planner needs for one planning unit.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row};
use tracing::error;

use crate::domain::appointment::Appointment;
use crate::domain::ids::{AppointmentId, PatientId};
use crate::domain::patient_outcome::Standing;
use crate::domain::phone::Phone;
use crate::domain::reminder_key::ReminderKey;
use crate::planner::input::{AppointmentInput, FeedImports, Holder, Number, PlannerInput, Stored, Twin};
use crate::store::appointments::appointment::{COLUMN_COUNT, COLUMNS, from_row};
use crate::store::appointments::phone_spellings;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::{any_text, instant, text};
use crate::store::controls::{number_holds, pauses};
use crate::store::conversations::conversation;
use crate::store::ledger::attempts::{self, OfNumber};
use crate::store::ledger::rows::{key_of, state_of};
use crate::store::outcomes::outcome;
use crate::store::planning::already_told;
use crate::store::planning::already_told::person_of;
use crate::store::planning::directory::Directory;
use crate::store::planning::planning_context::PlanningContext;
use crate::store::planning::unit::PlanningUnit;

/// Everything the planner needs for a unit. `also` names appointments whose stored reminders belong here although the
/// appointment itself may be gone or may have moved to another number.
///
/// # Errors
/// Database errors, and rows that no version of Leadtime writes.
pub(crate) fn load(
    connection: &Connection,
    context: &PlanningContext,
    unit: &PlanningUnit,
    also: &BTreeSet<AppointmentId>,
) -> Result<PlannerInput, StoreError> {
    let loader = Loader { connection, context, directory: &context.directory, now: context.now };
    let (any, now) = (&context.any, context.now);
    let (number, appointments) = match unit {
        PlanningUnit::Number(phone) => (Number::Usable(phone.clone()), loader.appointments_of_number(phone)?),
        PlanningUnit::Appointment(id) => {
            let appointments = loader.appointment(id)?;
            (loader.unusable(&appointments)?, appointments)
        }
    };
    let here = |id: &AppointmentId| appointments.iter().any(|v| v.row.id == *id);
    let mut stored = Vec::new();
    for appointment in &appointments {
        stored.extend(loader.stored(&appointment.row.id)?);
    }
    for id in also {
        // An appointment that is now under another number is planned with that number.
        if !here(id) && !loader.exists(id)? {
            stored.extend(loader.stored(id)?);
        }
    }
    let mut spent = Vec::new();
    let mut known: HashSet<ReminderKey> = HashSet::new();
    for appointment in &appointments {
        // Two appointments of the same patient and start find the same ones.
        let found = already_told::spent(connection, appointment, &number)?;
        spent.extend(found.into_iter().filter(|found| known.insert(found.key.clone())));
    }
    let none = PlannerInput { stored, spent, ..PlannerInput::new(number, appointments) };
    let Number::Usable(phone) = &none.number else { return Ok(none) };
    let OfNumber { attempts, in_doubt } = attempts::of_number(connection, phone, any.others, now)?;
    let is_texted = attempts.iter().any(|attempt| attempt.id.is_some());
    Ok(PlannerInput {
        in_doubt,
        opted_out: loader.opted_out(phone)?,
        wrong_for: if any.wrong_numbers { loader.wrong_for(phone)? } else { BTreeSet::new() },
        adopted: match any.unobserved {
            true => already_told::adopted(connection, phone, &none.appointments)?,
            false => Vec::new(),
        },
        replies_unread: conversation::unread(connection, phone, any.odd_rows, now)?,
        catching_up_since: loader.catching_up_since(&none.appointments),
        owes_first_line: is_texted && attempts::owes_first_line(connection, phone)?,
        hold: if any.holds { number_holds::open(connection, phone)? } else { None },
        attempts,
        ..none
    })
}

struct Loader<'a> {
    connection: &'a Connection,
    context: &'a PlanningContext,
    directory: &'a Directory,
    now: DateTime<Utc>,
}

impl Loader<'_> {
    fn appointments_of_number(&self, phone: &Phone) -> Result<Vec<AppointmentInput>, StoreError> {
        const SPELLINGS: &str = "SELECT spelling FROM known_spellings WHERE country = ?1 AND e164 = ?2 AND refusal = 0";
        let mut statement = self.connection.prepare_cached(SPELLINGS)?;
        // A set: the daemon may since have stored what this connection has read.
        let spellings: BTreeSet<String> = statement
            .query_map((self.directory.country.code(), phone.dial()), |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        static OF_SPELLING: LazyLock<String> = LazyLock::new(|| with_beside("a.phone = ?1"));
        let mut statement = self.connection.prepare_cached(&OF_SPELLING)?;
        let mut appointments = Vec::new();
        for spelling in spellings {
            for row in statement.query_map([spelling], |row| self.appointment_of(row))? {
                match row.map_err(StoreError::from) {
                    Ok(appointment) => appointments.push(appointment),
                    // An unreadable row holds up no other appointment of the number.
                    Err(error) if error.is_about_data() => {
                        error!(
                            "an appointment for the number {phone} cannot be read ({error}) and gets no texts. Check this number's appointments in your practice software"
                        );
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        appointments.sort_by(|a, b| {
            let of = |appointment: &AppointmentInput| appointment.row.starts_at;
            of(a).cmp(&of(b)).then_with(|| a.row.id.cmp(&b.row.id))
        });
        self.complete(appointments, Some(phone))
    }

    fn appointment(&self, id: &AppointmentId) -> Result<Vec<AppointmentInput>, StoreError> {
        static OF_ID: LazyLock<String> = LazyLock::new(|| with_beside("a.id = ?1"));
        let found =
            self.connection.prepare_cached(&OF_ID)?.query_row([&id.0], |row| self.appointment_of(row)).optional()?;
        self.complete(found.into_iter().collect(), None)
    }

    /// Why an appointment has no usable number.
    fn unusable(&self, appointments: &[AppointmentInput]) -> Result<Number, StoreError> {
        let mut number = Number::Missing;
        for spelling in appointments.iter().filter_map(|v| v.row.phone.as_ref()).filter(|s| !s.trim().is_empty()) {
            let reading = phone_spellings::known(self.connection, self.directory.country, spelling)?;
            let refused = reading.is_some_and(|reading| reading.refusal);
            number = if refused { Number::Refused } else { Number::Invalid };
        }
        Ok(number)
    }

    fn appointment_of(&self, row: &Row<'_>) -> rusqlite::Result<AppointmentInput> {
        let appointment = from_row(row)?;
        let time = |column: usize, otherwise: DateTime<Utc>| {
            row.get::<_, Option<i64>>(COLUMN_COUNT + column).map(|unix| unix.map_or(otherwise, instant))
        };
        Ok(AppointmentInput {
            first_start: time(0, appointment.starts_at)?,
            seen_at: time(1, self.now)?,
            taken_at: time(2, self.now)?,
            bad_row: row.get::<_, Option<i64>>(COLUMN_COUNT + 3)?.is_some(),
            not_listed: row.get::<_, Option<i64>>(COLUMN_COUNT + 4)?.is_some(),
            off_the_book: row.get::<_, Option<i64>>(COLUMN_COUNT + 12)?.is_some(),
            importing: row.get::<_, Option<i64>>(COLUMN_COUNT + 13)?.is_some(),
            moved_from: Vec::new(),
            imports: FeedImports::None,
            twins: Vec::new(),
            skipped: Vec::new(),
            paused: None,
            outcome: None,
            sender: self.directory.sender_of(appointment.location.as_deref()).clone(),
            changed_at: row.get::<_, Option<i64>>(COLUMN_COUNT + 5)?.map(instant),
            holder_start: row.get::<_, Option<i64>>(COLUMN_COUNT + 11)?.map(instant),
            holder: match row.get::<_, Option<i64>>(COLUMN_COUNT + 10)? {
                Some(since) => Some(Holder {
                    person: person_of(row, COLUMN_COUNT + 6)?.unwrap_or_else(|| appointment.person()),
                    since: instant(since),
                }),
                None => None,
            },
            row: appointment,
        })
    }

    /// The ids an appointment had at its earlier starts, as far as complete exports showed that it moved.
    fn moved_from(&self, id: &AppointmentId) -> Result<Vec<AppointmentId>, StoreError> {
        const BEFORE: &str = "WITH RECURSIVE before (id) AS (
                SELECT appointment_id FROM not_listed WHERE moved_to = ?1
                UNION SELECT n.appointment_id FROM not_listed AS n JOIN before ON n.moved_to = before.id)
            SELECT id FROM before WHERE id <> ?1";
        let mut statement = self.connection.prepare_cached(BEFORE)?;
        let ids = statement.query_map([&id.0], |row| Ok(AppointmentId(row.get(0)?)))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// Adds what further queries find.
    fn complete(
        &self,
        mut appointments: Vec<AppointmentInput>,
        phone: Option<&Phone>,
    ) -> Result<Vec<AppointmentInput>, StoreError> {
        let any = &self.context.any;
        for appointment in &mut appointments {
            if !appointment.row.status.is_live() || appointment.row.starts_at <= self.now {
                continue;
            }
            if let (Some(feed), None) = (&appointment.row.feed, appointment.row.booked_at) {
                let seen = appointment.seen_at.min(self.now).timestamp();
                appointment.imports = self.context.imports(self.connection, feed, seen)?;
            }
            if any.moves {
                appointment.moved_from = self.moved_from(&appointment.row.id)?;
            }
            appointment.twins = self.twins(&appointment.row, phone)?;
            if any.skips {
                appointment.skipped = pauses::skips_of(self.connection, &appointment.row.id)?;
            }
            if any.outcomes {
                appointment.outcome = self.outcome(&appointment.row, &appointment.moved_from)?;
            }
            appointment.paused = pauses::pause_of(&self.context.pauses, appointment.row.location.as_deref());
        }
        Ok(appointments)
    }

    /// The outcome under its own id, or under an id that it had before with the same start.
    fn outcome(&self, of: &Appointment, moved_from: &[AppointmentId]) -> Result<Option<Standing>, StoreError> {
        let mut ids = std::iter::once(&of.id).chain(moved_from);
        ids.find_map(|id| outcome::of_person(self.connection, (id, of.starts_at), &of.person()).transpose()).transpose()
    }

    /// Other booked or confirmed entries with the same start under the same patient id or, if the number is known, with
    /// that number.
    fn twins(&self, of: &Appointment, phone: Option<&Phone>) -> Result<Vec<Twin>, StoreError> {
        const TWINS: &str =
            "SELECT a.id, a.type_id, a.phone, a.consent, a.patient_id, a.first_name, a.last_name, a.date_of_birth
            FROM appointments AS a
            WHERE a.patient_id = ?1 AND a.starts_unix = ?2 AND a.id <> ?3 AND a.status IN ('booked', 'confirmed')
            AND NOT EXISTS (SELECT 1 FROM bad_rows AS b WHERE b.appointment_id = a.id)
            UNION
            SELECT a.id, a.type_id, a.phone, a.consent, a.patient_id, a.first_name, a.last_name, a.date_of_birth
            FROM known_spellings AS s JOIN appointments AS a ON a.phone = s.spelling
            WHERE s.country = ?5 AND s.e164 = ?4 AND s.refusal = 0
            AND a.starts_unix = ?2 AND a.id <> ?3 AND a.status IN ('booked', 'confirmed')
            AND NOT EXISTS (SELECT 1 FROM bad_rows AS b WHERE b.appointment_id = a.id)";
        let country = self.directory.country.code();
        let about = (&of.patient_id.0, of.starts_at.timestamp(), &of.id.0, phone.map(Phone::dial), country);
        let mut statement = self.connection.prepare_cached(TWINS)?;
        let mut rows = statement.query(about)?;
        let mut twins = Vec::new();
        while let Some(row) = rows.next()? {
            let (spelling, consent): (Option<String>, Option<String>) = (any_text(row, 2)?, row.get(3)?);
            let Some(person) = person_of(row, 4)? else { continue };
            let reading = match &spelling {
                Some(spelling) => phone_spellings::known(self.connection, self.directory.country, spelling)?,
                None => None,
            };
            let phone = reading.as_ref().and_then(|reading| self.directory.usable(reading));
            let declined = consent.as_deref() == Some("no");
            let opted_out = match phone {
                Some(phone) => self.opted_out(phone)?,
                None => false,
            };
            let phone = phone.filter(|_| !declined && !opted_out).cloned();
            let id = AppointmentId(any_text(row, 0)?.unwrap_or_default());
            let outcome = outcome::of_person(self.connection, (&id, of.starts_at), &person)?;
            twins.push(Twin { id, type_id: text(row, 1)?, phone, person, declined, outcome });
        }
        twins.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(twins)
    }

    fn exists(&self, id: &AppointmentId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM appointments WHERE id = ?1)";
        Ok(self.connection.prepare_cached(sql)?.query_row([&id.0], |row| row.get(0))?)
    }

    fn stored(&self, id: &AppointmentId) -> Result<Vec<Stored>, StoreError> {
        let sql =
            "SELECT appointment_id, rule, starts_at, round, state, reason, nominal_at, adjusted_at, due_at, expires_at,
                   id, EXISTS (SELECT 1 FROM message_reminders AS mr WHERE mr.reminder_id = reminders.id)
                   FROM reminders WHERE appointment_id = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([&id.0])?;
        let mut stored = Vec::new();
        while let Some(row) = rows.next()? {
            let time = |column: usize| row.get::<_, Option<i64>>(column).map(|unix| unix.map(instant));
            stored.push(Stored {
                key: key_of(row)?,
                state: state_of(row, 4)?,
                nominal_at: time(6)?,
                adjusted_at: time(7)?,
                due_at: time(8)?,
                expires_at: time(9)?,
                tried: row.get(11)?,
                retry: match row.get(11)? {
                    true => attempts::retry_of(self.connection, row.get(10)?)?,
                    false => None,
                },
            });
        }
        Ok(stored)
    }

    /// Since when Leadtime has been trying to find out what was sent with these appointments' keys in an unobserved
    /// period, if that is not known yet.
    fn catching_up_since(&self, appointments: &[AppointmentInput]) -> Option<DateTime<Utc>> {
        let unobserved = &self.context.unobserved_keys;
        appointments.iter().filter_map(|appointment| unobserved.get(&appointment.sender.api_key).copied()).max()
    }

    /// A refusal that only this connection has read so far counts as the opt-out it will become.
    fn opted_out(&self, phone: &Phone) -> Result<bool, StoreError> {
        const STORED: &str = "SELECT EXISTS (SELECT 1 FROM opt_outs WHERE phone = ?1)";
        const READ_HERE: &str = "SELECT EXISTS (SELECT 1 FROM opt_outs WHERE phone = ?1)
            OR EXISTS (SELECT 1 FROM temp.new_spellings WHERE e164 = ?1 AND refusal = 1)";
        let any = &self.context.any;
        let sql = match (any.opt_outs, any.new_spellings) {
            (false, false) => return Ok(false),
            (true, false) => STORED,
            (_, true) => READ_HERE,
        };
        Ok(self.connection.prepare_cached(sql)?.query_row([phone.dial()], |row| row.get(0))?)
    }

    fn wrong_for(&self, phone: &Phone) -> Result<BTreeSet<PatientId>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT patient_id FROM wrong_numbers WHERE phone = ?1")?;
        let rows = statement.query_map([phone.dial()], |row| row.get(0).map(PatientId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The stored data about an appointment outside its row.
const BESIDE: &str = "LEFT JOIN first_seen AS f ON f.appointment_id = a.id
    LEFT JOIN bad_rows AS b ON b.appointment_id = a.id LEFT JOIN not_listed AS n ON n.appointment_id = a.id
    LEFT JOIN off_the_book AS o ON o.appointment_id = a.id LEFT JOIN importing AS g ON g.feed = a.feed
    LEFT JOIN appointment_holders AS h ON h.appointment_id = a.id";

/// The statement for appointments with a condition, and what is stored about them.
fn with_beside(condition: &str) -> String {
    format!(
        "SELECT {COLUMNS}, f.first_start, f.seen_at, f.taken_at, b.line, n.import_id,
             f.changed_at, h.patient_id, h.first_name, h.last_name, h.date_of_birth, h.since, h.starts_at,
             o.import_id, g.import_id
         FROM appointments AS a {BESIDE} WHERE {condition}"
    )
}
