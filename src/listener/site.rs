//! What a listener's clients may call it, and how many connections one of them may have.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The names under which a page may be requested. A page of somebody else whose name resolves to this machine must not
/// reach it (DNS rebinding), and an attacker controls names only, so addresses are always right.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hosts {
    names: Vec<String>,
}

impl Hosts {
    /// These names, with or without a port.
    pub(crate) fn named(names: &[String]) -> Hosts {
        Hosts { names: names.to_vec() }
    }

    /// Whether a `Host` header names this machine.
    pub(crate) fn include(&self, host: &str) -> bool {
        let name = without_port(host);
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        bare.parse::<IpAddr>().is_ok()
            || name.eq_ignore_ascii_case("localhost")
            || self.names.iter().any(|own| own.eq_ignore_ascii_case(name) || own.eq_ignore_ascii_case(host))
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty() => name,
        _ => host,
    }
}

/// What stands for one other machine: with IPv6, a whole /64, of which a machine may use every address.
pub(crate) fn machine_of(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & (u128::MAX << 64)).into()),
        v4 => v4,
    }
}

/// Counts the connections of each other machine.
#[derive(Debug, Clone)]
pub(crate) struct Guests {
    most: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection that counts as long as it is open.
pub(crate) struct Guest {
    of: Option<(Guests, IpAddr)>,
}

impl Guests {
    /// At most so many connections of one machine.
    pub(crate) fn at_most(most: usize) -> Guests {
        Guests { most, open: Arc::default() }
    }

    /// Counts a connection; none if the machine has too many. This machine's own programs are not limited: a proxy makes
    /// the connections of all users.
    pub(crate) fn admit(&self, peer: Option<IpAddr>) -> Option<Guest> {
        let Some(peer) = peer.filter(|peer| !peer.to_canonical().is_loopback()).map(machine_of) else {
            return Some(Guest { of: None });
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(peer).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Guest { of: Some((self.clone(), peer)) })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let Some((guests, peer)) = &self.of else { return };
        let mut open = guests.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(peer) {
            *count -= 1;
            if *count == 0 {
                open.remove(peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_others_are_refused() {
        let hosts = Hosts::named(&["desk.maple.example".to_owned()]);
        for good in [
            "127.0.0.1:8600",
            "[::1]:8600",
            "localhost:8600",
            "localhost",
            "192.168.1.5",
            "Desk.Maple.example",
            "desk.maple.example:443",
        ] {
            assert!(hosts.include(good), "{good}");
        }
        for bad in
            ["evil.example", "evil.example:8600", "", "desk.maple.example.evil", "localhost.evil", "1.2.3.4.evil"]
        {
            assert!(!hosts.include(bad), "{bad}");
        }
    }

    #[test]
    fn one_machine_has_a_limited_number_of_connections() {
        let guests = Guests::at_most(2);
        let (one, other, own) = ("10.0.0.1".parse().ok(), "10.0.0.2".parse().ok(), "127.0.0.1".parse().ok());
        let first = guests.admit(one).unwrap();
        let _second = guests.admit(one).unwrap();
        assert!(guests.admit(one).is_none());
        assert!(guests.admit(other).is_some() && guests.admit(None).is_some());
        let _own: Vec<_> = (0..9).map(|_| guests.admit(own).unwrap()).collect();
        drop(first);
        assert!(guests.admit(one).is_some());
    }
}
