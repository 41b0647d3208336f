//! Logging in and out, and changing one's own password.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use minijinja::context;
use tracing::warn;

use crate::desk::answers::redirect;
use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::flash::Flash;
use crate::desk::login_limits::Origin;
use crate::desk::password::{hash, random_hex, verify};
use crate::desk::session::{self, cookie_name, device_name, set_cookie};
use crate::desk::shared::Shared;
use crate::desk::views;
use crate::desk::words::Words;
use crate::domain::desk_user::{LONGEST_PASSWORD, new_password, user_name};
use crate::domain::operator::Operator;
use crate::listener::site::machine_of;
use crate::store::StoreError;
use crate::store::connection::store::blocking;
use crate::store::desk::tokens::{self, Kind, Token};
use crate::store::desk::users;
use crate::store::ledger::audit::{self, Act, Entry};

/// A login without a password works for so long.
const ONCE_WITHIN: TimeDelta = TimeDelta::hours(1);
/// A browser is remembered for a year.
const REMEMBERED: i64 = 365 * 24 * 3600;

/// `GET /login`
pub(crate) async fn page(asked: Asked) -> Result<Response, Fault> {
    if asked.session.is_some() {
        return Ok(redirect("/"));
    }
    form(&asked.shared, "", None)
}

fn form(shared: &Shared, user: &str, problem: Option<String>) -> Result<Response, Fault> {
    views::plain(shared, "login.html", context! { user, problem })
}

/// `POST /login`
pub(crate) async fn log_in(asked: Asked) -> Result<Response, Fault> {
    let shared = asked.shared.clone();
    let words = Words::in_language(shared.language());
    let typed = asked.form.get("user").to_owned();
    let name = user_name(&typed).unwrap_or_default();
    // Without blanks at its ends, as it was set.
    let password = asked.form.get("password").to_owned();
    let origin = origin(&shared, &asked, &name).await?;
    let boot = shared.boot();
    // Each try counts as wrong until it proves right, also if the browser goes away meanwhile.
    let begun = {
        let mut limits = shared.limits.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = limits.wait(&name, &origin, boot);
        if wait.is_zero() { Ok(limits.wrong(&name, &origin, boot)) } else { Err(wait) }
    };
    let begins = match begun {
        Ok(begins) => begins,
        Err(wait) => {
            return form(&shared, &typed, Some(words.say("login.wait", &[("time", in_words(words, wait))])));
        }
    };
    let wanted = name.clone();
    let stored = shared.read(move |connection, _| users::named(connection, &wanted)).await?;
    let known = stored.as_ref().map(|stored| stored.password.0.clone());
    let is_right = password.len() <= LONGEST_PASSWORD && check(&shared, password, known).await?;
    if !is_right {
        if begins {
            warn!("logins to the front desk's page were blocked for a while, because several passwords were wrong");
            let now = shared.now();
            shared.write(move |tx, _| audit::note(tx, &Entry::new(now, Act::LoginBlocked))).await?;
        }
        return form(&shared, &typed, Some(words.say("login.wrong", &[])));
    }
    shared.limits.lock().unwrap_or_else(PoisonError::into_inner).right(&name, &origin);
    let device = match origin {
        Origin::Device(_) => None,
        Origin::Address(_) => Some(random_hex::<32>()),
    };
    begin(&shared, &asked, &name, device).await
}

/// Checks a password in a thread of its own; only a few at one time, and whoever waits holds no thread.
async fn check(shared: &Shared, password: String, known: Option<String>) -> Result<bool, Fault> {
    let Ok(permit) = shared.hashing.clone().acquire_owned().await else { return Ok(false) };
    // The permit is held until the hash is done, even if the browser is gone by then.
    let verified = blocking(move || {
        let is_right = verify(&password, known.as_deref());
        drop(permit);
        Ok::<_, StoreError>(is_right)
    });
    Ok(verified.await?)
}

/// Hashes a new password, beside the others that are hashed or checked.
pub(crate) async fn hashed(shared: &Shared, password: String) -> Result<String, Fault> {
    let permit = shared.hashing.clone().acquire_owned().await.map_err(|_| Fault::BadForm)?;
    let hashed = blocking(move || {
        let hashed = hash(&password);
        drop(permit);
        Ok::<_, StoreError>(hashed)
    });
    hashed.await?.map_err(|_| Fault::BadForm)
}

/// Where a login comes from: a browser that is known for this user, or an address.
async fn origin(shared: &Shared, asked: &Asked, name: &str) -> Result<Origin, Fault> {
    let address = Origin::Address(asked.peer.map(machine_of));
    let Some(secret) = asked.cookie(&device_name(shared.is_secure(), name)) else { return Ok(address) };
    let (token, name) = (Token::of(secret, Kind::Device), name.to_owned());
    let hash = token.hash().to_owned();
    let known = shared.read(move |connection, _| tokens::find(connection, &token)).await?;
    Ok(match known.is_some_and(|known| known.user.name == name) {
        true => Origin::Device(hash),
        false => address,
    })
}

fn in_words(words: &Words, wait: Duration) -> String {
    let seconds = wait.as_secs() + 1;
    match seconds {
        0..60 => words.say("login.seconds", &[("n", seconds.to_string())]),
        _ => words.say("login.minutes", &[("n", seconds.div_ceil(60).to_string())]),
    }
}

