//! What the patient's words in a conversation mean for the number: an opt-out, or a hold until a person has read them.

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{info, warn};

use crate::domain::conversation::Said;
use crate::domain::ids::ConversationId;
use crate::domain::number_hold::HoldCause;
use crate::domain::operator::Operator;
use crate::domain::reply::{self, Offered, ReplyMeaning};
use crate::store::appointments::opt_outs::{self, Source};
use crate::store::controls::number_holds;
use crate::store::conversations::conversation;
use crate::store::{StoreError, Transaction};

/// What the messages say, as far as it concerns the number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The patient asked for no more texts.
    pub(crate) opts_out: bool,
    /// What a person has to read, and when it was written.
    pub(crate) holds: Vec<(HoldCause, DateTime<Utc>)>,
}

/// Reads a whole conversation, oldest message first. Messages from before the front desk lifted an opt-out are settled.
/// `began_at` is used for a message without a time.
pub(crate) fn read(said: &[Said], lifted: Option<DateTime<Utc>>, began_at: DateTime<Utc>) -> Reading {
    let mut reading = Reading::default();
    let mut offered = Offered::nothing();
    for (n, message) in said.iter().enumerate() {
        let words = &message.content.0;
        let meaning = match reply::is_patients(&message.role) {
            Some(true) => reply::classify(words, &offered),
            Some(false) => {
                offered = Offered::from_message(words);
                continue;
            }
            // The first message is our own text, as far as can be known, and it may say how to opt out.
            None if n > 0 && reply::is_nothing_but_opt_out(words) => ReplyMeaning::OptOut,
            None => continue,
        };
        if lifted.is_some_and(|lifted| message.at.is_none_or(|at| at <= lifted)) {
            continue;
        }
        let at = message.at.unwrap_or(began_at + TimeDelta::seconds(i64::try_from(n).unwrap_or_default()));
        match meaning {
            ReplyMeaning::OptOut => reading.opts_out = true,
            ReplyMeaning::UnclearOptOut => reading.holds.push((HoldCause::ReplyUnclear, at)),
            ReplyMeaning::WrongPerson => reading.holds.push((HoldCause::WrongPerson, at)),
            _ => {}
        }
    }
    reading
}

/// Processes the messages of a conversation. Returns how many numbers opted out by them.
pub(crate) fn take(
    tx: &Transaction<'_>,
    id: &ConversationId,
    said: &[Said],
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let Some((phone, began_at)) = conversation::about(tx, id)? else { return Ok(0) };
    let Reading { opts_out, holds } = read(said, opt_outs::lifted_at(tx, &phone)?, began_at);
    if opts_out {
        number_holds::settle(tx, &phone, Operator { who: None, why: None }, now)?;
        if !opt_outs::add(tx, &phone, Source::Reply, None, now)? {
            return Ok(0);
        }
        info!(%phone, conversation = %id, "{phone} opted out by reply and gets no more texts");
        return Ok(1);
    }
    for (cause, at) in holds {
        if number_holds::hold(tx, &phone, (id, at), cause, now)? {
            warn!(
                %phone, conversation = %id, cause = cause.code(),
                "a person must read a reply from {phone} ({}), and texts to this number wait until then. Run `leadtime resolve`",
                cause.code()
            );
        }
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::private::Private;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn said(role: &str, words: &str, minute: i64) -> Said {
        Said { role: role.to_owned(), content: Private(words.to_owned()), at: Some(at(minute)) }
    }

    #[test]
    fn only_the_patients_replies_count() {
        let ours = said("assistant", "Clinic: your visit is tomorrow. Reply STOP to opt out.", 0);
        let unclear = |minute| vec![(HoldCause::ReplyUnclear, at(minute))];
        for (rest, opts_out, holds) in [
            (vec![], false, vec![]),
            (vec![said("user", "see you then", 1)], false, vec![]),
            (vec![said("user", "STOP", 1)], true, vec![]),
            (vec![said("assistant", "Reply STOP to opt out.", 1)], false, vec![]),
            (vec![said("somebody", "stop", 1)], true, vec![]),
            (vec![said("user", "stop texting my husband", 1)], false, unclear(1)),
            (vec![said("user", "wrong number", 2)], false, vec![(HoldCause::WrongPerson, at(2))]),
        ] {
            let all: Vec<Said> = std::iter::once(ours.clone()).chain(rest).collect();
            let reading = read(&all, None, at(0));
            assert_eq!((reading.opts_out, reading.holds), (opts_out, holds), "{:?}", all.last().map(|s| &s.content.0));
        }
    }

    #[test]
    fn messages_from_before_an_opt_out_was_lifted_are_settled() {
        let all = [said("assistant", "Hi", 0), said("user", "STOP", 1), said("user", "wrong number", 2)];
        assert_eq!(read(&all, Some(at(5)), at(0)), Reading::default());
        assert!(read(&all, Some(at(0)), at(0)).opts_out);
    }
}
