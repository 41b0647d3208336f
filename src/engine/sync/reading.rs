//! Reading from Annie: which GET a key does next, and what its answer leads to. One at a time for each key.

use std::time::Duration;

use crate::annie::verdict::ReadError;
use crate::config::Config;
use crate::domain::conversation::{Page, Said};
use crate::domain::ids::{ApiKeyName, ConversationId};
use crate::domain::reply;
use crate::engine::send::circuit::{self, Permit};
use crate::engine::send::claim::OLDEST_LIST;
use crate::engine::sync::fetch::{Brought, Done, Job};
use crate::engine::sync::followed;
use crate::engine::sync::reconcile::{self, LAG, Next};
use crate::engine::sync::replies;
use crate::store::conversations::circuits;
use crate::store::conversations::conversation::{self, Urgent};
use crate::store::conversations::listings::{self, Listing, Verdict};
use crate::store::conversations::odd_rows;
use crate::store::ledger::reminders;
use crate::store::outcomes::following;
use crate::store::{StoreError, Transaction};
use chrono::{DateTime, TimeDelta, Utc};

/// While something is due within [`SOON`], the list is read this often: others may text the same numbers.
const LIST_EVERY: TimeDelta = TimeDelta::minutes(15);
/// See [`LIST_EVERY`].
pub(crate) const SOON: TimeDelta = TimeDelta::hours(1);
/// With nothing due, it is read this often, for status and tags and for conversations that appear late.
const LIST_ANYWAY: TimeDelta = TimeDelta::hours(6);
/// While conversations are followed, their tags and actions are read this often.
const LIST_MARKS: TimeDelta = TimeDelta::hours(1);
/// How far a listing goes back beyond the previous one: Annie's list may lag.
const OVERLAP: TimeDelta = TimeDelta::days(1);
/// How much later than at Annie a conversation may count as begun.
const OVERLAP_OF_CLOCKS: TimeDelta = TimeDelta::minutes(5);
/// How far the first one goes back.
const FIRST: TimeDelta = TimeDelta::days(30);
/// A listing that takes longer starts over: its pages are not from the same time.
const STALE: TimeDelta = TimeDelta::hours(2);

/// What is needed to choose a key's next GET.
#[derive(Debug, Clone)]
pub(crate) struct Wanting {
    /// Now.
    pub(crate) now: DateTime<Utc>,
    /// Annie's clock has confirmed ours.
    pub(crate) confirmed: bool,
    /// A listing may begin: the last one did not just fail.
    pub(crate) may_list: bool,
    /// The last GET read replies.
    pub(crate) read_replies: bool,
    /// Texts of this key are due.
    pub(crate) texts_due: bool,
    /// A conversation that another key's text waits for.
    pub(crate) asked_for: Option<ConversationId>,
    /// How many conversations the key has read so far.
    pub(crate) turn: u32,
}

/// What a key should read next.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct NextRead {
    /// The GET; none if nothing is to be read.
    pub(crate) job: Option<Job>,
    /// Texts of the key are due and wait for nothing but their turn.
    pub(crate) due: bool,
    /// When the next followed conversation is to be read, if nothing is to be read now.
    pub(crate) next_look: Option<DateTime<Utc>>,
    /// Conversations that texts of this key wait for and that other keys read.
    pub(crate) of_others: Vec<(ApiKeyName, ConversationId)>,
}

impl NextRead {
    fn only(job: Option<Job>, due: bool) -> NextRead {
        NextRead { job, due, next_look: None, of_others: Vec::new() }
    }
}

/// Chooses the next GET of a key.
pub(crate) fn next(
    tx: &Transaction<'_>,
    config: &Config,
    api_key: &ApiKeyName,
    wanting: Wanting,
) -> Result<NextRead, StoreError> {
    let now = wanting.now;
    let health = circuits::health(tx, api_key)?;
    if health.limited_until.is_some_and(|until| until > now && until - now < TimeDelta::hours(2)) {
        return Ok(NextRead::only(None, false));
    }
    if health.open.is_some() {
        let probes = matches!(circuit::decide(&health, now), Permit::Probe);
        return Ok(NextRead::only(probes.then_some(Job::Probe), false));
    }
    if !wanting.confirmed {
        return Ok(NextRead::only(Some(Job::Probe), false));
    }
    let state = listings::state(tx, api_key)?.unwrap_or_default();
    // While texts wait for the list itself, it may use all permits.
    let stale = state.seen_at.is_none_or(|seen| now - seen > OLDEST_LIST);
    let due = state.unobserved.is_none() && !stale && wanting.texts_due;
    if let Some(listing) = &state.under_way {
        if (now - listing.began_at).abs() <= STALE {
            return go_on(tx, api_key, listing, due && !wanting.read_replies, now).map(|(job, of_others)| NextRead {
                job: Some(job),
                due,
                next_look: None,
                of_others,
            });
        }
        listings::abandon(tx, api_key)?;
    }
    if wanting.may_list
        && let Some((whole, reach_back)) = wants_listing(tx, api_key, &state, now, config.annie.settle)?
    {
        listings::begin(tx, api_key, whole, reach_back, now)?;
        return Ok(NextRead::only(Some(Job::Page { offset: 0 }), due));
    }
    let Urgent { own, of_others } = conversation::urgent(tx, api_key, now)?;
    let asked_for = match wanting.asked_for.filter(|_| own.is_none()) {
        Some(id) if conversation::is_unread(tx, &id, now)? => Some(id),
        _ => None,
    };
    let poll_every = config.outcomes.poll_every;
    let job = match own.or(asked_for) {
        Some(id) => Some(Job::Replies(id)),
        None if due => followed::near(tx, api_key, poll_every, now)?.map(Job::Replies),
        None => followed::next(tx, api_key, (wanting.turn, poll_every), now)?.map(Job::Replies),
    };
    let next_look = match &job {
        None => followed::next_at(tx, api_key, poll_every)?,
        Some(_) => None,
    };
    Ok(NextRead { job, due, next_look, of_others })
}

