//! Finds appointments by a part of a patient's name, in any case and with or without accents.

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::domain::ids::AppointmentId;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::{any_text, instant, text};

/// An appointment whose patient has the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WithName {
    /// The appointment.
    pub(crate) id: AppointmentId,
    /// Its start.
    pub(crate) start: DateTime<Utc>,
    /// Its location as written.
    pub(crate) location: Option<String>,
}

/// Every appointment whose patient's name contains each of the words.
pub(crate) fn with_name(connection: &Connection, words: &str) -> Result<Vec<WithName>, StoreError> {
    let mut wanted = String::new();
    fold_into(&mut wanted, words);
    let wanted: Vec<&str> = wanted.split_whitespace().collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached("SELECT first_name, last_name, rowid FROM appointments")?;
    // Only for those with the name: reading the start costs more than reading the name.
    let mut rest = connection.prepare_cached("SELECT id, starts_unix, location FROM appointments WHERE rowid = ?1")?;
    let mut rows = statement.query([])?;
    let (mut found, mut name) = (Vec::new(), String::new());
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
            found.push(rest.query_row([row.get::<_, i64>(2)?], |row| {
                Ok(WithName {
                    id: AppointmentId(any_text(row, 0)?.unwrap_or_default()),
                    start: instant(row.get(1)?),
                    location: text(row, 2)?,
                })
            })?);
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
        for (id, first, last) in
            [("a1", "José María", "Núñez-O'Brien"), ("a2", "JOSE", "Smith"), ("a3", "Ann", "Lee"), ("a4", "安娜", "王")]
        {
            let sql = "INSERT INTO appointments (id, patient_id, first_name, last_name, status, starts_at)
                VALUES (?1, ?1, ?2, ?3, 'booked', '2026-12-01T17:00:00Z')";
            connection.execute(sql, (id, first, last)).unwrap();
        }
        let found = |words: &str| {
            let found = with_name(&connection, words).unwrap();
            found.into_iter().map(|one| one.id.0).collect::<Vec<_>>()
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
