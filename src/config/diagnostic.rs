//! The problems in a configuration file, shown all at once with file, line, column and caret.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// How serious a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The whole file is rejected.
    Error,
    /// The file works, but perhaps not as intended.
    Warning,
}

/// One problem in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How serious it is.
    pub severity: Severity,
    /// What is wrong, and what to write instead.
    pub message: String,
    /// The bytes of the file it refers to.
    pub span: Range<usize>,
}

impl Diagnostic {
    /// A problem because of which the file is rejected.
    pub(crate) fn error(span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Error, message: message.into(), span }
    }

    /// A problem that does not reject the file.
    pub(crate) fn warning(span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, message: message.into(), span }
    }
}

/// All problems in a file, in file order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The file's name, as the user gave it.
    pub file: String,
    /// The file's text.
    pub source: String,
    /// The problems in it.
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Whether the file is rejected.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|p| p.severity == Severity::Error)
    }

    /// The report as text, with carets.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let source = without_secrets(&self.source);
        let mut text = String::new();
        for diagnostic in &self.diagnostics {
            let level = match diagnostic.severity {
                Severity::Error => Level::ERROR,
                Severity::Warning => Level::WARNING,
            };
            // A caret needs a byte to point at, even at the end of the file or for a span over several lines.
            let start = diagnostic.span.start.min(self.source.len());
            let line_end = self.source[start..].find('\n').map_or(self.source.len(), |at| start + at);
            let end = diagnostic.span.end.clamp(start, line_end);
            let snippet = Snippet::source(source.as_str())
                .path(self.file.as_str())
                .annotation(AnnotationKind::Primary.span(start..end));
            let group: Group<'_> = level.primary_title(diagnostic.message.as_str()).element(snippet);
            text.push_str(&renderer.render(&[group]));
            text.push_str("\n\n");
        }
        text
    }

    /// `2 errors and 1 warning in config.toml`.
    pub fn summary(&self) -> String {
        let count = |severity| self.diagnostics.iter().filter(|p| p.severity == severity).count();
        let some = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        match (errors, warnings) {
            (0, 0) => format!("no problems in {}", self.file),
            (0, w) => format!("{} in {}", some(w, "warning"), self.file),
            (e, 0) => format!("{} in {}", some(e, "error"), self.file),
            (e, w) => format!("{} and {} in {}", some(e, "error"), some(w, "warning"), self.file),
        }
    }
}

/// Widens a span to whole characters, because a parser may report single bytes within one.
pub(crate) fn whole_letters(source: &str, span: Range<usize>) -> Range<usize> {
    source.floor_char_boundary(span.start)..source.ceil_char_boundary(span.end)
}

/// Keys whose values are secret, or may contain a secret.
const SECRET: [&str; 7] = ["key", "secret", "token", "password", "webhook", "heartbeat_url", "command"];

/// The text with everything private replaced by stars, byte for byte, because a report may go to the journal: the
/// values of keys that sound secret, whatever follows the host of a web address, anything that looks like an API key,
/// and patients' phone numbers. Everything else keeps its position.
fn without_secrets(source: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    // A secret value continues on the following lines until this is found.
    let mut open_until: Option<&str> = None;
    // A text for patients continues until this is found. Neither its words nor its links are secret.
    let mut text_until: Option<&str> = None;
    for line in source.split('\n') {
        if let Some(end) = open_until {
            let rest = if end.is_empty() { "" } else { line.split_once(end).map_or("", |(_, rest)| rest) };
            open_until = (!end.is_empty() && !line.contains(end)).then_some(end);
            lines.push(star(&line[..line.len() - rest.len()]) + rest);
            continue;
        }
        let (name, value) = line.split_once('=').unwrap_or(("", line));
        let own_number = ["phone", "from_number"].contains(&name.trim());
        let digits = value.bytes().filter(u8::is_ascii_digit).count();
        let is_text =
            text_until.is_some() || ["message", "first_text_line"].iter().any(|key| name.trim().starts_with(key));
        text_until = match text_until {
            Some(end) if line.contains(end) => None,
            None if is_text => goes_on(value).filter(|end| !end.is_empty() && *end != "]"),
            still => still,
        };
        let line = match secret_from(line) {
            Some(at) => {
                open_until = goes_on(&line[at..]);
                line[..at].to_owned() + &star(&line[at..])
            }
            None if value.contains('+') && digits >= 7 && !own_number => {
                let masked = value.chars().map(|c| if c.is_ascii_digit() { '*' } else { c });
                line[..line.len() - value.len()].to_owned() + &masked.collect::<String>()
            }
            None => line.to_owned(),
        };
        let line = without_keys(&line);
        lines.push(if is_text { line } else { without_addresses(&line) });
    }
    lines.join("\n")
}

fn star(text: &str) -> String {
    text.bytes().map(|b| if b"\"[]".contains(&b) { char::from(b) } else { '*' }).collect()
}

