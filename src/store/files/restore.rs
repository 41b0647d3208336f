//! Putting a copy of the database in its place: checked first, the present one kept aside whole, never deleted.

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
use crate::store::files::backup::{BEGUN, NOT_WHOLE, copy_into, sync_folder};
use crate::store::files::carry_over::{self, CarriedOver, Notes};
use crate::store::ledger::audit::{self, Act, Entry};
use crate::store::ledger::messages;
use crate::store::planning::daemon_state;

/// Files SQLite keeps beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// How the name of a former database goes on that is kept aside; a moment follows.
const ASIDE: &str = ".before-restore-";

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The database, or the copy.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A daemon runs.
    #[error("leadtime runs on {0}, and nothing was changed; stop it first: systemctl stop leadtime")]
    Running(PathBuf),
    /// Somebody writes.
    #[error("another program is writing to {0}, and nothing was changed; wait until it is done, and try again")]
    InUse(PathBuf),
    /// It is the database itself.
    #[error("{0} is the database itself; name the copy to be restored")]
    Itself(PathBuf),
    /// There is no such file, or it is something else.
    #[error(
        "{0} is no copy of a Leadtime database, or is damaged, and nothing was changed; see the folder of [backup] for another"
    )]
    NoCopy(PathBuf),
    /// The copy is damaged.
    #[error("{path} is damaged, and nothing was changed: {flaws}. Take an older copy")]
    Damaged {
        /// The copy.
        path: PathBuf,
        /// What is wrong with it.
        flaws: String,
    },
    /// A file cannot be read or written.
    #[error("{what} {path}: {source}; the present database is as it was, or kept aside beside it")]
    File {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The daemon's last sign of life in the copy: what came after it is caught up with at the start.
    pub last_sign: Option<DateTime<Utc>>,
    /// Where the former database is now; none: there was none.
    pub aside: Option<PathBuf>,
    /// Attempts to send a text in the copy.
    pub attempts: u64,
    /// Its appointments.
    pub appointments: u64,
    /// What people noted in the former database, carried over; none: it could not be read, or there was none.
    pub(crate) carried: Option<CarriedOver>,
}

/// Puts the copy in the database's place. `who`: who does it, for the audit.
///
/// # Errors
/// See [`RestoreError`].
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
    // Before the lock: one that is left without a database would say that there had been one.
    let source = checked(copy)?;
    let taken = lock::take(database).map_err(file("cannot make the lock file beside", database))?;
    // Also where nothing is restored in the end: the service could not take a lock of the superuser's.
    give_to_owner(&lock::path_of(database), database)
        .map_err(file("cannot give to the user of the service", database))?;
    let Some(_lock) = taken else { return Err(RestoreError::Running(database.to_owned())) };
    if is_being_written(database) {
        return Err(RestoreError::InUse(database.to_owned()));
    }
    // The copy is copied again, so that it stays what it is, and checked and brought up to date where it will stand.
    let folder = folder_of(database);
    let fresh = tempfile::Builder::new().prefix(BEGUN).suffix(NOT_WHOLE).tempfile_in(folder);
    let fresh = fresh.map_err(file("cannot write into", folder))?.into_temp_path();
    copy_into(&source, &fresh)?;
    drop(source);
    let notes = carry_over::notes(database);
    let restored = brought_up_to_date(&fresh, notes.as_ref(), who, now)?;
    drop(notes);
    for path in [&fresh as &Path, folder] {
        sync_folder(path).map_err(file("cannot write", path))?;
    }
    give_to_owner(&fresh, database).map_err(file("cannot give to the user of the service", &fresh))?;
    let aside = set_aside(database, stamp)?;
    fresh.persist(database).map_err(|error| file("cannot put in its place", database)(error.error))?;
    sync_folder(folder).map_err(file("cannot write", folder))?;
    Ok(Restored { aside, ..restored })
}

/// A file that the superuser made belongs to whom the database, or else its folder, belongs to: else the service could not
/// open its own database.
fn give_to_owner(path: &Path, database: &Path) -> io::Result<()> {
    let (own, wanted) = (path.metadata()?, database.metadata().or_else(|_| folder_of(database).metadata())?);
    if (own.uid(), own.gid()) == (wanted.uid(), wanted.gid()) || own.uid() != 0 {
        return Ok(());
    }
    std::os::unix::fs::chown(path, Some(wanted.uid()), Some(wanted.gid()))
}

/// Whether somebody is writing right now. A damaged file, or none, is no reason to wait.
fn is_being_written(database: &Path) -> bool {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let Ok(connection) = Connection::open_with_flags(database, flags) else { return false };
    // The last to close it would write the log into the file; a damaged one is kept as it is found.
    let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    matches!(connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK").map_err(StoreError::from), Err(StoreError::Busy))
}

/// The copy, if it is ours, whole, and none of a newer program.
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
    let carried = in_transaction(&mut connection, |tx| {
        let carried = notes.map(|notes| carry_over::carry(tx, notes, who, now)).transpose()?;
        audit::note(tx, &Entry { who, ..Entry::new(now, Act::Restored) })?;
        Ok(carried)
    })?;
    let count =
        |table: &str| connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get::<_, i64>(0));
    let (attempts, appointments) = (count("attempts")?.unsigned_abs(), count("appointments")?.unsigned_abs());
    // All of it into the one file, without a log beside it.
    connection.pragma_update(None, "journal_mode", "delete")?;
    Ok(Restored { last_sign, aside: None, attempts, appointments, carried })
}

/// Gives the present database, with what SQLite keeps beside it, another name. A power cut
/// between leaves none at its place, and its lock: the daemon refuses to start then, instead of taking it without its log, or
/// an empty one.
fn set_aside(database: &Path, stamp: &str) -> Result<Option<PathBuf>, RestoreError> {
    let file = |path: &Path| {
        let path = path.to_owned();
        move |source| RestoreError::File { what: "cannot keep aside", path, source }
    };
    let mut name = OsString::from(database);
    name.push(format!("{ASIDE}{stamp}"));
    let aside = PathBuf::from(name);
    let is_there = database.exists();
    if is_there {
        std::fs::rename(database, &aside).map_err(file(&aside))?;
    }
    // Also where the file itself is gone.
    for end in BESIDE {
        let (own, kept) = (with_end(database, end), with_end(&aside, end));
        if own.exists() {
            // A log that stays would be taken for the restored file's.
            std::fs::rename(&own, &kept).map_err(file(&kept))?;
        }
    }
    sync_folder(folder_of(database)).map_err(file(&aside))?;
    Ok(is_there.then_some(aside))
}

/// Deletes former databases that restores kept aside, which nobody has written to since `cutoff`: they hold patients' data.
///
/// # Errors
/// The folder cannot be read, or one of them not deleted.
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
    fn old_databases_that_were_kept_aside_go_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in
            ["a.db", "a.db-wal", "a.db.before-restore-1", "a.db.before-restore-1-wal", "b.db.before-restore-1", "a.dbx"]
        {
            std::fs::write(path(name), "x").unwrap();
        }
        let now = DateTime::<Utc>::from(path("a.db").metadata().unwrap().modified().unwrap());
        assert_eq!(forget_asides(&path("a.db"), now - chrono::TimeDelta::minutes(1)).unwrap(), 0, "they are young");
        assert_eq!(forget_asides(&path("a.db"), now + chrono::TimeDelta::minutes(1)).unwrap(), 2);
        assert!(path("a.db").exists() && path("a.db-wal").exists() && path("b.db.before-restore-1").exists());
    }
}
