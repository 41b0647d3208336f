//! The way to Annie: every endpoint uses one `call`, over HTTP or answered by a stand-in for Annie. What the answers
//! mean is decided here, the same way for all.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::annie::verdict::{self, Headers, Heard, ReadError};
use crate::annie::wire::{self, AnnieNumber, SmsRequest};
use crate::domain::conversation::{Page, Said};
use crate::domain::ids::ConversationId;
use crate::domain::outcome::{NotSent, Outcome};

/// A request to one of the endpoints that Leadtime uses.
#[derive(Debug, Clone)]
pub enum Call {
    /// `POST /sms`.
    Sms(Box<SmsRequest>),
    /// `GET /phone-numbers`.
    PhoneNumbers,
    /// `GET /conversations`, archived ones included, of every bot.
    List {
        /// Rows to skip.
        offset: usize,
        /// Most rows to return.
        limit: usize,
    },
    /// `GET /conversations/{id}/messages`.
    Messages(ConversationId),
}

/// What came back on the wire. Details are our own words, never the peer's.
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
    /// The request could not be built: our own fault.
    Malformed(String),
    /// No connection: nothing was sent.
    Unreachable(String),
    /// The connection broke after the request was sent, or the time ran out.
    Broken(String),
    /// It was too late when the connection was open: nothing was sent.
    LetGo,
}

/// Asked at the last moment before the first byte of a text leaves, once the connection is open.
pub type StillGood = Box<dyn Fn() -> bool + Send + Sync + Unpin>;

/// An answer in progress.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Raw> + Send + 'a>>;

/// Carries requests to Annie or to a stand-in. No redirects, no retries.
pub trait Transport: fmt::Debug + Send + Sync {
    /// One request, one answer. If `still_good` returns false, nothing leaves and the answer is [`Raw::LetGo`].
    fn call(&self, call: Call, still_good: StillGood) -> Answering<'_>;
}

/// The endpoints, with one key.
#[derive(Debug, Clone)]
pub struct Gateway(Arc<dyn Transport>);

impl Gateway {
    /// A gateway over a transport.
    pub fn new(transport: impl Transport + 'static) -> Gateway {
        Gateway(Arc::new(transport))
    }

    /// `POST /sms`. Never fails: errors are part of the outcome. If `still_good` returns false, nothing leaves.
    pub async fn send(
        &self,
        request: &SmsRequest,
        now: impl Fn() -> DateTime<Utc>,
        still_good: impl Fn() -> bool + Send + Sync + Unpin + 'static,
    ) -> Heard<Outcome> {
        match self.0.call(Call::Sms(Box::new(request.clone())), Box::new(still_good)).await {
            Raw::Answer { status, headers, body } => {
                let (body, now) = (body.as_deref().map_err(Clone::clone), now());
                verdict::heard(verdict::of_answer(status, &headers, body, now), status, &headers, now)
            }
            Raw::Malformed(detail) => Heard::only(Outcome::NotSent(NotSent::Bug { detail })),
            Raw::Unreachable(detail) => Heard::only(Outcome::NotSent(NotSent::Unreachable { detail })),
            Raw::LetGo => Heard::only(Outcome::NotSent(NotSent::TooOld)),
            Raw::Broken(detail) => Heard::only(Outcome::Unknown { status: None, detail }),
        }
    }

    /// `GET /phone-numbers`: whether the key is accepted, without sending anything.
    pub async fn probe(&self, now: impl Fn() -> DateTime<Utc>) -> Heard<Result<(), ReadError>> {
        self.get(Call::PhoneNumbers, now, |_| Some(())).await
    }

    /// `GET /phone-numbers`: the numbers of the key's organization.
    pub async fn phone_numbers(&self, now: impl Fn() -> DateTime<Utc>) -> Heard<Result<Vec<AnnieNumber>, ReadError>> {
        self.get(Call::PhoneNumbers, now, wire::phone_numbers).await
    }

    /// A page of the list of conversations.
    pub async fn list(
        &self,
        offset: usize,
        limit: usize,
        now: impl Fn() -> DateTime<Utc>,
    ) -> Heard<Result<Page, ReadError>> {
        self.get(Call::List { offset, limit }, now, wire::page).await
    }

    /// The messages of a conversation, oldest first.
    pub async fn messages(
        &self,
        conversation: &ConversationId,
        now: impl Fn() -> DateTime<Utc>,
    ) -> Heard<Result<Vec<Said>, ReadError>> {
        self.get(Call::Messages(conversation.clone()), now, wire::messages).await
    }

    async fn get<T>(
        &self,
        call: Call,
        now: impl Fn() -> DateTime<Utc>,
        parse: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Heard<Result<T, ReadError>> {
        match self.0.call(call, Box::new(|| true)).await {
            Raw::Answer { status, headers, body } => {
                let answer = verdict::of_reading(status, body.as_deref().map_err(Clone::clone), parse);
                verdict::heard(answer, status, &headers, now())
            }
            Raw::Unreachable(_) => Heard::only(Err(ReadError::Unreachable)),
            Raw::Broken(detail) | Raw::Malformed(detail) => Heard::only(Err(ReadError::Failed { detail })),
            Raw::LetGo => Heard::only(Err(ReadError::Failed { detail: "the request was not sent".to_owned() })),
        }
    }
}
