//! Which followed conversation is read next: those with an appointment soon, and the one that has been due for the
//! longest time, in turns.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::ids::{ApiKeyName, ConversationId};
use crate::outcomes::rhythm::{NEAR, NEAR_TURN, first_look};
use crate::store::outcomes::following;
use crate::store::{Connection, StoreError};

/// The followed conversation to read next. While others are due too, those with an appointment soon get one read in
/// every few for certain, so that neither holds up the other.
pub(super) fn next(
    connection: &Connection,
    api_key: &ApiKeyName,
    (turn, poll_every): (u32, TimeDelta),
    now: DateTime<Utc>,
) -> Result<Option<ConversationId>, StoreError> {
    if turn.is_multiple_of(NEAR_TURN)
        && let Some(near) = near(connection, api_key, poll_every, now)?
    {
        return Ok(Some(near));
    }
    following::due(connection, api_key, first_look(poll_every), now)
}

/// When the next followed conversation is to be read. A time in the past is that of a conversation that cannot be read
/// just now; it is tried again within a minute or two.
pub(super) fn next_at(
    connection: &Connection,
    api_key: &ApiKeyName,
    poll_every: TimeDelta,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    following::next_at(connection, api_key, first_look(poll_every))
}

/// While texts are due, only those with an appointment soon are read.
pub(super) fn near(
    connection: &Connection,
    api_key: &ApiKeyName,
    poll_every: TimeDelta,
    now: DateTime<Utc>,
) -> Result<Option<ConversationId>, StoreError> {
    following::near(connection, api_key, (NEAR, first_look(poll_every)), now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcomes::rhythm::next_look;
    use crate::store::connection::open;
    use crate::store::in_transaction;
    use std::collections::BTreeMap;

    /// A day with 1,500 followed conversations, of which about 20 always have their appointment within two hours, at 10
    /// reads a minute, one of which goes to the list. `texted`: how many were texted within the last hour.
    fn day(texted: i64) -> (i64, i64, String) {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = open::read_write(&folder.path().join("test.db")).unwrap();
        let began = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let (every, key) = (TimeDelta::minutes(5), ApiKeyName::from("default"));
        let minutes = |at: DateTime<Utc>| (at - began).num_minutes();
        let (mut starts, mut texts) = (BTreeMap::new(), BTreeMap::new());
        in_transaction(&mut connection, |tx| {
            for n in 0..1_500_i64 {
                // Ten appointments an hour; the later ones are on the following days.
                let start = began + TimeDelta::minutes(6 * (n + 1)) + TimeDelta::hours(if n < 100 { 0 } else { 20 });
                let text = began - TimeDelta::minutes(if n >= 1_500 - texted { n % 60 } else { 600 + n });
                let id = format!("c{n}");
                tx.execute(
                    "INSERT INTO conversations (conversation_id, phone, started_at, api_key, read_with, follows, look_at, read_at)
                     VALUES (?1, ?1, ?2, 'default', 'default', ?3, ?4, ?5)",
                    (&id, text.timestamp(), start.timestamp(), (began + TimeDelta::seconds(n * 2)).timestamp(), began.timestamp()),
                )?;
                starts.insert(id.clone(), start);
                texts.insert(id, text);
            }
            Ok(())
        })
        .unwrap();
        let mut read: BTreeMap<String, DateTime<Utc>> = starts.keys().map(|id| (id.clone(), began)).collect();
        let (mut near_worst, mut worst, mut curve) =
            (0, 0, String::from("hour  near: worst  all: median  worst (minutes)\n"));
        let (mut turn, mut of_hour): (u32, Vec<(bool, i64)>) = (0, Vec::new());
        for step in 0..10 * 60 * 9 {
            let now = began + TimeDelta::milliseconds(6_000 * 10 / 9 * step);
            in_transaction(&mut connection, |tx| {
                let Some(ConversationId(id)) = super::next(tx, &key, (turn, every), now)? else { return Ok(()) };
                turn += 1;
                let start = starts[&id];
                let age = minutes(now) - minutes(read[&id].max(start - NEAR));
                if start > now && start - now <= NEAR {
                    near_worst = near_worst.max(age);
                    of_hour.push((true, age));
                }
                let age = minutes(now) - minutes(read[&id]);
                worst = worst.max(age);
                of_hour.push((false, age));
                let next = (start > now).then(|| (start, next_look(every, start, texts[&id], false, now)));
                following::look_again(tx, &ConversationId(id.clone()), next, None)?;
                read.insert(id, now);
                Ok(())
            })
            .unwrap();
            if step % 540 == 539 {
                let of = |near: bool| of_hour.iter().filter(move |(is_near, _)| *is_near == near).map(|(_, age)| *age);
                let mut all: Vec<i64> = of(false).collect();
                all.sort_unstable();
                curve.push_str(&format!(
                    "{:>4}  {:>11}  {:>11}  {:>5}\n",
                    step / 540 + 1,
                    of(true).max().unwrap_or(0),
                    all.get(all.len() / 2).unwrap_or(&0),
                    all.last().unwrap_or(&0)
                ));
                of_hour.clear();
            }
        }
        // What was never read again counts too.
        let end = began + TimeDelta::hours(10);
        let unread = read.iter().filter(|(id, _)| starts[*id] > end).map(|(_, at)| minutes(end) - minutes(*at)).max();
        (near_worst, worst.max(unread.unwrap_or(0)), curve)
    }

    #[test]
    fn no_conversation_waits_over_four_hours_and_none_with_an_appointment_soon_over_fifteen_minutes() {
        for texted in [0, 700, 1_480] {
            let (near, all, curve) = day(texted);
            println!("{texted} texted within the hour\n{curve}");
            assert!(near <= 15 && all <= 240, "near {near}, all {all}\n{curve}");
        }
    }
}
