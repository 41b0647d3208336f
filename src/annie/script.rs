//! Annie by a script, for tests: outcomes to give, conversations to show, and a record of what came.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::annie::verdict::{Heard, ReadError};
use crate::annie::wire::SmsRequest;
use crate::domain::conversation::{Listed, Page, Said};
use crate::domain::ids::ConversationId;
use crate::domain::outcome::Outcome;
use crate::domain::phone::Phone;
use crate::domain::private::Private;

/// Outcomes to give, and requests that came; an empty script accepts everything.
#[derive(Debug, Clone, Default)]
pub struct Script {
    inner: Arc<Mutex<ScriptState>>,
}

#[derive(Debug, Default)]
struct ScriptState {
    outcomes: VecDeque<Outcome>,
    sent: Vec<SmsRequest>,
    probes: VecDeque<Result<(), ReadError>>,
    probed: usize,
    /// Oldest first, with what was said.
    conversations: Vec<(Listed, Vec<Said>)>,
    reads_fail: Option<ReadError>,
    messages_fail: Option<ReadError>,
    /// Fields the rows of the list lack: `to`, `from`, `start`.
    omitted: Vec<&'static str>,
    read: Vec<String>,
    /// How far Annie's clock is ahead of the machine's.
    ahead: TimeDelta,
    no_date: bool,
    pause: Option<DateTime<Utc>>,
}

impl ScriptState {
    fn heard<T>(&mut self, answer: T, now: DateTime<Utc>) -> Heard<T> {
        let date = (!self.no_date).then(|| now + self.ahead);
        Heard { answer, date, pause: self.pause.take() }
    }

    fn begin(
        &mut self,
        from: &str,
        to: &str,
        text: &str,
        at: DateTime<Utc>,
        id: Option<ConversationId>,
    ) -> ConversationId {
        let id = id.unwrap_or_else(|| ConversationId(format!("begun-{}", self.conversations.len() + 1)));
        let listed = Listed {
            id: id.clone(),
            medium: Some("SMS".to_owned()),
            to: Phone::from_e164(to),
            from: Phone::from_e164(from),
            started_at: Some(at),
            status: Some("OPEN".to_owned()),
            tags: Vec::new(),
        };
        let said = Said { role: "assistant".to_owned(), content: Private(text.to_owned()), at: Some(at) };
        self.conversations.push((listed, vec![said]));
        id
    }
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
    pub fn then_probes(&self, answers: impl IntoIterator<Item = Result<(), ReadError>>) {
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

    /// What was read, in order: `list 0`, `messages ID`.
    pub fn read(&self) -> Vec<String> {
        self.lock().read.clone()
    }

    /// Forgets what was probed and read so far.
    pub fn forget_reads(&self) {
        let mut state = self.lock();
        state.probed = 0;
        state.read.clear();
    }

    /// A conversation that Annie knows of and Leadtime was not told, or somebody else's.
    pub fn begin(&self, from: &str, to: &str, text: &str, at: DateTime<Utc>) -> ConversationId {
        self.lock().begin(from, to, text, at, None)
    }

    /// Something is said in a conversation.
    pub fn say(&self, conversation: &ConversationId, role: &str, text: &str, at: DateTime<Utc>) {
        let said = Said { role: role.to_owned(), content: Private(text.to_owned()), at: Some(at) };
        if let Some((_, all)) = self.lock().conversations.iter_mut().find(|(listed, _)| listed.id == *conversation) {
            all.push(said);
        }
    }

    /// Every reading fails from now on, or works again.
    pub fn reads_fail(&self, error: Option<ReadError>) {
        self.lock().reads_fail = error;
    }

    /// Reading the messages of a conversation fails from now on, or works again.
    pub fn messages_fail(&self, error: Option<ReadError>) {
        self.lock().messages_fail = error;
    }

    /// The rows of the list lack these fields from now on: `to`, `from`, `start`.
    pub fn omits(&self, fields: &[&'static str]) {
        self.lock().omitted = fields.to_vec();
    }

    /// What was said in a conversation first, before all that is known of it.
    pub fn said_first(&self, conversation: &ConversationId, role: &str, text: &str) {
        if let Some((_, all)) = self.lock().conversations.iter_mut().find(|(listed, _)| listed.id == *conversation) {
            all.insert(0, Said { role: role.to_owned(), content: Private(text.to_owned()), at: None });
        }
    }

    /// Annie's clock is so far ahead of the machine's.
    pub fn is_ahead(&self, by: TimeDelta) {
        self.lock().ahead = by;
    }

    /// Annie's answers carry no `Date`, or do again.
    pub fn tells_no_date(&self, none: bool) {
        self.lock().no_date = none;
    }

    /// The next answer asks for a pause.
    pub fn asks_for_a_pause(&self, until: DateTime<Utc>) {
        self.lock().pause = Some(until);
    }

    pub(crate) fn send(&self, request: &SmsRequest, now: DateTime<Utc>) -> Heard<Outcome> {
        let mut state = self.lock();
        state.sent.push(request.clone());
        let number = state.sent.len();
        let accepted = || Outcome::Sent(ConversationId(format!("conversation-{number}")));
        let outcome = state.outcomes.pop_front().unwrap_or_else(accepted);
        if let Outcome::Sent(id) = &outcome {
            state.begin(&request.from_number, &request.to_number, &request.message, now, Some(id.clone()));
        }
        state.heard(outcome, now)
    }

    pub(crate) fn probe(&self, now: DateTime<Utc>) -> Heard<Result<(), ReadError>> {
        let mut state = self.lock();
        state.probed += 1;
        let answer = state.probes.pop_front().unwrap_or(Ok(()));
        match answer {
            Err(ReadError::Failed { .. }) => Heard::only(answer),
            _ => state.heard(answer, now),
        }
    }

    pub(crate) fn list(&self, offset: usize, limit: usize, now: DateTime<Utc>) -> Heard<Result<Page, ReadError>> {
        let mut state = self.lock();
        state.read.push(format!("list {offset}"));
        if let Some(error) = state.reads_fail.clone() {
            return Heard::only(Err(error));
        }
        let total = state.conversations.len();
        let rows = state.conversations.iter().rev().skip(offset).take(limit);
        let lacks = |field: &str| state.omitted.contains(&field);
        let shown = |listed: &Listed| Listed {
            to: listed.to.clone().filter(|_| !lacks("to")),
            from: listed.from.clone().filter(|_| !lacks("from")),
            started_at: listed.started_at.filter(|_| !lacks("start")),
            ..listed.clone()
        };
        let conversations: Vec<Listed> = rows.map(|(listed, _)| shown(listed)).collect();
        let page = Page { rows: conversations.len(), conversations, total };
        state.heard(Ok(page), now)
    }

    pub(crate) fn messages(&self, id: &ConversationId, now: DateTime<Utc>) -> Heard<Result<Vec<Said>, ReadError>> {
        let mut state = self.lock();
        state.read.push(format!("messages {id}"));
        if let Some(error) = state.reads_fail.clone() {
            return Heard::only(Err(error));
        }
        if let Some(error) = state.messages_fail.clone() {
            return state.heard(Err(error), now);
        }
        let found = state.conversations.iter().find(|(listed, _)| listed.id == *id).map(|(_, said)| said.clone());
        let answer = found.ok_or(ReadError::Refused { status: 404 });
        state.heard(answer, now)
    }

    fn lock(&self) -> MutexGuard<'_, ScriptState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
