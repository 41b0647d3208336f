//! Checks on this machine: database, disk, permissions, time zones, the service, the feed.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::Config;
use crate::config::api_key::CREDENTIAL;
use crate::config::values::zones::first_disagreement;
use crate::doctor::finding::Finding;
use crate::doctor::host;
use crate::domain::count::counted;
use crate::domain::reminder::{State, Wait};
use crate::planner::input::Mode;
use crate::reports::plan_view::{self, Overview};
use crate::store::Connection;
use crate::store::appointments::feed_state::{self, Trouble};
use crate::store::appointments::{bad_rows, refused_rows};
use crate::store::connection::place::folder_of;
use crate::store::connection::{integrity, lock, open};
use crate::store::conversations::odd_rows;

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
    findings.extend(of_state(connection, config, now));
    findings.extend(zones(config, now));
    findings
}

fn mode(config: &Config) -> Finding {
    match (config.rulebook.mode, &config.rulebook.only_to) {
        (Mode::Observe, _) => Finding::look(
            "mode",
            "observe: nobody is texted",
            "when the plan is correct, set mode = \"live\" in [sending]",
        ),
        (Mode::Live, Some(only)) => {
            let found = format!("live, but only for {} in only_to", counted(only.len(), "number", "numbers"));
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
            let found = format!("cannot check {}: {error}", folder.display());
            Finding::bad(WHAT, found, "create the folder for the user Leadtime runs as: mkdir -p, chown leadtime")
        }
        Ok(room) => {
            let free = room.f_bavail.saturating_mul(room.f_frsize);
            let found = format!("{} MiB free in {}", free >> 20, folder.display());
            match (free < NO_ROOM, free < LITTLE_ROOM) {
                (true, _) => Finding::bad(WHAT, found, "free up space: nothing is sent while the disk is full"),
                (_, true) => Finding::look(WHAT, found, "free up space before the disk is full"),
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
        Ok(flaws) if flaws.is_empty() => Finding::good(WHAT, format!("{} is intact", path.display())),
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
    findings.extend(of_state(&connection, config, now));
    findings
}

/// What the database says about feeds, sending and backups.
fn of_state(connection: &Connection, config: &Config, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = exports(connection, now);
    findings.extend(unreadable(connection));
    match plan_view::overview(connection, config, now) {
        Ok(overview) => findings.extend(standing(config, &overview, now)),
        Err(error) => findings.push(Finding::bad("database", error.to_string(), "leadtime status shows more")),
    }
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

/// How old the appointments are, by the same measure as `stale_after`.
fn feed(config: &Config, overview: &Overview) -> Finding {
    const WHAT: &str = "feed";
    const REMEDY: &str = "check the export from your practice software; leadtime import FILE";
    let limit = config.feeds.iter().filter_map(|feed| feed.stale_after()).min();
    let Some(age) = overview.feed_age else {
        let remedy = "leadtime import FILE, or have another program write the table `appointments`";
        return match limit {
            Some(_) => Finding::bad(WHAT, "nothing was imported, so nothing is sent (stale_after)", remedy),
            None => Finding::look(WHAT, "nothing has been imported yet", remedy),
        };
    };
    let found = format!(
        "the last successful import was {} ago, not counting closed days",
        counted(age.num_hours(), "hour", "hours")
    );
    match limit {
        Some(limit) if age > limit => Finding::bad(WHAT, format!("{found}: nothing is sent (stale_after)"), REMEDY),
        None if age > TimeDelta::hours(48) => Finding::look(WHAT, found, REMEDY),
        _ => Finding::good(WHAT, found),
    }
}

/// Exports that were refused or are held, imports that were interrupted, and new rows that could not be read.
fn exports(connection: &Connection, now: DateTime<Utc>) -> Vec<Finding> {
    const WHAT: &str = "exports";
    let troubles = feed_state::troubles(connection, now);
    let rows = (refused_rows::count(connection, now), bad_rows::count(connection, now));
    let (Ok(troubles), (Ok(rows), Ok(known))) = (troubles, rows) else {
        // A database that cannot be read is reported by its own check.
        return Vec::new();
    };
    let bad = |trouble: Trouble| {
        let Trouble { feed, what, why, remedy, .. } = trouble;
        Finding::bad(WHAT, format!("feed {feed}: {what}: {why}"), remedy)
    };
    let mut findings: Vec<Finding> = troubles.into_iter().map(bad).collect();
    if rows > 0 {
        let found = counted(
            rows,
            "new row could not be read, so its appointment is missing",
            "new rows could not be read, so their appointments are missing",
        );
        findings.push(Finding::look(
            WHAT,
            found,
            "leadtime not-reached shows what is wrong; correct it in your practice software",
        ));
    }
    if known > 0 {
        let found = counted(
            known,
            "known appointment gets no texts because its last row could not be read",
            "known appointments get no texts because their last rows could not be read",
        );
        let remedy =
            "leadtime plan lists them; leadtime explain ID names the line; correct it in your practice software";
        findings.push(Finding::look(WHAT, found, remedy));
    }
    findings
}

/// Conversations in Annie's list that cannot be read.
fn unreadable(connection: &Connection) -> Option<Finding> {
    let (count, numbers) = odd_rows::unsettled(connection).ok().filter(|(count, _)| *count > 0)?;
    let waiting: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let mut found = match count {
        1 => "1 conversation in Annie's list has no id".to_owned(),
        _ => format!("{count} conversations in Annie's list have no id"),
    };
    if !waiting.is_empty() {
        found.push_str(&format!(
            "; it may be one of our texts or a patient's reply, so texts to {} wait",
            waiting.join(", ")
        ));
    }
    let remedy = "report it to the person who manages Annie for you; to send to a number anyway: leadtime resolve NUMBER --go-on";
    Some(Finding::look("Annie's list", found, remedy))
}

/// The daily backup, if one is configured.
fn backup(config: &Config, overview: &Overview, now: DateTime<Utc>) -> Option<Finding> {
    const WHAT: &str = "backup";
    config.backup.as_ref()?;
    let at = overview.backup.as_ref().and_then(|done| done.at);
    let last = at.map_or("there is none yet".to_owned(), |at| {
        format!("the last one is from {}", config.practice.zone.describe(at))
    });
    Some(match overview.backup.as_ref().and_then(|done| done.fault.as_ref()) {
        Some((_, why)) => Finding::bad(
            WHAT,
            format!("the backup failed ({why}); {last}"),
            "fix the cause; Leadtime tries again automatically",
        ),
        None if at.is_none_or(|at| now - at > TimeDelta::days(2)) => Finding::look(
            WHAT,
            at.map_or("no backup yet".to_owned(), |_| format!("no backup was made in the last two days; {last}")),
            "the daemon makes the backups: journalctl -u leadtime shows what it did",
        ),
        None => Finding::good(WHAT, format!("a backup is made every day; {last}")),
    })
}

/// What holds texts back, other than an open circuit or a pause.
fn held_up(config: &Config, overview: &Overview) -> Vec<Finding> {
    const WHAT: &str = "sending";
    let (mut findings, is_live) = (Vec::new(), config.rulebook.mode == Mode::Live);
    if let Some(wait) = overview.waits.filter(|_| is_live && overview.open.is_none()) {
        let found = format!("texts are waiting: {}", wait.label());
        findings.push(match wait {
            Wait::Circuit | Wait::StaleFeed | Wait::Clock | Wait::Damaged => {
                Finding::bad(WHAT, found, "leadtime status")
            }
            _ => Finding::look(WHAT, found, "leadtime status"),
        });
    }
    if let Some(change) = overview.config_hold.as_ref().filter(|change| !change.confirmed) {
        let found = format!(
            "a rule change that would send {} within a day is waiting for you",
            counted(change.at_once, "text", "texts")
        );
        findings.push(Finding::look(WHAT, found, "leadtime confirm-change, or undo the change"));
    }
    if is_live && overview.due_unresolved.count > 0 {
        let found = counted(
            overview.due_unresolved.count,
            "reminder is overdue or has no outcome",
            "reminders are overdue or have no outcome",
        );
        findings.push(Finding::bad(
            "texts",
            found,
            "leadtime status shows why; leadtime not-reached shows whom to call",
        ));
    }
    findings
}

fn standing(config: &Config, overview: &Overview, now: DateTime<Utc>) -> Vec<Finding> {
    let zone = &config.practice.zone;
    let mut findings = vec![match (lock::is_taken(&config.database), overview.last_beat) {
        (true, _) => Finding::good("daemon", "running"),
        (false, Some(at)) => Finding::bad(
            "daemon",
            format!("not running; last seen running {}", zone.describe(at)),
            "systemctl start leadtime; journalctl -u leadtime shows why it stopped",
        ),
        (false, None) => Finding::bad("daemon", "it has never run", "systemctl enable --now leadtime"),
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
            "fix the cause; sending then resumes automatically. To try at once: systemctl restart leadtime",
        ));
    }
    for paused in &overview.paused {
        let place = paused.location.as_deref().unwrap_or("everywhere");
        findings.push(Finding::look(
            "sending",
            format!("paused ({place}) since {}", zone.describe(paused.since)),
            "leadtime resume",
        ));
    }
    let held: u64 = overview.counts.iter().filter(|(state, _)| *state == State::Held).map(|(_, n)| n).sum();
    if held > 0 {
        findings.push(Finding::look(
            "texts",
            counted(held, "text is held for your decision", "texts are held for your decision"),
            "leadtime resolve",
        ));
    }
    if overview.unknown_for_long > 0 {
        let found = format!(
            "Leadtime still does not know whether {} went out",
            counted(overview.unknown_for_long, "text", "texts")
        );
        findings.push(Finding::look(
            "texts",
            found,
            "Leadtime keeps checking Annie's list; leadtime status shows more",
        ));
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
                "{}: from {} on, the system's zone data and the copy built into Leadtime differ; the system's is used",
                zone.name(),
                zone.describe(at)
            ),
            "keep the tzdata package up to date: apt upgrade tzdata",
        ),
    };
    zones.iter().map(look).collect()
}
