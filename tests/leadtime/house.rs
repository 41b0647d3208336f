//! Holds the house to its rules: who may use whom, where SQL and the clock are, what a file looks like.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::imports::{Import, Source, circles, functions, imports, read};

/// A room and its place in the order. A room uses rooms before it, and itself.
const ROOMS: [(&str, u8); 17] = [
    ("clock", 0),
    ("domain", 0),
    ("listener", 0),
    ("planner", 1),
    ("wording", 1),
    ("annie", 1),
    ("config", 2),
    ("store", 3),
    ("feeds", 4),
    ("engine", 4),
    ("actions", 5),
    ("reports", 5),
    ("alerts", 5),
    ("simulation", 5),
    ("metrics", 6),
    ("daemon", 7),
    ("cli", 8),
];

/// Lines a file may have above its tests.
const LONGEST: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources() -> Vec<Source> {
    let found = read(&root());
    assert!(found.len() > 40, "the sources were found");
    found
}

/// The room of a file: the first part of its path.
fn room(path: &Path) -> String {
    path.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "")
}

fn rank(room: &str) -> Option<u8> {
    ROOMS.iter().find(|(name, _)| *name == room).map(|(_, rank)| *rank)
}

/// The lines above the tests of a file.
fn code(source: &Source) -> Vec<&str> {
    source.text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).collect()
}

/// Imports that run against the order of the rooms, in words.
fn against_the_order(imports: &BTreeSet<Import>) -> Vec<String> {
    let mut found = Vec::new();
    for import in imports {
        let (from, to) = (room(&import.from), room(&import.to));
        let (Some(own), Some(used)) = (rank(&from), rank(&to)) else { continue };
        if from != to && used >= own {
            found.push(format!("{}:{}: {from} may not use {to}", import.from.display(), import.line));
        }
    }
    found
}

#[test]
fn rooms_import_one_way() {
    assert_eq!(against_the_order(&imports(&sources())), Vec::<String>::new());
}

#[test]
fn no_two_files_import_each_other() {
    assert_eq!(circles(&imports(&sources())), Vec::<Vec<PathBuf>>::new());
}

/// Each way to write an import, planted: the rules find it.
#[test]
fn planted_imports_are_found() {
    let ways = [
        "use crate::engine::keys::Key;",
        "use crate::{config::Config, engine::{keys::Key, planning}};",
        "use crate::engine::keys::{self as other};",
        "use super::super::engine::keys::Key;",
        "fn f() -> crate::engine::keys::Key { todo!() }",
        "fn f() { let _ = super::super::engine::keys::make(); }",
        "fn f() { println!(\"{}\", crate::engine::keys::NAME); }",
        "mod inner { use super::super::super::engine::keys::Key; }",
        "use crate::engine::keys::*;",
    ];
    for way in ways {
        let planted = [
            Source::planted("store/ledger/audit.rs", way),
            Source::planted("store/mod.rs", "pub mod ledger;"),
            Source::planted("store/ledger/mod.rs", "pub mod audit;"),
            Source::planted("config/mod.rs", ""),
            Source::planted("engine/mod.rs", "pub mod keys;"),
            Source::planted("engine/keys.rs", ""),
            Source::planted("engine/planning.rs", ""),
        ];
        // From `store/ledger/audit.rs`, one `super` is `store::ledger`, two are `store`.
        let way_up = way.replace("super::super::engine", "super::super::super::engine");
        let planted: Vec<Source> = planted
            .into_iter()
            .map(|s| if s.text == way { Source::planted("store/ledger/audit.rs", &way_up) } else { s })
            .collect();
        let found = against_the_order(&imports(&planted));
        assert!(found.iter().any(|line| line.ends_with("store may not use engine")), "{way_up}: {found:?}");
    }
}

/// Circles of two and of three files, over groups, `super`, `self` and a re-export of a `mod.rs`: the rules find them.
#[test]
fn planted_circles_are_found() {
    let two = |a: &str, b: &str| vec![Source::planted("store/a.rs", a), Source::planted("store/b.rs", b)];
    let of_three = vec![
        Source::planted("store/a.rs", "use super::b::B;"),
        Source::planted("store/b.rs", "use crate::store::{c::C, c};"),
        Source::planted("store/c.rs", "fn f() { super::a::f() }"),
    ];
    let over_mod = vec![
        Source::planted("store/mod.rs", "mod a; pub use a::A; pub struct Shared;"),
        Source::planted("store/a.rs", "use super::Shared; pub struct A;"),
    ];
    let over_self = vec![
        Source::planted("store/mod.rs", "mod a; pub use self::a::A; pub struct Shared;"),
        Source::planted("store/a.rs", "use crate::store::{Shared}; pub struct A;"),
    ];
    let planted = [
        two("use super::b;", "use super::a::A;"),
        two("use crate::store::b::{self, B};", "type A = crate::store::a::A;"),
        of_three,
        over_mod,
        over_self,
    ];
    for sources in planted {
        assert_eq!(circles(&imports(&sources)).len(), 1, "{}", sources[0].text);
    }
    let straight = two("use super::b::B;", "#[cfg(test)] mod tests { use super::super::a::A; }");
    assert_eq!(circles(&imports(&straight)), Vec::<Vec<PathBuf>>::new(), "tests do not count");
}

#[test]
fn every_room_is_on_the_map() {
    for source in sources() {
        let room = room(&source.path);
        let known = rank(&room).is_some() || ["main", "lib"].contains(&room.as_str());
        assert!(known, "{} is in no room of the map", source.path.display());
    }
}

/// Lines of code outside a room that hold one of these words.
fn offenders(allowed: &[&str], words: &[&str]) -> Vec<String> {
    let allowed = |source: &Source| allowed.iter().any(|path| source.path.starts_with(path));
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| !allowed(source)) {
        for (number, line) in code(source).into_iter().enumerate() {
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
    let allowed = ["annie", "alerts/channels.rs", "listener", "metrics"];
    assert_eq!(offenders(&allowed, &words), Vec::<String>::new());
}

#[test]
fn pure_rooms_do_no_io() {
    for source in sources().iter().filter(|s| ["domain", "planner", "wording"].contains(&room(&s.path).as_str())) {
        for word in ["std::fs", "std::io", "std::env", "std::net", "tokio", "rusqlite", "tracing", "crate::clock"] {
            assert!(!code(source).iter().any(|line| line.contains(word)), "{} uses {word}", source.path.display());
        }
    }
}

#[test]
fn every_file_opens_with_its_purpose_and_is_short() {
    for source in sources() {
        let first = source.text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! ") && first.len() > 20, "{} opens with: {first}", source.path.display());
        let lines = code(&source).len();
        assert!(lines <= LONGEST, "{} has {lines} lines above its tests", source.path.display());
    }
}

/// No function in the engine is longer than a screen.
#[test]
fn functions_of_the_engine_are_short() {
    const LONGEST: usize = 60;
    let mut longest = 0;
    for source in sources().iter().filter(|s| room(&s.path) == "engine") {
        for (name, lines) in functions(source) {
            assert!(lines <= LONGEST, "{}: fn {name} has {lines} lines", source.path.display());
            longest = longest.max(lines);
        }
    }
    assert!(longest > 20, "functions were measured");
}
