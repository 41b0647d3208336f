//! `leadtime feed rename`: gives all that a feed owns another name.

use clap::Args;

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::operator::By;
use crate::cli::output::{configuration, moment, print};
use crate::store::appointments::feed_state;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The name the appointments have now.
    old: String,
    /// The name in the configuration.
    new: String,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let Options { old, new, .. } = options;
    let now = moment(None, &config.practice.zone)?;
    match options.by.write(&config.database, |tx, by| feed_state::rename(tx, old, new, by, now))? {
        None => Err(anyhow::anyhow!("{new} has appointments or imports of its own; nothing was changed").into()),
        Some(0) => print(&format!("No appointment is of the feed {old}.\n")),
        Some(appointments) => print(&format!("{appointments} appointments are of the feed {new} now.\n")),
    }
}
