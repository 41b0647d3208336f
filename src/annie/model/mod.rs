//! A model of Annie: its documented rules, its conversations, and its faults. It has no I/O and no clock of its own;
//! the sandbox serves it over HTTP, and simulations call it directly.

pub(crate) mod conversations;
pub(crate) mod faults;
pub(crate) mod judge;
pub(crate) mod patients;

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::annie::model::conversations::{Conversations, problem_of};
use crate::annie::model::faults::{Fault, Faults};
use crate::annie::model::patients::{Kind, Patients};
use crate::annie::wire::SmsRequest;
use crate::domain::phone::Phone;
use crate::domain::zone::Zone;

/// Annie's limits for one number (API page of POST /sms).
const GAP: TimeDelta = TimeDelta::hours(24);
const SPANS: [(Broke, TimeDelta, usize); 2] =
    [(Broke::SevenDays, TimeDelta::days(7), 3), (Broke::ThirtyDays, TimeDelta::days(30), 6)];
const COOLDOWN: TimeDelta = TimeDelta::days(30);
const FAILURES: u32 = 3;

/// A documented rule that a request breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Broke {
    /// Outside 9 AM to 8 PM in the organization's time zone.
    Hours,
    /// Less than 24 hours after the last text to the number.
    Gap,
    /// A fourth text in 7 days.
    SevenDays,
    /// A seventh in 30 days.
    ThirtyDays,
    /// Within 30 days of three failures in a row.
    Cooldown,
    /// While another text to the number was in progress.
    InProgress,
    /// More requests per minute than allowed.
    Rate,
}

/// Which rules are enforced. Rules that are not enforced are still judged.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    /// The time zone of the legal hours; none means that every hour is legal.
    pub(crate) hours_in: Option<Zone>,
    /// Whether the limits for each number are enforced.
    pub(crate) limits: bool,
    /// Requests per minute over all endpoints; none means no limit.
    pub(crate) per_minute: Option<usize>,
}

/// `X-RateLimit-Limit`, `-Remaining` and `-Reset` (Unix seconds).
pub(crate) type Rate = (usize, usize, i64);

/// How an answer is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As it is.
    Plainly,
    /// Not at all: the connection is closed.
    Never,
    /// After this time.
    After(TimeDelta),
    /// As something unreadable.
    Garbled,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: u16,
    /// Its body.
    pub(crate) body: Value,
    /// `X-RateLimit-Limit`, `-Remaining` and `-Reset`, if the rate is enforced.
    pub(crate) rate: Option<Rate>,
    /// `Retry-After`, in seconds.
    pub(crate) retry_after: Option<u32>,
    /// How it is delivered.
    pub(crate) manner: Manner,
    /// The conversation that was begun, whatever the answer was.
    pub(crate) begun: Option<String>,
    /// How the patient answers, and when.
    pub(crate) patient: Option<(Kind, DateTime<Utc>)>,
    /// The rule the request broke.
    pub(crate) broke: Option<Broke>,
    /// What went wrong on purpose.
    pub(crate) fault: Option<Fault>,
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    /// `POST /sms`, or why its body is invalid.
    Sms(Result<Box<SmsRequest>, String>),
    /// `GET /conversations`; none if its query is wrong.
    List(Option<(usize, usize)>),
    /// `GET /conversations/{id}`.
    One(String),
    /// `GET /conversations/{id}/messages`.
    Messages(String),
    /// `GET /phone-numbers`.
    PhoneNumbers,
    /// Anything else.
    Other,
}

#[derive(Debug, Default)]
struct Number {
    texts: Vec<DateTime<Utc>>,
    failures: u32,
    failed_at: Option<DateTime<Utc>>,
    busy_until: Option<DateTime<Utc>>,
}

/// The model of Annie.
#[derive(Debug)]
pub(crate) struct Model {
    rules: Rules,
    faults: Faults,
    patients: Option<Patients>,
    rng: fastrand::Rng,
    seed: u64,
    /// The conversations begun so far.
    pub(crate) conversations: Conversations,
    numbers: HashMap<String, Number>,
    requests: VecDeque<DateTime<Utc>>,
}

/// An error body as the sandbox writes it; the vendor's format is undocumented.
pub(crate) fn error_body(message: &str) -> Value {
    json!({ "success": false, "message": message })
}

