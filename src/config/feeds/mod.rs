//! Reads `[[feed]]`: where appointments come from, and how another system's export maps to our fields.
//!
//! A block may start from a preset: a separate file with the same keys. The block's own settings win.

mod checks;
mod columns;
mod options;
mod parts;
pub mod presets;
mod source;
mod statement;
mod words;

use std::ops::Range;
use std::path::Path;

use chrono::TimeDelta;
use toml::de::DeTable;

pub(crate) use checks::may_mean_the_opposite;
use checks::{check, check_consent, check_form, check_own, check_source};
pub use columns::{ColumnSource, Columns, Field};
pub use options::{Clock, DateOrder, Missing, NameOrder, Offsets, Only, Settings, TextEncoding, Years, ZoneSource};
use parts::{Parts, parts_of, read_parts};
pub use source::{
    Address, Auth, DatabaseSource, FhirServer, FhirSource, Hl7Source, Host, IcalSource, MllpListener, Network,
    PasswordPlace, Pulled, Server, Source, WebPlace, is_this_machine,
};
pub use statement::{Grammar, Statement, Window};
pub use words::{ConsentWords, LanguageWords, LocationWords, StatusMeaning, StatusWords, UnknownStatus};

use crate::config::diagnostic::Diagnostic;
use crate::config::toml_reader::{Section, Value, text_as};
use crate::config::values::zones::Zones;
use crate::domain::fingerprint;

/// One `[[feed]]`.
#[derive(Debug, Clone)]
pub struct Feed {
    /// Its name, stored with each appointment.
    pub name: String,
    /// The preset it starts from.
    pub preset: Option<String>,
    /// Where its rows come from.
    pub source: Source,
    /// How files are read, what missing rows mean, and limits.
    pub settings: Settings,
    /// Where each field comes from.
    pub columns: Columns,
    /// Status words.
    pub status: StatusWords,
    /// Consent words.
    pub consent: ConsentWords,
    /// Language words.
    pub language: LanguageWords,
    /// The location, or location words.
    pub location: Option<LocationWords>,
    /// Its files have Leadtime's own columns, so nothing is mapped.
    pub own_columns: bool,
}

/// The preset for files with Leadtime's own columns, and the name of their feed if the configuration has no feed.
pub(crate) const OWN_COLUMNS: &str = "leadtime";
pub(crate) const OWN_FEED: &str = "csv";

/// The percentage of upcoming appointments that may be missing or change at once, if the feed sets none.
const USUAL_SHARE: u32 = 20;

impl Feed {
    /// The feed for files with Leadtime's own columns, used if the configuration has no `[[feed]]`.
    pub(crate) fn own() -> Feed {
        Feed {
            name: OWN_FEED.to_owned(),
            preset: Some(OWN_COLUMNS.to_owned()),
            source: Source::Files,
            settings: Settings::default(),
            columns: Columns::default(),
            status: StatusWords::default(),
            consent: ConsentWords::default(),
            language: LanguageWords::default(),
            location: None,
            own_columns: true,
        }
    }

    /// The database that it reads, if it reads one.
    pub fn database(&self) -> Option<&DatabaseSource> {
        match &self.source {
            Source::Database(database) => Some(database),
            _ => None,
        }
    }

    /// How often the service reads it by itself; `None` if its rows come from files or messages.
    pub fn pulled(&self) -> Option<Pulled> {
        self.source.pulled()
    }

    /// Whether a file with this name is this feed's: by `files`, else, for a format of its own, by its ending.
    pub(crate) fn claims_file(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        match self.settings.files.is_empty() {
            true => self.is_converted() && self.source.endings().iter().any(|ending| name.ends_with(ending)),
            false => self.settings.takes_file(&name),
        }
    }

    /// Whether its rows are made by a reader of Leadtime's own from another format, so that their form is known.
    pub(crate) fn is_converted(&self) -> bool {
        !matches!(self.source, Source::Files | Source::Database(_))
    }

    /// Whether every file is the complete list for the dates it covers.
    pub(crate) fn is_complete(&self) -> bool {
        self.settings.missing == Some(Missing::Cancel)
    }

