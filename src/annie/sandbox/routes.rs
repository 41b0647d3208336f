//! The sandbox's endpoints: HTTP outside, the model inside.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;

use axum::body::{Body, Bytes};
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, Request as HttpRequest, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::SecondsFormat;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};

use crate::annie::model::{self, Answer, Manner, Request, error_body};
use crate::annie::sandbox::shared::Shared;
use crate::annie::wire::SmsRequest;

pub(crate) fn router(shared: Shared) -> Router {
    let api = Router::new()
        .route("/sms", post(sms))
        .route("/conversations", get(list))
        .route("/conversations/{id}", get(one))
        .route("/conversations/{id}/messages", get(messages))
        .route("/phone-numbers", get(phone_numbers))
        .route("/sandbox/replies", post(reply))
        .fallback(other);
    Router::new().nest("/v1", api.clone()).merge(api).with_state(shared)
}

/// Marks an answer that must not be sent: the connection is closed instead.
#[derive(Clone)]
struct Close;

/// Handles one request of a connection. An error closes it.
pub(crate) async fn respond(router: Router, request: HttpRequest<Incoming>) -> io::Result<Response> {
    let response: Result<Response, Infallible> = TowerToHyperService::new(router).call(request.map(Body::new)).await;
    let response = response.unwrap_or_else(|never| match never {});
    match response.extensions().get::<Close>() {
        Some(Close) => Err(io::Error::other("closed on purpose")),
        None => Ok(response),
    }
}

/// What every endpoint receives.
struct Call {
    shared: Shared,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl Call {
    /// Answers a request: refuses it without the key, otherwise asks the model; records it, then sends the answer.
    async fn answer(self, recorded: Value, request: Request) -> Response {
        let Call { shared, method, uri, headers } = self;
        let given =
            headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
        let authorised = shared.key.as_deref().is_none_or(|key| given == Some(key));
        let answer = {
            let now = shared.clock.now();
            let mut inner = shared.lock();
            let answer = match authorised {
                true => inner.annie.answer(request, now),
                false => model::refused(401, "unauthorized"),
            };
            let line = json!({
                "at": now.to_rfc3339_opts(SecondsFormat::Millis, true), "method": method.as_str(), "path": uri.path(),
                "query": uri.query(), "request": recorded, "status": answer.status, "conversationId": answer.begun,
                "broke": answer.broke, "fault": answer.fault,
            });
            let summary = format!("{method} {} -> {}", uri.path(), answer.status);
            match inner.record(&line, &summary) {
                Ok(()) => answer,
                Err(_) => model::refused(500, "the record cannot be written"),
            }
        };
        give(answer).await
    }
}

/// Turns the answer into an HTTP response.
async fn give(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match answer.manner {
        Manner::Garbled => (status, "{\"success\":tr").into_response(),
        _ => (status, Json(answer.body)).into_response(),
    };
    match answer.manner {
        Manner::Never => drop(response.extensions_mut().insert(Close)),
        Manner::After(time) => tokio::time::sleep(time.to_std().unwrap_or_default()).await,
        Manner::Plainly | Manner::Garbled => {}
    }
    if let Some(seconds) = answer.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some((limit, remaining, reset)) = answer.rate {
        let numbers = [("x-ratelimit-limit", limit), ("x-ratelimit-remaining", remaining)];
        let headers = response.headers_mut();
        headers
            .extend(numbers.map(|(name, number)| (header::HeaderName::from_static(name), HeaderValue::from(number))));
        headers.insert("x-ratelimit-reset", HeaderValue::from(reset));
    }
    response
}

async fn sms(
    State(shared): State<Shared>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let recorded =
        serde_json::from_slice(&body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
    let request = serde_json::from_slice::<SmsRequest>(&body).map(Box::new).map_err(|error| error.to_string());
    Call { shared, method, uri, headers }.answer(recorded, Request::Sms(request)).await
}

async fn list(
    State(shared): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let number = |name: &str, default: usize| query.get(name).map_or(Some(default), |text| text.parse().ok());
    let limit = number("limit", 20).filter(|n| (1..=100).contains(n));
    let request = Request::List(number("offset", 0).zip(limit));
    Call { shared, method, uri, headers }.answer(Value::Null, request).await
}

async fn one(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    Call { shared, method, uri, headers }.answer(Value::Null, Request::One(id)).await
}

async fn messages(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    Call { shared, method, uri, headers }.answer(Value::Null, Request::Messages(id)).await
}

async fn phone_numbers(
    State(shared): State<Shared>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    Call { shared, method, uri, headers }.answer(Value::Null, Request::PhoneNumbers).await
}

async fn other(
    State(shared): State<Shared>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    Call { shared, method, uri, headers }.answer(Value::Null, Request::Other).await
}

/// Simulates a patient's reply: `{"conversationId": ..., "text": "STOP"}`. Not one of Annie's endpoints.
async fn reply(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    let now = shared.clock.now();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    match shared.lock().annie.conversations.reply(&text("conversationId"), &text("text"), now) {
        true => Json(json!({ "success": true })).into_response(),
        false => (StatusCode::NOT_FOUND, Json(error_body("no such conversation"))).into_response(),
    }
}