/// The next GET while a listing is in progress. Replies that a text waits for take turns with the pages of a long list.
fn go_on(
    tx: &Transaction<'_>,
    api_key: &ApiKeyName,
    listing: &Listing,
    may_take_turns: bool,
    now: DateTime<Utc>,
) -> Result<(Job, Vec<(ApiKeyName, ConversationId)>), StoreError> {
    let Urgent { own, of_others } = match may_take_turns && listing.pages % 2 == 1 {
        true => conversation::urgent(tx, api_key, now)?,
        false => Urgent::default(),
    };
    let job = match own {
        Some(id) => Job::Replies(id),
        None => page(tx, api_key, listing, now)?,
    };
    Ok((job, of_others))
}

fn page(tx: &Transaction<'_>, api_key: &ApiKeyName, listing: &Listing, now: DateTime<Utc>) -> Result<Job, StoreError> {
    let to_compare = match listing.verdict {
        Some(_) => reconcile::to_compare(tx, api_key, now)?,
        None => None,
    };
    Ok(to_compare.map_or(Job::Page { offset: listing.next_offset }, Job::Compare))
}

/// Whether a listing should begin: the whole list or not, and how far back it must go.
fn wants_listing(
    tx: &Transaction<'_>,
    api_key: &ApiKeyName,
    state: &listings::ListingState,
    now: DateTime<Utc>,
    settle: TimeDelta,
) -> Result<Option<(bool, DateTime<Utc>)>, StoreError> {
    let back = state.seen_at.filter(|seen| *seen <= now).map_or(now - FIRST, |seen| seen - OVERLAP);
    if let Some((from, _)) = state.unobserved {
        return Ok(Some((false, back.min(from - TimeDelta::hours(1)))));
    }
    let open = reconcile::open_attempts(tx, api_key, now)?;
    let to_settle = open.iter().filter(|attempt| attempt.in_doubt).any(|attempt| match attempt.absent_at {
        // An attempt that a listing could not settle is not looked up again at once.
        None => {
            now >= attempt.ended_at + LAG.min(settle)
                && state.seen_at.is_none_or(|seen| seen < attempt.ended_at || now - seen >= settle)
        }
        Some(first) => now >= first + settle,
    });
    if to_settle {
        let oldest = open.iter().map(|attempt| attempt.started_at - SOON).min().unwrap_or(back);
        return Ok(Some((true, back.min(oldest))));
    }
    let due_soon = reminders::next_due_with(tx, api_key)?.is_some_and(|due| due <= now + SOON);
    let every = if due_soon {
        LIST_EVERY
    } else if open.is_empty() {
        LIST_ANYWAY
    } else {
        SOON
    };
    let marks_lately = state.marks_at.is_some_and(|seen| seen <= now && now - seen < LIST_MARKS);
    if !marks_lately && let Some(oldest) = following::oldest(tx, api_key)? {
        return Ok(Some((false, back.min(oldest - OVERLAP_OF_CLOCKS))));
    }
    let seen_lately = state.seen_at.is_some_and(|seen| seen <= now && now - seen < every);
    Ok((!seen_lately).then_some((false, back)))
}

/// What an answer led to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    /// The result of a listing that has ended.
    pub(crate) concluded: Option<(Verdict, reconcile::Conclusion)>,
    /// Numbers that opted out by reply.
    pub(crate) opted_out: usize,
}

