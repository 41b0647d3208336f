//! `leadtime import-folder`: imports the exports that were dropped into a folder, for systemd's path and timer units.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::import::{how, summary};
use crate::cli::output::{configuration, moment, print};
use crate::config::Config;
use crate::feeds::importing::{ImportError, import_csv};
use crate::feeds::sources::drop_folder::{Place, Places, Seen};
use crate::store::connection::open;

/// How often a file that grows and grows is waited for; the next run looks again.
const ROUNDS: usize = 20;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The folder: exports (*.csv) are dropped into its `inbox`, and end in its `done`, or in `failed` with a report.
    folder: PathBuf,
    /// A file counts as whole when it has not changed for this long.
    #[arg(long, value_name = "TIME", default_value = "30 seconds", value_parser = humantime::parse_duration)]
    at_rest_for: Duration,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let folder = options.folder.display();
    let no_folder = |error| anyhow::anyhow!("cannot use {folder}: {error}; it needs a folder `inbox` for the exports");
    let places = Places::open(&options.folder).map_err(no_folder)?;
    let Some(_lock) = places.lock().map_err(no_folder)? else {
        return Err(anyhow::anyhow!("{folder} is being imported already; nothing to do here").into());
    };
    let mut ended = Ended::default();
    // What a crash, or a database that was busy, left behind comes first.
    for left in places.look(Place::Reading).map_err(no_folder)?.exports {
        ended.add(import_one(&places, &left, &config)?);
        // An older export must not be imported after a newer one.
        if ended.undone > 0 {
            return ended.result();
        }
    }
    for round in 0.. {
        let look = places.look(Place::Inbox).map_err(no_folder)?;
        if round == 0 {
            for other in look.others {
                eprintln!("{} is left where it is: only files named *.csv are imported", other.display());
            }
        }
        if look.exports.is_empty() || round == ROUNDS {
            for growing in look.exports {
                eprintln!("{} is still being written; the next run looks again", growing.path.display());
            }
            break;
        }
        std::thread::sleep(options.at_rest_for);
        for seen in look.exports {
            if places.again(&seen.path).is_ok_and(|now| now == seen) {
                ended.add(take(&places, &seen, &config)?);
            }
            if ended.undone > 0 {
                return ended.result();
            }
        }
    }
    ended.result()
}

/// How the files ended.
#[derive(Debug, Default)]
struct Ended {
    refused: usize,
    undone: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Imported,
    Refused,
    /// The database could not take it now: it is tried again.
    Undone,
    /// Somebody still writes to it.
    Growing,
}

impl Ended {
    fn add(&mut self, end: End) {
        self.refused += usize::from(end == End::Refused);
        self.undone += usize::from(end == End::Undone);
    }

    fn result(&self) -> Result<(), Failure> {
        match self.refused + self.undone {
            0 => Ok(()),
            _ => Err(Failure::AlreadyReported(1)),
        }
    }
}

/// Takes a file that is at rest out of the inbox and imports it.
fn take(places: &Places, seen: &Seen, config: &Config) -> Result<End, Failure> {
    let taken = places.move_to(Place::Reading, &seen.path, None)?;
    match places.again(&taken)? {
        now if now.is_as(seen) => import_one(places, &now, config),
        // Written to between the look and the move.
        _ => {
            places.move_to(Place::Inbox, &taken, None)?;
            Ok(End::Growing)
        }
    }
}

fn import_one(places: &Places, seen: &Seen, config: &Config) -> Result<End, Failure> {
    let now = moment(None, &config.practice.zone)?;
    let name = seen.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut report = String::new();
    let (place, words) = match import(seen, config, &name, now, &mut report) {
        Ok((0, words)) => (Place::Failed, words),
        Ok((_, words)) => (Place::Done, words),
        Err(ImportError::Store(error)) => {
            eprintln!("{name}: {error}; it is tried again at the next run");
            return Ok(End::Undone);
        }
        Err(error) => (Place::Failed, format!("{name}: {error}\n")),
    };
    if places.again(&seen.path).is_ok_and(|after| !after.is_as(seen)) {
        eprintln!("{name} was written to while it was read; it is read again");
        places.move_to(Place::Inbox, &seen.path, None)?;
        return Ok(End::Growing);
    }
    let stamp = config.practice.zone.local(now).format("%Y%m%d-%H%M%S").to_string();
    let moved = places.move_to(place, &seen.path, Some(&stamp))?;
    if place == Place::Failed || !report.is_empty() {
        write_report(&moved, &format!("{words}{report}"))?;
    }
    match place {
        Place::Failed => eprintln!("{words}It is kept as {}", moved.display()),
        _ => print(&words)?,
    }
    if !report.is_empty() {
        eprintln!("{name}: rows that could not be read are listed in {}.report.txt", moved.display());
    }
    Ok(if place == Place::Failed { End::Refused } else { End::Imported })
}

/// How many rows were good, and what was done, in words.
fn import(
    seen: &Seen,
    config: &Config,
    name: &str,
    now: chrono::DateTime<chrono::Utc>,
    report: &mut String,
) -> Result<(u64, String), ImportError> {
    let how = how(config, false, false, false);
    let source = File::open(&seen.path).map_err(crate::feeds::formats::own_columns::NotSuchCsv::from)?;
    let mut connection = open::read_write(&config.database)?;
    let hear_bad = |bad: &crate::feeds::formats::own_columns::BadRow| {
        report.push_str(&format!("line {}: {}: {}\n", bad.line, bad.column, bad.reason));
    };
    let imported = import_csv(&mut connection, source, how, &config.practice.zone, now, hear_bad, |_| {})?;
    Ok((imported.good, summary(name, &imported, how.complete)))
}

/// Beside the file, for its owner alone: line, column and reason, never what stands in a cell.
fn write_report(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut name = file.as_os_str().to_owned();
    name.push(".report.txt");
    File::options().write(true).create(true).truncate(true).mode(0o600).open(name)?.write_all(text.as_bytes())
}
