//! What the database says about feeds, sending and backups.

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::Config;
use crate::doctor::finding::Finding;
use crate::domain::reminder::{State, Wait};
use crate::domain::sentence::Sentence;
use crate::planner::input::Mode;
use crate::reports::plan_view::{self, Overview};
use crate::store::Connection;
use crate::store::appointments::feed_state::{self, Trouble};
use crate::store::appointments::{bad_rows, refused_rows};
use crate::store::connection::lock;
use crate::store::conversations::odd_rows;

/// A sentence that the page says in the staff's language.
fn say(key: &'static str, english: &'static str) -> Sentence {
    Sentence::new(key, english)
}

/// All of it.
pub(super) fn of_state(connection: &Connection, config: &Config, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = exports(connection, now);
    findings.extend(unreadable(connection));
    match plan_view::overview(connection, config, now) {
        Ok(overview) => findings.extend(standing(config, &overview, now)),
        Err(error) => findings.push(Finding::bad("database", error.to_string(), "leadtime status shows more")),
    }
    findings
}

/// How old the appointments are, by the same measure as `stale_after`.
fn feed(config: &Config, overview: &Overview) -> Finding {
    const WHAT: &str = "feed";
    let remedy = say("health.check-export", "check the export from your practice software; leadtime import FILE");
    let limit = config.feeds.iter().filter_map(|feed| feed.stale_after()).min();
    let Some(age) = overview.feed_age else {
        let remedy =
            say("health.first-import", "leadtime import FILE, or have another program write the table `appointments`");
        return match limit {
            Some(_) => {
                let found = say("health.no-import-stops", "nothing was imported, so nothing is sent (stale_after)");
                Finding::bad(WHAT, found, remedy)
            }
            None => Finding::look(WHAT, say("health.no-import", "nothing has been imported yet"), remedy),
        };
    };
    let found = Sentence::counted(
        "health.import-age",
        "the last successful import was {n} hour ago, not counting closed days",
        "the last successful import was {n} hours ago, not counting closed days",
        age.num_hours().unsigned_abs(),
    );
    match limit {
        Some(limit) if age > limit => {
            let stops = say("health.import-too-old", "{age}: nothing is sent (stale_after)");
            Finding::bad(WHAT, stops.part("age", found), remedy)
        }
        None if age > TimeDelta::hours(48) => Finding::look(WHAT, found, remedy),
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
        let Trouble { feed, kind, why, .. } = trouble;
        let found = say("health.feed-trouble", "feed {feed}: {what}: {why}");
        Finding::bad(WHAT, found.text("feed", &feed).part("what", kind.what()).part("why", why), kind.remedy(&feed))
    };
    let mut findings: Vec<Finding> = troubles.into_iter().map(bad).collect();
    if rows > 0 {
        let found = Sentence::counted(
            "health.rows-missing",
            "{n} new row could not be read, so its appointment is missing",
            "{n} new rows could not be read, so their appointments are missing",
            rows,
        );
        let remedy = say(
            "health.see-not-reached",
            "leadtime not-reached shows what is wrong; correct it in your practice software",
        );
        findings.push(Finding::look(WHAT, found, remedy));
    }
    if known > 0 {
        let found = Sentence::counted(
            "health.rows-bad",
            "{n} known appointment gets no texts because its last row could not be read",
            "{n} known appointments get no texts because their last rows could not be read",
            known,
        );
        let remedy = say(
            "health.see-plan",
            "leadtime plan lists them; leadtime explain ID names the line; correct it in your practice software",
        );
        findings.push(Finding::look(WHAT, found, remedy));
    }
    findings
}

/// Conversations in Annie's list that cannot be read.
fn unreadable(connection: &Connection) -> Option<Finding> {
    let (count, numbers) = odd_rows::unsettled(connection).ok().filter(|(count, _)| *count > 0)?;
    let waiting: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let held =
        say("health.numbers-wait", "; it may be one of our texts or a patient's reply, so texts to {numbers} wait");
    let held = (!waiting.is_empty()).then(|| held.text("numbers", waiting.join(", ")));
    let found = Sentence::counted(
        "health.no-id",
        "{n} conversation in Annie's list has no id{held}",
        "{n} conversations in Annie's list have no id{held}",
        count,
    );
    let found = found.part("held", held);
    let remedy = say(
        "health.report-annie",
        "report it to the person who manages Annie for you; to send to a number anyway: leadtime resolve NUMBER --go-on",
    );
    Some(Finding::look("Annie's list", found, remedy))
}

