//! What a block and a preset have in common: settings, columns and words. The block's win.

use toml::de::DeTable;

use super::columns::{self, Columns};
use super::options::{self, Settings};
use super::presets;
use super::words::{self, ConsentWords, LanguageWords, LocationWords, StatusWords};
use crate::config::diagnostic::Diagnostic;
use crate::config::toml_reader::Section;
use crate::config::values::zones::Zones;

/// What a block or a preset sets; everything is optional.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    pub(super) settings: Settings,
    pub(super) columns: Columns,
    pub(super) status: StatusWords,
    pub(super) consent: ConsentWords,
    pub(super) language: LanguageWords,
    pub(super) location: Option<LocationWords>,
}

impl Parts {
    pub(super) fn or(self, preset: Parts) -> Parts {
        let mut language = preset.language;
        language.extend(self.language);
        let mut consent = preset.consent;
        consent.words.extend(self.consent.words);
        let location = match (self.location, preset.location) {
            (Some(LocationWords::ByWord(own)), Some(LocationWords::ByWord(mut words))) => {
                words.extend(own);
                Some(LocationWords::ByWord(words))
            }
            (own, preset) => own.or(preset),
        };
        Parts {
            settings: self.settings.or(preset.settings),
            columns: self.columns.or(preset.columns),
            status: self.status.or(preset.status),
            consent,
            language,
            location,
        }
    }
}

/// Reads what blocks and presets have in common. Keys that were already read from `section` stay known.
pub(super) fn read_parts(
    mut section: Section<'_, '_, '_>,
    table: &DeTable<'_>,
    zones: &Zones,
    diagnostics: &mut Vec<Diagnostic>,
) -> Parts {
    let settings = options::read(&mut section, zones);
    let location = section.optional("location", words::location);
    let sub = |key: &'static str, section: &mut Section<'_, '_, '_>| {
        section.raw(key);
        if table.get(key).is_some_and(|value| value.get_ref().as_table().is_none()) {
            section.error(key, format!("[feed.{key}] is a section: write [feed.{key}] on its own line"));
        }
        table.get(key).and_then(|value| value.get_ref().as_table())
    };
    let tables = ["columns", "status", "consent", "language"].map(|key| sub(key, &mut section));
    let span_of = |key: &str| table.get(key).map_or(0..0, toml::Spanned::span);
    section.finish();
    Parts {
        settings,
        columns: columns::read(tables[0], span_of("columns"), diagnostics),
        status: words::status(tables[1], span_of("status"), diagnostics),
        consent: words::consent(tables[2], span_of("consent"), diagnostics),
        language: words::language(tables[3], diagnostics),
        location,
    }
}

/// Reads a preset's text: its settings and, for a database, its statement.
pub(super) fn parts_of(text: &str, zones: &Zones) -> Result<(Parts, Option<String>), String> {
    let document =
        DeTable::parse(text).map_err(|error| format!("the preset is not valid TOML: {}", error.message()))?;
    let table = document.get_ref();
    let mut diagnostics = Vec::new();
    let mut section = Section::new("the preset", Some(table), 0..0, &mut diagnostics);
    for key in presets::OWN_KEYS {
        section.raw(key);
    }
    let mut of_parts = Vec::new();
    let parts = read_parts(section, table, zones, &mut of_parts);
    match diagnostics.into_iter().chain(of_parts).next() {
        None => Ok((parts, table.get("statement").and_then(|value| value.get_ref().as_str()).map(str::to_owned))),
        Some(diagnostic) => Err(format!("the preset has an error: {}", diagnostic.message)),
    }
}
