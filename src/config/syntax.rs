//! Explains why a file is not valid TOML to the person who edits it by hand, with one message per mistake.

use std::ops::Range;

use crate::config::diagnostic::Diagnostic;

/// How the parser's message about a repeated key begins.
const DUPLICATE: &str = "duplicate key";

/// At most this many mistakes of one kind are shown.
const MOST: usize = 5;

/// The messages for a file that cannot be parsed. `errors` are the parser's own; one mistake can cause many of them.
pub(crate) fn explain(source: &str, errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let curly = curly_quotes(source);
    if !curly.is_empty() {
        return curly;
    }
    if let Some(open) = unclosed(source) {
        return vec![open];
    }
    let line_of = |at: usize| source[..at.min(source.len())].matches('\n').count();
    let (mut kept, repeated) = single_brackets(source);
    let follows = |error: &Diagnostic| {
        error.message.starts_with(DUPLICATE) && repeated.iter().any(|span| span.contains(&error.span.start))
    };
    for error in errors.into_iter().filter(|error| !follows(error)) {
        if kept.iter().all(|before| line_of(before.span.start) != line_of(error.span.start)) {
            kept.push(error);
        }
    }
    kept.sort_by_key(|error| error.span.start);
    kept.truncate(MOST);
    kept
}

/// Sections of which there may be several, if they are written several times with single brackets: one message for each
/// kind, and where these sections are.
fn single_brackets(source: &str) -> (Vec<Diagnostic>, Vec<Range<usize>>) {
    let mut headers: Vec<(Range<usize>, &str)> = Vec::new();
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let header = line.split('#').next().unwrap_or_default().trim();
        if header.starts_with('[') && header.ends_with(']') {
            let start = at + line.len() - line.trim_start().len();
            headers.push((start..start + header.len(), header));
        }
        at += line.len();
    }
    let (mut messages, mut sections) = (Vec::new(), Vec::new());
    for name in ["rule", "location", "feed"] {
        let (single, double) = (format!("[{name}]"), format!("[[{name}]]"));
        let is_one = |header: &str| header == single || header == double;
        let first = headers.iter().find(|(_, header)| *header == single);
        let count = headers.iter().filter(|(_, header)| is_one(header)).count();
        let Some((span, _)) = first.filter(|_| count > 1) else { continue };
        let message = format!("write [[{name}]] with double brackets each time, because there may be several");
        messages.push(Diagnostic::error(span.clone(), message));
        let inner = format!("[{name}.");
        for (n, (span, _)) in headers.iter().enumerate().filter(|(_, (_, header))| is_one(header)) {
            let next = headers[n + 1..].iter().find(|(_, header)| !header.starts_with(&inner));
            sections.push(span.start..next.map_or(source.len(), |(next, _)| next.start));
        }
    }
    (messages, sections)
}

/// Whether a parser's error is only that the quotes around a value are missing: it reads on after that.
pub(crate) fn is_unquoted(error: &str) -> bool {
    error.starts_with("string values must be quoted")
}

/// Curly quotes, as word processors make them, at the start of a value.
fn curly_quotes(source: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let is_setting = !line.trim_start().starts_with('#');
        // Within straight quotes, they are part of a text.
        let first = line.find(['"', '\'', '“', '”', '„', '‘', '’', '«', '»']);
        if let Some(first) = first.filter(|first| is_setting && !line[*first..].starts_with(['"', '\''])) {
            let quote = line[first..].chars().next().map_or(1, char::len_utf8);
            let message = "this is a curly quote, as word processors make it; write a straight quote (\") before and after the value. A plain text editor keeps quotes straight";
            found.push(Diagnostic::error(at + first..at + first + quote, message));
        }
        at += line.len();
    }
    found.truncate(MOST);
    found
}

