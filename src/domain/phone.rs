//! Phone numbers: E.164, masked wherever they are shown.

use std::fmt;
use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region};

/// A number in E.164. Shows itself as its last two digits only; the whole of it comes from [`Phone::dial`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

impl Phone {
    /// Takes a text that has the shape of E.164: `+`, a digit that is not 0, then 6 to 14 more digits
    /// (ITU-T E.164; the pattern of the Annie API). Says nothing about whether such a number exists.
    pub fn from_e164(text: &str) -> Option<Phone> {
        let digits = text.strip_prefix('+')?;
        let shape =
            (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        shape.then(|| Phone(text.to_owned()))
    }

    /// A number that is nobody's, for sample appointments.
    pub(crate) fn sample() -> Phone {
        Phone("+13035550199".to_owned())
    }

    /// The whole number, for dialling and for the ledger; never for a log.
    pub fn dial(&self) -> &str {
        &self.0
    }

    /// The number as patients of its country read it: `303-555-0100` in North America, the national format
    /// of libphonenumber elsewhere.
    pub(crate) fn national(&self) -> String {
        if let Some(national) = self.0.strip_prefix("+1").filter(|n| n.len() == 10) {
            return format!("{}-{}-{}", &national[..3], &national[3..6], &national[6..]);
        }
        match PhoneNumber::parse(&self.0, None) {
            Ok(number) => number.format_as(PhoneNumberFormat::National).into_owned(),
            Err(_) => self.0.clone(),
        }
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…{}", &self.0[self.0.len() - 2..])
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The country whose dialling rules numbers without `+` follow: an ISO 3166 code libphonenumber knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country(Region);

impl Country {
    /// The United States.
    pub const US: Country = Country(Region::US);

    /// The two-letter code.
    pub(crate) fn code(&self) -> String {
        self.0.to_string()
    }
}

impl FromStr for Country {
    type Err = String;

    fn from_str(text: &str) -> Result<Country, String> {
        let known = |region: &Region| PHONE_NUMBER_UTIL.get_supported_regions().any(|r| r == *region);
        Region::from_str(text)
            .ok()
            .filter(|region| text.chars().all(|c| c.is_ascii_uppercase()) && known(region))
            .map(Country)
            .ok_or_else(|| format!("`{text}` is not a country; write its two capital letters, such as \"US\""))
    }
}

/// What libphonenumber makes of a cell of the appointment book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The number in E.164, if the text can be read as one at all.
    pub phone: Option<Phone>,
    /// Whether such a number can exist (`isValidNumber`).
    pub valid: bool,
    /// Whether a patient could read a text at it: no toll-free, premium-rate or other service number.
    pub textable: bool,
    /// Whether the text says that the patient wants no texts; the number is the one it names.
    pub refusal: bool,
}

/// Words of somebody who does not want to be texted, as front desks write them beside a number. Beside these, any
/// other word makes a text no number at all.
const REFUSALS: [&str; 20] = [
    "do not text",
    "don't text",
    "dont text",
    "do not sms",
    "don't sms",
    "no text",
    "no sms",
    "not text",
    "never text",
    "do not contact",
    "do not message",
    "no message",
    "stop",
    "opt out",
    "opt-out",
    "opted out",
    "unsubscribe",
    "revoke",
    "call only",
    "calls only",
];

/// Reads a number as somebody wrote it. Never fails: what is no number is a reading without one.
pub fn read(spelling: &str, country: Country) -> Reading {
    let none = Reading { phone: None, valid: false, textable: false, refusal: false };
    // Words beside the digits may be "do not text"; libphonenumber would read past them, and would take
    // letters for digits. A desk telephone's extension cannot be texted to.
    let digits = spelling.trim().trim_start_matches("tel:");
    if digits.chars().any(char::is_alphabetic) {
        let said = digits.to_lowercase().replace(['\u{2019}', '\u{02bc}'], "'");
        let refusal = REFUSALS.iter().any(|words| said.contains(words));
        let number: String = digits.chars().filter(|c| !c.is_alphabetic()).collect();
        let number = number.trim_matches(|c: char| !c.is_ascii_digit() && c != '+' && c != '(');
        return match refusal {
            true => Reading { refusal, valid: false, ..read(number, country) },
            false => none,
        };
    }
    let Ok(number) = PhoneNumber::parse(digits, Some(country.0)) else { return none };
    if number.extension.is_some() {
        return none;
    }
    match Phone::from_e164(&number.format_as(PhoneNumberFormat::E164)) {
        Some(phone) => Reading {
            phone: Some(phone),
            valid: number.is_valid(),
            textable: is_a_persons(number.get_type()),
            refusal: false,
        },
        None => none,
    }
}

fn is_a_persons(kind: PhoneNumberType) -> bool {
    use PhoneNumberType::{PremiumRate, SharedCost, TollFree, UAN, VoiceMail};
    !matches!(kind, PremiumRate | SharedCost | TollFree | UAN | VoiceMail)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What could be read either way, and how it is read: ARCHITECTURE.md, "Phone cells".
    #[test]
    fn written_choices() {
        let textable = |cell: &str| {
            let reading = read(cell, Country::US);
            reading.phone.filter(|_| reading.valid && reading.textable && !reading.refusal).map(|p| p.dial().to_owned())
        };
        for cell in [
            "303\u{a0}555\u{a0}0123",
            "303\u{2011}555\u{2011}0123",
            "[303] 555-0123",
            "tel:+1-303-555-0123",
            "303-555-0123.",
            "++13035550123",
            "011 1 303 555 0123",
            "\u{202a}(303) 555-0123\u{202c}",
            "'3035550123",
            "=\"3035550123\"",
            "303--555--0123",
        ] {
            assert_eq!(textable(cell).as_deref(), Some("+13035550123"), "{cell}");
        }
        for cell in [
            "303-555-0123 x12",
            "(303) 555-0123 ext. 4",
            "303-555-0123,,4", // a desk's extension
            "cell 303-555-0123",
            "416-967-1111 (cell)",
            "212-736-5000 mom", // words nobody can be sure of
            "303-555-0123 / 720-555-0142",
            "303-555-0123 or 720-555-0142", // two numbers
            "1-800-FLOWERS",
            "800-555-1212",
            "900-234-5678", // nobody's own telephone
            "3.035550123E9",
            "2127365000.0",
            "555-0123",
            "",
            "--",
        ] {
            assert_eq!(textable(cell), None, "{cell}");
        }
    }

    #[test]
    fn shows_two_digits_only() {
        let phone = Phone::from_e164("+13035550142").unwrap();
        assert_eq!(format!("{phone} {phone:?}"), "…42 …42");
        assert_eq!(phone.dial(), "+13035550142");
    }

    #[test]
    fn shape_of_e164() {
        for bad in ["", "+", "13035550142", "+03035550142", "+130355", "+1303555014212345", "+1303555014x", "+١٢٣٤٥٦٧٨"]
        {
            assert_eq!(Phone::from_e164(bad), None, "{bad}");
        }
    }

    #[test]
    fn read_as_written() {
        let read_us = |s: &str| {
            let r = read(s, Country::US);
            (r.phone.map(|p| p.dial().to_owned()), r.valid)
        };
        assert_eq!(read_us("303-555-0142"), (Some("+13035550142".into()), true));
        assert_eq!(read_us(" (303) 555 0142 "), (Some("+13035550142".into()), true));
        assert_eq!(read_us("+15559876543"), (Some("+15559876543".into()), false), "555 is no area code");
        assert_eq!(read_us("none"), (None, false));
        assert_eq!(read_us(""), (None, false));
        assert_eq!(read_us("303-555-0142 x251"), (None, false));
    }

    #[test]
    fn a_refusal_is_no_number_to_text() {
        for cell in [
            "do not text 303-555-0142",
            "303-555-0142 NO TEXTS",
            "(303) 555-0142 - don\u{2019}t text!",
            "303 555 0142 (call only)",
        ] {
            let reading = read(cell, Country::US);
            let number = reading.phone.as_ref().map(|phone| phone.dial().to_owned());
            assert_eq!(
                (number.as_deref(), reading.valid, reading.refusal),
                (Some("+13035550142"), false, true),
                "{cell}"
            );
        }
        let wordless = read("do not text", Country::US);
        assert_eq!((wordless.phone, wordless.refusal), (None, true));
        for cell in ["wife's cell 303-555-0142", "home 303-555-0142", "303-555-0142 ext 5", "303-555-0142"] {
            assert!(!read(cell, Country::US).refusal, "{cell}");
        }
    }

    #[test]
    fn countries() {
        assert_eq!("US".parse(), Ok(Country::US));
        assert_eq!("CA".parse::<Country>().unwrap().code(), "CA");
        for bad in ["us", "U", "XX", "USA", "001", ""] {
            assert!(bad.parse::<Country>().is_err(), "{bad}");
        }
    }

    #[test]
    fn in_words() {
        assert_eq!(Phone::from_e164("+13035550100").unwrap().national(), "303-555-0100");
        assert_eq!(Phone::from_e164("+33142278186").unwrap().national(), "01 42 27 81 86");
    }
}
