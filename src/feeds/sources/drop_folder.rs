//! The drop folder: decides which files are complete and where each one goes, so that none is ever lost.
//!
//! Exports are written into `inbox`. `reading` holds the file being imported; `done` and `failed` hold the files that
//! were imported or refused. `inbox/NAME` is for exports of the feed NAME. A file is moved before it is read and never
//! overwritten: a crash leaves it in `reading`, and the next run continues with it. The program that writes into the
//! inbox may replace a file at any moment, so a file is opened once, without following links or waiting for a pipe, and
//! read through that handle.

use std::fs::{DirBuilder, File, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, RenameFlags, renameat_with};
use rustix::io::Errno;

/// Extensions that programs use for files they are still writing.
const UNFINISHED: [&str; 6] = ["part", "partial", "tmp", "temp", "filepart", "crdownload"];

/// Extensions of exports in a feed's own inbox folder.
const ENDINGS: [&str; 11] = ["csv", "txt", "tsv", "tab", "xlsx", "xls", "ods", "json", "ndjson", "hl7", "ics"];
/// Bytes of a name that are kept, to leave room for a timestamp before it and `.report.txt` after it.
const LONGEST_NAME: usize = 180;
/// How many times a file is tried.
pub(crate) const TRIES: u32 = 3;

/// The drop folder and its subfolders.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    root: PathBuf,
}

/// A subfolder: where a file is, or where it goes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Dropped, not picked up yet.
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

/// A file as it was when the folder was scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The file.
    pub(crate) path: PathBuf,
    /// The feed whose inbox folder it was dropped into.
    pub(crate) feed: Option<String>,
    length: u64,
    modified: (i64, i64),
    inode: u64,
}

impl Seen {
    fn of(path: PathBuf, feed: Option<String>, file: &Metadata) -> Seen {
        Seen { path, feed, length: file.len(), modified: (file.mtime(), file.mtime_nsec()), inode: file.ino() }
    }

    /// The same file after it was moved to another name.
    pub(crate) fn moved_to(&self, path: PathBuf) -> Seen {
        Seen { path, ..self.clone() }
    }

    /// Whether the file is unchanged since then, even if it was renamed.
    pub(crate) fn is_as(&self, other: &Seen) -> bool {
        (self.length, self.modified, self.inode) == (other.length, other.modified, other.inode)
    }
}

/// The files in a subfolder.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// Exports, oldest first, so that the newest is imported last.
    pub(crate) exports: Vec<Seen>,
    /// Files that are not exports.
    pub(crate) others: Vec<PathBuf>,
}

impl Places {
    /// Opens the drop folder. Creates missing subfolders with access for their owner only; the inbox must already
    /// exist.
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

    /// Locks the folder so that two runs never process it at the same time. `Ok(None)`: another run holds the lock.
    pub(crate) fn lock(&self) -> io::Result<Option<File>> {
        let folder = File::open(self.path(Place::Reading))?;
        match folder.try_lock() {
            Ok(()) => Ok(Some(folder)),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// Lists the files of a subfolder and of the folders of these feeds within it. Skips hidden files and names that
    /// mean "still being written". `takes` says which names directly in the subfolder are exports.
    pub(crate) fn look(&self, place: Place, feeds: &[&str], takes: impl Fn(&str) -> bool) -> io::Result<Look> {
        let mut look = Look::default();
        self.look_into(&self.path(place), None, &takes, &mut look)?;
        for feed in feeds {
            let folder = self.path(place).join(feed);
            // A symbolic link could point anywhere.
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
            // A symbolic link could point anywhere, and a file may be gone by now.
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

    /// Opens an export from the listing. `Ok(None)`: it is a different file by now, or not a regular file, such as a
    /// link or a pipe.
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

    /// Counts a try before the file is read, so that a try that kills the process counts too. Returns the number of
    /// tries.
    pub(crate) fn count_try(&self, path: &Path) -> io::Result<u32> {
        let tries = std::fs::read_to_string(tries_of(path)).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        std::fs::write(tries_of(path), format!("{}\n", tries + 1))?;
        Ok(tries + 1)
    }

    /// Resets the tries of a file because it is done, or because the failure was not caused by the file.
    pub(crate) fn forget_tries(&self, path: &Path) {
        // If the count cannot be removed, a later file with the same name gets fewer tries.
        let _ = std::fs::remove_file(tries_of(path));
    }

    /// Reads the state of one file again.
    pub(crate) fn again(&self, seen: &Seen) -> io::Result<Seen> {
        Ok(Seen::of(seen.path.clone(), seen.feed.clone(), &seen.path.symlink_metadata()?))
    }

    /// Moves a file into a subfolder under a unique name, never over another file. Returns its new path.
    ///
    /// # Errors
    /// The file cannot be moved; it stays where it was.
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

/// Shortens a name to leave room for what is put around it; its extension stays.
fn cut(name: &str) -> String {
    if name.len() <= LONGEST_NAME {
        return name.to_owned();
    }
    let ending = Some(ending(name)).filter(|ending| ending.len() <= 20).unwrap_or_default();
    let end = (0..=LONGEST_NAME - ending.len() - 1).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
    format!("{}.{ending}", name.get(..end).unwrap_or_default())
}

/// The file that holds the number of tries.
fn tries_of(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.tries"))
}

fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // The file system does not support renaming without replacing.
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
    fn a_replaced_file_is_not_read() {
        let (folder, places) = places();
        let (path, secret) = (folder.path().join("inbox/a.csv"), folder.path().join("secret"));
        std::fs::write(&secret, "id\n").unwrap();
        for swap in ["link", "pipe", "folder", "other"] {
            std::fs::write(&path, "id\n").unwrap();
            let seen = look(&places).exports.remove(0);
            assert!(places.open_export(&seen).unwrap().is_some(), "{swap}");
            // Same name, length and time.
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
    fn long_names_are_shortened_and_tries_are_counted() {
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
    fn files_in_a_feeds_own_folder_belong_to_that_feed() {
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
    fn a_file_that_is_still_being_written_is_detected_even_after_a_rename() {
        let (folder, places) = places();
        let path = folder.path().join("inbox/a.csv");
        let mut writer = File::create(&path).unwrap();
        writer.write_all(b"id,patient_id\n").unwrap();
        let seen = look(&places).exports.remove(0);
        assert_eq!(places.again(&seen).unwrap(), seen);
        let taken = Seen { path: places.move_to(Place::Reading, &seen, None).unwrap(), ..seen.clone() };
        assert!(places.again(&taken).unwrap().is_as(&seen), "the file did not change");
        writer.write_all(b"A,P\n").unwrap();
        assert!(!places.again(&taken).unwrap().is_as(&seen));
        assert!(places.open_export(&taken).unwrap().is_none());
        // A different file with the same name and length counts as a different file.
        let other = folder.path().join("inbox/a.csv");
        std::fs::write(&other, std::fs::read(&taken.path).unwrap()).unwrap();
        let other = Seen { path: other, ..seen };
        assert!(!places.again(&other).unwrap().is_as(&places.again(&taken).unwrap()));
    }

    #[test]
    fn a_move_never_overwrites_a_file() {
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
    fn only_one_run_at_a_time() {
        let (folder, places) = places();
        let held = places.lock().unwrap();
        assert!(held.is_some() && Places::open(folder.path()).unwrap().lock().unwrap().is_none());
        drop(held);
        assert!(places.lock().unwrap().is_some());
    }
}
