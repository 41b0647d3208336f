//! `kind = "fhir"`: FHIR resources from files or from a server.

use std::time::Duration;

use reqwest::Url;

use super::keys::{self, About, WebPlace};
use crate::config::toml_reader::{Section, boolean, list, one_of, text, text_as};
use crate::domain::fold::fold;

/// Statuses of a FHIR appointment that is not fixed yet.
const NOT_FIXED: [&str; 3] = ["proposed", "pending", "waitlist"];

/// `kind = "fhir"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FhirSource {
    /// The server; `None`: files.
    pub server: Option<FhirServer>,
    /// Folded statuses that count as booked, besides `booked`.
    pub statuses: Vec<String>,
    /// How many days are read, from today.
    pub ahead: u32,
}

/// A FHIR server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FhirServer {
    /// Where it is: the base address, to which `/Appointment` is added.
    pub web: WebPlace,
    /// How Leadtime identifies itself.
    pub auth: Auth,
    /// The time between two reads.
    pub every: Duration,
    /// More search parameters, such as `location=12`.
    pub search: Vec<(String, String)>,
    /// Whether confirmations are written back.
    pub write_back: bool,
}

/// How Leadtime identifies itself to a FHIR server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    None,
    /// A token in the password file (RFC 6750).
    Bearer,
    /// A user name, and a password in the password file (RFC 7617).
    Basic {
        /// The user's name.
        user: String,
    },
    /// SMART Backend Services: a signed request for a token that lives for minutes. The private key (PKCS #8, PEM) is in
    /// the password file.
    Smart {
        /// The id under which the server knows this program.
        client_id: String,
        /// The key's id, if the server knows several.
        key_id: Option<String>,
        /// Where tokens are given out; `None`: as the server's `.well-known/smart-configuration` says.
        token_url: Option<Url>,
        /// What may be read.
        scope: String,
    },
}

pub(super) fn read(section: &mut Section<'_, '_, '_>, about: About<'_>) -> Option<FhirSource> {
    let statuses = section
        .optional("statuses", |value| list(value, |word| one_of(word, &NOT_FIXED.map(|status| (status, status)))));
    let ahead = keys::ahead(section);
    let statuses = statuses.unwrap_or_default().into_iter().map(fold).collect();
    let source = FhirSource { server: None, statuses, ahead };
    if section.raw("url").is_none() {
        return Some(source);
    }
    let web = keys::web(section, about);
    let every = keys::every(section);
    let search = section.optional("search", |value| text_as(value, search)).unwrap_or_default();
    let write_back = section.optional("write_back", boolean).unwrap_or_default();
    let auth = auth(section, write_back);
    let server = FhirServer { web: web?, auth: auth?, every, search, write_back };
    Some(FhirSource { server: Some(server), ..source })
}

fn auth(section: &mut Section<'_, '_, '_>, writes: bool) -> Option<Auth> {
    let kinds = ["none", "bearer", "basic", "smart"].map(|kind| (kind, kind));
    let kind = match section.raw("auth") {
        None => "none",
        Some(_) => section.optional("auth", |value| one_of(value, &kinds))?,
    };
    match kind {
        "bearer" => Some(Auth::Bearer),
        "basic" => section.required("user", "\"leadtime\"", text).map(|user| Auth::Basic { user }),
        "smart" => {
            let client_id = section.required("client_id", "\"leadtime\"", text);
            let key_id = section.optional("key_id", text);
            let token_url = section.optional("token_url", |value| text_as(value, keys::address));
            let usual = match writes {
                true => "system/Appointment.read system/Appointment.write system/Patient.read",
                false => "system/Appointment.read system/Patient.read",
            };
            let usual = format!("{usual} system/Practitioner.read system/Location.read");
            let scope = section.optional("scope", text).unwrap_or(usual);
            Some(Auth::Smart { client_id: client_id?, key_id, token_url, scope })
        }
        _ => Some(Auth::None),
    }
}

/// Reads more search parameters: `location=12&practitioner=3`.
fn search(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    for pair in text.split('&') {
        match pair.split_once('=') {
            Some((name, _)) if ["date", "_count", "_include", "_sort", "_format"].contains(&name) => {
                return Err(format!("`{name}` is set by Leadtime; leave it out"));
            }
            Some((name, value)) if !name.is_empty() && !value.is_empty() => {
                found.push((name.to_owned(), value.to_owned()));
            }
            _ => return Err("write search parameters such as \"location=12\" or \"location=12&practitioner=3\"".into()),
        }
    }
    Ok(found)
}
