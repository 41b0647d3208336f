//! The users of the page and the hashes of their passwords.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use crate::domain::desk_user::{DeskUser, Role, Scope};
use crate::domain::operator::Operator;
use crate::domain::private::Private;
use crate::store::connection::error::StoreError;
use crate::store::ledger::audit::{self, Act, Entry};

/// A user as stored.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// The user.
    pub(crate) user: DeskUser,
    /// The hash of the password.
    pub(crate) password: Private<String>,
}

const COLUMNS: &str = "name, role, locations, password";

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let (role, locations): (String, Option<String>) = (row.get(1)?, row.get(2)?);
    let scope = locations.map_or(Scope::All, |json| {
        // A list that cannot be read shows nothing, rather than everything.
        let ids: BTreeSet<String> = serde_json::from_str(&json).unwrap_or_default();
        Scope::Only(ids.into_iter().map(|id| Some(id).filter(|id| !id.is_empty())).collect())
    });
    let role = Role::from_code(&role).unwrap_or(Role::Look);
    Ok(Stored { user: DeskUser { name: row.get(0)?, role, scope }, password: Private(row.get(3)?) })
}

/// All users, by name.
pub(crate) fn list(connection: &Connection) -> Result<Vec<DeskUser>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM desk_users ORDER BY name"))?;
    let rows = statement.query_map([], stored)?;
    Ok(rows.map(|row| row.map(|stored| stored.user)).collect::<Result<_, _>>()?)
}

/// The user with a name.
pub(crate) fn named(connection: &Connection, name: &str) -> Result<Option<Stored>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM desk_users WHERE name = ?1"))?;
    Ok(statement.query_row([name], stored).optional()?)
}

/// All users with their hashes, by name.
pub(crate) fn stored_list(connection: &Connection) -> Result<Vec<Stored>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM desk_users ORDER BY name"))?;
    Ok(statement.query_map([], stored)?.collect::<Result<_, _>>()?)
}

/// Puts these users in place of all others, as after a restore. Without any known, those that are there keep their names
/// and lose their passwords: one of them may have been removed since. Returns how many have none now.
pub(crate) fn after_restore(
    tx: &Transaction<'_>,
    known: Option<&[Stored]>,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let Some(known) = known else { return Ok(tx.execute("UPDATE desk_users SET password = ''", [])?) };
    tx.execute("DELETE FROM desk_users", [])?;
    for one in known {
        write(tx, &one.user, &one.password.0, now)?;
    }
    Ok(0)
}

/// Whether there is a user.
pub(crate) fn exist(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM desk_users)")?.query_row([], |row| row.get(0))?)
}

fn note(
    tx: &Transaction<'_>,
    act: Act,
    name: &str,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    audit::note(tx, &Entry { code: Some(name), who: operator.who, why: operator.why, ..Entry::new(now, act) })
}

fn write(tx: &Transaction<'_>, user: &DeskUser, password: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let locations = match &user.scope {
        Scope::All => None,
        Scope::Only(own) => {
            let ids: Vec<&str> = own.iter().map(|id| id.as_deref().unwrap_or_default()).collect();
            Some(serde_json::json!(ids).to_string())
        }
    };
    const PUT: &str = "INSERT INTO desk_users (name, role, locations, password, changed_at) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT DO UPDATE SET role = excluded.role, locations = excluded.locations";
    tx.prepare_cached(PUT)?.execute((&user.name, user.role.code(), locations, password, now.timestamp()))?;
    Ok(())
}

/// Adds a user, or changes the role and the locations of one. Returns whether the user is new.
pub(crate) fn put(
    tx: &Transaction<'_>,
    user: &DeskUser,
    password: Option<&str>,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let is_new = named(tx, &user.name)?.is_none();
    write(tx, user, password.unwrap_or_default(), now)?;
    note(tx, if is_new { Act::UserAdded } else { Act::UserChanged }, &user.name, operator, now)?;
    Ok(is_new)
}

/// Sets a password and ends the user's sessions. Returns whether there is such a user.
pub(crate) fn set_password(
    tx: &Transaction<'_>,
    name: &str,
    password: &str,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    const SET: &str = "UPDATE desk_users SET password = ?2, changed_at = ?3 WHERE name = ?1";
    if tx.prepare_cached(SET)?.execute((name, password, now.timestamp()))? == 0 {
        return Ok(false);
    }
    tx.prepare_cached("DELETE FROM desk_tokens WHERE user = ?1")?.execute([name])?;
    note(tx, Act::PasswordChanged, name, operator, now)?;
    Ok(true)
}

/// Removes a user with all sessions. Returns whether there was one.
pub(crate) fn remove(
    tx: &Transaction<'_>,
    name: &str,
    operator: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    if tx.prepare_cached("DELETE FROM desk_users WHERE name = ?1")?.execute([name])? == 0 {
        return Ok(false);
    }
    note(tx, Act::UserRemoved, name, operator, now)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection::open;
    use crate::store::desk::tokens::{self, Token};
    use crate::store::in_transaction;

    #[test]
    fn a_user_is_added_changed_and_removed_and_the_other_stays() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = open::read_write(&folder.path().join("a.db")).unwrap();
        let at = |second: i64| DateTime::from_timestamp(second, 0).unwrap();
        let by = Operator { who: Some("root"), why: None };
        let user = |name: &str, role, scope| DeskUser { name: name.to_owned(), role, scope };
        let south = Scope::Only([Some("south".to_owned()), None].into());
        in_transaction(&mut connection, |tx| {
            assert!(put(tx, &user("kim", Role::Desk, Scope::All), Some("h1"), by, at(1))?);
            assert!(put(tx, &user("lee", Role::Look, south.clone()), Some("h2"), by, at(1))?);
            for name in ["kim", "lee"] {
                tokens::add(tx, &Token::of(name, tokens::Kind::Session), name, at(2))?;
            }
            assert!(!put(tx, &user("kim", Role::Manager, Scope::All), None, by, at(3))?);
            assert!(set_password(tx, "kim", "h3", by, at(4))?);
            assert!(!set_password(tx, "none", "h3", by, at(4))?);
            Ok(())
        })
        .unwrap();
        let kim = named(&connection, "kim").unwrap().unwrap();
        assert_eq!((kim.user.role, kim.password.0.as_str()), (Role::Manager, "h3"));
        let sessions = |name: &str| tokens::find(&connection, &Token::of(name, tokens::Kind::Session)).unwrap();
        assert!(sessions("kim").is_none(), "a new password ends the sessions");
        assert_eq!(sessions("lee").unwrap().user, user("lee", Role::Look, south.clone()));
        in_transaction(&mut connection, |tx| {
            assert!(remove(tx, "kim", by, at(5))? && !remove(tx, "kim", by, at(5))?);
            Ok(())
        })
        .unwrap();
        assert_eq!(list(&connection).unwrap(), [user("lee", Role::Look, south)]);
    }
}
