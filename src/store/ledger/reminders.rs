//! Writes the planner's decisions, and finds what is due.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction, named_params};

use crate::domain::ids::ApiKeyName;
use crate::domain::person;
use crate::domain::phone::Phone;
use crate::domain::reminder::{PlanDecision, State};
use crate::domain::reminder_key::ReminderKey;
use crate::domain::zone::Zone;
use crate::planner::input::Stored;
use crate::planner::plan::Item;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::{instant, str_at};
use crate::store::conversations::{conversation, odd_rows};
use crate::store::ledger::audit::{self, Act, Entry};
use crate::store::ledger::resolution;
use crate::store::ledger::rows::{key_of, state_of};

/// A reminder that is planned and due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// What it is about.
    pub key: ReminderKey,
    /// The number.
    pub phone: Phone,
}

/// Writes what changed as of `now`: a new row, or a row still in the state the planner saw. Reminders that were texted
/// stay unchanged. Returns how many rows changed.
///
/// # Errors
/// [`StoreError::Stale`] if a row is not in the state the planner saw.
pub fn write(
    tx: &Transaction<'_>,
    zone: &Zone,
    items: &[Item],
    stored: &[Stored],
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let stored: HashMap<&ReminderKey, &Stored> = stored.iter().map(|stored| (&stored.key, stored)).collect();
    let mut changed = 0;
    for item in items {
        let before = stored.get(&item.key).map(|stored| stored.state);
        if before.is_some_and(State::is_spent) {
            continue;
        }
        changed += match (&item.adopted_by, item.state) {
            (Some(told), _) => {
                // It goes through `planned`, as every text does.
                let planned = as_planned(item);
                write_one(tx, zone, &planned, before)?;
                // Rolled back as a whole on an error: a reminder that counts as sent has its conversation.
                resolution::adopt(tx, &item.key, told, now)?;
                1
            }
            (None, State::Held) => {
                write_one(tx, zone, &as_planned(item), before)?;
                hold(tx, &item.key, now)?
            }
            (None, state) if state.is_spent() => 0,
            (None, _) => write_one(tx, zone, item, before)?,
        };
        let is_missed = |state: State| matches!(state, State::Unclaimed(PlanDecision::Missed(_)));
        if is_missed(item.state) && !before.is_some_and(is_missed) {
            let entry = Entry { code: item.state.reason(), ..Entry::new(now, Act::Missed) };
            audit::note(tx, &Entry { key: Some(&item.key), phone: item.phone.as_ref(), ..entry })?;
        }
    }
    Ok(changed)
}

fn as_planned(item: &Item) -> Item {
    let due_at = item.due_at.or(item.adjusted_at);
    Item { state: State::Unclaimed(PlanDecision::Planned), due_at, ..item.clone() }
}

fn write_one(tx: &Transaction<'_>, zone: &Zone, item: &Item, before: Option<State>) -> Result<usize, StoreError> {
    match before {
        None => insert(tx, zone, item),
        Some(before) => update(tx, zone, item, before),
    }
}

/// A retry for which no time was found: a person has to decide about the text that was not found.
fn hold(tx: &Transaction<'_>, key: &ReminderKey, now: DateTime<Utc>) -> Result<usize, StoreError> {
    const HOLD: &str = "UPDATE reminders SET state = 'held', message_id = (
            SELECT t.message_id FROM message_reminders AS mr JOIN attempts AS t ON t.message_id = mr.message_id
            WHERE mr.reminder_id = reminders.id AND t.outcome = 'not-found' ORDER BY t.id DESC LIMIT 1)
        WHERE appointment_id = ?1 AND rule = ?2 AND starts_at = ?3 AND round = ?4 AND state = 'planned'";
    let about = (&key.appointment_id.0, &key.rule.0, key.start.timestamp(), key.round);
    let held = tx.prepare_cached(HOLD)?.execute(about)?;
    audit::note(tx, &Entry { key: Some(key), code: Some("no-time-to-retry"), ..Entry::new(now, Act::Held) })?;
    Ok(held)
}

