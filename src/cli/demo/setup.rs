//! What both demonstrations start: the sandbox, the daemon, and commands of this program.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use crate::annie::model::patients::Patients;
use crate::annie::sandbox::{self, Sandbox};
use crate::cli::demo::sample;
use crate::cli::failure::Failure;
use crate::cli::output::print;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::store::connection::open;
use crate::store::planning::daemon_state;

/// The demo gives up after this.
pub(super) const PATIENCE: Duration = Duration::from_secs(50);
/// How often the database is checked.
pub(super) const GLANCE: Duration = Duration::from_millis(200);

/// Starts the sandbox on a free port. Returns its address and the sender that stops it.
pub(super) async fn start_sandbox(record: &Path, patients: Patients) -> Result<(String, oneshot::Sender<()>), Failure> {
    let sandbox = Sandbox::bind(0).await?;
    let address = sandbox.base_url();
    let options = sandbox::Options {
        record: Some(sandbox::open_record(record)?),
        key: Some(sample::KEY.to_owned()),
        patients: Some(patients),
        ..sandbox::Options::default()
    };
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(sandbox.serve(options, Arc::new(SystemClock), async {
        let _ = stopped.await;
    }));
    Ok((address, stop))
}

pub(super) fn this_program(config: &Path, arguments: &[&str]) -> Result<Command, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    let (name, rest) = arguments.split_first().unwrap_or((&"", &[]));
    command.arg(name).args(rest).arg("--config").arg(config);
    command
        .env("ANNIE_API_KEY", sample::KEY)
        .env_remove("CREDENTIALS_DIRECTORY")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    Ok(command)
}

/// The block that `feed suggest` writes for the export.
pub(super) async fn suggested(config: &Path, export: &Path) -> Result<String, Failure> {
    let output = this_program(config, &["feed", "suggest", &export.display().to_string()])?.output().await?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(anyhow::anyhow!("{}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

pub(super) fn start_daemon(config: &Path, log: &Path) -> Result<Child, Failure> {
    let log = std::fs::File::create(log)?;
    let mut command = this_program(config, &["run"])?;
    // Its log goes to the file, even under systemd.
    command.env_remove("JOURNAL_STREAM").env_remove("NOTIFY_SOCKET");
    Ok(command.stdout(log.try_clone()?).stderr(log).spawn()?)
}

pub(super) async fn stop_daemon(mut daemon: Child) -> Result<(), Failure> {
    if let Some(pid) = daemon.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) {
        kill_process(pid, Signal::TERM)?;
    }
    let status =
        timeout(PATIENCE, daemon.wait()).await.map_err(|_| anyhow::anyhow!("the daemon did not stop in time"))??;
    match status.success() {
        true => print("\nThe daemon was stopped. Before it stops, it finishes and records what is in progress.\n"),
        false => Err(anyhow::anyhow!("the daemon stopped with {status}").into()),
    }
}

/// Waits until the daemon's rules are in effect.
pub(super) async fn until_ready(config: &Config, daemon: &mut Child) -> Result<(), Failure> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(status) = daemon.try_wait()? {
            return Err(anyhow::anyhow!("the daemon stopped unexpectedly with {status}").into());
        }
        let live = open::read_only(&config.database)
            .and_then(|connection| daemon_state::live_since(&connection, &config.rulebook.rules));
        if live.is_ok_and(|live| live.len() == config.rulebook.rules.len()) {
            return Ok(());
        }
        sleep(GLANCE).await;
    }
    Err(anyhow::anyhow!("the daemon did not become ready in time").into())
}
