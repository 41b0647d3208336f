//! A scripted Annie: the outcomes it gives, the conversations it shows, and a record of the requests it received.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use leadtime::annie::gateway::{Answering, Call, Raw, StillGood, Transport};
use leadtime::annie::verdict::{Headers, ReadError};
use leadtime::annie::wire::SmsRequest;
use leadtime::clock::{Clock, ManualClock};
use leadtime::domain::conversation::{Listed, Said};
use leadtime::domain::ids::ConversationId;
use leadtime::domain::outcome::{NotSent, Outcome};
use leadtime::domain::phone::Phone;
use leadtime::domain::private::Private;
use serde_json::{Value, json};

/// The outcomes to give and the requests received. An empty script accepts everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    inner: Arc<Mutex<ScriptState>>,
    clock: Arc<Mutex<Option<Arc<ManualClock>>>>,
}

impl Transport for Script {
    fn call(&self, call: Call, still_good: StillGood) -> Answering<'_> {
        Box::pin(async move { if still_good() { self.answer(call) } else { Raw::LetGo } })
    }
}

#[derive(Debug, Default)]
struct ScriptState {
    outcomes: VecDeque<Outcome>,
    sent: Vec<SmsRequest>,
    probes: VecDeque<Result<(), ReadError>>,
    probed: usize,
    /// Conversations with their messages, oldest first.
    conversations: Vec<(Listed, Vec<Said>)>,
    reads_fail: Option<ReadError>,
    messages_fail: Option<ReadError>,
    /// Fields missing from the rows of the list: `to`, `from`, `start`.
    omitted: Vec<&'static str>,
    /// Raw rows at the top of the list.
    odd_rows: Vec<Value>,
    read: Vec<String>,
    /// How far Annie's clock is ahead of the machine's.
    ahead: TimeDelta,
    pause: Option<DateTime<Utc>>,
}

impl ScriptState {
    /// An answer with the time of Annie's clock.
    fn reply(&mut self, status: u16, body: &Value, now: DateTime<Utc>) -> Raw {
        let mut headers = Headers { date: Some((now + self.ahead).to_rfc2822()), ..Headers::default() };
        if let Some(until) = self.pause.take() {
            headers.rate_limit_remaining = Some("0".to_owned());
            headers.retry_after = Some(until.to_rfc2822());
        }
        Raw::Answer { status, headers, body: Ok(body.to_string().into_bytes()) }
    }

    fn send(&mut self, request: &SmsRequest, now: DateTime<Utc>) -> Raw {
        self.sent.push(request.clone());
        let number = self.sent.len();
        let accepted = || Outcome::Sent(ConversationId(format!("conversation-{number}")));
        match self.outcomes.pop_front().unwrap_or_else(accepted) {
            Outcome::Sent(id) => {
                self.begin(&request.from_number, &request.to_number, &request.message, now, Some(id.clone()));
                self.reply(200, &json!({"success": true, "data": {"conversationId": id.0}}), now)
            }
            Outcome::Rejected { status } | Outcome::NotSent(NotSent::Refused { status }) => {
                self.reply(status, &json!({"success": false}), now)
            }
            Outcome::Unknown { status: Some(status), .. } => self.reply(status, &json!({}), now),
            Outcome::Unknown { status: None, detail } => Raw::Broken(detail),
            Outcome::NotSent(NotSent::RateLimited { until }) => {
                self.pause = Some(until);
                self.reply(429, &json!({}), now)
            }
            Outcome::NotSent(NotSent::Unreachable { detail }) => Raw::Unreachable(detail),
            Outcome::NotSent(NotSent::Bug { detail }) => Raw::Malformed(detail),
            Outcome::NotSent(NotSent::TooOld) => Raw::LetGo,
        }
    }

    fn probe(&mut self, now: DateTime<Utc>) -> Raw {
        self.probed += 1;
        match self.probes.pop_front().unwrap_or(Ok(())) {
            Ok(()) => self.reply(200, &json!({"success": true, "data": {"phoneNumbers": []}}), now),
            Err(error) => self.fail(&error, true, now),
        }
    }

    /// With `dated`, the answer has the time of Annie's clock.
    fn fail(&mut self, error: &ReadError, dated: bool, now: DateTime<Utc>) -> Raw {
        let answer = |status: u16| Raw::Answer { status, headers: Headers::default(), body: Ok(Vec::new()) };
        match error {
            ReadError::Unreachable => Raw::Unreachable("no connection".to_owned()),
            ReadError::Failed { detail } => Raw::Broken(detail.clone()),
            ReadError::Refused { status } if dated => self.reply(*status, &json!({}), now),
            ReadError::Refused { status } => answer(*status),
            ReadError::Limited if dated => self.reply(429, &json!({}), now),
            ReadError::Limited => answer(429),
        }
    }

    fn list(&mut self, offset: usize, limit: usize, now: DateTime<Utc>) -> Raw {
        self.read.push(format!("list {offset}"));
        if let Some(error) = self.reads_fail.clone() {
            return self.fail(&error, false, now);
        }
        let total = self.conversations.len() + self.odd_rows.len();
        let lacks = |field: &str| self.omitted.contains(&field);
        let shown = |listed: &Listed| {
            json!({
                "conversationId": listed.id.0, "medium": listed.medium, "status": listed.status,
                "conversationTags": listed.tags, "actionsNeeded": listed.actions,
                "toNumber": listed.to.as_ref().filter(|_| !lacks("to")).map(Phone::dial),
                "fromNumber": listed.from.as_ref().filter(|_| !lacks("from")).map(Phone::dial),
                "startTime": listed.started_at.filter(|_| !lacks("start")).map(|at| at.to_rfc3339()),
            })
        };
        let all = self.odd_rows.iter().cloned().chain(self.conversations.iter().rev().map(|(listed, _)| shown(listed)));
        let rows: Vec<Value> = all.skip(offset).take(limit).collect();
        self.reply(200, &json!({"data": {"conversations": rows, "pagination": {"totalCount": total}}}), now)
    }

