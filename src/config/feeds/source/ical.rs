//! `kind = "ical"`: calendars from files or from an address.

use std::time::Duration;

use super::keys::{self, About, WebPlace};
use crate::config::toml_reader::{Section, text};

/// `kind = "ical"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IcalSource {
    /// Where the calendar is; `None`: files.
    pub url: Option<WebPlace>,
    /// The user's name, if the server asks for one and a password.
    pub user: Option<String>,
    /// The time between two reads.
    pub every: Duration,
    /// How many days are read, from today.
    pub ahead: u32,
}

pub(super) fn read(section: &mut Section<'_, '_, '_>, about: About<'_>) -> Option<IcalSource> {
    let ahead = keys::ahead(section);
    if section.raw("url").is_none() {
        return Some(IcalSource { url: None, user: None, every: Duration::ZERO, ahead });
    }
    let url = keys::web(section, about);
    let user = section.optional("user", text);
    let every = keys::every(section);
    Some(IcalSource { url: Some(url?), user, every, ahead })
}
