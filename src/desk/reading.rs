//! Reads what browsers send: path, query, form, cookies. Pure.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

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
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// The fields of a form or a query; of several with one name, the last.
#[derive(Debug, Clone, Default)]
pub struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads a form or a query.
    pub fn read(bytes: &[u8]) -> Form {
        Form(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// A field, without blanks around it; empty if it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.trim())
    }

    /// A field that is not empty.
    pub fn filled(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|value| !value.is_empty())
    }
}

/// Matches a path against a pattern such as `/tasks/{}/done`; returns the values of its `{}`.
pub fn values_of(pattern: &str, path: &str) -> Option<Vec<String>> {
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

/// The value of a cookie in one header line.
pub fn cookie_of<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    line.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
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
