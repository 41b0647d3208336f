//! The answers `leadtime init` needs: each is checked when it is given, and asked for again if it is not valid.

use std::io::{BufRead, Write};
use std::path::Path;

use crate::config::values::zones::Zones;
use crate::domain::ids::one_line;
use crate::domain::language::Language;
use crate::domain::phone::{self, Country};

/// A value in the file.
pub(super) struct Question<'a> {
    /// Its line in the template.
    pub(super) line: &'static str,
    /// What is asked.
    pub(super) asks: &'static str,
    /// The value given as an option.
    pub(super) given: Option<&'a str>,
    /// The default.
    pub(super) otherwise: Option<String>,
    /// Checks an answer and returns it as the file needs it, or what to write instead.
    pub(super) check: fn(&str, Country) -> Result<String, String>,
    /// The practice's country, by which numbers are read.
    pub(super) country: Country,
}

impl Question<'_> {
    /// The option for it.
    pub(super) fn flag(&self) -> String {
        self.line.replace('_', "-").replace("path", "database")
    }

    /// The value given as an option, checked.
    pub(super) fn of_option(&self) -> Result<Option<String>, String> {
        let checked = self.given.map(|given| (self.check)(given.trim(), self.country));
        checked.transpose().map_err(|why| format!("--{}: {why}; nothing was written", self.flag()))
    }

    /// Asks until the answer is valid; `None` if there are no more answers.
    pub(super) fn ask(&self, answers: &mut dyn BufRead, shown: &mut dyn Write) -> std::io::Result<Option<String>> {
        loop {
            let usual = self.otherwise.as_ref().map_or_else(String::new, |usual| format!(" [{usual}]"));
            write!(shown, "{}{usual}: ", self.asks)?;
            shown.flush()?;
            let mut line = String::new();
            if answers.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            match (line.trim(), &self.otherwise) {
                ("", Some(usual)) => return Ok(Some(usual.clone())),
                ("", None) => {}
                (answer, _) => match (self.check)(answer, self.country) {
                    Ok(answer) => return Ok(Some(answer)),
                    Err(why) => writeln!(shown, "  Not valid: {why}")?,
                },
            }
        }
    }
}

/// A time zone by its IANA name.
pub(super) fn zone(text: &str, _: Country) -> Result<String, String> {
    Zones::of_this_machine().load(text).map(|zone| zone.name().to_owned())
}

/// A name that patients see.
pub(super) fn name(text: &str, _: Country) -> Result<String, String> {
    Some(one_line(text)).filter(|name| !name.is_empty()).ok_or_else(|| "write the practice's name".to_owned())
}

/// A country by its code, in any case.
pub(super) fn country(text: &str, _: Country) -> Result<String, String> {
    text.to_uppercase().parse::<Country>().map(|country| country.code())
}

/// The country in which a time zone usually is, as a default.
pub(super) fn usual_country(zone: &str) -> &'static str {
    const OF_ZONES: [(&str, &str); 35] = [
        ("America/Toronto", "CA"),
        ("America/Montreal", "CA"),
        ("America/Vancouver", "CA"),
        ("America/Edmonton", "CA"),
        ("America/Winnipeg", "CA"),
        ("America/Regina", "CA"),
        ("America/Halifax", "CA"),
        ("America/St_Johns", "CA"),
        ("America/Mexico_City", "MX"),
        ("America/Monterrey", "MX"),
        ("America/Tijuana", "MX"),
        ("America/Puerto_Rico", "PR"),
        ("America/Bogota", "CO"),
        ("America/Lima", "PE"),
        ("America/Santiago", "CL"),
        ("America/Sao_Paulo", "BR"),
        ("America/Argentina/Buenos_Aires", "AR"),
        ("Europe/London", "GB"),
        ("Europe/Dublin", "IE"),
        ("Europe/Paris", "FR"),
        ("Europe/Brussels", "BE"),
        ("Europe/Luxembourg", "LU"),
        ("Europe/Amsterdam", "NL"),
        ("Europe/Berlin", "DE"),
        ("Europe/Vienna", "AT"),
        ("Europe/Zurich", "CH"),
        ("Europe/Madrid", "ES"),
        ("Europe/Lisbon", "PT"),
        ("Europe/Rome", "IT"),
        ("Pacific/Auckland", "NZ"),
        ("Asia/Manila", "PH"),
        ("Asia/Kolkata", "IN"),
        ("Asia/Singapore", "SG"),
        ("Africa/Johannesburg", "ZA"),
        ("Australia/", "AU"),
    ];
    OF_ZONES.iter().find(|(name, _)| zone.starts_with(name)).map_or("US", |(_, country)| country)
}

