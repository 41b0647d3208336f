//! Copies of the database: made beside whoever writes, checked, and put in place whole or not at all.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use rusqlite::Connection;

use crate::domain::zone::Zone;
use crate::store::connection::error::StoreError;
use crate::store::connection::place::folder_of;
use crate::store::connection::{integrity, open};

/// Tables that only grow: a copy holds at least what they held before it was begun, and at most what they hold after.
const ONLY_GROW: [&str; 5] = ["reminders", "messages", "attempts", "conversations", "audit"];

/// The form of a copy's time in its name.
const STAMP: &str = "%Y%m%d-%H%M%S";

/// How a file is named that is not whole yet.
pub(crate) const BEGUN: &str = ".leadtime-";
pub(crate) const NOT_WHOLE: &str = ".part";

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file exists.
    #[error("{0} exists and is left as it is; name another file, or overwrite it with --force")]
    Exists(PathBuf),
    /// It is the database itself.
    #[error("{0} is the database itself; name another file")]
    Itself(PathBuf),
    /// It cannot be written.
    #[error(
        "cannot write {path}: {source}; the folder must exist, belong to the user Leadtime runs as, and have room. The service may write only where its unit allows it (ReadWritePaths=)"
    )]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is not what was copied.
    #[error("the copy is not right and was thrown away: {0}. Look at the disk (`dmesg`), and try again")]
    Wrong(String),
}

/// A copy that was made and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copy {
    /// The file.
    pub(crate) path: PathBuf,
    /// Its length in bytes.
    pub(crate) bytes: u64,
    /// Its appointments.
    pub(crate) appointments: u64,
    /// Its attempts to send a text.
    pub(crate) attempts: u64,
}

/// Copies the database of `source` to `target`: one state of it, without what was deleted, 0600, on the disk before its
/// name is. An existing file is overwritten only with `force`, and only by a copy that is right.
///
/// # Errors
/// See [`BackupError`]; then `target` is as it was.
pub(crate) fn make(source: &Path, target: &Path, force: bool) -> Result<Copy, BackupError> {
    let unwritable = |source| BackupError::Unwritable { path: target.to_owned(), source };
    if target.exists() && target.canonicalize().ok() == source.canonicalize().ok() {
        return Err(BackupError::Itself(target.to_owned()));
    }
    if target.exists() && !force {
        return Err(BackupError::Exists(target.to_owned()));
    }
    let connection = open::read_only(source)?;
    let folder = folder_of(target);
    // For its owner alone from the first byte on; gone by itself if anything below fails.
    let file = tempfile::Builder::new().prefix(BEGUN).suffix(NOT_WHOLE).tempfile_in(folder).map_err(unwritable)?;
    let before = counts(&connection)?;
    copy_into(&connection, file.path())?;
    let after = counts(&connection)?;
    file.as_file().sync_all().map_err(unwritable)?;
    let copy = checked(file.path(), &before, &after)?;
    let placed = match force {
        true => file.persist(target).map(drop).map_err(|error| error.error),
        false => file.persist_noclobber(target).map(drop).map_err(|error| error.error),
    };
    placed.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(target.to_owned()),
        _ => unwritable(error),
    })?;
    sync_folder(folder).map_err(unwritable)?;
    Ok(Copy { path: target.to_owned(), ..copy })
}

/// Writes one state of a database into an empty file.
pub(crate) fn copy_into(connection: &Connection, target: &Path) -> Result<(), StoreError> {
    // Not SQLite's backup API: that would copy the free pages too, with what was deleted.
    let name = target.to_str().ok_or_else(|| StoreError::Unreadable(format!("{} is no UTF-8", target.display())))?;
    connection.execute("VACUUM main INTO ?1", [name])?;
    Ok(())
}

fn counts(connection: &Connection) -> Result<Vec<i64>, StoreError> {
    let count = |table: &&str| connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0));
    Ok(ONLY_GROW.iter().map(count).collect::<Result<_, _>>()?)
}

fn checked(path: &Path, before: &[i64], after: &[i64]) -> Result<Copy, BackupError> {
    let flaws = integrity::flaws(path)?;
    if !flaws.is_empty() {
        return Err(BackupError::Wrong(flaws.join("; ")));
    }
    let connection = open::read_only(path)?;
    let found = counts(&connection)?;
    for (place, table) in ONLY_GROW.iter().enumerate() {
        if !(before[place]..=after[place]).contains(&found[place]) {
            let (had, has) = (before[place], found[place]);
            return Err(BackupError::Wrong(format!("it holds {has} rows of {table} where there are {had}")));
        }
    }
    let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(StoreError::from);
    Ok(Copy {
        path: path.to_owned(),
        bytes: path.metadata().map(|metadata| metadata.len()).unwrap_or_default(),
        appointments: one("SELECT count(*) FROM appointments")?.unsigned_abs(),
        attempts: one("SELECT count(*) FROM attempts")?.unsigned_abs(),
    })
}

/// Makes the copy of a day in a folder, which is made where there is none, and deletes the oldest beyond `keep`: only
/// files named as copies of this database are named. How many were deleted.
///
/// # Errors
/// See [`BackupError`]; then nothing is deleted.
pub(crate) fn make_daily(
    source: &Path,
    folder: &Path,
    keep: u32,
    zone: &Zone,
    now: DateTime<Utc>,
) -> Result<(Copy, usize), BackupError> {
    use std::os::unix::fs::DirBuilderExt;
    let unwritable = |source| BackupError::Unwritable { path: folder.to_owned(), source };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unwritable)?;
    let stem = stem_of(source);
    let name = format!("{stem}-{}.db", zone.local(now).format(STAMP));
    remove_cut_off(folder, now).map_err(unwritable)?;
    // Two within a second are one.
    let copy = make(source, &folder.join(name), true)?;
    let mut copies = copies_in(folder, &stem).map_err(unwritable)?;
    // A wrong clock named what lies ahead: it would outlive every copy of today.
    copies.sort_by(|a, b| (*a <= copy.path, a).cmp(&(*b <= copy.path, b)));
    let too_many = copies.len().saturating_sub(keep as usize);
    let mut deleted = 0;
    for old in copies.into_iter().take(too_many).filter(|old| *old != copy.path) {
        std::fs::remove_file(&old).map_err(|source| BackupError::Unwritable { path: old, source })?;
        deleted += 1;
    }
    Ok((copy, deleted))
}

/// Deletes what copies that were cut off by a crash left behind, a day ago or more.
fn remove_cut_off(folder: &Path, now: DateTime<Utc>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| name.starts_with(BEGUN) && name.ends_with(NOT_WHOLE));
        let Ok(metadata) = entry.metadata() else { continue };
        let age = now - metadata.modified().map_or(now, DateTime::<Utc>::from);
        if is_ours && metadata.is_file() && age > TimeDelta::days(1) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The files of a folder that are named as the daily copies of a database are.
fn copies_in(folder: &Path, stem: &str) -> io::Result<Vec<PathBuf>> {
    let mut copies = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let stamp = name.to_str().and_then(|name| name.strip_prefix(stem)?.strip_prefix('-')?.strip_suffix(".db"));
        let is_ours = stamp.is_some_and(|stamp| {
            NaiveDateTime::parse_from_str(stamp, STAMP).is_ok_and(|at| at.format(STAMP).to_string() == stamp)
        });
        if is_ours && entry.file_type()?.is_file() {
            copies.push(entry.path());
        }
    }
    Ok(copies)
}

fn stem_of(database: &Path) -> String {
    database.file_stem().map_or_else(|| "leadtime".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// Makes sure that a new name is on the disk.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