/// Processes what a GET returned, in one transaction.
pub(crate) fn apply(
    tx: &Transaction<'_>,
    config: &Config,
    done: &Done,
    now: DateTime<Utc>,
) -> Result<Applied, StoreError> {
    let key = &done.api_key;
    if let Some(until) = done.pause {
        circuits::set_limited(tx, key, until)?;
    }
    let mut applied = Applied::default();
    match (&done.job, &done.brought) {
        (Job::Probe, Brought::Probe(answer)) => apply_probe(tx, key, answer.is_ok(), now)?,
        (Job::Page { offset }, Brought::Page(Ok(page))) => {
            applied.concluded = apply_page(tx, config, key, (*offset, page), now)?;
        }
        (Job::Compare(id), Brought::Said(answer)) => {
            applied.concluded = apply_comparison(tx, config, key, (id, answer), now)?;
        }
        (Job::Replies(id), Brought::Said(Ok(said))) => {
            // If the clock was set forward in the meantime, the appointments have not begun because of that.
            applied.opted_out = replies::take(tx, config, id, said, now.min(done.between.0.0))?;
            conversation::set_read(tx, id, done.between.0.0)?;
        }
        // A conversation that does not exist has no replies; nor, for this key, has one that another key began and that
        // is gone.
        (Job::Replies(id), Brought::Said(Err(ReadError::Refused { status })))
            if *status == 404 || (*status == 403 && !conversation::is_of_key(tx, id, key)?) =>
        {
            conversation::set_read(tx, id, done.between.0.0)?;
            following::look_again(tx, id, None, None)?;
        }
        (Job::Replies(id), brought) => {
            conversation::set_tried(tx, id, now)?;
            // Annie refuses this one, not the others: it is left alone for a while, and for good after its appointment.
            if matches!(brought, Brought::Said(Err(ReadError::Refused { .. }))) {
                following::put_off(tx, id, now)?;
            }
        }
        _ => {}
    }
    Ok(applied)
}

/// A probe that succeeds closes an open circuit; one that fails makes the next probe wait longer.
fn apply_probe(
    tx: &Transaction<'_>,
    key: &ApiKeyName,
    is_accepted: bool,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let Some(open) = circuits::health(tx, key)?.open else { return Ok(()) };
    let next = circuit::opened(open.reason.clone(), open.probes + 1, open.since, now);
    circuits::set_open(tx, key, &next)?;
    if is_accepted {
        circuits::set_closed(tx, key)?;
    }
    Ok(())
}

/// A conversation cannot have begun in the future: its start is then unknown, and counts as now.
fn without_future(page: &Page, now: DateTime<Utc>) -> Page {
    let mut page = page.clone();
    let is_past = |at: &DateTime<Utc>| *at <= now + listings::CLOCKS_DIFFER;
    for row in &mut page.conversations {
        row.started_at = row.started_at.filter(is_past);
    }
    for row in &mut page.odd {
        row.started_at = row.started_at.filter(is_past);
    }
    page
}

/// The result of a listing, if the page was its last and nothing is left to compare.
fn apply_page(
    tx: &Transaction<'_>,
    config: &Config,
    key: &ApiKeyName,
    (offset, page): (usize, &Page),
    now: DateTime<Utc>,
) -> Result<Option<(Verdict, reconcile::Conclusion)>, StoreError> {
    // A listing that started over in the meantime has no use for a page of the previous one.
    let state = listings::state(tx, key)?.unwrap_or_default();
    let Some(mut listing) = state.under_way.filter(|listing| listing.next_offset == offset) else { return Ok(None) };
    let page = &without_future(page, now);
    let distinct = listings::keep_page(tx, key, page, listing.began_at)?;
    let odd = odd_rows::count(tx, key, listing.began_at)?;
    listing.verdict = match reconcile::after_page(&mut listing, page, distinct, odd) {
        Next::More => None,
        Next::Over(_) if listings::names_nobody(tx, key)? => Some(Verdict::Incomplete),
        Next::Over(verdict) => Some(verdict),
    };
    listings::set_progress(tx, key, &listing)?;
    let Some(verdict) = listing.verdict else { return Ok(None) };
    if reconcile::to_compare(tx, key, now)?.is_some() {
        return Ok(None);
    }
    Ok(Some((verdict, reconcile::conclude(tx, config, key, &listing, verdict, now)?)))
}

/// The result of a listing, if this was the last conversation to compare.
fn apply_comparison(
    tx: &Transaction<'_>,
    config: &Config,
    key: &ApiKeyName,
    (id, answer): (&ConversationId, &Result<Vec<Said>, ReadError>),
    now: DateTime<Utc>,
) -> Result<Option<(Verdict, reconcile::Conclusion)>, StoreError> {
    let ours = |said: &&Said| reply::is_patients(&said.role) != Some(true);
    let first = match answer {
        Ok(said) => said.iter().find(ours).map(|said| said.content.0.as_str()),
        // It is gone or hidden: what it says cannot be known.
        Err(ReadError::Refused { .. }) => None,
        Err(_) => return Ok(None),
    };
    reconcile::compare(tx, key, id, first, now)?;
    let state = listings::state(tx, key)?.unwrap_or_default();
    let Some(listing) = state.under_way else { return Ok(None) };
    let Some(verdict) = listing.verdict else { return Ok(None) };
    if reconcile::to_compare(tx, key, now)?.is_some() {
        return Ok(None);
    }
    Ok(Some((verdict, reconcile::conclude(tx, config, key, &listing, verdict, now)?)))
}

/// How long a key waits before it reads again, after this many failures in a row.
pub(crate) fn pause_after(failures: u32) -> Duration {
    circuit::reading_delay(failures).to_std().unwrap_or_default()
}
