//! Shared by the commands for feeds: which feed a file belongs to, and how a file is opened once and read several times.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::cli::failure::Failure;
use crate::cli::workbook::{self, Choice};
use crate::config::Config;
use crate::config::api_key::Handed;
use crate::config::feeds::{Feed, Source, TextEncoding};
use crate::domain::count::counted;
use crate::domain::ids::nearest;
use crate::domain::shown::shown;
use crate::domain::zone::Zone;
use crate::feeds::formats::{FormatError, delimited};
use crate::feeds::importing::{self, ImportError, Imported, Job, Preview, Progress};
use crate::feeds::mapping::{Cost, options, wanted};
use crate::feeds::sources::answer::Answer;
use crate::feeds::{documents, messages};
use crate::store::Connection;

/// The largest input that is spooled, unless the feed sets another limit.
const LARGEST: u64 = 64 << 20;

/// An open export.
#[derive(Debug)]
pub(crate) struct ExportFile {
    /// Its name for display.
    pub(crate) name: String,
    file: File,
    /// It was turned into text here: what was chosen and is missing in a spreadsheet, in words. `None`: it is a text file.
    converted: Option<Vec<String>>,
    /// The HL7 messages that it contains.
    messages: Option<Vec<u8>>,
}

impl ExportFile {
    /// Opens a file; `-` is standard input. Input that cannot be read twice is copied first, up to `largest` bytes.
    pub(crate) fn open(path: &Path, largest: Option<u64>) -> Result<ExportFile, Failure> {
        let name = shown(&path.display().to_string()).into_owned();
        let cannot = |error: std::io::Error| anyhow::anyhow!("cannot read {name}: {error}");
        let largest = largest.unwrap_or(LARGEST);
        if name == "-" {
            let file = spooled(std::io::stdin().lock(), largest).map_err(cannot)?;
            return Ok(ExportFile::of(name, file));
        }
        let file = match Handed::Input.is_here() {
            true => File::from(std::io::stdin().as_fd().try_clone_to_owned().map_err(cannot)?),
            false => File::open(path).map_err(cannot)?,
        };
        let kind = file.metadata().map_err(cannot)?.file_type();
        if kind.is_dir() {
            return Err(cannot(std::io::ErrorKind::IsADirectory.into()).into());
        }
        let file = if kind.is_file() { file } else { spooled(file, largest).map_err(cannot)? };
        Ok(ExportFile::of(name, file))
    }

    /// Wraps a file that is already open.
    pub(crate) fn of(name: String, file: File) -> ExportFile {
        ExportFile { name, file, converted: None, messages: None }
    }

    /// The export of a feed as text: a spreadsheet, FHIR resources, messages or a calendar are turned into text first.
    pub(crate) fn for_feed(self, feed: &Feed, zone: &Zone, now: DateTime<Utc>) -> anyhow::Result<ExportFile> {
        let settings = &feed.settings;
        if feed.is_converted() {
            return self.into_table(feed, zone, now);
        }
        self.with(&Choice { sheet: settings.sheet.clone(), wanted: wanted(feed), largest: settings.max_file })
    }

