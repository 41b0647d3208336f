//! The conversations that a stand-in for Annie has begun, and their objects as the API shows them.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::annie::model::patients::Answer;
use crate::annie::wire::SmsRequest;
use crate::domain::ids::utf16_len;
use crate::domain::phone::Phone;

const ORGANIZATION: &str = "0f6a4a52-4b2f-4d5e-9a43-6a4a1f6f2a10";
const BOT: &str = "7b1f64f2-0c6e-4f40-8d3c-2f4c1e0a9b55";

/// One conversation.
#[derive(Debug, Clone)]
pub(crate) struct Conversation {
    id: String,
    to_number: String,
    from_number: String,
    message: String,
    started_at: DateTime<Utc>,
    /// The list shows it from then on.
    listed_at: DateTime<Utc>,
    /// What was said after the first text: the role, the words, and when.
    said: Vec<(&'static str, String, DateTime<Utc>)>,
    /// Tags and actions, and since when.
    marks: Option<Marks>,
}

/// What Annie puts on a conversation.
#[derive(Debug, Clone)]
struct Marks {
    tags: Vec<String>,
    actions: Vec<String>,
    since: DateTime<Utc>,
}

impl Conversation {
    /// The object of `GET /conversations/{id}`.
    pub(crate) fn object(&self, now: DateTime<Utc>) -> Value {
        let marks = self.marks.as_ref().filter(|marks| marks.since <= now);
        let (tags, actions) = marks.map(|marks| (marks.tags.clone(), marks.actions.clone())).unwrap_or_default();
        json!({
            "conversationId": self.id, "conversationTags": tags, "actionsNeeded": actions, "orgId": ORGANIZATION,
            "medium": "SMS", "botId": BOT, "toNumber": self.to_number, "fromNumber": self.from_number,
            "summary": "", "topic": "", "duration": 0, "startTime": timestamp(self.started_at), "status": "OPEN",
        })
    }

    /// The list of `GET /conversations/{id}/messages`.
    pub(crate) fn messages(&self, now: DateTime<Utc>) -> Value {
        let first = std::iter::once(("assistant", &self.message, self.started_at));
        let said = self.said.iter().filter(|(.., at)| *at <= now).map(|(role, text, at)| (*role, text, *at));
        let all = first.chain(said).enumerate().map(|(n, (role, content, at))| {
            json!({ "id": format!("{}-{}", self.id, n + 1), "content": content, "role": role,
                    "conversationId": self.id, "createdAt": timestamp(at) })
        });
        all.collect()
    }
}

/// All of them, oldest first.
#[derive(Debug)]
pub(crate) struct Conversations {
    all: Vec<Conversation>,
    from_numbers: Vec<String>,
    /// Whether numbers beyond the first are accepted.
    any_number: bool,
}

impl Conversations {
    /// Starts empty. If numbers are given, texts may come from these only.
    pub(crate) fn new(from_numbers: &[Phone]) -> Conversations {
        let from_numbers: Vec<String> = from_numbers.iter().map(|phone| phone.dial().to_owned()).collect();
        Conversations { all: Vec::new(), any_number: from_numbers.is_empty(), from_numbers }
    }

    /// Whether texts may come from this number.
    pub(crate) fn knows(&self, from_number: &str) -> bool {
        self.any_number || self.from_numbers.iter().any(|known| known == from_number)
    }

    /// Begins a conversation that the list shows from `listed_at` on.
    pub(crate) fn begin_as(&mut self, id: String, request: &SmsRequest, now: DateTime<Utc>, listed_at: DateTime<Utc>) {
        if !self.from_numbers.contains(&request.from_number) {
            self.from_numbers.push(request.from_number.clone());
        }
        self.all.push(Conversation {
            id,
            to_number: request.to_number.clone(),
            from_number: request.from_number.clone(),
            message: request.message.clone(),
            started_at: now,
            listed_at,
            said: Vec::new(),
            marks: None,
        });
    }

    /// Adds a patient's reply; returns whether there is such a conversation.
    pub(crate) fn reply(&mut self, id: &str, text: &str, at: DateTime<Utc>) -> bool {
        let found = self.all.iter_mut().find(|conversation| conversation.id == id);
        found.map(|conversation| conversation.said.push(("user", text.to_owned(), at))).is_some()
    }

    /// Adds a patient's answer, with what Annie says and marks because of it.
    pub(crate) fn answer(&mut self, id: &str, answer: &Answer, text_at: DateTime<Utc>) {
        let at = text_at + answer.after;
        let Some(conversation) = self.all.iter_mut().find(|conversation| conversation.id == id) else { return };
        conversation.said.push(("user", answer.words.to_owned(), at));
        let annie = answer.annie.map(|words| ("assistant", words.to_owned(), at + TimeDelta::seconds(20)));
        conversation.said.extend(annie);
        let all = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        if !answer.tags.is_empty() || !answer.actions.is_empty() {
            conversation.marks = Some(Marks { tags: all(answer.tags), actions: all(answer.actions), since: at });
        }
    }

    /// Every conversation's id, with the number it was sent from.
    pub(crate) fn ids(&self) -> impl Iterator<Item = (&str, &str)> {
        self.all.iter().map(|one| (one.id.as_str(), one.from_number.as_str()))
    }

    /// One by its id.
    pub(crate) fn get(&self, id: &str) -> Option<&Conversation> {
        self.all.iter().find(|conversation| conversation.id == id)
    }

    /// One page, and how many there are in all: newest first, or shuffled by `order` if it is given.
    pub(crate) fn page(
        &self,
        offset: usize,
        limit: usize,
        order: Option<u64>,
        now: DateTime<Utc>,
    ) -> (Vec<Value>, usize) {
        let mut shown: Vec<&Conversation> = self.all.iter().rev().filter(|one| one.listed_at <= now).collect();
        if let Some(order) = order {
            fastrand::Rng::with_seed(order).shuffle(&mut shown);
        }
        let page = shown.iter().skip(offset).take(limit).map(|conversation| conversation.object(now)).collect();
        (page, shown.len())
    }

    /// The numbers that texts were sent from, as `GET /phone-numbers` shows them.
    pub(crate) fn phone_numbers(&self) -> Vec<Value> {
        let object = |number: &String| {
            json!({ "id": number, "orgId": ORGANIZATION, "botId": BOT, "number": number, "name": "sandbox",
                    "language": "ENGLISH", "outbound": true })
        };
        self.from_numbers.iter().map(object).collect()
    }
}

/// What is wrong with a request by the documented limits of its fields; none if nothing is.
pub(crate) fn problem_of(request: &SmsRequest) -> Option<&'static str> {
    let length = utf16_len(&request.message);
    if Phone::from_e164(&request.from_number).is_none() {
        return Some("fromNumber is not E.164");
    }
    if Phone::from_e164(&request.to_number).is_none() {
        return Some("toNumber is not E.164");
    }
    if !(1..=500).contains(&length) {
        return Some("message must have 1 to 500 characters");
    }
    let context = request.context.as_deref().map_or(0, utf16_len);
    (context > 500).then_some("context must have at most 500 characters")
}

fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
