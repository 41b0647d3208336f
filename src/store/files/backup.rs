//! Backups of the database: made while others write, verified, and put in place complete or not at all.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use rusqlite::Connection;

use crate::domain::zone::Zone;
use crate::store::connection::error::StoreError;
use crate::store::connection::place::folder_of;
use crate::store::connection::{integrity, open};

/// Tables that only grow: a backup has at least the rows they had before it started, and at most those they have
/// afterwards.
const ONLY_GROW: [&str; 5] = ["reminders", "messages", "attempts", "conversations", "audit"];

/// The format of the time in a backup's name.
const STAMP: &str = "%Y%m%d-%H%M%S";

/// How an unfinished file is named.
pub(crate) const BEGUN: &str = ".leadtime-";
pub(crate) const NOT_WHOLE: &str = ".part";

/// Why no backup was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    /// A database error.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file already exists.
    #[error("{0} already exists and was left unchanged; choose another file, or overwrite it with --force")]
    Exists(PathBuf),
    /// The target is the database itself.
    #[error("{0} is the database itself; choose another file")]
    Itself(PathBuf),
    /// The file cannot be written.
    #[error(
        "cannot write {path}: {source}; the folder must exist, belong to the user Leadtime runs as, and have free space. The service can write only where its unit file allows it (ReadWritePaths=)"
    )]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The backup does not match the database.
    #[error("the backup failed verification and was discarded: {0}. Check the disk (`dmesg`), and try again")]
    Wrong(String),
}

/// A backup that was made and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copy {
    /// The file.
    pub(crate) path: PathBuf,
    /// Its size in bytes.
    pub(crate) bytes: u64,
    /// How many appointments it has.
    pub(crate) appointments: u64,
    /// How many attempts to send a text it has.
    pub(crate) attempts: u64,
}

/// Copies the database `source` to `target`: one state of it, without deleted content, with mode 0600, and synced to
/// disk before it gets its name. An existing file is overwritten only with `force`, and only by a verified backup.
///
/// # Errors
/// [`BackupError`]; `target` is then unchanged.
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
    // Readable by its owner only from the first byte; removed automatically if anything below fails.
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
    // Not SQLite's backup API: it would also copy free pages, which contain deleted content.
    let name =
        target.to_str().ok_or_else(|| StoreError::Unreadable(format!("{} is not valid UTF-8", target.display())))?;
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
            return Err(BackupError::Wrong(format!("it has {has} rows in {table}, but the database has {had}")));
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

/// Makes the daily backup in a folder, which is created if needed, and deletes the oldest backups beyond `keep`: only
/// files named like backups of this database. Returns the backup and how many were deleted.
///
/// # Errors
/// [`BackupError`]; nothing is then deleted.
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
    // Two backups within the same second are one file.
    let copy = make(source, &folder.join(name), true)?;
    let mut copies = copies_in(folder, &stem).map_err(unwritable)?;
    // Backups dated in the future, named by a wrong clock, go first: otherwise they would outlive today's backups.
    copies.sort_by(|a, b| (*a <= copy.path, a).cmp(&(*b <= copy.path, b)));
    let too_many = copies.len().saturating_sub(keep as usize);
    let mut deleted = 0;
    for old in copies.into_iter().take(too_many).filter(|old| *old != copy.path) {
        std::fs::remove_file(&old).map_err(|source| BackupError::Unwritable { path: old, source })?;
        deleted += 1;
    }
    Ok((copy, deleted))
}

/// Deletes unfinished files that interrupted backups left behind at least a day ago.
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

/// The files in a folder that are named like daily backups of a database.
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

/// Makes sure that a new file name is on disk.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
