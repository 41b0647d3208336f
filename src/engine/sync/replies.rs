//! Processes the messages of a conversation: opt-outs and holds of the number, outcomes of the appointments, tasks.

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{info, warn};

use crate::config::Config;
use crate::domain::conversation::Said;
use crate::domain::ids::ConversationId;
use crate::domain::number_hold::HoldCause;
use crate::domain::operator::Operator;
use crate::domain::patient_outcome::{OutcomeSource, PatientOutcome};
use crate::domain::phone::Phone;
use crate::domain::reply::ReplyMeaning;
use crate::domain::task::TaskEnd;
use crate::engine::outcomes::{self, Arrival, Attention};
use crate::outcomes::concerned::concerned;
use crate::outcomes::reading::{self, OurText, Reply};
use crate::outcomes::rhythm;
use crate::outcomes::transition::{News, of_reply};
use crate::store::appointments::opt_outs::{self, Source};
use crate::store::controls::number_holds;
use crate::store::outcomes::named::{self, About};
use crate::store::outcomes::{answers, following, tasks};
use crate::store::{StoreError, Transaction};

/// A reply that is read later than this is not urgent any more. If it is about no appointment either, nobody has to act.
const OLD: TimeDelta = TimeDelta::hours(24);

/// Processes the messages of a conversation, oldest first. Returns how many numbers opted out by them.
pub(crate) fn take(
    tx: &Transaction<'_>,
    config: &Config,
    id: &ConversationId,
    said: &[Said],
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let Some(about) = named::about(tx, &config.practice.country.code(), id, now)? else { return Ok(0) };
    let zone = |location: Option<&str>| config.zone(location);
    let starts = about.named.iter().map(|one| one.start_in(zone)).collect();
    let ours = OurText { is_ours: about.is_ours, words: about.words.clone(), starts };
    let replies = reading::read(said, &ours, about.began_at);
    let opted_out = of_the_number(tx, (id, &about.phone), &replies, now)?;
    for reply in &replies {
        if answers::note_reply(tx, id, (&reply.id, reply.meaning.code()), reply.at)? {
            outcomes::apply(tx, config, &arrival(id, &about, reply, now), now)?;
        }
    }
    close_if_answered(tx, id, &about, &replies, now)?;
    let last_word = replies.iter().map(|reply| reply.at).max().filter(|at| *at <= now);
    read_again(tx, config, id, &about, last_word, now)?;
    Ok(opted_out)
}

/// Opts the number out, or holds its texts until a person has read the reply. Replies from before the front desk lifted
/// an opt-out are settled.
fn of_the_number(
    tx: &Transaction<'_>,
    (id, phone): (&ConversationId, &Phone),
    replies: &[Reply],
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let lifted = opt_outs::lifted_at(tx, phone)?;
    let open = || replies.iter().filter(|reply| lifted.is_none_or(|lifted| reply.at > lifted));
    if open().any(|reply| reply.meaning == ReplyMeaning::OptOut) {
        number_holds::settle(tx, phone, Operator { who: None, why: None }, now)?;
        if !opt_outs::add(tx, phone, Source::Reply, None, now)? {
            return Ok(0);
        }
        info!(%phone, conversation = %id, "{phone} opted out by reply and gets no more texts");
        return Ok(1);
    }
    for reply in open() {
        let cause = match reply.meaning {
            ReplyMeaning::UnclearOptOut => HoldCause::ReplyUnclear,
            ReplyMeaning::WrongPerson => HoldCause::WrongPerson,
            _ => continue,
        };
        if number_holds::hold(tx, phone, (id, reply.at), cause, now)? {
            warn!(
                %phone, conversation = %id, cause = cause.code(),
                "a person must read a reply from {phone} ({}), and texts to this number wait until then. Run `leadtime resolve`",
                cause.code()
            );
        }
    }
    Ok(0)
}

/// What a reply brings.
fn arrival<'a>(id: &'a ConversationId, about: &'a About, reply: &'a Reply, now: DateTime<Utc>) -> Arrival<'a> {
    let news = News { outcome: of_reply(reply.meaning), source: OutcomeSource::Reply, at: reply.at };
    let is_of_the_number =
        matches!(news.outcome, PatientOutcome::OptedOut | PatientOutcome::UnclearOptOut | PatientOutcome::WrongPerson);
    let mut concerned = match is_of_the_number {
        true => about.named.iter().collect(),
        false => concerned(&about.named, &reply.words.0),
    };
    // "Please cancel", written before an appointment was booked, is not about it.
    concerned.retain(|one| one.since.is_none_or(|since| since <= reply.at));
    let is_old = !about.is_ours && concerned.is_empty();
    Arrival {
        phone: &about.phone,
        conversation: id,
        named: &about.named,
        concerned,
        news,
        words: Some(&reply.words.0),
        detail: None,
        attention: match attention(reply, about.has_actions) {
            _ if is_old && !is_of_the_number && now - reply.at > OLD => Attention::None,
            Attention::Urgent if now - reply.at > OLD => Attention::Wanted,
            attention => attention,
        },
    }
}

fn attention(reply: &Reply, has_actions: bool) -> Attention {
    match reply.meaning {
        _ if reply.is_urgent => Attention::Urgent,
        _ if reply.is_keyword => Attention::Wanted,
        ReplyMeaning::None | ReplyMeaning::Confirmed => Attention::None,
        ReplyMeaning::OptOut if reply.may_mean_the_visit => Attention::Wanted,
        ReplyMeaning::OptOut => Attention::None,
        ReplyMeaning::Question if reply.is_answered && !has_actions => Attention::Answered,
        ReplyMeaning::Question
        | ReplyMeaning::WantsChange
        | ReplyMeaning::WantsCancel
        | ReplyMeaning::WrongPerson
        | ReplyMeaning::UnclearOptOut
        | ReplyMeaning::NeedsALook => Attention::Wanted,
    }
}

/// Annie has answered the question that an open task is about.
fn close_if_answered(
    tx: &Transaction<'_>,
    id: &ConversationId,
    about: &About,
    replies: &[Reply],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let is_done = !about.has_actions
        && replies.iter().all(|reply| reply.meaning != ReplyMeaning::Question || reply.is_answered)
        && !replies.iter().any(|reply| reply.is_urgent);
    let cause = outcomes::cause_of_replies(id, PatientOutcome::Question);
    match is_done && tasks::open_code(tx, &cause)?.as_deref() == Some(PatientOutcome::Question.code()) {
        true => tasks::close_cause(tx, &cause, TaskEnd::Answered, now),
        false => Ok(()),
    }
}

/// When the conversation is read next, until the last appointment that its number was texted about has begun.
fn read_again(
    tx: &Transaction<'_>,
    config: &Config,
    id: &ConversationId,
    about: &About,
    last_word: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let start = following::next_start(tx, &about.phone, now)?;
    let before = following::last_word(tx, id)?.unwrap_or(about.began_at);
    let last = before.max(last_word.unwrap_or(before));
    let next =
        start.map(|start| (start, rhythm::next_look(config.outcomes.poll_every, start, last, about.is_closed, now)));
    following::look_again(tx, id, next, last_word)
}
