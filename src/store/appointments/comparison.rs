//! What staged rows would change, counted by location: the basis for the import guard's decision and for a dry run.

use std::ops::Range;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, named_params};

use crate::store::appointments::staging::Staging;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;

/// Booked or confirmed appointments of the file's feeds that start in the span.
pub(super) const OF_THE_FEEDS: &str =
    "a.status IN ('booked', 'confirmed') AND a.starts_unix >= :from AND a.starts_unix < :until
    AND a.feed IN (SELECT feed FROM temp.incoming_feeds)";
/// Appointments the file does not list, not even in a bad row.
pub(super) const ABSENT: &str = "NOT EXISTS (SELECT 1 FROM temp.incoming AS i WHERE i.id = a.id)
    AND NOT EXISTS (SELECT 1 FROM temp.incoming_off AS o WHERE o.id = a.id)
    AND NOT EXISTS (SELECT 1 FROM temp.incoming_bad AS b WHERE b.id = a.id)";

/// A count out of the upcoming booked or confirmed appointments of the feed at one location.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Part {
    /// The location; "" for none.
    pub(crate) location: String,
    /// How many.
    pub(crate) count: u64,
    /// Out of how many appointments.
    pub(crate) of: u64,
}

/// How a file would change one appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// `new`, `moved`, `changed`, `cancelled`, `off-the-book`, `missing`.
    pub(crate) kind: String,
    /// The appointment.
    pub(crate) id: String,
    /// The patient's name, for a terminal.
    pub(crate) name: String,
    /// The stored start.
    pub(crate) from: Option<DateTime<Utc>>,
    /// The start in the file.
    pub(crate) to: Option<DateTime<Utc>>,
}

