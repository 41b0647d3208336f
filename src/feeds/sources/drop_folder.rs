//! A folder that exports are dropped into: which files are whole, and where each goes, so that none is ever lost.
//!
//! `inbox` is for whoever writes the exports; `reading` holds the file that is being imported, `done` and `failed` what
//! became of them. A file is moved before it is read and never written over: a crash leaves it in `reading`, and the
//! next run goes on with it.

use std::fs::{DirBuilder, File, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

/// Names under which programs write what is not whole yet.
const UNFINISHED: [&str; 6] = ["part", "partial", "tmp", "temp", "filepart", "crdownload"];

/// The folder with its places.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    root: PathBuf,
}

/// Where a file of the folder is, or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Dropped, not taken yet.
    Inbox,
    /// Being imported.
    Reading,
    /// Imported.
    Done,
    /// Refused.
    Failed,
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Place::Inbox => "inbox",
            Place::Reading => "reading",
            Place::Done => "done",
            Place::Failed => "failed",
        }
    }
}

/// A file as it was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The file.
    pub(crate) path: PathBuf,
    length: u64,
    modified: (i64, i64),
    inode: u64,
}

impl Seen {
    fn of(path: PathBuf, file: &Metadata) -> Seen {
        Seen { path, length: file.len(), modified: (file.mtime(), file.mtime_nsec()), inode: file.ino() }
    }

    /// Whether nobody has written to it since, under whatever name it is now.
    pub(crate) fn is_as(&self, other: &Seen) -> bool {
        (self.length, self.modified, self.inode) == (other.length, other.modified, other.inode)
    }
}

/// What lies in a place.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// Exports, the oldest first, so that the newest has the last word.
    pub(crate) exports: Vec<Seen>,
    /// Files that are no exports.
    pub(crate) others: Vec<PathBuf>,
}

impl Places {
    /// The places of a folder; those that are missing are made, for their owner alone. The inbox has to be there.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub(crate) fn open(root: &Path) -> io::Result<Places> {
        let places = Places { root: root.to_owned() };
        std::fs::read_dir(places.path(Place::Inbox))?;
        for place in [Place::Reading, Place::Done, Place::Failed] {
            DirBuilder::new().recursive(true).mode(0o700).create(places.path(place))?;
        }
        Ok(places)
    }

    fn path(&self, place: Place) -> PathBuf {
        self.root.join(place.name())
    }

    /// Held while the files are worked on, so that two runs do not meet. `Ok(None)`: another run has it.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(crate) fn lock(&self) -> io::Result<Option<File>> {
        let folder = File::open(self.path(Place::Reading))?;
        match folder.try_lock() {
            Ok(()) => Ok(Some(folder)),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// Looks at the files of a place. Hidden ones, and names that say "not whole yet", are not there for us.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(crate) fn look(&self, place: Place) -> io::Result<Look> {
        let mut look = Look::default();
        for entry in std::fs::read_dir(self.path(place))? {
            let path = entry?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
            let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
            // A link could lead anywhere; a file may be gone by now.
            let Some(file) = path.symlink_metadata().ok().filter(Metadata::is_file) else { continue };
            if name.starts_with('.') || name.starts_with('~') || UNFINISHED.contains(&ending) {
                continue;
            }
            match ending {
                "csv" => look.exports.push(Seen::of(path, &file)),
                _ => look.others.push(path),
            }
        }
        look.exports.sort_by(|a, b| (a.modified, &a.path).cmp(&(b.modified, &b.path)));
        Ok(look)
    }

    /// Looks at one file again.
    ///
    /// # Errors
    /// It is gone.
    pub(crate) fn again(&self, path: &Path) -> io::Result<Seen> {
        Ok(Seen::of(path.to_owned(), &path.symlink_metadata()?))
    }

    /// Moves a file into a place, under a name of its own: never over another file. Its new path.
    ///
    /// # Errors
    /// It cannot be moved, and is where it was.
    pub(crate) fn move_to(&self, place: Place, file: &Path, stamp: Option<&str>) -> io::Result<PathBuf> {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = stamp.map_or(name.clone(), |stamp| format!("{stamp}-{name}"));
        for turn in 1..1000 {
            let name = if turn == 1 { name.clone() } else { format!("{turn}-{name}") };
            let target = self.path(place).join(name);
            match rename_new(file, &target) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                moved => return moved.map(|()| target),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // A file system that cannot promise it.
        Err(Errno::INVAL | Errno::NOSYS) if !to.exists() => std::fs::rename(from, to),
        Err(Errno::INVAL | Errno::NOSYS) => Err(io::ErrorKind::AlreadyExists.into()),
        done => Ok(done?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn places() -> (tempfile::TempDir, Places) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("inbox")).unwrap();
        let places = Places::open(folder.path()).unwrap();
        (folder, places)
    }

    #[test]
    fn a_file_that_is_still_written_is_not_at_rest_also_under_another_name() {
        let (folder, places) = places();
        let path = folder.path().join("inbox/a.csv");
        let mut writer = File::create(&path).unwrap();
        writer.write_all(b"id,patient_id\n").unwrap();
        let seen = places.look(Place::Inbox).unwrap().exports.remove(0);
        assert_eq!(places.again(&path).unwrap(), seen);
        let taken = places.move_to(Place::Reading, &path, None).unwrap();
        assert!(places.again(&taken).unwrap().is_as(&seen), "nobody wrote to it");
        writer.write_all(b"A,P\n").unwrap();
        assert!(!places.again(&taken).unwrap().is_as(&seen));
        // Another file in its place, of the same length, is another file.
        let other = folder.path().join("inbox/a.csv");
        std::fs::write(&other, std::fs::read(&taken).unwrap()).unwrap();
        assert!(!places.again(&other).unwrap().is_as(&places.again(&taken).unwrap()));
    }

    #[test]
    fn no_file_is_moved_over_another() {
        let (folder, places) = places();
        let mut moved = Vec::new();
        for text in ["first", "second", "third"] {
            let path = folder.path().join("inbox/a.csv");
            std::fs::write(&path, text).unwrap();
            moved.push(places.move_to(Place::Done, &path, Some("20261124-023000")).unwrap());
            assert!(!path.exists());
        }
        let texts: Vec<String> = moved.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
        assert_eq!(texts, ["first", "second", "third"]);
        assert!(places.move_to(Place::Done, &folder.path().join("inbox/none.csv"), None).is_err());
    }

    #[test]
    fn one_run_at_a_time() {
        let (folder, places) = places();
        let held = places.lock().unwrap();
        assert!(held.is_some() && Places::open(folder.path()).unwrap().lock().unwrap().is_none());
        drop(held);
        assert!(places.lock().unwrap().is_some());
    }
}