    /// The percentage of upcoming appointments that may be missing.
    pub(crate) fn max_missing(&self) -> u32 {
        self.settings.max_missing.unwrap_or(USUAL_SHARE)
    }

    /// The percentage of upcoming appointments that may move or be cancelled at once.
    pub(crate) fn max_changed(&self) -> u32 {
        self.settings.max_changed.unwrap_or(USUAL_SHARE)
    }

    /// How old the last good import may be.
    pub(crate) fn stale_after(&self) -> Option<TimeDelta> {
        self.settings.stale_after.and_then(|limit| TimeDelta::from_std(limit).ok())
    }

    /// Changes when rows may be read differently than before: as other appointments or at other times.
    pub(crate) fn mapping(&self, practice_zone: &str) -> String {
        let settings = &self.settings;
        let zone = match &settings.timezone {
            None => practice_zone.to_owned(),
            Some(ZoneSource::Named(zone)) => zone.name().to_owned(),
            Some(ZoneSource::Column(column)) => format!("column {column}"),
        };
        let parts = (&zone, &settings.dates, settings.times, settings.offsets, &settings.id_prefix, &settings.only);
        let statement = self.database().map(|database| &database.statement);
        let columns = (&self.columns, self.own_columns);
        match statement {
            None => fingerprint::of(format!("{parts:?} {columns:?}")),
            Some(statement) => fingerprint::of(format!("{parts:?} {columns:?} {statement:?}")),
        }
    }
}

/// The files that a feed names: presets of the practice's own, statements, passwords, certificates.
#[derive(Clone, Copy)]
pub struct NamedFiles<'f> {
    /// The folder of the configuration, to which names are relative.
    pub folder: &'f Path,
    /// Returns a file's text, or why it cannot be read.
    pub text: &'f dyn Fn(&str) -> Result<String, String>,
}

