//! `--config`: the option of every command that reads the configuration.

use std::path::PathBuf;

use clap::Args;

/// The configuration that a command uses.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConfigOption {
    /// The configuration file. Default: ./config.toml if it exists, otherwise /etc/leadtime/config.toml.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}
