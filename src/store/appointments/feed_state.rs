//! The state of each feed: how its last export went, and which appointments belong to it.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::domain::operator::Operator;
use crate::domain::sentence::Sentence;
use crate::store::appointments::applying;
use crate::store::appointments::imports;
use crate::store::connection::error::StoreError;
use crate::store::connection::rows::instant;
use crate::store::ledger::audit::Act;

/// The state of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FeedState {
    /// The feed.
    pub(crate) feed: String,
    /// When its last good import ended.
    pub(crate) imported_at: Option<DateTime<Utc>>,
    /// When and why its last export was refused as a whole, if it was.
    pub(crate) refused: Option<(DateTime<Utc>, String)>,
    /// Since when and why its database gives no answer, if it does not.
    pub(crate) failing: Option<(DateTime<Utc>, String)>,
    /// Since when and why an import is held, if one is.
    pub(crate) held: Option<(DateTime<Utc>, String)>,
    /// Rows that could not be read and belong to no known appointment.
    pub(crate) refused_rows: u64,
    /// Its appointments whose last row could not be read.
    pub(crate) bad_rows: u64,
    /// How many appointments belong to it.
    pub(crate) appointments: u64,
}

impl FeedState {
    /// A feed without any record.
    pub(crate) fn unknown(feed: &str) -> FeedState {
        let feed = feed.to_owned();
        FeedState {
            feed,
            imported_at: None,
            refused: None,
            failing: None,
            held: None,
            refused_rows: 0,
            bad_rows: 0,
            appointments: 0,
        }
    }
}

/// The mapping used for the feed's last applied import.
pub(crate) fn mapping(connection: &Connection, feed: &str) -> Result<Option<String>, StoreError> {
    let found = connection.query_row("SELECT mapping FROM feed_state WHERE feed = ?1", [feed], |row| row.get(0));
    Ok(found.optional()?.flatten())
}

/// Records that an export was refused as a whole.
pub(crate) fn refuse(connection: &Connection, feed: &str, why: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO feed_state (feed, refused_at, refused_why) VALUES (?1, ?2, ?3)
         ON CONFLICT (feed) DO UPDATE SET refused_at = excluded.refused_at, refused_why = excluded.refused_why",
        (feed, now.timestamp(), why),
    )?;
    Ok(())
}

/// Records that a feed's database gave no complete answer. It becomes a problem to report after `patience`.
pub(crate) fn fails(
    connection: &Connection,
    feed: &str,
    why: &str,
    patience: TimeDelta,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO feed_state (feed, failing_since, failing_why, failing_alert_at) VALUES (?1, ?2, ?3, ?2 + ?4)
         ON CONFLICT (feed) DO UPDATE SET failing_since = coalesce(failing_since, excluded.failing_since),
             failing_why = excluded.failing_why, failing_alert_at = coalesce(failing_since, excluded.failing_since) + ?4",
        (feed, now.timestamp(), why, patience.num_seconds()),
    )?;
    Ok(())
}

/// Records that a feed's database answered again.
pub(crate) fn answers(connection: &Connection, feed: &str) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE feed_state SET failing_since = NULL, failing_why = NULL, failing_alert_at = NULL
         WHERE feed = ?1 AND failing_since IS NOT NULL",
        [feed],
    )?;
    Ok(())
}

/// All feeds on record.
pub(crate) fn all(connection: &Connection) -> Result<Vec<FeedState>, StoreError> {
    let sql = "SELECT f.feed, (SELECT max(finished_at) FROM imports AS i WHERE i.feed = f.feed AND i.rows_good > 0),
                   s.refused_at, s.refused_why, s.held_at, s.held_why,
                   (SELECT count(*) FROM refused_rows AS r WHERE r.feed = f.feed),
                   (SELECT count(*) FROM bad_rows AS b JOIN imports AS i ON i.id = b.import_id WHERE i.feed = f.feed),
                   (SELECT count(*) FROM appointments AS a WHERE a.feed = f.feed), s.failing_since, s.failing_why
               FROM (SELECT feed FROM imports UNION SELECT feed FROM feed_state) AS f
               LEFT JOIN feed_state AS s ON s.feed = f.feed ORDER BY f.feed";
    let mut statement = connection.prepare(sql)?;
    let states = statement.query_map([], |row| {
        let time = |column: usize| row.get::<_, Option<i64>>(column).map(|at| at.map(instant));
        let why = |column: usize| row.get::<_, Option<String>>(column);
        Ok(FeedState {
            feed: row.get(0)?,
            imported_at: time(1)?,
            refused: time(2)?.zip(why(3)?),
            failing: time(9)?.zip(why(10)?),
            held: time(4)?.zip(why(5)?),
            refused_rows: row.get::<_, i64>(6)?.unsigned_abs(),
            bad_rows: row.get::<_, i64>(7)?.unsigned_abs(),
            appointments: row.get::<_, i64>(8)?.unsigned_abs(),
        })
    })?;
    Ok(states.collect::<Result<_, _>>()?)
}

/// A problem with a feed that someone should look at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trouble {
    /// The feed.
    pub(crate) feed: String,
    /// Since when.
    pub(crate) since: DateTime<Utc>,
    /// The problem.
    pub(crate) kind: TroubleKind,
    /// The cause, in words.
    pub(crate) why: Sentence,
}

