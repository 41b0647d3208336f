//! One daemon per database: an advisory lock on `<db>.lock`, a file that is never unlinked. The lock is held until the
//! process ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Held by the daemon until its process ends, for whatever reason.
#[derive(Debug)]
pub(crate) struct DaemonLock {
    _file: File,
}

/// Takes the lock. `Ok(None)`: another daemon holds it.
pub(crate) fn take(database: &Path) -> io::Result<Option<DaemonLock>> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path_of(database))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(DaemonLock { _file: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether a daemon is running on this database.
pub(crate) fn is_taken(database: &Path) -> bool {
    let Ok(file) = File::open(path_of(database)) else { return false };
    // A shared lock, released immediately, so that two commands checking at the same time do not see each other.
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// The path of the lock file.
pub(crate) fn path_of(database: &Path) -> PathBuf {
    // The same lock whatever path the file is opened by. If the file does not exist yet, its folder does.
    let in_its_folder = || Some(database.parent()?.canonicalize().ok()?.join(database.file_name()?));
    let real = database.canonicalize().ok().or_else(in_its_folder).unwrap_or_else(|| database.to_owned());
    let mut name = real.into_os_string();
    name.push(".lock");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_daemon_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.db");
        assert!(!is_taken(&database));
        let other_name = folder.path().join("link.db");
        std::fs::write(&database, "").unwrap();
        std::os::unix::fs::symlink(&database, &other_name).unwrap();
        let lock = take(&database).unwrap().unwrap();
        assert!(take(&database).unwrap().is_none());
        assert!(is_taken(&database) && is_taken(&database));
        assert!(take(&other_name).unwrap().is_none(), "the same file under another name");
        drop(lock);
        assert!(!is_taken(&database));
        assert!(take(&database).unwrap().is_some());
    }
}
