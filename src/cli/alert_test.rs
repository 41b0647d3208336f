//! `leadtime alert-test`: checks whether alerts arrive.

use clap::Args;

use crate::alerts::channels::{Channel, Message};
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
    let channels = Channel::all(&config.alerts);
    if channels.is_empty() {
        return Err(Failure::Failed(anyhow::anyhow!(
            "no alert channel is configured: add [alerts] with a command, a webhook or an email address to the configuration"
        )));
    }
    let message = Message::test(&config, SystemClock.now());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut failed = false;
    for channel in channels {
        let result = runtime.block_on(channel.take(&message, &[]));
        failed |= result.is_err();
        let said = match (&channel, &result) {
            (_, Err(why)) => format!("FAILED: {why}"),
            (Channel::Command(_), Ok(())) => "done: the command accepted the test alert".to_owned(),
            (Channel::Webhook(_), Ok(())) => {
                "done: the webhook accepted the test alert; check that it is shown".to_owned()
            }
            (Channel::Mail(_), Ok(())) => "done: sendmail accepted the test alert; check that it arrives".to_owned(),
        };
        print(&format!("{:<8} {said}\n", channel.name()))?;
    }
    if failed { Err(Failure::AlreadyReported(1)) } else { Ok(()) }
}
