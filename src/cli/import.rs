//! `leadtime import`: a CSV into the table of appointments.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::output::{configuration, moment, print};
use crate::config::Config;
use crate::config::feed::Missing;
use crate::feeds::importing::{How, Imported, Progress, import_csv};
use crate::store::connection::open;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The CSV, with the column names of the table `appointments`; - for standard input.
    file: PathBuf,
    /// The file is the whole list for the dates it covers: appointments of these dates that it does not name are cancelled.
    /// `[feed] missing = "cancel"` says so of every file.
    #[arg(long)]
    complete: bool,
    /// The file only adds and changes, whatever `[feed] missing` says: nothing is cancelled for not being in it.
    #[arg(long, conflicts_with = "complete")]
    partial: bool,
    /// Also if very many appointments would be cancelled.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let name = options.file.display().to_string();
    let source: Box<dyn Read> = match name.as_str() {
        "-" => Box::new(std::io::stdin()),
        _ => {
            let file = File::open(&options.file).and_then(|file| match file.metadata()?.is_dir() {
                true => Err(std::io::Error::from(std::io::ErrorKind::IsADirectory)),
                false => Ok(file),
            });
            Box::new(file.map_err(|error| anyhow::anyhow!("cannot read {name}: {error}"))?)
        }
    };
    let mut connection = open::read_write(&config.database)?;
    let how = how(&config, options.complete, options.partial, options.force);
    let now = moment(None, &config.practice.zone)?;
    let bar = progress_bar();
    let imported = import_csv(
        &mut connection,
        source,
        how,
        &config.practice.zone,
        now,
        |bad| bar.suspend(|| eprintln!("{name}:{}: {}: {}", bad.line, bad.column, bad.reason)),
        |progress| show(&bar, progress),
    );
    bar.finish_and_clear();
    let imported = imported.map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
    print(&summary(&name, &imported, how.complete))?;
    match imported.bad {
        0 => Ok(()),
        _ => Err(Failure::AlreadyReported(1)),
    }
}

/// How a file is meant, by the configuration and by what was asked.
pub(crate) fn how(config: &Config, complete: bool, partial: bool, force: bool) -> How {
    let complete = complete || (config.feed.missing == Missing::Cancel && !partial);
    How { complete, force, max_missing: config.feed.max_missing }
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
        Progress::Reading(rows) if rows % 1000 == 0 => bar.set_message(format!("{rows} rows read")),
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

/// What an import did, in words.
pub(crate) fn summary(name: &str, imported: &Imported, complete: bool) -> String {
    let Imported { good, bad, changes, unused } = imported;
    let mut text = format!("{name}: {good} rows read: {} new visits, {} changed", changes.added, changes.changed);
    if changes.cancelled > 0 {
        text.push_str(&format!(", {} cancelled because the file no longer names them", changes.cancelled));
    }
    text.push_str(".\n");
    if complete && *good == 0 {
        text.push_str("No row could be read, so the file covers no dates: nothing is cancelled.\n");
    }
    if *bad > 0 {
        text.push_str(&format!(
            "{bad} rows could not be read and were left out (see above). Visits they name that are known already get no texts until the rows are mended.\n"
        ));
    }
    if !unused.is_empty() {
        text.push_str(&format!("Columns that are not used: {}.\n", unused.join(", ")));
    }
    text
}
