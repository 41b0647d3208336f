//! `leadtime import-folder`: imports the exports dropped into a folder, for systemd's path and timer units.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::Args;

use crate::cli::config_option::ConfigOption;
use crate::cli::export_file::{ExportFile, feed_named, feed_of_name, file_feeds, held_words, reasons, summary};
use crate::cli::failure::Failure;
use crate::cli::output::{configuration, moment, print, say};
use crate::config::Config;
use crate::config::feeds::{Feed, Source};
use crate::config::values::zones::Zones;
use crate::domain::operator::Operator;
use crate::domain::shown::shown;
use crate::feeds::importing::{self, How, ImportError, Job};
use crate::feeds::sources::drop_folder::{Place, Places, Seen, TRIES};
use crate::store::StoreError;
use crate::store::connection::open;

/// How many times a run waits for files that keep growing; after that, the next run checks them again.
const ROUNDS: usize = 20;
/// The maximum size of a report, in bytes.
const LONGEST_REPORT: usize = 1 << 20;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The folder. Drop exports into its `inbox`, or into `inbox/NAME` for the feed NAME; they end up in `done`, or in
    /// `failed` with a report. In `inbox` itself, files that match the `files` of a feed are exports, and so are `*.csv`, spreadsheets, and `*.hl7`, `*.json` and `*.ics` if there is a feed for them.
    folder: PathBuf,
    /// A file counts as complete once it has not changed for this long.
    #[arg(long, value_name = "TIME", default_value = "30 seconds", value_parser = humantime::parse_duration)]
    at_rest_for: Duration,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let folder = options.folder.display();
    let no_folder =
        |error| anyhow::anyhow!("cannot use {folder}: {error}; it must contain a folder `inbox` for the exports");
    let places = Places::open(&options.folder).map_err(no_folder)?;
    let Some(_lock) = places.lock().map_err(no_folder)? else {
        return Err(anyhow::anyhow!("{folder} is already being imported; nothing to do here").into());
    };
    let feeds = file_feeds(&config);
    let names: Vec<&str> = feeds.iter().map(|feed| feed.name.as_str()).collect();
    let takes = |name: &str| {
        Source::Files.endings().iter().any(|ending| name.ends_with(ending))
            || feeds.iter().any(|feed| feed.claims_file(name))
    };
    let mut ended = Ended::default();
    // First come the files that a crash or a busy database left behind.
    for left in places.look(Place::Reading, &names, |_| true).map_err(no_folder)?.exports {
        // An older export must not be imported after a newer one.
        if !ended.waits(&whose(&config, &left)) {
            ended.add(&whose(&config, &left), import_one(&places, &left, &config)?);
        }
    }
    for round in 0.. {
        let look = places.look(Place::Inbox, &names, takes).map_err(no_folder)?;
        if round == 0 {
            for other in look.others {
                say(&format!("{} was left in place: it is not an export of any feed", other.display()));
            }
        }
        let exports: Vec<Seen> = look.exports.into_iter().filter(|seen| !ended.waits(&whose(&config, seen))).collect();
        if exports.is_empty() || round == ROUNDS {
            for growing in exports {
                say(&format!("{} is still being written; the next run checks it again", growing.path.display()));
            }
            break;
        }
        std::thread::sleep(options.at_rest_for);
        for seen in exports {
            let feed = whose(&config, &seen);
            if !ended.waits(&feed) && places.again(&seen).is_ok_and(|now| now == seen) {
                ended.add(&feed, take(&places, &seen, &config)?);
            }
        }
    }
    ended.result()
}

/// The feed of a file, by its name; "" if none or several match.
fn whose(config: &Config, seen: &Seen) -> String {
    feed_for(config, seen).map_or_else(|_| String::new(), |feed| feed.name)
}

fn feed_for(config: &Config, seen: &Seen) -> Result<Feed, String> {
    match &seen.feed {
        Some(name) => match feed_named(config, name) {
            Ok(feed) if feed.pulled().is_some() => Err(format!("the feed {name} does not read files")),
            found => found.map_err(|_| format!("there is no feed {name}")),
        },
        None => feed_of_name(&file_feeds(config), &file_name(&seen.path)),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| shown(&name.to_string_lossy()).into_owned()).unwrap_or_default()
}

/// What happened to the files.
#[derive(Debug, Default)]
struct Ended {
    refused: usize,
    /// The feeds with a file that is tried again at the next run.
    undone: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Imported,
    /// It was refused, or is held for a decision.
    Refused,
    /// It could not be imported now; the next run tries again.
    Undone,
    /// It is still being written.
    Growing,
}

impl Ended {
    fn add(&mut self, feed: &str, end: End) {
        self.refused += usize::from(end == End::Refused);
        if end == End::Undone {
            self.undone.insert(feed.to_owned());
        }
    }

    /// Whether an older file of the feed is still waiting.
    fn waits(&self, feed: &str) -> bool {
        self.undone.contains(feed)
    }

    fn result(&self) -> Result<(), Failure> {
        match self.refused + self.undone.len() {
            0 => Ok(()),
            _ => Err(Failure::AlreadyReported(1)),
        }
    }
}

