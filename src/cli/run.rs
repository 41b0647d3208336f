//! `leadtime run`: runs the daemon.

use std::path::PathBuf;

use clap::Args;
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use tracing::{error, warn};

use crate::cli::color;
use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::output::configuration;
use crate::config::{self, Config, ConfigError};
use crate::daemon::logs::{self, Format};
use crate::daemon::{self};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The format of the log. Default: journal if standard error goes to the journal, otherwise text.
    #[arg(long, value_name = "FORM")]
    log_format: Option<Format>,
    #[command(flatten)]
    config: ConfigOption,
}

/// The file descriptors a daemon may have: pages, exports and 1,800 keys need more than the usual 1,024.
const DESCRIPTORS: u64 = 65_536;

/// Raises the limit on file descriptors as far as the system allows, up to `DESCRIPTORS`. If it refuses, the limit stays.
fn raise_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(DESCRIPTORS).min(DESCRIPTORS);
    if limit.current.is_some_and(|current| current < most) {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), ..limit });
    }
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    raise_descriptors();
    // Keeps other processes of this user from reading the key or patient data from memory.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let format = logs::init(options.log_format, color::on_stderr());
    let (path, config) = read(&options.config, format).inspect_err(|_| {
        error!("leadtime does not start, and nobody is texted: `leadtime check` shows what is wrong with the configuration. Fix it, then run `systemctl restart leadtime`");
    })?;
    // Two workers, so that a stuck one does not block signals and ticks.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // A missing key is not a configuration error: the service restarts until the key is there.
    runtime.block_on(daemon::run(&path, config)).map_err(|error| {
        error!("{error}");
        // After exit code 2, systemd leaves the service stopped: another start would use whatever file is there.
        Failure::AlreadyReported(if error.needs_a_person() { 2 } else { 1 })
    })
}

/// Reads the configuration. What is wrong with it becomes one log entry with a level; on a terminal it is shown as in
/// every other command.
fn read(option: &ConfigOption, format: Format) -> Result<(PathBuf, Config), Failure> {
    if format == Format::Text {
        return configuration(option, true);
    }
    let found = config::locate(option.config.as_deref()).and_then(|path| Ok((config::load(&path)?, path)));
    match found {
        Ok(((config, report), path)) => {
            if !report.diagnostics.is_empty() {
                warn!("{}\n{}", report.summary(), report.render(false));
            }
            Ok((path, config))
        }
        Err(ConfigError::Wrong(report)) => {
            error!("{}; no part of the file is used\n{}", report.summary(), report.render(false));
            Err(Failure::AlreadyReported(2))
        }
        Err(error) => {
            error!("{error}");
            Err(Failure::AlreadyReported(2))
        }
    }
}
