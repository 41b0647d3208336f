//! Sessions, logins that work once, and browsers that logged in before. Only hashes of the tokens are stored.

use chrono::{DateTime, TimeDelta, Utc};
use ring::digest;
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::domain::desk_user::DeskUser;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::desk::users;

/// Browsers that are remembered for a user, so that wrong passwords from elsewhere do not block them.
const DEVICES: i64 = 20;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A user who is logged in.
    Session,
    /// One login without a password.
    Once,
    /// A browser from which a user has logged in.
    Device,
}

impl Kind {
    fn code(self) -> &'static str {
        match self {
            Kind::Session => "session",
            Kind::Once => "once",
            Kind::Device => "device",
        }
    }
}

/// A token as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    kind: Kind,
    hash: String,
}

impl Token {
    /// The token that a browser sent.
    pub(crate) fn of(secret: &str, kind: Kind) -> Token {
        let hash = digest::digest(&digest::SHA256, secret.as_bytes());
        Token { kind, hash: hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect() }
    }

    /// Its hash, which identifies it in memory.
    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }
}

/// What is known of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// Whose it is.
    pub(crate) user: DeskUser,
    /// When it was given.
    pub(crate) began: DateTime<Utc>,
    /// When it was last used.
    pub(crate) seen: DateTime<Utc>,
}

/// Stores a token. Of the browsers of a user, only the latest are kept.
pub(crate) fn add(tx: &Transaction<'_>, token: &Token, user: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    const ADD: &str = "INSERT INTO desk_tokens (hash, kind, user, began_at, seen_at) VALUES (?1, ?2, ?3, ?4, ?4)";
    tx.prepare_cached(ADD)?.execute((&token.hash, token.kind.code(), user, now.timestamp()))?;
    const OLD: &str = "DELETE FROM desk_tokens WHERE kind = 'device' AND user = ?1 AND hash NOT IN (
        SELECT hash FROM desk_tokens WHERE kind = 'device' AND user = ?1 ORDER BY seen_at DESC, hash LIMIT ?2)";
    tx.prepare_cached(OLD)?.execute((user, DEVICES))?;
    Ok(())
}

/// What is known of a token.
pub(crate) fn find(connection: &Connection, token: &Token) -> Result<Option<Known>, StoreError> {
    const FIND: &str = "SELECT user, began_at, seen_at FROM desk_tokens WHERE hash = ?1 AND kind = ?2";
    let found: Option<(String, i64, i64)> = connection
        .prepare_cached(FIND)?
        .query_row((&token.hash, token.kind.code()), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((name, began, seen)) = found else { return Ok(None) };
    let user = users::named(connection, &name)?;
    Ok(user.map(|stored| Known { user: stored.user, began: instant(began), seen: instant(seen) }))
}

/// The token was used.
pub(crate) fn seen(tx: &Transaction<'_>, token: &Token, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE desk_tokens SET seen_at = max(seen_at, ?2) WHERE hash = ?1";
    tx.prepare_cached(sql)?.execute((&token.hash, now.timestamp()))?;
    Ok(())
}

/// Deletes a token. Returns whether there was one.
pub(crate) fn remove(tx: &Transaction<'_>, token: &Token) -> Result<bool, StoreError> {
    Ok(tx.prepare_cached("DELETE FROM desk_tokens WHERE hash = ?1")?.execute([&token.hash])? > 0)
}

/// Deletes sessions and one-time logins that began before `ended`, and browsers that were not used for a year.
pub(crate) fn forget(tx: &Transaction<'_>, ended: DateTime<Utc>, now: DateTime<Utc>) -> Result<usize, StoreError> {
    const OLD: &str = "DELETE FROM desk_tokens WHERE (kind <> 'device' AND began_at < ?1) OR seen_at < ?2";
    let a_year_ago = (now - TimeDelta::days(365)).timestamp();
    Ok(tx.prepare_cached(OLD)?.execute((ended.timestamp(), a_year_ago))?)
}

/// Ends every session, as after a restore.
pub(crate) fn end_all(tx: &Transaction<'_>) -> Result<usize, StoreError> {
    Ok(tx.execute("DELETE FROM desk_tokens", [])?)
}
