//! `leadtime feed accept`: accepts what an import holds for a decision.

use clap::Args;

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::operator::By;
use crate::cli::output::{configuration, moment, print};
use crate::domain::count::counted;
use crate::feeds::importing;
use crate::store::connection::open;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The feed's name.
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
        None => Err(anyhow::anyhow!("the feed {name} has nothing held").into()),
        Some(changes) => print(&format!(
            "{name}: {}, {} changed, {} cancelled.\n",
            counted(changes.added, "new appointment", "new appointments"),
            changes.changed,
            changes.cancelled + changes.off
        )),
    }
}
