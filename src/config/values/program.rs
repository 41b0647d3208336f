//! A program with its arguments, run without a shell.

use crate::config::toml_reader::{Faults, Value, fault, list, text};

/// The full path of a program, and its arguments.
pub(crate) fn program(value: &Value<'_>) -> Result<Vec<String>, Faults> {
    let words = list(value, text)?;
    match words.first() {
        Some(program) if program.starts_with('/') && !words.iter().any(|word| word.contains('\0')) => Ok(words),
        _ => fault("write the full path of the program, then its arguments: [\"/usr/local/bin/notify\", \"--urgent\"]"),
    }
}
