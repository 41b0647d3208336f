//! Deletes what identifies patients once their appointments are long past. What "never twice" depends on stays: ids,
//! numbers that were texted, times, states, conversations, opt-outs, the audit.

use chrono::{DateTime, Utc};
use rusqlite::Transaction;

use crate::domain::phone::Country;
use crate::store::connection::error::StoreError;

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Pruned {
    /// Texts whose words were deleted.
    pub(crate) texts: usize,
    /// Appointments that were deleted.
    pub(crate) appointments: usize,
    /// Spellings of numbers that were deleted.
    pub(crate) spellings: usize,
}

impl Pruned {
    /// Adds to the counts.
    pub(crate) fn add(&mut self, more: Pruned) {
        self.texts += more.texts;
        self.appointments += more.appointments;
        self.spellings += more.spellings;
    }
}

/// Deletes up to `most` of each kind: the words of texts and the rows of appointments, all about starts before
/// `cutoff`, and spellings of numbers that no appointment has any more. Deleted content is overwritten in the file. An
/// appointment with an unsettled reminder or an unplanned change is not touched. `country`: the country whose rules
/// numbers follow.
pub(crate) fn prune_some(
    tx: &Transaction<'_>,
    country: Country,
    cutoff: DateTime<Utc>,
    most: usize,
) -> Result<Pruned, StoreError> {
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    tx.pragma_update(None, "secure_delete", true)?;
    let texts = empty_texts(tx, cutoff, limit)?;
    let appointments = delete_appointments(tx, country, cutoff, limit)?;
    forget_rows_of_exports(tx, cutoff, limit)?;
    forget_imports(tx, cutoff, limit)?;
    forget_outcomes(tx, cutoff, limit)?;
    // Last, because it looks at all spellings.
    let spellings = if texts < most && appointments < most { forget_spellings(tx, limit)? } else { 0 };
    tx.pragma_update(None, "secure_delete", "fast")?;
    Ok(Pruned { texts, appointments, spellings })
}

fn empty_texts(tx: &Transaction<'_>, cutoff: DateTime<Utc>, most: i64) -> Result<usize, StoreError> {
    // A text is made before the appointments it is about begin, so texts newer than the cutoff need not be read. A
    // household's text is kept until its last appointment is past, and while its outcome is unknown.
    const EMPTY: &str = "UPDATE messages SET body = NULL WHERE body IS NOT NULL AND id IN (
            SELECT m.id FROM messages AS m INDEXED BY messages_with_words
            WHERE m.body IS NOT NULL AND m.made_at < ?1
            AND NOT EXISTS (SELECT 1 FROM message_reminders AS mr JOIN reminders AS r ON r.id = mr.reminder_id
                            WHERE mr.message_id = m.id
                            AND (r.starts_at >= ?1 OR r.state IN ('planned', 'sending', 'unknown', 'held')))
            AND NOT EXISTS (SELECT 1 FROM attempts AS t WHERE t.message_id = m.id
                            AND (t.outcome IS NULL OR (t.outcome = 'unknown' AND t.unresolved = 0)))
            LIMIT ?2)";
    Ok(tx.prepare_cached(EMPTY)?.execute((cutoff.timestamp(), most))?)
}

/// An appointment's reminders show what became of it and stay as they are. When a feed deletes an appointment, it is
/// planned again as cancelled; so the queue mark of this deletion is removed, and the number is planned without the
/// appointment.
fn delete_appointments(
    tx: &Transaction<'_>,
    country: Country,
    cutoff: DateTime<Utc>,
    most: i64,
) -> Result<usize, StoreError> {
    // As bytes: invalid UTF-8 has to go too.
    const OLD: &str = "SELECT a.rowid, CAST(coalesce(a.phone, '') AS BLOB), CAST(a.id AS BLOB)
        FROM appointments AS a INDEXED BY appointments_by_start WHERE a.starts_unix < ?1
        AND NOT EXISTS (SELECT 1 FROM replan_queue AS d
                        WHERE d.phone = coalesce(a.phone, '') AND d.appointment_id = a.id)
        AND NOT EXISTS (SELECT 1 FROM reminders AS r WHERE r.appointment_id = a.id
                        AND r.state IN ('planned', 'sending', 'unknown', 'held'))
        LIMIT ?2";
    let old: Vec<(i64, Vec<u8>, Vec<u8>)> = tx
        .prepare_cached(OLD)?
        .query_map((cutoff.timestamp(), most), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let mut delete = tx.prepare_cached("DELETE FROM appointments WHERE rowid = ?1")?;
    let mut unmark = tx.prepare_cached(
        "DELETE FROM replan_queue WHERE phone = CAST(?1 AS TEXT) AND appointment_id = CAST(?2 AS TEXT)",
    )?;
    // By the resolved number: its spelling will be deleted.
    let mut mark = tx.prepare_cached(
        "INSERT INTO replan_queue (phone, appointment_id) SELECT e164, '' FROM phone_spellings
         WHERE country = ?1 AND spelling = CAST(?2 AS TEXT) AND e164 IS NOT NULL ON CONFLICT DO NOTHING",
    )?;
    for (row, phone, id) in &old {
        delete.execute([row])?;
        unmark.execute((phone, id))?;
        mark.execute((country.code(), phone))?;
    }
    Ok(old.len())
}

/// Deletes rows of exports that wait for a person or could not be read, for appointments long past.
fn forget_rows_of_exports(tx: &Transaction<'_>, cutoff: DateTime<Utc>, most: i64) -> Result<(), StoreError> {
    for table in ["held_rows", "refused_rows"] {
        let sql = format!("DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE starts_at < ?1 LIMIT ?2)");
        tx.prepare_cached(&sql)?.execute((cutoff.timestamp(), most))?;
    }
    const TOLD: &str = "DELETE FROM hl7_appointments WHERE id IN (SELECT id FROM hl7_appointments
        WHERE coalesce(starts_at, changed_at) < ?1 AND changed_at < ?1 LIMIT ?2)";
    const MESSAGES: &str = "DELETE FROM hl7_messages WHERE (feed, sender, control_id) IN (
        SELECT feed, sender, control_id FROM hl7_messages WHERE at < ?1 LIMIT ?2)";
    for sql in [TOLD, MESSAGES] {
        tx.prepare_cached(sql)?.execute((cutoff.timestamp(), most))?;
    }
    Ok(())
}

