//! `leadtime feed rename`: gives all that a feed owns another name.

use clap::Args;

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::output::{configuration, print};
use crate::store::appointments::feed_state;
use crate::store::connection::open;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The name the appointments have now.
    old: String,
    /// The name in the configuration.
    new: String,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let Options { old, new, .. } = options;
    let mut connection = open::read_write(&config.database)?;
    match feed_state::rename(&mut connection, old, new)? {
        None => Err(anyhow::anyhow!("{new} has appointments or imports of its own; nothing was changed").into()),
        Some(0) => print(&format!("No appointment is of the feed {old}.\n")),
        Some(appointments) => print(&format!("{appointments} appointments are of the feed {new} now.\n")),
    }
}
