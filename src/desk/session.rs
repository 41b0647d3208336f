//! Who is logged in: the session's cookie, how long it lasts, and the token of its forms.

use chrono::{DateTime, TimeDelta, Utc};
use ring::hmac;

use crate::desk::shared::Shared;
use crate::domain::desk_user::{DeskUser, Role};
use crate::domain::fingerprint;
use crate::store::StoreError;
use crate::store::desk::tokens::{self, Kind, Token};

/// The longest session.
pub(crate) const LONGEST: TimeDelta = TimeDelta::hours(12);
/// A session ends after this time without a page.
const IDLE: TimeDelta = TimeDelta::minutes(30);
/// The use of a session is written down at most this often.
const NOTED_EVERY: TimeDelta = TimeDelta::seconds(60);

/// The cookie of a session. With TLS its name makes browsers insist on TLS, the path and this host (RFC 6265bis, 4.1.3).
pub(crate) fn cookie_name(is_secure: bool) -> &'static str {
    if is_secure { "__Host-leadtime" } else { "leadtime" }
}

/// The cookie of a browser from which a user logged in before; one for each user of the browser.
pub(crate) fn device_name(is_secure: bool, user: &str) -> String {
    let of: String = fingerprint::of(user).chars().take(12).collect();
    if is_secure { format!("__Host-leadtime-device-{of}") } else { format!("leadtime-device-{of}") }
}

/// The header that sets a cookie. `seconds`: how long a browser keeps it; none: until it is closed.
pub(crate) fn set_cookie(name: &str, value: &str, is_secure: bool, seconds: Option<i64>) -> String {
    let secure = if is_secure { "; Secure" } else { "" };
    let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}")
}

/// A user who is logged in.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The user.
    pub(crate) user: DeskUser,
    /// The hash of the session's token.
    pub(crate) hash: String,
    /// The token that every form of this session contains.
    pub(crate) csrf: String,
    /// A person asks for this page, not the script of an open one.
    pub(crate) is_used: bool,
    /// The number of the last change before anything was read for the answer.
    pub(crate) change: i64,
}

impl Session {
    /// Whether the user may do what this role may do.
    pub(crate) fn may(&self, role: Role) -> bool {
        self.user.role >= role
    }

    /// Whether a form belongs to this session.
    pub(crate) fn owns(&self, token: &str) -> bool {
        // Compared as tags of a key that nobody knows, which takes the same time for every difference.
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.hash.as_bytes());
        hmac::verify(&key, token.as_bytes(), hmac::sign(&key, self.csrf.as_bytes()).as_ref()).is_ok()
    }
}

/// The token of a session's forms. It follows from the session's secret and does not reveal it.
fn csrf_of(secret: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, b"forms");
    tag.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a session is still good.
fn is_good(known: &tokens::Known, now: DateTime<Utc>) -> bool {
    now - known.began < LONGEST && now - known.seen < IDLE
}

/// The session of a request. `secret`: its cookie. `is_used`: a person asked for this page, so that the session does not end.
pub(crate) async fn of(shared: &Shared, secret: Option<&str>, is_used: bool) -> Result<Option<Session>, StoreError> {
    let Some(secret) = secret else { return Ok(None) };
    let (token, now) = (Token::of(secret, Kind::Session), shared.now());
    let wanted = token.clone();
    let known = shared.read(move |connection, _| tokens::find(connection, &wanted)).await?;
    let Some(known) = known.filter(|known| is_good(known, now)) else { return Ok(None) };
    let hash = token.hash().to_owned();
    if is_used && now - known.seen >= NOTED_EVERY {
        shared.write(move |tx, _| tokens::seen(tx, &token, now)).await?;
    }
    let change = *shared.changes.borrow();
    Ok(Some(Session { user: known.user, hash, csrf: csrf_of(secret), is_used, change }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::desk_user::Scope;

    #[test]
    fn a_session_ends_after_twelve_hours_or_thirty_idle_minutes() {
        let at = |minute: i64| DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        let user = DeskUser { name: "kim".to_owned(), role: Role::Desk, scope: Scope::All };
        let known = |seen| tokens::Known { user: user.clone(), began: at(0), seen: at(seen) };
        assert!(is_good(&known(0), at(29)));
        assert!(!is_good(&known(0), at(30)));
        assert!(is_good(&known(719), at(719)));
        assert!(!is_good(&known(719), at(720)));
    }

    #[test]
    fn a_forms_token_belongs_to_one_session() {
        let session = |secret: &str| Session {
            user: DeskUser { name: "kim".to_owned(), role: Role::Desk, scope: Scope::All },
            hash: String::new(),
            csrf: csrf_of(secret),
            is_used: true,
            change: 0,
        };
        assert!(session("a").owns(&csrf_of("a")));
        assert!(!session("a").owns(&csrf_of("b")) && !session("a").owns(""));
        assert!(session("a").may(Role::Look) && !session("a").may(Role::Manager));
    }

    #[test]
    fn cookies_are_for_this_page_only() {
        let cookie = set_cookie(cookie_name(true), "x", true, None);
        assert_eq!(cookie, "__Host-leadtime=x; Path=/; HttpOnly; SameSite=Strict; Secure");
    }
}
