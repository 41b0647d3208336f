//! `leadtime feed accept`: takes what the guard holds.

use clap::Args;

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::operator::By;
use crate::cli::output::{configuration, moment, print};
use crate::feeds::importing;
use crate::store::connection::open;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The feed.
    name: String,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let now = moment(None, &config.practice.zone)?;
    let mut connection = open::read_write(&config.database)?;
    let name = &options.name;
    match options.by.named(|by| importing::accept(&mut connection, name, by, now))? {
        None => Err(anyhow::anyhow!("nothing of the feed {name} is held").into()),
        Some(changes) => print(&format!(
            "{name}: {} new visits, {} changed, {} cancelled.\n",
            changes.added,
            changes.changed,
            changes.cancelled + changes.off
        )),
    }
}
