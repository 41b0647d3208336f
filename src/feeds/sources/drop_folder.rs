//! A folder that exports are dropped into: which files are whole, and where each goes, so that none is ever lost.
//!
//! `inbox` is for whoever writes the exports; `reading` holds the file that is being imported, `done` and `failed` what
//! became of them. `inbox/NAME` is for the exports of the feed NAME. A file is moved before it is read and never written
//! over: a crash leaves it in `reading`, and the next run goes on with it. Whoever writes into the inbox may swap a file
//! for another at any moment, so it is opened once, without following links or waiting for a pipe, and read from there.

use std::fs::{DirBuilder, File, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, RenameFlags, renameat_with};
use rustix::io::Errno;

/// Names under which programs write what is not whole yet.
const UNFINISHED: [&str; 6] = ["part", "partial", "tmp", "temp", "filepart", "crdownload"];

/// Endings of exports in a feed's own folder of the inbox.
const ENDINGS: [&str; 4] = ["csv", "txt", "tsv", "tab"];
/// Bytes of a name that are kept, so that a stamp before it and `.report.txt` behind it fit.
const LONGEST_NAME: usize = 180;
/// How often a file is tried.
pub(crate) const TRIES: u32 = 3;

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
    /// The feed whose folder it was dropped into.
    pub(crate) feed: Option<String>,
    length: u64,
    modified: (i64, i64),
    inode: u64,
}

impl Seen {
    fn of(path: PathBuf, feed: Option<String>, file: &Metadata) -> Seen {
        Seen { path, feed, length: file.len(), modified: (file.mtime(), file.mtime_nsec()), inode: file.ino() }
    }

    /// The same file under the name it was moved to.
    pub(crate) fn moved_to(&self, path: PathBuf) -> Seen {
        Seen { path, ..self.clone() }
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

    /// Looks at the files of a place, and of the folders of these feeds within it. Hidden ones, and names that say "not
    /// whole yet", are not there for us. `takes` says which names of the place itself are exports.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(crate) fn look(&self, place: Place, feeds: &[&str], takes: impl Fn(&str) -> bool) -> io::Result<Look> {
        let mut look = Look::default();
        self.look_into(&self.path(place), None, &takes, &mut look)?;
        for feed in feeds {
            let folder = self.path(place).join(feed);
            // A link could lead anywhere.
            if folder.symlink_metadata().is_ok_and(|folder| folder.is_dir()) {
                self.look_into(&folder, Some(feed), &|name| ENDINGS.contains(&ending(name)), &mut look)?;
            }
        }
        look.exports.sort_by(|a, b| (a.modified, &a.path).cmp(&(b.modified, &b.path)));
        Ok(look)
    }