/// The daily backup, if one is configured.
fn backup(config: &Config, overview: &Overview, now: DateTime<Utc>) -> Option<Finding> {
    const WHAT: &str = "backup";
    config.backup.as_ref()?;
    let at = overview.backup.as_ref().and_then(|done| done.at);
    let zone = &config.practice.zone;
    let last = match at {
        None => say("health.no-last-backup", "there is none yet"),
        Some(at) => say("health.last-backup", "the last one is from {time}").time("time", at, zone),
    };
    Some(match overview.backup.as_ref().and_then(|done| done.fault.as_ref()) {
        Some((_, why)) => Finding::bad(
            WHAT,
            say("health.backup-failed", "the backup failed ({why}); {last}").text("why", why).part("last", last),
            say("health.fix-backup", "fix the cause; Leadtime tries again automatically"),
        ),
        None if at.is_none_or(|at| now - at > TimeDelta::days(2)) => Finding::look(
            WHAT,
            match at {
                None => say("health.no-backup", "no backup yet"),
                Some(_) => {
                    say("health.backup-old", "no backup was made in the last two days; {last}").part("last", last)
                }
            },
            say("health.see-log", "the daemon makes the backups: journalctl -u leadtime shows what it did"),
        ),
        None => Finding::good(WHAT, say("health.backup-good", "a backup is made every day; {last}").part("last", last)),
    })
}

/// What holds texts back, other than an open circuit or a pause.
fn held_up(config: &Config, overview: &Overview) -> Vec<Finding> {
    const WHAT: &str = "sending";
    let (mut findings, is_live) = (Vec::new(), config.rulebook.mode == Mode::Live);
    if let Some(wait) = overview.waits.filter(|_| is_live && overview.open.is_none()) {
        let found = say("health.waiting", "texts are waiting: {why}");
        let found = found.part("why", Sentence::coded("reason", wait.code(), wait.label()));
        findings.push(match wait {
            Wait::Circuit | Wait::StaleFeed | Wait::Clock | Wait::Damaged => {
                Finding::bad(WHAT, found, "leadtime status")
            }
            _ => Finding::look(WHAT, found, "leadtime status"),
        });
    }
    if let Some(change) = overview.config_hold.as_ref().filter(|change| !change.confirmed) {
        let found = Sentence::counted(
            "health.change-held",
            "a rule change that would send {n} text within a day is waiting for you",
            "a rule change that would send {n} texts within a day is waiting for you",
            change.at_once,
        );
        let remedy = say("health.confirm-change", "leadtime confirm-change, or undo the change");
        findings.push(Finding::look(WHAT, found, remedy));
    }
    if is_live && overview.due_unresolved.count > 0 {
        let found = Sentence::counted(
            "health.overdue",
            "{n} reminder is overdue or has no outcome",
            "{n} reminders are overdue or have no outcome",
            overview.due_unresolved.count,
        );
        let remedy = say("health.see-status", "leadtime status shows why; leadtime not-reached shows whom to call");
        findings.push(Finding::bad("texts", found, remedy));
    }
    findings
}

fn standing(config: &Config, overview: &Overview, now: DateTime<Utc>) -> Vec<Finding> {
    let zone = &config.practice.zone;
    let mut findings = vec![match (lock::is_taken(&config.database), overview.last_beat) {
        (true, _) => Finding::good("daemon", say("health.running", "running")),
        (false, Some(at)) => Finding::bad(
            "daemon",
            say("health.not-running", "not running; last seen running {time}").time("time", at, zone),
            say("health.start-it", "systemctl start leadtime; journalctl -u leadtime shows why it stopped"),
        ),
        (false, None) => {
            Finding::bad("daemon", say("health.never-ran", "it has never run"), "systemctl enable --now leadtime")
        }
    }];
    findings.push(feed(config, overview));
    findings.extend(backup(config, overview, now));
    findings.extend(held_up(config, overview));
    if let Some(why) = &overview.clock_doubt {
        findings.push(Finding::bad(
            "clock",
            why.clone(),
            say("health.set-clock", "set the clock: timedatectl set-ntp true"),
        ));
    }
    if let Some(open) = &overview.open {
        findings.push(Finding::bad(
            "sending",
            say("health.stopped", "stopped: {why}").text("why", &open.reason),
            say(
                "health.fix-sending",
                "fix the cause; sending then resumes automatically. To try at once: systemctl restart leadtime",
            ),
        ));
    }
    for paused in &overview.paused {
        let place = match &paused.location {
            Some(location) => Sentence::plain(location.as_str()),
            None => say("health.everywhere", "everywhere"),
        };
        let found = say("health.paused", "paused ({place}) since {time}");
        let found = found.part("place", place).time("time", paused.since, zone);
        findings.push(Finding::look("sending", found, "leadtime resume"));
    }
    let held: u64 = overview.counts.iter().filter(|(state, _)| *state == State::Held).map(|(_, n)| n).sum();
    if held > 0 {
        findings.push(Finding::look(
            "texts",
            Sentence::counted(
                "health.held",
                "{n} text is held for your decision",
                "{n} texts are held for your decision",
                held,
            ),
            "leadtime resolve",
        ));
    }
    if overview.unknown_for_long > 0 {
        let found = Sentence::counted(
            "health.unknown",
            "Leadtime still does not know whether {n} text went out",
            "Leadtime still does not know whether {n} texts went out",
            overview.unknown_for_long,
        );
        let remedy = say("health.keeps-checking", "Leadtime keeps checking Annie's list; leadtime status shows more");
        findings.push(Finding::look("texts", found, remedy));
    }
    findings
}
