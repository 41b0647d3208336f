//! The ways an alert takes: a program, a web address, local mail. Each has its time-out; none is waited for by a pass.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::{Client, StatusCode, redirect, retry};
use rustix::process::{Pid, Signal, kill_process_group};
use secrecy::{ExposeSecret, SecretString};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::alerts::rules::{Alert, AlertCause, Event, Kind};
use crate::alerts::text::{AlertText, words};
use crate::annie::client::{self, ClientError};
use crate::config::Config;
use crate::config::alerts::{Address, Alerts, address_in};

/// For one run of a program, and for one request.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Where a sendmail program is, beside the folders of $PATH.
const MAIL_FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/lib", "/usr/local/sbin"];

/// A notice, ready to be sent.
#[derive(Debug, Clone)]
pub struct Message {
    /// The code of the kind; `test` for a test.
    pub kind: &'static str,
    /// The code of the event.
    pub event: &'static str,
    /// Since when.
    pub since: DateTime<Utc>,
    /// How many texts or reminders it is about.
    pub count: u64,
    /// What is read.
    pub words: AlertText,
}

impl Message {
    /// The message of a notice.
    pub(crate) fn of(alert: &Alert, config: &Config) -> Message {
        Message {
            kind: alert.kind.code(),
            event: alert.event.code(),
            since: alert.since,
            count: alert.cause.count,
            words: words(alert, config),
        }
    }

    /// The message of a test.
    pub fn test(config: &Config, now: DateTime<Utc>) -> Message {
        // Any kind will do: the words of a test name none.
        let alert = Alert { kind: Kind::Circuit, event: Event::Test, since: now, cause: AlertCause::default() };
        Message { kind: "test", ..Message::of(&alert, config) }
    }
}

/// A way.
#[derive(Debug, Clone)]
pub enum Channel {
    /// A program with its arguments.
    Command(Vec<String>),
    /// A web address.
    Webhook(Address),
    /// A mail address.
    Mail(String),
}

impl Channel {
    /// The ways of a configuration.
    pub(crate) fn all(alerts: &Alerts) -> Vec<Channel> {
        let command = alerts.command.clone().map(Channel::Command);
        let webhook = alerts.webhook.clone().map(Channel::Webhook);
        command.into_iter().chain(webhook).chain(alerts.mail.clone().map(Channel::Mail)).collect()
    }

    /// The key of the configuration that opens it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Channel::Command(_) => "command",
            Channel::Webhook(_) => "webhook",
            Channel::Mail(_) => "mail",
        }
    }

    /// What keeps it from ever working here, if anything is known.
    ///
    /// # Errors
    /// What, and what to do.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Channel::Command(words) => {
                let program = words.first().map(String::as_str).unwrap_or_default();
                Path::new(program).is_file().then_some(()).ok_or_else(|| format!("there is no program {program}"))
            }
            Channel::Webhook(Address::File(path)) => address_in(path).map(drop),
            Channel::Webhook(Address::Here(_)) => Ok(()),
            Channel::Mail(_) => sendmail().map(drop),
        }
    }

    /// Takes a message there. A web address that does not answer well is tried again after each of these pauses.
    ///
    /// # Errors
    /// Why it did not arrive, without the address and without what was answered.
    pub async fn take(&self, message: &Message, pauses: &[Duration]) -> Result<(), String> {
        match self {
            Channel::Command(words) => {
                let (program, arguments) = words.split_first().ok_or("no program is named")?;
                run(Path::new(program), arguments, message, &message.words.text).await
            }
            Channel::Mail(address) => {
                let arguments = ["-i".to_owned(), "--".to_owned(), address.clone()];
                run(&sendmail()?, &arguments, message, &mail(address, &message.words)).await
            }
            Channel::Webhook(address) => post(&address.find()?, &message.words.text, pauses).await,
        }
    }
}

/// How long a web address is tried: about twenty minutes, ever more slowly.
pub(crate) fn usual_pauses() -> Vec<Duration> {
    let builder = ExponentialBuilder::new().with_min_delay(Duration::from_secs(5)).with_factor(2.0);
    builder.with_max_delay(Duration::from_secs(300)).with_max_times(8).build().collect()
}

