//! The lookup table spelling -> E.164: resolves a phone number as written to the actual number.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, named_params};

use crate::domain::phone::{self, Country, Phone, Reading};
use crate::store::appointments::opt_outs;
use crate::store::connection::error::StoreError;
use crate::store::planning::daemon_state;

/// Where newly read spellings are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// In the database.
    Stored,
    /// In this connection's memory: the command must not write.
    Temporary,
}

/// Reads every spelling in the appointments that has not been read for this country yet.
pub(crate) fn learn_all(connection: &Connection, country: Country, keep: Keep) -> Result<(), StoreError> {
    // What the daemon has planned for this country, it has read.
    let source = match daemon_state::plans_for(connection, country)? {
        true => "SELECT phone FROM replan_queue UNION SELECT phone FROM unplannable",
        false => "SELECT DISTINCT phone FROM appointments",
    };
    let sql = format!(
        "SELECT phone FROM ({source}) AS a WHERE phone <> ''
         AND NOT EXISTS (SELECT 1 FROM main.phone_spellings AS s WHERE s.country = :country AND s.spelling = a.phone)
         AND NOT EXISTS (SELECT 1 FROM temp.new_spellings AS s WHERE s.country = :country AND s.spelling = a.phone)"
    );
    let code = country.code();
    let mut statement = connection.prepare_cached(&sql)?;
    let spellings: Vec<String> = statement
        .query_map(named_params! {":country": code}, |row| crate::store::connection::rows::any_text(row, 0))?
        .flat_map(Result::transpose)
        .collect::<Result<_, _>>()?;
    for spelling in spellings {
        insert(connection, country, &spelling, &phone::read(&spelling, country), keep)?;
    }
    Ok(())
}

/// Resolves a spelling; reads it and stores the result if it is not known. A spelling with a refusal opts its number
/// out permanently: a later, clean spelling does not lift that.
pub(crate) fn learn(
    connection: &Connection,
    country: Country,
    spelling: &str,
    now: DateTime<Utc>,
) -> Result<Reading, StoreError> {
    if let Some(reading) = known(connection, country, spelling)? {
        return Ok(reading);
    }
    let reading = phone::read(spelling, country);
    insert(connection, country, spelling, &reading, Keep::Stored)?;
    if reading.refusal {
        // The opt-out applies to everyone with one of these numbers: revoking consent is about the number (47 CFR
        // 64.1200(a)(10)).
        for phone in reading.phone.iter().chain(&reading.also_refused) {
            opt_outs::add(connection, phone, opt_outs::Source::Feed, None, now)?;
        }
    }
    Ok(reading)
}

/// The stored reading of a spelling, if there is one.
pub(crate) fn known(connection: &Connection, country: Country, spelling: &str) -> Result<Option<Reading>, StoreError> {
    const KNOWN: &str = "SELECT e164, valid, refusal FROM known_spellings WHERE country = ?1 AND spelling = ?2";
    let found = connection.prepare_cached(KNOWN)?.query_row((country.code(), spelling), |row| {
        let e164: Option<String> = row.get(0)?;
        let phone = e164.as_deref().and_then(Phone::from_e164);
        let valid = row.get(1)?;
        Ok(Reading { phone, valid, textable: valid, refusal: row.get(2)?, also_refused: Vec::new() })
    });
    Ok(found.optional()?)
}

fn insert(
    connection: &Connection,
    country: Country,
    spelling: &str,
    reading: &Reading,
    keep: Keep,
) -> Result<(), StoreError> {
    let statement = match keep {
        Keep::Stored => {
            "INSERT INTO main.phone_spellings (country, spelling, e164, valid, refusal) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING"
        }
        Keep::Temporary => {
            "INSERT INTO temp.new_spellings (country, spelling, e164, valid, refusal) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING"
        }
    };
    let e164 = reading.phone.as_ref().map(Phone::dial);
    connection.prepare_cached(statement)?.execute((
        country.code(),
        spelling,
        e164,
        reading.valid && reading.textable,
        reading.refusal,
    ))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection::open;
    use crate::store::in_transaction;

    /// Once the daemon has planned for a country, only what changed since is looked at; for any other country, all is.
    #[test]
    fn every_spelling_is_read_whether_the_daemon_has_planned_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = open::read_write(&folder.path().join("a.db")).unwrap();
        let (us, gb) = (Country::US, "GB".parse::<Country>().unwrap());
        let book = |connection: &Connection, id: &str, phone: &str| {
            let sql = "INSERT INTO appointments (id, patient_id, phone, status, starts_at)
                VALUES (?1, ?1, ?2, 'booked', '2036-12-01T17:00:00Z')";
            connection.execute(sql, (id, phone)).unwrap();
        };
        let is_known = |connection: &Connection, country, spelling| {
            learn_all(connection, country, Keep::Temporary).unwrap();
            known(connection, country, spelling).unwrap().is_some()
        };
        book(&connection, "a", "303-555-0101");
        assert!(is_known(&connection, us, "303-555-0101"), "it has never planned");
        in_transaction(&mut connection, |tx| daemon_state::set_plan_basis(tx, "basis", us)).unwrap();
        connection.execute("DELETE FROM replan_queue", []).unwrap();
        book(&connection, "b", "303-555-0102");
        assert!(is_known(&connection, us, "303-555-0102"), "it waits to be planned");
        connection.execute("INSERT INTO unplannable VALUES ('303-555-0103', 'c', 1, 1)", []).unwrap();
        assert!(is_known(&connection, us, "303-555-0103"), "it could not be planned");
        connection.execute("DELETE FROM replan_queue", []).unwrap();
        assert!(is_known(&connection, gb, "303-555-0102"), "another country reads everything anew");
    }
}
