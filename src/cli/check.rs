//! `leadtime check`: every problem of the configuration at once, and what a change of it moves.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::output::{configuration, moment, print};
use crate::config::Config;
use crate::planner::input::Mode;
use crate::reports::config_difference;
use crate::store::connection::open;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Show what changes in the coming days against this former configuration: texts added, moved and dropped.
    #[arg(long, value_name = "OLD.toml")]
    diff: Option<PathBuf>,
    /// As of this moment instead of now (with --diff).
    #[arg(long, value_name = "TIME", requires = "diff")]
    now: Option<String>,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (path, config) = configuration(&options.config, true)?;
    let mode = match config.rulebook.mode {
        Mode::Observe => "observe mode: nobody is texted",
        Mode::Live => "live: patients are texted",
    };
    let mut text = format!("{} is in order. {mode}.\n", path.display());
    for rule in &config.rulebook.rules {
        text.push_str(&format!("  {}: {} before the visit\n", rule.name, rule.lead));
    }
    print(&text)?;
    match &options.diff {
        Some(old) => print(&difference(old, &config, options.now.as_deref())?),
        None => Ok(()),
    }
}

fn difference(old: &Path, new: &Config, now: Option<&str>) -> Result<String, Failure> {
    let former = ConfigOption { config: Some(old.to_owned()) };
    let (_, former) = configuration(&former, false)?;
    let now = moment(now, &new.practice.zone)?;
    if !new.database.exists() {
        return Ok(format!("There is no database {} yet: nothing to compare.\n", new.database.display()));
    }
    let connection = open::read_only(&new.database)?;
    let difference = config_difference::between(&connection, &former, new, now)?;
    let mut text = format!("\nAgainst {}:\n", old.display());
    for line in difference.lines() {
        text.push_str(&format!("  {line}\n"));
    }
    Ok(text)
}
