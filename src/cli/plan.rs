//! `leadtime plan`: shows which texts go out in the coming days, and who gets none and why.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use clap::Args;
use serde_json::{Value, json};

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::operator::put_on_record;
use crate::cli::output::{configuration, local, moment, print, utc};
use crate::config::Config;
use crate::domain::count::counted;
use crate::domain::patient_outcome::{PatientOutcome, Standing};
use crate::domain::reminder::{PlanDecision, Skip, State};
use crate::domain::reminder_key::ReminderKey;
use crate::planner::input::Mode;
use crate::reports::plan_view::{self, Row};
use crate::store::Connection;
use crate::store::appointments::appointment::{self, ComingStart};
use crate::store::connection::open;
use crate::store::ledger::audit::Act;
use crate::wording::segments;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Show appointments that start within this many days.
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u64).range(1..=3660))]
    days: u64,
    /// Print a JSON array, for other programs.
    #[arg(long)]
    json: bool,
    /// Use this time instead of now, such as 2026-03-09T10:00:00-06:00.
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let zone = &config.practice.zone;
    let now = moment(options.now.as_deref(), zone)?;
    let until = now.checked_add_days(Days::new(options.days)).unwrap_or(now);
    let connection = open::snapshot(&config.database)?;
    match options.json {
        true => {
            put_on_record(&config, Act::ListedOut)?;
            print_items(&connection, &config, (now, until))
        }
        false => {
            let rows = plan_view::plan_of(&connection, &config, now, until)?;
            let odd = odd_starts(&config, &appointment::coming_starts(&connection, now, until)?);
            print(&format!("{}{odd}", for_people(&config, &rows, options.days)))
        }
    }
}

/// How much is printed at once.
const PIECE: usize = 64 * 1024;

