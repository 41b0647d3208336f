//! Finds appointments by a part of a patient's name, in any case and with or without accents.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::domain::ids::AppointmentId;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::{any_text, text};

/// An appointment whose patient has the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WithName(i64);

impl WithName {
    /// Its id, and its location as written.
    pub(crate) fn read(self, connection: &Connection) -> Result<(AppointmentId, Option<String>), StoreError> {
        let mut statement = connection.prepare_cached("SELECT id, location FROM appointments WHERE rowid = ?1")?;
        let read = |row: &Row<'_>| Ok((AppointmentId(any_text(row, 0)?.unwrap_or_default()), text(row, 1)?));
        Ok(statement.query_row([self.0], read)?)
    }
}

// Only columns of the index: reading one more column of each appointment takes ten times as long.
const COMING: &str = "SELECT first_name, last_name, rowid FROM appointments INDEXED BY appointments_by_start
    WHERE starts_unix > ?1 ORDER BY starts_unix";
const PAST: &str = "SELECT first_name, last_name, rowid FROM appointments INDEXED BY appointments_by_start
    WHERE starts_unix <= ?1 ORDER BY starts_unix DESC";

/// Every appointment whose patient's name contains each of the words: those to come, soonest first, then past ones, latest
/// first.
pub(crate) fn with_name(connection: &Connection, words: &str, now: DateTime<Utc>) -> Result<Vec<WithName>, StoreError> {
    let mut wanted = String::new();
    fold_into(&mut wanted, words);
    let wanted: Vec<&str> = wanted.split_whitespace().collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let (mut found, mut name) = (Vec::new(), String::new());
    for part in [COMING, PAST] {
        let mut statement = connection.prepare_cached(part)?;
        let mut rows = statement.query([now.timestamp()])?;
        while let Some(row) = rows.next()? {
            name.clear();
            for column in [0, 1] {
                let part = row.get_ref(column)?.as_bytes_or_null().unwrap_or_default().unwrap_or_default();
                match std::str::from_utf8(part) {
                    Ok(part) => fold_into(&mut name, part),
                    Err(_) => fold_into(&mut name, &String::from_utf8_lossy(part)),
                }
                name.push(' ');
            }
            if wanted.iter().all(|word| name.contains(word)) {
                found.push(WithName(row.get(2)?));
            }
        }
    }
    Ok(found)
}

/// Appends a name in lower case and without accents; apostrophes and hyphens are left out, as people leave them out.
fn fold_into(folded: &mut String, name: &str) {
    let keeps = |c: char| c.is_alphanumeric() || c.is_whitespace();
    if name.is_ascii() {
        folded.extend(name.chars().filter(|c| keeps(*c)).map(|c| c.to_ascii_lowercase()));
        return;
    }
    let letters = name.nfkd().filter(|c| !is_combining_mark(*c) && keeps(*c));
    folded.extend(letters.flat_map(char::to_lowercase));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection::open;

    #[test]
    fn any_part_of_a_name_finds_its_appointments() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open::read_write(&folder.path().join("a.db")).unwrap();
        for (id, first, last, day) in [
            ("a1", "José María", "Núñez-O'Brien", "2026-12-03"),
            ("a2", "JOSE", "Smith", "2026-12-04"),
            ("a3", "Ann", "Lee", "2026-12-02"),
            ("a4", "安娜", "王", "2026-12-01"),
        ] {
            let sql = "INSERT INTO appointments (id, patient_id, first_name, last_name, status, starts_at)
                VALUES (?1, ?1, ?2, ?3, 'booked', ?4)";
            connection.execute(sql, (id, first, last, format!("{day}T17:00:00Z"))).unwrap();
        }
        let now = "2026-12-02T17:00:00Z".parse().unwrap();
        let found = |words: &str| {
            let found = with_name(&connection, words, now).unwrap();
            found.into_iter().map(|one| one.read(&connection).unwrap().0.0).collect::<Vec<_>>()
        };
        for (words, ids) in [
            ("jose", vec!["a1", "a2"]),
            ("JOSÉ", vec!["a1", "a2"]),
            ("núñez", vec!["a1"]),
            ("obrien", vec!["a1"]),
            ("o'brien jos", vec!["a1"]),
            ("nunez-obrien", vec!["a1"]),
            ("lee, ann", vec!["a3"]),
            ("e", vec!["a1", "a2", "a3"]),
            ("王", vec!["a4"]),
            ("%", vec![]),
            ("", vec![]),
            ("zz", vec![]),
        ] {
            assert_eq!(found(words), ids, "{words}");
        }
    }
}
