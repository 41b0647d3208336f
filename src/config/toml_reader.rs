//! Walks a parsed TOML document section by section and collects every problem instead of stopping at the first.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::diagnostic::Diagnostic;
use crate::domain::ids::nearest;

/// A value with its place in the file.
pub(crate) type Value<'i> = Spanned<DeValue<'i>>;

/// What a parser found wrong, in the whole value or in parts of it.
pub(crate) type Faults = Vec<(Option<Range<usize>>, String)>;

/// An error about the whole value.
pub(crate) fn fault<T>(message: impl Into<String>) -> Result<T, Faults> {
    Err(vec![(None, message.into())])
}

/// One `[section]`, read key by key; a key that is never requested counts as unknown.
pub(crate) struct Section<'d, 'i, 'p> {
    name: String,
    table: Option<&'d DeTable<'i>>,
    span: Range<usize>,
    asked: BTreeSet<&'static str>,
    diagnostics: &'p mut Vec<Diagnostic>,
}

impl<'d, 'i, 'p> Section<'d, 'i, 'p> {
    /// A section over a table; with `None`, every key is missing.
    pub(crate) fn new(
        name: &str,
        table: Option<&'d DeTable<'i>>,
        span: Range<usize>,
        diagnostics: &'p mut Vec<Diagnostic>,
    ) -> Self {
        Section { name: name.to_owned(), table, span, asked: BTreeSet::new(), diagnostics }
    }

    /// Where a key's value is, or else where the section is.
    pub(crate) fn span_of(&self, key: &str) -> Range<usize> {
        self.table.and_then(|t| t.get(key)).map_or_else(|| self.span.clone(), Spanned::span)
    }

    /// Reports an error about one key.
    pub(crate) fn error(&mut self, key: &str, message: impl Into<String>) {
        let span = self.span_of(key);
        self.diagnostics.push(Diagnostic::error(span, message));
    }

    /// Reports a warning about one key.
    pub(crate) fn warning(&mut self, key: &str, message: impl Into<String>) {
        let span = self.span_of(key);
        self.diagnostics.push(Diagnostic::warning(span, message));
    }

    /// The raw value of a key.
    pub(crate) fn raw(&mut self, key: &'static str) -> Option<&'d Value<'i>> {
        self.asked.insert(key);
        self.table.and_then(|t| t.get(key))
    }

    /// The value of an optional key. Also `None` if the value is invalid, which is reported.
    pub(crate) fn optional<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&Value<'i>) -> Result<T, Faults>,
    ) -> Option<T> {
        let value = self.raw(key)?;
        match parse(value) {
            Ok(parsed) => Some(parsed),
            Err(faults) => {
                for (span, message) in faults {
                    self.diagnostics
                        .push(Diagnostic::error(span.unwrap_or_else(|| value.span()), format!("`{key}`: {message}")));
                }
                None
            }
        }
    }

    /// The value of a required key.
    pub(crate) fn required<T>(
        &mut self,
        key: &'static str,
        example: &str,
        parse: impl FnOnce(&Value<'i>) -> Result<T, Faults>,
    ) -> Option<T> {
        if self.raw(key).is_none() {
            let message = format!("{} has no `{key}`; write, for example, {key} = {example}", self.name);
            self.diagnostics.push(Diagnostic::error(self.span.clone(), message));
            return None;
        }
        self.optional(key, parse)
    }

    /// Reports every key that was never requested, with the closest valid one.
    pub(crate) fn finish(self) {
        let known: Vec<&str> = self.asked.iter().copied().collect();
        for (key, _) in self.table.into_iter().flat_map(|t| t.iter()) {
            let name = key.get_ref();
            if self.asked.contains(name.as_ref()) {
                continue;
            }
            let advice = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("valid keys: {}", known.join(", ")),
            };
            self.diagnostics
                .push(Diagnostic::error(key.span(), format!("{} has no key `{name}`; {advice}", self.name)));
        }
    }
}

/// A string.
pub(crate) fn text(value: &Value<'_>) -> Result<String, Faults> {
    match value.get_ref().as_str() {
        Some(text) => Ok(text.to_owned()),
        None => fault(format!("expected a quoted string, but this is {}", article(value))),
    }
}

/// A string, parsed by a function that writes its own error message.
pub(crate) fn text_as<T>(value: &Value<'_>, read: impl FnOnce(&str) -> Result<T, String>) -> Result<T, Faults> {
    read(&text(value)?).or_else(fault)
}

