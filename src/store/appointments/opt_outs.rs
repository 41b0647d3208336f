//! Who must not be texted: numbers that opted out, and patients listed with a wrong number.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::domain::ids::PatientId;
use crate::domain::phone::Phone;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::ledger::audit::{self, Act, Entry};

/// Where an opt-out came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The front desk, with a command.
    Desk,
    /// The patient's reply.
    Reply,
    /// Words such as "do not text" in the appointment data.
    Feed,
}

impl Source {
    /// The name in the store and in `--json`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Source::Desk => "desk",
            Source::Reply => "reply",
            Source::Feed => "feed",
        }
    }

    fn from_name(name: &str) -> Source {
        match name {
            "reply" => Source::Reply,
            "feed" => Source::Feed,
            _ => Source::Desk,
        }
    }
}

/// A number that opted out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OptOut {
    /// The number.
    pub(crate) phone: Phone,
    /// Since when.
    pub(crate) at: DateTime<Utc>,
    /// Where it came from.
    pub(crate) source: Source,
    /// Who recorded it.
    pub(crate) who: Option<String>,
}

/// A patient listed with a number that is not theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WrongNumber {
    /// The number.
    pub(crate) phone: Phone,
    /// The patient.
    pub(crate) patient: PatientId,
    /// When it was recorded.
    pub(crate) at: DateTime<Utc>,
    /// Who recorded it.
    pub(crate) who: Option<String>,
}

/// Records an opt-out. Returns whether the number had none before; an earlier one stays as it is.
pub(crate) fn add(
    connection: &Connection,
    phone: &Phone,
    source: Source,
    who: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO opt_outs (phone, at, source, who) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    let added = connection.prepare_cached(sql)?.execute((phone.dial(), now.timestamp(), source.name(), who))?;
    // What the patient wrote weighs more than what the front desk recorded: only a manager may lift it.
    const WROTE: &str =
        "UPDATE opt_outs SET source = 'reply', at = ?2, who = NULL WHERE phone = ?1 AND source = 'desk'";
    if added == 0 && source == Source::Reply {
        connection.prepare_cached(WROTE)?.execute((phone.dial(), now.timestamp()))?;
    }
    // Checks that the row is in the database before anyone is told that the number gets no more texts.
    let stands = "SELECT EXISTS (SELECT 1 FROM opt_outs WHERE phone = ?1)";
    if !connection.prepare_cached(stands)?.query_row([phone.dial()], |row| row.get::<_, bool>(0))? {
        return Err(StoreError::NotKept("the opt-out"));
    }
    if added > 0 {
        let entry = Entry { phone: Some(phone), who, code: Some(source.name()), ..Entry::new(now, Act::OptedOut) };
        audit::note(connection, &entry)?;
    }
    Ok(added > 0)
}

/// Lifts an opt-out. Returns whether there was one.
pub fn remove(tx: &Transaction<'_>, phone: &Phone, who: Option<&str>, now: DateTime<Utc>) -> Result<bool, StoreError> {
    if tx.execute("DELETE FROM opt_outs WHERE phone = ?1", [phone.dial()])? == 0 {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO opt_outs_lifted (phone, at) VALUES (?1, ?2) ON CONFLICT (phone) DO UPDATE SET at = excluded.at",
        (phone.dial(), now.timestamp()),
    )?;
    audit::note(tx, &Entry { phone: Some(phone), who, ..Entry::new(now, Act::OptOutLifted) })?;
    Ok(true)
}

/// When the last opt-out of a number was lifted.
pub(crate) fn lifted_at(connection: &Connection, phone: &Phone) -> Result<Option<DateTime<Utc>>, StoreError> {
    let sql = "SELECT at FROM opt_outs_lifted WHERE phone = ?1";
    let at: Option<i64> = connection.prepare_cached(sql)?.query_row([phone.dial()], |row| row.get(0)).optional()?;
    Ok(at.map(instant))
}

