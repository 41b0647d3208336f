//! What this machine tells: database, disk, permissions, zones, the service, the feed.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{DateTime, TimeDelta, Utc};

use crate::cli::doctor::finding::Finding;
use crate::cli::output::local;
use crate::config::Config;
use crate::config::api_key::CREDENTIAL;
use crate::config::values::zones::first_disagreement;
use crate::domain::reminder::{State, Wait};
use crate::planner::input::Mode;
use crate::reports::plan_view::{self, Overview};
use crate::store::Connection;
use crate::store::appointments::feed_state::{self, Trouble};
use crate::store::appointments::refused_rows;
use crate::store::connection::place::folder_of;
use crate::store::connection::{integrity, lock, open};
use crate::store::conversations::odd_rows;

/// Less room than this is worth a look.
const LITTLE_ROOM: u64 = 500 << 20;
/// Less than this is next to nothing.
const NO_ROOM: u64 = 50 << 20;

pub(crate) fn look(config: &Config, file: &Path, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = vec![mode(config), disk(&config.database)];
    findings.extend(database(config, now));
    findings.extend(zones(config, now));
    findings.extend(keys(config, file));
    findings.push(certificates());
    findings.extend(service());
    findings
}

fn mode(config: &Config) -> Finding {
    match (config.rulebook.mode, &config.rulebook.only_to) {
        (Mode::Observe, _) => {
            Finding::look("mode", "observe: nobody is texted", "mode = \"live\" in [sending], when the plan is right")
        }
        (Mode::Live, Some(only)) => {
            let found = format!("live, for the {} numbers of only_to", only.len());
            Finding::look("mode", found, "remove only_to when the trial is over")
        }
        (Mode::Live, None) => Finding::good("mode", "live: patients are texted"),
    }
}

fn disk(database: &Path) -> Finding {
    const WHAT: &str = "disk";
    let folder = folder_of(database);
    match rustix::fs::statvfs(folder) {
        Err(error) => {
            let found = format!("{} cannot be looked at: {error}", folder.display());
            Finding::bad(WHAT, found, "make the folder, for the user Leadtime runs as: mkdir -p, chown leadtime")
        }
        Ok(room) => {
            let free = room.f_bavail.saturating_mul(room.f_frsize);
            let found = format!("{} MiB free for {}", free >> 20, folder.display());
            match (free < NO_ROOM, free < LITTLE_ROOM) {
                (true, _) => Finding::bad(WHAT, found, "make room: on a full disk nothing is sent"),
                (_, true) => Finding::look(WHAT, found, "make room before it runs out"),
                _ => Finding::good(WHAT, found),
            }
        }
    }
}

fn database(config: &Config, now: DateTime<Utc>) -> Vec<Finding> {
    const WHAT: &str = "database";
    let path = &config.database;
    let connection = match open::read_only(path) {
        Ok(connection) => connection,
        Err(error) => return vec![Finding::bad(WHAT, error.to_string(), "see above; leadtime run makes the database")],
    };
    let mut findings = Vec::new();
    findings.push(match integrity::flaws(path) {
        Ok(flaws) if flaws.is_empty() => Finding::good(WHAT, format!("{} is whole", path.display())),
        Ok(flaws) => {
            Finding::bad(WHAT, format!("damaged: {}", flaws.join("; ")), "stop the service and restore the last backup")
        }
        Err(error) => Finding::bad(WHAT, error.to_string(), "look at the disk: dmesg"),
    });
    if let Ok(meta) = path.metadata() {
        let mode = meta.permissions().mode() & 0o777;
        findings.push(match mode & 0o077 {
            0 => Finding::good("permissions", format!("only user {} can read it", meta.uid())),
            _ => Finding::bad(
                "permissions",
                format!("others can read patients' data (mode {mode:o})"),
                format!("chmod 600 {}", path.display()),
            ),
        });
    }
    findings.extend(owner(path));
    findings.extend(exports(&connection, now));
    findings.extend(unreadable(&connection));
    match plan_view::overview(&connection, config, now) {
        Ok(overview) => findings.extend(standing(config, &overview, now)),
        Err(error) => findings.push(Finding::bad(WHAT, error.to_string(), "leadtime status says more")),
    }
    findings
}

