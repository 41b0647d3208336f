//! Applies the tags and actions that Annie's list shows on conversations.

use chrono::{DateTime, Utc};
use tracing::info;

use crate::config::Config;
use crate::domain::ids::ConversationId;
use crate::domain::patient_outcome::PatientOutcome;
use crate::engine::outcomes::{self, Arrival, Attention};
use crate::outcomes::mapping::Mark;
use crate::outcomes::transition::News;
use crate::store::appointments::opt_outs::{self, Source};
use crate::store::outcomes::answers::{self, Marked};
use crate::store::outcomes::named;
use crate::store::{StoreError, Transaction};

/// Applies what is new on these conversations.
pub(crate) fn take(
    tx: &Transaction<'_>,
    config: &Config,
    conversations: &[ConversationId],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for Marked { id, tags, actions } in answers::marked(tx, conversations)? {
        for (mark, values) in [(Mark::Tag, tags), (Mark::Action, actions)] {
            for value in values {
                let meaning = config.outcomes.mapping.meaning(mark, &value);
                if answers::note_mark(tx, &id, (mark, &value, meaning.map(PatientOutcome::code)), now)?
                    && let Some(meaning) = meaning
                {
                    apply(tx, config, &id, (mark, &value, meaning), now)?;
                }
            }
        }
    }
    Ok(())
}

fn apply(
    tx: &Transaction<'_>,
    config: &Config,
    id: &ConversationId,
    (mark, value, meaning): (Mark, &str, PatientOutcome),
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let Some(about) = named::about(tx, &config.practice.country.code(), id, now)? else { return Ok(()) };
    // What was marked before the front desk lifted an opt-out is settled.
    let is_lifted = opt_outs::lifted_at(tx, &about.phone)?.is_some_and(|lifted| lifted >= about.began_at);
    if meaning == PatientOutcome::OptedOut && is_lifted {
        return Ok(());
    }
    if meaning == PatientOutcome::OptedOut && opt_outs::add(tx, &about.phone, Source::Reply, None, now)? {
        let phone = &about.phone;
        info!(%phone, conversation = %id, "{phone} opted out, according to a tag or action in Annie, and gets no more texts");
    }
    // In a conversation that somebody else began, a yes answers somebody else's question.
    if !about.is_ours && (about.named.is_empty() || meaning == PatientOutcome::Confirmed) {
        return Ok(());
    }
    let attention = match meaning {
        PatientOutcome::Confirmed | PatientOutcome::None | PatientOutcome::OptedOut => Attention::None,
        _ => Attention::Wanted,
    };
    let arrival = Arrival {
        phone: &about.phone,
        conversation: id,
        named: &about.named,
        concerned: about.named.iter().filter(|one| one.since.is_none_or(|since| since <= about.began_at)).collect(),
        news: News { outcome: meaning, source: mark.source(), at: now },
        words: None,
        detail: Some(format!("{}: {value}", mark.code())),
        attention,
    };
    outcomes::apply(tx, config, &arrival, now)
}
