//! `[desk]`: where the front desk's page is served, and in which language.

use std::net::SocketAddr;
use std::path::Path;

use crate::config::toml_reader::{Section, boolean, list, one_of, text_as};
use crate::config::values::files::certificate;
use crate::config::values::socket::{group, socket};
use crate::listener::address::Address;
use crate::listener::tls::CertificateFiles;

/// The address of the page if none is set.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8600);

/// `[desk]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    /// Where the page is served.
    pub listen: Address,
    /// Its certificate.
    pub certificate: Option<CertificateFiles>,
    /// Browsers connect to a proxy of the practice, which encrypts, and the proxy connects to the page.
    pub is_behind_proxy: bool,
    /// The names under which browsers request the page, besides addresses and `localhost`.
    pub hosts: Vec<String>,
    /// The language of the staff.
    pub language: StaffLanguage,
}

/// A language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StaffLanguage {
    /// English.
    #[default]
    English,
    /// Spanish.
    Spanish,
}

impl StaffLanguage {
    /// The language tag.
    pub fn code(self) -> &'static str {
        match self {
            StaffLanguage::English => "en",
            StaffLanguage::Spanish => "es",
        }
    }
}

pub(crate) fn read(mut section: Section<'_, '_, '_>, folder: &Path) -> Option<Desk> {
    let is_named = section.raw("listen").is_some();
    let found = section.optional("listen", |value| text_as(value, listen));
    let fails = is_named && found.is_none();
    let group = section.optional("group", |value| text_as(value, group));
    let certificate = certificate(&mut section, folder);
    let is_behind_proxy = section.optional("behind_proxy", boolean).unwrap_or(false);
    let hosts = section.optional("hosts", |value| list(value, |one| text_as(one, host))).unwrap_or_default();
    let languages = [("en", StaffLanguage::English), ("es", StaffLanguage::Spanish)];
    let language = section.optional("language", |value| one_of(value, &languages)).unwrap_or_default();
    let listen = match found {
        Some(Address::Socket { path, .. }) => Address::Socket { path, group },
        other => {
            if group.is_some() {
                section.error("group", "`group` belongs to a socket: listen = \"unix:/run/leadtime/desk.sock\"");
            }
            other.unwrap_or(Address::Port(LISTEN))
        }
    };
    let is_local = match &listen {
        Address::Port(address) => address.ip().is_loopback(),
        Address::Socket { .. } => true,
    };
    if is_behind_proxy && !is_local {
        let message = "`behind_proxy`: the page must then listen where only programs of this machine can connect, such \
                       as \"127.0.0.1:8600\"; anybody else could connect without the proxy";
        section.error("behind_proxy", message);
    } else if !is_local && certificate == Ok(None) && !fails {
        let message = "`listen`: other computers can connect to this address, and patients' names would cross the \
                       network unencrypted. Add `certificate` and `key`; `leadtime desk make-certificate` makes them";
        section.error("listen", message);
    }
    if is_behind_proxy && hosts.is_empty() {
        let message = "`behind_proxy` needs `hosts`, the names under which browsers reach the proxy, such as \
                       hosts = [\"desk.example.com\"]";
        section.error("behind_proxy", message);
    }
    if matches!(listen, Address::Socket { .. }) && !is_behind_proxy {
        section.error("listen", "`listen`: browsers cannot connect to a socket; add `behind_proxy = true` and `hosts`");
    }
    if matches!(listen, Address::Socket { .. }) && matches!(certificate, Ok(Some(_))) {
        section.error(
            "certificate",
            "`certificate`: a socket is not encrypted; the proxy in front of it has the certificate",
        );
    }
    section.finish();
    Some(Desk { listen, certificate: certificate.ok()?, is_behind_proxy, hosts, language }).filter(|_| !fails)
}

fn listen(text: &str) -> Result<Address, String> {
    const ADVICE: &str = "write \"127.0.0.1:8600\" or \"unix:/run/leadtime/desk.sock\"";
    match socket(text) {
        Some(found) => found.map_err(|why| format!("{why}; {ADVICE}")),
        None => match text.parse::<SocketAddr>() {
            Ok(address) => Ok(Address::Port(address)),
            Err(_) => Err(format!("`{text}` is not an address with a port; {ADVICE}")),
        },
    }
}

fn host(text: &str) -> Result<String, String> {
    let is_name = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-:".contains(c));
    match is_name {
        true => Ok(text.to_lowercase()),
        false => Err(format!("`{text}` is not a host name; write, for example, \"desk.example.com\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    use crate::config::diagnostic::Diagnostic;
    use toml::de::DeTable;

    fn read_text(text: &str) -> (Option<Desk>, Vec<String>) {
        let mut diagnostics: Vec<Diagnostic> = Vec::new();
        let document = DeTable::parse(text).unwrap();
        let section = Section::new("[desk]", Some(document.get_ref()), 0..0, &mut diagnostics);
        let desk = read(section, Path::new("/etc/leadtime"));
        (desk, diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect())
    }

    #[test]
    fn the_page_is_never_served_to_others_without_encryption() {
        for (text, why) in [
            ("listen = \"0.0.0.0:8600\"", "unencrypted"),
            ("listen = \"192.168.1.5:8600\"", "unencrypted"),
            ("listen = \"0.0.0.0:8600\"\nbehind_proxy = true\nhosts = [\"a.b\"]", "only programs of this machine"),
            ("listen = \"8600\"", "not an address with a port"),
            ("certificate = \"a.pem\"", "needs `key`"),
            ("key = \"a.pem\"", "needs `certificate`"),
            ("behind_proxy = true", "needs `hosts`"),
            ("listen = \"unix:/run/leadtime/desk.sock\"", "cannot connect to a socket"),
            ("group = \"caddy\"", "belongs to a socket"),
            ("hosts = [\"a/b\"]", "not a host name"),
            ("language = \"fr\"", "\"es\""),
            ("listne = \"x\"", "did you mean `listen`"),
        ] {
            let (_, errors) = read_text(text);
            assert!(errors.iter().any(|error| error.contains(why)), "{text}: {errors:?}");
        }
    }

    #[test]
    fn the_usual_page_is_on_this_machine_only() {
        let (desk, errors) = read_text("");
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(desk.unwrap().listen, Address::Port("127.0.0.1:8600".parse().unwrap()));
        let text = "listen = \"0.0.0.0:8600\"\ncertificate = \"c.pem\"\nkey = \"/k.pem\"\nhosts = [\"Desk.local\"]\nlanguage = \"es\"";
        let (desk, errors) = read_text(text);
        let desk = desk.unwrap();
        assert!(errors.is_empty(), "{errors:?}");
        let files =
            CertificateFiles { certificate: PathBuf::from("/etc/leadtime/c.pem"), key: PathBuf::from("/k.pem") };
        assert_eq!(
            (desk.certificate, desk.hosts, desk.language),
            (Some(files), vec!["desk.local".to_owned()], StaffLanguage::Spanish)
        );
    }
}