/// The first bracket or quote that is opened but not closed, reported where it is opened.
fn unclosed(source: &str) -> Option<Diagnostic> {
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut at = 0;
    let bytes = source.as_bytes();
    let mut is_line_start = true;
    while at < bytes.len() {
        let rest = &source[at..];
        if is_line_start
            && let Some((bracket, place)) = open.last().copied()
            && begins_anew(rest)
        {
            return Some(never_closed(bracket, place));
        }
        is_line_start = false;
        if let Some(quotes) = ["\"\"\"", "'''"].into_iter().find(|quotes| rest.starts_with(quotes)) {
            match rest[3..].find(quotes) {
                Some(end) => at += 3 + end + 3,
                None => {
                    return Some(Diagnostic::error(
                        at..at + 3,
                        format!("the text that begins here with {quotes} has no closing {quotes}"),
                    ));
                }
            }
            continue;
        }
        match bytes[at] {
            b'#' => at += rest.find('\n').unwrap_or(rest.len()),
            quote @ (b'"' | b'\'') => match end_of_text(rest, quote) {
                Some(end) => at += end,
                None => {
                    let message =
                        "the quote opened here is not closed on the same line; add a quote at the end of the value";
                    return Some(Diagnostic::error(at..at + 1, message));
                }
            },
            b'\n' => {
                is_line_start = true;
                at += 1;
            }
            bracket @ (b'[' | b'{') => {
                open.push((char::from(bracket), at));
                at += 1;
            }
            b']' | b'}' => {
                open.pop();
                at += 1;
            }
            _ => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    open.last().map(|(bracket, place)| never_closed(*bracket, *place))
}

fn never_closed(bracket: char, place: usize) -> Diagnostic {
    let closing = if bracket == '[' { ']' } else { '}' };
    let message = format!("the {bracket} opened here is never closed; add {closing} after the last entry");
    Diagnostic::error(place..place + 1, message)
}

/// Whether a line begins a section or sets a key, which no line inside a list does.
fn begins_anew(rest: &str) -> bool {
    let line = rest.lines().next().unwrap_or_default().trim();
    let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    let section = line.trim_start_matches('[').split(']').next().unwrap_or_default();
    let is_section = line.starts_with('[') && line.trim_end().ends_with(']') && is_word(section.trim());
    let sets_a_key = line.split_once('=').is_some_and(|(key, _)| is_word(key.trim()));
    is_section || sets_a_key
}

/// The length of a quoted string on one line.
fn end_of_text(rest: &str, quote: u8) -> Option<usize> {
    let mut bytes = rest.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\n' => return None,
            b'\\' if quote == b'"' => drop(bytes.next()),
            byte if byte == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml::de::DeTable;

    fn explained(source: &str) -> Vec<(usize, String)> {
        let (_, errors) = DeTable::parse_recoverable(source);
        let errors = errors.iter().map(|e| Diagnostic::error(e.span().unwrap_or(0..0), e.message())).collect();
        let line = |at: usize| source[..at].matches('\n').count() + 1;
        explain(source, errors).into_iter().map(|d| (line(d.span.start), d.message)).collect()
    }

    #[test]
    fn one_mistake_gives_one_message_at_the_place_where_it_was_made() {
        let many: String = (0..60).map(|n| format!("  \"{n}\",\n")).collect();
        for (source, line, words) in [
            (format!("[a]\nx = [\n{many}\n[b]\ny = 1\n[[rule]]\nname = \"x\"\n"), 2, "never closed; add ]"),
            ("[a]\nx = [1, 2\ny = 3\n".to_owned(), 2, "never closed; add ]"),
            ("[a]\nx = { b = 1\ny = 3\n".to_owned(), 2, "never closed; add }"),
            ("x = \"abc\ny = \"d\"\n".to_owned(), 1, "is not closed on the same line"),
            ("x = \"\"\"abc\ny = 1\n".to_owned(), 1, "has no closing \"\"\""),
            ("[rule]\na = 1\n[rule]\na = 1\n[rule] # last\na = 1\n".to_owned(), 1, "write [[rule]] with double"),
            ("x = 1\n[feed]\n[feed.columns]\na = 1\n[feed]\n[feed.columns]\na = 1\n".to_owned(), 2, "write [[feed]]"),
            ("[[rule]]\na = 1\n[rule]\na = 1\n".to_owned(), 3, "write [[rule]] with double"),
            ("name = “Bright Smiles”\n".to_owned(), 1, "curly quote"),
            ("x = 'it''\nz = ‘x’\n".to_owned(), 2, "curly quote"),
        ] {
            let found = explained(&source);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].0 == line && found[0].1.contains(words), "{found:?}");
        }
        let two = explained("[rule]\na = 1\n[rule]\na = 1\n[b]\nc = 1\nc = 2\n");
        assert!(two.len() == 2 && two[1].0 == 7, "a key repeated elsewhere is a mistake of its own: {two:?}");
        assert_eq!(explained("x = 1 2\ny = 3 4\n").len(), 2, "two mistakes give two messages");
    }
}
