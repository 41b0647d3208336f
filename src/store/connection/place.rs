//! Checks that the files of an open database are still where they were opened. Once a file has been replaced, moved or
//! deleted, no other program sees what we write to it, and we do not see what others write.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::store::connection::error::StoreError;

/// A file's device and inode. Read with `stat` only: opening and closing a database file would drop SQLite's POSIX
/// locks on it.
type FileId = (u64, u64);

/// The database file and its write-ahead log, as they were when the database was opened.
#[derive(Debug)]
pub(crate) struct Place {
    files: [(PathBuf, Option<FileId>); 2],
}

impl Place {
    /// The files of an open database; because it is open, its log exists too.
    pub(crate) fn of(database: &Path) -> Place {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        Place { files: [database.to_owned(), PathBuf::from(log)].map(|path| (path.clone(), id(&path))) }
    }

    /// Fails if the path of either file now leads to another file or to none.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match self.files.iter().find(|(path, opened)| opened.is_some() && id(path) != *opened) {
            None => Ok(()),
            Some((path, _)) => Err(StoreError::Displaced(path.clone())),
        }
    }
}

/// The folder a file is in.
pub(crate) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn id(path: &Path) -> Option<FileId> {
    let found = path.metadata().ok()?;
    Some((found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection::open;
    use std::fs;

    #[test]
    fn files_that_are_replaced_moved_or_deleted_are_noticed() {
        for change in ["none", "replaced", "moved", "deleted", "log deleted", "log replaced", "folder moved"] {
            let outer = tempfile::tempdir().unwrap();
            let folder = outer.path().join("folder");
            fs::create_dir(&folder).unwrap();
            let (path, log) = (folder.join("a.db"), folder.join("a.db-wal"));
            let _connection = open::read_write(&path).unwrap();
            let place = Place::of(&path);
            place.check().unwrap();
            let copy = folder.join("copy");
            match change {
                "replaced" => {
                    fs::copy(&path, &copy).unwrap();
                    fs::rename(&copy, &path).unwrap();
                }
                "moved" => fs::rename(&path, &copy).unwrap(),
                "deleted" => fs::remove_file(&path).unwrap(),
                "log deleted" => fs::remove_file(&log).unwrap(),
                "log replaced" => {
                    fs::copy(&log, &copy).unwrap();
                    fs::rename(&copy, &log).unwrap();
                }
                "folder moved" => fs::rename(&folder, outer.path().join("other")).unwrap(),
                _ => {}
            }
            assert_eq!(place.check().is_err(), change != "none", "{change}");
        }
    }
}
