//! Reconciling: what Annie's list says about texts without a clear answer. The decisions are pure; [`conclude`] carries
//! them out when a listing has ended.

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{error, info, warn};

use crate::config::{Config, OnUnknown};
use crate::domain::conversation::Page;
use crate::domain::ids::{ApiKeyName, ConversationId, one_line};
use crate::engine::sync::marks;
use crate::store::conversations::listings::{self, Candidate, Listing, OpenAttempt, Verdict};
use crate::store::conversations::odd_rows::Odd;
use crate::store::ledger::{messages, resolution};
use crate::store::outcomes::following;
use crate::store::{StoreError, Transaction, in_savepoint};

/// Rows requested at once: the most the API returns (API page: list conversations).
pub(crate) const PAGE: usize = 100;
/// Most pages read.
const MOST_PAGES: u32 = 1000;
/// How often a listing that is missing rows starts over.
const TRIES: u32 = 3;
/// How long after a text a listing may begin if it is to say something about the text.
pub(crate) const LAG: TimeDelta = TimeDelta::seconds(30);
/// How long a conversation whose first message cannot be read is looked at again before it is left to a person.
const READABLE_WITHIN: TimeDelta = TimeDelta::hours(1);
/// Attempts older than this are not looked for any more.
const LOOKED_FOR: TimeDelta = TimeDelta::days(30);

/// How a listing continues after a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// With its next page.
    More,
    /// It has ended.
    Over(Verdict),
}

/// If more than one row in this many, and more than one in all, does not even say to whom it went, Annie's list has
/// changed.
const CHANGED: usize = 10;

/// Processes a page. `distinct`: how many different rows there are by now; `odd`: those that are not readable as
/// conversations.
pub(crate) fn after_page(listing: &mut Listing, page: &Page, distinct: usize, odd: Odd) -> Next {
    let next = go_on(listing, page, distinct);
    let verdict = match next {
        Next::Over(Verdict::Through) if odd.of_nobody > 1 && odd.of_nobody * CHANGED > distinct => Verdict::Incomplete,
        Next::Over(Verdict::Through) if odd.rows > 0 => Verdict::Unproven,
        Next::Over(verdict) => verdict,
        Next::More => return Next::More,
    };
    Next::Over(verdict)
}

fn go_on(listing: &mut Listing, page: &Page, distinct: usize) -> Next {
    let total = *listing.total.get_or_insert(page.total);
    for row in &page.conversations {
        let falls = matches!((row.started_at, listing.last_start), (Some(_), None))
            || row.started_at.zip(listing.last_start).is_some_and(|(at, last)| at <= last);
        listing.in_order &= falls;
        listing.last_start = row.started_at.or(listing.last_start);
    }
    listing.in_order &= page.rows == page.conversations.len();
    listing.next_offset += page.rows;
    listing.pages += 1;
    let far_enough = listing.last_start.is_some_and(|last| last < listing.reach_back);
    if !listing.whole && listing.in_order && far_enough {
        return Next::Over(Verdict::Through);
    }
    if page.rows > 0 && listing.next_offset < page.total.max(total) {
        return if listing.pages >= MOST_PAGES { Next::Over(Verdict::Incomplete) } else { Next::More };
    }
    if distinct >= total {
        return Next::Over(Verdict::Through);
    }
    listing.tries += 1;
    if listing.tries >= TRIES {
        return Next::Over(Verdict::Incomplete);
    }
    (listing.next_offset, listing.last_start) = (0, None);
    Next::More
}

/// What is learned about an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// This conversation belongs to its text.
    Found(ConversationId),
    /// A text with the same numbers and time says something else, or cannot be read.
    OtherText,
    /// A complete list does not show it, for the first time.
    Absent,
    /// A complete list does not show it, for the second time: it may be sent once more.
    Retry,
    /// It is not there, and must not be sent again.
    Gone,
    /// Nothing new.
    Nothing,
}

