//! Checks that the database file is intact and has Leadtime's schema.

use std::path::Path;

use rusqlite::Connection;

use crate::domain::ids::one_line;
use crate::store::connection::error::StoreError;
use crate::store::connection::{open, schema};

/// The most flaws to list.
const MOST: usize = 10;

/// The differences from Leadtime's schema or, if there are none, what SQLite's `quick_check` finds wrong with the file.
/// An empty list means the file is intact. Reads every page through a connection of its own, in parallel with any
/// writer; takes about a second per few hundred thousand appointments.
pub fn flaws(path: &Path) -> Result<Vec<String>, StoreError> {
    flaws_of(&open::read_only(path)?)
}

/// Same as [`flaws`], for an open database.
pub(crate) fn flaws_of(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let differences = schema::differences(connection)?;
    if !differences.is_empty() {
        return Ok(differences);
    }
    let mut statement = connection.prepare(&format!("PRAGMA main.quick_check({MOST})"))?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>();
    match rows.map_err(StoreError::from) {
        Ok(rows) => Ok(rows.iter().filter(|row| *row != "ok").map(|row| one_line(row)).collect()),
        Err(StoreError::Damaged) => Ok(vec!["it cannot be read to the end".to_owned()]),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_page_is_found_and_an_intact_file_has_no_flaws() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let connection = open::read_write(&path).unwrap();
        let booked = "INSERT INTO appointments (id, patient_id, starts_at, status)
            WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500)
            SELECT 'v' || i, 'p', '2030-03-10T15:00:00Z', 'booked' FROM n";
        connection.execute_batch(booked).unwrap();
        connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        assert_eq!(flaws(&path).unwrap(), Vec::<String>::new());
        let page: u64 = connection
            .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'appointments_by_start'", [], |r| r.get(0))
            .map(|page: i64| page.unsigned_abs())
            .unwrap();
        drop(connection);
        let mut bytes = std::fs::read(&path).unwrap();
        let begin = usize::try_from(page - 1).unwrap() * 4096;
        bytes[begin..begin + 4096].fill(0x5A);
        std::fs::write(&path, bytes).unwrap();
        assert!(!flaws(&path).unwrap().is_empty());
    }
}
