//! Optional test data in a folder next to the project.

use std::io::{Read, Write};
use std::path::PathBuf;

use flate2::read::GzDecoder;

/// A file in the shared data folder, or `None` with a message if the file does not exist.
pub(crate) fn data(path: &str) -> Option<PathBuf> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    if file.exists() {
        return Some(file);
    }
    not_run(&format!("../shared/data/{path} does not exist"));
    None
}

/// Prints, bypassing the test runner's capture, that a test did not run.
pub(crate) fn not_run(why: &str) {
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(std::io::stderr(), "NOT RUN: {name}: {why}");
}

/// A table of correct answers. An environment variable can name another table of the same form.
pub(crate) fn table(variable: &str, path: &str) -> Option<String> {
    let file = match std::env::var_os(variable) {
        Some(other) => PathBuf::from(other),
        None => data(path)?,
    };
    Some(text(&file))
}

/// The text of a file, decompressed if it is compressed.
pub(crate) fn text(file: &std::path::Path) -> String {
    let bytes = std::fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut text = String::new();
    match bytes.starts_with(&[0x1f, 0x8b]) {
        true => GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap(),
        false => bytes.as_slice().read_to_string(&mut text).unwrap(),
    };
    text
}