/// What a listing says about an attempt; `complete`: it shows every conversation.
pub(crate) fn find(
    attempt: &OpenAttempt,
    candidates: &[Candidate],
    listing: &Listing,
    complete: bool,
    settle: TimeDelta,
    on_unknown: OnUnknown,
) -> Finding {
    if let Some(found) = candidates.iter().find(|candidate| candidate.same == Some(Some(true))) {
        return Finding::Found(found.id.clone());
    }
    if !attempt.in_doubt {
        return Finding::Nothing;
    }
    let unreadable = |candidate: &Candidate| candidate.same == Some(None);
    if candidates.iter().any(unreadable) && listing.began_at - attempt.ended_at < READABLE_WITHIN {
        return Finding::Nothing;
    }
    if !candidates.is_empty() {
        return Finding::OtherText;
    }
    if !complete || listing.began_at < attempt.ended_at {
        return Finding::Nothing;
    }
    match attempt.absent_at {
        None => Finding::Absent,
        Some(first) if listing.began_at - first < settle => Finding::Nothing,
        Some(_) if attempt.is_retry || on_unknown == OnUnknown::Hold => Finding::Gone,
        Some(_) => Finding::Retry,
    }
}

/// The attempts that a listing may say something about.
pub(crate) fn open_attempts(
    tx: &Transaction<'_>,
    api_key: &ApiKeyName,
    now: DateTime<Utc>,
) -> Result<Vec<OpenAttempt>, StoreError> {
    let mut open = listings::open_attempts(tx, api_key, now - LOOKED_FOR)?;
    open.retain(|attempt| attempt.text.is_some());
    Ok(open)
}

/// A conversation whose first message must be read before the listing can say anything about an attempt.
pub(crate) fn to_compare(
    tx: &Transaction<'_>,
    api_key: &ApiKeyName,
    now: DateTime<Utc>,
) -> Result<Option<ConversationId>, StoreError> {
    for attempt in open_attempts(tx, api_key, now)? {
        let candidates = listings::candidates(tx, api_key, attempt.id)?;
        if let Some(candidate) = candidates.into_iter().find(|candidate| candidate.same.is_none()) {
            return Ok(Some(candidate.id));
        }
    }
    Ok(None)
}

/// Records what the first message of a conversation says about every attempt it may belong to; none if it cannot be
/// read.
pub(crate) fn compare(
    tx: &Transaction<'_>,
    api_key: &ApiKeyName,
    conversation: &ConversationId,
    first: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for attempt in open_attempts(tx, api_key, now)? {
        let candidates = listings::candidates(tx, api_key, attempt.id)?;
        if candidates.iter().any(|candidate| candidate.id == *conversation) {
            let same = first.map(|first| contains(first, attempt.text.as_deref().unwrap_or_default()));
            listings::compared(tx, attempt.id, conversation, same)?;
        }
    }
    Ok(())
}

/// Whether a first message contains our text, apart from white space.
fn contains(first: &str, ours: &str) -> bool {
    let ours = one_line(ours);
    !ours.is_empty() && one_line(first).contains(&ours)
}

/// The result of a listing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Conclusion {
    /// Texts found: they were sent.
    pub(crate) found: usize,
    /// Texts to be sent once more.
    pub(crate) retried: usize,
    /// Texts that need a person's decision.
    pub(crate) held: usize,
    /// Conversations that are new.
    pub(crate) new: usize,
}

/// A listing has ended: carries out what it says, in one transaction.
pub(crate) fn conclude(
    tx: &Transaction<'_>,
    config: &Config,
    api_key: &ApiKeyName,
    listing: &Listing,
    how: Verdict,
    now: DateTime<Utc>,
) -> Result<Conclusion, StoreError> {
    let mut done = Conclusion::default();
    let complete = how == Verdict::Through && listing.whole;
    for attempt in open_attempts(tx, api_key, now)? {
        let candidates = listings::candidates(tx, api_key, attempt.id)?;
        let finding = find(&attempt, &candidates, listing, complete, config.annie.settle, config.annie.on_unknown);
        let carried_out = in_savepoint(tx, || carry_out(tx, &attempt, &finding, listing, now, &mut done))?;
        if let Err(error) = carried_out {
            error!(
                attempt = attempt.id,
                "what Annie's list says about attempt {} cannot be recorded ({error}), so other texts to its number wait. Leadtime tries again at the next reading; if this happens again, please report this line",
                attempt.id
            );
        }
    }
    done.new = listings::keep_conversations(tx, api_key, &config.numbers())?;
    let (marked, unfollowed) = following::to_look_through(tx, api_key)?;
    let oldest = following::oldest(tx, api_key)?;
    listings::end(tx, api_key, how != Verdict::Incomplete, oldest.is_none_or(|oldest| listing.reach_back <= oldest))?;
    // If the clock was set forward in the meantime, no appointment has begun because of that.
    let then = now.min(listing.began_at);
    marks::take(tx, config, &marked, then)?;
    following::follow_listed(tx, &unfollowed, then)?;
    Ok(done)
}

