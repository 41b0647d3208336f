//! Tells open pages that something changed, as server-sent events, so that they ask again.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::time::{Instant, timeout_at};

use crate::desk::asked::Asked;
use crate::desk::fault::Fault;

/// A stream ends after this time, and the browser opens another one: a session that has ended is noticed then.
const LASTS: Duration = Duration::from_secs(50);

/// The stream of changes: the number of the last one, each time there is another.
pub(crate) async fn changes(asked: Asked) -> Result<Response, Fault> {
    let known = asked.headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let mut changes = asked.shared.changes.clone();
    let first = *changes.borrow_and_update();
    // What changed while the browser was not connected is told at once.
    let missed = known.is_some_and(|known: i64| known != first);
    let begin = format!("retry: 1000\n{}", event(first, missed));
    let until = Instant::now() + LASTS;
    let stream = stream::unfold((Some(begin), changes), move |(begin, mut changes)| async move {
        if let Some(begin) = begin {
            return Some((Ok::<_, Infallible>(Bytes::from(begin)), (None, changes)));
        }
        match timeout_at(until, changes.changed()).await {
            Ok(Ok(())) => {
                let number = *changes.borrow_and_update();
                Some((Ok(Bytes::from(event(number, true))), (None, changes)))
            }
            _ => None,
        }
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Body::from_stream(stream)).into_response())
}

fn event(number: i64, is_news: bool) -> String {
    let name = if is_news { "change" } else { "hello" };
    format!("id: {number}\nevent: {name}\ndata: {number}\n\n")
}
