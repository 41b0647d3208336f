//! Whether the files of an open database still are where they were opened: what is written to a file that was replaced,
//! moved or deleted is seen by no other program, and what others write is not seen here.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::store::connection::error::StoreError;

/// A file's device and inode. By `stat` alone: opening a database file and closing it again would drop SQLite's POSIX
/// locks on it.
type FileId = (u64, u64);

/// The database file and its write-ahead log, as they were when the database was opened.
#[derive(Debug)]
pub(crate) struct Place {
    files: [(PathBuf, Option<FileId>); 2],
}

impl Place {
    /// The files of a database that is open, so that its log is there too.
    pub(crate) fn of(database: &Path) -> Place {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        Place { files: [database.to_owned(), PathBuf::from(log)].map(|path| (path.clone(), id(&path))) }
    }

    /// Fails where another file, or none, has the path of one of them.
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
