//! `leadtime backup`: a checked copy of the database, also while the daemon runs.

use std::path::PathBuf;

use clap::Args;

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::operator::put_on_record;
use crate::cli::output::{configuration, print};
use crate::store::files::backup;
use crate::store::ledger::audit::Act;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file to be written. It holds patients' data: keep it where only the practice can read it.
    file: PathBuf,
    /// Also if the file exists.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let copy = backup::make(&config.database, &options.file, options.force)?;
    put_on_record(&config, Act::CopiedOut)?;
    print(&format!(
        "{}: {} bytes, {} appointments, {} attempts to send a text; checked. Put it back: leadtime restore {0}\n",
        copy.path.display(),
        copy.bytes,
        copy.appointments,
        copy.attempts
    ))
}