/// A phone number in any spelling, as E.164.
pub(super) fn number(text: &str, country: Country) -> Result<String, String> {
    const EXAMPLE: &str = "write the whole number, such as 303-555-0100 or +13035550100";
    let phone = phone::read(text, country).phone.ok_or_else(|| format!("`{text}` is not a phone number; {EXAMPLE}"))?;
    match phone.dial().strip_prefix("+1") {
        Some(national) if national.len() == 7 => Err(format!("`{text}` has no area code; {EXAMPLE}")),
        Some(national) if national.len() != 10 => Err(format!("`{text}` does not have ten digits; {EXAMPLE}")),
        _ => Ok(phone.dial().to_owned()),
    }
}

/// A language by its code or its English name.
pub(super) fn language(text: &str, _: Country) -> Result<String, String> {
    let text = text.to_lowercase();
    let named = [("english", "en"), ("spanish", "es"), ("french", "fr")];
    let code = named.iter().find(|(name, _)| *name == text).map_or(text.as_str(), |(_, code)| code);
    let known = Language::CODES.iter().any(|(known, _)| *known == code);
    if known { Ok(code.to_owned()) } else { Err(format!("`{text}` is not one of the languages; write en, es or fr")) }
}

/// A file to be created.
pub(super) fn new_file(text: &str, _: Country) -> Result<String, String> {
    match text.ends_with('/') || Path::new(text).is_dir() {
        true => Err(format!("{text} is a folder; write the name of a file in it")),
        false => Ok(text.to_owned()),
    }
}

/// A file that is there.
pub(super) fn existing_file(text: &str) -> Result<String, String> {
    match std::fs::metadata(text) {
        Ok(found) if !found.is_dir() => Ok(text.to_owned()),
        Ok(_) => Err(format!("{text} is a folder; write the name of the file")),
        Err(error) => Err(format!("cannot read {text}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(
        check: fn(&str, Country) -> Result<String, String>,
        usual: Option<&str>,
        lines: &str,
    ) -> (Option<String>, String) {
        let otherwise = usual.map(str::to_owned);
        let question = Question { line: "timezone", asks: "Zone", given: None, otherwise, check, country: Country::US };
        let mut shown = Vec::new();
        let answer = question.ask(&mut lines.as_bytes(), &mut shown).unwrap();
        (answer, String::from_utf8(shown).unwrap())
    }

    #[test]
    fn a_wrong_answer_is_asked_for_again() {
        let (answer, shown) = asked(zone, None, "Denver\n\nAmerica/Denver\n");
        assert_eq!(answer.as_deref(), Some("America/Denver"));
        assert!(shown.contains("Not valid: there is no time zone `Denver`; did you mean `America/Denver`?"), "{shown}");
        assert_eq!(shown.matches("Zone: ").count(), 3, "{shown}");
        assert_eq!(asked(zone, Some("America/Denver"), "\n").0.as_deref(), Some("America/Denver"));
        assert_eq!(asked(zone, None, "Denver\n").0, None, "no more answers");
    }

    #[test]
    fn numbers_and_languages_are_accepted_in_any_spelling() {
        for text in ["+1 555 123 4567", "(555) 123-4567", "5551234567", "1-555-123-4567"] {
            assert_eq!(number(text, Country::US).unwrap(), "+15551234567", "{text}");
        }
        for text in ["5551234", "123", "no", "555-123-456"] {
            assert!(number(text, Country::US).is_err(), "{text}");
        }
        assert_eq!(language("Spanish", Country::US).unwrap(), "es");
        assert!(language("de", Country::US).unwrap_err().contains("en, es or fr"));
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("a.csv"), "").unwrap();
        assert!(existing_file(&path("a.csv")).is_ok() && existing_file(&path("b.csv")).is_err());
        assert!(new_file(&path("b.db"), Country::US).is_ok() && new_file(&path(""), Country::US).is_err());
    }
}