fn plain(status: u16, body: Value) -> Answer {
    Answer {
        status,
        body,
        rate: None,
        retry_after: None,
        manner: Manner::Plainly,
        begun: None,
        patient: None,
        broke: None,
        fault: None,
    }
}

/// A refusal.
pub(crate) fn refused(status: u16, message: &str) -> Answer {
    plain(status, error_body(message))
}

impl Model {
    /// A new model. If numbers are given, texts may come from these only.
    pub(crate) fn new(from_numbers: &[Phone], rules: Rules, faults: Faults, seed: u64) -> Model {
        Model {
            rules,
            faults,
            patients: None,
            rng: fastrand::Rng::with_seed(seed),
            seed,
            conversations: Conversations::new(from_numbers),
            numbers: HashMap::new(),
            requests: VecDeque::new(),
        }
    }

    /// Uses another set of faults from now on.
    pub(crate) fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// Lets patients answer from now on; none: only STOP, as often as the faults say.
    pub(crate) fn set_patients(&mut self, patients: Option<Patients>) {
        self.patients = patients;
    }

    /// Adds a text that was sent in an earlier run.
    pub(crate) fn remember(&mut self, id: &str, request: &SmsRequest, at: DateTime<Utc>) {
        self.conversations.begin_as(id.to_owned(), request, at, at);
        self.numbers.entry(request.to_number.clone()).or_default().texts.push(at);
    }

    /// Answers a request made at `now`.
    pub(crate) fn answer(&mut self, request: Request, now: DateTime<Utc>) -> Answer {
        let rate = self.take_request(now);
        if let Err(rate) = rate {
            let broken = refused(429, "too many requests");
            return Answer { rate: Some(rate), broke: Some(Broke::Rate), ..broken };
        }
        let fault = self.faults.draw(&mut self.rng);
        let answer = match fault {
            Some(Fault::CloseBefore) => Answer { manner: Manner::Never, ..refused(500, "closed") },
            Some(Fault::FailBefore) => refused(500, "internal error"),
            // With a pause of one second, so that a test does not wait a minute.
            Some(Fault::TooMany) => Answer { retry_after: Some(1), ..refused(429, "too many requests") },
            Some(Fault::Unauthorized) => refused(401, "unauthorized"),
            Some(Fault::Conflict) if matches!(request, Request::Sms(_)) => refused(409, "a text is in progress"),
            _ => self.carry_out(request, fault, now),
        };
        Answer { fault, rate: answer.rate.or(rate.ok().flatten()), ..answer }
    }

    fn carry_out(&mut self, request: Request, fault: Option<Fault>, now: DateTime<Utc>) -> Answer {
        let answer = match request {
            Request::Sms(request) => self.sms(request, fault, now),
            Request::List(None) => refused(422, "offset must be at least 0, and limit 1 to 100"),
            Request::List(Some((offset, limit))) => {
                let shuffled = self.rng.f64() < self.faults.shuffled;
                let order = shuffled.then_some(self.seed ^ (now.timestamp().unsigned_abs() / 3600));
                let (mut page, mut total) = self.conversations.page(offset, limit, order, now);
                if self.rng.f64() < self.faults.odd_rows && !page.is_empty() {
                    let row = self.rng.usize(0..page.len());
                    match self.rng.bool() {
                        true => page[row]["conversationId"] = serde_json::Value::Null,
                        false => page[row]["startTime"] = "2099-01-01T00:00:00Z".into(),
                    }
                }
                total += 3 * usize::from(self.rng.f64() < self.faults.short_lists);
                let pagination = json!({ "offset": offset, "limit": limit, "totalCount": total });
                plain(200, json!({ "success": true, "data": { "conversations": page, "pagination": pagination } }))
            }
            Request::One(id) => found(self.conversations.get(&id).map(|one| one.object(now))),
            Request::Messages(id) => found(self.conversations.get(&id).map(|one| one.messages(now))),
            Request::PhoneNumbers => {
                let numbers = self.conversations.phone_numbers();
                plain(200, json!({ "success": true, "data": { "phoneNumbers": numbers } }))
            }
            Request::Other => refused(404, "no such endpoint"),
        };
        match fault {
            Some(Fault::CloseAfter) => Answer { manner: Manner::Never, ..answer },
            Some(Fault::FailAfter) => Answer { status: 500, body: error_body("internal error"), ..answer },
            Some(Fault::Slow) => Answer { manner: Manner::After(SLOW), ..answer },
            Some(Fault::Garbage) if answer.status == 200 => Answer { manner: Manner::Garbled, ..answer },
            _ => answer,
        }
    }

