//! Opening the database: creation, permissions, settings, migrations, and actionable errors.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use include_dir::{Dir, include_dir};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use rusqlite_migration::{Migrations, SchemaVersion};

use crate::store::connection::error::StoreError;
use crate::store::connection::lock;

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/migrations");
static MIGRATIONS: LazyLock<Migrations<'static>> =
    LazyLock::new(|| Migrations::from_directory(&FOLDER).unwrap_or_else(|e| panic!("migrations/ is malformed: {e}")));

/// `Lead` in ASCII, in the file's header.
const APPLICATION_ID: i64 = 1_281_712_484;

/// How long a writer waits for another writer to finish.
const BUSY_WAIT: Duration = Duration::from_secs(20);

/// SQLite virtual machine steps between two progress signals of a migration: a tenth of a second or more.
const STEPS_BETWEEN_SIGNS: i32 = 20_000_000;

/// Opens the database for writing. Creates it if it does not exist, and upgrades its schema.
pub fn read_write(path: &Path) -> Result<Connection, StoreError> {
    read_write_telling(path, || {})
}

/// Same as [`read_write`]. While the schema is being upgraded, `still_at_it` is called now and then as long as SQLite
/// makes progress.
pub(crate) fn read_write_telling(
    path: &Path,
    mut still_at_it: impl FnMut() + Send + 'static,
) -> Result<Connection, StoreError> {
    if !path.exists() && was_there(path) {
        return Err(StoreError::Gone(path.to_owned()));
    }
    // Created here and not by SQLite, so that it has mode 0600 from the first byte; -wal and -shm inherit the mode. The
    // descriptor is closed before SQLite opens the file: POSIX drops all of a process's locks on a file when any of its
    // descriptors is closed, and SQLite relies on its locks.
    let created =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path).map(drop);
    if let Err(error) = created {
        let read_only = matches!(error.kind(), std::io::ErrorKind::ReadOnlyFilesystem)
            || (path.exists() && error.kind() == std::io::ErrorKind::PermissionDenied);
        return Err(match read_only {
            true => StoreError::ReadOnly(path.to_owned()),
            false => StoreError::Unopenable { path: path.to_owned(), why: error.to_string() },
        });
    }
    let mut connection = writer(path)?;
    let go_on = move || {
        still_at_it();
        false
    };
    connection.progress_handler(STEPS_BETWEEN_SIGNS, Some(go_on))?;
    MIGRATIONS.to_latest(&mut connection).map_err(|error| migrating(path, error))?;
    connection.progress_handler(0, None::<fn() -> bool>)?;
    temporary_tables(&connection)?;
    Ok(connection)
}

/// Opens another connection for writing in a process that already has one, as the daemon does. SQLite alone opens the
/// file: closing a descriptor of it, as [`read_write`] does, would drop the locks of the connections that are open, and
/// another program could then delete their log.
pub(crate) fn another_writer(path: &Path) -> Result<Connection, StoreError> {
    if !path.exists() {
        return Err(StoreError::Gone(path.to_owned()));
    }
    let connection = writer(path)?;
    of_this_version(&connection, path)?;
    temporary_tables(&connection)?;
    Ok(connection)
}

/// A connection for writing to a database that exists.
fn writer(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|e| opening(path, e))?;
    prepare(&connection).map_err(|e| opening(path, e))?;
    recognise(&connection, path)?;
    connection.pragma_update(None, "journal_mode", "wal").map_err(|e| opening(path, e))?;
    connection.pragma_update(None, "synchronous", "full").map_err(|e| opening(path, e))?;
    // 16 MiB, so that a morning's texts are checkpointed a few times, not a few dozen times.
    connection.pragma_update(None, "wal_autocheckpoint", 4000).map_err(|e| opening(path, e))?;
    // Deleted content is overwritten wherever its page is written anyway: queue marks and old cells contain numbers and
    // names.
    connection.pragma_update(None, "secure_delete", "fast").map_err(|e| opening(path, e))?;
    Ok(connection)
}

/// Whether a daemon has run on a database that is missing: a lock file is created after its database and never deleted.
fn was_there(path: &Path) -> bool {
    lock::path_of(path).exists()
}

