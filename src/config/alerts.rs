//! `[alerts]`: who gets alerts, through which channels, and how often.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::TimeDelta;
use secrecy::SecretString;

use crate::config::toml_reader::{Section, Value, duration, fault, text, text_as};
use crate::config::values::program::program;

/// The longest time between two alerts about the same problem, and the longest a text may stay unresolved before one.
const WEEK: u64 = 7 * 86_400;

/// Who gets alerts, and when.
#[derive(Debug, Clone)]
pub struct Alerts {
    /// A program and its arguments, run without a shell.
    pub command: Option<Vec<String>>,
    /// A web address that receives each alert as a JSON POST.
    pub webhook: Option<Address>,
    /// An email address, used with this machine's sendmail program.
    pub mail: Option<String>,
    /// While a problem lasts, its alert is repeated after this long.
    pub repeat_after: TimeDelta,
    /// A text that has no outcome this long after its time raises an alert.
    pub unresolved_after: TimeDelta,
    /// Regular pings to a monitor outside this machine.
    pub heartbeat: Option<Heartbeat>,
}

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

/// A web address that may contain a token, so it is never shown.
#[derive(Debug, Clone)]
pub enum Address {
    /// Written in the configuration.
    Here(SecretString),
    /// The only line of this file.
    File(PathBuf),
}

/// Regular pings to a monitor outside this machine.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    /// The web address to request.
    pub url: Address,
    /// How often to request it.
    pub every: Duration,
}

pub(crate) fn read(mut section: Section<'_, '_, '_>, folder: &Path) -> Alerts {
    let usual = Alerts::default();
    let command = section.optional("command", program);
    let here = section.optional("webhook", |value| text_as(value, web_address)).map(SecretString::from);
    let file = section.optional("webhook_file", |value| text(value).map(|path| folder.join(path)));
    if here.is_some() && file.is_some() {
        section.error("webhook_file", "`webhook_file`: `webhook` is already set; keep only one of them");
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
            .error("heartbeat_url_file", "`heartbeat_url_file`: `heartbeat_url` is already set; keep only one of them");
    }
    let url = url.map(Address::Here).or(url_file.map(Address::File));
    let every = section.optional("heartbeat_every", |value| duration(value, 10..=86_400));
    if every.is_some() && ["heartbeat_url", "heartbeat_url_file"].iter().all(|key| section.raw(key).is_none()) {
        section.error(
            "heartbeat_every",
            "`heartbeat_every`: no `heartbeat_url` is set; add one, or remove `heartbeat_every`",
        );
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
        let advice = "`repeat_after`: no alert channel is configured; add command, webhook or mail";
        section.warning("repeat_after", advice);
    }
    section.finish();
    alerts
}

/// HTTPS, or plain HTTP to this machine itself. The address never appears in a message, because it may contain a token.
fn web_address(text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text.trim())
        .map_err(|error| format!("this is not a web address ({error}); write one that starts with https://"))?;
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match url.scheme() {
        "https" => Ok(url.into()),
        "http" if loopback => Ok(url.into()),
        "http" => Err("plain http is allowed only for this machine (127.0.0.1); use https".to_owned()),
        _ => Err("the address must start with https://".to_owned()),
    }
}

impl Address {
    /// The address itself; a file is read again each time. The error never contains the file's content.
    pub(crate) fn find(&self) -> Result<SecretString, String> {
        match self {
            Address::Here(url) => Ok(url.clone()),
            Address::File(path) => address_in(path),
        }
    }
}

/// The web address in a file. The error never contains the file's content.
pub(crate) fn address_in(path: &Path) -> Result<SecretString, String> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        format!(
            "cannot read the web address from {}: {error}; the file must belong to the user Leadtime runs as",
            path.display()
        )
    })?;
    let url =
        web_address(&text).map_err(|why| format!("{} does not contain a usable web address: {why}", path.display()))?;
    Ok(SecretString::from(url))
}

fn mail_address(text: &str) -> Result<String, String> {
    let good =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_+=".contains(&b));
    // A local user needs no @. sendmail would read a leading dash as an option.
    let (user, host) = text.split_once('@').map_or((text, None), |(user, host)| (user, Some(host)));
    match good(user) && host.is_none_or(good) && !text.starts_with('-') {
        true => Ok(text.to_owned()),
        false => Err("expected one email address, such as \"frontdesk@example.com\"".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_and_email_addresses_are_checked() {
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