/// Reads every `[[feed]]`.
pub fn read(
    value: Option<&Value<'_>>,
    zones: &Zones,
    files: NamedFiles<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Feed> {
    let Some(value) = value else { return Vec::new() };
    let Some(blocks) = value.get_ref().as_array() else {
        let message = "[feed] is now [[feed]], one section for each export; `leadtime feed suggest FILE` writes one. For files \
            with Leadtime's own columns, write [[feed]], name = \"csv\", kind = \"file\" and preset = \"leadtime\", then \
            stale_after, missing and max_missing as before";
        diagnostics.push(Diagnostic::error(value.span(), message));
        return Vec::new();
    };
    let mut feeds: Vec<Feed> = Vec::new();
    for block in blocks.iter() {
        let Some(table) = block.get_ref().as_table() else {
            diagnostics.push(Diagnostic::error(block.span(), "a feed is a section: write [[feed]] on its own line"));
            continue;
        };
        if let Some(feed) = read_block(table, block.span(), zones, files, diagnostics) {
            if feeds.iter().any(|other| other.name == feed.name) {
                let message = format!(
                    "two feeds are named \"{}\"; give each its own name, because a feed changes only its own appointments",
                    feed.name
                );
                diagnostics.push(Diagnostic::error(block.span(), message));
            }
            feeds.push(feed);
        }
    }
    let ports: Vec<_> = feeds.iter().filter_map(|feed| Some((&feed.name, feed.source.listener()?.address))).collect();
    for (at, (name, address)) in ports.iter().enumerate() {
        let before = ports.iter().take(at).find(|(_, other)| other == address && address.port() != 0);
        if let Some((other, _)) = before {
            let message = format!("the feeds \"{other}\" and \"{name}\" listen at {address}; give each its own port");
            diagnostics.push(Diagnostic::error(value.span(), message));
        }
    }
    let of_files: Vec<&Feed> = feeds.iter().filter(|feed| feed.pulled().is_none()).collect();
    for feed in of_files.iter().filter(|feed| feed.settings.files.is_empty()) {
        let alike = |other: &&&Feed| other.source.endings() == feed.source.endings();
        if of_files.iter().filter(alike).count() > 1 {
            let message = format!(
                "feed \"{}\" has no `files`: with several feeds, say which files belong to which feed",
                feed.name
            );
            diagnostics.push(Diagnostic::warning(value.span(), message));
        }
    }
    feeds
}

/// Checks the words of feeds in a configuration; a block that is still being suggested may lack them.
pub(super) fn check_words(value: Option<&Value<'_>>, feeds: &[Feed], diagnostics: &mut Vec<Diagnostic>) {
    let Some(value) = value else { return };
    let blocks: Vec<_> = value.get_ref().as_array().into_iter().flat_map(|blocks| blocks.iter()).collect();
    for feed in feeds {
        let named =
            |table: &DeTable<'_>| table.get("name").and_then(|name| name.get_ref().as_str()) == Some(&feed.name);
        let block = blocks.iter().find(|block| block.get_ref().as_table().is_some_and(named));
        let span = block.map_or(value.span(), |block| block.span());
        check_consent((&feed.settings, &feed.columns), &feed.consent, &span, diagnostics);
    }
}

/// The first feed in a block by itself; `None` if the block has no feed or has errors.
pub fn of_block(block: &str, zones: &Zones) -> Option<Feed> {
    let document = DeTable::parse(block).ok()?;
    let none = |_: &str| Err("no file".to_owned());
    let files = NamedFiles { folder: Path::new("."), text: &none };
    read(document.get_ref().get("feed"), zones, files, &mut Vec::new()).into_iter().next()
}

fn read_block(
    table: &DeTable<'_>,
    span: Range<usize>,
    zones: &Zones,
    files: NamedFiles<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Feed> {
    let before = diagnostics.len();
    let mut section = Section::new("[[feed]]", Some(table), span.clone(), diagnostics);
    let name = section.required("name", "\"front-desk\"", |value| text_as(value, feed_name));
    let preset = section.optional("preset", |value| text_as(value, |name| Ok(name.to_owned())));
    let own_columns = preset.as_deref() == Some(OWN_COLUMNS);
    let mut statement = None;
    let preset_parts = match &preset {
        None => None,
        Some(_) if own_columns => Some(Parts::default()),
        Some(preset) => match presets::load(preset, files.text).and_then(|text| parts_of(&text, zones)) {
            Ok((parts, of_preset)) => {
                statement = of_preset;
                Some(parts)
            }
            Err(why) => {
                section.error("preset", format!("`preset`: {why}"));
                None
            }
        },
    };
    let about = source::About {
        name: name.as_deref(),
        statement: statement.as_deref(),
        folder: files.folder,
        file: files.text,
    };
    let source = source::read(&mut section, about);
    // The section borrows the diagnostics, so those of its parts are collected separately.
    let preset_known = preset_parts.is_some();
    let mut of_parts = Vec::new();
    let mut parts = read_parts(section, table, zones, &mut of_parts);
    diagnostics.append(&mut of_parts);
    if let Some(preset) = preset_parts {
        parts = parts.or(preset);
    }
    if let Some(source) = &source {
        check_form(source, &parts, &span, diagnostics);
    }
    if let Some(usual) = source.as_ref().and_then(Source::usual_parts) {
        match parts_of(usual, zones) {
            Ok((usual, _)) => parts = parts.or(usual),
            Err(why) => diagnostics.push(Diagnostic::error(span.clone(), why)),
        }
    }
    if let Some(source) = &source {
        source.complete(&mut parts);
    }
    // If its preset could not be read, a block lacks the preset's settings, so it is not checked.
    if own_columns {
        check_own(&parts, &span, diagnostics);
    } else if preset.is_none() || preset_known {
        check(&parts, &span, diagnostics);
    }
    if let Some(source) = &source {
        check_source(source, &parts, own_columns, &span, diagnostics);
    }
    let faulty = diagnostics.iter().skip(before).any(|p| p.severity == crate::config::diagnostic::Severity::Error);
    let Parts { settings, columns, status, consent, language, location } = parts;
    let name = name.filter(|_| !faulty)?;
    Some(Feed { name, preset, source: source?, settings, columns, status, consent, language, location, own_columns })
}

/// Short, and safe in ids, file names and on the command line.
pub(crate) fn feed_name(name: &str) -> Result<String, String> {
    let good = (1..=40).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-');
    if good {
        Ok(name.to_owned())
    } else {
        Err("write up to 40 lowercase letters, digits and hyphens, such as \"front-desk\"".to_owned())
    }
}
