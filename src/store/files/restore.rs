//! Restores the database from a backup: the backup is checked first, and the current database is kept under another
//! name, never deleted.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::store::connection::error::StoreError;
use crate::store::connection::place::folder_of;
use crate::store::connection::store::in_transaction;
use crate::store::connection::{integrity, lock, open};
use crate::store::desk::tokens;
use crate::store::files::backup::{BEGUN, NOT_WHOLE, copy_into, sync_folder};
use crate::store::files::carry_over::{self, CarriedOver, Notes};
use crate::store::ledger::audit::{self, Act, Entry};
use crate::store::ledger::messages;
use crate::store::outcomes::outbox;
use crate::store::planning::daemon_state;

/// Files SQLite keeps next to a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The suffix for a previous database that is kept; a time follows.
const ASIDE: &str = ".before-restore-";

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// An error of the database or the backup.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A daemon is running.
    #[error("Leadtime is running on {0}, so nothing was changed; stop it first: systemctl stop leadtime")]
    Running(PathBuf),
    /// Another program is writing.
    #[error("another program is writing to {0}, so nothing was changed; wait until it is done, then try again")]
    InUse(PathBuf),
    /// The backup is the database itself.
    #[error("{0} is the database itself; name the backup to restore")]
    Itself(PathBuf),
    /// The file does not exist, or is something else.
    #[error(
        "{0} is not a backup of a Leadtime database, or it is damaged. Nothing was changed; look for another backup in the folder of [backup]"
    )]
    NoCopy(PathBuf),
    /// The backup is damaged.
    #[error("{path} is damaged, so nothing was changed: {flaws}. Use an older backup")]
    Damaged {
        /// The backup.
        path: PathBuf,
        /// What is wrong with it.
        flaws: String,
    },
    /// A file cannot be read or written.
    #[error("{what} {path}: {source}; the current database is unchanged, or was kept next to it under another name")]
    File {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The daemon's last heartbeat in the backup: the daemon catches up with later events when it starts.
    pub last_sign: Option<DateTime<Utc>>,
    /// Where the previous database is now; none if there was none.
    pub aside: Option<PathBuf>,
    /// How many attempts to send a text the backup has.
    pub attempts: u64,
    /// How many appointments it has.
    pub appointments: u64,
    /// The notes carried over from the previous database; none if it could not be read or there was none.
    pub(crate) carried: Option<CarriedOver>,
    /// Users of the page who need a new password, because the previous database could not be read.
    pub(crate) without_password: usize,
}

