//! What people recorded in a database that a backup is about to replace: carried over into the restored database.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::domain::ids::{AppointmentId, RuleName};
use crate::domain::operator::Operator;
use crate::domain::phone::Phone;
use crate::store::appointments::opt_outs::{self, OptOut, WrongNumber};
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::connection::{integrity, open};
use crate::store::controls::pauses;
use crate::store::desk::users;
use crate::store::outcomes::outcome::{self, NotedOutcome};

/// How many notes were carried over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct CarriedOver {
    /// Opt-outs added or lifted.
    pub(crate) opt_outs: u64,
    /// Wrong numbers added or removed.
    pub(crate) wrong_numbers: u64,
    /// Pauses started or ended.
    pub(crate) pauses: u64,
    /// Appointments whose texts were turned off or back on, counted by rule.
    pub(crate) skips: u64,
    /// Outcomes that a person noted.
    pub(crate) outcomes: u64,
    /// The previous database is a later state of the backup, so no note made since is missing.
    pub(crate) is_all: bool,
}

/// Pauses by location: until when, and who noted them when.
type Pauses = BTreeMap<String, (Option<i64>, Noted)>;
type Skips = BTreeMap<(String, String), Noted>;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Noted {
    at: DateTime<Utc>,
    who: Option<String>,
    why: Option<String>,
}

impl Noted {
    fn person(&self) -> Operator<'_> {
        Operator { who: self.who.as_deref(), why: self.why.as_deref() }
    }
}

/// What people recorded in a database.
#[derive(Debug)]
pub(crate) struct Notes {
    opt_outs: Vec<OptOut>,
    lifted: Vec<(Phone, DateTime<Utc>)>,
    wrong_numbers: Vec<WrongNumber>,
    pauses: Pauses,
    skips: Skips,
    outcomes: Vec<NotedOutcome>,
    users: Vec<users::Stored>,
    /// The database itself, for comparing its audit with another's.
    record: Connection,
}

/// The notes of an intact database of this version; none if it cannot be read.
pub(crate) fn notes(database: &Path) -> Option<Notes> {
    let connection = open::read_only(database).ok()?;
    if !integrity::flaws_of(&connection).ok()?.is_empty() {
        return None;
    }
    read(connection).ok()
}

fn read(connection: Connection) -> Result<Notes, StoreError> {
    Ok(Notes {
        opt_outs: opt_outs::list(&connection)?,
        lifted: lifted(&connection)?,
        wrong_numbers: opt_outs::list_wrong(&connection)?,
        pauses: pauses(&connection)?,
        skips: skips(&connection)?,
        outcomes: outcome::noted(&connection)?,
        users: users::stored_list(&connection)?,
        record: connection,
    })
}

fn lifted(connection: &Connection) -> Result<Vec<(Phone, DateTime<Utc>)>, StoreError> {
    let mut statement = connection.prepare("SELECT phone, at FROM opt_outs_lifted")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, instant(row.get(1)?))))?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    Ok(rows.into_iter().filter_map(|(phone, at)| Some((Phone::from_e164(&phone)?, at))).collect())
}

