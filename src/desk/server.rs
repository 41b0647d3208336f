//! Answers requests: headers, session, role, the form's token, then the page or the act.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tracing::error;

use crate::desk::answers::redirect;
use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::reading::{Form, values_of};
use crate::desk::routes::{Access, ROUTES, Route};
use crate::desk::shared::Shared;
use crate::desk::{session, views};
use crate::listener::serve::Peer;

/// The largest form, in bytes.
const FORM: usize = 64 * 1024;

/// How long the answer took, in milliseconds, for those who look into a slow page (W3C Server Timing).
const TIMING: HeaderName = HeaderName::from_static("server-timing");

const STYLE: &str = include_str!("assets/desk.css");
const SCRIPT: &str = include_str!("assets/desk.js");
const ICON: &str = include_str!("assets/icon.svg");

/// On every answer. Nothing is loaded from elsewhere, nothing runs inside the page, nothing is kept.
const HEADERS: [(&str, &str); 8] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'",
    ),
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    // Not `no-referrer`: browsers would then hide the origin of forms.
    ("referrer-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-robots-tag", "noindex"),
];

/// Everything that the page serves.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(answer).with_state(shared)
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (began, clock) = (shared.boot(), shared.clone());
    // The time of a login could show whether there is such a user.
    let is_open = request.uri().path() == "/login";
    let mut response = answer_to(shared, request).await;
    let headers = response.headers_mut();
    if !is_open {
        let took = clock.boot().saturating_sub(began).as_secs_f64() * 1000.0;
        if let Ok(value) = HeaderValue::from_str(&format!("page;dur={took:.1}")) {
            headers.insert(TIMING, value);
        }
    }
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn answer_to(shared: Arc<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    if parts.method == Method::GET
        && let Some(asset) = asset(&path)
    {
        return asset;
    }
    let peer = parts.extensions.get::<Peer>().and_then(|peer| peer.0);
    let mut asked = Asked {
        shared: shared.clone(),
        method: parts.method,
        path,
        values: Vec::new(),
        query: Form::read(parts.uri.query().unwrap_or_default().as_bytes()),
        form: Form::default(),
        headers: parts.headers,
        peer,
        session: None,
    };
    asked.peer = if shared.is_behind_proxy() { forwarded(&asked).or(peer) } else { peer };
    let whom = |asked: &Asked| (asked.shared.clone(), asked.session.clone());
    match admitted(&mut asked, body).await {
        Ok(Admitted::To(route)) => {
            let whom = whom(&asked);
            match (route.answer)(asked).await {
                Ok(response) => response,
                Err(fault) => refusal(whom, &fault),
            }
        }
        Ok(Admitted::LogInFirst) => redirect("/login"),
        Err(fault) => refusal(whom(&asked), &fault),
    }
}

/// The address that the practice's proxy saw: the last one it wrote.
fn forwarded(asked: &Asked) -> Option<std::net::IpAddr> {
    let line = asked.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    line.rsplit(',').next()?.trim().parse().ok()
}

enum Admitted {
    To(&'static Route),
    LogInFirst,
}

/// Checks whether a request may be answered, and reads its form.
async fn admitted(asked: &mut Asked, body: Body) -> Result<Admitted, Fault> {
    let matching = ROUTES.iter().filter_map(|route| Some((route, values_of(route.path, &asked.path)?)));
    let (of_method, others): (Vec<_>, Vec<_>) = matching.partition(|(route, _)| route.method == asked.method);
    let Some((route, values)) = of_method.into_iter().next() else {
        return Err(if others.is_empty() { Fault::NotFound } else { Fault::Method });
    };
    asked.values = values;
    // What the page's script asks for by itself does not keep a session alive.
    let mode = asked.headers.get("sec-fetch-mode").and_then(|mode| mode.to_str().ok());
    let is_used = mode.is_none_or(|mode| mode == "navigate");
    let secret = asked.cookie(session::cookie_name(asked.shared.is_secure())).map(str::to_owned);
    asked.session = session::of(&asked.shared, secret.as_deref(), is_used).await?;
    if let Access::User(role) = route.access {
        let Some(session) = &asked.session else { return Ok(Admitted::LogInFirst) };
        if !session.may(role) {
            return Err(Fault::Forbidden);
        }
    }
    if asked.method == Method::POST {
        if !is_from_here(asked) {
            return Err(Fault::Stale);
        }
        let bytes = to_bytes(body, FORM).await.map_err(|_| Fault::TooLarge)?;
        asked.form = Form::read(&bytes);
        let owns = asked.session.as_ref().is_some_and(|session| session.owns(asked.form.get("token")));
        if route.access != Access::Open && !owns {
            return Err(Fault::Stale);
        }
    }
    Ok(Admitted::To(route))
}

/// Whether a form was sent by one of our own pages: browsers say so, and a page of somebody else cannot pretend.
fn is_from_here(asked: &Asked) -> bool {
    let host = asked.header(header::HOST).unwrap_or_default();
    let is_ours = match asked.header(header::ORIGIN) {
        Some(origin) => origin.split_once("://").is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host)),
        None => false,
    };
    let site = asked.headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    is_ours && site.is_none_or(|site| site == "same-origin")
}

fn asset(path: &str) -> Option<Response> {
    let (kind, text) = match path {
        "/desk.css" => ("text/css; charset=utf-8", STYLE),
        "/desk.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "/icon.svg" | "/favicon.ico" => ("image/svg+xml", ICON),
        _ => return None,
    };
    // The same for everybody; another version of the program may have another one.
    Some(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text).into_response())
}

fn refusal((shared, session): (Arc<Shared>, Option<session::Session>), fault: &Fault) -> Response {
    let (status, key) = match fault {
        Fault::NotFound => (StatusCode::NOT_FOUND, "fault.not-found"),
        Fault::Forbidden => (StatusCode::FORBIDDEN, "fault.forbidden"),
        Fault::Stale => (StatusCode::FORBIDDEN, "fault.stale"),
        Fault::BadForm => (StatusCode::BAD_REQUEST, "fault.bad-form"),
        Fault::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "fault.too-large"),
        Fault::Method => (StatusCode::METHOD_NOT_ALLOWED, "fault.method"),
        Fault::Store(reason) => {
            error!(
                "the front desk's page could not read or write the database ({reason}); the user was asked to try again"
            );
            (StatusCode::SERVICE_UNAVAILABLE, "fault.store")
        }
        Fault::Page(reason) => {
            // The reason may quote what was to be shown; its kind and place do not.
            let (kind, line) = (reason.kind(), reason.line().unwrap_or_default());
            let name = reason.name().unwrap_or_default();
            error!(
                "a page for the front desk could not be written ({kind}, {name}, line {line}). Please report this with the version"
            );
            (StatusCode::INTERNAL_SERVER_ERROR, "fault.page")
        }
    };
    let page = views::message(&shared, session.as_ref(), key);
    (status, page).into_response()
}
