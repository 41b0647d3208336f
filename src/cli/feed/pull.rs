//! `leadtime feed pull`: reads a feed's database, server or calendar now.

use chrono::{DateTime, Utc};
use clap::Args;

use crate::cli::config_option::ConfigOption;
use crate::cli::export_file::{ExportFile, feed_named, held_words};
use crate::cli::failure::Failure;
use crate::cli::import;
use crate::cli::output::{configuration, moment, say};
use crate::config::Config;
use crate::config::feeds::Feed;
use crate::config::values::zones::Zones;
use crate::domain::operator::Operator;
use crate::feeds::importing::{self, How, Job};
use crate::feeds::pulling::{self, Memory, PullError};
use crate::store::connection::open;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The feed's name.
    name: String,
    /// Show what would change, without writing anything.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let feed = feed_named(&config, &options.name)?;
    check_is_pulled(&feed)?;
    let now = moment(None, &config.practice.zone)?;
    let how = How::recurring(&feed);
    if options.dry_run {
        let export = asked(&feed, &config, now)?;
        let zones = Zones::of_this_machine();
        let context = importing::context(&config, &zones, now);
        let job = Job { feed: &feed, context: &context, how, by: Operator::default(), now };
        return import::dry_run(&export, job, &config);
    }
    let pulled = runtime()?.block_on(async {
        let answer = pulling::ask(&feed, &config, &mut Memory::default(), now).await;
        pulling::store(&feed, answer, &config, open::read_write, now).await
    });
    let imported = pulled.map_err(|error| match error {
        PullError::Ask(error) => in_words(&feed, &format!("nothing was changed: {error}")),
        error => in_words(&feed, &error),
    })?;
    import::report(&feed.name, &imported, how)?;
    if let Some(held) = held_words(&feed.name, &imported) {
        say(&format!("leadtime: {}: {held}", feed.name));
    }
    import::end(&imported)
}

/// The answer of a feed's source, to be read like a file.
pub(super) fn asked(feed: &Feed, config: &Config, now: DateTime<Utc>) -> Result<ExportFile, Failure> {
    check_is_pulled(feed)?;
    let answer = runtime()?.block_on(pulling::ask(feed, config, &mut Memory::default(), now));
    let answer = answer.map_err(|error| in_words(feed, &error))?;
    Ok(ExportFile::of(feed.name.clone(), answer.into_file()))
}

fn check_is_pulled(feed: &Feed) -> Result<(), Failure> {
    match feed.pulled() {
        Some(_) => Ok(()),
        None => Err(Failure::Usage(anyhow::anyhow!("{} reads files; run leadtime import FILE", feed.name))),
    }
}

/// An error with the feed's name.
fn in_words(feed: &Feed, error: &dyn std::fmt::Display) -> anyhow::Error {
    anyhow::anyhow!("{}: {error}", feed.name)
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
