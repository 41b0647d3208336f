//! Checks on the operating system: its CA certificates and the systemd unit.

use std::path::Path;
use std::process::Command;

use crate::doctor::finding::Finding;

/// Whether Annie's certificate can be verified.
pub(super) fn certificates() -> Finding {
    match Path::new("/etc/ssl/certs/ca-certificates.crt").exists() || std::env::var_os("SSL_CERT_FILE").is_some() {
        true => Finding::good("certificates", "the system's CA certificates are installed"),
        false => Finding::bad(
            "certificates",
            "no CA certificates are installed to verify Annie's certificate",
            "apt install ca-certificates",
        ),
    }
}

/// The systemd unit, if this system runs systemd.
pub(super) fn service() -> Option<Finding> {
    const WHAT: &str = "service";
    let ask = |verb: &str| {
        let output = Command::new("systemctl").args([verb, "leadtime"]).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    if !Path::new("/run/systemd/system").exists() {
        return None;
    }
    let (enabled, active) = (ask("is-enabled")?, ask("is-active")?);
    Some(match (enabled.as_str(), active.as_str()) {
        ("enabled", "active") => Finding::good(WHAT, "enabled and active"),
        ("enabled", _) => {
            Finding::bad(WHAT, format!("enabled, but {active}"), "journalctl -u leadtime; systemctl start leadtime")
        }
        (_, "active") => Finding::look(WHAT, "active, but it does not start at boot", "systemctl enable leadtime"),
        _ => Finding::look(WHAT, format!("{enabled}, {active}"), "systemctl enable --now leadtime"),
    })
}