/// A whole number in a range.
pub(crate) fn whole_number(value: &Value<'_>, range: std::ops::RangeInclusive<u32>) -> Result<u32, Faults> {
    let number = value.get_ref().as_integer().and_then(|i| i.as_str().replace('_', "").parse::<u32>().ok());
    match number.filter(|n| range.contains(n)) {
        Some(number) => Ok(number),
        None => fault(format!("expected a whole number from {} to {}", range.start(), range.end())),
    }
}

/// True or false.
pub(crate) fn boolean(value: &Value<'_>) -> Result<bool, Faults> {
    match value.get_ref().as_bool() {
        Some(yes) => Ok(yes),
        None => fault("write true or false, without quotes"),
    }
}

/// A list whose elements are read one by one; each error points at its element.
pub(crate) fn list<T>(
    value: &Value<'_>,
    mut read: impl FnMut(&Value<'_>) -> Result<T, Faults>,
) -> Result<Vec<T>, Faults> {
    let Some(array) = value.get_ref().as_array() else {
        return fault(format!("expected a list in [ ], but this is {}", article(value)));
    };
    let mut items = Vec::new();
    let mut faults = Faults::new();
    for element in array.iter() {
        match read(element) {
            Ok(item) => items.push(item),
            Err(found) => {
                faults
                    .extend(found.into_iter().map(|(span, message)| (span.or_else(|| Some(element.span())), message)));
            }
        }
    }
    if faults.is_empty() { Ok(items) } else { Err(faults) }
}

/// One of a few names.
pub(crate) fn one_of<T: Copy>(value: &Value<'_>, names: &[(&'static str, T)]) -> Result<T, Faults> {
    text_as(value, |text| {
        names.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| {
            let known: Vec<String> = names.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            match nearest(text, names.iter().map(|(name, _)| *name)) {
                Some(near) => format!("\"{text}\" is not a valid value; did you mean \"{near}\"?"),
                None => format!("\"{text}\" is not a valid value; write {}", known.join(" or ")),
            }
        })
    })
}

/// A duration in words, such as `2 hours`, within a range of seconds.
pub(crate) fn duration(
    value: &Value<'_>,
    seconds: std::ops::RangeInclusive<u64>,
) -> Result<std::time::Duration, Faults> {
    text_as(value, |text| {
        // humantime's month is 30.44 days, which no one means.
        const VAGUE: [&str; 6] = ["M", "month", "months", "y", "year", "years"];
        let whole = !text.split(|c: char| !c.is_alphabetic()).any(|unit| VAGUE.contains(&unit));
        let parsed = humantime::parse_duration(text).ok().filter(|_| whole);
        let parsed = parsed.ok_or_else(|| {
            format!("`{text}` is not a length of time; write, for example, \"2 hours\", \"10 minutes\" or \"90 days\"")
        })?;
        let in_words = |s: u64| match (s / 86_400, s % 86_400) {
            (days, 0) if days > 1 => format!("{days} days"),
            _ => humantime::format_duration(std::time::Duration::from_secs(s)).to_string(),
        };
        match seconds.contains(&parsed.as_secs()) {
            true => Ok(parsed),
            false => Err(format!(
                "`{text}` is out of range; write a length of time from {} to {}",
                in_words(*seconds.start()),
                in_words(*seconds.end())
            )),
        }
    })
}

fn article(value: &Value<'_>) -> String {
    let kind = value.get_ref().type_str();
    let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {kind}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml::de::DeTable;

    fn read(text: &str) -> Result<u64, String> {
        let source = format!("x = \"{text}\"");
        let document = DeTable::parse(&source).unwrap();
        let read = duration(document.get_ref().get("x").unwrap(), 0..=90 * 86_400);
        read.map(|length| length.as_secs()).map_err(|faults| faults[0].1.clone())
    }

    #[test]
    fn lengths_of_time_are_read_and_limited() {
        for (text, seconds) in [("2 hours", 7200), ("1 day", 86_400), ("90 days", 90 * 86_400), ("1h 30m", 5400)] {
            assert_eq!(read(text), Ok(seconds), "{text}");
        }
        for text in ["1 month", "2 months", "1M", "1 year", "1y", "soon", "", "3 mo"] {
            assert!(read(text).unwrap_err().contains("not a length of time"), "{text}");
        }
        assert_eq!(
            read("91 days").unwrap_err(),
            "`91 days` is out of range; write a length of time from 0s to 90 days"
        );
    }
}