fn pauses(connection: &Connection) -> Result<Pauses, StoreError> {
    let mut statement = connection.prepare("SELECT location, until, since, who, why FROM pauses")?;
    let rows = statement.query_map([], |row| {
        let noted = Noted { at: instant(row.get(2)?), who: row.get(3)?, why: row.get(4)? };
        Ok((row.get(0)?, (row.get(1)?, noted)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn skips(connection: &Connection) -> Result<Skips, StoreError> {
    let mut statement = connection.prepare("SELECT appointment_id, rule, at, who, why FROM skips")?;
    let rows = statement.query_map([], |row| {
        let noted = Noted { at: instant(row.get(2)?), who: row.get(3)?, why: row.get(4)? };
        Ok(((row.get(0)?, row.get(1)?), noted))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Puts the page's users of the replaced database into the restored one; without one, those of the backup must get new
/// passwords. Returns how many must.
pub(crate) fn carry_users(
    tx: &Transaction<'_>,
    notes: Option<&Notes>,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    users::after_restore(tx, notes.map(|notes| notes.users.as_slice()), now)
}

/// Whether the other database is a later state of this one: its audit continues where this one's ends. Only then does a
/// note it lacks mean that someone removed it; a newly created database lacks everything.
fn goes_on_from(ours: &Connection, theirs: &Connection) -> Result<bool, StoreError> {
    let key = |of: &Connection| of.query_row("SELECT key FROM audit_key", [], |row| row.get::<_, Vec<u8>>(0));
    if key(ours)? != key(theirs)? {
        return Ok(false);
    }
    let last = ours.query_row("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1", [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    });
    let Some((id, seal)) = last.optional()? else { return Ok(true) };
    let same = theirs.query_row("SELECT hash FROM audit WHERE id = ?1", [id], |row| row.get::<_, String>(0));
    Ok(same.optional()?.is_some_and(|theirs| theirs == seal))
}

/// Carries the notes over: newer ones are added and, if the previous database is a later state of the backup, notes
/// that were removed since are removed. Each change gets its row in the audit.
pub(crate) fn carry(
    tx: &Transaction<'_>,
    notes: &Notes,
    who: Option<&str>,
    now: DateTime<Utc>,
) -> Result<CarriedOver, StoreError> {
    let later = goes_on_from(tx, &notes.record)?;
    Ok(CarriedOver {
        opt_outs: carry_opt_outs(tx, notes, who)?,
        wrong_numbers: carry_wrong_numbers(tx, notes, later, who, now)?,
        pauses: carry_pauses(tx, notes, later, who, now)?,
        skips: carry_skips(tx, notes, later, who, now)?,
        outcomes: notes
            .outcomes
            .iter()
            .try_fold(0, |count, noted| Ok::<_, StoreError>(count + u64::from(outcome::carry_over(tx, noted, now)?)))?,
        is_all: later,
    })
}

fn carry_opt_outs(tx: &Transaction<'_>, notes: &Notes, who: Option<&str>) -> Result<u64, StoreError> {
    let mut changed = 0;
    for (phone, at) in &notes.lifted {
        match opt_outs::of(tx, phone)?.filter(|ours| ours.at <= *at) {
            Some(_) => changed += u64::from(opt_outs::remove(tx, phone, who, *at)?),
            None => {
                tx.execute(
                    "INSERT INTO opt_outs_lifted (phone, at) VALUES (?1, ?2)
                     ON CONFLICT (phone) DO UPDATE SET at = max(at, excluded.at)",
                    (phone.dial(), at.timestamp()),
                )?;
            }
        }
    }
    for theirs in &notes.opt_outs {
        let by = theirs.who.as_deref();
        changed += u64::from(opt_outs::add(tx, &theirs.phone, theirs.source, by, theirs.at)?);
    }
    Ok(changed)
}

fn carry_wrong_numbers(
    tx: &Transaction<'_>,
    notes: &Notes,
    later: bool,
    who: Option<&str>,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let mut changed = 0;
    let named: BTreeSet<_> = notes.wrong_numbers.iter().map(|wrong| (wrong.phone.dial(), &wrong.patient.0)).collect();
    let ours = opt_outs::list_wrong(tx)?;
    for ours in ours.iter().filter(|ours| later && !named.contains(&(ours.phone.dial(), &ours.patient.0))) {
        changed += opt_outs::remove_wrong(tx, &ours.phone, Some(&ours.patient), who, now)?;
    }
    for theirs in &notes.wrong_numbers {
        let (patient, by) = ([theirs.patient.clone()], theirs.who.as_deref());
        changed += opt_outs::add_wrong(tx, &theirs.phone, &patient, by, theirs.at)?;
    }
    Ok(changed as u64)
}

fn carry_pauses(
    tx: &Transaction<'_>,
    notes: &Notes,
    later: bool,
    who: Option<&str>,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let (mut changed, ours) = (0, pauses(tx)?);
    let place = |location: &str| (!location.is_empty()).then(|| location.to_owned());
    for location in ours.keys().filter(|location| later && !notes.pauses.contains_key(*location)) {
        changed += u64::from(pauses::resume(tx, place(location).as_deref(), Operator { who, why: None }, now)?);
    }
    for (location, theirs) in &notes.pauses {
        let known = ours.get(location);
        if known.is_none() || (later && known != Some(theirs)) {
            let (until, noted) = (theirs.0.map(instant), &theirs.1);
            pauses::pause(tx, place(location).as_deref(), until, noted.person(), noted.at)?;
            changed += 1;
        }
    }
    Ok(changed)
}

fn carry_skips(
    tx: &Transaction<'_>,
    notes: &Notes,
    later: bool,
    who: Option<&str>,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let (mut changed, ours) = (0, skips(tx)?);
    let rule = |rule: &str| (!rule.is_empty()).then(|| RuleName(rule.to_owned()));
    for (appointment, name) in ours.keys().filter(|known| later && !notes.skips.contains_key(*known)) {
        let (appointment, person) = (AppointmentId(appointment.clone()), Operator { who, why: None });
        changed += u64::from(pauses::unskip(tx, &appointment, rule(name).as_ref(), person, now)?);
    }
    for ((appointment, name), noted) in &notes.skips {
        let appointment = AppointmentId(appointment.clone());
        changed += u64::from(pauses::skip(tx, &appointment, rule(name).as_ref(), noted.person(), noted.at)?);
    }
    Ok(changed)
}
