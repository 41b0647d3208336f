//! Finds, reads and checks the configuration file.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::clock::{Clock, SystemClock};
use crate::config::diagnostic::Report;
use crate::config::settings::{Config, fingerprint};
use crate::config::values::zones::Zones;
use crate::config::{api_key, read, zone_lints};

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No file was named, and none is in the usual places.
    #[error(
        "no configuration file found: neither ./config.toml nor /etc/leadtime/config.toml exists; name a file with --config FILE"
    )]
    NotFound,
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file has errors.
    #[error("{}", .0.summary())]
    Wrong(Report),
}

/// The file to read: the one that was named, or else `./config.toml`, or else `/etc/leadtime/config.toml`.
pub fn locate(named: Option<&Path>) -> Result<PathBuf, ConfigError> {
    if let Some(path) = named {
        return Ok(path.to_owned());
    }
    let usual = [Path::new("config.toml"), Path::new("/etc/leadtime/config.toml")];
    usual.into_iter().find(|path| path.exists()).map(Path::to_owned).ok_or(ConfigError::NotFound)
}

/// Reads and checks a file. The report contains its warnings.
pub fn load(path: &Path) -> Result<(Config, Report), ConfigError> {
    let bytes = std::fs::read(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    let source = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        let source = std::io::Error::other(format!(
            "line {line} has a character that is not UTF-8, perhaps an accented letter; save the file as UTF-8 (in Notepad: Save as, Encoding: UTF-8), or run `iconv -f WINDOWS-1252 -t UTF-8 {0} > new.toml` and check new.toml",
            path.display()
        ));
        ConfigError::Unreadable { path: path.to_owned(), source }
    })?;
    of_text(source, path, &Zones::of_this_machine(), SystemClock.now())
}

/// Reads and checks the text of the file `path`; paths in it are relative to that file. A warning about daylight saving
/// time refers to the next July, as of `now`.
pub fn of_text(
    source: String,
    path: &Path,
    zones: &Zones,
    now: DateTime<Utc>,
) -> Result<(Config, Report), ConfigError> {
    let (config, mut diagnostics) = read::read(&source, path.parent().unwrap_or(Path::new(".")), zones);
    if config.is_some() {
        zone_lints::all(&source, zones, now, &mut diagnostics);
        diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    }
    let report = Report { file: path.display().to_string(), source: api_key::without_keys(source), diagnostics };
    match config {
        Some(config) if !report.has_errors() => Ok((config, report)),
        _ => Err(ConfigError::Wrong(report)),
    }
}

/// The fingerprint of a file as it is now; `None` if it cannot be read.
pub fn fingerprint_of(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok().map(|source| fingerprint(&source))
}

/// The database that a file names, even if the rest of the file is invalid; `None` if it cannot be determined.
pub fn database_of(path: &Path) -> Option<PathBuf> {
    let source = std::fs::read_to_string(path).ok()?;
    let named = match source.parse::<toml::Table>() {
        Ok(root) => match root.get("database").map(|database| database.get("path")) {
            None => Some(read::DATABASE.to_owned()),
            Some(path) => path.and_then(toml::Value::as_str).map(str::to_owned),
        },
        Err(_) => {
            let lines = source.lines().map(str::trim).skip_while(|line| !line.starts_with("[database]")).skip(1);
            let mut tables = lines.take_while(|line| !line.starts_with('[')).filter_map(|line| line.parse().ok());
            tables.find_map(|table: toml::Table| Some(table.get("path")?.as_str()?.to_owned()))
        }
    };
    named.map(|named| path.parent().unwrap_or(Path::new(".")).join(named))
}
