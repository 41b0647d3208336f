//! Reads one-line texts.

use crate::config::toml_reader::{Faults, Value, text_as};
use crate::domain::ids::one_line;

/// A name that patients see.
pub(crate) fn one_line_text(value: &Value<'_>) -> Result<String, Faults> {
    text_as(value, |name| match one_line(name) {
        name if name.is_empty() => Err("the name is empty; write the name that patients should see".to_owned()),
        name => Ok(name),
    })
}
