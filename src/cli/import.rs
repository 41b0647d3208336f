//! `leadtime import`: imports a practice's export into the table of appointments.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::config_option::ConfigOption;
use crate::cli::export_file::{ExportFile, feed_of, has_faults, held_words, reasons, summary};
use crate::cli::failure::Failure;
use crate::cli::output::{configuration, local, moment, print, say, who};
use crate::config::Config;
use crate::config::feeds::Source;
use crate::config::values::zones::Zones;
use crate::domain::count::counted;
use crate::domain::operator::Operator;
use crate::feeds::importing::{self, How, ImportError, Imported, Job, Preview, Progress};
use crate::reports::config_difference;
use crate::store::Connection;
use crate::store::appointments::comparison::Difference;
use crate::store::connection::open;
use crate::store::files::backup;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The export; - for standard input. Without a [[feed]], its columns must be named as in the table `appointments`.
    file: PathBuf,
    /// The [[feed]] the export belongs to. Not needed if there is only one feed, or if its `files` match the file name.
    #[arg(long, value_name = "NAME")]
    feed: Option<String>,
    /// Show what would change, without writing anything.
    #[arg(long)]
    dry_run: bool,
    /// The file is the complete list for the dates it covers: appointments on these dates that it does not list are
    /// cancelled. `missing = "cancel"` in the feed does this for every file.
    #[arg(long)]
    complete: bool,
    /// The file only adds and changes appointments, whatever `missing` says: an appointment that it does not list is kept.
    #[arg(long, conflicts_with = "complete")]
    partial: bool,
    /// Do not hold the import, however much the file changes.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let feed = feed_of(&config, options.feed.as_deref(), &options.file)?;
    let now = moment(None, &config.practice.zone)?;
    let export = ExportFile::open(&options.file, feed.settings.max_file)?.for_feed(&feed, &config.practice.zone, now);
    let export = export.map_err(|error| anyhow::anyhow!("{error}; nothing was changed"))?;
    if options.complete && matches!(feed.source, Source::Hl7(_)) {
        let why = "--complete is for lists: each HL7 message is about one appointment";
        return Err(Failure::Usage(anyhow::anyhow!(why)));
    }
    let feed = export.settings_of(&feed);
    export.notes().iter().for_each(|note| say(&format!("{}: {note}", export.name)));
    let name = export.name.as_str();
    let zones = Zones::of_this_machine();
    let context = importing::context(&config, &zones, now);
    let how = How::of(&feed, options.complete, options.partial, options.force);
    let who = who(None);
    let by = Operator { who: who.as_deref(), why: None };
    let job = Job { feed: &feed, context: &context, how, by, now };
    if options.dry_run {
        return dry_run(&export, job, &config);
    }
    let mut connection = open::read_write(&config.database)?;
    let bar = progress_bar();
    let imported = export.import(&mut connection, job, |progress| show(&bar, progress));
    bar.finish_and_clear();
    let imported = imported.map_err(|error| in_words(name, &error))?;
    report(name, &imported, how)?;
    if let Some(held) = held_words(&feed.name, &imported) {
        say(&format!("leadtime: {name}: {held}, or import it with --force"));
    }
    end(&imported)
}

/// Prints what an import did: the reasons on standard error, the summary on standard output.
pub(super) fn report(name: &str, imported: &Imported, how: How) -> Result<(), Failure> {
    for line in reasons(imported) {
        say(&format!("{name}: {line}"));
    }
    // A database that answers without a row says that its days are empty.
    print(&summary(name, imported, how.complete && !how.recurring))
}

/// The command fails if something was left out or is held.
pub(super) fn end(imported: &Imported) -> Result<(), Failure> {
    match has_faults(imported) || imported.held.is_some() {
        false => Ok(()),
        true => Err(Failure::AlreadyReported(1)),
    }
}

/// An error with the file's name.
pub(crate) fn in_words(name: &str, error: &ImportError) -> anyhow::Error {
    anyhow::anyhow!("{name}: {error}")
}

