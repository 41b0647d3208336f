//! `[alerts]`: who hears of trouble, by which ways, and how often.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::TimeDelta;
use secrecy::SecretString;

use crate::config::toml_reader::{Faults, Section, Value, duration, fault, list, text, text_as};

/// The longest time between two alerts about the same trouble, and the longest a text may wait unnoticed.
const WEEK: u64 = 7 * 86_400;

/// Who hears of trouble.
#[derive(Debug, Clone)]
pub struct Alerts {
    /// A program with its arguments, run without a shell.
    pub command: Option<Vec<String>>,
    /// An address that takes a POST of JSON.
    pub webhook: Option<Address>,
    /// Somebody's address, for the sendmail program of this machine.
    pub mail: Option<String>,
    /// The same trouble is told again after this, while it lasts.
    pub repeat_after: TimeDelta,
    /// From how long after its time on a text without an outcome is trouble.
    pub unresolved_after: TimeDelta,
    /// Signs of life for a switch outside this machine.
    pub heartbeat: Option<Heartbeat>,
}

impl Alerts {}

impl Default for Alerts {
    fn default() -> Alerts {
        Alerts {
            command: None,
            webhook: None,
            mail: None,
            repeat_after: TimeDelta::hours(4),
            unresolved_after: TimeDelta::minutes(30),
            heartbeat: None,
        }
    }
}

/// An address that may hold a token, so it is never shown.
#[derive(Debug, Clone)]
pub enum Address {
    /// It stands in the configuration.
    Here(SecretString),
    /// It is the one line of this file.
    File(PathBuf),
}

/// Signs of life for a switch outside this machine.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    /// The address that is asked for.
    pub url: Address,
    /// How often.
    pub every: Duration,
}

pub(crate) fn read(mut section: Section<'_, '_, '_>, folder: &Path) -> Alerts {
    let usual = Alerts::default();
    let command = section.optional("command", command);
    let here = section.optional("webhook", |value| text_as(value, web_address)).map(SecretString::from);
    let file = section.optional("webhook_file", |value| text(value).map(|path| folder.join(path)));
    if here.is_some() && file.is_some() {
        section.error("webhook_file", "`webhook_file`: there is a `webhook` already; keep one of them");
    }
    let mail = section.optional("mail", |value| text_as(value, mail_address));
    let minutes = |value: &Value<'_>| {
        duration(value, 60..=WEEK).and_then(|d| TimeDelta::from_std(d).or_else(|_| fault("too long")))
    };
    let repeat_after = section.optional("repeat_after", minutes);
    let unresolved_after = section.optional("unresolved_after", minutes);
    let url = section.optional("heartbeat_url", |value| text_as(value, web_address)).map(SecretString::from);
    let url_file = section.optional("heartbeat_url_file", |value| text(value).map(|path| folder.join(path)));
    if url.is_some() && url_file.is_some() {
        section
            .error("heartbeat_url_file", "`heartbeat_url_file`: there is a `heartbeat_url` already; keep one of them");
    }
    let url = url.map(Address::Here).or(url_file.map(Address::File));
    let every = section.optional("heartbeat_every", |value| duration(value, 10..=86_400));
    if every.is_some() && ["heartbeat_url", "heartbeat_url_file"].iter().all(|key| section.raw(key).is_none()) {
        section.error("heartbeat_every", "`heartbeat_every`: there is no `heartbeat_url` to ask for so often");
    }
    let alerts = Alerts {
        command,
        webhook: here.map(Address::Here).or(file.map(Address::File)),
        mail,
        repeat_after: repeat_after.unwrap_or(usual.repeat_after),
        unresolved_after: unresolved_after.unwrap_or(usual.unresolved_after),
        heartbeat: url.map(|url| Heartbeat { url, every: every.unwrap_or(Duration::from_secs(300)) }),
    };
    let named = ["command", "webhook", "webhook_file", "mail"].iter().any(|key| section.raw(key).is_some());
    if repeat_after.is_some() && !named {
        let advice = "`repeat_after`: nobody is told of trouble; write command, webhook or mail";
        section.warning("repeat_after", advice);
    }
    section.finish();
    alerts
}

fn command(value: &Value<'_>) -> Result<Vec<String>, Faults> {
    let words = list(value, text)?;
    match words.first() {
        Some(program) if program.starts_with('/') && !words.iter().any(|word| word.contains('\0')) => Ok(words),
        _ => {
            fault("write the program with its whole path, and its arguments: [\"/usr/local/bin/notify\", \"--urgent\"]")
        }
    }
}

/// HTTPS, or plain HTTP to this machine itself. The address is never repeated in a message: it may hold a token.
fn web_address(text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text.trim())
        .map_err(|error| format!("this is not an address ({error}); it begins with https://"))?;
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match url.scheme() {
        "https" => Ok(url.into()),
        "http" if loopback => Ok(url.into()),
        "http" => Err("plain http is for this machine itself only (127.0.0.1); write https".to_owned()),
        _ => Err("the address begins with https://".to_owned()),
    }
}

impl Address {
    /// The address itself; a file is read anew each time.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else; in words without what it holds.
    pub(crate) fn find(&self) -> Result<SecretString, String> {
        match self {
            Address::Here(url) => Ok(url.clone()),
            Address::File(path) => address_in(path),
        }
    }
}

/// What the file of a web address holds: the address.
///
/// # Errors
/// It cannot be read, or holds something else; in words without what it holds.
pub(crate) fn address_in(path: &Path) -> Result<SecretString, String> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        format!("cannot read the address from {}: {error}; it must belong to the user Leadtime runs as", path.display())
    })?;
    let url = web_address(&text).map_err(|why| format!("{} holds no address to use: {why}", path.display()))?;
    Ok(SecretString::from(url))
}

fn mail_address(text: &str) -> Result<String, String> {
    let good =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_+=".contains(&b));
    // A local user needs no @. What begins with a dash would be an option of sendmail.
    let (user, host) = text.split_once('@').map_or((text, None), |(user, host)| (user, Some(host)));
    match good(user) && host.is_none_or(good) && !text.starts_with('-') {
        true => Ok(text.to_owned()),
        false => Err("one mail address is wanted, such as \"frontdesk@example.com\"".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in
            ["https://hooks.example.com/T0/B0/x?y=z", "http://127.0.0.1:8080/", "http://[::1]/a", "http://localhost"]
        {
            assert!(web_address(good).is_ok(), "{good}");
        }
        for bad in ["http://hooks.example.com/secret", "ftp://example.com/secret", "secret", "http://10.0.0.1/secret"] {
            assert!(!web_address(bad).unwrap_err().contains("secret"), "{bad}");
        }
        for good in ["frontdesk@example.com", "root", "a.b+c@x-y.example"] {
            assert!(mail_address(good).is_ok(), "{good}");
        }
        for bad in ["", "-oQ/tmp", "a@b@c", "a b@c", "a@b,c@d", "a@", "a\n@b", "$(x)@y"] {
            assert!(mail_address(bad).is_err(), "{bad}");
        }
    }
}
