//! `leadtime status`: shows the current status.

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::{Map, Value, json};

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::feed::list::{known_rows_not_read, rows_not_read};
use crate::cli::output::{configuration, local, moment, print, utc};
use crate::config::Config;
use crate::domain::count::counted;
use crate::domain::duration;
use crate::domain::duration::rough;
use crate::domain::ids::ApiKeyName;
use crate::domain::reminder::{State, Wait, all_states};
use crate::domain::zone::Zone;
use crate::planner::input::Mode;
use crate::reports::plan_view::{self, Overview};
use crate::store::appointments::feed_state::{self, Trouble};
use crate::store::appointments::{bad_rows, feed_age, imports, refused_rows};
use crate::store::connection::{lock, open, space};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Print a JSON object, for other programs.
    #[arg(long)]
    json: bool,
    /// Use this time instead of now.
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let now = moment(options.now.as_deref(), &config.practice.zone)?;
    let connection = open::snapshot(&config.database)?;
    let overview = plan_view::overview(&connection, &config, now)?;
    let running = lock::is_taken(&config.database);
    let feeds = Feeds {
        troubles: feed_state::troubles(&connection, now)?,
        rows_not_read: refused_rows::count(&connection, now)?,
        known_rows_not_read: bad_rows::count(&connection, now)?,
        under_way: imports::feeds_under_way(&connection)?,
        read: read(&config, &feed_age::by_feed(&connection, now)?),
    };
    match options.json {
        true => {
            let mut all = for_programs(&config, &overview, running);
            all["feeds"] = feeds.for_programs();
            print(&format!("{}\n", serde_json::to_string_pretty(&all)?))
        }
        false => print(&format!(
            "{}{}",
            for_people(&config, &overview, &feeds.read, running, now),
            feeds.for_people(&config.practice.zone)
        )),
    }
}

/// When each configured feed was last read.
fn read(config: &Config, ages: &[(String, DateTime<Utc>)]) -> Vec<(String, Option<DateTime<Utc>>)> {
    let at = |name: &str| ages.iter().find(|(feed, _)| feed == name).map(|(_, at)| *at);
    config.feeds.iter().map(|feed| (feed.name.clone(), at(&feed.name))).collect()
}

/// What needs attention about exports.
struct Feeds {
    troubles: Vec<Trouble>,
    rows_not_read: u64,
    /// Upcoming appointments whose last row could not be read.
    known_rows_not_read: u64,
    under_way: Vec<String>,
    /// When each configured feed was last read; `None`: never.
    read: Vec<(String, Option<DateTime<Utc>>)>,
}

impl Feeds {
    fn for_programs(&self) -> Value {
        let trouble = |trouble: &Trouble| json!({ "feed": trouble.feed, "since": utc(trouble.since), "what": trouble.kind.what().english(), "why": trouble.why.english() });
        json!({
            "troubles": self.troubles.iter().map(trouble).collect::<Vec<_>>(),
            "rows_not_read": self.rows_not_read,
            "known_rows_not_read": self.known_rows_not_read,
            "importing": self.under_way,
            "read": self.read.iter().map(|(feed, at)| json!({ "feed": feed, "at": at.map(utc) })).collect::<Vec<_>>(),
        })
    }

    fn for_people(&self, zone: &Zone) -> String {
        let mut text = String::new();
        for Trouble { feed, since, kind, why } in &self.troubles {
            let (what, why, remedy) = (kind.what().english(), why.english(), kind.remedy(feed).english());
            text.push_str(&format!(
                "\nNeeds attention: feed {feed}: {what} ({}): {why}. {remedy}\n",
                local(zone, *since)
            ));
        }
        if self.rows_not_read > 0 {
            let rows = rows_not_read(self.rows_not_read);
            text.push_str(&format!("\nNeeds attention: {rows}.\n"));
        }
        if self.known_rows_not_read > 0 {
            let known = known_rows_not_read(self.known_rows_not_read);
            text.push_str(&format!(
                "\nNeeds attention: {known}. leadtime plan lists them; leadtime explain ID names the line.\n"
            ));
        }
        text
    }
}

fn mode(config: &Config) -> &'static str {
    match config.rulebook.mode {
        Mode::Observe => "observe",
        Mode::Live => "live",
    }
}

