//! Any status, headers and body as Annie's answer: a text counts as sent only with an id, and each list is read or
//! refused.

#![no_main]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use chrono::{DateTime, TimeDelta, Utc};
use leadtime::annie::gateway::{Answering, Call, Gateway, Raw, StillGood, Transport};
use leadtime::annie::verdict::Headers;
use leadtime::annie::wire::SmsRequest;
use leadtime::domain::ids::ConversationId;
use leadtime::domain::outcome::Outcome;
use libfuzzer_sys::fuzz_target;

/// Gives the same answer to every request.
#[derive(Debug)]
struct Says(Raw);

impl Transport for Says {
    fn call(&self, _call: Call, _still_good: StillGood) -> Answering<'_> {
        let answer = self.0.clone();
        Box::pin(async move { answer })
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_000_000, 0).expect("an instant")
}

/// Polls once: nothing here waits.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future is pending"),
    }
}

fuzz_target!(|input: (u16, Option<&str>, &[u8])| {
    let (status, header, body) = input;
    let status = if status & 1 == 0 { 200 } else { 200 + (status >> 1) % 400 };
    let header = header.map(str::to_owned);
    let headers = Headers {
        date: header.clone(),
        rate_limit_remaining: header.clone(),
        rate_limit_reset: header.clone(),
        retry_after: header,
    };
    let gateway = Gateway::new(Says(Raw::Answer { status, headers, body: Ok(body.to_vec()) }));
    let request = SmsRequest {
        from_number: "+13035550199".to_owned(),
        to_number: "+13035550101".to_owned(),
        message: "Hi".to_owned(),
        patient_info: None,
        appointment_info: None,
        context: None,
    };
    let sent = at_once(gateway.send(&request, now, || true));
    if let Outcome::Sent(id) = &sent.answer {
        assert!((200..300).contains(&status) && !id.0.trim().is_empty());
    }
    if let Some(until) = sent.pause {
        assert!(until > now() && until <= now() + TimeDelta::hours(1) + TimeDelta::seconds(2), "{until}");
    }
    if let Ok(page) = at_once(gateway.list(0, 100, now)).answer {
        assert_eq!(page.conversations.len() + page.odd.len(), page.rows, "each row counts once");
    }
    let _ = at_once(gateway.messages(&ConversationId("c".to_owned()), now)).answer;
    let _ = at_once(gateway.phone_numbers(now)).answer;
});