/// Puts the backup in the database's place. `who`: who does it, for the audit.
pub fn restore(
    copy: &Path,
    database: &Path,
    stamp: &str,
    who: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Restored, RestoreError> {
    let file = |what, path: &Path| {
        let path = path.to_owned();
        move |source| RestoreError::File { what, path, source }
    };
    if database.exists() && copy.canonicalize().ok() == database.canonicalize().ok() {
        return Err(RestoreError::Itself(copy.to_owned()));
    }
    // Checked before taking the lock: a lock file without a database would suggest that there had been one.
    let source = checked(copy)?;
    let taken = lock::take(database).map_err(file("cannot create the lock file next to", database))?;
    // Also if nothing is restored in the end: the service could not take a lock file owned by root.
    give_to_owner(&lock::path_of(database), database)
        .map_err(file("cannot give the service's user ownership of", database))?;
    let Some(_lock) = taken else { return Err(RestoreError::Running(database.to_owned())) };
    if is_being_written(database) {
        return Err(RestoreError::InUse(database.to_owned()));
    }
    // The backup is copied again so that it stays unchanged; the new copy is checked and upgraded in the folder where
    // it will be used.
    let folder = folder_of(database);
    let fresh = tempfile::Builder::new().prefix(BEGUN).suffix(NOT_WHOLE).tempfile_in(folder);
    let fresh = fresh.map_err(file("cannot write to", folder))?.into_temp_path();
    copy_into(&source, &fresh)?;
    drop(source);
    let notes = carry_over::notes(database);
    let restored = brought_up_to_date(&fresh, notes.as_ref(), who, now)?;
    drop(notes);
    for path in [&fresh as &Path, folder] {
        sync_folder(path).map_err(file("cannot write", path))?;
    }
    give_to_owner(&fresh, database).map_err(file("cannot give the service's user ownership of", &fresh))?;
    let aside = set_aside(database, stamp)?;
    fresh
        .persist(database)
        .map_err(|error| file("cannot put the restored database in place as", database)(error.error))?;
    sync_folder(folder).map_err(file("cannot write", folder))?;
    Ok(Restored { aside, ..restored })
}

/// Gives a file created by root to the owner of the database, or of its folder if there is none: otherwise the service
/// could not open its own database.
fn give_to_owner(path: &Path, database: &Path) -> io::Result<()> {
    let (own, wanted) = (path.metadata()?, database.metadata().or_else(|_| folder_of(database).metadata())?);
    if (own.uid(), own.gid()) == (wanted.uid(), wanted.gid()) || own.uid() != 0 {
        return Ok(());
    }
    std::os::unix::fs::chown(path, Some(wanted.uid()), Some(wanted.gid()))
}

/// Whether another program is writing right now. A damaged or missing file is no reason to wait.
fn is_being_written(database: &Path) -> bool {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let Ok(connection) = Connection::open_with_flags(database, flags) else { return false };
    // The last connection to close would write the log into the file; a damaged database is kept as found.
    let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    matches!(connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK").map_err(StoreError::from), Err(StoreError::Busy))
}

/// Opens the backup if it is ours, intact, and not from a newer version.
fn checked(copy: &Path) -> Result<Connection, RestoreError> {
    let connection = match open::any_version(copy) {
        Err(StoreError::Missing(_) | StoreError::NotOurs(_)) => return Err(RestoreError::NoCopy(copy.to_owned())),
        other => other?,
    };
    let version: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|_| RestoreError::NoCopy(copy.to_owned()))?;
    if version == 0 {
        return Err(RestoreError::NoCopy(copy.to_owned()));
    }
    let flaws = integrity::flaws_of(&connection)?;
    match flaws.is_empty() {
        true => Ok(connection),
        false => Err(RestoreError::Damaged { path: copy.to_owned(), flaws: flaws.join("; ") }),
    }
}

fn brought_up_to_date(
    fresh: &Path,
    notes: Option<&Notes>,
    who: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Restored, StoreError> {
    let mut connection = open::read_write(fresh)?;
    let last_sign = daemon_state::last_beat(&connection)?.max(messages::last_attempt_at(&connection)?);
    let (carried, without_password) = in_transaction(&mut connection, |tx| {
        outbox::number_anew(tx, now)?;
        tokens::end_all(tx)?;
        let carried = notes.map(|notes| carry_over::carry(tx, notes, who, now)).transpose()?;
        let without_password = carry_over::carry_users(tx, notes, now)?;
        audit::note(tx, &Entry { who, ..Entry::new(now, Act::Restored) })?;
        Ok((carried, without_password))
    })?;
    let count =
        |table: &str| connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get::<_, i64>(0));
    let (attempts, appointments) = (count("attempts")?.unsigned_abs(), count("appointments")?.unsigned_abs());
    // Puts everything into one file, without a log next to it.
    connection.pragma_update(None, "journal_mode", "delete")?;
    Ok(Restored { last_sign, aside: None, attempts, appointments, carried, without_password })
}

/// Renames the current database and the files SQLite keeps next to it. A power cut in between leaves no database in its
/// place, but its lock file: the daemon then refuses to start instead of using a database without its log, or an empty
/// one.
fn set_aside(database: &Path, stamp: &str) -> Result<Option<PathBuf>, RestoreError> {
    let file = |path: &Path| {
        let path = path.to_owned();
        move |source| RestoreError::File { what: "cannot move the current database to", path, source }
    };
    let mut name = OsString::from(database);
    name.push(format!("{ASIDE}{stamp}"));
    let aside = PathBuf::from(name);
    let is_there = database.exists();
    if is_there {
        std::fs::rename(database, &aside).map_err(file(&aside))?;
    }
    // Also if the file itself is gone.
    for end in BESIDE {
        let (own, kept) = (with_end(database, end), with_end(&aside, end));
        if own.exists() {
            // A log left behind would be taken for the restored file's log.
            std::fs::rename(&own, &kept).map_err(file(&kept))?;
        }
    }
    sync_folder(folder_of(database)).map_err(file(&aside))?;
    Ok(is_there.then_some(aside))
}

/// Deletes previous databases kept by restores that have not been written to since `cutoff`: they contain patient data.
pub(crate) fn forget_asides(database: &Path, cutoff: DateTime<Utc>) -> io::Result<usize> {
    let Some(name) = database.file_name().map(|name| name.to_string_lossy().into_owned()) else { return Ok(0) };
    let prefix = format!("{name}{ASIDE}");
    let mut deleted = 0;
    for entry in std::fs::read_dir(folder_of(database))? {
        let entry = entry?;
        let is_old = DateTime::<Utc>::from(entry.metadata()?.modified()?) < cutoff;
        if is_old && entry.file_name().to_string_lossy().starts_with(&prefix) {
            std::fs::remove_file(entry.path())?;
            deleted += 1;
        }
    }
    Ok(deleted)
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_databases_kept_by_restores_are_deleted_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in
            ["a.db", "a.db-wal", "a.db.before-restore-1", "a.db.before-restore-1-wal", "b.db.before-restore-1", "a.dbx"]
        {
            std::fs::write(path(name), "x").unwrap();
        }
        let now = DateTime::<Utc>::from(path("a.db").metadata().unwrap().modified().unwrap());
        assert_eq!(
            forget_asides(&path("a.db"), now - chrono::TimeDelta::minutes(1)).unwrap(),
            0,
            "they are too recent"
        );
        assert_eq!(forget_asides(&path("a.db"), now + chrono::TimeDelta::minutes(1)).unwrap(), 2);
        assert!(path("a.db").exists() && path("a.db-wal").exists() && path("b.db.before-restore-1").exists());
    }
}
