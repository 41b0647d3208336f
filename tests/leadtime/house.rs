//! Holds the house to its rules: who may use whom, where SQL and the clock are, what a file looks like.

use std::path::{Path, PathBuf};

/// A room and its place in the order. A room uses rooms before it, and itself.
const ROOMS: [(&str, u8); 12] = [
    ("clock", 0),
    ("domain", 0),
    ("planner", 1),
    ("wording", 1),
    ("config", 2),
    ("store", 2),
    ("annie", 2),
    ("feeds", 2),
    ("engine", 3),
    ("simulation", 4),
    ("daemon", 4),
    ("cli", 5),
];

/// Lines a file may have above its tests.
const LONGEST: usize = 400;

struct Source {
    path: PathBuf,
    room: String,
    /// Above the tests.
    code: Vec<String>,
    whole: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let whole = std::fs::read_to_string(&path).unwrap();
                let relative = path.strip_prefix(&root).unwrap();
                let room = relative.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
                let code =
                    whole.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).map(str::to_owned).collect();
                found.push(Source { path: relative.to_owned(), room, code, whole });
            }
        }
    }
    assert!(found.len() > 40, "the sources were found");
    found
}

fn rank(room: &str) -> Option<u8> {
    ROOMS.iter().find(|(name, _)| *name == room).map(|(_, rank)| *rank)
}

/// The rooms a line of code names by `crate::room`.
fn rooms_named(line: &str) -> Vec<String> {
    let code = line.split("//").next().unwrap_or_default();
    let after = code.split("crate::").skip(1);
    after.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()).collect()
}

#[test]
fn data_flows_one_way() {
    for source in sources() {
        let Some(own) = rank(&source.room) else { continue };
        for (number, line) in source.code.iter().enumerate() {
            for used in rooms_named(line).into_iter().filter(|room| rank(room).is_some() && *room != source.room) {
                assert!(
                    rank(&used).unwrap() < own,
                    "{}:{}: {} may not use {used}",
                    source.path.display(),
                    number + 1,
                    source.room
                );
            }
        }
    }
}

#[test]
fn every_room_is_on_the_map() {
    for source in sources() {
        let known = rank(&source.room).is_some() || ["main", "lib"].contains(&source.room.as_str());
        assert!(known, "{} is in no room of the map", source.path.display());
    }
}

/// Lines of code outside a room that hold one of these words.
fn offenders(allowed: &[&str], words: &[&str]) -> Vec<String> {
    let allowed = |source: &Source| allowed.iter().any(|path| source.path.starts_with(path));
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| !allowed(source)) {
        for (number, line) in source.code.iter().enumerate() {
            let code = line.trim_start();
            if !code.starts_with("//") && words.iter().any(|word| code.contains(word)) {
                found.push(format!("{}:{}: {code}", source.path.display(), number + 1));
            }
        }
    }
    found
}

#[test]
fn sql_is_in_the_store_only() {
    let statements =
        ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "CREATE TABLE", "PRAGMA ", "rusqlite::params"];
    // A hint for people that names a view is no statement of ours.
    let found: Vec<String> =
        offenders(&["store"], &statements).into_iter().filter(|l| !l.contains("`sqlite3` shows them")).collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn the_wall_clock_is_read_in_clock_rs_only() {
    let words = ["Utc::now", "Local::now", "SystemTime::now", "Timestamp::now", "Zoned::now"];
    assert_eq!(offenders(&["clock.rs"], &words), Vec::<String>::new());
}

#[test]
fn only_annie_speaks_to_annie_and_only_alarms_and_figures_to_others() {
    let words = ["reqwest::Client", "reqwest::get", "reqwest::{", "TcpListener", "axum::"];
    let allowed = ["annie", "daemon/alerts/ways.rs", "daemon/metrics"];
    assert_eq!(offenders(&allowed, &words), Vec::<String>::new());
}

#[test]
fn pure_rooms_do_no_io() {
    for source in sources().iter().filter(|s| ["domain", "planner", "wording"].contains(&s.room.as_str())) {
        for word in ["std::fs", "std::io", "std::env", "std::net", "tokio", "rusqlite", "tracing", "crate::clock"] {
            assert!(!source.code.iter().any(|line| line.contains(word)), "{} uses {word}", source.path.display());
        }
    }
}

#[test]
fn every_file_opens_with_its_purpose_and_is_short() {
    for source in sources() {
        let first = source.whole.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! ") && first.len() > 20, "{} opens with: {first}", source.path.display());
        let lines = source.code.len();
        assert!(lines <= LONGEST, "{} has {lines} lines above its tests", source.path.display());
    }
}
