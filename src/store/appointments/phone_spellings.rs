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
    const AMONG_ALL: &str = "SELECT DISTINCT phone FROM appointments AS a WHERE phone IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM main.phone_spellings AS s WHERE s.country = :country AND s.spelling = a.phone)
        AND NOT EXISTS (SELECT 1 FROM temp.new_spellings AS s WHERE s.country = :country AND s.spelling = a.phone)";
    // What the daemon has planned, it has read.
    const AMONG_CHANGED: &str =
        "SELECT phone FROM (SELECT phone FROM replan_queue UNION SELECT phone FROM unplannable) AS a WHERE phone <> ''
        AND NOT EXISTS (SELECT 1 FROM main.phone_spellings AS s WHERE s.country = :country AND s.spelling = a.phone)
        AND NOT EXISTS (SELECT 1 FROM temp.new_spellings AS s WHERE s.country = :country AND s.spelling = a.phone)";
    let code = country.code();
    let is_known = daemon_state::plans_for(connection, country)?;
    let mut statement = connection.prepare_cached(if is_known { AMONG_CHANGED } else { AMONG_ALL })?;
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