    fn into_table(self, feed: &Feed, zone: &Zone, now: DateTime<Utc>) -> anyhow::Result<ExportFile> {
        let name = &self.name;
        let limits = options(feed).limits;
        let mut bytes = Vec::new();
        self.source()?.take(limits.max_file.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limits.max_file {
            anyhow::bail!("{name}: {}", FormatError::TooLarge { max: limits.max_file });
        }
        let table = documents::table(feed, &bytes, zone, now).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
        let Some(table) = table else { return Ok(self) };
        let answer = Answer::of(&table, limits).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
        let messages = matches!(feed.source, Source::Hl7(_)).then_some(bytes);
        Ok(ExportFile { file: answer.into_file(), converted: Some(Vec::new()), messages, ..self })
    }

    /// Imports the export.
    pub(crate) fn import(
        &self,
        connection: &mut Connection,
        job: Job<'_>,
        progress: impl FnMut(Progress),
    ) -> Result<Imported, ImportError> {
        match &self.messages {
            Some(messages) => messages::import(connection, messages, job),
            None => importing::import(connection, || self.source(), job, progress),
        }
    }

    /// What the import would do, without writing anything.
    pub(crate) fn preview(&self, connection: &mut Connection, job: Job<'_>) -> Result<Preview, ImportError> {
        match &self.messages {
            Some(messages) => messages::preview(connection, messages, job),
            None => importing::preview(connection, || self.source(), job),
        }
    }

    /// Turns a spreadsheet into text; anything else stays as it is.
    pub(crate) fn with(self, choice: &Choice) -> anyhow::Result<ExportFile> {
        let text = workbook::as_text(&self.file, choice).map_err(|error| anyhow::anyhow!("{}: {error}", self.name))?;
        Ok(match text {
            Some((file, words)) => ExportFile { file, converted: Some(words), ..self },
            None => self,
        })
    }

    /// What was chosen and is missing in a spreadsheet, in words.
    pub(crate) fn notes(&self) -> &[String] {
        self.converted.as_deref().unwrap_or_default()
    }

    /// A feed's settings for this export: what was turned into text is comma-separated, whatever the feed says.
    pub(crate) fn settings_of(&self, feed: &Feed) -> Feed {
        let mut feed = feed.clone();
        if self.converted.is_some() {
            feed.settings.delimiter = Some(b',');
            feed.settings.encoding = Some(TextEncoding::Utf8);
            feed.settings.max_file = Some(u64::MAX);
        }
        feed
    }

    /// The text format of this export, if it is known.
    pub(crate) fn options(&self) -> delimited::Options {
        match self.converted.is_some() {
            true => delimited::Options {
                encoding: Some(delimited::Encoding::Utf8),
                delimiter: Some(b','),
                ..delimited::Options::default()
            },
            false => delimited::Options::default(),
        }
    }

    /// Its first bytes.
    pub(crate) fn start(&self) -> std::io::Result<Vec<u8>> {
        let mut start = Vec::new();
        self.source()?.take(1024).read_to_end(&mut start)?;
        Ok(start)
    }

    /// Rewinds the file and returns it.
    pub(crate) fn source(&self) -> std::io::Result<&File> {
        (&self.file).seek(SeekFrom::Start(0))?;
        Ok(&self.file)
    }
}

/// Copies the input to an unnamed temporary file, up to one byte over the limit so that the reader can see it is too large.
fn spooled(source: impl Read, largest: u64) -> std::io::Result<File> {
    let mut copy = tempfile::tempfile()?;
    std::io::copy(&mut source.take(largest.saturating_add(1)), &mut copy)?;
    Ok(copy)
}

/// The feeds of a configuration; if it has none, the feed with Leadtime's own columns.
pub(crate) fn feeds(config: &Config) -> Vec<Feed> {
    match config.feeds.is_empty() {
        true => vec![Feed::own()],
        false => config.feeds.clone(),
    }
}

/// A feed by its name.
pub(crate) fn feed_named(config: &Config, name: &str) -> Result<Feed, Failure> {
    let feeds = feeds(config);
    if let Some(feed) = feeds.iter().find(|feed| feed.name == name) {
        return Ok(feed.clone());
    }
    let names: Vec<&str> = feeds.iter().map(|feed| feed.name.as_str()).collect();
    let near = nearest(name, names.iter().copied()).map_or_else(String::new, |near| format!(" (did you mean {near}?)"));
    Err(Failure::Usage(anyhow::anyhow!("there is no feed {name}{near}; the configuration has: {}", names.join(", "))))
}

/// The feeds whose rows come from files.
pub(crate) fn file_feeds(config: &Config) -> Vec<Feed> {
    feeds(config).into_iter().filter(|feed| feed.pulled().is_none()).collect()
}

/// A feed of files by its name.
fn file_feed_named(config: &Config, name: &str) -> Result<Feed, Failure> {
    let feed = feed_named(config, name)?;
    match feed.pulled() {
        None => Ok(feed),
        Some(_) => Err(Failure::Usage(anyhow::anyhow!(
            "{name} reads a database, a server or an address, not files; run leadtime feed pull {name}"
        ))),
    }
}

/// The feed a file belongs to: the one asked for, else the only feed, else the one whose `files` match its name.
pub(crate) fn feed_of(config: &Config, asked: Option<&str>, file: &Path) -> Result<Feed, Failure> {
    if let Some(name) = asked {
        return file_feed_named(config, name);
    }
    let mut feeds = file_feeds(config);
    if feeds.is_empty() {
        return Err(Failure::Usage(anyhow::anyhow!(
            "every feed in the configuration reads a database; to import files, add a [[feed]] with kind = \"file\""
        )));
    }
    if feeds.len() == 1 {
        return Ok(feeds.remove(0));
    }
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    feed_of_name(&feeds, &name)
        .map_err(|why| Failure::Usage(anyhow::anyhow!("{why}; choose the feed with --feed NAME")))
}

/// The one feed whose `files` match a name.
pub(crate) fn feed_of_name(feeds: &[Feed], name: &str) -> Result<Feed, String> {
    let fits = |feed: &&Feed| feeds.len() == 1 || feed.claims_file(name);
    let fitting: Vec<&Feed> = feeds.iter().filter(fits).collect();
    match fitting.as_slice() {
        [feed] => Ok((*feed).clone()),
        [] => Err(format!("{} does not match the `files` of any feed", shown(name))),
        several => {
            let names: Vec<&str> = several.iter().map(|feed| feed.name.as_str()).collect();
            Err(format!("{} matches the `files` of several feeds: {}", shown(name), names.join(", ")))
        }
    }
}

/// What an import did, in words.
pub(crate) fn summary(name: &str, imported: &Imported, complete: bool) -> String {
    let Imported { good, bad, changes, unused, report, held, .. } = imported;
    let rows = counted(*good, "row", "rows");
    let mut text = match held {
        Some((kind, _)) if kind.is_whole() => format!("{name}: {rows} read. Nothing was changed"),
        _ => {
            let added = counted(changes.added, "new appointment", "new appointments");
            format!("{name}: {rows} read: {added}, {} changed", changes.changed)
        }
    };
    if changes.cancelled > 0 {
        let them = counted(
            changes.cancelled,
            "cancelled because the file no longer lists it",
            "cancelled because the file no longer lists them",
        );
        text.push_str(&format!(", {them}"));
    }
    if changes.moved > 0 {
        let moved = counted(changes.moved, "of them was moved to another time", "of them were moved to another time");
        text.push_str(&format!(" ({moved})"));
    }
    if changes.off > 0 {
        text.push_str(&format!(", {} marked in the file as cancelled or not scheduled", changes.off));
    }
    text.push_str(".\n");
    if complete && *good == 0 {
        text.push_str("No row could be read, so the file covers no dates and nothing was cancelled.\n");
    }
    if *bad > 0 {
        text.push_str(&format!(
            "{} left out (see above). If Leadtime already has an appointment from such a row, it gets no texts until the row is corrected.\n",
            counted(*bad, "row could not be read and was", "rows could not be read and were")
        ));
    }
    if report.elsewhere > 0 {
        text.push_str(&format!("{} left out by `only`.\n", counted(report.elsewhere, "row was", "rows were")));
    }
    if report.dropped_characters > 0 {
        let removed = counted(report.dropped_characters, "invisible character was", "invisible characters were");
        text.push_str(&format!("{removed} removed from names.\n"));
    }
    if !unused.is_empty() {
        text.push_str(&format!("Unused columns: {}.\n", shortened(unused)));
    }
    text
}

/// The first few names of a list.
fn shortened(names: &[String]) -> String {
    const MOST: usize = 20;
    let first = names.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// What is held for a person's decision, in words.
pub(crate) fn held_words(feed: &str, imported: &Imported) -> Option<String> {
    let (kind, why) = imported.held.as_ref()?;
    let what = match kind.is_whole() {
        true => "Nothing was changed; the file is held",
        false => "Its rows were imported; the missing appointments are held",
    };
    Some(format!("{why}. {what}. If the file is correct: leadtime feed accept {feed}"))
}

/// Reasons for standard error: first those that left out rows or cells, then those that somebody should look at.
pub(crate) fn reasons(imported: &Imported) -> Vec<String> {
    imported.report.lines()
}

/// Whether a row or a cell was left out.
pub(crate) fn has_faults(imported: &Imported) -> bool {
    imported.bad > 0 || imported.report.of(Cost::Row).iter().any(|(_, count)| count.rows > 0)
}
