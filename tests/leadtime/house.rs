//! Checks the house rules: which room may import which, where SQL and the clock are used, how a file looks.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::imports::{Import, Source, cycles, functions, imports, read};

/// Each room (top-level module) and its rank. A room may import itself and rooms of a lower rank.
const ROOMS: [(&str, u8); 22] = [
    ("clock", 0),
    ("domain", 0),
    ("listener", 0),
    ("program", 0),
    ("outcomes", 1),
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
    ("outbox", 5),
    ("simulation", 6),
    ("metrics", 6),
    ("doctor", 6),
    ("desk", 7),
    ("daemon", 8),
    ("cli", 9),
];

/// The most lines a file may have above its tests.
const LONGEST: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources() -> Vec<Source> {
    let found = read(&root());
    assert!(found.len() > 40, "most source files were not found");
    found
}

/// The room of a file: the first part of its path.
fn room(path: &Path) -> String {
    path.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "")
}

fn rank(room: &str) -> Option<u8> {
    ROOMS.iter().find(|(name, _)| *name == room).map(|(_, rank)| *rank)
}

/// The lines of a file above its tests.
fn code(source: &Source) -> Vec<&str> {
    source.text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).collect()
}

/// Imports that break the order of the rooms, as readable lines.
fn out_of_order(imports: &BTreeSet<Import>) -> Vec<String> {
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
    assert_eq!(out_of_order(&imports(&sources())), Vec::<String>::new());
}

#[test]
fn no_two_files_import_each_other() {
    assert_eq!(cycles(&imports(&sources())), Vec::<Vec<PathBuf>>::new());
}

/// Every way to write an import is planted once, and the check must find it.
#[test]
fn every_way_to_write_a_forbidden_import_is_found() {
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
        let adjusted = way.replace("super::super::engine", "super::super::super::engine");
        let planted: Vec<Source> = planted
            .into_iter()
            .map(|s| if s.text == way { Source::planted("store/ledger/audit.rs", &adjusted) } else { s })
            .collect();
        let found = out_of_order(&imports(&planted));
        assert!(found.iter().any(|line| line.ends_with("store may not use engine")), "{adjusted}: {found:?}");
    }
}

/// Import cycles of two and three files, through groups, `super`, `self` and re-exports: the check must find them.
#[test]
fn planted_import_cycles_are_found() {
    let two = |a: &str, b: &str| vec![Source::planted("store/a.rs", a), Source::planted("store/b.rs", b)];
    let three = vec![
        Source::planted("store/a.rs", "use super::b::B;"),
        Source::planted("store/b.rs", "use crate::store::{c::C, c};"),
        Source::planted("store/c.rs", "fn f() { super::a::f() }"),
    ];
    let through_mod = vec![
        Source::planted("store/mod.rs", "mod a; pub use a::A; pub struct Shared;"),
        Source::planted("store/a.rs", "use super::Shared; pub struct A;"),
    ];
    let through_self = vec![
        Source::planted("store/mod.rs", "mod a; pub use self::a::A; pub struct Shared;"),
        Source::planted("store/a.rs", "use crate::store::{Shared}; pub struct A;"),
    ];
    let planted = [
        two("use super::b;", "use super::a::A;"),
        two("use crate::store::b::{self, B};", "type A = crate::store::a::A;"),
        three,
        through_mod,
        through_self,
    ];
    for sources in planted {
        assert_eq!(cycles(&imports(&sources)).len(), 1, "{}", sources[0].text);
    }
    let one_way = two("use super::b::B;", "#[cfg(test)] mod tests { use super::super::a::A; }");
    assert_eq!(cycles(&imports(&one_way)), Vec::<Vec<PathBuf>>::new(), "imports in tests do not count");
}

#[test]
fn every_file_belongs_to_a_known_room() {
    for source in sources() {
        let room = room(&source.path);
        let known = rank(&room).is_some() || ["main", "lib"].contains(&room.as_str());
        assert!(known, "{} is in no room listed in ROOMS", source.path.display());
    }
}

/// Lines of code outside the allowed paths that contain one of these words.
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
fn only_the_store_contains_sql() {
    let statements =
        ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "CREATE TABLE", "PRAGMA ", "rusqlite::params"];
    // A hint that names a view for people to read is not one of our statements.
    let found: Vec<String> =
        offenders(&["store"], &statements).into_iter().filter(|l| !l.contains("`sqlite3` shows them")).collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn only_clock_rs_reads_the_wall_clock() {
    let words = ["Utc::now", "Local::now", "SystemTime::now", "Timestamp::now", "Zoned::now"];
    assert_eq!(offenders(&["clock.rs"], &words), Vec::<String>::new());
}

#[test]
fn only_modules_that_speak_to_other_programs_use_the_network() {
    let words = ["reqwest::Client", "reqwest::get", "reqwest::{", "TcpListener", "axum::"];
    let allowed = ["annie", "alerts/channels.rs", "cli/demo/page.rs", "desk", "listener", "metrics", "feeds/sources"];
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
fn every_file_states_its_purpose_and_is_short() {
    for source in sources() {
        let first = source.text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! ") && first.len() > 20, "{} starts with: {first}", source.path.display());
        let lines = code(&source).len();
        assert!(lines <= LONGEST, "{} has {lines} lines above its tests", source.path.display());
    }
}

/// No function in the engine is longer than one screen.
#[test]
fn engine_functions_are_short() {
    const LONGEST: usize = 60;
    let mut longest = 0;
    for source in sources().iter().filter(|s| room(&s.path) == "engine") {
        for (name, lines) in functions(source) {
            assert!(lines <= LONGEST, "{}: fn {name} has {lines} lines", source.path.display());
            longest = longest.max(lines);
        }
    }
    assert!(longest > 20, "no function was measured");
}
