//! Recognizes the exports of known systems by their headers.

use crate::config::feeds::presets::embedded;
use crate::domain::fold::fold;

/// A preset that fits the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

impl Found {
    /// The system it is for.
    pub(super) fn system(&self) -> String {
        value_of(self.text, "system").first().cloned().unwrap_or_else(|| self.name.to_owned())
    }
}

/// The preset whose columns are all in the header; if several fit, the one with the most columns.
pub(super) fn recognize(names: &[String]) -> Option<Found> {
    let names: Vec<String> = names.iter().map(|name| fold(name)).collect();
    let fits = |text: &str| {
        let wanted = value_of(text, "recognize");
        (!wanted.is_empty() && wanted.iter().all(|name| names.contains(&fold(name)))).then_some(wanted.len())
    };
    let found = embedded().into_iter().filter_map(|(name, text)| Some((fits(text)?, Found { name, text })));
    found.max_by_key(|(columns, _)| *columns).map(|(_, found)| found)
}

/// The strings of a top-level key of a preset.
fn value_of(text: &str, key: &str) -> Vec<String> {
    let Ok(document) = toml::de::DeTable::parse(text) else { return Vec::new() };
    let Some(value) = document.get_ref().get(key) else { return Vec::new() };
    let one = |value: &toml::Spanned<toml::de::DeValue<'_>>| value.get_ref().as_str().map(str::to_owned);
    match value.get_ref().as_array() {
        Some(list) => list.iter().filter_map(one).collect(),
        None => one(value).into_iter().collect(),
    }
}
