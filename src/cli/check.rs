//! `leadtime check`: shows every problem in the configuration at once, and what a change to it does to texts.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::output::{configuration, moment, print, say, wrapped};
use crate::config::Config;
use crate::config::api_key::{KeyError, is_open_to_all};
use crate::domain::count::counted;
use crate::domain::language::Language;
use crate::domain::shown::shown;
use crate::planner::input::{Household, Mode};
use crate::reports::config_difference;
use crate::store::appointments::feed_state;
use crate::store::connection::open;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Compare with this earlier configuration: show which texts are added, moved and dropped in the coming days.
    #[arg(long, value_name = "OLD.toml")]
    diff: Option<PathBuf>,
    /// Use this time instead of now (with --diff).
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
    let of_locations = config.locations.values().filter_map(|location| location.api_key_file.as_deref());
    let open: Vec<_> = config
        .annie
        .api_key_file
        .as_deref()
        .into_iter()
        .chain(of_locations)
        .filter(|file| is_open_to_all(file))
        .collect();
    for file in &open {
        let error = KeyError::OpenToAll(file.to_path_buf());
        say(&format!("error: {error}"));
    }
    if !open.is_empty() {
        return Err(Failure::AlreadyReported(2));
    }
    let mut text = format!("{} is valid. {mode}.\n", path.display());
    for rule in &config.rulebook.rules {
        text.push_str(&format!("  {}: {} before the appointment\n", rule.name, rule.lead));
        text.push_str(&samples(&|language| config.wordbook.sample_message(&rule.name, language)));
    }
    let is_spoken =
        |language| config.rulebook.rules.iter().any(|rule| config.wordbook.has_message(&rule.name, language));
    let household = samples(&|language| config.wordbook.sample_household(language).filter(|_| is_spoken(language)));
    if !household.is_empty() && config.rulebook.household == Household::Merge {
        text.push_str(&format!("  a household with two appointments on one day\n{household}"));
    }
    text.push_str(&gone_feeds(&config)?);
    print(&text)?;
    match &options.diff {
        Some(old) => print(&difference(old, &config, options.now.as_deref())?),
        None => Ok(()),
    }
}

/// A text as a made-up patient would read it, in each language it is available in.
fn samples(of: &dyn Fn(Language) -> Option<String>) -> String {
    let one =
        |(code, language): (&str, Language)| Some(wrapped(&format!("{code}: {}", shown(&of(language)?)), 8, "    "));
    Language::CODES.into_iter().filter_map(one).collect()
}

/// Appointments whose feed is no longer in the configuration: no import changes or cancels them.
fn gone_feeds(config: &Config) -> Result<String, Failure> {
    if config.feeds.is_empty() || !config.database.exists() {
        return Ok(String::new());
    }
    let Ok(connection) = open::read_only(&config.database) else { return Ok(String::new()) };
    let known = |name: &str| config.feeds.iter().any(|feed| feed.name == name);
    let now = moment(None, &config.practice.zone)?;
    let gone = feed_state::owners(&connection, now)?.into_iter().filter(|(name, _)| !known(name));
    let line = |(name, count): (String, u64)| {
        format!(
            "{} to the feed {name}, which is not in the configuration. If it was renamed: leadtime feed rename {name} NEW\n",
            counted(count, "upcoming appointment belongs", "upcoming appointments belong")
        )
    };
    Ok(gone.map(line).collect())
}

fn difference(old: &Path, new: &Config, now: Option<&str>) -> Result<String, Failure> {
    let former = ConfigOption { config: Some(old.to_owned()) };
    let (_, former) = configuration(&former, false)?;
    let now = moment(now, &new.practice.zone)?;
    if !new.database.exists() {
        return Ok(format!(
            "There is no database at {} yet, so there is nothing to compare.\n",
            new.database.display()
        ));
    }
    let connection = open::read_only(&new.database)?;
    let difference = config_difference::between(&connection, &former, new, now)?;
    let mut text = format!("\nCompared with {}:\n", old.display());
    for line in difference.lines() {
        text.push_str(&format!("  {line}\n"));
    }
    Ok(text)
}
