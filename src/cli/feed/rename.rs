//! `leadtime feed rename`: moves everything that a feed owns to another name.

use clap::Args;

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::operator::By;
use crate::cli::output::{configuration, moment, print};
use crate::domain::count::counted;
use crate::store::appointments::feed_state;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The feed name that the appointments have now.
    old: String,
    /// The feed name in the configuration.
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
        None => Err(anyhow::anyhow!("the feed {new} already has appointments or imports; nothing was changed").into()),
        Some(0) => print(&format!("The feed {old} has no appointments.\n")),
        Some(appointments) => print(&format!(
            "{} to the feed {new}.\n",
            counted(appointments, "appointment now belongs", "appointments now belong")
        )),
    }
}