fn local(zone: &Zone, at: DateTime<Utc>) -> String {
    zone.local(at).format("%a %Y-%m-%d %H:%M").to_string()
}

/// Tells the people of one account apart without identifying them.
fn person(connection: &Connection, item: &Item) -> Result<String, StoreError> {
    let name = person::folded(item.person.as_ref().and_then(|person| person.first_name.0.as_deref()));
    match name.is_empty() {
        true => Ok(name),
        false => audit::keyed_hash(connection, &name),
    }
}

fn unix(at: Option<DateTime<Utc>>) -> Option<i64> {
    at.map(|at| at.timestamp())
}

fn insert(tx: &Transaction<'_>, zone: &Zone, item: &Item) -> Result<usize, StoreError> {
    const INSERT: &str =
        "INSERT INTO reminders (appointment_id, rule, starts_at, round, patient_id, person, phone, api_key, state, reason,
            nominal_at, adjusted_at, due_at, expires_at, starts_local, due_local)
        VALUES (:appointment, :rule, :start, :round, :patient, :person, :phone, :api_key, :state, :reason,
            :nominal, :adjusted, :due, :expires, :starts_local, :due_local)";
    let rows = tx.prepare_cached(INSERT)?.execute(named_params! {
        ":appointment": item.key.appointment_id.0, ":rule": item.key.rule.0, ":start": item.key.start.timestamp(),
        ":round": item.key.round, ":patient": item.patient_id.0, ":phone": item.phone.as_ref().map(Phone::dial),
        ":api_key": item.api_key, ":person": person(tx, item)?, ":state": item.state.name(), ":reason": item.state.reason(), ":nominal": unix(item.nominal_at),
        ":adjusted": unix(item.adjusted_at), ":due": unix(item.due_at), ":expires": unix(item.expires_at),
        ":starts_local": local(zone, item.key.start), ":due_local": item.due_at.map(|at| local(zone, at)),
    })?;
    Ok(rows)
}

fn update(tx: &Transaction<'_>, zone: &Zone, item: &Item, before: State) -> Result<usize, StoreError> {
    // A reminder of an earlier plan keeps its patient and number: the appointment may be gone. `|| ''`: SQLite compares
    // a bare parameter with the states of the partial indexes, and prepares the statement again whenever another value
    // is bound.
    const UPDATE: &str = "UPDATE reminders SET
            earlier_phone = iif(:current AND phone IS NOT NULL AND phone IS NOT :phone, phone, earlier_phone),
            patient_id = iif(:current, :patient, patient_id), person = iif(:current, :person, person), phone = iif(:current, :phone, phone), api_key = coalesce(:api_key, api_key),
            state = :state, reason = :reason, nominal_at = :nominal, adjusted_at = :adjusted, due_at = :due,
            expires_at = :expires, due_local = :due_local, starts_local = :starts_local
        WHERE appointment_id = :appointment AND rule = :rule AND starts_at = :start AND round = :round
            AND state = :before || ''
            AND (state IS NOT :state OR reason IS NOT :reason OR nominal_at IS NOT :nominal OR due_at IS NOT :due
                OR adjusted_at IS NOT :adjusted OR expires_at IS NOT :expires OR due_local IS NOT :due_local
                OR starts_local IS NOT :starts_local
                OR api_key IS NOT coalesce(:api_key, api_key)
                OR (:current AND (patient_id IS NOT :patient OR person IS NOT :person OR phone IS NOT :phone)))";
    let rows = tx.prepare_cached(UPDATE)?.execute(named_params! {
        ":appointment": item.key.appointment_id.0, ":rule": item.key.rule.0, ":start": item.key.start.timestamp(),
        ":round": item.key.round, ":patient": item.patient_id.0, ":phone": item.phone.as_ref().map(Phone::dial),
        ":api_key": item.api_key, ":person": person(tx, item)?, ":state": item.state.name(), ":reason": item.state.reason(), ":nominal": unix(item.nominal_at),
        ":adjusted": unix(item.adjusted_at), ":due": unix(item.due_at), ":expires": unix(item.expires_at),
        ":starts_local": local(zone, item.key.start), ":due_local": item.due_at.map(|at| local(zone, at)),
        ":before": before.name(), ":current": item.current,
    })?;
    if rows == 0 && item.state != before {
        return Err(StoreError::Stale("planning"));
    }
    Ok(rows)
}

