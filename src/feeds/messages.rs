//! Takes HL7 messages: puts together what they say about each appointment, then imports the appointments that changed.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use rusqlite::Transaction;

use crate::config::Config;
use crate::config::feeds::{Feed, ZoneSource};
use crate::config::values::zones::Zones;
use crate::domain::fingerprint;
use crate::domain::operator::Operator;
use crate::domain::zone::Zone;
use crate::feeds::formats::hl7::{self, Code, Message, Piece, Rejected, State};
use crate::feeds::formats::{FormatError, Table};
use crate::feeds::importing::{self, How, ImportError, Imported, Job, Preview};
use crate::feeds::mapping::{Cost, Count, MappingError, Outcome, Reason, map_file, options};
use crate::feeds::sources::answer::Answer;
use crate::feeds::sources::fetch_error::FetchError;
use crate::store::appointments::hl7::{self as stored, News, Processed, Told};
use crate::store::connection::store::in_transaction;
use crate::store::{Connection, StoreError};

/// What became of a received message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    /// The acknowledgment for its sender.
    pub(crate) acknowledgment: Vec<u8>,
    /// Why it was rejected, if it was.
    pub(crate) rejected: Option<String>,
    /// Whether it changed the appointments.
    pub(crate) changed: bool,
}

/// Stores and imports messages that were received together, in their order. Nothing is acknowledged before it is
/// committed.
pub(crate) fn receive(
    connection: &mut Connection,
    config: &Config,
    feed: &str,
    messages: &[Vec<u8>],
    now: DateTime<Utc>,
) -> Result<Vec<Answered>, StoreError> {
    let Some(feed) = config.feeds.iter().find(|other| other.name == feed) else { return Err(StoreError::Closed) };
    let parsed: Vec<Result<Message, Rejected>> =
        messages.iter().map(|bytes| parse(bytes, zone_of(feed, &config.practice.zone), now)).collect();
    let taken = in_transaction(connection, |tx| {
        let take_one = |message: Result<Message, Rejected>| match message {
            Ok(message) => Ok((take(tx, feed, &message, now)?, message.header)),
            Err(rejected) => Ok((Taken::Rejected(rejected.reason), *rejected.header)),
        };
        parsed.into_iter().map(take_one).collect::<Result<Vec<_>, StoreError>>()
    })?;
    let brought = bring(connection, config, feed, now)?;
    let answers = taken.into_iter().map(|(taken, header)| {
        let why = match taken {
            Taken::About(id) => brought.refused.get(&id).cloned(),
            Taken::Rejected(why) => Some(why),
        };
        let code = if why.is_some() { Code::Reject } else { Code::Accept };
        let acknowledgment = acknowledgment(&header, code, why.as_deref().unwrap_or_default(), now);
        Answered { acknowledgment, changed: brought.changed && why.is_none(), rejected: why }
    });
    Ok(answers.collect())
}

/// Imports what a stop left behind and, because the feed's settings may have been corrected, every coming appointment once
/// more. Returns whether anything changed.
pub(crate) fn catch_up(
    connection: &mut Connection,
    config: &Config,
    feed: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let Some(feed) = config.feeds.iter().find(|other| other.name == feed) else { return Err(StoreError::Closed) };
    in_transaction(connection, |tx| stored::coming_again(tx, &feed.name, now - TimeDelta::days(1)))?;
    Ok(bring(connection, config, feed, now)?.changed)
}

/// Imports what waits. Only a fault of this machine is an error.
fn bring(connection: &mut Connection, config: &Config, feed: &Feed, now: DateTime<Utc>) -> Result<Brought, StoreError> {
    let zones = Zones::of_this_machine();
    let context = importing::context(config, &zones, now);
    let job = Job { feed, context: &context, how: How::recurring(feed), by: Operator::default(), now };
    match import_waiting(connection, job) {
        Ok(brought) => Ok(brought),
        Err(ImportError::Store(error)) => Err(error),
        Err(ImportError::Mapping(MappingError::Format(FormatError::Io(error)))) => {
            Err(StoreError::DiskFails(error.to_string()))
        }
        // The rows are ours: they cannot be at fault as a whole, but the feed's settings can.
        Err(error) => {
            let waiting = stored::waiting(connection, &feed.name)?;
            let refused = waiting.into_iter().map(|told| (told.id, error.to_string())).collect();
            Ok(Brought { refused, ..Brought::default() })
        }
    }
}