/// Moves a file that no longer changes out of the inbox and imports it.
fn take(places: &Places, seen: &Seen, config: &Config) -> Result<End, Failure> {
    let taken = seen.moved_to(places.move_to(Place::Reading, seen, None)?);
    match places.again(&taken)? {
        now if now.is_as(seen) => import_one(places, &now, config),
        // Between the check and the move, another file was put in its place or somebody wrote to it.
        now => {
            places.move_to(Place::Inbox, &now, None)?;
            Ok(End::Growing)
        }
    }
}

/// What happened to a file that was read.
struct Read {
    place: Place,
    words: String,
    report: String,
    held: bool,
}

fn import_one(places: &Places, seen: &Seen, config: &Config) -> Result<End, Failure> {
    let now = moment(None, &config.practice.zone)?;
    let name = file_name(&seen.path);
    let refused = |why: String| Read { place: Place::Failed, words: why, report: String::new(), held: false };
    let read = match (places.open_export(seen)?, places.count_try(&seen.path)?) {
        (None, _) => refused(format!(
            "{name} cannot be read: something else replaced it while it was being opened; put the file into the folder again\n"
        )),
        (_, tries) if tries > TRIES => {
            refused(format!("{name}: gave up after {TRIES} tries; each was interrupted or could not be stored\n"))
        }
        (Some(file), _) => match import(seen, file, config, now) {
            Ok(read) => read,
            Err(NotDone::Database(error)) => {
                places.forget_tries(&seen.path);
                say(&format!("{name}: {error}; the next run tries again"));
                return Ok(End::Undone);
            }
            Err(NotDone::Import(ImportError::Store(error))) => {
                if is_of_the_machine(&error) {
                    places.forget_tries(&seen.path);
                }
                say(&format!("{name}: {error}; the next run tries again"));
                return Ok(End::Undone);
            }
            Err(NotDone::Import(error)) => refused(format!("{name}: {error}\n")),
            Err(NotDone::Unreadable(error)) => refused(format!("{error}\n")),
            Err(NotDone::NoFeed(why)) => refused(format!("{name}: {why}; set `files` for the feed it belongs to\n")),
        },
    };
    places.forget_tries(&seen.path);
    if places.again(seen).is_ok_and(|after| !after.is_as(seen)) && read.place != Place::Failed {
        say(&format!("{name} was written to while it was being read; it will be read again"));
        places.move_to(Place::Inbox, seen, None)?;
        return Ok(End::Growing);
    }
    let stamp = config.practice.zone.local(now).format("%Y%m%d-%H%M%S").to_string();
    let moved = places.move_to(read.place, seen, Some(&stamp))?;
    if read.place == Place::Failed || read.held || !read.report.is_empty() {
        write_report(&moved, &format!("{}{}", read.words, read.report))?;
    }
    match read.place {
        Place::Failed => say(&format!("{}It is kept as {}", read.words, moved.display())),
        _ => print(&read.words)?,
    }
    if !read.report.is_empty() {
        say(&format!("{name}: rows that could not be read are listed in {}.report.txt", moved.display()));
    }
    Ok(if read.place == Place::Failed || read.held { End::Refused } else { End::Imported })
}

/// Why a file was not imported.
enum NotDone {
    /// The database cannot be opened; the file is not at fault.
    Database(StoreError),
    /// The import failed, because of the file or the database.
    Import(ImportError),
    /// It is not what its feed reads, or damaged.
    Unreadable(anyhow::Error),
    /// It matches no feed, or several.
    NoFeed(String),
}

/// Whether the disk, the database or another process caused the error, not something in the file.
fn is_of_the_machine(error: &StoreError) -> bool {
    use StoreError::{Busy, Closed, Damaged, DiskFails, DiskFull, ReadOnly};
    matches!(error, Busy | Closed | Damaged | DiskFails(_) | DiskFull | ReadOnly(_))
}

/// Imports an open file.
fn import(seen: &Seen, file: File, config: &Config, now: DateTime<Utc>) -> Result<Read, NotDone> {
    let name = file_name(&seen.path);
    let feed = feed_for(config, seen).map_err(NotDone::NoFeed)?;
    let export =
        ExportFile::of(name.clone(), file).for_feed(&feed, &config.practice.zone, now).map_err(NotDone::Unreadable)?;
    let feed = export.settings_of(&feed);
    let zones = Zones::of_this_machine();
    let context = importing::context(config, &zones, now);
    let how = How::of(&feed, false, false, false);
    let mut connection = open::read_write(&config.database).map_err(NotDone::Database)?;
    let job = Job { feed: &feed, context: &context, how, by: Operator::default(), now };
    let imported = export.import(&mut connection, job, |_| {}).map_err(NotDone::Import)?;
    let report: String = reasons(&imported).into_iter().map(|line| format!("{line}\n")).collect();
    let mut words = summary(&name, &imported, how.complete);
    if let Some(held) = held_words(&feed.name, &imported) {
        words.push_str(&format!("{held}\n"));
    }
    let place = if imported.good == 0 { Place::Failed } else { Place::Done };
    Ok(Read { place, words, report, held: imported.held.is_some() })
}

/// Writes the report next to the file, readable by its owner only: line, column and reason, never a private cell.
fn write_report(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut name = file.as_os_str().to_owned();
    name.push(".report.txt");
    let end = (0..=text.len().min(LONGEST_REPORT)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let text = text.get(..end).unwrap_or_default();
    File::options().write(true).create(true).truncate(true).mode(0o600).open(name)?.write_all(text.as_bytes())
}
