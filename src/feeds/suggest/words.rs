//! Splits headers into words and maps words to their meanings.

pub(super) use super::vocabulary::Word;
use super::vocabulary::meaning;

/// The part of a form's question that says what it asks for: `Patient's legal first name - exactly as on the insurance card`.
/// Only what explains how to write the answer is left out: "of a parent or guardian" says whose it is.
fn asked_for(header: &str) -> &str {
    const NAMES: [&str; 4] = ["first name", "given name", "last name", "family name"];
    const EXPLAINS: [&str; 4] = ["as ", "exactly as ", "just as ", "spelled as "];
    if !header.is_ascii() {
        return header;
    }
    let lower = header.to_ascii_lowercase();
    let is_explained = |end: &usize| {
        let rest = lower[*end..].trim_start_matches(|c: char| !c.is_alphanumeric());
        EXPLAINS.iter().any(|begin| rest.starts_with(begin))
    };
    let ends = NAMES.iter().filter_map(|name| lower.find(name).map(|at| at + name.len()));
    ends.filter(is_explained).min().map_or(header, |end| &header[..end])
}

/// The meanings of a header's words; `None` for words without a known meaning.
pub(super) fn meanings(header: &str) -> Vec<Option<Word>> {
    let words: Vec<String> = split(asked_for(header)).into_iter().flat_map(|word| segments(&word)).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        // Up to three words can have a meaning together.
        let run = (2..=3).rev().find_map(|length| {
            let run = words.get(at..at + length)?.join(" ");
            meaning(&run).map(|word| (word, length))
        });
        let (word, length) = run.map_or_else(|| (meaning(&words[at]), 1), |(word, length)| (Some(word), length));
        found.push(word);
        at += length;
    }
    found
}

/// Splits `patientfirstname` into patient, first and name: an unknown word made up entirely of known words.
fn segments(word: &str) -> Vec<String> {
    let whole = || vec![word.to_owned()];
    if word.len() < 5 || word.len() > 40 || meaning(word).is_some() || !word.is_ascii() {
        return whole();
    }
    // For each prefix, the fewest known words that make it up.
    let mut best: Vec<Option<Vec<&str>>> = vec![None; word.len() + 1];
    best[0] = Some(Vec::new());
    for end in 2..=word.len() {
        for start in 0..=end - 2 {
            let Some(piece) = word.get(start..end).filter(|piece| meaning(piece).is_some()) else { continue };
            let Some(before) =
                best[start].clone().filter(|before| best[end].as_ref().is_none_or(|b| before.len() + 1 < b.len()))
            else {
                continue;
            };
            best[end] = Some([before, vec![piece]].concat());
        }
    }
    match best.pop().flatten() {
        Some(pieces) if pieces.iter().any(|piece| piece.len() >= 4) => pieces.into_iter().map(str::to_owned).collect(),
        _ => whole(),
    }
}

/// Splits a header into lower-case words: `AptDateTime` has three, `Appt #` two.
pub(super) fn split(header: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut current = String::new();
    // "OKtoText"
    let chars: Vec<char> = header.replace("OKto", "OK to ").chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|i| chars.get(i));
        let after = chars.get(at + 1);
        let hump = c.is_uppercase()
            && (before.is_some_and(|b| b.is_lowercase())
                || (before.is_some_and(|b| b.is_uppercase()) && after.is_some_and(|a| a.is_lowercase())));
        let turn = before.is_some_and(|b| b.is_alphabetic() != c.is_alphabetic());
        if (hump || turn || !c.is_alphanumeric()) && !current.is_empty() {
            words.push(std::mem::take(&mut current));
        }
        if c.is_alphanumeric() {
            current.extend(c.to_lowercase());
        } else if matches!(c, '#' | 'º' | '°') {
            words.push(if *c == '#' { "#".to_owned() } else { "nº".to_owned() });
        }
    }
    if !current.is_empty() {
        words.push(current);
    }
    // In "LName" and "FName", one letter and "name" belong together, as in "E-mail" and "eMail".
    let mut joined: Vec<String> = Vec::new();
    for word in words {
        let one = joined.last().is_some_and(|last| matches!(last.as_str(), "l" | "f" | "m" | "e"));
        match joined.last_mut().filter(|_| one && matches!(word.as_str(), "name" | "mail")) {
            Some(last) => last.push_str(&word),
            None => joined.push(word),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use Word::*;

    #[test]
    fn headers_are_split_into_words() {
        for (header, want) in [
            ("AptDateTime", vec!["apt", "date", "time"]),
            ("LName", vec!["lname"]),
            ("Patient Fname", vec!["patient", "fname"]),
            ("Appt #", vec!["appt", "#"]),
            ("N° RDV", vec!["n", "nº", "rdv"]),
            ("DOB", vec!["dob"]),
            ("start_time", vec!["start", "time"]),
            ("E-mail", vec!["email"]),
            ("PatientID", vec!["patient", "id"]),
            ("Location(office)", vec!["location", "office"]),
            ("Phone 2", vec!["phone", "2"]),
            ("OKtoText", vec!["ok", "to", "text"]),
        ] {
            assert_eq!(split(header), want, "{header}");
        }
        assert_eq!(meanings("Patient's legal first name (as on the insurance card)").last(), Some(&Some(Name)));
        assert_eq!(meanings("Appointment Date"), [Some(Appointment), Some(Date)]);
        assert_eq!(meanings("Time Zone"), [Some(Zone)]);
        assert_eq!(meanings("No Show"), [Some(NoShow)]);
        assert_eq!(meanings("patientfirstname"), [Some(Patient), Some(First)]);
        assert_eq!(meanings("apptstarttime"), [Some(Appointment), Some(Start), Some(Time)]);
        assert_eq!(meanings("Did not arrive"), [Some(NoShow)]);
        assert_eq!(meanings("notation"), [None]);
    }
}
