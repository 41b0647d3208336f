//! The seam to Annie: over HTTP, or by a script that keeps what was sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::client::HttpAnnie;
use super::wire::SmsRequest;
use crate::domain::outcome::Outcome;
use crate::domain::text::ConversationId;

/// Where texts go.
#[derive(Debug, Clone)]
pub enum Gateway {
    /// Annie over HTTP.
    Http(HttpAnnie),
    /// Answers from a script, for tests.
    Scripted(Script),
}

/// Outcomes to give, and requests that came; an empty script accepts everything.
#[derive(Debug, Clone, Default)]
pub struct Script {
    inner: Arc<Mutex<ScriptState>>,
}

#[derive(Debug, Default)]
struct ScriptState {
    outcomes: VecDeque<Outcome>,
    sent: Vec<SmsRequest>,
    probes: VecDeque<Result<(), String>>,
    probed: usize,
}

impl Script {
    /// A script that gives these outcomes first.
    pub fn new(outcomes: impl IntoIterator<Item = Outcome>) -> Script {
        let script = Script::default();
        script.lock().outcomes.extend(outcomes);
        script
    }

    /// Adds outcomes behind those that are left.
    pub fn then(&self, outcomes: impl IntoIterator<Item = Outcome>) {
        self.lock().outcomes.extend(outcomes);
    }

    /// Adds answers to probes; without any, a probe succeeds.
    pub fn then_probes(&self, answers: impl IntoIterator<Item = Result<(), String>>) {
        self.lock().probes.extend(answers);
    }

    /// The requests that came, in order.
    pub fn sent(&self) -> Vec<SmsRequest> {
        self.lock().sent.clone()
    }

    /// How often the key was probed.
    pub fn probed(&self) -> usize {
        self.lock().probed
    }

    fn lock(&self) -> MutexGuard<'_, ScriptState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway {
    /// Sends one text; what went wrong is the outcome.
    pub async fn send(&self, request: &SmsRequest, now: impl Fn() -> DateTime<Utc>) -> Outcome {
        match self {
            Gateway::Http(annie) => annie.send(request, now).await,
            Gateway::Scripted(script) => {
                let mut state = script.lock();
                state.sent.push(request.clone());
                let number = state.sent.len();
                let accepted = || Outcome::Sent(ConversationId(format!("conversation-{number}")));
                state.outcomes.pop_front().unwrap_or_else(accepted)
            }
        }
    }

    /// Tries the key without sending anything.
    ///
    /// # Errors
    /// What was answered instead, in words.
    pub async fn probe(&self) -> Result<(), String> {
        match self {
            Gateway::Http(annie) => annie.probe().await,
            Gateway::Scripted(script) => {
                let mut state = script.lock();
                state.probed += 1;
                state.probes.pop_front().unwrap_or(Ok(()))
            }
        }
    }
}
