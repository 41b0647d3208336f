//! The keys that several kinds of source share: secrets, web addresses, how often and how far ahead.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;

use crate::config::toml_reader::{Section, duration, text_as};
use crate::config::values::files::path;

/// How often a source is read if the feed does not say.
const EVERY: Duration = Duration::from_secs(5 * 60);
/// How far ahead a source is read if the feed does not say.
const AHEAD: Duration = Duration::from_secs(60 * 86_400);
/// How long a web server may take to answer one request if the feed does not say.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Where a secret is found: in the file that the feed names, else in the credential of the service, else in the file of
/// that name next to the configuration. If there is none of them, there is no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordPlace {
    /// `password_file`.
    pub named: Option<PathBuf>,
    /// The name of the service's credential: `feed-` and the feed's name.
    pub credential: String,
    /// The file of that name next to the configuration.
    pub usual: PathBuf,
}

/// A web server and how its requests are secured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebPlace {
    /// Its address: https, or http on this machine.
    pub url: Url,
    /// Where the password, the token or the private key is.
    pub secret: PasswordPlace,
    /// The certificates that the server's must be signed by, besides those of this machine.
    pub ca_file: Option<PathBuf>,
    /// How long one request may take.
    pub timeout: Duration,
}

impl WebPlace {
    /// The server in words, without path or query, because a calendar's address may be a secret.
    pub fn label(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

/// The feed whose source is read, and the files around its configuration.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    /// The feed's name, if it is valid.
    pub(crate) name: Option<&'a str>,
    /// The statement of the feed's preset.
    pub(crate) statement: Option<&'a str>,
    /// The folder of the configuration.
    pub(crate) folder: &'a Path,
    /// Returns a file's text, or why it cannot be read.
    pub(crate) file: &'a dyn Fn(&str) -> Result<String, String>,
}

/// Reads `password_file`.
pub(super) fn secret(section: &mut Section<'_, '_, '_>, about: About<'_>) -> PasswordPlace {
    let named = path(section, "password_file", about.folder);
    let credential = format!("feed-{}", about.name.unwrap_or_default());
    PasswordPlace { named, usual: about.folder.join(&credential), credential }
}

/// Reads `every`.
pub(super) fn every(section: &mut Section<'_, '_, '_>) -> Duration {
    section.optional("every", |value| duration(value, 60..=86_400)).unwrap_or(EVERY)
}

/// Reads `ahead`, in days.
pub(super) fn ahead(section: &mut Section<'_, '_, '_>) -> u32 {
    let ahead = section.optional("ahead", |value| duration(value, 86_400..=366 * 86_400)).unwrap_or(AHEAD);
    u32::try_from(ahead.as_secs().div_ceil(86_400)).unwrap_or(366)
}

/// Reads `url` and what belongs to it. `None`: there is no url, or it is not valid.
pub(super) fn web(section: &mut Section<'_, '_, '_>, about: About<'_>) -> Option<WebPlace> {
    section.raw("url")?;
    let url = section.optional("url", |value| text_as(value, address));
    let secret = secret(section, about);
    let ca_file = path(section, "ca_file", about.folder);
    let timeout = section.optional("timeout", |value| duration(value, 1..=300)).unwrap_or(TIMEOUT);
    Some(WebPlace { url: url?, secret, ca_file, timeout })
}

/// Whether a host name or address is this machine's own.
pub fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Reads a web address. The text of the error never repeats it, because it may hold a secret.
pub(super) fn address(text: &str) -> Result<Url, String> {
    const USUAL: &str = "write \"https://HOST/PATH\"";
    let text = match text.strip_prefix("webcal://") {
        Some(rest) => format!("https://{rest}"),
        None => text.to_owned(),
    };
    let url = Url::parse(&text).map_err(|error| format!("this is not an address ({error}); {USUAL}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "the address contains a user or a password, and this file is no place for one: remove it here, and \
                    put the password into a file that only Leadtime can read (password_file)"
                .to_owned(),
        );
    }
    match url.scheme() {
        "https" if url.has_host() => Ok(url),
        "http" if is_this_machine(url.host_str().unwrap_or_default()) => Ok(url),
        "http" => Err("http would send patients' data in the clear; write https".to_owned()),
        _ => Err(format!("this is not a web address; {USUAL}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_address_is_encrypted_or_on_this_machine_and_has_no_password() {
        for good in ["https://ehr.example.com/fhir/r4", "http://127.0.0.1:8080/fhir", "webcal://example.com/a.ics"] {
            assert!(address(good).is_ok(), "{good}: {:?}", address(good));
        }
        for (bad, why) in [
            ("http://ehr.example.com/fhir", "in the clear"),
            ("https://kim:hunter2@ehr.example.com/fhir", "contains a user or a password"),
            ("ftp://example.com/a.ics", "not a web address"),
            ("calendar.ics", "not an address"),
        ] {
            let found = address(bad);
            assert!(found.as_ref().is_err_and(|found| found.contains(why) && !found.contains("hunter2")), "{found:?}");
        }
    }
}
