//! `--config`: the option of every command that reads the configuration.

use std::path::PathBuf;

use clap::Args;

/// The configuration a command works by.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConfigOption {
    /// The configuration; else ./config.toml, else /etc/leadtime/config.toml.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}
