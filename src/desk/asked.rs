//! A request with what it asks for and who is logged in.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, Method, header};

use crate::desk::reading::{Form, cookie_of};
use crate::desk::session::Session;
use crate::desk::shared::Shared;

/// A request.
pub(crate) struct Asked {
    /// What all requests share.
    pub(crate) shared: Arc<Shared>,
    /// The method.
    pub(crate) method: Method,
    /// The path as sent.
    pub(crate) path: String,
    /// The values of the path's `{}`, in order.
    pub(crate) values: Vec<String>,
    /// The query.
    pub(crate) query: Form,
    /// The form.
    pub(crate) form: Form,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// Where it comes from; none at a socket.
    pub(crate) peer: Option<IpAddr>,
    /// Who is logged in.
    pub(crate) session: Option<Session>,
}

impl Asked {
    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let all = self.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        all.filter_map(|line| cookie_of(line, name)).next()
    }

    /// A header as text.
    pub(crate) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The value at a place of the path.
    pub(crate) fn value(&self, at: usize) -> &str {
        self.values.get(at).map_or("", String::as_str)
    }
}
