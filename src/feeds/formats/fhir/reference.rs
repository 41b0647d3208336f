//! Reads references to other resources: relative, absolute, contained and by UUID.

use std::fmt;

use crate::feeds::formats::fhir::json::{Object, is_id, text};

/// The kinds of resources that an appointment's row is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A patient.
    Patient,
    /// A doctor, dentist or hygienist.
    Practitioner,
    /// A practitioner in one role at one organization.
    PractitionerRole,
    /// A place.
    Location,
}

impl Kind {
    /// The kind with this FHIR name.
    pub(crate) fn of(name: &str) -> Option<Kind> {
        [Kind::Patient, Kind::Practitioner, Kind::PractitionerRole, Kind::Location]
            .into_iter()
            .find(|kind| kind.name() == name)
    }

    /// The FHIR name, as it stands in URLs.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Patient => "Patient",
            Kind::Practitioner => "Practitioner",
            Kind::PractitionerRole => "PractitionerRole",
            Kind::Location => "Location",
        }
    }
}

/// A resource that may be fetched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The kind of the resource.
    pub kind: Kind,
    /// Its id; safe in a URL.
    pub id: String,
    /// Its address, if the reference was absolute. It may be on another server.
    pub url: Option<String>,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short: String = self.id.chars().take(40).collect();
        write!(f, "{}/{short}", self.kind.name())
    }
}

/// What a reference says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    /// A resource inside the one that names it.
    Contained(String),
    /// A resource of the same bundle, by its URN in lower case.
    Urn(String),
    /// A resource by kind and id; `base` is its server, `None` for a relative reference.
    Typed { reference: Reference, base: Option<String> },
    /// A resource of a kind that does not count, such as a device.
    Other,
    /// A resource of this kind, at an address that cannot be followed.
    Broken(Kind),
    /// Nothing that can be followed: no reference, or an identifier alone.
    Nothing,
}

/// Reads a Reference object.
pub(crate) fn read(object: &Object) -> Named {
    text(object, "reference").map_or(Named::Nothing, parse)
}

/// The kind that a Reference object states in its `type`.
pub(crate) fn stated_kind(object: &Object) -> Option<Kind> {
    text(object, "type").and_then(|name| Kind::of(name.rsplit('/').next().unwrap_or(name)))
}

fn parse(given: &str) -> Named {
    if let Some(id) = given.strip_prefix('#') {
        return Named::Contained(id.to_owned());
    }
    if is_urn(given) {
        return Named::Urn(given.to_lowercase());
    }
    let address = given.split_once("/_history/").map_or(given, |(address, _)| address);
    let mut parts = address.rsplitn(3, '/');
    let (Some(id), Some(kind)) = (parts.next(), parts.next()) else { return Named::Nothing };
    let base = match parts.next().map(base) {
        None => None,
        Some(Some(base)) => Some(base),
        Some(None) => return Kind::of(kind).map_or(Named::Nothing, Named::Broken),
    };
    match Kind::of(kind) {
        Some(kind) if is_id(id) => {
            let url = base.as_ref().map(|_| address.to_owned());
            Named::Typed { reference: Reference { kind, id: id.to_owned(), url }, base }
        }
        Some(kind) => Named::Broken(kind),
        None if kind.starts_with(|c: char| c.is_ascii_uppercase()) && is_id(id) => Named::Other,
        None => Named::Nothing,
    }
}

/// Whether an address is a URN, such as "urn:uuid:...".
pub(crate) fn is_urn(given: &str) -> bool {
    given.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn:"))
}

/// The server part of the full URL of a resource, if the URL ends with that kind and id.
pub(crate) fn base_of(full_url: &str, kind: &str, id: &str) -> Option<String> {
    let server = full_url.strip_suffix(id)?.strip_suffix('/')?.strip_suffix(kind)?.strip_suffix('/')?;
    base(server)
}