/// Settings for simulations, which simulate the disk themselves and inspect the files: nothing is flushed, and with
/// `keep_log` committed changes stay in the log until another connection checkpoints it.
pub(crate) fn simulated(connection: &Connection, keep_log: bool) -> Result<(), StoreError> {
    connection.pragma_update(None, "synchronous", "off")?;
    if keep_log {
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    }
    Ok(())
}

/// Moves the log into the file and leaves an empty log, as SQLite does automatically from time to time.
pub(crate) fn empty_log(connection: &Connection) -> Result<(), StoreError> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// Opens a database of this or an older version read-only; never creates or changes it.
pub(crate) fn any_version(path: &Path) -> Result<Connection, StoreError> {
    if !path.exists() {
        return Err(if was_there(path) { StoreError::Gone } else { StoreError::Missing }(path.to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|e| opening(path, e))?;
    prepare(&connection).map_err(|e| opening(path, e))?;
    recognise(&connection, path)?;
    Ok(connection)
}

/// Opens the database read-only; never creates or changes it.
pub fn read_only(path: &Path) -> Result<Connection, StoreError> {
    let connection = any_version(path)?;
    of_this_version(&connection, path)?;
    temporary_tables(&connection)?;
    Ok(connection)
}

/// The same for a command that lists: all it reads comes from one state of the database, whatever the service writes
/// meanwhile, and SQLite takes its lock only once.
pub(crate) fn snapshot(path: &Path) -> Result<Connection, StoreError> {
    let connection = read_only(path)?;
    connection.execute_batch("BEGIN")?;
    Ok(connection)
}

fn of_this_version(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    match MIGRATIONS.current_version(connection).map_err(|error| migrating(path, error))? {
        SchemaVersion::Inside(version) if version.get() == latest() => Ok(()),
        _ => Err(StoreError::Older(path.to_owned())),
    }
}

fn latest() -> usize {
    FOLDER.dirs().count()
}

/// An empty in-memory database with the same schema version as another database.
pub(crate) fn empty_of_the_same_version(other: &Connection) -> Result<Connection, StoreError> {
    let version: i64 = other.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let mut empty = Connection::open_in_memory()?;
    let migrated = match usize::try_from(version).unwrap_or(usize::MAX) {
        0 => Ok(()),
        version => MIGRATIONS.to_version(&mut empty, version.min(latest())),
    };
    migrated.map_err(|error| StoreError::Unreadable(error.to_string()))?;
    Ok(empty)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    // Limits what a schema from elsewhere can do to SQL without side effects, and prevents rewriting the schema in
    // place.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.busy_timeout(BUSY_WAIT)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Keeps what a statement or savepoint may have to undo in memory: it is a few pages, written for each of them.
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(())
}

/// Refuses another program's database, or one from a newer version, before anything is written to it.
fn recognise(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let number = |pragma: &str| {
        connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0)).map_err(|e| opening(path, e))
    };
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|e| opening(path, e))?;
    if tables > 0 && number("application_id")? != APPLICATION_ID {
        return Err(StoreError::NotOurs(path.to_owned()));
    }
    let found = usize::try_from(number("user_version")?).unwrap_or(usize::MAX);
    match found > latest() {
        true => Err(StoreError::Newer { path: path.to_owned(), found, known: latest() }),
        false => Ok(()),
    }
}

/// Tables visible only to this connection: spellings it has read but must not, or does not yet, store.
pub(crate) fn temporary_tables(connection: &Connection) -> Result<(), StoreError> {
    connection.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS new_spellings (
             country TEXT NOT NULL, spelling TEXT NOT NULL, e164 TEXT, valid INTEGER NOT NULL,
             refusal INTEGER NOT NULL,
             PRIMARY KEY (country, spelling)) STRICT, WITHOUT ROWID;
         CREATE INDEX IF NOT EXISTS temp.new_spellings_by_number ON new_spellings (e164);
         CREATE TEMP VIEW IF NOT EXISTS known_spellings AS
             SELECT country, spelling, e164, valid, refusal FROM main.phone_spellings
             UNION ALL SELECT country, spelling, e164, valid, refusal FROM temp.new_spellings;",
    )?;
    Ok(())
}

