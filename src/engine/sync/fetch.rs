//! One GET: what is asked for, and what came back.

use chrono::{DateTime, Utc};

use crate::annie::gateway::Gateway;
use crate::annie::verdict::{Heard, ReadError};
use crate::clock::Clock;
use crate::domain::conversation::{Page, Said};
use crate::domain::ids::{ApiKeyName, ConversationId};
use crate::engine::clock_check::Instant;
use crate::engine::sync::reconcile::PAGE;

/// A GET.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Job {
    /// Whether the key is accepted, and what time it is at Annie.
    Probe,
    /// The next page of the listing in progress.
    Page {
        /// Where it begins.
        offset: usize,
    },
    /// The first message of a conversation that may belong to a text.
    Compare(ConversationId),
    /// What a patient replied.
    Replies(ConversationId),
}

/// What a GET returned.
#[derive(Debug)]
pub(crate) enum Brought {
    Probe(Result<(), ReadError>),
    Page(Result<Page, ReadError>),
    Said(Result<Vec<Said>, ReadError>),
}

/// A GET that ended.
#[derive(Debug)]
pub(crate) struct Done {
    /// The key's name.
    pub(crate) api_key: ApiKeyName,
    /// What was asked for.
    pub(crate) job: Job,
    pub(crate) brought: Brought,
    /// Annie's time.
    pub date: Option<DateTime<Utc>>,
    pub(crate) pause: Option<DateTime<Utc>>,
    /// When it began and ended.
    pub(crate) between: (Instant, Instant),
}

impl Done {
    /// What went wrong, if anything did.
    pub(crate) fn error(&self) -> Option<&ReadError> {
        match &self.brought {
            Brought::Probe(answer) => answer.as_ref().err(),
            Brought::Page(answer) => answer.as_ref().err(),
            Brought::Said(answer) => answer.as_ref().err(),
        }
    }

    /// Whether Annie answered, whatever the answer was.
    pub(crate) fn was_answered(&self) -> bool {
        !matches!(self.error(), Some(ReadError::Failed { .. } | ReadError::Unreachable))
    }
}

/// Does a GET.
pub(crate) async fn fetch(gateway: Gateway, api_key: ApiKeyName, job: Job, clock: &dyn Clock) -> Done {
    let began = (clock.now(), clock.boot());
    let now = || clock.now();
    let (brought, date, pause) = match &job {
        Job::Probe => unpack(probe(&gateway, clock).await, Brought::Probe),
        Job::Page { offset } => unpack(gateway.list(*offset, PAGE, now).await, Brought::Page),
        Job::Compare(id) | Job::Replies(id) => unpack(gateway.messages(id, now).await, Brought::Said),
    };
    Done { api_key, job, brought, date, pause, between: (began, (clock.now(), clock.boot())) }
}

/// Whether the key is accepted: a key that may not see phone numbers may still be allowed to see conversations.
async fn probe(gateway: &Gateway, clock: &dyn Clock) -> Heard<Result<(), ReadError>> {
    let now = || clock.now();
    let heard = gateway.probe(now).await;
    match heard.answer {
        Err(ReadError::Refused { status: 403 | 404 }) => {
            let Heard { answer, date, pause } = gateway.list(0, 1, now).await;
            Heard { answer: answer.map(|_| ()), date, pause }
        }
        _ => heard,
    }
}

fn unpack<T>(
    heard: Heard<Result<T, ReadError>>,
    brought: impl FnOnce(Result<T, ReadError>) -> Brought,
) -> (Brought, Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    (brought(heard.answer), heard.date, heard.pause)
}
