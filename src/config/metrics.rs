//! `[metrics]`: where the daemon's metrics can be read.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::toml_reader::{Section, text_as};
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

fn group(text: &str) -> Result<String, String> {
    let is_name = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if is_name {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is not a group name; `getent group` lists the groups"))
    }
}

fn listen(text: &str) -> Result<Address, String> {
    const ADVICE: &str = "write \"127.0.0.1:9464\" or \"unix:/run/leadtime/metrics.sock\"";
    if let Some(path) = text.strip_prefix("unix:") {
        // sockaddr_un holds 108 bytes, including the final zero.
        return match path.starts_with('/') && !path.ends_with('/') && path.len() < 108 && !path.contains('\0') {
            true => Ok(Address::Socket { path: PathBuf::from(path), group: None }),
            false => Err(format!("a socket needs its full path, shorter than 108 characters; {ADVICE}")),
        };
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
