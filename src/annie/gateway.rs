//! The seam to Annie: over HTTP, by a script that keeps what was sent, or by anything that answers as she would.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::annie::client::HttpAnnie;
use crate::annie::script::Script;
use crate::annie::verdict::{self, Headers, Heard, ReadError};
use crate::annie::wire::{self, SmsRequest};
use crate::domain::conversation::{Page, Said};
use crate::domain::ids::ConversationId;
use crate::domain::outcome::{NotSent, Outcome};

/// Where texts go.
#[derive(Debug, Clone)]
pub enum Gateway {
    /// Annie over HTTP.
    Http(HttpAnnie),
    /// Answers from a script, for tests.
    Scripted(Script),
    /// A stand-in that answers raw requests, for simulations.
    StandIn(Arc<dyn StandIn>),
}

/// A request as a stand-in sees it.
#[derive(Debug, Clone)]
pub enum Call {
    /// `POST /sms`.
    Sms(Box<SmsRequest>),
    /// `GET /phone-numbers`.
    Probe,
    /// `GET /conversations`.
    List {
        /// Rows to leave out.
        offset: usize,
        /// Rows at most.
        limit: usize,
    },
    /// `GET /conversations/{id}/messages`.
    Messages(ConversationId),
}

/// What came back on the wire.
#[derive(Debug, Clone)]
pub enum Raw {
    /// An answer.
    Answer {
        /// Its status.
        status: u16,
        /// Its headers.
        headers: Headers,
        /// Its body, or why it ended early.
        body: Result<Vec<u8>, String>,
    },
    /// No connection.
    Unreachable,
    /// The connection broke after the request left.
    Broken,
}

/// Something that answers in Annie's place.
pub trait StandIn: fmt::Debug + Send + Sync {
    /// Answers a request.
    fn answer(&self, call: Call) -> Pin<Box<dyn Future<Output = Raw> + Send + '_>>;
}

impl Gateway {
    /// Sends one text; what went wrong is the outcome. `still_good` is asked at the last moment before anything
    /// leaves.
    pub async fn send(
        &self,
        request: &SmsRequest,
        now: impl Fn() -> DateTime<Utc>,
        still_good: impl Fn() -> bool + Send + Sync + Unpin + 'static,
    ) -> Heard<Outcome> {
        match self {
            Gateway::Http(annie) => annie.send(request, now, still_good).await,
            _ if !still_good() => Heard::only(Outcome::NotSent(NotSent::TooOld)),
            Gateway::Scripted(script) => script.send(request, now()),
            Gateway::StandIn(annie) => match annie.answer(Call::Sms(Box::new(request.clone()))).await {
                Raw::Answer { status, headers, body } => {
                    let body = body.as_deref().map_err(Clone::clone);
                    verdict::heard(verdict::of_answer(status, &headers, body, now()), status, &headers, now())
                }
                Raw::Unreachable => {
                    Heard::only(Outcome::NotSent(NotSent::Unreachable { detail: "no connection".to_owned() }))
                }
                Raw::Broken => {
                    Heard::only(Outcome::Unknown { status: None, detail: "the connection broke".to_owned() })
                }
            },
        }
    }

    /// Tries the key without sending anything.
    ///
    /// # Errors
    /// In the answer: what came instead.
    pub async fn probe(&self, now: impl Fn() -> DateTime<Utc>) -> Heard<Result<(), ReadError>> {
        match self {
            Gateway::Http(annie) => annie.probe(now).await,
            Gateway::Scripted(script) => script.probe(now()),
            Gateway::StandIn(annie) => reading(annie.answer(Call::Probe).await, |_| Some(()), now()),
        }
    }

    /// A page of the list of conversations.
    ///
    /// # Errors
    /// In the answer: what came instead.
    pub async fn list(
        &self,
        offset: usize,
        limit: usize,
        now: impl Fn() -> DateTime<Utc>,
    ) -> Heard<Result<Page, ReadError>> {
        match self {
            Gateway::Http(annie) => annie.list(offset, limit, now).await,
            Gateway::Scripted(script) => script.list(offset, limit, now()),
            Gateway::StandIn(annie) => reading(annie.answer(Call::List { offset, limit }).await, wire::page, now()),
        }
    }

    /// The messages of a conversation, oldest first.
    ///
    /// # Errors
    /// In the answer: what came instead.
    pub async fn messages(
        &self,
        conversation: &ConversationId,
        now: impl Fn() -> DateTime<Utc>,
    ) -> Heard<Result<Vec<Said>, ReadError>> {
        match self {
            Gateway::Http(annie) => annie.messages(conversation, now).await,
            Gateway::Scripted(script) => script.messages(conversation, now()),
            Gateway::StandIn(annie) => {
                reading(annie.answer(Call::Messages(conversation.clone())).await, wire::messages, now())
            }
        }
    }
}

fn reading<T>(raw: Raw, parse: impl FnOnce(&[u8]) -> Option<T>, now: DateTime<Utc>) -> Heard<Result<T, ReadError>> {
    let failed = |detail: &str| Heard::only(Err(ReadError::Failed { detail: detail.to_owned() }));
    match raw {
        Raw::Answer { status, headers, body } => {
            let answer = verdict::of_reading(status, body.as_deref().map_err(Clone::clone), parse);
            verdict::heard(answer, status, &headers, now)
        }
        Raw::Unreachable => Heard::only(Err(ReadError::Unreachable)),
        Raw::Broken => failed("the connection broke"),
    }
}
