//! A backup with any bytes changed, cut or added: a restored database is intact, and a refused backup changes nothing.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use leadtime::store::connection::{integrity, open};
use leadtime::store::files::restore::restore;
use libfuzzer_sys::fuzz_target;

/// A folder for this run, and an intact backup.
static WHOLE: LazyLock<(PathBuf, Vec<u8>)> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("leadtime-restore-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("whole.db");
    let connection = open::read_write(&path).expect("a database");
    connection.execute_batch("PRAGMA journal_mode = DELETE").expect("one file");
    drop(connection);
    let bytes = std::fs::read(&path).expect("its bytes");
    (folder, bytes)
});

fuzz_target!(|input: (Option<u16>, Vec<(u32, Vec<u8>)>)| {
    let (folder, whole) = &*WHOLE;
    let (kept, changes) = input;
    let mut bytes = whole.clone();
    if let Some(kept) = kept {
        bytes.truncate(bytes.len() * usize::from(kept) / usize::from(u16::MAX));
    }
    for (at, new) in &changes {
        let at = *at as usize % (bytes.len() + 1);
        let end = (at + new.len()).min(bytes.len());
        bytes.splice(at..end, new.iter().copied());
    }
    let (copy, database) = (folder.join("copy.db"), folder.join("leadtime.db"));
    for entry in std::fs::read_dir(folder).expect("the folder").flatten() {
        if entry.file_name() != "whole.db" {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    std::fs::write(&copy, &bytes).expect("a copy");
    std::fs::write(&database, whole).expect("the current database");
    let now: DateTime<Utc> = DateTime::from_timestamp(1_772_000_000, 0).expect("an instant");
    match restore(&copy, &database, "20260301-000000", None, now) {
        Ok(restored) => {
            assert!(integrity::flaws(&database).expect("it can be read").is_empty());
            let aside = restored.aside.expect("the previous database is kept");
            assert!(std::fs::read(aside).expect("its bytes") == *whole);
        }
        Err(_) => assert!(std::fs::read(&database).expect("its bytes") == *whole, "the current database is unchanged"),
    }
    assert!(std::fs::read(&copy).expect("the copy") == bytes, "the backup is unchanged");
});