/// Every state, including those without a reminder.
fn by_state(overview: &Overview) -> Vec<(&'static str, u64)> {
    let mut counts: Vec<(&'static str, u64)> = Vec::new();
    for state in all_states() {
        let name = state.name();
        let count: u64 = overview.counts.iter().filter(|(s, _)| *s == state).map(|(_, n)| n).sum();
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += count,
            None => counts.push((name, count)),
        }
    }
    counts
}

fn for_programs(config: &Config, overview: &Overview, running: bool) -> Value {
    let counts: Map<String, Value> =
        by_state(overview).into_iter().map(|(name, n)| (name.to_owned(), n.into())).collect();
    let reasons: Map<String, Value> = overview
        .counts
        .iter()
        .filter_map(|(state, n)| state.reason().map(|reason| (reason.to_owned(), (*n).into())))
        .collect();
    json!({
        "mode": mode(config),
        "counts": counts,
        "reasons": reasons,
        "not_yet_planned": overview.unplanned,
        "cannot_be_planned": overview.unplannable,
        "due_now": overview.due,
        "next_due_at": overview.next_due.map(utc),
        "would_go_out": {
            "count": overview.shown_only.0,
            "first_at": overview.shown_only.1.map(utc),
        },
        "last_import": overview.last_import.as_ref().map(|import| json!({
            "feed": import.feed, "at": utc(import.at), "rows_good": import.good, "rows_bad": import.bad,
            "cancelled": import.cancelled,
        })),
        "feed": {
            "age_seconds": overview.feed_age.map(|age| age.num_seconds()),
            "stale_after_seconds": config.feeds.iter().filter_map(|feed| feed.stale_after()).min().map(|limit| limit.num_seconds()),
        },
        "backup": overview.backup.as_ref().map(|backup| json!({
            "last_at": backup.at.map(utc), "last_date": backup.date.map(|date| date.to_string()),
            "failed_at": backup.fault.as_ref().map(|(at, _)| utc(*at)),
            "fault": backup.fault.as_ref().map(|(_, why)| why),
        })),
        "daemon": { "running": running, "last_sign_of_life_at": overview.last_beat.map(utc) },
        "circuit": {
            "state": if overview.open.is_some() { "open" } else { "closed" },
            "keys": overview.stopped,
            "reason": overview.open.as_ref().map(|open| open.reason.clone()),
            "since": overview.open.as_ref().map(|open| utc(open.since)),
            "next_try_at": overview.open.as_ref().map(|open| utc(open.next_probe)),
        },
        "waits": overview.waits.map(|wait| wait.code()),
        "clock_doubt": overview.clock_doubt,
        "unknown_for_long": overview.unknown_for_long,
        "numbers_without_first_line": overview.without_first_line,
        "config_hold": overview.config_hold.as_ref().map(|held| json!({
            "since": utc(held.since), "texts_within_a_day": held.at_once, "usual": held.usual,
        })),
        "paused": overview.paused.iter().map(|paused| json!({
            "location": paused.location, "since": utc(paused.since), "until": paused.until.map(utc), "who": paused.who,
        })).collect::<Vec<_>>(),
        "due_unresolved": overview.due_unresolved.count,
        "due_unresolved_since": overview.due_unresolved.since.map(utc),
    })
}

