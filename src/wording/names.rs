//! Patients' names as a text says them: many practice systems write them in capitals.

use crate::domain::appointment::Appointment;
use crate::domain::ids::one_line;

/// The first and the last name for a text, each if there is one. `MARIA LOPEZ` becomes `Maria Lopez`; a name that has
/// small letters, such as `JD McCoy`, is left as the practice wrote it.
pub(super) fn said(appointment: &Appointment) -> (Option<String>, Option<String>) {
    let last = appointment.last_name.as_ref().map(|name| one_line(name)).filter(|name| !name.is_empty());
    let (first, last) = (appointment.given_name(), last);
    let letters = || first.iter().chain(&last).flat_map(|name| name.chars()).filter(|c| c.is_alphabetic());
    match letters().count() > 2 && letters().all(char::is_uppercase) {
        true => (first.map(|name| in_small_letters(&name)), last.map(|name| in_small_letters(&name))),
        false => (first, last),
    }
}

/// Every word with a capital: `ANNE-MARIE` becomes `Anne-Marie`, `O'BRIEN` becomes `O'Brien`. Initials and numerals stay.
fn in_small_letters(name: &str) -> String {
    let is_letter = |c: char| c.is_alphabetic() || c == '\u{301}';
    let mut written = String::with_capacity(name.len());
    let mut rest = name;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_letter(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        // What follows the apostrophe in NATHAN'S or ALI'I is not a name of its own.
        let continues = written.chars().rev().nth(1).is_some_and(char::is_lowercase)
            && written.ends_with(['\'', '\u{2019}'])
            && word.chars().count() < 3;
        match continues {
            true => written.push_str(&word.to_lowercase()),
            false => written.push_str(&with_capital(word)),
        }
        let between = after.find(is_letter).unwrap_or(after.len());
        written.push_str(&after[..between]);
        rest = &after[between..];
    }
    written
}

fn with_capital(word: &str) -> String {
    let vowels = word.chars().filter(|c| "AEIOUYÁÉÍÓÚÄÖÜÈÊ".contains(*c)).count();
    let is_short_for = match word.chars().count() {
        0 | 1 => true,
        // DJ and AJ are initials; JO and AL are names.
        2 => vowels != 1 || word.ends_with('J'),
        _ => vowels == 0,
    };
    let is_numeral = matches!(word, "II" | "III" | "IV" | "VI" | "VII" | "VIII");
    if is_numeral || (is_short_for && !matches!(word, "JR" | "SR")) {
        return word.to_owned();
    }
    match word.strip_prefix("MC").filter(|rest| rest.chars().count() > 2) {
        Some(rest) => format!("Mc{}", capitalized(rest)),
        None => capitalized(word),
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().into_iter();
    // The small form of the Turkish İ is an i with a dot above it.
    first.chain(letters.flat_map(char::to_lowercase).filter(|c| *c != '\u{307}')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::appointment::samples::sarah;
    use crate::domain::private::Private;

    #[test]
    fn names_in_capitals_are_said_as_people_write_them() {
        for (written, expected) in [
            (("MARIA", "LOPEZ"), ("Maria", "Lopez")),
            (("ANNE-MARIE", "O'BRIEN"), ("Anne-Marie", "O'Brien")),
            (("MARY JO", "MCDONALD"), ("Mary Jo", "McDonald")),
            (("JOSÉ LUIS", "NÚÑEZ"), ("José Luis", "Núñez")),
            (("AJ", "SMITH"), ("AJ", "Smith")),
            (("DJ", "SMITH JR"), ("DJ", "Smith Jr")),
            (("AL", "DE LA CRUZ III"), ("Al", "De La Cruz III")),
            (("J.P.", "NG"), ("J.P.", "NG")),
            (("JUAN", "D\u{2019}ANGELO"), ("Juan", "D\u{2019}Angelo")),
            (("KEALI'I", "KANE"), ("Keali'i", "Kane")),
            (("ÖZGE", "ŞAHİN"), ("Özge", "Şahin")),
            // Whoever wrote these used small letters where they belong.
            (("JD", "McCoy"), ("JD", "McCoy")),
            (("Marie", "DUPONT"), ("Marie", "DUPONT")),
            (("maria", "lopez"), ("maria", "lopez")),
            (("王", "安娜"), ("王", "安娜")),
        ] {
            let name = |name: &str| Private(Some(name.to_owned()));
            let of = Appointment { first_name: name(written.0), last_name: name(written.1), ..sarah() };
            assert_eq!(said(&of), (Some(expected.0.to_owned()), Some(expected.1.to_owned())), "{written:?}");
        }
        let nameless = Appointment { first_name: Private(None), last_name: Private(None), ..sarah() };
        assert_eq!(said(&nameless), (None, None));
        let only = Appointment { first_name: Private(Some("MARIA".into())), last_name: Private(None), ..sarah() };
        assert_eq!(said(&only).0.as_deref(), Some("Maria"));
    }
}
