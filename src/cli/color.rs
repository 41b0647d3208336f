//! Whether output has color: `--color`, the variable NO_COLOR (no-color.org), and else whether it goes to a terminal.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::sync::OnceLock;

use clap::ValueEnum;

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum When {
    // On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    Always,
    Never,
}

static WHEN: OnceLock<When> = OnceLock::new();

/// Takes the choice of this run.
pub(crate) fn choose(when: When) {
    let _ = WHEN.set(when);
}

fn wanted(terminal: bool) -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    decided(WHEN.get().copied().unwrap_or_default(), no_color, terminal)
}

fn decided(when: When, no_color: bool, terminal: bool) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => terminal && !no_color,
    }
}

/// Whether standard output has color.
pub(crate) fn on_stdout() -> bool {
    wanted(std::io::stdout().is_terminal())
}

/// Whether standard error has color.
pub(crate) fn on_stderr() -> bool {
    wanted(std::io::stderr().is_terminal())
}

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// A heading, or a command.
    Bold,
    /// What matters less.
    Dim,
    /// What went well.
    Good,
    /// What did not, and why.
    Odd,
}

/// Marks of a style within a text: characters of no language, so that texts are put together before anybody knows whether
/// they go to a terminal. [`colored`] turns them into color, or takes them out.
const MARKS: [(char, &str); 5] = [
    ('\u{e1f0}', "\x1b[0m"),
    ('\u{e1f1}', "\x1b[1m"),
    ('\u{e1f2}', "\x1b[2m"),
    ('\u{e1f3}', "\x1b[32m"),
    ('\u{e1f4}', "\x1b[33m"),
];

/// A text in a style.
pub(crate) fn paint(style: Style, text: &str) -> String {
    let at = match style {
        Style::Bold => 1,
        Style::Dim => 2,
        Style::Good => 3,
        Style::Odd => 4,
    };
    format!("{}{text}{}", MARKS[at].0, MARKS[0].0)
}

/// A text with its marks as color, or without them.
pub(crate) fn colored(text: &str, color: bool) -> Cow<'_, str> {
    /// The first byte of every mark.
    const FIRST: u8 = 0xee;
    if !text.as_bytes().contains(&FIRST) || !text.contains(MARKS.map(|(mark, _)| mark)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match MARKS.iter().find(|(mark, _)| *mark == c) {
            Some((_, code)) if color => out.push_str(code),
            Some(_) => {}
            None => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_takes_precedence_over_the_variable_and_the_terminal() {
        for (when, no_color, terminal, want) in [
            (When::Auto, false, true, true),
            (When::Auto, false, false, false),
            (When::Auto, true, true, false),
            (When::Always, true, false, true),
            (When::Never, false, true, false),
        ] {
            assert_eq!(decided(when, no_color, terminal), want, "{when:?}");
        }
    }

    #[test]
    fn marks_become_color_or_nothing() {
        let text = format!("{} to call", paint(Style::Odd, "2 patients"));
        assert_eq!(colored(&text, false), "2 patients to call");
        assert_eq!(colored(&text, true), "\u{1b}[33m2 patients\u{1b}[0m to call");
    }
}