/// The address of a server in a form that can be compared: without the scheme and the usual ports.
fn base(server: &str) -> Option<String> {
    let (scheme, rest) = server.split_once("://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.to_ascii_lowercase();
    let host = match scheme.to_ascii_lowercase().as_str() {
        "https" => host.strip_suffix(":443").unwrap_or(&host),
        "http" => host.strip_suffix(":80").unwrap_or(&host),
        _ => return None,
    };
    let plain = |text: &str| !text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '@'));
    if host.is_empty() || !plain(host) || !plain(path) {
        return None;
    }
    Some(format!("{host}/{}", path.trim_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn typed(given: &str) -> Option<(Kind, String, Option<String>, Option<String>)> {
        match parse(given) {
            Named::Typed { reference, base } => Some((reference.kind, reference.id, reference.url, base)),
            _ => None,
        }
    }

    #[test]
    fn relative_and_absolute_references() {
        let relative = |kind, id: &str| Some((kind, id.to_owned(), None, None));
        assert_eq!(typed("Patient/1"), relative(Kind::Patient, "1"));
        assert_eq!(typed("Patient/1/_history/3"), relative(Kind::Patient, "1"));
        assert_eq!(typed("PractitionerRole/a-b.c"), relative(Kind::PractitionerRole, "a-b.c"));
        for (given, url, base) in [
            ("https://ehr.example/fhir/Patient/1", "https://ehr.example/fhir/Patient/1", "ehr.example/fhir"),
            ("https://ehr.example/fhir/Patient/1/_history/2", "https://ehr.example/fhir/Patient/1", "ehr.example/fhir"),
            ("HTTPS://EHR.example:443/fhir/Patient/1", "HTTPS://EHR.example:443/fhir/Patient/1", "ehr.example/fhir"),
            ("http://ehr.example:8080/Patient/1", "http://ehr.example:8080/Patient/1", "ehr.example:8080/"),
        ] {
            let expected = (Kind::Patient, "1".to_owned(), Some(url.to_owned()), Some(base.to_owned()));
            assert_eq!(typed(given), Some(expected), "{given}");
        }
    }

    #[test]
    fn other_references() {
        assert_eq!(parse("#p1"), Named::Contained("p1".to_owned()));
        assert_eq!(parse("URN:UUID:AB"), Named::Urn("urn:uuid:ab".to_owned()));
        assert_eq!(parse("Device/1"), Named::Other);
        assert_eq!(parse("https://ehr.example/fhir/Group/1"), Named::Other);
        for given in ["1", "Patient", "device/1", "Device/a b"] {
            assert_eq!(parse(given), Named::Nothing, "{given}");
        }
        for given in [
            "Patient/",
            "Patient/..",
            "Patient/1?x=2",
            "/Patient/1",
            "x/Patient/1",
            "ftp://a/Patient/1",
            "https://user@ehr.example/Patient/1",
            "https:///Patient/1",
            "https://a?b/Patient/1",
        ] {
            assert_eq!(parse(given), Named::Broken(Kind::Patient), "{given}");
        }
    }

    #[test]
    fn the_server_of_a_full_url() {
        assert_eq!(base_of("https://a.example/fhir/Patient/1", "Patient", "1").as_deref(), Some("a.example/fhir"));
        assert_eq!(base_of("https://a.example/fhir/Patient/11", "Patient", "1"), None);
        assert_eq!(base_of("https://a.example/fhir/XPatient/1", "Patient", "1"), None);
        assert_eq!(base_of("urn:uuid:1", "Patient", "1"), None);
        assert_eq!(base_of("Patient/1", "Patient", "1"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read(given in "(https?://)?[a-zA-Z/#:?.@é_0-9]{0,40}") {
            if let Named::Typed { reference, .. } = parse(&given) {
                prop_assert!(is_id(&reference.id));
                prop_assert!(given.contains(reference.kind.name()));
            }
        }
    }
}