fn opening(path: &Path, error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => StoreError::NotOurs(path.to_owned()),
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly(path.to_owned()),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            StoreError::Unopenable { path: path.to_owned(), why: error.to_string() }
        }
        _ => StoreError::from(error),
    }
}

fn migrating(path: &Path, error: rusqlite_migration::Error) -> StoreError {
    match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => opening(path, err),
        other => StoreError::Unreadable(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn migrations_are_well_formed() {
        MIGRATIONS.validate().unwrap();
    }

    #[test]
    fn a_new_database_is_readable_by_its_owner_only_and_survives_a_power_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let connection = read_write(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let pragma = |name: &str| connection.pragma_query_value(None, name, |r| r.get::<_, String>(0)).unwrap();
        assert_eq!(pragma("journal_mode"), "wal");
        assert_eq!(connection.pragma_query_value(None, "synchronous", |r| r.get::<_, i64>(0)).unwrap(), 2);
        assert_eq!(connection.pragma_query_value(None, "foreign_keys", |r| r.get::<_, i64>(0)).unwrap(), 1);
        assert_eq!(connection.pragma_query_value(None, "secure_delete", |r| r.get::<_, i64>(0)).unwrap(), 2, "fast");
        drop(connection);
        read_write(&path).unwrap();
        read_only(&path).unwrap();
    }

    #[test]
    fn a_snapshot_does_not_see_what_is_written_after_its_first_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let writer = read_write(&path).unwrap();
        let add = |id: &str| {
            let sql = "INSERT INTO appointments (id, patient_id, status, starts_at)
                VALUES (?1, 'p', 'booked', '2026-12-01T17:00:00Z')";
            writer.execute(sql, [id]).unwrap();
        };
        let count = |connection: &Connection| -> i64 {
            connection.query_row("SELECT count(*) FROM appointments", [], |row| row.get(0)).unwrap()
        };
        add("a1");
        let reader = snapshot(&path).unwrap();
        assert_eq!(count(&reader), 1);
        add("a2");
        assert_eq!((count(&reader), count(&writer), count(&snapshot(&path).unwrap())), (1, 2, 2));
    }

    /// POSIX drops a process's locks on a file when any of its descriptors is closed. Without our lock, another program
    /// that closes the database would take itself for the last user and delete the write-ahead log in use.
    #[test]
    fn an_open_database_stays_locked() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let _connection = read_write(&path).unwrap();
        let inode = format!(":{} ", path.metadata().unwrap().ino());
        let locks = std::fs::read_to_string("/proc/locks").unwrap();
        let ours = format!(" {} ", std::process::id());
        assert!(locks.lines().any(|line| line.contains(&inode) && line.contains(&ours)), "{locks}");
    }

    #[test]
    fn a_file_that_is_not_ours_is_refused_and_left_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("text.db");
        std::fs::write(&text, "appointments for tomorrow: none, as far as I know, but who knows?").unwrap();
        let other = folder.path().join("other.db");
        Connection::open(&other).unwrap().execute_batch("CREATE TABLE patients (id)").unwrap();
        for path in [&text, &other] {
            let before = std::fs::read(path).unwrap();
            assert!(matches!(read_write(path), Err(StoreError::NotOurs(_))));
            assert!(matches!(read_only(path), Err(StoreError::NotOurs(_))));
            assert_eq!(std::fs::read(path).unwrap(), before);
        }
    }

    #[test]
    fn a_newer_database_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("newer.db");
        read_write(&path).unwrap().pragma_update(None, "user_version", 999).unwrap();
        assert!(matches!(read_write(&path), Err(StoreError::Newer { found: 999, .. })));
        assert!(matches!(read_only(&path), Err(StoreError::Newer { .. })));
    }

    #[test]
    fn a_missing_database_is_reported_and_not_created() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none.db");
        assert!(matches!(read_only(&path), Err(StoreError::Missing(_))));
        assert!(!path.exists());
        assert!(matches!(read_write(&folder.path().join("no/such/folder.db")), Err(StoreError::Unopenable { .. })));
    }
}
