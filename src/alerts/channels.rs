//! The channels an alert can take: a program, a web address, or local mail. Each has a timeout; no pass waits for one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::{Client, StatusCode, redirect, retry};
use secrecy::{ExposeSecret, SecretString};

use crate::alerts::rules::{Alert, AlertCause, Event, Kind};
use crate::alerts::text::{AlertText, words};
use crate::annie::client::{self, ClientError};
use crate::config::Config;
use crate::config::alerts::{Address, Alerts, address_in};
use crate::program;

/// Applies to one run of a program and to one request.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Folders that may hold a sendmail program, in addition to those in $PATH.
const MAIL_FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/lib", "/usr/local/sbin"];

/// An alert message, ready to be sent.
#[derive(Debug, Clone)]
pub struct Message {
    /// The code of the alert kind; `test` for a test.
    pub kind: &'static str,
    /// The code of the event.
    pub event: &'static str,
    /// When the problem began.
    pub since: DateTime<Utc>,
    /// How many texts or reminders it is about.
    pub count: u64,
    /// The subject and the text that a person reads.
    pub words: AlertText,
}

impl Message {
    /// The message for an alert.
    pub(crate) fn of(alert: &Alert, config: &Config) -> Message {
        Message {
            kind: alert.kind.code(),
            event: alert.event.code(),
            since: alert.since,
            count: alert.cause.count,
            words: words(alert, config),
        }
    }

    /// The message for a test.
    pub fn test(config: &Config, now: DateTime<Utc>) -> Message {
        // Any kind will do: the words of a test do not name the kind.
        let alert = Alert { kind: Kind::Circuit, event: Event::Test, since: now, cause: AlertCause::default() };
        Message { kind: "test", ..Message::of(&alert, config) }
    }
}

/// One channel.
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
    /// The channels in a configuration.
    pub(crate) fn all(alerts: &Alerts) -> Vec<Channel> {
        let command = alerts.command.clone().map(Channel::Command);
        let webhook = alerts.webhook.clone().map(Channel::Webhook);
        command.into_iter().chain(webhook).chain(alerts.mail.clone().map(Channel::Mail)).collect()
    }

    /// The configuration key that enables it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Channel::Command(_) => "command",
            Channel::Webhook(_) => "webhook",
            Channel::Mail(_) => "mail",
        }
    }

    /// Checks whether anything is known to keep it from ever working here.
    ///
    /// # Errors
    /// What is wrong and what to do.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Channel::Command(words) => {
                let program = words.first().map(String::as_str).unwrap_or_default();
                Path::new(program)
                    .is_file()
                    .then_some(())
                    .ok_or_else(|| format!("the program {program} does not exist"))
            }
            Channel::Webhook(Address::File(path)) => address_in(path).map(drop),
            Channel::Webhook(Address::Here(_)) => Ok(()),
            Channel::Mail(_) => sendmail().map(drop),
        }
    }

    /// Sends a message. A web address that does not answer with success is tried again after each of these pauses.
    ///
    /// # Errors
    /// Why it did not arrive, without the address and without the answer.
    pub async fn take(&self, message: &Message, pauses: &[Duration]) -> Result<(), String> {
        match self {
            Channel::Command(words) => {
                let (program, arguments) = words.split_first().ok_or("no program is configured")?;
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

/// The pauses between tries of a web address: about twenty minutes in all, at growing intervals.
pub(crate) fn usual_pauses() -> Vec<Duration> {
    let builder = ExponentialBuilder::new().with_min_delay(Duration::from_secs(5)).with_factor(2.0);
    builder.with_max_delay(Duration::from_secs(300)).with_max_times(8).build().collect()
}

/// Runs a program. The text goes to its standard input, and what the alert is about goes into its environment.
async fn run(program: &Path, arguments: &[String], message: &Message, input: &str) -> Result<(), String> {
    let environment = [
        ("LEADTIME_ALERT_KIND", message.kind.to_owned()),
        ("LEADTIME_ALERT_EVENT", message.event.to_owned()),
        ("LEADTIME_ALERT_SINCE", message.since.to_rfc3339_opts(SecondsFormat::Secs, true)),
        ("LEADTIME_ALERT_COUNT", message.count.to_string()),
        ("LEADTIME_ALERT_SUBJECT", message.words.subject.clone()),
    ];
    program::run(program, arguments, &environment, input).await
}

fn sendmail() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(MAIL_FOLDERS.iter().map(PathBuf::from));
    let mut programs = folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join("sendmail"));
    programs.find(|program| program.is_file()).ok_or_else(|| {
        "this machine has no sendmail program; install one that passes mail to your mail server, such as msmtp-mta"
            .to_owned()
    })
}

/// A mail with its headers (RFC 5322; RFC 3834 for the mark that asks machines not to answer).
fn mail(address: &str, words: &AlertText) -> String {
    format!(
        "To: {address}\nSubject: {}\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{}",
        header(&words.subject),
        words.text
    )
}

/// A header line of a mail: ASCII as it is, otherwise in encoded words (RFC 2047 section 4.2).
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

/// A client that follows no redirects and uses no proxy: the address may hold a token.
pub(crate) fn http() -> Result<Client, ClientError> {
    client::use_ring();
    let builder = Client::builder().no_proxy().http1_only().pool_max_idle_per_host(0);
    let builder = builder.redirect(redirect::Policy::none()).retry(retry::never());
    let builder = builder.connect_timeout(Duration::from_secs(5)).timeout(TIMEOUT);
    builder.user_agent(concat!("leadtime/", env!("CARGO_PKG_VERSION"))).build().map_err(ClientError::from)
}

async fn post(url: &SecretString, text: &str, pauses: &[Duration]) -> Result<(), String> {
    let client = http().map_err(|error| error.to_string())?;
    // Chat systems read this field and ignore the rest.
    let body = serde_json::json!({ "text": text });
    let mut pauses = pauses.iter();
    loop {
        let answer = client.post(url.expose_secret()).json(&body).send().await;
        let (why, again) = match answer.map(|response| response.status()) {
            Ok(status) if status.is_success() => return Ok(()),
            Ok(status) => (format!("the address answered with status {}", status.as_u16()), may_pass(status)),
            Err(error) => (client::words(&error.without_url()), true),
        };
        match pauses.next().filter(|_| again) {
            Some(pause) => tokio::time::sleep(*pause).await,
            None => return Err(why),
        }
    }
}

/// Whether another try may get a different answer.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_encoded_in_any_language() {
        assert_eq!(header("plain\nBcc: x@y"), "plain Bcc: x@y");
        assert_eq!(header("Dr. Peña"), "=?UTF-8?Q?Dr=2E=20Pe=C3=B1a?=");
        let long = header(&"ñ".repeat(40));
        assert!(long.lines().count() > 1 && long.lines().all(|line| line.len() <= 76), "{long}");
    }

    #[test]
    fn a_web_address_is_tried_for_about_twenty_minutes() {
        let all: Duration = usual_pauses().iter().sum();
        assert!((900..1500).contains(&all.as_secs()), "{all:?}");
    }
}
