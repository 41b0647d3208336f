//! The path of a Unix socket, and the group that may connect to it.

use std::path::PathBuf;

use crate::listener::address::Address;

/// A socket's address: `unix:/run/leadtime/metrics.sock`; none if the text does not begin with `unix:`.
pub(crate) fn socket(text: &str) -> Option<Result<Address, String>> {
    let path = text.strip_prefix("unix:")?;
    // sockaddr_un holds 108 bytes, including the final zero.
    let is_whole = path.starts_with('/') && !path.ends_with('/') && path.len() < 108 && !path.contains('\0');
    Some(match is_whole {
        true => Ok(Address::Socket { path: PathBuf::from(path), group: None }),
        false => Err("a socket needs its full path, shorter than 108 characters".to_owned()),
    })
}

/// The name of a group.
pub(crate) fn group(text: &str) -> Result<String, String> {
    let is_name = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    match is_name {
        true => Ok(text.to_owned()),
        false => Err(format!("`{text}` is not a group name; `getent group` lists the groups")),
    }
}