/// Shows what an import would change.
pub(super) fn dry_run(export: &ExportFile, job: Job<'_>, config: &Config) -> Result<(), Failure> {
    match config.database.exists() {
        true => dry_run_on(&config.database, export, job, config),
        // Nothing is written, not even an empty database.
        false => {
            let folder = tempfile::tempdir()?;
            dry_run_on(&folder.path().join("none.db"), export, job, config)
        }
    }
}

fn dry_run_on(database: &Path, export: &ExportFile, job: Job<'_>, config: &Config) -> Result<(), Failure> {
    let name = export.name.as_str();
    let mut connection = open::read_write(database)?;
    let preview = export.preview(&mut connection, job).map_err(|error| in_words(name, &error))?;
    let Preview { imported, differences, counts } = &preview;
    for line in reasons(imported) {
        say(&format!("{name}: {line}"));
    }
    let named = std::io::stdout().is_terminal();
    let rows = counted(imported.good, "row", "rows");
    let mut text = format!("{name}: {rows} read, {} left out. Nothing was written.\n", imported.bad);
    for difference in differences {
        let zone = &config.practice.zone;
        let when = match (difference.from, difference.to) {
            (Some(from), Some(to)) if from != to => format!("{} -> {}", local(zone, from), local(zone, to)),
            (_, Some(at)) | (Some(at), None) => local(zone, at),
            (None, None) => String::new(),
        };
        let who = if named { format!("  {}", difference.name) } else { String::new() };
        text.push_str(&format!("  {:<12} {}  {when}{who}\n", difference.kind, difference.id));
    }
    let shown = differences.len() as u64;
    let all: u64 = counts.values().sum();
    if all > shown {
        text.push_str(&format!("  and {} more\n", all - shown));
    }
    let by_kind: Vec<String> = counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    text.push_str(&match by_kind.is_empty() {
        true => "Nothing would change.\n".to_owned(),
        false => format!("In total: {}. {}\n", by_kind.join(", "), still_to_come(&preview, job.now)),
    });
    if imported.held.is_none() {
        for line in texts(&connection, database, export, job, config)? {
            text.push_str(&format!("  {line}\n"));
        }
    }
    if let Some((_, why)) = &imported.held {
        text.push_str(&format!("This import would be held: {why}.\n"));
    }
    print(&text)?;
    end(imported)
}

/// How many of the changed appointments are upcoming. They are listed first, but not all are listed if there are many.
fn still_to_come(preview: &Preview, now: DateTime<Utc>) -> String {
    let is_coming = |difference: &&Difference| difference.to.or(difference.from).is_some_and(|at| at >= now);
    let coming = preview.differences.iter().filter(is_coming).count();
    let all: u64 = preview.counts.values().sum();
    let is_cut = all > preview.differences.len() as u64;
    match coming {
        0 => "None of them is still to come.".to_owned(),
        _ if coming as u64 == all => "All of them are still to come.".to_owned(),
        _ if is_cut && coming == preview.differences.len() => format!("At least {coming} of them are still to come."),
        _ => counted(coming, "of them is still to come.", "of them are still to come."),
    }
}

/// Which texts the import would add and drop. Imports into a temporary copy of the database to find out.
fn texts(
    connection: &Connection,
    database: &Path,
    export: &ExportFile,
    job: Job<'_>,
    config: &Config,
) -> Result<Vec<String>, Failure> {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = tempfile::tempdir_in(folder.unwrap_or_else(|| Path::new(".")))?;
    let copy = folder.path().join("copy.db");
    backup::copy_into(connection, &copy)?;
    let mut writer = open::read_write(&copy)?;
    export.import(&mut writer, job, |_| {}).map_err(|error| in_words(&export.name, &error))?;
    drop(writer);
    let (before, after) = (open::read_only(database)?, open::read_only(&copy)?);
    let difference = config_difference::between_databases(&before, &after, config, job.now)?;
    Ok(difference.lines_about("import"))
}

fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    }
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn show(bar: &ProgressBar, progress: Progress) {
    match progress {
        Progress::Reading(rows) if rows % 1000 == 0 => bar.set_message(counted(rows, "row read", "rows read")),
        Progress::Reading(_) => {}
        Progress::Writing(done, total) => {
            if bar.length() != Some(total) {
                bar.set_length(total);
                if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} rows written") {
                    bar.set_style(style);
                }
            }
            bar.set_position(done);
        }
    }
}
