//! Checks that the tables, indexes and triggers of a database are those of the migrations: a database from elsewhere
//! could have a trigger that drops opt-outs.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::domain::ids::one_line;
use crate::store::connection::error::StoreError;
use crate::store::connection::open;

/// The most differences to list.
const MOST: usize = 5;

/// Type and name of a schema object; SQLite compares names case-insensitively.
type Name = (String, String);

/// The table an object belongs to, and its SQL; SQLite's own indexes have none.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Object {
    table: String,
    sql: Option<String>,
}

fn objects(connection: &Connection) -> Result<BTreeMap<Name, Object>, StoreError> {
    let mut statement = connection.prepare("SELECT type, name, tbl_name, sql FROM main.sqlite_schema")?;
    let rows = statement.query_map([], |row| {
        let name: String = row.get(1)?;
        let table: String = row.get(2)?;
        let object = Object { table: table.to_ascii_lowercase(), sql: row.get(3)? };
        Ok(((row.get(0)?, name.to_ascii_lowercase()), object))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The differences from the schema of the database's own version. An empty list means the schema is ours; other
/// programs' tables are allowed.
pub(crate) fn differences(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let found = objects(connection)?;
    let expected = objects(&open::empty_of_the_same_version(connection)?)?;
    let mut flaws = Vec::new();
    for ((kind, name), object) in &expected {
        match found.get(&(kind.clone(), name.clone())) {
            Some(same) if same == object => {}
            Some(_) => flaws.push(format!("the {kind} {name} was changed")),
            None => flaws.push(format!("the {kind} {name} is missing")),
        }
    }
    let foreign = found.iter().filter(|(key, _)| !expected.contains_key(*key));
    for ((kind, name), object) in foreign {
        let is_plain_table = kind == "table"
            && object.sql.as_ref().is_none_or(|sql| !sql.to_ascii_uppercase().starts_with("CREATE VIRTUAL"));
        // An index on another program's table.
        let is_beside = kind == "index" && !expected.contains_key(&("table".to_owned(), object.table.clone()));
        if !is_plain_table && !is_beside {
            let a = if kind == "index" { "an" } else { "a" };
            flaws.push(format!("{a} {kind} {name} was added"));
        }
    }
    flaws.truncate(MOST);
    Ok(flaws.iter().map(|flaw| one_line(flaw)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_changed_and_removed_objects_are_found_and_other_programs_tables_are_ignored() {
        for (sql, flaw) in [
            ("CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)", None),
            ("CREATE TABLE t (a); CREATE INDEX on_theirs ON t (a); ANALYZE", None),
            (
                "CREATE TRIGGER swallow BEFORE INSERT ON opt_outs BEGIN SELECT RAISE(IGNORE); END",
                Some("a trigger swallow was added"),
            ),
            (
                "CREATE TABLE t (a); CREATE TRIGGER far AFTER INSERT ON t BEGIN DELETE FROM opt_outs; END",
                Some("a trigger far was added"),
            ),
            ("CREATE VIEW v AS SELECT 1", Some("a view v was added")),
            ("CREATE INDEX slow ON Reminders (phone, rule)", Some("an index slow was added")),
            ("DROP TRIGGER reminders_legal_moves", Some("the trigger reminders_legal_moves is missing")),
            (
                "DROP TRIGGER opt_outs_after_insert;
                 CREATE TRIGGER opt_outs_after_insert AFTER INSERT ON opt_outs BEGIN SELECT 1; END",
                Some("the trigger opt_outs_after_insert was changed"),
            ),
            ("ALTER TABLE opt_outs ADD COLUMN x TEXT", Some("the table opt_outs was changed")),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let connection = open::read_write(&folder.path().join("a.db")).unwrap();
            connection.execute_batch(sql).unwrap();
            let found = differences(&connection).unwrap();
            assert_eq!(found.first().map(String::as_str), flaw, "{sql}");
        }
    }
}
