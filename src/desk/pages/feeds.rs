//! The feeds: when each was last read, what could not be read and why, what is held.

use std::collections::BTreeMap;

use axum::response::Response;
use minijinja::context;
use serde::Serialize;

use crate::desk::acts::feeds::held_as_seen;
use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::pages::lines::Wording;
use crate::desk::views::{self, of};
use crate::domain::duration::rough;
use crate::store::appointments::feed_state::{self, FeedState};
use crate::store::appointments::{imports, refused_rows};

/// Rows that are shown for one feed.
const ROWS: usize = 20;

#[derive(Debug, Serialize)]
struct Feed {
    name: String,
    is_configured: bool,
    is_pulled: bool,
    read_at: String,
    age: String,
    appointments: u64,
    bad_rows: u64,
    refused: Option<Trouble>,
    failing: Option<Trouble>,
    held: Option<Trouble>,
    /// What identifies the held import.
    held_as_seen: String,
    /// Reasons with their counts, and examples of lines.
    unread: Vec<Reason>,
    last: Vec<Import>,
}

#[derive(Debug, Serialize)]
struct Trouble {
    at: String,
    why: String,
}

#[derive(Debug, Serialize)]
struct Reason {
    why: String,
    count: usize,
    lines: String,
}

#[derive(Debug, Serialize)]
struct Import {
    at: String,
    good: u64,
    bad: u64,
    added: u64,
    changed: u64,
    cancelled: u64,
}

/// `GET /feeds`
pub(crate) async fn page(asked: Asked) -> Result<Response, Fault> {
    let session = asked.session.clone().ok_or(Fault::Forbidden)?;
    let now = asked.shared.now();
    let (states, rows, last, held) = asked
        .shared
        .read(move |connection, _| {
            let states = feed_state::all(connection)?;
            let (mut last, mut held) = (BTreeMap::new(), BTreeMap::new());
            for state in &states {
                held.extend(held_as_seen(connection, state)?.map(|seen| (state.feed.clone(), seen)));
                last.insert(state.feed.clone(), imports::latest(connection, &state.feed, 5)?);
            }
            Ok((states, refused_rows::list(connection, None, now)?, last, held))
        })
        .await?;
    let config = asked.shared.config();
    let wording = Wording::of(&asked, &config);
    let mut all = states;
    for feed in &config.feeds {
        if all.iter().all(|state| state.feed != feed.name) {
            all.push(FeedState::unknown(&feed.name));
        }
    }
    let feeds: Vec<Feed> = all
        .iter()
        .map(|state| {
            let configured = config.feeds.iter().find(|feed| feed.name == state.feed);
            let trouble = |found: &Option<(chrono::DateTime<chrono::Utc>, String)>| {
                found.as_ref().map(|(at, why)| Trouble { at: wording.times.near(*at, now), why: why.clone() })
            };
            let mut reasons: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
            for row in rows.iter().filter(|row| row.feed == state.feed && session.user.scope.is_all()) {
                reasons.entry(&row.reason).or_default().push(row.line);
            }
            let unread = reasons.into_iter().take(ROWS).map(|(why, lines)| Reason {
                why: why.to_owned(),
                count: lines.len(),
                lines: lines.iter().take(6).map(u64::to_string).collect::<Vec<_>>().join(", "),
            });
            let last = last.get(&state.feed).map(Vec::as_slice).unwrap_or_default();
            Feed {
                name: state.feed.clone(),
                is_configured: configured.is_some() || config.feeds.is_empty(),
                is_pulled: configured.is_some_and(|feed| feed.pulled().is_some()),
                read_at: state.imported_at.map(|at| wording.times.near(at, now)).unwrap_or_default(),
                age: state.imported_at.map(|at| wording.length(&rough(now - at))).unwrap_or_default(),
                appointments: state.appointments,
                bad_rows: state.bad_rows,
                refused: trouble(&state.refused),
                failing: trouble(&state.failing),
                held: trouble(&state.held),
                held_as_seen: held.get(&state.feed).cloned().unwrap_or_default(),
                unread: unread.collect(),
                last: last
                    .iter()
                    .map(|import| Import {
                        at: wording.times.near(import.at, now),
                        good: import.good,
                        bad: import.bad,
                        added: import.added,
                        changed: import.changed,
                        cancelled: import.cancelled,
                    })
                    .collect(),
            }
        })
        .collect();
    views::page(&asked.shared, &session, ("feeds.html", "feeds"), context! { feeds => of(&feeds) }).await
}
