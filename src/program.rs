//! Runs a program of the practice: without a shell, with a text on its standard input, and with a time limit.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Applies to one run.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Runs a program and waits for it. It gets nothing of Leadtime's own environment, which may hold the key, except for a
/// few variables that programs need, and those given here.
///
/// # Errors
/// Why it did not end with success. Its output is not read: it may contain what it was given.
pub(crate) async fn run(
    program: &Path,
    arguments: &[String],
    environment: &[(&str, String)],
    input: &str,
) -> Result<(), String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).env_clear();
    for name in ["PATH", "HOME", "USER", "LANG", "TZ"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command.envs(environment.iter().map(|(name, value)| (name, value))).process_group(0).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| format!("{} cannot be run: {error}", program.display()))?;
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let stdin = child.stdin.take();
    let work = async {
        if let Some(mut stdin) = stdin {
            // A program that does not read its input does not need it.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        child.wait().await
    };
    match tokio::time::timeout(TIMEOUT, work).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("{} failed ({status})", program.display())),
        Ok(Err(error)) => Err(format!("waiting for {} failed: {error}", program.display())),
        Err(_) => {
            // The processes it started are killed with it.
            let _ = group.map(|group| kill_process_group(group, Signal::KILL));
            Err(format!("{} did not finish within {} s and was stopped", program.display(), TIMEOUT.as_secs()))
        }
    }
}
