//! Groups on this machine, by name.

use std::io;

/// The id of a group in /etc/group, or the number itself if `name` is one.
pub(crate) fn id_of(name: &str) -> io::Result<u32> {
    if let Ok(id) = name.parse() {
        return Ok(id);
    }
    let all = std::fs::read_to_string("/etc/group")?;
    let found = all.lines().find_map(|line| {
        let mut parts = line.split(':');
        (parts.next() == Some(name)).then(|| parts.nth(1)?.parse().ok()).flatten()
    });
    found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("there is no group {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_found_by_name_or_number() {
        assert_eq!(id_of("root").unwrap(), 0);
        assert_eq!(id_of("12345").unwrap(), 12345);
        assert!(id_of("no-such-group").unwrap_err().to_string().contains("no group"));
    }
}
