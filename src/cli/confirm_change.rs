//! `leadtime confirm-change`: a change of the rules that would send more than usual at once is meant.

use clap::Args;

use super::output::{configuration, moment, print, who};
use super::{ConfigOption, Failure};
use crate::store::answers::Person;
use crate::store::{held_change, open};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Who confirms it; else the user of this session.
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    /// Why, in a few words, for the audit; without names.
    #[arg(long, value_name = "WORDS")]
    why: Option<String>,
    #[command(flatten)]
    config: ConfigOption,
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let now = moment(None, &config.practice.zone)?;
    let mut connection = open::read_write(&config.database)?;
    let by = who(options.who.as_deref());
    let person = Person { who: by.as_deref(), why: options.why.as_deref() };
    match open::at_once(&mut connection, |tx| held_change::confirm(tx, person, now))? {
        Some(held) => print(&format!(
            "The change comes into force within seconds, and sends {} texts within a day; lately no day had more than {}.\n",
            held.at_once, held.usual
        )),
        None => {
            Err(anyhow::anyhow!("no change is held; after an edit of the configuration: systemctl reload leadtime")
                .into())
        }
    }
}