/// Runs a program without a shell: the text on its standard input, what it is about in its environment. It gets nothing
/// else of Leadtime's own environment, which may hold the key.
async fn run(program: &Path, arguments: &[String], message: &Message, input: &str) -> Result<(), String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).env_clear();
    for name in ["PATH", "HOME", "USER", "LANG", "TZ"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command
        .env("LEADTIME_ALERT_KIND", message.kind)
        .env("LEADTIME_ALERT_EVENT", message.event)
        .env("LEADTIME_ALERT_SINCE", message.since.to_rfc3339_opts(SecondsFormat::Secs, true))
        .env("LEADTIME_ALERT_COUNT", message.count.to_string())
        .env("LEADTIME_ALERT_SUBJECT", &message.words.subject)
        .process_group(0)
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| format!("{} cannot be run: {error}", program.display()))?;
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let stdin = child.stdin.take();
    let work = async {
        if let Some(mut stdin) = stdin {
            // One that does not read it has not asked for it.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        child.wait().await
    };
    match tokio::time::timeout(TIMEOUT, work).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("{} ended with {status}", program.display())),
        Ok(Err(error)) => Err(format!("{} cannot be waited for: {error}", program.display())),
        Err(_) => {
            // What it started goes with it.
            let _ = group.map(|group| kill_process_group(group, Signal::KILL));
            Err(format!("{} did not end within {} s and was stopped", program.display(), TIMEOUT.as_secs()))
        }
    }
}

fn sendmail() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(MAIL_FOLDERS.iter().map(PathBuf::from));
    let mut programs = folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join("sendmail"));
    programs.find(|program| program.is_file()).ok_or_else(|| {
        "this machine has no sendmail program; install one that hands mail to your mail server, such as msmtp-mta"
            .to_owned()
    })
}

/// A mail with its head (RFC 5322; RFC 3834 for the mark that no machine should answer).
fn mail(address: &str, words: &AlertText) -> String {
    format!(
        "To: {address}\nSubject: {}\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{}",
        header(&words.subject),
        words.text
    )
}

/// A line of a mail's head: ASCII as it is, else in encoded words (RFC 2047 section 4.2).
fn header(text: &str) -> String {
    /// An encoded word has at most 75 characters, 12 of them around the text.
    const MOST: usize = 60;
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.is_ascii() {
        return text;
    }
    let mut words = vec![String::new()];
    for c in text.chars() {
        let mut bytes = [0; 4];
        let plain = c.is_ascii_alphanumeric();
        let encoded: String = match plain {
            true => c.to_string(),
            false => c.encode_utf8(&mut bytes).bytes().map(|b| format!("={b:02X}")).collect(),
        };
        match words.last_mut() {
            Some(last) if last.len() + encoded.len() <= MOST => last.push_str(&encoded),
            _ => words.push(encoded),
        }
    }
    words.iter().map(|word| format!("=?UTF-8?Q?{word}?=")).collect::<Vec<_>>().join("\n ")
}

/// A client that follows nobody elsewhere and asks no proxy: the address may hold a token.
pub(crate) fn http() -> Result<Client, ClientError> {
    client::use_ring();
    let builder = Client::builder().no_proxy().http1_only().pool_max_idle_per_host(0);
    let builder = builder.redirect(redirect::Policy::none()).retry(retry::never());
    let builder = builder.connect_timeout(Duration::from_secs(5)).timeout(TIMEOUT);
    builder.user_agent(concat!("leadtime/", env!("CARGO_PKG_VERSION"))).build().map_err(ClientError::from)
}

async fn post(url: &SecretString, text: &str, pauses: &[Duration]) -> Result<(), String> {
    let client = http().map_err(|error| error.to_string())?;
    // Chat systems take this, and ignore the rest.
    let body = serde_json::json!({ "text": text });
    let mut pauses = pauses.iter();
    loop {
        let answer = client.post(url.expose_secret()).json(&body).send().await;
        let (why, again) = match answer.map(|response| response.status()) {
            Ok(status) if status.is_success() => return Ok(()),
            Ok(status) => (format!("it was answered with status {}", status.as_u16()), may_pass(status)),
            Err(error) => (client::words(&error.without_url()), true),
        };
        match pauses.next().filter(|_| again) {
            Some(pause) => tokio::time::sleep(*pause).await,
            None => return Err(why),
        }
    }
}

/// Whether another try may be answered otherwise.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_in_any_language() {
        assert_eq!(header("plain\nBcc: x@y"), "plain Bcc: x@y");
        assert_eq!(header("Dr. Peña"), "=?UTF-8?Q?Dr=2E=20Pe=C3=B1a?=");
        let long = header(&"ñ".repeat(40));
        assert!(long.lines().count() > 1 && long.lines().all(|line| line.len() <= 76), "{long}");
    }

    #[test]
    fn tried_for_twenty_minutes() {
        let all: Duration = usual_pauses().iter().sum();
        assert!((900..1500).contains(&all.as_secs()), "{all:?}");
    }
}