    fn messages(&mut self, id: &ConversationId, now: DateTime<Utc>) -> Raw {
        self.read.push(format!("messages {id}"));
        if let Some(error) = self.reads_fail.clone() {
            return self.fail(&error, false, now);
        }
        if let Some(error) = self.messages_fail.clone() {
            return self.fail(&error, true, now);
        }
        let Some((_, said)) = self.conversations.iter().find(|(listed, _)| listed.id == *id) else {
            return self.reply(404, &json!({}), now);
        };
        let row = |said: &Said| json!({"role": said.role, "content": said.content.0, "createdAt": said.at.map(|at| at.to_rfc3339())});
        let rows: Vec<Value> = said.iter().map(row).collect();
        self.reply(200, &json!({"data": rows}), now)
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
            actions: Vec::new(),
        };
        let said = Said { id: None, role: "assistant".to_owned(), content: Private(text.to_owned()), at: Some(at) };
        self.conversations.push((listed, vec![said]));
        id
    }
}

impl Script {
    /// Adds outcomes after the remaining ones.
    pub(crate) fn then(&self, outcomes: impl IntoIterator<Item = Outcome>) {
        self.lock().outcomes.extend(outcomes);
    }

    /// Adds answers to probes. Without any, probes succeed.
    pub(crate) fn then_probes(&self, answers: impl IntoIterator<Item = Result<(), ReadError>>) {
        self.lock().probes.extend(answers);
    }

    /// The requests received, in order.
    pub(crate) fn sent(&self) -> Vec<SmsRequest> {
        self.lock().sent.clone()
    }

    /// How many times the key was probed.
    pub(crate) fn probed(&self) -> usize {
        self.lock().probed
    }

    /// The reads, in order: `list 0`, `messages ID`.
    pub(crate) fn read(&self) -> Vec<String> {
        self.lock().read.clone()
    }

    /// Clears the recorded probes and reads.
    pub(crate) fn forget_reads(&self) {
        let mut state = self.lock();
        state.probed = 0;
        state.read.clear();
    }

    /// Adds a conversation that Annie has but Leadtime does not, or one that another program began.
    pub(crate) fn begin(&self, from: &str, to: &str, text: &str, at: DateTime<Utc>) -> ConversationId {
        self.lock().begin(from, to, text, at, None)
    }

    /// Adds a message to a conversation.
    pub(crate) fn say(&self, conversation: &ConversationId, role: &str, text: &str, at: DateTime<Utc>) {
        let said = Said { id: None, role: role.to_owned(), content: Private(text.to_owned()), at: Some(at) };
        if let Some((_, all)) = self.lock().conversations.iter_mut().find(|(listed, _)| listed.id == *conversation) {
            all.push(said);
        }
    }

    /// Puts tags and actions on a conversation, and sets its status.
    pub(crate) fn marks(&self, conversation: &ConversationId, tags: &[&str], actions: &[&str], status: &str) {
        let all = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        if let Some((listed, _)) = self.lock().conversations.iter_mut().find(|(listed, _)| listed.id == *conversation) {
            (listed.tags, listed.actions, listed.status) = (all(tags), all(actions), Some(status.to_owned()));
        }
    }

    /// Makes every read fail from now on, or work again.
    pub(crate) fn reads_fail(&self, error: Option<ReadError>) {
        self.lock().reads_fail = error;
    }

    /// Makes reading the messages of a conversation fail from now on, or work again.
    pub(crate) fn messages_fail(&self, error: Option<ReadError>) {
        self.lock().messages_fail = error;
    }

    /// Leaves these fields out of the rows of the list from now on: `to`, `from`, `start`.
    pub(crate) fn omits(&self, fields: &[&'static str]) {
        self.lock().omitted = fields.to_vec();
    }

    /// Shows these rows at the top of the list from now on.
    pub(crate) fn shows(&self, rows: &[Value]) {
        self.lock().odd_rows = rows.to_vec();
    }

    /// Adds a message before all others in a conversation, without a time.
    pub(crate) fn said_first(&self, conversation: &ConversationId, role: &str, text: &str) {
        if let Some((_, all)) = self.lock().conversations.iter_mut().find(|(listed, _)| listed.id == *conversation) {
            all.insert(0, Said { id: None, role: role.to_owned(), content: Private(text.to_owned()), at: None });
        }
    }

    /// Sets how far Annie's clock is ahead of the machine's.
    pub(crate) fn is_ahead(&self, by: TimeDelta) {
        self.lock().ahead = by;
    }

    /// Makes the next answer ask for a pause.
    pub(crate) fn asks_for_a_pause(&self, until: DateTime<Utc>) {
        self.lock().pause = Some(until);
    }

    fn answer(&self, call: Call) -> Raw {
        let mut state = self.lock();
        match call {
            Call::Sms(request) => state.send(&request, self.now()),
            Call::PhoneNumbers => state.probe(self.now()),
            Call::List { offset, limit } => state.list(offset, limit, self.now()),
            Call::Messages(id) => state.messages(&id, self.now()),
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.lock().unwrap().as_ref().unwrap().now()
    }

    /// Sets the clock for its answers. Call once, before the first request.
    pub(crate) fn keep_time_by(&self, clock: Arc<ManualClock>) {
        *self.clock.lock().unwrap() = Some(clock);
    }

    fn lock(&self) -> MutexGuard<'_, ScriptState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
