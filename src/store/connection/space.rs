//! Whether the disk has room for the database.

use std::path::Path;

use crate::store::connection::place::folder_of;

/// With less than this nothing is sent: a claim has to be on the disk before its text leaves.
const LEAST: u64 = 1024 * 1024;

/// Whether the disk under a file is full for its owner. One that cannot be asked counts as not full: the write will tell.
pub(crate) fn is_full(file: &Path) -> bool {
    rustix::fs::statvfs(folder_of(file)).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_with_room_and_one_without() {
        assert!(!is_full(Path::new("a.db")));
        // A file system without any blocks at all.
        assert!(is_full(Path::new("/proc/a.db")));
        assert!(!is_full(Path::new("/no/such/folder/a.db")));
    }
}