/// The zone of times without an offset.
fn zone_of<'z>(feed: &'z Feed, practice: &'z Zone) -> &'z Zone {
    match &feed.settings.timezone {
        Some(ZoneSource::Named(zone)) => zone,
        _ => practice,
    }
}

/// Reads a message. Its time decides which message is newer, so a time without an offset is in the feed's zone.
fn parse(bytes: &[u8], zone: &Zone, now: DateTime<Utc>) -> Result<Message, Rejected> {
    let mut message = hl7::parse(bytes)?;
    let header = &mut message.header;
    if let Some(local) = header.time.filter(|_| header.is_local).and_then(DateTime::from_timestamp_micros) {
        let micros = i64::from(local.timestamp_subsec_micros());
        let second = local.naive_utc() - TimeDelta::microseconds(micros);
        header.time = Some(zone.at(second.date(), second.time()).timestamp_micros() + micros);
    }
    Ok(message.received(now.timestamp_micros()))
}

/// The acknowledgment of a message that cannot be stored now: its sender sends it again.
pub(crate) fn not_now(message: &[u8], why: &str, now: DateTime<Utc>) -> Vec<u8> {
    let header = match hl7::parse(message) {
        Ok(message) => message.header,
        Err(rejected) => *rejected.header,
    };
    acknowledgment(&header, Code::Error, why, now)
}

fn acknowledgment(header: &hl7::Header, code: Code, text: &str, now: DateTime<Utc>) -> Vec<u8> {
    hl7::ack(header, code, text, &uuid::Uuid::new_v4().simple().to_string(), now)
}

/// Imports a file of messages.
pub(crate) fn import(connection: &mut Connection, file: &[u8], job: Job<'_>) -> Result<Imported, ImportError> {
    let problems = in_transaction(connection, |tx| take_file(tx, file, job))?;
    let mut imported = import_waiting(connection, job)?.imported;
    add_problems(&mut imported, problems);
    Ok(imported)
}

/// What importing a file of messages would do, without writing anything.
pub(crate) fn preview(connection: &mut Connection, file: &[u8], job: Job<'_>) -> Result<Preview, ImportError> {
    let tx = connection.transaction().map_err(StoreError::from)?;
    let problems = take_file(&tx, file, job)?;
    let waiting = stored::waiting(&tx, &job.feed.name)?;
    tx.rollback().map_err(StoreError::from)?;
    let answer = as_answer(&waiting, job.feed)?;
    let mut preview = importing::preview(connection, || answer.source(), unheld(job))?;
    add_problems(&mut preview.imported, problems);
    Ok(preview)
}

/// A message, or a part of a file, that cannot be used: its line, and the reason.
type Problem = (u64, String);

fn take_file(tx: &Transaction<'_>, file: &[u8], job: Job<'_>) -> Result<Vec<Problem>, StoreError> {
    let mut problems = Vec::new();
    for piece in hl7::split(file) {
        match piece {
            Piece::Problem { line, reason } => problems.push((line as u64, reason)),
            Piece::Message { line, bytes } => match parse(bytes, zone_of(job.feed, &job.context.zone), job.now) {
                Ok(message) => {
                    if let Taken::Rejected(why) = take(tx, job.feed, &message, job.now)? {
                        problems.push((line as u64, why));
                    }
                }
                Err(rejected) => problems.push((line as u64, rejected.reason)),
            },
        }
    }
    Ok(problems)
}

fn add_problems(imported: &mut Imported, problems: Vec<Problem>) {
    for (line, message) in problems {
        imported.bad += 1;
        let reason = Reason { column: "message".to_owned(), field: None, value: None, message };
        let count = imported.report.reasons.entry((Cost::Row, reason)).or_insert(Count { rows: 0, first_line: line });
        count.rows += 1;
    }
}

/// What became of a readable message.
enum Taken {
    /// It is about the appointment with this id.
    About(String),
    /// It cannot be used. The reason.
    Rejected(String),
}