/// Deletes the records of imports that changed nothing. A feed that is read every five minutes makes 288 of them a day.
/// The last one of each feed stays: it says how old the appointments are.
fn forget_imports(tx: &Transaction<'_>, cutoff: DateTime<Utc>, most: i64) -> Result<usize, StoreError> {
    const FORGET: &str = "DELETE FROM imports WHERE id IN (
            SELECT id FROM imports AS i WHERE finished_at < ?1 AND added = 0 AND changed = 0 AND cancelled = 0
            AND rows_bad = 0 AND EXISTS (SELECT 1 FROM imports AS later WHERE later.feed = i.feed AND later.id > i.id
                AND later.rows_good > 0 AND later.finished_at IS NOT NULL)
            AND NOT EXISTS (SELECT 1 FROM bad_rows WHERE import_id = i.id)
            AND NOT EXISTS (SELECT 1 FROM not_listed WHERE import_id = i.id)
            AND NOT EXISTS (SELECT 1 FROM off_the_book WHERE import_id = i.id)
            AND NOT EXISTS (SELECT 1 FROM refused_rows WHERE import_id = i.id)
            AND NOT EXISTS (SELECT 1 FROM importing WHERE import_id = i.id) LIMIT ?2)";
    Ok(tx.prepare_cached(FORGET)?.execute((cutoff.timestamp(), most))?)
}

/// Deletes outcomes of appointments long past, closed tasks, and the marks of replies that were applied.
fn forget_outcomes(tx: &Transaction<'_>, cutoff: DateTime<Utc>, most: i64) -> Result<(), StoreError> {
    const OUTCOMES: &str = "DELETE FROM outcomes WHERE (appointment_id, starts_at) IN (
        SELECT appointment_id, starts_at FROM outcomes WHERE starts_at < ?1 LIMIT ?2)";
    const TASKS: &str = "DELETE FROM tasks WHERE id IN (SELECT id FROM tasks WHERE closed_at < ?1 LIMIT ?2)";
    const ANSWERS: &str = "DELETE FROM answers WHERE (conversation_id, kind, value) IN (
        SELECT conversation_id, kind, value FROM answers WHERE at < ?1 LIMIT ?2)";
    const WRITE_BACKS: &str = "DELETE FROM write_backs WHERE (appointment_id, starts_at) IN (
        SELECT appointment_id, starts_at FROM write_backs WHERE starts_at < ?1 LIMIT ?2)";
    const CALLS: &str = "DELETE FROM calls WHERE id IN (SELECT id FROM calls WHERE at < ?1 LIMIT ?2)";
    for sql in [OUTCOMES, TASKS, ANSWERS, WRITE_BACKS, CALLS] {
        tx.prepare_cached(sql)?.execute((cutoff.timestamp(), most))?;
    }
    Ok(())
}

/// Deletes numbers as written; a spelling that turns up again is read again.
fn forget_spellings(tx: &Transaction<'_>, most: i64) -> Result<usize, StoreError> {
    const FORGET: &str = "DELETE FROM phone_spellings WHERE (country, spelling) IN (
            SELECT country, spelling FROM phone_spellings AS s
            WHERE spelling IS NOT e164 AND NOT EXISTS (SELECT 1 FROM appointments AS a WHERE a.phone = s.spelling)
            AND NOT EXISTS (SELECT 1 FROM replan_queue AS d WHERE d.phone = s.spelling) LIMIT ?1)";
    Ok(tx.prepare_cached(FORGET)?.execute([most])?)
}
