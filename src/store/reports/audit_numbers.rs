//! Which phone numbers the audit's rows are about. The audit has only keyed hashes of them; a number that is still known
//! from another table is found by its hash.

use std::collections::{BTreeMap, HashMap};

use rusqlite::Connection;

use crate::domain::phone::Phone;
use crate::store::connection::error::StoreError;
use crate::store::ledger::audit::keyed_hash;

/// The numbers of the rows, by row.
pub(crate) fn known(connection: &Connection) -> Result<BTreeMap<i64, Phone>, StoreError> {
    const HASHED: &str = "SELECT id, number_hash FROM audit WHERE number_hash IS NOT NULL";
    const NUMBERS: &str = "SELECT phone FROM opt_outs UNION SELECT phone FROM opt_outs_lifted
        UNION SELECT phone FROM wrong_numbers UNION SELECT phone FROM attempts
        UNION SELECT e164 FROM phone_spellings WHERE e164 IS NOT NULL";
    let mut statement = connection.prepare(HASHED)?;
    let rows: Vec<(i64, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    if rows.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut statement = connection.prepare(NUMBERS)?;
    let numbers: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut by_hash = HashMap::new();
    for phone in numbers.iter().filter_map(|number| Phone::from_e164(number)) {
        by_hash.insert(keyed_hash(connection, phone.dial())?, phone);
    }
    Ok(rows.into_iter().filter_map(|(id, hash)| Some((id, by_hash.get(&hash)?.clone()))).collect())
}