fn for_people(
    config: &Config,
    overview: &Overview,
    feeds: &[(String, Option<DateTime<Utc>>)],
    running: bool,
    now: DateTime<Utc>,
) -> String {
    let zone = &config.practice.zone;
    let mut text = format!(
        "Mode        {}\nDaemon      {}\n",
        match config.rulebook.mode {
            Mode::Observe => "observe: nobody is texted",
            Mode::Live => "live: patients are texted",
        },
        match (running, overview.last_beat) {
            (true, _) => "running".to_owned(),
            (false, Some(at)) =>
                format!("not running; last seen running {}. Start it: systemctl start leadtime", local(zone, at)),
            (false, None) => "not running; it has never run. Start it: systemctl start leadtime".to_owned(),
        }
    );
    text.push_str(&format!("Sending     {}\n", sending(config, overview, running)));
    if let Some(held) = &overview.config_hold {
        text.push_str(&format!(
            "HELD CHANGE since {}: it would send {} within a day; recently, no day had more than {}. If this is intended: leadtime confirm-change\n",
            local(zone, held.since),
            counted(held.at_once, "text", "texts"),
            held.usual
        ));
    }
    for paused in &overview.paused {
        let place = paused.location.as_ref().map_or_else(|| "everywhere".to_owned(), |id| format!("at {id}"));
        let who = paused.who.as_ref().map_or_else(String::new, |who| format!(" by {who}"));
        let until = paused.until.map_or_else(|| "`leadtime resume`".to_owned(), |at| local(zone, at));
        text.push_str(&format!("PAUSED      {place} since {}{who}, until {until}\n", local(zone, paused.since)));
    }
    let import = overview.last_import.as_ref().map_or_else(
        || "none yet".to_owned(),
        |i| {
            let rows = counted(i.good + i.bad, "row", "rows");
            let bad = if i.bad == 0 { "none".to_owned() } else { i.bad.to_string() };
            format!("{}: {rows}, {bad} of them unreadable", local(zone, i.at))
        },
    );
    text.push_str(&format!("Last import {import}\n"));
    // With one feed of files, that line says it all.
    if feeds.len() > 1 || config.feeds.iter().any(|feed| feed.pulled().is_some()) {
        for (at, (feed, read_at)) in feeds.iter().enumerate() {
            let label = if at == 0 { "Feeds" } else { "" };
            let read = read_at.map_or_else(
                || "never read".to_owned(),
                |read_at| format!("last read {} ({} ago)", local(zone, read_at), rough(now - read_at)),
            );
            text.push_str(&format!("{label:<11} {feed}: {read}\n"));
        }
    }
    text.push_str(&format!("Last backup {}\n", backup(config, overview)));
    text.push_str(&format!("Next text   {}\n", next(config, overview, running)));
    text.push_str(&format!("Overdue     {}\n", overdue(config, overview)));
    text.push_str("\nReminders\n");
    for (name, count) in by_state(overview) {
        text.push_str(&format!("  {name:<10} {count}\n"));
        let reasons = overview.counts.iter().filter(|(s, _)| s.name() == name && s.reason().is_some());
        for (state, count) in reasons {
            text.push_str(&format!("  {:<10} {count}  {}\n", "", state.label()));
        }
    }
    text.push_str(&attention(overview));
    text
}

/// Whether texts go out, and if not, why.
fn sending(config: &Config, overview: &Overview, running: bool) -> String {
    let zone = &config.practice.zone;
    if config.rulebook.mode == Mode::Observe {
        return "nothing is sent in observe mode".to_owned();
    }
    if space::is_full(&config.database) {
        return "nothing is sent: the disk is full. Free up space; sending then resumes automatically".to_owned();
    }
    if !running {
        return "nothing is sent while the service is not running".to_owned();
    }
    match (&overview.open, overview.waits) {
        (Some(open), _) => format!(
            "STOPPED{} since {}: {}. Next attempt {}",
            match overview.stopped.len() < config.key_names().count() {
                true => {
                    let names: Vec<&str> = overview.stopped.iter().map(ApiKeyName::as_str).collect();
                    format!(" for {} (all other texts go out)", names.join(", "))
                }
                false => String::new(),
            },
            local(zone, open.since),
            open.reason,
            local(zone, open.next_probe)
        ),
        (None, Some(Wait::Clock)) if overview.clock_doubt.is_some() => {
            format!("nothing is sent: {}", overview.clock_doubt.as_deref().unwrap_or_default())
        }
        (None, Some(wait)) => wait.label().to_owned(),
        (None, None) if is_paused_everywhere(overview) => "nothing is sent while sending is paused".to_owned(),
        (None, None) if !overview.paused.is_empty() => "paused at some locations; other texts go out".to_owned(),
        (None, None) if overview.config_hold.is_some() => "a changed configuration is held; see below".to_owned(),
        (None, None) if overview.due_unresolved.count > 0 => "texts are overdue; see below".to_owned(),
        (None, None) => "working normally".to_owned(),
    }
}

fn is_paused_everywhere(overview: &Overview) -> bool {
    overview.paused.iter().any(|paused| paused.location.is_none())
}

