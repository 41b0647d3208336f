//! `[metrics]`: where the daemon's metrics can be read.

use std::net::SocketAddr;

use crate::config::toml_reader::{Section, text_as};
use crate::config::values::socket::{group, socket};
use crate::listener::address::Address;

pub(crate) fn read(mut section: Section<'_, '_, '_>) -> Option<Address> {
    let found = section.optional("listen", |value| text_as(value, listen));
    let group = section.optional("group", |value| text_as(value, group));
    section.finish();
    match found {
        Some(Address::Socket { path, .. }) => Some(Address::Socket { path, group }),
        other => other,
    }
}

fn listen(text: &str) -> Result<Address, String> {
    const ADVICE: &str = "write \"127.0.0.1:9464\" or \"unix:/run/leadtime/metrics.sock\"";
    if let Some(found) = socket(text) {
        return found.map_err(|why| format!("{why}; {ADVICE}"));
    }
    match text.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => Ok(Address::Port(address)),
        Ok(_) => Err(format!("metrics are served only within this machine, and this is not a local address; {ADVICE}")),
        Err(_) => Err(format!("`{text}` is not an address with a port; {ADVICE}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_served_only_within_this_machine() {
        assert_eq!(listen("127.0.0.1:9464").unwrap(), Address::Port("127.0.0.1:9464".parse().unwrap()));
        assert!(listen("[::1]:9464").is_ok());
        let socket = Address::Socket { path: "/run/leadtime/m.sock".into(), group: None };
        assert_eq!(listen("unix:/run/leadtime/m.sock").unwrap(), socket);
        assert!(group("prometheus").is_ok() && group("a b").is_err() && group("").is_err());
        for bad in
            ["0.0.0.0:9464", "192.168.1.5:9464", "[::]:9464", "9464", "localhost:9464", "unix:m.sock", "unix:/run/"]
        {
            assert!(listen(bad).is_err(), "{bad}");
        }
    }
}
