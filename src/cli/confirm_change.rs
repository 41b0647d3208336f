//! `leadtime confirm-change`: confirms a rule change that would send more texts than usual at once.

use clap::Args;

use crate::actions::confirm_change;
use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::operator::By;
use crate::cli::output::{configuration, moment, no_daemon, print};
use crate::domain::count::counted;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let now = moment(None, &config.practice.zone)?;
    match options.by.write(&config.database, |tx, operator| confirm_change::confirm(tx, operator, now))? {
        Some(held) => {
            print(&format!(
                "The change takes effect within seconds and sends {} within a day. Recently, no day had more than {}.\n",
                counted(held.at_once, "text", "texts"),
                held.usual
            ))?;
            no_daemon(&config.database)
        }
        None => {
            Err(anyhow::anyhow!("no change is held. After editing the configuration, run: systemctl reload leadtime")
                .into())
        }
    }
}