/// What the superuser made by a command is not the service's to write.
fn owner(database: &Path) -> Option<Finding> {
    let folder = folder_of(database);
    let wanted = folder.metadata().ok()?.uid();
    let beside = |end: &str| {
        let mut name = database.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let files = ["", "-wal", "-shm", ".lock"].map(beside);
    let other = files.iter().find(|file| file.metadata().is_ok_and(|meta| meta.uid() != wanted))?;
    Some(Finding::bad(
        "permissions",
        format!(
            "{} does not belong to user {wanted}, as its folder does: the service cannot write it",
            other.display()
        ),
        format!("chown --reference={} {}", folder.display(), other.display()),
    ))
}

/// Who can read the keys.
fn keys(config: &Config, file: &Path) -> Vec<Finding> {
    let own = config.locations.values().filter_map(|location| location.api_key_file.clone());
    let all = config.annie.api_key_file.clone().into_iter().chain(own).chain([file.with_file_name(CREDENTIAL)]);
    let look = |key: PathBuf| {
        let mode = key.metadata().ok()?.permissions().mode() & 0o777;
        let found = format!("others can read the API key in {} (mode {mode:o})", key.display());
        let remedy = format!("chmod 600 {}", key.display());
        match (mode & 0o007, mode & 0o070) {
            (0, 0) => None,
            (0, _) => Some(Finding::look("permissions", found, remedy)),
            _ => Some(Finding::bad("permissions", found, remedy)),
        }
    };
    all.filter_map(look).collect()
}

/// The appointment book: as old as the guard sees it.
fn feed(config: &Config, overview: &Overview) -> Finding {
    const WHAT: &str = "feed";
    const REMEDY: &str = "look at the export of the practice's program; leadtime import FILE";
    let limit = config.feeds.iter().filter_map(|feed| feed.stale_after()).min();
    let Some(age) = overview.feed_age else {
        let remedy = "leadtime import FILE, or another program writes the table `appointments`";
        return match limit {
            Some(_) => Finding::bad(WHAT, "nothing was imported, and nothing is sent (stale_after)", remedy),
            None => Finding::look(WHAT, "nothing was ever imported", remedy),
        };
    };
    let found =
        format!("the last import that brought something was {} hours ago, closed days left out", age.num_hours());
    match limit {
        Some(limit) if age > limit => Finding::bad(WHAT, format!("{found}: nothing is sent (stale_after)"), REMEDY),
        None if age > TimeDelta::hours(48) => Finding::look(WHAT, found, REMEDY),
        _ => Finding::good(WHAT, found),
    }
}

/// Exports that were refused or are held, imports that broke off, and new rows that could not be read.
fn exports(connection: &Connection, now: DateTime<Utc>) -> Vec<Finding> {
    const WHAT: &str = "exports";
    let (Ok(troubles), Ok(rows)) = (feed_state::troubles(connection, now), refused_rows::count(connection, now)) else {
        // A database that cannot be read is a finding of its own.
        return Vec::new();
    };
    let bad = |trouble: Trouble| {
        let Trouble { feed, what, why, remedy, .. } = trouble;
        Finding::bad(WHAT, format!("feed {feed}: {what}: {why}"), remedy)
    };
    let mut findings: Vec<Finding> = troubles.into_iter().map(bad).collect();
    if rows > 0 {
        let found = format!("{rows} new rows could not be read, so their visits are not known");
        findings.push(Finding::look(
            WHAT,
            found,
            "leadtime not-reached lists them; mend them in the practice's program",
        ));
    }
    findings
}

/// Rows of Annie's list that cannot be read.
fn unreadable(connection: &Connection) -> Option<Finding> {
    let (count, numbers) = odd_rows::unsettled(connection).ok().filter(|(count, _)| *count > 0)?;
    let waiting: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let mut found = match count {
        1 => "1 conversation in Annie's list has no id".to_owned(),
        _ => format!("{count} conversations in Annie's list have no id"),
    };
    if !waiting.is_empty() {
        found.push_str(&format!(
            "; it may be one of our texts or a patient's answer, so texts to {} wait",
            waiting.join(", ")
        ));
    }
    let remedy =
        "report it to whoever manages Annie for you; to send to a number anyway: leadtime resolve NUMBER --go-on";
    Some(Finding::look("Annie's list", found, remedy))
}

/// The daily copy, where it is wanted.
fn backup(config: &Config, overview: &Overview, now: DateTime<Utc>) -> Option<Finding> {
    const WHAT: &str = "backup";
    config.backup.as_ref()?;
    let at = overview.backup.as_ref().and_then(|done| done.at);
    let last =
        at.map_or("there is none".to_owned(), |at| format!("the last is of {}", local(&config.practice.zone, at)));
    Some(match overview.backup.as_ref().and_then(|done| done.fault.as_ref()) {
        Some((_, why)) => {
            Finding::bad(WHAT, format!("no copy could be made ({why}); {last}"), "mend it; it is tried again by itself")
        }
        None if at.is_none_or(|at| now - at > TimeDelta::days(2)) => Finding::look(
            WHAT,
            format!("no copy was made for two days; {last}"),
            "the daemon makes them: journalctl -u leadtime",
        ),
        None => Finding::good(WHAT, format!("the daily copy is made; {last}")),
    })
}

/// What keeps texts back, beside a circuit and pauses.
fn held_up(config: &Config, overview: &Overview) -> Vec<Finding> {
    const WHAT: &str = "sending";
    let (mut findings, is_live) = (Vec::new(), config.rulebook.mode == Mode::Live);
    if let Some(wait) = overview.waits.filter(|_| is_live && overview.open.is_none()) {
        let found = format!("it waits: {}", wait.label());
        findings.push(match wait {
            Wait::Circuit | Wait::StaleFeed | Wait::Clock | Wait::Damaged => {
                Finding::bad(WHAT, found, "leadtime status")
            }
            _ => Finding::look(WHAT, found, "leadtime status"),
        });
    }
    if let Some(change) = overview.config_hold.as_ref().filter(|change| !change.confirmed) {
        let found =
            format!("a change of the rules that would send {} texts within a day waits for you", change.at_once);
        findings.push(Finding::look(WHAT, found, "leadtime confirm-change, or take the change back"));
    }
    if is_live && overview.due_unresolved.count > 0 {
        let found = format!("{} reminders are overdue, or have no outcome", overview.due_unresolved.count);
        findings.push(Finding::bad("texts", found, "leadtime status says why; leadtime not-reached, whom to call"));
    }
    findings
}

fn standing(config: &Config, overview: &Overview, now: DateTime<Utc>) -> Vec<Finding> {
    let zone = &config.practice.zone;
    let mut findings = vec![match (lock::is_taken(&config.database), overview.last_beat) {
        (true, _) => Finding::good("daemon", "it runs"),
        (false, Some(at)) => Finding::bad(
            "daemon",
            format!("it does not run; last alive {}", local(zone, at)),
            "systemctl start leadtime; journalctl -u leadtime says why it ended",
        ),
        (false, None) => Finding::bad("daemon", "it never ran", "systemctl enable --now leadtime"),
    }];
    findings.push(feed(config, overview));
    findings.extend(backup(config, overview, now));
    findings.extend(held_up(config, overview));
    if let Some(why) = &overview.clock_doubt {
        findings.push(Finding::bad("clock", why.clone(), "set the clock: timedatectl set-ntp true"));
    }
    if let Some(open) = &overview.open {
        findings.push(Finding::bad(
            "sending",
            format!("stopped: {}", open.reason),
            "mend it; sending goes on by itself, systemctl restart leadtime tries at once",
        ));
    }
    for paused in &overview.paused {
        let place = paused.location.as_deref().unwrap_or("everywhere");
        findings.push(Finding::look(
            "sending",
            format!("paused ({place}) since {}", local(zone, paused.since)),
            "leadtime resume",
        ));
    }
    let held: u64 = overview.counts.iter().filter(|(state, _)| *state == State::Held).map(|(_, n)| n).sum();
    if held > 0 {
        findings.push(Finding::look(
            "texts",
            format!("{held} are held, and you decide about them"),
            "leadtime resolve",
        ));
    }
    if overview.unknown_for_long > 0 {
        let found = format!("of {} it is not known for long whether they went out", overview.unknown_for_long);
        findings.push(Finding::look("texts", found, "Annie's list is read until it tells; leadtime status"));
    }
    findings
}

fn zones(config: &Config, now: DateTime<Utc>) -> Vec<Finding> {
    let calendars = std::iter::once(&config.rulebook.calendar).chain(config.rulebook.locations.values());
    let mut zones: Vec<_> = calendars.flat_map(|calendar| [&calendar.zone, &calendar.organization_zone]).collect();
    zones.sort_by_key(|zone| zone.name().to_owned());
    zones.dedup_by_key(|zone| zone.name().to_owned());
    let look = |zone: &&crate::domain::zone::Zone| match first_disagreement(zone, now) {
        None => Finding::good("zone data", format!("{}, from {}", zone.name(), zone.source())),
        Some(at) => Finding::look(
            "zone data",
            format!(
                "{}: from {} the system's copy and the one in leadtime differ; the system's is used",
                zone.name(),
                local(zone, at)
            ),
            "keep the package tzdata current: apt upgrade tzdata",
        ),
    };
    zones.iter().map(look).collect()
}

fn certificates() -> Finding {
    match Path::new("/etc/ssl/certs/ca-certificates.crt").exists() || std::env::var_os("SSL_CERT_FILE").is_some() {
        true => Finding::good("certificates", "the system's certificates are there"),
        false => Finding::bad("certificates", "there are none to check Annie's by", "apt install ca-certificates"),
    }
}

/// The unit, where there is a systemd to ask.
fn service() -> Option<Finding> {
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
            Finding::bad(WHAT, format!("enabled, and {active}"), "journalctl -u leadtime; systemctl start leadtime")
        }
        (_, "active") => {
            Finding::look(WHAT, "active, but it does not start with the machine", "systemctl enable leadtime")
        }
        _ => Finding::look(WHAT, format!("{enabled}, {active}"), "systemctl enable --now leadtime"),
    })
}
