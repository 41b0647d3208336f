//! Checks on this machine: database, disk, permissions, time zones, the service, the feed.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::config::api_key::CREDENTIAL;
use crate::config::values::zones::first_disagreement;
use crate::doctor::finding::Finding;
use crate::doctor::{host, state};
use crate::domain::sentence::Sentence;
use crate::planner::input::Mode;
use crate::store::Connection;
use crate::store::connection::place::folder_of;
use crate::store::connection::{integrity, open};

/// With less free space than this, somebody should look.
const LITTLE_ROOM: u64 = 500 << 20;
/// With less free space than this, the disk is as good as full.
const NO_ROOM: u64 = 50 << 20;

pub(crate) fn look(config: &Config, file: &Path, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = vec![mode(config), disk(&config.database)];
    findings.extend(database(config, now));
    findings.extend(zones(config, now));
    findings.extend(keys(config, file));
    findings.push(host::certificates());
    findings.extend(host::service());
    findings
}

/// The same from inside the running service, on a connection of its own. The check of the whole file is left out: the
/// service makes it when it starts and each night.
pub(crate) fn of_service(connection: &Connection, config: &Config, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = vec![mode(config), disk(&config.database)];
    findings.extend(state::of_state(connection, config, now));
    findings.extend(zones(config, now));
    findings
}

fn mode(config: &Config) -> Finding {
    match (config.rulebook.mode, &config.rulebook.only_to) {
        (Mode::Observe, _) => Finding::look(
            "mode",
            Sentence::new("health.observe", "observe: nobody is texted"),
            Sentence::new("health.go-live", "when the plan is correct, set mode = \"live\" in [sending]"),
        ),
        (Mode::Live, Some(only)) => {
            let found = Sentence::counted(
                "health.trial",
                "live, but only for {n} number in only_to",
                "live, but only for {n} numbers in only_to",
                only.len() as u64,
            );
            Finding::look("mode", found, Sentence::new("health.end-trial", "remove only_to when the trial is over"))
        }
        (Mode::Live, None) => Finding::good("mode", Sentence::new("health.live", "live: patients are texted")),
    }
}

fn disk(database: &Path) -> Finding {
    const WHAT: &str = "disk";
    let folder = folder_of(database);
    match rustix::fs::statvfs(folder) {
        Err(error) => {
            let found = Sentence::new("health.disk-unknown", "cannot check {folder}: {error}");
            let remedy = Sentence::new(
                "health.make-folder",
                "create the folder for the user Leadtime runs as: mkdir -p, chown leadtime",
            );
            Finding::bad(WHAT, found.text("folder", folder.display()).text("error", error), remedy)
        }
        Ok(room) => {
            let free = room.f_bavail.saturating_mul(room.f_frsize);
            let found = Sentence::new("health.free", "{n} MiB free in {folder}");
            let found = found.text("n", free >> 20).text("folder", folder.display());
            let free_up = Sentence::new("health.free-up", "free up space before the disk is full");
            match (free < NO_ROOM, free < LITTLE_ROOM) {
                (true, _) => {
                    let remedy =
                        Sentence::new("health.free-up-now", "free up space: nothing is sent while the disk is full");
                    Finding::bad(WHAT, found, remedy)
                }
                (_, true) => Finding::look(WHAT, found, free_up),
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
        Err(error) => {
            return vec![Finding::bad(
                WHAT,
                error.to_string(),
                "see the lines above; leadtime run creates the database",
            )];
        }
    };
    let mut findings = Vec::new();
    findings.push(match integrity::flaws(path) {
        Ok(flaws) if flaws.is_empty() => {
            Finding::good(WHAT, Sentence::new("health.intact", "{file} is intact").text("file", path.display()))
        }
        Ok(flaws) => {
            Finding::bad(WHAT, format!("damaged: {}", flaws.join("; ")), "stop the service and restore the last backup")
        }
        Err(error) => Finding::bad(WHAT, error.to_string(), "check the disk: dmesg"),
    });
    if let Ok(meta) = path.metadata() {
        let mode = meta.permissions().mode() & 0o777;
        findings.push(match mode & 0o077 {
            0 => Finding::good("permissions", format!("only user {} can read the database", meta.uid())),
            _ => Finding::bad(
                "permissions",
                format!("other users can read patient data (mode {mode:o})"),
                format!("chmod 600 {}", path.display()),
            ),
        });
    }
    findings.extend(owner(path));
    findings.extend(state::of_state(&connection, config, now));
    findings
}

/// A file next to the database that the service cannot write, because a command run by root created it.
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
            "{} does not belong to user {wanted}, who owns its folder: the service cannot write to it",
            other.display()
        ),
        format!("chown --reference={} {}", folder.display(), other.display()),
    ))
}

/// Whether other users can read the keys.
fn keys(config: &Config, file: &Path) -> Vec<Finding> {
    let own = config.locations.values().filter_map(|location| location.api_key_file.clone());
    let all = config.annie.api_key_file.clone().into_iter().chain(own).chain([file.with_file_name(CREDENTIAL)]);
    let look = |key: PathBuf| {
        let mode = key.metadata().ok()?.permissions().mode() & 0o777;
        let found = format!("other users can read the API key in {} (mode {mode:o})", key.display());
        let remedy = format!("chmod 600 {}", key.display());
        match (mode & 0o007, mode & 0o070) {
            (0, 0) => None,
            (0, _) => Some(Finding::look("permissions", found, remedy)),
            _ => Some(Finding::bad("permissions", found, remedy)),
        }
    };
    all.filter_map(look).collect()
}

fn zones(config: &Config, now: DateTime<Utc>) -> Vec<Finding> {
    let calendars = std::iter::once(&config.rulebook.calendar).chain(config.rulebook.locations.values());
    let mut zones: Vec<_> = calendars.flat_map(|calendar| [&calendar.zone, &calendar.organization_zone]).collect();
    zones.sort_by_key(|zone| zone.name().to_owned());
    zones.dedup_by_key(|zone| zone.name().to_owned());
    let look = |zone: &&crate::domain::zone::Zone| {
        match first_disagreement(zone, now) {
        None => {
            let found = Sentence::new("health.zone", "{zone}, from {source}");
            Finding::good("zone data", found.text("zone", zone.name()).text("source", zone.source()))
        },
        Some(at) => Finding::look(
            "zone data",
            Sentence::new(
                "health.zones-differ",
                "{zone}: from {time} on, the system's zone data and the copy built into Leadtime differ; the system's is used",
            )
            .text("zone", zone.name())
            .time("time", at, zone),
            Sentence::new("health.update-zones", "keep the tzdata package up to date: apt upgrade tzdata"),
        ),
    }
    };
    zones.iter().map(look).collect()
}
