//! What a request asks for, read once: path, query, form, cookies.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, header};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::desk::session::Session;
use crate::desk::shared::Shared;

/// The characters of a path segment that have another meaning in an address.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'\\')
    .add(b'.')
    .add(b'&')
    .add(b'+')
    .add(b'\'');

/// A part of a path, such as an appointment's id.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

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
        all.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
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

/// The fields of a form or a query; of several with one name, the last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads a form or a query.
    pub(crate) fn read(bytes: &Bytes) -> Form {
        Form(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// A field, without blanks around it; empty if it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.trim())
    }

    /// A field that is not empty.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|value| !value.is_empty())
    }
}

/// Matches a path against a pattern such as `/tasks/{}/done`; returns the values of its `{}`.
pub(crate) fn values_of(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (mut wanted, mut found) = (pattern.split('/'), path.split('/'));
    let mut values = Vec::new();
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return Some(values),
            (Some("{}"), Some(part)) if !part.is_empty() => {
                values.push(percent_decode_str(part).decode_utf8().ok()?.into_owned());
            }
            (Some(own), Some(part)) if own == part => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_id_survives_a_path() {
        for id in ["a1", "12/34", "A B", "é%2F", "?x#y", "..", ".", "a+b&c", "\u{202e}<b>", "\\"] {
            let path = format!("/appointments/{}/skip", segment(id));
            assert_eq!(values_of("/appointments/{}/skip", &path), Some(vec![id.to_owned()]), "{path}");
        }
        for path in ["/appointments//skip", "/appointments/a", "/appointments/a/skip/b", "/appointments/%ff/skip"] {
            assert_eq!(values_of("/appointments/{}/skip", path), None, "{path}");
        }
        assert_eq!(values_of("/", "/"), Some(vec![]));
    }
}