/// The statement for the due reminders of key `?4` at `?1`, except those for which this holds.
fn due_where(unread: &str) -> String {
    // `INDEXED BY`: sorts the few that are due; otherwise SQLite walks all planned reminders in order of expiry.
    format!(
        "SELECT appointment_id, rule, starts_at, round, phone
         FROM reminders AS r INDEXED BY reminders_due_by_key
         WHERE state = 'planned' AND api_key = ?4 AND due_at <= ?1 AND expires_at > ?1
             AND NOT EXISTS (SELECT 1 FROM attempts AS t WHERE t.phone = r.phone
                             AND (t.outcome IS NULL OR t.outcome = 'unknown') AND t.unresolved = 0)
             AND NOT EXISTS (SELECT 1 FROM number_holds AS h WHERE h.phone = r.phone AND h.settled_at IS NULL)
             AND NOT {unread}
         ORDER BY expires_at, id"
    )
}

/// Planned reminders due at `now`, soonest expiry first, at most `limit` and one per number; none to a number in doubt
/// or with unread replies, none that has expired, and only those sent with this key.
pub fn due(
    connection: &Connection,
    now: DateTime<Utc>,
    api_key: &ApiKeyName,
    limit: usize,
) -> Result<Vec<Due>, StoreError> {
    static DUE: LazyLock<String> = LazyLock::new(|| due_where(&conversation::are_replies_unread("r.phone")));
    static DUE_WITH_ODD_ROWS: LazyLock<String> = LazyLock::new(|| {
        let unread = conversation::are_replies_unread("r.phone");
        due_where(&format!("({unread} OR {})", conversation::is_in_odd_rows("r.phone")))
    });
    let sql = if odd_rows::any(connection)? { &*DUE_WITH_ODD_ROWS } else { &*DUE };
    let mut statement = connection.prepare_cached(sql)?;
    let (now, fresh, oldest) = conversation::times(now);
    let mut rows = statement.query((now, fresh, oldest, api_key))?;
    let mut found: Vec<Due> = Vec::new();
    let mut numbers = HashSet::new();
    while let Some(row) = rows.next()? {
        if found.len() == limit {
            break;
        }
        let Some(phone) = str_at(row, 4)?.and_then(Phone::from_e164) else { continue };
        if numbers.insert(phone.clone()) {
            found.push(Due { key: key_of(row)?, phone });
        }
    }
    Ok(found)
}

