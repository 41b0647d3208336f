//! The sandbox's endpoints.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::conversations::Conversation;
use super::{Shared, conversations, error_body};
use crate::annie::wire::SmsRequest;

pub(super) fn router(shared: Shared) -> Router {
    let api = Router::new()
        .route("/sms", post(sms))
        .route("/conversations", get(list))
        .route("/conversations/{id}", get(one))
        .route("/conversations/{id}/messages", get(messages))
        .route("/phone-numbers", get(phone_numbers))
        .fallback(not_found);
    Router::new().nest("/v1", api.clone()).merge(api).with_state(shared)
}

/// A request on its way to being recorded and answered.
struct Call {
    shared: Shared,
    method: Method,
    uri: Uri,
    authorised: bool,
}

impl Call {
    fn new(shared: Shared, method: Method, uri: Uri, headers: &HeaderMap) -> Call {
        let given =
            headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
        let authorised = shared.key.as_deref().is_none_or(|key| given == Some(key));
        Call { shared, method, uri, authorised }
    }

    /// Answers: refuses without the key, else asks `work`; records, then lets the answer go.
    fn answer(
        self,
        request: Value,
        work: impl FnOnce(&mut conversations::Conversations, chrono::DateTime<chrono::Utc>) -> (StatusCode, Value),
    ) -> Response {
        let now = self.shared.clock.now();
        let mut inner = self.shared.lock();
        let (status, body) = match self.authorised {
            true => work(&mut inner.conversations, now),
            false => (StatusCode::UNAUTHORIZED, error_body("unauthorized")),
        };
        let line = json!({
            "at": now.to_rfc3339_opts(SecondsFormat::Millis, true), "method": self.method.as_str(),
            "path": self.uri.path(), "query": self.uri.query(), "request": request, "status": status.as_u16(),
            "conversationId": body.pointer("/data/conversationId").cloned().unwrap_or(Value::Null),
        });
        let summary = format!("{} {} -> {}", self.method, self.uri.path(), status.as_u16());
        match inner.record(&line, &summary) {
            Ok(()) => (status, Json(body)).into_response(),
            Err(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, Json(error_body("the record cannot be written"))).into_response()
            }
        }
    }
}

async fn sms(
    State(shared): State<Shared>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = Call::new(shared, method, uri, &headers);
    let recorded =
        serde_json::from_slice(&body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
    let request = serde_json::from_slice::<SmsRequest>(&body);
    call.answer(recorded, |conversations, now| match request {
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, error_body(&format!("validation failed: {error}"))),
        Ok(request) => match conversations::problem_of(&request) {
            Some(problem) => (StatusCode::UNPROCESSABLE_ENTITY, error_body(problem)),
            None if !conversations.knows(&request.from_number) => {
                (StatusCode::NOT_FOUND, error_body("fromNumber is not configured"))
            }
            None => {
                let id = conversations.begin(&request, now);
                (StatusCode::OK, json!({ "success": true, "data": { "conversationId": id } }))
            }
        },
    })
}

async fn list(
    State(shared): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let number = |name: &str, default: usize| query.get(name).map_or(Some(default), |text| text.parse().ok());
    let (offset, limit) = (number("offset", 0), number("limit", 20).filter(|n| (1..=100).contains(n)));
    Call::new(shared, method, uri, &headers).answer(Value::Null, |conversations, _| match (offset, limit) {
        (Some(offset), Some(limit)) => {
            let (page, total) = conversations.page(offset, limit);
            let pagination = json!({ "offset": offset, "limit": limit, "totalCount": total });
            (StatusCode::OK, json!({ "success": true, "data": { "conversations": page, "pagination": pagination } }))
        }
        _ => (StatusCode::UNPROCESSABLE_ENTITY, error_body("offset is at least 0, limit 1 to 100")),
    })
}

async fn one(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    Call::new(shared, method, uri, &headers)
        .answer(Value::Null, |conversations, _| found(conversations.get(&id).map(Conversation::object)))
}

async fn messages(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    Call::new(shared, method, uri, &headers)
        .answer(Value::Null, |conversations, _| found(conversations.get(&id).map(Conversation::messages)))
}

fn found(data: Option<Value>) -> (StatusCode, Value) {
    match data {
        Some(data) => (StatusCode::OK, json!({ "success": true, "data": data })),
        None => (StatusCode::NOT_FOUND, error_body("not found")),
    }
}

async fn phone_numbers(
    State(shared): State<Shared>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    Call::new(shared, method, uri, &headers).answer(Value::Null, |conversations, _| {
        let numbers = conversations.phone_numbers();
        (StatusCode::OK, json!({ "success": true, "data": { "phoneNumbers": numbers } }))
    })
}

async fn not_found(
    State(shared): State<Shared>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    Call::new(shared, method, uri, &headers)
        .answer(Value::Null, |_, _| (StatusCode::NOT_FOUND, error_body("no such endpoint")))
}