/// Prints the plan as a JSON array, piece by piece.
fn print_items(
    connection: &Connection,
    config: &Config,
    (now, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<(), Failure> {
    let (mut piece, mut is_empty, mut printed) = (String::from("["), true, Ok(()));
    let put = |text: serde_json::Result<String>| {
        let text = match text {
            Ok(text) if printed.is_ok() => text,
            Ok(_) => return,
            Err(error) => {
                printed = Err(error.into());
                return;
            }
        };
        piece.push_str(if is_empty { "\n  " } else { ",\n  " });
        piece.push_str(&text.replace('\n', "\n  "));
        is_empty = false;
        if piece.len() >= PIECE {
            printed = print(&piece);
            piece.clear();
        }
    };
    plan_view::each_between(
        connection,
        config,
        (now, until),
        now,
        |row| serde_json::to_string_pretty(&item(&row)),
        put,
    )?;
    printed?;
    print(&format!("{piece}{}]\n", if is_empty { "" } else { "\n" }))
}

/// Start times that are probably wrong: at midnight, or with a UTC offset that the zone does not have on that day. A feed
/// with a zone of its own, for the file or for each row, has offsets of its own; one with `offsets` has its answer.
fn odd_starts(config: &Config, starts: &[ComingStart]) -> String {
    let (mut midnights, mut offsets) = (Vec::new(), Vec::new());
    let is_explained = |feed: &Option<String>| {
        let feed = config.feeds.iter().find(|known| Some(&known.name) == feed.as_ref());
        feed.is_some_and(|feed| feed.settings.timezone.is_some() || feed.settings.offsets.is_some())
    };
    for ComingStart { id, location, feed, written } in starts {
        let Ok(at) = DateTime::parse_from_rfc3339(written) else { continue };
        let local = config.zone(location.as_deref()).local(at.to_utc());
        if local.time() == NaiveTime::MIN {
            midnights.push(id.as_str());
        }
        if !written.ends_with('Z') && local.offset() != at.offset() && !is_explained(feed) {
            offsets.push((id.as_str(), at, local));
        }
    }
    let mut text = String::new();
    if let Some(first) = midnights.first() {
        let count = counted(midnights.len(), "appointment starts", "appointments start");
        let first = if midnights.len() == 1 { format!(": {first}") } else { format!("; the first is {first}") };
        text.push_str(&format!("\nNeeds attention: {count} at midnight, which often means an all-day entry{first}.\n"));
    }
    if let Some((id, at, local)) = offsets.first() {
        let count = counted(
            offsets.len(),
            "appointment has a UTC offset that does not match its time zone",
            "appointments have a UTC offset that does not match their time zone",
        );
        text.push_str(&format!(
            "\nNeeds attention: {count} on that day. {id}: is it at {} or {}?\n",
            local.format("%-I:%M %p"),
            at.format("%-I:%M %p")
        ));
    }
    text
}

fn item(row: &Row) -> Value {
    let others = row.together.iter().filter(|key| **key != row.item.key);
    json!({
        "appointment_id": row.item.key.appointment_id,
        "rule": row.item.key.rule,
        "state": row.item.state.name(),
        "reason": row.code,
        "nominal_at": row.item.nominal_at.map(utc),
        "due_at": row.item.due_at.map(utc),
        "expires_at": row.item.expires_at.map(utc),
        "message": row.words,
        "segments": row.words.as_ref().map(|words| segments::cost(words).segments),
        "together_with": others
            .map(|key| json!({"appointment_id": key.appointment_id, "rule": key.rule})).collect::<Vec<_>>(),
        "outcome": row.outcome.map(outcome),
        "request": row.request,
    })
}

/// An outcome, for programs.
pub(crate) fn outcome(standing: Standing) -> Value {
    json!({
        "outcome": standing.outcome.code(), "source": standing.source.code(), "since": utc(standing.since),
    })
}

/// The reminders that go out in one text.
type Text<'a> = Vec<&'a Row>;

/// By day, in local time; then the appointments that get no text.
fn for_people(config: &Config, rows: &[Row], days: u64) -> String {
    let practice = &config.practice.zone;
    let goes = |row: &&Row| {
        let state = row.item.state;
        let shown = matches!(state, State::Unclaimed(PlanDecision::Planned | PlanDecision::Skipped(Skip::ObserveMode)));
        (shown || matches!(state, State::Sent | State::Sending)) && row.item.due_at.is_some()
    };
    let mut texts: BTreeMap<(NaiveDate, DateTime<Utc>, &ReminderKey), Text<'_>> = BTreeMap::new();
    let (going, without): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(goes);
    for row in going {
        let at = row.text.as_ref().map(|text| text.made_at).or(row.item.due_at).unwrap_or_default();
        let first = row.together.first().unwrap_or(&row.item.key);
        texts.entry((practice.local(at).date_naive(), at, first)).or_default().push(row);
    }
    let mut text = String::new();
    if config.rulebook.mode == Mode::Observe {
        text.push_str("Observe mode: nobody is texted. This is what would go out.\n\n");
    }
    if rows.is_empty() {
        text.push_str(&format!("No appointment starts within {}.\n", counted(days, "day", "days")));
    }
    let mut last = None;
    for ((day, at, _), carried) in &texts {
        if last != Some(*day) {
            let gap = if last.is_some() { "\n" } else { "" };
            text.push_str(&format!("{gap}{}\n", day.format("%A, %B %-d, %Y")));
            last = Some(*day);
        }
        text.push_str(&going_out(config, *at, carried));
    }
    let reached: BTreeSet<_> = texts.values().flatten().map(|row| &row.appointment.id).collect();
    let (some, none): (Vec<&Row>, Vec<&Row>) =
        without.into_iter().partition(|row| reached.contains(&row.appointment.id));
    text.push_str(&left_out(config, "No text at all", &none, texts.is_empty()));
    text.push_str(&left_out(config, "Not sent, although the appointment gets another text", &some, texts.is_empty()));
    text
}

fn left_out(config: &Config, title: &str, rows: &[&Row], first: bool) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = format!("{}{title}\n", if first { "" } else { "\n" });
    for of_appointment in rows.chunk_by(|a, b| a.appointment.id == b.appointment.id) {
        // A reason that applies to every rule is shown once.
        let one_reason = of_appointment.iter().all(|row| row.item.state == of_appointment[0].item.state);
        let every_rule = of_appointment.len() == config.rulebook.rules.len() && of_appointment.len() > 1;
        for row in of_appointment.iter().take(if one_reason && every_rule { 1 } else { of_appointment.len() }) {
            let rule = if one_reason && every_rule { String::new() } else { format!("  {}", row.item.key.rule) };
            text.push_str(&format!("  {}{rule}: {}\n", who(config, row), row.item.state.label()));
            text.push_str(&earlier(config, row, "      "));
        }
    }
    text
}

fn going_out(config: &Config, at: DateTime<Utc>, carried: &[&Row]) -> String {
    const INDENT: &str = "            ";
    let Some(first) = carried.first() else { return String::new() };
    let time = config.practice.zone.local(at).format("%-I:%M %p").to_string();
    let number = first.item.phone.as_ref().map(|phone| format!(" to {phone}")).unwrap_or_default();
    let note = match first.item.state {
        State::Sent => " (sent)".to_owned(),
        State::Sending => " (being sent now)".to_owned(),
        State::Unclaimed(PlanDecision::Planned) => {
            first.code.map(|code| format!(" (waiting: {code})")).unwrap_or_default()
        }
        _ => String::new(),
    };
    let mut text = match carried {
        [only] => format!("  {time:>8}  {}{number}  {}{note}\n", only.item.key.rule, who(config, only)),
        several => {
            let lines = several.iter().map(|row| format!("{INDENT}- {}  {}\n", row.item.key.rule, who(config, row)));
            format!(
                "  {time:>8}  one text{number} for {} appointments{note}\n{}",
                several.len(),
                lines.collect::<String>()
            )
        }
    };
    let message = first.words.clone().unwrap_or_default();
    text.push_str(&format!("{INDENT}{message}\n"));
    text.push_str(&carried.iter().map(|row| earlier(config, row, INDENT)).collect::<String>());
    text.push_str(&price(&message).map(|price| format!("{INDENT}{price}\n")).unwrap_or_default());
    text
}

/// Earlier texts about the appointment: with another start time, or to another patient.
fn earlier(config: &Config, row: &Row, indent: &str) -> String {
    let zone = config.zone(config.rulebook.location_of(&row.appointment));
    row.earlier.iter().map(|earlier| format!("{indent}{}\n", earlier.describe(zone))).collect()
}

/// Shown if a text costs more than one segment.
fn price(message: &str) -> Option<String> {
    let cost = segments::cost(message);
    let cheaper = segments::plainer(message).map(|(now, then)| {
        let letters: String = now.foreign.iter().collect();
        format!("; with plain characters instead of {letters}, it would be {}", then.segments)
    });
    (cost.segments > 1).then(|| format!("[{} SMS segments{}]", cost.segments, cheaper.unwrap_or_default()))
}

/// The appointment, as the front desk would name it.
fn who(config: &Config, row: &Row) -> String {
    let names = [&row.appointment.first_name, &row.appointment.last_name];
    let name = names.into_iter().filter_map(|n| n.as_ref().cloned()).collect::<Vec<_>>().join(" ");
    let name = if name.is_empty() { format!("patient {}", row.appointment.patient_id) } else { name };
    let zone = config.zone(config.rulebook.location_of(&row.appointment));
    let answer = row.outcome.filter(|standing| standing.outcome != PatientOutcome::None);
    let answer = answer.map(|standing| format!(", {}", standing.in_words(zone))).unwrap_or_default();
    format!("{name}, appointment {} ({}){answer}", local(zone, row.appointment.starts_at), row.appointment.id)
}