/// Begins a session. A session that the browser has already ends, so that nobody can prepare one for somebody else.
async fn begin(shared: &Arc<Shared>, asked: &Asked, name: &str, device: Option<String>) -> Result<Response, Fault> {
    let is_secure = shared.is_secure();
    let (secret, now) = (random_hex::<32>(), shared.now());
    let before = asked.cookie(cookie_name(is_secure)).map(|old| Token::of(old, Kind::Session));
    if let Some(before) = &before {
        shared.notes.forget(before.hash());
    }
    shared.notes.forget_old(shared.boot());
    let (fresh, of_device) =
        (Token::of(&secret, Kind::Session), device.as_ref().map(|one| Token::of(one, Kind::Device)));
    let user = name.to_owned();
    shared
        .write(move |tx, _| {
            tokens::forget(tx, now - session::LONGEST, now)?;
            before.map(|before| tokens::remove(tx, &before)).transpose()?;
            tokens::add(tx, &fresh, &user, now)?;
            of_device.map(|device| tokens::add(tx, &device, &user, now)).transpose()?;
            audit::note(tx, &Entry { who: Some(&user), ..Entry::new(now, Act::LoggedIn) })
        })
        .await?;
    let mut headers = HeaderMap::new();
    let session = set_cookie(cookie_name(is_secure), &secret, is_secure, None);
    let remembered =
        device.map(|device| set_cookie(&device_name(is_secure, name), &device, is_secure, Some(REMEMBERED)));
    for cookie in std::iter::once(session).chain(remembered) {
        headers.append(header::SET_COOKIE, HeaderValue::from_str(&cookie).map_err(|_| Fault::BadForm)?);
    }
    Ok((headers, redirect("/")).into_response())
}

/// `GET /once/TOKEN`: a login that works once, for the demonstration.
pub(crate) async fn once(asked: Asked) -> Result<Response, Fault> {
    let (shared, token) = (asked.shared.clone(), Token::of(asked.value(0), Kind::Once));
    let (wanted, now) = (token.clone(), shared.now());
    // Nothing is written for a token that does not exist.
    let known = shared.read(move |connection, _| tokens::find(connection, &wanted)).await?;
    if known.is_none_or(|known| now - known.began > ONCE_WITHIN) {
        return Ok(redirect("/login"));
    }
    let known = shared
        .write(move |tx, _| {
            let known = tokens::find(tx, &token)?;
            tokens::remove(tx, &token)?;
            Ok(known)
        })
        .await?;
    match known {
        Some(known) => begin(&shared, &asked, &known.user.name, None).await,
        None => Ok(redirect("/login")),
    }
}

/// `POST /logout`
pub(crate) async fn log_out(asked: Asked) -> Result<Response, Fault> {
    let shared = asked.shared.clone();
    if let Some(secret) = asked.cookie(cookie_name(shared.is_secure())) {
        let token = Token::of(secret, Kind::Session);
        shared.notes.forget(token.hash());
        shared.write(move |tx, _| tokens::remove(tx, &token)).await?;
    }
    let gone = set_cookie(cookie_name(shared.is_secure()), "", shared.is_secure(), Some(0));
    let cookie = HeaderValue::from_str(&gone).map_err(|_| Fault::BadForm)?;
    // Pages of the session that the browser still has are dropped.
    let cache = HeaderValue::from_static("\"cache\"");
    let headers = [(header::SET_COOKIE, cookie), (header::HeaderName::from_static("clear-site-data"), cache)];
    Ok((headers, redirect("/login")).into_response())
}

/// `GET /password`
pub(crate) async fn password_page(asked: Asked) -> Result<Response, Fault> {
    let session = asked.session.as_ref().ok_or(Fault::Forbidden)?;
    views::page(&asked.shared, session, ("password.html", "password"), context! { problem => "" }).await
}

/// `POST /password`
pub(crate) async fn change_password(asked: Asked) -> Result<Response, Fault> {
    let session = asked.session.clone().ok_or(Fault::Forbidden)?;
    let shared = asked.shared.clone();
    let name = session.user.name.clone();
    let (old, new) = (asked.form.get("old").to_owned(), asked.form.get("new").to_owned());
    let wanted = name.clone();
    let stored = shared.read(move |connection, _| users::named(connection, &wanted)).await?;
    let boot = shared.boot();
    let origin = Origin::Device(session.hash.clone());
    let waits = {
        let mut limits = shared.limits.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = !limits.wait(&name, &origin, boot).is_zero();
        limits.wrong(&name, &origin, boot);
        waits
    };
    let is_right =
        !waits && old.len() <= LONGEST_PASSWORD && check(&shared, old, stored.map(|stored| stored.password.0)).await?;
    let problem = match (is_right, new_password(&new, &name), new == asked.form.get("again")) {
        (false, ..) => Some("password.wrong"),
        (_, Err(_), _) => Some("password.weak"),
        (_, _, false) => Some("password.differ"),
        _ => None,
    };
    if is_right {
        shared.limits.lock().unwrap_or_else(PoisonError::into_inner).right(&name, &origin);
    }
    if let Some(problem) = problem {
        return views::page(&shared, &session, ("password.html", "password"), context! { problem }).await;
    }
    let now = shared.now();
    let hashed = hashed(&shared, new).await?;
    let of = name.clone();
    shared
        .write(move |tx, _| users::set_password(tx, &of, &hashed, Operator { who: Some(&of), why: None }, now))
        .await?;
    let answer = begin(&shared, &asked, &name, Some(random_hex::<32>())).await?;
    let fresh = answer.headers().get(header::SET_COOKIE).and_then(|cookie| cookie.to_str().ok()).unwrap_or_default();
    let secret = fresh.split(['=', ';']).nth(1).unwrap_or_default();
    let words = Words::in_language(shared.language());
    let done = Flash::done(words.say("password.changed", &[]));
    shared.notes.leave(Token::of(secret, Kind::Session).hash(), done);
    Ok(answer)
}
