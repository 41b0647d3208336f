//! `leadtime backup`: makes a verified copy of the database, even while the daemon is running.

use std::path::PathBuf;

use clap::Args;

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::operator::put_on_record;
use crate::cli::output::{configuration, print};
use crate::domain::count::counted;
use crate::store::files::backup;
use crate::store::ledger::audit::Act;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file to write. It contains patient data: keep it where only the practice can read it.
    file: PathBuf,
    /// Overwrite the file if it exists.
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
        "{}: {} bytes, {}, {} to send a text; verified. To restore it: leadtime restore {0}\n",
        copy.path.display(),
        copy.bytes,
        counted(copy.appointments, "appointment", "appointments"),
        counted(copy.attempts, "attempt", "attempts")
    ))
}