    fn look_into(
        &self,
        folder: &Path,
        feed: Option<&str>,
        takes: &dyn Fn(&str) -> bool,
        look: &mut Look,
    ) -> io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
            // A link could lead anywhere; a file may be gone by now.
            let Some(file) = path.symlink_metadata().ok().filter(Metadata::is_file) else { continue };
            if name.starts_with('.') || name.starts_with('~') || UNFINISHED.contains(&ending(&name)) {
                continue;
            }
            match takes(&name) {
                true => look.exports.push(Seen::of(path, feed.map(str::to_owned), &file)),
                false => look.others.push(path),
            }
        }
        Ok(())
    }

    /// Opens an export that was looked at. `Ok(None)`: it is another file by now, or none that can be read, such as a
    /// link or a pipe.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(crate) fn open_export(&self, seen: &Seen) -> io::Result<Option<File>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let file = match rustix::fs::open(&seen.path, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::LOOP | Errno::NXIO) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let is_it = file.metadata().is_ok_and(|now| now.is_file() && is_unchanged(&now, seen));
        Ok(Some(file).filter(|_| is_it))
    }

    /// Counts a try of a file that is being read, before it begins: a try that ends the process counts too. How many.
    ///
    /// # Errors
    /// The count cannot be written.
    pub(crate) fn count_try(&self, path: &Path) -> io::Result<u32> {
        let tries = std::fs::read_to_string(tries_of(path)).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        std::fs::write(tries_of(path), format!("{}\n", tries + 1))?;
        Ok(tries + 1)
    }

    /// Forgets the tries of a file: it is done, or what went wrong was not its own.
    pub(crate) fn forget_tries(&self, path: &Path) {
        // A count that stays is one try less for a file of the same name.
        let _ = std::fs::remove_file(tries_of(path));
    }

    /// Looks at one file again.
    ///
    /// # Errors
    /// It is gone.
    pub(crate) fn again(&self, seen: &Seen) -> io::Result<Seen> {
        Ok(Seen::of(seen.path.clone(), seen.feed.clone(), &seen.path.symlink_metadata()?))
    }

    /// Moves a file into a place, under a name of its own: never over another file. Its new path.
    ///
    /// # Errors
    /// It cannot be moved, and is where it was.
    pub(crate) fn move_to(&self, place: Place, file: &Seen, stamp: Option<&str>) -> io::Result<PathBuf> {
        let name = file.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = cut(&name);
        let name = stamp.map_or(name.clone(), |stamp| format!("{stamp}-{name}"));
        let mut folder = self.path(place);
        if let (Place::Inbox | Place::Reading, Some(feed)) = (place, &file.feed) {
            folder.push(feed);
            DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        }
        for turn in 1..1000 {
            let name = if turn == 1 { name.clone() } else { format!("{turn}-{name}") };
            let target = folder.join(name);
            match rename_new(&file.path, &target) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                moved => return moved.map(|()| target),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

fn is_unchanged(now: &Metadata, seen: &Seen) -> bool {
    (now.len(), (now.mtime(), now.mtime_nsec()), now.ino()) == (seen.length, seen.modified, seen.inode)
}

fn ending(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// A name that is not too long for what is put around it; its ending stays.
fn cut(name: &str) -> String {
    if name.len() <= LONGEST_NAME {
        return name.to_owned();
    }
    let ending = Some(ending(name)).filter(|ending| ending.len() <= 20).unwrap_or_default();
    let end = (0..=LONGEST_NAME - ending.len() - 1).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
    format!("{}.{ending}", name.get(..end).unwrap_or_default())
}

/// Where the tries of a file are counted.
fn tries_of(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.tries"))
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

    fn look(places: &Places) -> Look {
        places.look(Place::Inbox, &["desk"], |name| name.ends_with(".csv")).unwrap()
    }

    #[test]
    fn a_file_that_was_swapped_is_not_read() {
        let (folder, places) = places();
        let (path, secret) = (folder.path().join("inbox/a.csv"), folder.path().join("secret"));
        std::fs::write(&secret, "id\n").unwrap();
        for swap in ["link", "pipe", "folder", "other"] {
            std::fs::write(&path, "id\n").unwrap();
            let seen = look(&places).exports.remove(0);
            assert!(places.open_export(&seen).unwrap().is_some(), "{swap}");
            // The same name, length and time.
            std::fs::remove_file(&path).unwrap();
            match swap {
                "link" => std::os::unix::fs::symlink(&secret, &path).unwrap(),
                "pipe" => rustix::fs::mknodat(CWD, &path, rustix::fs::FileType::Fifo, Mode::RWXU, 0).unwrap(),
                "folder" => std::fs::create_dir(&path).unwrap(),
                _ => std::fs::write(&path, "di\n").unwrap(),
            }
            let modified = folder.path().join("secret").metadata().unwrap().modified().unwrap();
            if swap == "other" {
                File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
            }
            assert!(places.open_export(&seen).unwrap().is_none(), "{swap}");
            let _ = std::fs::remove_file(&path);
            let _ = std::fs::remove_dir(&path);
        }
    }

    #[test]
    fn long_names_are_cut_and_tries_counted() {
        let (folder, places) = places();
        let long = format!("inbox/{}.csv", "ä".repeat(120));
        std::fs::write(folder.path().join(&long), "x").unwrap();
        let seen = look(&places).exports.remove(0);
        let taken = places.move_to(Place::Reading, &seen, Some("20261124-023000")).unwrap();
        assert!(taken.to_string_lossy().ends_with("ä.csv") && taken.exists());
        assert_eq!((places.count_try(&taken).unwrap(), places.count_try(&taken).unwrap()), (1, 2));
        places.forget_tries(&taken);
        assert_eq!(places.count_try(&taken).unwrap(), 1);
        assert_eq!(places.look(Place::Reading, &[], |_| true).unwrap().exports.len(), 1);
    }

    #[test]
    fn a_feeds_folder_is_its_own() {
        let (folder, places) = places();
        std::fs::create_dir(folder.path().join("inbox/desk")).unwrap();
        std::fs::create_dir(folder.path().join("inbox/other")).unwrap();
        for name in ["desk/list.txt", "desk/x.pdf", "other/list.csv", "list.txt"] {
            std::fs::write(folder.path().join("inbox").join(name), "x").unwrap();
        }
        let seen = look(&places);
        assert_eq!((seen.exports.len(), seen.others.len()), (1, 2));
        let taken = places.move_to(Place::Reading, &seen.exports[0], None).unwrap();
        assert!(taken.ends_with("reading/desk/list.txt"));
        let left = places.look(Place::Reading, &["desk"], |_| true).unwrap().exports;
        assert_eq!(left[0].feed.as_deref(), Some("desk"));
    }

    #[test]
    fn a_file_that_is_still_written_is_not_at_rest_also_under_another_name() {
        let (folder, places) = places();
        let path = folder.path().join("inbox/a.csv");
        let mut writer = File::create(&path).unwrap();
        writer.write_all(b"id,patient_id\n").unwrap();
        let seen = look(&places).exports.remove(0);
        assert_eq!(places.again(&seen).unwrap(), seen);
        let taken = Seen { path: places.move_to(Place::Reading, &seen, None).unwrap(), ..seen.clone() };
        assert!(places.again(&taken).unwrap().is_as(&seen), "nobody wrote to it");
        writer.write_all(b"A,P\n").unwrap();
        assert!(!places.again(&taken).unwrap().is_as(&seen));
        assert!(places.open_export(&taken).unwrap().is_none());
        // Another file in its place, of the same length, is another file.
        let other = folder.path().join("inbox/a.csv");
        std::fs::write(&other, std::fs::read(&taken.path).unwrap()).unwrap();
        let other = Seen { path: other, ..seen };
        assert!(!places.again(&other).unwrap().is_as(&places.again(&taken).unwrap()));
    }

    #[test]
    fn no_file_is_moved_over_another() {
        let (folder, places) = places();
        let mut moved = Vec::new();
        for text in ["first", "second", "third"] {
            let path = folder.path().join("inbox/a.csv");
            std::fs::write(&path, text).unwrap();
            let seen = look(&places).exports.remove(0);
            moved.push(places.move_to(Place::Done, &seen, Some("20261124-023000")).unwrap());
            assert!(!path.exists());
        }
        let texts: Vec<String> = moved.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
        assert_eq!(texts, ["first", "second", "third"]);
        std::fs::write(folder.path().join("inbox/a.csv"), "gone").unwrap();
        let seen = look(&places).exports.remove(0);
        std::fs::remove_file(&seen.path).unwrap();
        assert!(places.move_to(Place::Done, &seen, None).is_err());
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