/// Adds what a message says to what is known. One that was processed already adds nothing, but its appointment is imported
/// again: the feed's settings may have been corrected.
fn take(tx: &Transaction<'_>, feed: &Feed, message: &Message, now: DateTime<Utc>) -> Result<Taken, StoreError> {
    let header = &message.header;
    // With its time: senders begin to count anew, and a cancellation must not be taken for an earlier one.
    let content = fingerprint::of(format!("{:?} {:?}", header.time, message.schedule));
    let processed =
        Processed { sender: &header.sending_application, control_id: &header.control_id, content: &content };
    let aliases = hl7::keys(message);
    if stored::is_processed(tx, &feed.name, processed)?
        && let Some(known) = stored::named(tx, &feed.name, &aliases)?.into_iter().next()
    {
        stored::import_again(tx, known.number)?;
        return Ok(Taken::About(known.id));
    }
    let known = match known(tx, feed, message, &aliases)? {
        Ok(known) => known,
        Err(why) => return Ok(Taken::Rejected(why)),
    };
    stored::processed(tx, &feed.name, processed, now)?;
    let mut state = State::default();
    for told in &known {
        state = state.merge(read(told)?);
    }
    state.apply(message);
    let text = serde_json::to_string(&state).map_err(|_| StoreError::Damaged)?;
    let news = News { state: &text, starts_at: start_of(&state), aliases: &aliases };
    match known.split_first() {
        None => {
            let ids = ids_for(message);
            stored::add(tx, &feed.name, &ids, news, now)?;
        }
        Some((first, others)) => {
            stored::update(tx, &feed.name, first.number, news, now)?;
            for other in others {
                stored::join(tx, other.number, first.number, now)?;
            }
        }
    }
    let id = stored::named(tx, &feed.name, &aliases)?.into_iter().next().map_or_else(String::new, |told| told.id);
    Ok(Taken::About(id))
}

/// The appointments that a message may be about, or why that cannot be known. Some senders give the namespace of a number
/// only sometimes: without it, the number names the only appointment of that patient that has it.
fn known(
    tx: &Transaction<'_>,
    feed: &Feed,
    message: &Message,
    aliases: &[String],
) -> Result<Result<Vec<Told>, String>, StoreError> {
    let mut known = stored::named(tx, &feed.name, aliases)?;
    for alias in aliases {
        let bare = hl7::without_namespace(alias);
        let number = bare.split('#').next().unwrap_or_default();
        // `A` follows `@`, which stands between a number and its namespace and nowhere else.
        let range = (format!("{number}@"), format!("{number}A"));
        let mut same = stored::aliases(tx, &feed.name, &bare, (&range.0, &range.1))?;
        same.retain(|other| hl7::without_namespace(other) == bare);
        match same.as_slice() {
            [only] if *only == bare || *alias == bare => {
                for told in stored::named(tx, &feed.name, std::slice::from_ref(only))? {
                    let is_new = !known.iter().any(|other| other.number == told.number);
                    if is_new && read(&told)?.may_be_about(message) {
                        known.push(told);
                    }
                }
            }
            [_, _, ..] if known.is_empty() && *alias == bare => {
                let field = if alias.starts_with('f') { "SCH-2" } else { "SCH-1" };
                return Ok(Err(format!("{field} names several appointments: its namespace is missing")));
            }
            _ => {}
        }
    }
    known.sort_by_key(|told| told.number);
    Ok(Ok(known))
}

/// The ids that a new appointment may get: the schedule's own (filler), else that of whoever asked for it (placer). If
/// another appointment has it, because both count from one, the kind is put before it.
fn ids_for(message: &Message) -> Vec<String> {
    std::iter::once(hl7::id(message)).chain(hl7::keys(message)).collect()
}

fn read(told: &Told) -> Result<State, StoreError> {
    serde_json::from_str(&told.state).map_err(|_| StoreError::Damaged)
}

/// The last known start, to the day: only retention uses it.
fn start_of(state: &State) -> Option<DateTime<Utc>> {
    let row = hl7::row("", state);
    let at = hl7::COLUMNS.iter().position(|column| *column == "Start")?;
    let text = row.get(at)?.get(..19)?;
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").ok().map(|start| start.and_utc())
}

/// What an import of waiting appointments did.
#[derive(Debug, Default)]
struct Brought {
    imported: Imported,
    /// Why some of them were refused, by id.
    refused: BTreeMap<String, String>,
    /// Whether any appointment changed.
    changed: bool,
}

/// Imports the appointments that wait, and those that another process changed meanwhile: it may have imported a newer
/// state before this one.
fn import_waiting(connection: &mut Connection, job: Job<'_>) -> Result<Brought, ImportError> {
    let mut all = Brought::default();
    for round in 0.. {
        let waiting = stored::waiting(connection, &job.feed.name)?;
        if waiting.is_empty() {
            break;
        }
        let brought = import_these(connection, &waiting, job)?;
        all.refused.extend(brought.refused);
        all.changed |= brought.changed;
        if round == 0 {
            all.imported = brought.imported;
        }
    }
    Ok(all)
}

