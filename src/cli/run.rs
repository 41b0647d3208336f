//! `leadtime run`: the daemon.

use std::path::PathBuf;

use clap::Args;
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use tracing::{error, warn};

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::output::configuration;
use crate::config::{self, Config, ConfigError};
use crate::daemon::logs::{self, Format};
use crate::daemon::{self};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The form of the log; without it, the journal's where standard error goes there, else text.
    #[arg(long, value_name = "FORM")]
    log_format: Option<Format>,
    #[command(flatten)]
    config: ConfigOption,
}

/// Descriptors a daemon may have: pages, exports and 1,800 keys need more than the usual 1,024.
const DESCRIPTORS: u64 = 65_536;

/// As many descriptors as the system allows a process to ask for, within reason. Where it refuses, the usual number stays.
fn raise_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(DESCRIPTORS).min(DESCRIPTORS);
    if limit.current.is_some_and(|current| current < most) {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), ..limit });
    }
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    raise_descriptors();
    // No other process of this user reads the key or patients from its memory.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let format = logs::init(options.log_format);
    let (path, config) = read(&options.config, format).inspect_err(|_| {
        error!("leadtime does not start, and nobody is texted: `leadtime check` shows what is wrong with the configuration; when it is mended, `systemctl restart leadtime`");
    })?;
    // Two workers: one that is stuck must not stop signals and ticks.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // A missing key is no mistake in the configuration: the service starts anew until it is there.
    runtime.block_on(daemon::run(&path, config)).map_err(|error| {
        error!("{error}");
        // The service manager leaves it stopped: the next start would take whatever file is there.
        Failure::AlreadyReported(if error.needs_a_person() { 2 } else { 1 })
    })
}

/// Reads the configuration. What is wrong with it is one entry of the log, with its level; a person at a terminal sees
/// it as every command shows it.
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
            error!("{}; the file is refused as a whole\n{}", report.summary(), report.render(false));
            Err(Failure::AlreadyReported(2))
        }
        Err(error) => {
            error!("{error}");
            Err(Failure::AlreadyReported(2))
        }
    }
}