/// When the next text goes out, as far as that is known.
fn next(config: &Config, overview: &Overview, running: bool) -> String {
    let zone = &config.practice.zone;
    let everywhere = overview.paused.iter().filter(|paused| paused.location.is_none());
    let ends = everywhere.map(|paused| paused.until.unwrap_or(DateTime::<Utc>::MAX_UTC)).max();
    // A text planned during a pause moves to the end of the pause, or is skipped.
    let planned = overview.next_due.filter(|at| ends.is_none_or(|end| *at >= end));
    // The daemon may find another time, or none, for a changed appointment.
    let unknown = (overview.unplanned > 0).then(|| {
        let count = counted(overview.unplanned, "appointment has", "appointments have");
        format!("not known yet: {count} not been planned; `leadtime plan` shows what will go out")
    });
    match (config.rulebook.mode, overview.shown_only) {
        (Mode::Observe, _) if unknown.is_some() => return unknown.unwrap_or_default(),
        (Mode::Observe, (0, _) | (_, None)) => return "none; in live mode nothing would go out either".to_owned(),
        (Mode::Observe, (count, Some(first))) => {
            let reminders = counted(count, "reminder would go out,", "reminders would go out, the first");
            return format!("none; in live mode {reminders} on {}", local(zone, first));
        }
        (Mode::Live, _) => {}
    }
    let mut text = match planned {
        _ if unknown.is_some() => unknown.unwrap_or_default(),
        Some(at) if running => local(zone, at),
        Some(at) => format!("planned for {}, if the service is running by then", local(zone, at)),
        None if ends.is_some() => "none while sending is paused".to_owned(),
        None => "nothing is planned".to_owned(),
    };
    if overview.due > 0 {
        let due = counted(overview.due, "reminder is due now and has", "reminders are due now and have");
        text.push_str(&format!("\n            {due} not gone out yet"));
    }
    text
}

fn backup(config: &Config, overview: &Overview) -> String {
    let last = overview.backup.as_ref().and_then(|backup| backup.at);
    let mut text = match (last, &config.backup) {
        (Some(at), _) => local(&config.practice.zone, at),
        (None, Some(_)) => "none yet".to_owned(),
        (None, None) => "none; set folder in [backup] to get one every day".to_owned(),
    };
    if let Some((at, why)) = overview.backup.as_ref().and_then(|backup| backup.fault.as_ref()) {
        text.push_str(&format!("\n            FAILED {}: {why}", local(&config.practice.zone, *at)));
    }
    text
}

/// The most important number: reminders that should have an outcome by now and do not.
fn overdue(config: &Config, overview: &Overview) -> String {
    let long = duration::exact(config.alerts.unresolved_after);
    match (overview.due_unresolved.count, overview.due_unresolved.since) {
        (0, _) => format!("none; nothing has been due for over {long} without an outcome"),
        (count, since) => {
            let first =
                since.map_or_else(String::new, |at| format!(", the first since {}", local(&config.practice.zone, at)));
            let count = counted(count, "reminder has", "reminders have");
            format!("LOOK: {count} been due for over {long} without an outcome{first}")
        }
    }
}

fn attention(overview: &Overview) -> String {
    let mut text = String::new();
    if overview.unplannable > 0 {
        text.push_str(&format!(
            "\nNeeds attention: the reminders of {} cannot be planned and do not go out; the service's log has the details.\n",
            counted(overview.unplannable, "number", "numbers")
        ));
    }
    if overview.unknown_for_long > 0 {
        text.push_str(&format!(
            "\nNeeds attention: Leadtime still does not know whether Annie sent {}. It keeps checking Annie's list of\nconversations until it knows, or until someone has to decide (leadtime resolve).\n",
            counted(overview.unknown_for_long, "text", "texts")
        ));
    }
    if overview.without_first_line > 0 {
        text.push_str(&format!(
            "\n{} got a first text that had no room for first_text_line; the next text includes it.\n",
            counted(overview.without_first_line, "number", "numbers")
        ));
    }
    let held = overview.counts.iter().filter(|(s, _)| *s == State::Held).map(|(_, n)| n).sum::<u64>();
    if held > 0 {
        let held = counted(held, "text is held for your decision", "texts are held for your decision");
        text.push_str(&format!("\nNeeds attention: {held}: leadtime resolve\n"));
    }
    let rejected = overview.counts.iter().filter(|(s, _)| *s == State::Rejected).map(|(_, n)| n).sum::<u64>();
    if rejected > 0 {
        let rejected = counted(rejected, "text; call this patient", "texts; call these patients");
        text.push_str(&format!("\nNeeds attention: Annie rejected {rejected}.\n"));
    }
    text
}
