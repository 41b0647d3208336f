//! `leadtime alert-test`: whether alarms arrive.

use clap::Args;

use crate::alerts::channels::{Message, Way};
use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::output::{configuration, print};
use crate::clock::{Clock, SystemClock};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let ways = Way::all(&config.alerts);
    if ways.is_empty() {
        return Err(Failure::Failed(anyhow::anyhow!(
            "nobody hears of trouble: write [alerts] with a command, a webhook or a mail address into the configuration"
        )));
    }
    let message = Message::test(&config, SystemClock.now());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut failed = false;
    for way in ways {
        let result = runtime.block_on(way.take(&message, &[]));
        failed |= result.is_err();
        let said = match (&way, &result) {
            (_, Err(why)) => format!("FAILED: {why}"),
            (Way::Command(_), Ok(())) => "done: the program took the test alarm".to_owned(),
            (Way::Webhook(_), Ok(())) => "done: the address took the test alarm; look whether it is shown".to_owned(),
            (Way::Mail(_), Ok(())) => "done: sendmail took the test alarm; look whether it arrives".to_owned(),
        };
        print(&format!("{:<8} {said}\n", way.name()))?;
    }
    if failed { Err(Failure::Said(1)) } else { Ok(()) }
}