impl Staging<'_> {
    /// Finds moves: if exactly one appointment of a person is gone and one is new, it is the same appointment. Only a
    /// complete file shows what is gone.
    pub(crate) fn find_moves(&self, span: &Range<DateTime<Utc>>, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let sql = format!(
            "WITH gone AS (
                 SELECT a.id, a.patient_id, lower(coalesce(a.first_name, '')) AS first_name, a.feed FROM appointments AS a
                 WHERE {OF_THE_FEEDS} AND {ABSENT}),
             new AS (
                 SELECT i.id, i.patient_id, lower(coalesce(i.first_name, '')) AS first_name, i.feed FROM temp.incoming AS i
                 WHERE coalesce(i.status, 'booked') IN ('booked', 'confirmed') AND i.start >= :from
                 AND NOT EXISTS (SELECT 1 FROM appointments AS a WHERE a.id = i.id)
                 AND NOT EXISTS (SELECT 1 FROM temp.incoming_bad AS b WHERE b.id = i.id))
             INSERT INTO temp.incoming_moves (from_id, to_id)
             SELECT min(g.id), min(n.id) FROM gone AS g JOIN new AS n USING (patient_id, first_name, feed)
             GROUP BY patient_id, first_name, feed HAVING count(*) = 1"
        );
        let bounds = named_params! {":from": span.start.max(now).timestamp(), ":until": span.end.timestamp()};
        Ok(self.connection.execute(&sql, bounds)? as u64)
    }

    /// Upcoming appointments in the span that the file does not list and that did not move, by location. Past
    /// appointments do not show whether the file is complete: an export that lacks all upcoming ones may well list
    /// them.
    pub(crate) fn missing(&self, span: &Range<DateTime<Utc>>, now: DateTime<Utc>) -> Result<Vec<Part>, StoreError> {
        let sql = format!(
            "SELECT coalesce(a.location, ''), count(*) FILTER (WHERE {ABSENT}
                 AND NOT EXISTS (SELECT 1 FROM temp.incoming_moves AS m WHERE m.from_id = a.id)), count(*)
             FROM appointments AS a WHERE {OF_THE_FEEDS} GROUP BY 1"
        );
        let bounds = named_params! {":from": span.start.max(now).timestamp(), ":until": span.end.timestamp()};
        parts(self.connection, &sql, bounds)
    }

    /// Upcoming appointments that the file moves or cancels, by location.
    pub(crate) fn changing(&self, now: DateTime<Utc>) -> Result<Vec<Part>, StoreError> {
        let sql = format!(
            "SELECT coalesce(a.location, ''), count(*) FILTER (WHERE
                 EXISTS (SELECT 1 FROM temp.incoming AS i WHERE i.id = a.id
                     AND (i.start <> a.starts_unix OR coalesce(i.status, 'booked') = 'cancelled'))
                 OR EXISTS (SELECT 1 FROM temp.incoming_off AS o WHERE o.id = a.id)
                 OR EXISTS (SELECT 1 FROM temp.incoming_moves AS m WHERE m.from_id = a.id)), count(*)
             FROM appointments AS a WHERE {OF_THE_FEEDS} GROUP BY 1"
        );
        parts(self.connection, &sql, named_params! {":from": now.timestamp(), ":until": i64::MAX})
    }

    /// How each appointment would change: upcoming ones first, by start, then past ones, the latest first. `complete`: appointments in this span that the file does not list are
    /// missing.
    pub(crate) fn differences(
        &self,
        complete: Option<&Range<DateTime<Utc>>>,
        now: DateTime<Utc>,
        mut each: impl FnMut(Difference),
    ) -> Result<(), StoreError> {
        let (from, until) = complete.map_or((0, 0), |span| (span.start.timestamp(), span.end.timestamp()));
        let name = |t: &str| format!("trim(coalesce({t}.first_name, '') || ' ' || coalesce({t}.last_name, ''))");
        let sql = format!(
            "WITH found (kind, id, name, from_at, to_at) AS (
             SELECT CASE WHEN a.id IS NULL AND m.to_id IS NULL THEN 'new' WHEN i.status = 'cancelled' AND a.status <> 'cancelled'
                     THEN 'cancelled' WHEN m.to_id IS NOT NULL OR a.starts_unix IS NOT i.start THEN 'moved' ELSE 'changed' END,
                 i.id, {new}, coalesce(a.starts_unix, old.starts_unix), i.start
             FROM temp.incoming AS i LEFT JOIN appointments AS a ON a.id = i.id
             LEFT JOIN temp.incoming_moves AS m ON m.to_id = i.id LEFT JOIN appointments AS old ON old.id = m.from_id
             WHERE NOT EXISTS (SELECT 1 FROM temp.incoming_bad AS b WHERE b.id = i.id) AND (a.id IS NULL
                 OR a.starts_unix IS NOT i.start OR (i.status IS NOT NULL AND a.status IS NOT i.status)
                 OR a.phone IS NOT i.phone OR a.first_name IS NOT i.first_name OR a.last_name IS NOT i.last_name
                 OR a.patient_id IS NOT i.patient_id OR a.location IS NOT i.location OR a.provider IS NOT i.provider)
             UNION ALL
             SELECT o.kind, a.id, {known}, a.starts_unix, NULL FROM temp.incoming_off AS o JOIN appointments AS a ON a.id = o.id
             WHERE a.status IN ('booked', 'confirmed')
             UNION ALL
             SELECT 'missing', a.id, {known}, a.starts_unix, NULL FROM appointments AS a WHERE {OF_THE_FEEDS} AND {ABSENT}
             AND NOT EXISTS (SELECT 1 FROM temp.incoming_moves AS m WHERE m.from_id = a.id) AND a.starts_unix >= :now
             ), dated AS (SELECT *, coalesce(to_at, from_at) AS at FROM found)
             SELECT kind, id, name, from_at, to_at FROM dated
             ORDER BY at < :now, CASE WHEN at < :now THEN -at ELSE at END, id, kind",
            new = name("i"),
            known = name("a"),
        );
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query(named_params! {":from": from, ":until": until, ":now": now.timestamp()})?;
        while let Some(row) = rows.next()? {
            each(Difference {
                kind: row.get(0)?,
                id: row.get(1)?,
                name: row.get(2)?,
                from: row.get::<_, Option<i64>>(3)?.map(instant),
                to: row.get::<_, Option<i64>>(4)?.map(instant),
            });
        }
        Ok(())
    }
}

fn parts(connection: &Connection, sql: &str, bounds: &[(&str, &dyn rusqlite::ToSql)]) -> Result<Vec<Part>, StoreError> {
    let mut statement = connection.prepare(sql)?;
    let parts = statement.query_map(bounds, |row| {
        let count = |column: usize| row.get::<_, i64>(column).map(i64::unsigned_abs);
        Ok(Part { location: row.get(0)?, count: count(1)?, of: count(2)? })
    })?;
    Ok(parts.collect::<Result<_, _>>()?)
}