/// Where the value of the first secret key in a line begins.
fn secret_from(line: &str) -> Option<usize> {
    line.match_indices('=').map(|(at, _)| at).find_map(|at| {
        let name = line[..at].trim_end().trim_end_matches(['"', '\'']);
        let start = name.rfind(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').map_or(0, |before| before + 1);
        let name = name.get(start..)?.to_lowercase();
        (SECRET.iter().any(|word| name.contains(word)) && !name.ends_with("_file")).then_some(at + 1)
    })
}

/// What ends a value that continues past its line; "" means that the next line ends it.
fn goes_on(value: &str) -> Option<&'static str> {
    match () {
        () if value.trim().is_empty() => Some(""),
        () if value.matches("\"\"\"").count() == 1 => Some("\"\"\""),
        () if value.matches("'''").count() == 1 => Some("'''"),
        () if value.contains('[') && !value.contains(']') => Some("]"),
        () => None,
    }
}

/// Stars out whatever follows the host of a web address, because it may be a token.
fn without_addresses(line: &str) -> String {
    let (mut shown, mut rest) = (String::new(), line);
    while let Some((before, after)) = rest.split_once("://") {
        let end = after.find(|c: char| c.is_whitespace() || "\"'<>,".contains(c)).unwrap_or(after.len());
        let host = after[..end].find(['/', '?', '#']).unwrap_or(end);
        let host = if after[..host].contains('@') { 0 } else { host };
        shown += &format!("{before}://{}{}", &after[..host], star(&after[host..end]));
        rest = &after[end..];
    }
    shown + rest
}

/// Stars out any word that looks like one of Annie's keys.
fn without_keys(line: &str) -> String {
    let (mut shown, mut rest) = (String::new(), line);
    while let Some((before, after)) = rest.split_once("annie-") {
        let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').unwrap_or(after.len());
        // The name of the credential is not a key.
        let is_name = after[..end].starts_with("api-key");
        let key = if is_name { after[..end].to_owned() } else { star(&after[..end]) };
        shown += &format!("{before}annie-{key}");
        rest = &after[end..];
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use chrono::DateTime;

    use super::*;
    use crate::config::values::zones::Zones;
    use crate::config::{ConfigError, of_text};

    #[test]
    fn secrets_and_patients_numbers_are_starred_out() {
        let source = "phone = \"+13035550100\"\napi_key = \"annie-sk-v1-abc\"\nwebhook = \"https://x/abc\"\nonly_to = [\"+13035550142\"]\n  \"+13035550143\",";
        let shown = without_secrets(source);
        assert_eq!(shown.len(), source.len());
        assert!(shown.contains("+13035550100") && shown.contains("api_key =*\"***************\""), "{shown}");
        for private in ["abc", "0142", "0143"] {
            assert!(!shown.contains(private), "{shown}");
        }
    }

    #[test]
    fn a_problem_within_a_character_is_shown_with_the_whole_character() {
        let zones = Zones::of_this_machine();
        let text = include_str!("../../config.toml").replace("{{ patient.first_name }}", "\u{9f}");
        for source in [
            text.as_str(),
            "name = \"Hi \u{9f}\"\n",
            "\u{9f}\u{9f} = 1",
            "a = 1 \u{fe0f}",
            "[pr\u{ed}]\nx = \u{201c}y\u{201d}",
        ] {
            let Err(ConfigError::Wrong(report)) =
                of_text(source.to_owned(), Path::new("config.toml"), &zones, DateTime::UNIX_EPOCH)
            else {
                panic!("{source}")
            };
            assert!(report.render(false).contains("config.toml:"), "{source}");
        }
    }

    #[test]
    fn secrets_are_found_wherever_they_are_written() {
        for source in [
            "alerts = { mail = \"root\", webhook = \"https://hooks.example.com/s3cret\" }",
            "alerts.\"heartbeat_url\" = \"s3cret\"",
            "webhook =\n  \"s3cret\"",
            "command = [\"/bin/notify\",\n  \"--token\",\n \"s3cret\"]",
            "command = [\"/bin/notify\", \"s3cret\"]",
            "webhook = \"\"\"\ns3cret\"\"\"",
            "mail = \"https://example.com/s3cret?x\"",
            "oops \"https://user:s3cret@example.com\"",
            "annie = \"annie-sk-v1-s3cret\"",
        ] {
            let after = "\nname = \"Bright Smiles\"";
            let shown = without_secrets(&format!("{source}{after}"));
            assert!(!shown.contains("s3cret") && shown.ends_with(after), "{shown}");
            assert_eq!(shown.len(), source.len() + after.len());
        }
        let texts = "message.en = \"See https://maple.example/confirm?x=1\"\nmessage = \"\"\"\nhttps://maple.example/a\n\"\"\"\nmail = \"https://x.example/s3cret\"";
        let shown = without_secrets(texts);
        assert!(
            shown.contains("/confirm?x=1") && shown.contains("maple.example/a\n") && !shown.contains("s3cret"),
            "{shown}"
        );
        let harmless = "api_key_file = \"/etc/leadtime/annie-api-key\"\nbase_url = \"https://api.example.com\"";
        assert_eq!(without_secrets(harmless), harmless);
    }
}
