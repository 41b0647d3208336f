//! `leadtime run`: the daemon.

use clap::Args;

use super::output::configuration;
use super::{ConfigOption, Failure};
use crate::daemon::{self, RunError, logs};

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOption,
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    logs::init();
    let (path, config) = configuration(&options.config, true)?;
    // Two workers: one that is stuck must not stop signals and ticks.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(daemon::run(&path, config)).map_err(|error| match error {
        RunError::Key(_) => Failure::Usage(error.into()),
        _ => Failure::Failed(error.into()),
    })
}
