//! Annie in a simulation: the model with its faults, called in step with the database, so that a seed always gives the
//! same story.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::annie::gateway::{Answering, Call, Raw, StillGood, Transport};
use crate::annie::model::patients::Kind;
use crate::annie::model::{Broke, Manner, Model, Rate, Request};
use crate::annie::verdict::Headers;
use crate::annie::wire::SmsRequest;
use crate::clock::{Clock, ManualClock};
use crate::simulation::auditor::Auditor;
use crate::simulation::crash::Fuse;
use crate::store::Store;

/// State that is shared with the simulation.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) annie: Model,
    pub(crate) auditor: Auditor,
    /// Annie cannot be reached.
    pub(crate) down: bool,
    pub(crate) faults: u64,
    pub(crate) posts: u64,
    pub(crate) gets: u64,
}

/// The simulated Annie.
#[derive(Debug, Clone)]
pub(crate) struct Annie {
    pub(crate) shared: Arc<Mutex<Shared>>,
    /// The true time.
    pub(crate) truth: Arc<ManualClock>,
    pub(crate) fuse: Fuse,
    pub(crate) store: Store,
}

impl Annie {
    fn answer_now(shared: &Mutex<Shared>, call: Call, now: DateTime<Utc>, retry: bool) -> Raw {
        let mut shared = lock(shared);
        if shared.down {
            if matches!(call, Call::List { .. }) {
                shared.auditor.others.list_asked(false, now);
            }
            return Raw::Unreachable("no connection".to_owned());
        }
        let (request, text) = request_of(call);
        let read = match &request {
            Request::Messages(id) => Some(id.clone()),
            _ => None,
        };
        let list = matches!(request, Request::List(_));
        let answer = shared.annie.answer(request, now);
        let good = answer.status == 200 && matches!(answer.manner, Manner::Plainly | Manner::After(_));
        if list {
            shared.auditor.others.list_asked(good, now);
        }
        match text.is_some() {
            true => shared.posts += 1,
            false => shared.gets += 1,
        }
        shared.faults += u64::from(answer.fault.is_some());
        if let Some(text) = &text {
            if let Some(id) = &answer.begun {
                shared.auditor.delivered(text, now);
                if let Some(answer) = answer.patient {
                    shared.auditor.answered(id, text, answer, now);
                }
                if let Some((Kind::Stop, at)) = answer.patient {
                    let first = shared.auditor.stops.get(&text.to_number).is_none_or(|known| at < *known);
                    if first {
                        shared.auditor.stops.insert(text.to_number.clone(), at);
                    }
                }
            }
            if let Some(broke) = answer.broke.filter(|broke| *broke != Broke::Rate) {
                shared.auditor.refused(text, broke, retry, now);
            }
        }
        if let Some(id) = read.filter(|_| good) {
            shared.auditor.answers.show(&id, now);
        }
        let headers = headers(answer.rate, now);
        match answer.manner {
            Manner::Never => Raw::Broken("the connection broke".to_owned()),
            Manner::Garbled => Raw::Answer { status: answer.status, headers, body: Ok(b"{\"success\":tr".to_vec()) },
            Manner::Plainly | Manner::After(_) => {
                Raw::Answer { status: answer.status, headers, body: Ok(answer.body.to_string().into_bytes()) }
            }
        }
    }
}

impl Transport for Annie {
    fn call(&self, call: Call, still_good: StillGood) -> Answering<'_> {
        Box::pin(async move {
            if !still_good() {
                return Raw::LetGo;
            }
            let (shared, truth, fuse) = (self.shared.clone(), self.truth.clone(), self.fuse.clone());
            // Runs in the database's own thread, so that sending and writing happen in one order.
            let answered = self
                .store
                .write(move |tx| {
                    if fuse.at_step() {
                        return Ok(None);
                    }
                    let retry = match &call {
                        Call::Sms(request) => crate::store::ledger::attempts::is_retrying(tx, &request.to_number)?,
                        _ => false,
                    };
                    let raw = Annie::answer_now(&shared, call, truth.now(), retry);
                    Ok(if fuse.at_step() { None } else { Some(raw) })
                })
                .await;
            match answered {
                Ok(Some(raw)) => raw,
                // The machine is down, so the answer never arrives.
                _ => std::future::pending().await,
            }
        })
    }
}

/// What the model is asked, and the text, if it is one.
pub(crate) fn request_of(call: Call) -> (Request, Option<Box<SmsRequest>>) {
    match call {
        Call::Sms(request) => (Request::Sms(Ok(request.clone())), Some(request)),
        Call::PhoneNumbers => (Request::PhoneNumbers, None),
        Call::List { offset, limit } => (Request::List(Some((offset, limit))), None),
        Call::Messages(id) => (Request::Messages(id.0), None),
    }
}

/// The headers of an answer.
pub(crate) fn headers(rate: Option<Rate>, now: DateTime<Utc>) -> Headers {
    let mut headers = Headers { date: Some(now.to_rfc2822()), ..Headers::default() };
    if let Some((_, remaining, reset)) = rate {
        headers.rate_limit_remaining = Some(remaining.to_string());
        headers.rate_limit_reset = Some(reset.to_string());
    }
    headers
}

pub(crate) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