fn import_these(connection: &mut Connection, waiting: &[Told], job: Job<'_>) -> Result<Brought, ImportError> {
    let answer = as_answer(waiting, job.feed)?;
    let mut refused = BTreeMap::new();
    map_file(
        || answer.source(),
        job.feed,
        job.context,
        |row| -> Result<(), ImportError> {
            let at = usize::try_from(row.record).ok().and_then(|record| record.checked_sub(1));
            if let Outcome::Refused { reason, .. } = row.outcome
                && let Some(told) = at.and_then(|at| waiting.get(at))
            {
                refused.insert(told.id.clone(), reason.to_string());
            }
            Ok(())
        },
    )?;
    let imported = importing::import(connection, || answer.source(), unheld(job), |_| {})?;
    in_transaction(connection, |tx| stored::imported(tx, waiting))?;
    let changes = &imported.changes;
    let changed = changes.added + changes.changed + changes.cancelled + changes.off > 0;
    Ok(Brought { imported, refused, changed })
}

/// Each message states its own change: no file of them is a complete list, and after an outage hundreds arrive at once.
/// Holding them would send texts about visits that are cancelled.
fn unheld(job: Job<'_>) -> Job<'_> {
    Job { how: How { force: true, complete: false, ..job.how }, ..job }
}

/// The rows of appointments. One that turned out to be another one is cancelled.
fn as_answer(waiting: &[Told], feed: &Feed) -> Result<Answer, ImportError> {
    let mut table = Table { columns: hl7::COLUMNS, rows: Vec::new() };
    for told in waiting {
        table.rows.push(match told.is_same_as_another {
            true => hl7::cancelled(&told.id),
            false => hl7::row(&told.id, &read(told)?),
        });
    }
    Answer::of(&table, options(feed).limits).map_err(|error| match error {
        FetchError::Io(error) => FormatError::Io(error).into(),
        other => FormatError::Io(std::io::Error::other(other.to_string())).into(),
    })
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::store::connection::open;

    const CONFIG: &str = "[practice]\nname = \"Maple\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\n\
         timezone = \"America/Denver\"\n[[rule]]\nname = \"day-before\"\nlead = \"24 hours\"\nmessage = \"m\"\n\
         [database]\npath = \"test.db\"\n[[feed]]\nname = \"engine\"\nkind = \"hl7\"\n";
    /// The day on which the messages are made.
    const NOW: &str = "2026-03-01T18:00:00Z";
    const APPOINTMENTS: usize = 900;

    /// A day at an engine: each appointment is booked under its placer's id, gets its filler's id, and is moved, changed,
    /// cancelled and booked again under either or both. Every message has a time of its own.
    fn day(rng: &mut Rng) -> Vec<Vec<u8>> {
        let mut messages = Vec::new();
        let mut time: DateTime<Utc> = "2026-03-01T06:00:00Z".parse().unwrap();
        for round in 0..6 {
            for n in 0..APPOINTMENTS {
                if round > 1 && rng.u8(..) < 20 {
                    continue;
                }
                time += TimeDelta::seconds(1);
                let (trigger, ids) = match round {
                    0 => ("S12", format!("P{n}|")),
                    // Somebody names both.
                    1 => ("S14", format!("P{n}|F{n}")),
                    _ => {
                        let trigger = ["S13", "S14", "S15", "S12"][rng.usize(..4)];
                        (trigger, [format!("P{n}|"), format!("|F{n}"), format!("P{n}|F{n}")][rng.usize(..3)].clone())
                    }
                };
                let start = match trigger {
                    "S15" => String::new(),
                    _ => format!("202603{:02}{:02}0000", 10 + rng.u8(..20), 8 + rng.u8(..8)),
                };
                let phone = match rng.u8(..4) {
                    0 => String::new(),
                    1 => "\"\"".to_owned(),
                    _ => format!("303555{:04}", rng.u16(..10_000)),
                };
                let status = ["Booked", ""][rng.usize(..2)];
                messages.push(
                    format!(
                        "MSH|^~\\&|PMS|A|L|A|{}||SIU^{trigger}|{}|P|2.5\rSCH|{ids}|||||Visit|ROUTINE|30|MIN|\
                         ^^30^{start}||||||||||||||{status}\rPID|1||{n}^^^A^MR||Lee^Ann{n}||19800101|F|||||{phone}\r",
                        time.format("%Y%m%d%H%M%S"),
                        messages.len()
                    )
                    .into_bytes(),
                );
            }
        }
        messages
    }

    /// Start, status and number of each appointment, found by its ids; and how many are booked.
    fn after(messages: &[Vec<u8>], together: usize) -> (Vec<(i64, String, String)>, i64) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, CONFIG).unwrap();
        let (config, _) = crate::config::load(&file).unwrap();
        let mut connection = open::read_write(&config.database).unwrap();
        for some in messages.chunks(together) {
            let answers = receive(&mut connection, &config, "engine", some, NOW.parse().unwrap()).unwrap();
            assert!(answers.iter().all(|answer| answer.rejected.is_none()), "{answers:?}");
        }
        let found = (0..APPOINTMENTS).map(|n| {
            let by = |alias: String| {
                let sql = "SELECT a.starts_unix, a.status, coalesce(a.phone, '-') FROM hl7_aliases AS l
                           JOIN hl7_appointments AS h ON h.id = l.hl7_id JOIN appointments AS a ON a.id = h.appointment_id
                           WHERE l.alias = ?1";
                connection.query_row(sql, [alias], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
            };
            let (placer, filler) = (by(format!("p:P{n}")), by(format!("f:F{n}")));
            assert_eq!(placer, filler, "both ids name one appointment");
            placer
        });
        let found = found.collect();
        let booked = "SELECT count(*) FROM appointments WHERE status = 'booked'";
        (found, connection.query_row(booked, [], |row| row.get(0)).unwrap())
    }

    #[test]
    fn a_day_of_shuffled_repeated_and_late_messages_ends_like_the_same_day_in_order() {
        let mut rng = Rng::with_seed(20_261_127);
        let messages = day(&mut rng);
        assert!(messages.len() >= 5_000, "{}", messages.len());
        let in_order = after(&messages, 500);
        assert!((100..APPOINTMENTS as i64).contains(&in_order.1), "{}", in_order.1);
        let mut shuffled = messages.clone();
        shuffled.extend(messages.iter().filter(|_| rng.u8(..) < 40).cloned());
        rng.shuffle(&mut shuffled);
        let found = after(&shuffled, 64);
        for (n, (expected, found)) in in_order.0.iter().zip(&found.0).enumerate() {
            assert_eq!(found, expected, "appointment {n}");
        }
        assert_eq!(found.1, in_order.1);
    }

    #[test]
    fn a_slower_import_does_not_undo_a_newer_message() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, CONFIG).unwrap();
        let (config, _) = crate::config::load(&file).unwrap();
        let mut connection = open::read_write(&config.database).unwrap();
        let message = |trigger: &str, time: &str| {
            let schedule = "SCH||F1|||||Visit||30|MIN|^^30^20260310090000";
            format!("MSH|^~\\&|P|A|L|A|{time}||SIU^{trigger}|{time}|P|2.5\r{schedule}\rPID|1||7^^^A^MR||Lee^Ann\r")
                .into_bytes()
        };
        let (book, cancel) = (message("S12", "20260301080000"), message("S15", "20260301090000"));
        let now: DateTime<Utc> = NOW.parse().unwrap();
        let feed = &config.feeds[0];
        let parsed = parse(&book, &config.practice.zone, now).unwrap();
        in_transaction(&mut connection, |tx| take(tx, feed, &parsed, now).map(drop)).unwrap();
        let stale = stored::waiting(&connection, "engine").unwrap();
        // Another process stores and imports the cancellation before this one writes what it has read.
        receive(&mut connection, &config, "engine", &[cancel], now).unwrap();
        let zones = Zones::of_this_machine();
        let context = importing::context(&config, &zones, now);
        let job = Job { feed, context: &context, how: How::recurring(feed), by: Operator::default(), now };
        let status = |connection: &Connection| -> String {
            connection.query_row("SELECT status FROM appointments", [], |row| row.get(0)).unwrap()
        };
        import_these(&mut connection, &stale, job).unwrap();
        import_waiting(&mut connection, job).unwrap();
        assert_eq!(status(&connection), "cancelled");
    }
}
