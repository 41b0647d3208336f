//! What is wrong in a configuration file, shown all at once with file, line, column and caret.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// Whether a problem stops the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The file is refused as a whole.
    Error,
    /// The file works, but perhaps not as meant.
    Warning,
}

/// One thing wrong in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Whether it stops the daemon.
    pub severity: Severity,
    /// What is wrong, and what to write instead.
    pub message: String,
    /// The bytes of the file it is about.
    pub span: Range<usize>,
}

impl Problem {
    /// A problem that refuses the file.
    pub fn error(span: Range<usize>, message: impl Into<String>) -> Problem {
        Problem { severity: Severity::Error, message: message.into(), span }
    }

    /// A problem to think about.
    pub fn warning(span: Range<usize>, message: impl Into<String>) -> Problem {
        Problem { severity: Severity::Warning, message: message.into(), span }
    }
}

/// All problems of a file, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The file's name, as the user gave it.
    pub file: String,
    /// Its text.
    pub source: String,
    /// What is wrong in it.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Whether the file is refused.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|p| p.severity == Severity::Error)
    }

    /// The report as text, with carets.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let source = without_secrets(&self.source);
        let mut text = String::new();
        for problem in &self.problems {
            let level = match problem.severity {
                Severity::Error => Level::ERROR,
                Severity::Warning => Level::WARNING,
            };
            // A caret wants a byte to stand under, also at the end of the file and over several lines.
            let start = problem.span.start.min(self.source.len());
            let line_end = self.source[start..].find('\n').map_or(self.source.len(), |at| start + at);
            let end = problem.span.end.clamp(start, line_end);
            let snippet = Snippet::source(source.as_str())
                .path(self.file.as_str())
                .annotation(AnnotationKind::Primary.span(start..end));
            let group: Group<'_> = level.primary_title(problem.message.as_str()).element(snippet);
            text.push_str(&renderer.render(&[group]));
            text.push_str("\n\n");
        }
        text
    }

    /// `2 errors and 1 warning in config.toml`.
    pub fn summary(&self) -> String {
        let count = |severity| self.problems.iter().filter(|p| p.severity == severity).count();
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

/// The text with the values of keys that sound secret, and the numbers of patients, starred out byte by byte: a report
/// may go to the journal. The places of everything else stay the same.
fn without_secrets(source: &str) -> String {
    const SECRET: [&str; 6] = ["key", "secret", "token", "password", "webhook", "heartbeat_url"];
    let mut lines: Vec<String> = Vec::new();
    for line in source.split('\n') {
        let (name, value) = line.split_once('=').unwrap_or(("", line));
        let name = name.trim().to_lowercase();
        let secret = SECRET.iter().any(|word| name.contains(word)) && !name.ends_with("_file");
        let own_number = ["phone", "from_number"].contains(&name.as_str());
        let star = |text: &str| text.bytes().map(|b| if b == b'"' { '"' } else { '*' }).collect::<String>();
        let digits = value.bytes().filter(u8::is_ascii_digit).count();
        lines.push(match () {
            () if secret => line[..line.len() - value.len()].to_owned() + &star(value),
            () if value.contains('+') && digits >= 7 && !own_number => {
                let masked = value.chars().map(|c| if c.is_ascii_digit() { '*' } else { c });
                line[..line.len() - value.len()].to_owned() + &masked.collect::<String>()
            }
            () => line.to_owned(),
        });
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
