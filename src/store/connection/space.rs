//! Checks whether the disk has free space for the database.

use std::path::Path;

use crate::store::connection::place::folder_of;

/// With less free space than this nothing is sent: a claim has to be on disk before its text leaves.
const LEAST: u64 = 1024 * 1024;

/// Whether the disk that holds a file is full for the file's owner. If the disk cannot be queried, it counts as not
/// full: the next write will show.
pub(crate) fn is_full(file: &Path) -> bool {
    rustix::fs::statvfs(folder_of(file)).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_without_free_space_is_full() {
        assert!(!is_full(Path::new("a.db")));
        // A file system without any blocks at all.
        assert!(is_full(Path::new("/proc/a.db")));
        assert!(!is_full(Path::new("/no/such/folder/a.db")));
    }
}