    fn sms(&mut self, request: Result<Box<SmsRequest>, String>, fault: Option<Fault>, now: DateTime<Utc>) -> Answer {
        let request = match request {
            Ok(request) => request,
            Err(error) => return refused(422, &format!("validation failed: {error}")),
        };
        if !self.conversations.knows(&request.from_number) {
            return refused(404, "fromNumber is not configured");
        }
        if self.is_refused(&request.to_number) {
            return refused(403, "this number cannot be texted");
        }
        let diagnostic = problem_of(&request);
        let broke = self.broken_by(&request.to_number, now);
        let enforced = |broke: &Broke| match broke {
            Broke::Hours => self.rules.hours_in.is_some(),
            _ => self.rules.limits,
        };
        let number = self.numbers.entry(request.to_number.clone()).or_default();
        if let Some(broke) = broke.filter(enforced) {
            let status = if broke == Broke::InProgress { 409 } else { 422 };
            if status == 422 {
                number.fail(now);
            }
            return Answer { broke: Some(broke), ..refused(status, "refused by a limit") };
        }
        if let Some(diagnostic) = diagnostic {
            number.fail(now);
            return refused(422, diagnostic);
        }
        number.texts.push(now);
        (number.failures, number.failed_at) = (0, None);
        if fault == Some(Fault::Slow) {
            number.busy_until = Some(now + SLOW);
        }
        let lag = TimeDelta::milliseconds((self.rng.f64() * self.faults.list_lag.num_milliseconds() as f64) as i64);
        let id = uuid::Builder::from_random_bytes(self.rng.u128(..).to_be_bytes()).into_uuid().to_string();
        self.conversations.begin_as(id.clone(), &request, now, now + lag);
        let stop = Patients::with(&[(Kind::Stop, self.faults.stop)]);
        let answer = stop.draw(&request.message, &mut self.rng);
        let answer = answer.or_else(|| self.patients.as_ref()?.draw(&request.message, &mut self.rng));
        if let Some(answer) = &answer {
            self.conversations.answer(&id, answer, now);
        }
        let body = json!({ "success": true, "data": { "conversationId": id } });
        let patient = answer.map(|answer| (answer.kind, now + answer.after));
        Answer { begun: Some(id), patient, broke, ..plain(200, body) }
    }

