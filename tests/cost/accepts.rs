//! An Annie in this process, for the cost test and the benchmarks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use leadtime::annie::gateway::{Answering, Call, Raw, StillGood, Transport};
use leadtime::annie::verdict::Headers;
use leadtime::clock::{Clock, ManualClock};

/// Accepts every text immediately, and has nothing to list.
#[derive(Debug)]
pub(crate) struct Accepts {
    texts: AtomicUsize,
    clock: Arc<ManualClock>,
}

impl Accepts {
    /// Annie with the engine's clock.
    pub(crate) fn by(clock: Arc<ManualClock>) -> Accepts {
        Accepts { texts: AtomicUsize::new(0), clock }
    }
}

impl Transport for Accepts {
    fn call(&self, call: Call, still_good: StillGood) -> Answering<'_> {
        Box::pin(async move {
            let body = match call {
                Call::Sms(_) if !still_good() => return Raw::LetGo,
                Call::Sms(_) => {
                    let number = self.texts.fetch_add(1, Ordering::SeqCst);
                    serde_json::json!({ "success": true, "data": { "conversationId": format!("c{number}") } })
                }
                Call::Messages(_) => serde_json::json!({ "data": [] }),
                Call::PhoneNumbers | Call::List { .. } => serde_json::json!({ "data": { "phoneNumbers": [],
                    "conversations": [], "pagination": { "totalCount": 0 } } }),
            };
            let headers = Headers { date: Some(self.clock.now().to_rfc2822()), ..Headers::default() };
            Raw::Answer { status: 200, headers, body: Ok(body.to_string().into_bytes()) }
        })
    }
}