/// All opt-outs, latest first.
pub(crate) fn list(connection: &Connection) -> Result<Vec<OptOut>, StoreError> {
    let mut statement = connection.prepare("SELECT phone, at, source, who FROM opt_outs ORDER BY at DESC, phone")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (number, source): (String, String) = (row.get(0)?, row.get(2)?);
        let Some(phone) = Phone::from_e164(&number) else { continue };
        found.push(OptOut { phone, at: instant(row.get(1)?), source: Source::from_name(&source), who: row.get(3)? });
    }
    Ok(found)
}

/// The opt-out of a number, if it has one.
pub(crate) fn of(connection: &Connection, phone: &Phone) -> Result<Option<OptOut>, StoreError> {
    Ok(list(connection)?.into_iter().find(|opt_out| opt_out.phone == *phone))
}

/// Records that a number is not these patients'. Returns how many records are new.
pub(crate) fn add_wrong(
    tx: &Transaction<'_>,
    phone: &Phone,
    patients: &[PatientId],
    who: Option<&str>,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let sql = "INSERT INTO wrong_numbers (phone, patient_id, at, who) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    let mut added = 0;
    for patient in patients {
        added += tx.prepare_cached(sql)?.execute((phone.dial(), &patient.0, now.timestamp(), who))?;
    }
    if added > 0 {
        audit::note(tx, &Entry { phone: Some(phone), who, ..Entry::new(now, Act::WrongNumber) })?;
    }
    Ok(added)
}

/// Removes the wrong-number records of a number, for one patient or for all. Returns how many there were.
pub(crate) fn remove_wrong(
    tx: &Transaction<'_>,
    phone: &Phone,
    patient: Option<&PatientId>,
    who: Option<&str>,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let sql = "DELETE FROM wrong_numbers WHERE phone = ?1 AND (?2 IS NULL OR patient_id = ?2)";
    let removed = tx.execute(sql, (phone.dial(), patient.map(|patient| &patient.0)))?;
    if removed > 0 {
        audit::note(tx, &Entry { phone: Some(phone), who, ..Entry::new(now, Act::WrongNumberLifted) })?;
    }
    Ok(removed)
}

/// All wrong numbers, latest first.
pub(crate) fn list_wrong(connection: &Connection) -> Result<Vec<WrongNumber>, StoreError> {
    let sql = "SELECT phone, patient_id, at, who FROM wrong_numbers ORDER BY at DESC, phone, patient_id";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(phone) = Phone::from_e164(&row.get::<_, String>(0)?) else { continue };
        let (patient, at, who) = (PatientId(row.get(1)?), instant(row.get(2)?), row.get(3)?);
        found.push(WrongNumber { phone, patient, at, who });
    }
    Ok(found)
}

/// The patients whose appointments have this number, in any spelling read for a country.
pub(crate) fn patients_of(connection: &Connection, country: &str, phone: &Phone) -> Result<Vec<PatientId>, StoreError> {
    let sql = "SELECT DISTINCT a.patient_id FROM known_spellings AS s JOIN appointments AS a ON a.phone = s.spelling
               WHERE s.country = ?1 AND s.e164 = ?2 ORDER BY a.patient_id";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map((country, phone.dial()), |row| row.get(0).map(PatientId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection::open;

    #[test]
    fn what_the_patient_writes_after_the_front_desk_counts_as_the_patients() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open::read_write(&folder.path().join("a.db")).unwrap();
        let at = |second: i64| DateTime::from_timestamp(second, 0).unwrap();
        let [one, other] = ["+13035550101", "+13035550102"].map(|number| Phone::from_e164(number).unwrap());
        for phone in [&one, &other] {
            assert!(add(&connection, phone, Source::Desk, Some("kim"), at(1)).unwrap());
        }
        assert!(!add(&connection, &one, Source::Reply, None, at(2)).unwrap());
        let found = |phone| of(&connection, phone).unwrap().unwrap();
        assert_eq!((found(&one).source, found(&one).at), (Source::Reply, at(2)));
        assert_eq!((found(&other).source, found(&other).at), (Source::Desk, at(1)));
        // The front desk takes nothing over from the patient.
        assert!(!add(&connection, &one, Source::Desk, Some("kim"), at(3)).unwrap());
        assert_eq!(found(&one).source, Source::Reply);
    }
}
