//! `leadtime run`: the daemon.

use clap::Args;
use tracing::error;

use super::output::configuration;
use super::{ConfigOption, Failure};
use crate::daemon::{self, logs};

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOption,
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    logs::init();
    let (path, config) = configuration(&options.config, true).inspect_err(|_| {
        error!("leadtime does not start, and nobody is texted: `leadtime check` shows what is wrong with the configuration; when it is mended, `systemctl restart leadtime`");
    })?;
    // Two workers: one that is stuck must not stop signals and ticks.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // A missing key is no mistake in the configuration: the service starts anew until it is there.
    runtime.block_on(daemon::run(&path, config)).map_err(|error| {
        error!("{error}");
        Failure::Said(1)
    })
}