    /// Whether every text to a number is refused: true for a share of the numbers, always the same ones.
    fn is_refused(&self, number: &str) -> bool {
        let mut hash = self.seed | 1;
        number.bytes().for_each(|byte| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        fastrand::Rng::with_seed(hash).f64() < self.faults.refused_numbers
    }

    fn broken_by(&self, number: &str, now: DateTime<Utc>) -> Option<Broke> {
        let opens = NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default();
        let closes = NaiveTime::from_hms_opt(20, 0, 0).unwrap_or_default();
        if let Some(zone) = &self.rules.hours_in {
            let time = zone.local(now).time();
            if time < opens || time >= closes {
                return Some(Broke::Hours);
            }
        }
        let number = self.numbers.get(number)?;
        if number.busy_until.is_some_and(|until| now < until) {
            return Some(Broke::InProgress);
        }
        if number.failures >= FAILURES && number.failed_at.is_some_and(|at| now - at < COOLDOWN) {
            return Some(Broke::Cooldown);
        }
        if number.texts.last().is_some_and(|last| now - *last < GAP) {
            return Some(Broke::Gap);
        }
        let within = |span: TimeDelta| number.texts.iter().filter(|at| now - **at < span).count();
        SPANS.iter().find(|(_, span, most)| within(*span) >= *most).map(|(broke, ..)| *broke)
    }

    fn take_request(&mut self, now: DateTime<Utc>) -> Result<Option<Rate>, Rate> {
        let Some(limit) = self.rules.per_minute else { return Ok(None) };
        while self.requests.front().is_some_and(|at| now - *at >= TimeDelta::minutes(1)) {
            self.requests.pop_front();
        }
        let reset = self.requests.front().map_or(now, |first| *first) + TimeDelta::minutes(1);
        if self.requests.len() >= limit {
            return Err((limit, 0, reset.timestamp()));
        }
        self.requests.push_back(now);
        Ok(Some((limit, limit - self.requests.len(), reset.timestamp())))
    }
}

/// How late a slow answer is.
const SLOW: TimeDelta = TimeDelta::seconds(2);

impl Number {
    fn fail(&mut self, now: DateTime<Utc>) {
        self.failures += 1;
        self.failed_at = Some(now);
    }
}

fn found(data: Option<Value>) -> Answer {
    match data {
        Some(data) => plain(200, json!({ "success": true, "data": data })),
        None => refused(404, "not found"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        "2026-11-09T17:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
    }

    fn model() -> Model {
        let zone = Zone::embedded(chrono_tz::America::Denver);
        let rules = Rules { hours_in: Some(zone), limits: true, per_minute: Some(60) };
        Model::new(&[], rules, Faults::NONE, 1)
    }

    fn text(to: &str) -> Request {
        Request::Sms(Ok(Box::new(SmsRequest {
            from_number: "+13035550199".into(),
            to_number: to.into(),
            message: "Hi".into(),
            patient_info: None,
            appointment_info: None,
            context: None,
        })))
    }

    fn post(model: &mut Model, to: &str, minutes: i64) -> (u16, Option<Broke>) {
        let answer = model.answer(text(to), at(minutes));
        (answer.status, answer.broke)
    }

    const A: &str = "+13035550101";
    const DAY: i64 = 1440;

    #[test]
    fn the_documented_rules_are_enforced() {
        let mut annie = model();
        assert_eq!(post(&mut annie, A, 0), (200, None));
        assert_eq!(post(&mut annie, A, DAY - 1), (422, Some(Broke::Gap)));
        assert_eq!(post(&mut annie, A, DAY), (200, None));
        assert_eq!(post(&mut annie, A, 2 * DAY), (200, None));
        assert_eq!(post(&mut annie, A, 3 * DAY), (422, Some(Broke::SevenDays)));
        assert_eq!(post(&mut annie, "+13035550102", -61), (422, Some(Broke::Hours)), "8:59 in Denver");
        assert_eq!(post(&mut annie, "+13035550102", 600), (422, Some(Broke::Hours)), "20:00");
        assert_eq!(post(&mut annie, A, 7 * DAY), (200, None));
    }

    #[test]
    fn three_failures_in_a_row_start_a_cool_down() {
        let mut annie = model();
        assert_eq!(post(&mut annie, A, 0).0, 200);
        for n in 0..3 {
            assert_eq!(post(&mut annie, A, 60 * (n + 1)).1, Some(Broke::Gap));
        }
        assert_eq!(post(&mut annie, A, 10 * DAY), (422, Some(Broke::Cooldown)));
        assert_eq!(post(&mut annie, A, 31 * DAY).0, 422, "a failure restarts the cool-down");
    }

    #[test]
    fn more_than_sixty_requests_a_minute_are_refused() {
        let mut annie = model();
        for n in 0..60 {
            let rate = annie.answer(Request::PhoneNumbers, at(0)).rate.unwrap();
            assert_eq!((rate.0, rate.1), (60, 59 - n));
        }
        let over = annie.answer(Request::PhoneNumbers, at(0));
        assert_eq!((over.status, over.broke, over.rate.unwrap().2), (429, Some(Broke::Rate), at(1).timestamp()));
        assert_eq!(annie.answer(Request::PhoneNumbers, at(1)).status, 200);
    }

    #[test]
    fn faults_occur_before_or_after_the_text_is_sent() {
        for (fault, _) in Fault::ALL {
            let mut annie = model();
            let mut faults = Faults::NONE;
            faults.set(fault, 1.0);
            annie.set_faults(faults);
            let answer = annie.answer(text(A), at(0));
            let is_carried_out = matches!(fault, Fault::CloseAfter | Fault::FailAfter | Fault::Slow | Fault::Garbage);
            assert_eq!(answer.begun.is_some(), is_carried_out, "{fault:?}");
            assert_eq!(answer.fault, Some(fault));
        }
    }
}