/// What is wrong with a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TroubleKind {
    /// Its last export was refused.
    Refused,
    /// An import is held.
    Held,
    /// Its source gives no answer.
    Failing,
    /// An import was interrupted.
    Interrupted,
}

impl TroubleKind {
    /// What is wrong.
    pub(crate) fn what(self) -> Sentence {
        match self {
            TroubleKind::Refused => Sentence::new("trouble.refused", "the last export was refused"),
            TroubleKind::Held => Sentence::new("trouble.held", "an import is waiting for your decision"),
            TroubleKind::Failing => Sentence::new("trouble.failing", "its database cannot be read"),
            TroubleKind::Interrupted => Sentence::new("trouble.interrupted", "an import was interrupted"),
        }
    }

    /// What to do about it.
    pub(crate) fn remedy(self, feed: &str) -> Sentence {
        let words = match self {
            TroubleKind::Refused => {
                Sentence::new("trouble.fix-export", "fix the export or its [[feed]] section, then import it again")
            }
            TroubleKind::Held => Sentence::new("trouble.accept", "if it is correct: leadtime feed accept {feed}"),
            TroubleKind::Failing => {
                Sentence::new("trouble.pull", "fix the cause, then try it: leadtime feed pull {feed}")
            }
            TroubleKind::Interrupted => Sentence::new("trouble.import-again", "import its last export again"),
        };
        words.text("feed", feed)
    }
}

/// The feeds whose last export was refused or is held, those whose database has given no answer for too long, and those
/// whose import was interrupted; the oldest first.
pub(crate) fn troubles(connection: &Connection, now: DateTime<Utc>) -> Result<Vec<Trouble>, StoreError> {
    let sql = "SELECT feed, refused_at, refused_why, held_at, held_why FROM feed_state
               WHERE refused_at IS NOT NULL OR held_at IS NOT NULL";
    let mut troubles = Vec::new();
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let feed: String = row.get(0)?;
        for (kind, column) in [(TroubleKind::Refused, 1), (TroubleKind::Held, 3)] {
            let why: Option<String> = row.get(column + 1)?;
            if let (Some(since), Some(why)) = (row.get::<_, Option<i64>>(column)?, why) {
                troubles.push(Trouble { feed: feed.clone(), since: instant(since), kind, why: why.into() });
            }
        }
    }
    let sql = "SELECT feed, failing_since, failing_why FROM feed_state WHERE failing_alert_at <= ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([now.timestamp()])?;
    while let Some(row) = rows.next()? {
        let feed: String = row.get(0)?;
        let (since, why) = (instant(row.get(1)?), row.get::<_, String>(2)?.into());
        troubles.push(Trouble { feed, since, kind: TroubleKind::Failing, why });
    }
    for (feed, since) in imports::died(connection, now)? {
        let why = Sentence::new("trouble.texts-wait", "texts for its appointments wait until an import of it finishes");
        troubles.push(Trouble { feed, since, kind: TroubleKind::Interrupted, why });
    }
    troubles.sort_by(|a, b| (a.since, &a.feed).cmp(&(b.since, &b.feed)));
    Ok(troubles)
}

/// Feeds with upcoming appointments.
pub(crate) fn owners(connection: &Connection, now: DateTime<Utc>) -> Result<Vec<(String, u64)>, StoreError> {
    let sql = "SELECT feed, count(*) FROM appointments WHERE feed IS NOT NULL AND starts_unix >= ?1 GROUP BY feed ORDER BY feed";
    let mut statement = connection.prepare(sql)?;
    let owners =
        statement.query_map([now.timestamp()], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
    Ok(owners.collect::<Result<_, _>>()?)
}

/// Renames a feed and everything that belongs to it. Returns how many appointments; none if the new name already has
/// appointments or imports.
pub(crate) fn rename(
    tx: &Transaction<'_>,
    old: &str,
    new: &str,
    by: Operator<'_>,
    now: DateTime<Utc>,
) -> Result<Option<u64>, StoreError> {
    let taken =
        "SELECT EXISTS (SELECT 1 FROM appointments WHERE feed = ?1) OR EXISTS (SELECT 1 FROM imports WHERE feed = ?1)";
    if tx.query_row(taken, [new], |row| row.get(0))? {
        return Ok(None);
    }
    let moved = tx.execute("UPDATE appointments SET feed = ?2 WHERE feed = ?1", [old, new])?;
    for table in
        ["imports", "refused_rows", "held_rows", "importing", "hl7_appointments", "hl7_aliases", "hl7_messages"]
    {
        tx.execute(&format!("UPDATE {table} SET feed = ?2 WHERE feed = ?1"), [old, new])?;
    }
    tx.execute("DELETE FROM feed_state WHERE feed = ?1", [new])?;
    tx.execute("UPDATE feed_state SET feed = ?2 WHERE feed = ?1", [old, new])?;
    tx.execute("UPDATE held_rows SET cells = json_set(cells, '$[14]', ?1) WHERE feed = ?1 AND kind = 'row'", [new])?;
    applying::note(tx, Act::FeedRenamed, &format!("{old} to {new}"), by, now)?;
    Ok(Some(moved as u64))
}
