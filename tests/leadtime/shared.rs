//! Test material that lies beside the project, where there is some.

use std::io::{Read, Write};
use std::path::PathBuf;

use flate2::read::GzDecoder;

/// A file of the shared data folder; `None`, said aloud, in a clone that has none.
pub(crate) fn data(path: &str) -> Option<PathBuf> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    if file.exists() {
        return Some(file);
    }
    not_run(&format!("../shared/data/{path} is not here"));
    None
}

/// Says aloud, past the test runner's capture, that a test had nothing to run on.
pub(crate) fn not_run(why: &str) {
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(std::io::stderr(), "NOT RUN: {name}: {why}");
}

/// A table of right answers: another one of the same form where the environment names it.
pub(crate) fn table(variable: &str, path: &str) -> Option<String> {
    let file = match std::env::var_os(variable) {
        Some(other) => PathBuf::from(other),
        None => data(path)?,
    };
    Some(text(&file))
}

/// The text of a file, unpacked if it is packed.
pub(crate) fn text(file: &std::path::Path) -> String {
    let bytes = std::fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut text = String::new();
    match bytes.starts_with(&[0x1f, 0x8b]) {
        true => GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap(),
        false => bytes.as_slice().read_to_string(&mut text).unwrap(),
    };
    text
}