/// Records which texts were not sent, and why, for appointments that have begun by `now`: one audit row per reminder
/// that was never sent, once. Starts with the first call; earlier appointments are not recorded. Returns how many rows.
pub(crate) fn note_untold(tx: &Transaction<'_>, now: DateTime<Utc>) -> Result<usize, StoreError> {
    const UNTOLD: &str = "SELECT appointment_id, rule, starts_at, round, reason, phone
        FROM reminders INDEXED BY reminders_not_told
        WHERE state IN ('skipped', 'cancelled') AND starts_at > ?1 AND starts_at <= ?2 ORDER BY starts_at, id";
    let until = "SELECT until FROM not_told";
    let before: Option<i64> = tx.prepare_cached(until)?.query_row([], |row| row.get(0)).optional()?;
    let Some(before) = before else {
        tx.execute("INSERT INTO not_told (only_row, until) VALUES (1, ?1)", [now.timestamp()])?;
        return Ok(0);
    };
    if before >= now.timestamp() {
        return Ok(0);
    }
    let mut statement = tx.prepare_cached(UNTOLD)?;
    let found = statement
        .query_map((before, now.timestamp()), |row| {
            let phone = row.get::<_, Option<String>>(5)?.and_then(|phone| Phone::from_e164(&phone));
            Ok((key_of(row)?, row.get::<_, Option<String>>(4)?, phone))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    for (key, reason, phone) in &found {
        let entry = Entry { code: reason.as_deref(), phone: phone.as_ref(), ..Entry::new(now, Act::Untold) };
        audit::note(tx, &Entry { key: Some(key), ..entry })?;
    }
    // Written seldom while nothing happens: each commit wakes up the disk.
    if !found.is_empty() || now.timestamp() - before >= 60 {
        tx.prepare_cached("UPDATE not_told SET until = ?1")?.execute([now.timestamp()])?;
    }
    Ok(found.len())
}

/// How many reminders are in each state, by reason.
///
/// # Errors
/// Database errors, and rows that no version of Leadtime writes.
pub(crate) fn counts(connection: &Connection) -> Result<Vec<(State, u64)>, StoreError> {
    let mut statement = connection
        .prepare("SELECT state, reason, count(*) FROM reminders GROUP BY state, reason ORDER BY state, reason")?;
    let mut rows = statement.query([])?;
    let mut counts = Vec::new();
    while let Some(row) = rows.next()? {
        counts.push((state_of(row, 0)?, row.get::<_, i64>(2)?.unsigned_abs()));
    }
    Ok(counts)
}

/// How many appointments have no reminder row for one of these rules at their current start.
pub(crate) fn without_answer(connection: &Connection, rules: &[&str]) -> Result<u64, StoreError> {
    const SILENT: &str = "SELECT count(*) FROM appointments AS a JOIN json_each(?1) AS rule
        WHERE NOT EXISTS (SELECT 1 FROM reminders AS r WHERE r.appointment_id = a.id AND r.rule = rule.value
                          AND r.starts_at = a.starts_unix)";
    let rules = serde_json::json!(rules).to_string();
    let count: i64 = connection.query_row(SILENT, [rules], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Reminders that are marked expired but should not be if nothing went wrong: either their appointment had been at that
/// start for more than an hour while they could be sent, or it was moved to that start only after they could no longer
/// be sent. Returns what they are about, and their times.
pub(crate) fn expired_although_known(connection: &Connection) -> Result<Vec<String>, StoreError> {
    const EXPIRED: &str = "SELECT concat_ws(' ', r.appointment_id, r.rule, r.starts_local, 'adjusted',
            datetime(r.adjusted_at, 'unixepoch'), 'due', datetime(r.due_at, 'unixepoch'), 'expires',
            datetime(r.expires_at, 'unixepoch'), 'taken', datetime(f.taken_at, 'unixepoch'))
        FROM reminders AS r
        JOIN appointments AS a ON a.id = r.appointment_id AND a.starts_unix = r.starts_at
        JOIN first_seen AS f ON f.appointment_id = r.appointment_id
        WHERE r.state = 'missed' AND r.reason = 'expired' AND (
            r.due_at IS NOT NULL AND f.taken_at + 3600 < r.expires_at
            OR f.taken_at > f.seen_at AND f.taken_at >= r.expires_at)
        ORDER BY r.id";
    let mut statement = connection.prepare(EXPIRED)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The keys with a text due by `until`, and when the first of them is due. Two index lookups for each key with planned
/// texts, however many texts there are.
pub(crate) fn keys_with_due(
    connection: &Connection,
    until: DateTime<Utc>,
) -> Result<BTreeMap<ApiKeyName, DateTime<Utc>>, StoreError> {
    const KEYS: &str = "WITH RECURSIVE keys (name) AS (
            SELECT min(api_key) FROM reminders INDEXED BY reminders_due_by_key WHERE state = 'planned'
            UNION ALL
            SELECT (SELECT min(api_key) FROM reminders INDEXED BY reminders_due_by_key
                    WHERE state = 'planned' AND api_key > keys.name)
            FROM keys WHERE keys.name IS NOT NULL)
        SELECT name, (SELECT min(due_at) FROM reminders INDEXED BY reminders_due_by_key
                      WHERE state = 'planned' AND api_key = keys.name) AS due
        FROM keys WHERE name IS NOT NULL AND due <= ?1";
    let mut statement = connection.prepare_cached(KEYS)?;
    let rows = statement.query_map([until.timestamp()], |row| Ok((ApiKeyName(row.get(0)?), instant(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The earliest due time of a key's planned reminders.
pub(crate) fn next_due_with(
    connection: &Connection,
    api_key: &ApiKeyName,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let sql =
        "SELECT min(due_at) FROM reminders INDEXED BY reminders_due_by_key WHERE state = 'planned' AND api_key = ?1";
    let next: Option<i64> = connection.prepare_cached(sql)?.query_row([api_key], |row| row.get(0))?;
    Ok(next.map(instant))
}

/// When a key's next planned reminder after `now` is due.
pub(crate) fn next_due_after(
    connection: &Connection,
    api_key: &ApiKeyName,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let sql = "SELECT min(due_at) FROM reminders INDEXED BY reminders_due_by_key
        WHERE state = 'planned' AND api_key = ?1 AND due_at > ?2";
    let next: Option<i64> = connection.prepare_cached(sql)?.query_row((api_key, now.timestamp()), |row| row.get(0))?;
    Ok(next.map(instant))
}

/// The earliest due time of all planned reminders.
pub(crate) fn next_due(connection: &Connection) -> Result<Option<DateTime<Utc>>, StoreError> {
    let next: Option<i64> =
        connection.query_row("SELECT min(due_at) FROM reminders WHERE state = 'planned'", [], |row| row.get(0))?;
    Ok(next.map(instant))
}

/// How many planned reminders are due by `now` and have not been sent, and when the next one after that is due.
pub(crate) fn due_and_next(
    connection: &Connection,
    now: DateTime<Utc>,
) -> Result<(u64, Option<DateTime<Utc>>), StoreError> {
    const DUE: &str =
        "SELECT count(*) FROM reminders INDEXED BY reminders_due WHERE state = 'planned' AND due_at <= ?1";
    const NEXT: &str =
        "SELECT min(due_at) FROM reminders INDEXED BY reminders_due WHERE state = 'planned' AND due_at > ?1";
    let due: i64 = connection.prepare_cached(DUE)?.query_row([now.timestamp()], |row| row.get(0))?;
    let next: Option<i64> = connection.prepare_cached(NEXT)?.query_row([now.timestamp()], |row| row.get(0))?;
    Ok((due.unsigned_abs(), next.map(instant)))
}

/// Reminders that observe mode shows but does not send from `now` on: how many, and when the first would be sent.
pub(crate) fn shown_only(
    connection: &Connection,
    now: DateTime<Utc>,
) -> Result<(u64, Option<DateTime<Utc>>), StoreError> {
    const SHOWN: &str = "SELECT count(*), min(due_at) FROM reminders
        WHERE state = 'skipped' AND reason = 'observe-mode' AND due_at > ?1";
    let found = connection.query_row(SHOWN, [now.timestamp()], |row| {
        Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, Option<i64>>(1)?))
    })?;
    Ok((found.0, found.1.map(instant)))
}

/// How many planned reminders are about appointments that have begun.
pub(crate) fn planned_for_past(connection: &Connection, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM reminders WHERE state = 'planned' AND starts_at < ?1";
    let count: i64 = connection.query_row(sql, [now.timestamp()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// How many texts to a number are planned.
pub(crate) fn planned_for(connection: &Connection, phone: &Phone) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM reminders WHERE phone = ?1 AND state = 'planned'";
    let count: i64 = connection.query_row(sql, [phone.dial()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