fn carry_out(
    tx: &Transaction<'_>,
    attempt: &OpenAttempt,
    finding: &Finding,
    listing: &Listing,
    now: DateTime<Utc>,
    done: &mut Conclusion,
) -> Result<(), StoreError> {
    let id = attempt.id;
    let about = messages::about(tx, id)?;
    match finding {
        Finding::Nothing => {}
        Finding::Found(conversation) => {
            resolution::found(tx, id, conversation, now)?;
            done.found += 1;
            info!(attempt = id, %conversation, "{about} (attempt {id}) went out: Annie's list shows it");
        }
        Finding::Absent => {
            resolution::set_absent(tx, id, listing.began_at)?;
            info!(
                attempt = id,
                "Annie's list does not show {about} (attempt {id}). Leadtime reads the list once more before it sends the text again"
            );
        }
        Finding::Retry => {
            resolution::not_found(tx, id, now)?;
            done.retried += 1;
            warn!(
                attempt = id,
                "{about} (attempt {id}) did not go out, according to two readings of Annie's list, and is sent once more"
            );
        }
        Finding::OtherText => {
            done.held += resolution::hold(tx, id, "other-text", now)?;
            error!(
                attempt = id,
                "Annie's list shows a different text in place of {about} (attempt {id}), to the same number at the same time. Run `leadtime resolve` and decide; if in doubt, call the patient"
            );
        }
        Finding::Gone => {
            done.held += resolution::hold(tx, id, "not-found", now)?;
            error!(
                attempt = id,
                "Annie's list does not show {about} (attempt {id}), and Leadtime does not send it again automatically. Run `leadtime resolve` and decide; if in doubt, call the patient"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::conversation::Listed;

    fn at(minutes: i64) -> DateTime<Utc> {
        "2026-11-09T17:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
    }

    fn listing(whole: bool) -> Listing {
        Listing {
            began_at: at(0),
            whole,
            reach_back: at(-1000),
            next_offset: 0,
            total: None,
            tries: 0,
            pages: 0,
            in_order: true,
            last_start: None,
            verdict: None,
        }
    }

    /// A page of conversations that began this many minutes ago.
    fn page(minutes: &[i64], total: usize) -> Page {
        let row = |minutes: &i64| Listed {
            id: ConversationId(format!("c{minutes}")),
            medium: None,
            to: None,
            from: None,
            started_at: Some(at(-minutes)),
            status: None,
            tags: vec![],
            actions: vec![],
        };
        Page { conversations: minutes.iter().map(row).collect(), odd: vec![], rows: minutes.len(), total }
    }

    #[test]
    fn a_complete_listing_is_read_to_its_end() {
        let mut l = listing(true);
        assert_eq!(after_page(&mut l, &page(&[1, 2, 5000], 5), 3, Odd::default()), Next::More);
        assert_eq!(l.next_offset, 3);
        assert_eq!(after_page(&mut l, &page(&[5001, 5002], 5), 5, Odd::default()), Next::Over(Verdict::Through));
    }

    #[test]
    fn missing_rows_are_looked_for_three_times() {
        let mut l = listing(true);
        assert_eq!(after_page(&mut l, &page(&[1, 2], 3), 2, Odd::default()), Next::More);
        assert_eq!(
            after_page(&mut l, &page(&[2], 3), 2, Odd::default()),
            Next::More,
            "shifted between two pages: starts over"
        );
        assert_eq!((l.next_offset, l.tries), (0, 1));
        assert_eq!(after_page(&mut l, &page(&[1, 2], 3), 2, Odd::default()), Next::More);
        assert_eq!(after_page(&mut l, &page(&[3], 3), 3, Odd::default()), Next::Over(Verdict::Through));
        let mut l = listing(true);
        for _ in 0..2 {
            assert_eq!(after_page(&mut l, &page(&[], 3), 0, Odd::default()), Next::More);
        }
        assert_eq!(after_page(&mut l, &page(&[], 3), 0, Odd::default()), Next::Over(Verdict::Incomplete));
    }

    #[test]
    fn a_partial_listing_stops_only_where_the_order_is_proven() {
        let mut l = listing(false);
        assert_eq!(after_page(&mut l, &page(&[1, 2, 1001], 500), 3, Odd::default()), Next::Over(Verdict::Through));
        let mut unordered = listing(false);
        assert_eq!(after_page(&mut unordered, &page(&[2, 1, 1001], 500), 3, Odd::default()), Next::More);
        let mut oldest_first = listing(false);
        assert_eq!(after_page(&mut oldest_first, &page(&[1002, 1001], 500), 2, Odd::default()), Next::More);
    }

    fn attempt() -> OpenAttempt {
        OpenAttempt {
            id: 1,
            started_at: at(-20),
            ended_at: at(-19),
            in_doubt: true,
            is_retry: false,
            absent_at: None,
            text: Some("Hi".to_owned()),
        }
    }

    fn candidate(same: Option<bool>) -> Candidate {
        Candidate { id: "c".into(), same: Some(same) }
    }

    #[test]
    fn a_listing_shows_whether_a_text_was_sent() {
        let say = |attempt: &OpenAttempt, candidates: &[Candidate], complete, on_unknown| {
            find(attempt, candidates, &listing(true), complete, TimeDelta::minutes(10), on_unknown)
        };
        let (retry, hold) = (OnUnknown::Retry, OnUnknown::Hold);
        let other = candidate(Some(false));
        let same = candidate(Some(true));
        assert_eq!(say(&attempt(), &[other.clone(), same.clone()], false, hold), Finding::Found("c".into()));
        assert_eq!(say(&attempt(), std::slice::from_ref(&other), true, retry), Finding::OtherText);
        assert_eq!(say(&attempt(), &[candidate(None)], true, retry), Finding::Nothing, "it may be readable later");
        let long_ago = OpenAttempt { ended_at: at(-61), ..attempt() };
        assert_eq!(say(&long_ago, &[candidate(None)], true, retry), Finding::OtherText);
        assert_eq!(say(&attempt(), &[], false, retry), Finding::Nothing, "an incomplete list proves nothing");
        assert_eq!(say(&attempt(), &[], true, retry), Finding::Absent);
        let early = OpenAttempt { ended_at: at(1), ..attempt() };
        assert_eq!(say(&early, &[], true, retry), Finding::Nothing, "the listing began before the text ended");
        let absent = |minutes| OpenAttempt { absent_at: Some(at(minutes)), ..attempt() };
        assert_eq!(say(&absent(-9), &[], true, retry), Finding::Nothing, "not ten minutes apart");
        assert_eq!(say(&absent(-10), &[], true, retry), Finding::Retry);
        assert_eq!(say(&absent(-10), &[], true, hold), Finding::Gone);
        assert_eq!(say(&OpenAttempt { is_retry: true, ..absent(-10) }, &[], true, retry), Finding::Gone);
        let held = OpenAttempt { in_doubt: false, ..absent(-10) };
        assert_eq!(say(&held, &[other], true, retry), Finding::Nothing);
        assert_eq!(say(&held, &[same], false, retry), Finding::Found("c".into()), "a late listing shows it after all");
    }

    #[test]
    fn texts_are_compared_without_white_space() {
        assert!(contains("Hi  Ann,\n see you", "Hi Ann, see you"));
        assert!(contains("[Maple] Hi Ann. Reply STOP", "Hi Ann."));
        assert!(!contains("Hi", "Hi Ann") && !contains("Hi", " "));
    }
}
