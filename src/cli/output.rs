//! Shared by the commands: reading the configuration, parsing and showing times, writing output.

use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SecondsFormat, Utc};

use crate::cli::color;
use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config, ConfigError};
use crate::domain::shown::{shown, shown_lines};
use crate::domain::time_of_day;
use crate::domain::zone::Zone;
use crate::store::connection::lock;

/// Reads the configuration; prints its warnings if `warnings`, and its errors always, to standard error.
pub(crate) fn configuration(option: &ConfigOption, warnings: bool) -> Result<(PathBuf, Config), Failure> {
    let usage = |error: ConfigError| Failure::Usage(error.into());
    let path = config::locate(option.config.as_deref()).map_err(usage)?;
    match config::load(&path) {
        Ok((config, report)) => {
            if warnings && !report.diagnostics.is_empty() {
                eprint!("{}", report.render(color::on_stderr()));
            }
            Ok((path, config))
        }
        Err(ConfigError::Wrong(report)) => {
            eprint!("{}", report.render(color::on_stderr()));
            eprintln!("leadtime: {}; no part of the file is used", report.summary());
            Err(Failure::AlreadyReported(2))
        }
        Err(error) => Err(usage(error)),
    }
}

/// The database named in the configuration, and the configuration itself if the file is valid. Commands that stop texts
/// must work even while the file has an error, which is reported.
pub(crate) fn database_at_least(option: &ConfigOption) -> Result<(PathBuf, Option<Config>), Failure> {
    let usage = |error: ConfigError| Failure::Usage(error.into());
    let path = config::locate(option.config.as_deref()).map_err(usage)?;
    match config::load(&path) {
        Ok((config, _)) => Ok((config.database.clone(), Some(config))),
        Err(ConfigError::Wrong(report)) => match config::database_of(&path) {
            Some(database) => {
                let (summary, database_path) = (report.summary(), database.display());
                eprintln!("leadtime: {summary} (see `leadtime check`); its database is used anyway: {database_path}");
                Ok((database, None))
            }
            None => configuration(option, false).map(|(_, config)| (config.database.clone(), Some(config))),
        },
        Err(error) => Err(usage(error)),
    }
}

/// Tells the user if no daemon is running on this database.
pub(crate) fn no_daemon(database: &Path) -> Result<(), Failure> {
    match lock::is_taken(database) {
        true => Ok(()),
        false => print(&format!(
            "The daemon is not running on {}. Check that this is the service's database; if it is, this takes effect at the next start.\n",
            database.display()
        )),
    }
}

/// This machine's time zone.
pub(crate) fn machine_zone() -> Option<String> {
    let link = std::fs::read_link("/etc/localtime").ok()?;
    let name = link.to_str()?.split_once("zoneinfo/")?.1.to_owned();
    (name.contains('/') && !name.starts_with("Etc/")).then_some(name)
}

/// The time a command works with: the one that was asked for, otherwise now.
pub(crate) fn moment(asked: Option<&str>, zone: &Zone) -> Result<DateTime<Utc>, Failure> {
    asked.map_or_else(|| Ok(SystemClock.now()), |text| time("--now", text, zone))
}

/// The time given with an option.
pub(crate) fn time(option: &str, text: &str, zone: &Zone) -> Result<DateTime<Utc>, Failure> {
    let at = read_time(option, text, zone)?;
    match (2..9999).contains(&at.year()) {
        true => Ok(at),
        false => Err(Failure::Usage(anyhow::anyhow!("{option} {text}: this year is out of range"))),
    }
}

fn read_time(option: &str, text: &str, zone: &Zone) -> Result<DateTime<Utc>, Failure> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    match wall_clock(text, zone.local(SystemClock.now()).date_naive()) {
        Some(wall) => Ok(zone.instant(wall)),
        None => Err(Failure::Usage(anyhow::anyhow!(
            "{option} {text}: write a time like \"2026-03-09 10:00\" or, for today, \"5pm\", in the practice's time zone; or 2026-03-09T10:00:00-06:00"
        ))),
    }
}

/// A time in the practice's time zone: with a date, or a time of day, which is today's.
fn wall_clock(text: &str, today: NaiveDate) -> Option<NaiveDateTime> {
    let whole = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"];
    if let Some(wall) = whole.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()) {
        return Some(wall);
    }
    if let Ok(time) = time_of_day::read(text) {
        return Some(today.and_time(time));
    }
    let (date, time) = text.split_once(' ')?;
    Some(NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?.and_time(time_of_day::read(time).ok()?))
}

/// Who runs the command: the name given, otherwise the user of this session.
pub(crate) fn who(given: Option<&str>) -> Option<String> {
    let user = || ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let who = given.map(str::to_owned).or_else(user).filter(|who| !who.trim().is_empty());
    who.map(|who| shown(&who).into_owned())
}

/// RFC 3339 in UTC, for programs.
pub(crate) fn utc(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// `Mon Nov 30, 3:00 PM` in the practice's time zone, for people.
pub(crate) fn local(zone: &Zone, at: DateTime<Utc>) -> String {
    zone.describe(at)
}

/// Writes to standard output; if the reader has gone away, the command ends quietly.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let shown = shown_lines(text);
    let text = color::colored(&shown, color::on_stdout());
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(Failure::AlreadyReported(0)),
        Err(error) => Err(error.into()),
    }
}

/// Writes a line to standard error.
pub(crate) fn say(line: &str) {
    eprintln!("{}", color::colored(&shown_lines(line), color::on_stderr()));
}

/// Wraps a sentence into lines of at most 100 characters: the first begins with `mark`, the others are indented.
pub(crate) fn wrapped(sentence: &str, indent: usize, mark: &str) -> String {
    const WIDTH: usize = 100;
    let (mut text, mut length) = (mark.to_owned(), mark.chars().count());
    for (n, word) in sentence.split(' ').enumerate() {
        let long = word.chars().count();
        if n > 0 && length + 1 + long > WIDTH {
            text.push_str(&format!("\n{}", " ".repeat(indent)));
            length = indent;
        } else if n > 0 {
            text.push(' ');
            length += 1;
        }
        text.push_str(word);
        length += long;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_a_date_means_today() {
        let today = NaiveDate::from_ymd_opt(2026, 3, 9).unwrap();
        for (text, want) in [
            ("5pm", "2026-03-09 17:00:00"),
            ("17:30", "2026-03-09 17:30:00"),
            ("9:15 AM", "2026-03-09 09:15:00"),
            ("2026-03-10 5pm", "2026-03-10 17:00:00"),
            ("2026-03-10 9:15 AM", "2026-03-10 09:15:00"),
            ("2026-03-10T08:00", "2026-03-10 08:00:00"),
        ] {
            assert_eq!(wall_clock(text, today).unwrap().to_string(), want, "{text}");
        }
        for text in ["", "5", "tomorrow", "2026-03-10", "2026-03-10 5"] {
            assert_eq!(wall_clock(text, today), None, "{text}");
        }
    }
}
