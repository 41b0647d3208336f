//! `leadtime sandbox`: a server in Annie's place.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::output::{configuration, print};
use super::{ConfigOption, Failure};
use crate::annie::sandbox::{self, Sandbox};
use crate::clock::SystemClock;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The port on 127.0.0.1; 0 takes a free one and prints it.
    #[arg(long)]
    port: u16,
    /// Append one JSON line per request to this file, before it is answered.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Insist on this bearer key.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Know only the from_numbers of this configuration, as Annie would.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(options: Options) -> Result<(), Failure> {
    let Options { port, record, key, config } = options;
    let config = config.map(|file| configuration(&ConfigOption { config: Some(file) }, false)).transpose()?;
    let from_numbers = config.map_or_else(Vec::new, |(_, config)| config.from_numbers());
    let open = |path: PathBuf| {
        sandbox::open_record(&path).map_err(|error| anyhow::anyhow!("cannot write {}: {error}", path.display()))
    };
    let record = record.map(open).transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let sandbox = Sandbox::bind(port)
            .await
            .map_err(|error| anyhow::anyhow!("cannot listen on port {port} of 127.0.0.1: {error}; try --port 0"))?;
        print(&format!(
            "The sandbox stands in for Annie. In config.toml: [annie] base_url = \"{}\"\n",
            sandbox.base_url()
        ))?;
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        // What nobody reads any more is no reason to stop serving.
        let hear: sandbox::Hear = Box::new(|line| drop(print(&format!("{line}\n"))));
        let options = sandbox::Options { record, key, from_numbers, hear: Some(hear) };
        sandbox.serve(options, Arc::new(SystemClock), stop).await?;
        Ok(())
    })
}
