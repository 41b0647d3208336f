//! `kind = "hl7"`: HL7 version 2 messages from files, and from systems that send them over the network (MLLP).

use std::net::{IpAddr, SocketAddr};

use super::keys::About;
use crate::config::toml_reader::{Section, list, text_as};
use crate::config::values::files::certificate;
use crate::listener::tls::CertificateFiles;

/// `kind = "hl7"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hl7Source {
    /// Where other systems send messages; `None`: only files.
    pub listener: Option<MllpListener>,
}

/// A port at which messages are received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MllpListener {
    /// The address and port.
    pub address: SocketAddr,
    /// Who may send; empty: only programs of this machine.
    pub allow_from: Vec<Network>,
    /// The certificate and key for TLS; `None`: messages are not encrypted.
    pub tls: Option<CertificateFiles>,
}

/// A range of addresses, such as `10.0.0.0/24`; a single address is a range of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// How many leading bits count.
    bits: u8,
}

impl Network {
    /// Whether an address lies in the range. An IPv4 address may be written as an IPv6 one.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl MllpListener {
    /// Whether a sender at this address may connect.
    pub fn allows(&self, sender: IpAddr) -> bool {
        let sender = sender.to_canonical();
        match self.allow_from.is_empty() {
            true => sender.is_loopback(),
            false => self.allow_from.iter().any(|network| network.contains(sender)),
        }
    }
}

pub(super) fn read(section: &mut Section<'_, '_, '_>, about: About<'_>) -> Option<Hl7Source> {
    if section.raw("listen").is_none() {
        for key in ["allow_from", "certificate", "key"] {
            if section.raw(key).is_some() {
                section
                    .error(key, format!("`{key}` needs `listen`, the address and port at which messages are received"));
            }
        }
        return Some(Hl7Source { listener: None });
    }
    let address = section.optional("listen", |value| text_as(value, listen));
    let allow_from = section.optional("allow_from", |value| match value.get_ref().is_array() {
        true => list(value, |one| text_as(one, network)),
        false => text_as(value, network).map(|one| vec![one]),
    });
    let tls = certificate(section, about.folder).ok()?;
    let (address, allow_from) = (address?, allow_from.unwrap_or_default());
    if !address.ip().is_loopback() {
        if allow_from.is_empty() {
            let message = "other machines can connect to this address: say which ones may send, such as \
                           allow_from = [\"10.0.0.5\"]";
            section.error("listen", message);
        }
        if tls.is_none() {
            let message = "messages with patients' names cross the network unencrypted; add `certificate` and `key` if \
                           the sender can use TLS, and keep this port within the practice's own network";
            section.warning("listen", message);
        }
    }
    Some(Hl7Source { listener: Some(MllpListener { address, allow_from, tls }) })
}

fn listen(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse::<SocketAddr>();
    address.map_err(|_| "write an address and a port, such as \"127.0.0.1:2575\" or \"10.0.0.2:2575\"".to_owned())
}

fn network(text: &str) -> Result<Network, String> {
    let wrong = || "write an address such as \"10.0.0.5\", or a range such as \"10.0.0.0/24\"".to_owned();
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.trim().parse().map_err(|_| wrong())?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Ok(most), |bits| bits.trim().parse::<u8>().map_err(|_| wrong()))?;
    if bits > most { Err(wrong()) } else { Ok(Network { address, bits }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_machines_may_send() {
        let listener = |allow: &[&str]| MllpListener {
            address: listen("0.0.0.0:2575").unwrap(),
            allow_from: allow.iter().map(|text| network(text).unwrap()).collect(),
            tls: None,
        };
        for (allow, sender, expected) in [
            (&[][..], "127.0.0.1", true),
            (&[], "::1", true),
            (&[], "10.0.0.5", false),
            (&["10.0.0.5"], "10.0.0.5", true),
            (&["10.0.0.5"], "::ffff:10.0.0.5", true),
            (&["10.0.0.5"], "10.0.0.6", false),
            (&["10.0.0.5"], "127.0.0.1", false),
            (&["10.0.0.0/24", "fd00::/8"], "10.0.0.255", true),
            (&["10.0.0.0/24", "fd00::/8"], "10.0.1.0", false),
            (&["10.0.0.0/24", "fd00::/8"], "fd12::1", true),
            (&["0.0.0.0/0"], "203.0.113.9", true),
        ] {
            assert_eq!(listener(allow).allows(sender.parse().unwrap()), expected, "{allow:?} {sender}");
        }
        for bad in ["10.0.0", "10.0.0.0/33", "desk.local", "10.0.0.0/-1"] {
            assert!(network(bad).is_err(), "{bad}");
        }
    }
}
