//! Reads the patient of a message (PID): id, name, birth date, one phone, language, death.

use crate::feeds::formats::hl7::patch::Patch;
use crate::feeds::formats::hl7::syntax::{Field, Segment};
use crate::feeds::formats::hl7::time;

/// What a message says about the patient.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// PID-3.1 of the repetition of type MR, else of the first.
    pub id: Patch<String>,
    pub first: Patch<String>,
    pub last: Patch<String>,
    /// YYYY-MM-DD.
    pub birth: Patch<String>,
    /// The one phone of PID-13 that may be texted, as written there.
    pub phone: Patch<String>,
    pub language: Patch<String>,
    /// Set if PID-29 or PID-30 says that the patient died.
    pub dead: Patch<()>,
}

/// Reads PID. `sent`: when the message was made, to tell whether a phone number has ended.
pub(crate) fn read(pid: &Segment, sent: Option<i64>) -> Person {
    let (first, last) = name(pid.field(5));
    let language = pid.field(15).patch().map(|field| [field.text(1), field.text(2)]);
    Person {
        id: id(pid.field(3)),
        first,
        last,
        birth: given(
            pid.field(7)
                .patch()
                .map(|field| time::date(&field.text(1)).map(|date| date.format("%Y-%m-%d").to_string())),
        ),
        phone: given(pid.field(13).patch().map(|field| phone(field, sent))),
        language: given(language.map(|words| words.into_iter().find(|word| !word.is_empty()))),
        dead: dead(pid.field(29), pid.field(30)),
    }
}

/// A value that is given but cannot be used replaces the old one all the same.
fn given(patch: Patch<Option<String>>) -> Patch<String> {
    match patch {
        Patch::Set(value) => Patch::set_or_delete(value),
        Patch::Delete => Patch::Delete,
        Patch::Keep => Patch::Keep,
    }
}

/// Numbers that are no record numbers are never taken: social security, driver's license, passport, insurance.
fn id(field: Field) -> Patch<String> {
    let ids: Vec<(String, String)> =
        field.repetitions().map(|id| (id.whole(1), id.text(5).to_ascii_uppercase())).collect();
    let usable = |(id, kind): &&(String, String)| {
        !id.is_empty() && !matches!(kind.as_str(), "SS" | "DL" | "PPN" | "NI" | "MA" | "MC" | "NIIP")
    };
    let chosen = ids.iter().filter(usable).find(|(_, kind)| kind == "MR").or_else(|| ids.iter().find(usable));
    match chosen {
        Some((id, _)) => Patch::Set(id.chars().take(200).collect()),
        None if matches!(field.patch(), Patch::Delete) => Patch::Delete,
        None => Patch::Keep,
    }
}

/// First and last name: of the legal name, else the display name, else the first one. A name with both parts comes first.
fn name(field: Field) -> (Patch<String>, Patch<String>) {
    match field.patch() {
        Patch::Keep => return (Patch::Keep, Patch::Keep),
        Patch::Delete => return (Patch::Delete, Patch::Delete),
        Patch::Set(_) => {}
    }
    let names: Vec<(String, String, u8)> = field
        .repetitions()
        .map(|name| {
            let rank = match name.text(7).to_ascii_uppercase().as_str() {
                "L" => 0,
                "D" => 1,
                // Alias, maiden, nickname and so on.
                "" | "C" | "U" => 2,
                _ => 3,
            };
            (name.text(2), name.text(1), rank)
        })
        .filter(|(first, last, _)| !first.is_empty() || !last.is_empty())
        .collect();
    let best = names.into_iter().min_by_key(|(first, last, rank)| (first.is_empty() || last.is_empty(), *rank));
    let (first, last, _) = best.unwrap_or_default();
    let part = |text: String| Patch::set_or_delete(Some(text).filter(|text| !text.is_empty()));
    (part(first), part(last))
}

/// The first cell phone of a field, else the first home phone, else the first number with no type.
fn phone(field: Field, sent: Option<i64>) -> Option<String> {
    let ranked = field.repetitions().filter_map(|phone| Some((rank(phone, sent)?, number(phone)?)));
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, number)| number)
}

/// How good a number is for a text; `None`: not to be used.
fn rank(phone: Field, sent: Option<i64>) -> Option<u8> {
    // XTN-14 is the day from which a number is no longer valid, XTN-15 the reason.
    let end = phone.text(14);
    let ended = !end.is_empty() && time::stamp(&end).zip(sent).is_none_or(|(end, sent)| end <= sent);
    if ended || !phone.text(15).is_empty() {
        return None;
    }
    let (usage, equipment) = (phone.text(2).to_ascii_uppercase(), phone.text(3).to_ascii_uppercase());
    match (usage.as_str(), equipment.as_str()) {
        // Work, answering service, beeper, emergency and other people's numbers, e-mail.
        ("WPN" | "ASN" | "BPN" | "EMR" | "NET" | "ORN" | "VHN", _) => None,
        (_, "CP" | "CELL" | "MOBILE") => Some(0),
        ("PRS" | "MC" | "CELL" | "CP" | "MOBILE", "" | "PH") => Some(0),
        ("PRN", "" | "PH") => Some(1),
        ("PH", "") | ("", "" | "PH") => Some(2),
        _ => None,
    }
}

/// The number as one text, with its extension and with what XTN-9 says about it.
fn number(phone: Field) -> Option<String> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let has_digit = |text: &str| text.contains(|c: char| c.is_ascii_digit());
    let parts = || {
        let (area, local) = (phone.text(6), phone.text(7));
        let country = digits(&phone.text(5)).trim_start_matches('0').to_owned();
        let country = if country.is_empty() { country } else { format!("+{country}") };
        let all = [country, area, local].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        Some(all).filter(|_| has_digit(&phone.text(7)))
    };
    let mut text = Some(phone.text(1)).filter(|text| has_digit(text));
    text = text.or_else(parts).or_else(|| Some(phone.text(12)).filter(|text| has_digit(text)));
    let mut text = text?;
    let extension = phone.text(8);
    if !extension.is_empty() && !text.contains(['x', 'X']) {
        text = format!("{text} x{extension}");
    }
    let note = phone.text(9);
    Some(if note.is_empty() { text } else { format!("{text} ({note})") })
}

/// Either of PID-29 and PID-30 is enough; a "no" counts only where the other does not say the opposite.
fn dead(date: Field, flag: Field) -> Patch<()> {
    let says = flag.patch().map(|flag| flag.text(1).to_ascii_uppercase());
    match (date.patch(), says) {
        (Patch::Set(_), _) => Patch::Set(()),
        (_, Patch::Set(flag)) if !matches!(flag.as_str(), "N" | "NO" | "0" | "F" | "FALSE") => Patch::Set(()),
        (_, Patch::Set(_) | Patch::Delete) | (Patch::Delete, _) => Patch::Delete,
        (Patch::Keep, Patch::Keep) => Patch::Keep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::formats::hl7::syntax::{Delimiters, Syntax};

    fn person(line: &str) -> Person {
        let syntax = Syntax { delimiters: Delimiters::default(), encoding: encoding_rs::UTF_8 };
        read(&Segment::read(line, syntax).unwrap(), time::stamp("20260301"))
    }

    fn show(patch: &Patch<String>) -> &str {
        match patch {
            Patch::Keep => "keep",
            Patch::Delete => "delete",
            Patch::Set(text) => text,
        }
    }

    #[test]
    fn chooses_the_phone() {
        let table = [
            ("", "keep"),
            ("\"\"", "delete"),
            ("(260)555-1234", "(260)555-1234"),
            ("^PRN^PH^^1^303^5550111~^PRN^CP^^1^303^5550123~a@b.example^NET^Internet^a@b.example", "+1 303 5550123"),
            ("^PRN^PH^^1^303^5550111~3035550199", "+1 303 5550111"),
            ("3035550199~^PRN^PH^^^303^5550111", "303 5550111"),
            ("3035550101~3035550102", "3035550101"),
            ("^PRS^^^^303^5550111", "303 5550111"),
            ("^PRS^PH^^+1^303^555-0111^4", "+1 303 555-0111 x4"),
            ("^PRN^PH^^^303^5550111^^do not text", "303 5550111 (do not text)"),
            ("^PRN^PH^^^^^^^^^3035550112", "3035550112"),
            ("^WPN^CP^^1^303^5550111", "delete"),
            ("3035550111^WPN^PH", "delete"),
            ("3035550111^PRN^FX", "delete"),
            ("3035550111^BPN^BP", "delete"),
            ("3035550111^PRN^BP", "delete"),
            ("3035550111^PRN^TDD", "delete"),
            ("3035550111^PRN^MD", "delete"),
            ("ann@b.example^NET^Internet^ann@b.example", "delete"),
            ("^NET^X.400^3035550111", "delete"),
            ("3035550111^EMR^CP", "delete"),
            ("none", "delete"),
            ("^PRN^PH^^1^303", "delete"),
            ("3035550111^^CP^^^^^^^^^^20010110^20020110~3035550112^^CP", "3035550112"),
            ("3035550111^^CP^^^^^^^^^^20010110^20270110~3035550112^^CP", "3035550111"),
            ("3035550111^^CP^^^^^^^^^^^^N~3035550112", "3035550112"),
            ("\"\"~3035550112", "3035550112"),
        ];
        for (field, want) in table {
            let got = person(&format!("PID|1||1||A^B||||||||{field}"));
            assert_eq!(show(&got.phone), want, "{field}");
        }
        // PID-14 is the phone at work.
        assert_eq!(person("PID|1||1||A^B|||||||||3035550111").phone, Patch::Keep);
    }

    #[test]
    fn chooses_name_and_id() {
        let names = [
            ("Lee^Ann", "Ann", "Lee"),
            ("", "keep", "keep"),
            ("\"\"", "delete", "delete"),
            ("Lee", "delete", "Lee"),
            ("Lee^\"\"", "delete", "Lee"),
            ("Old^Name^^^^^M~Lee^Ann^^^^^L~D^D^^^^^D", "Ann", "Lee"),
            ("Nick^Ann^^^^^N~Lee^Ann^^^^^D", "Ann", "Lee"),
            ("EVERYMAN&&&&Aniston^ADAM^A^III^Dr.^MD^D~Josh&&&&Bing^^stanley^^^^L", "ADAM", "EVERYMAN"),
            ("O\\T\\Hara^Ann", "Ann", "O&Hara"),
        ];
        for (field, first, last) in names {
            let got = person(&format!("PID|1||1||{field}"));
            assert_eq!((show(&got.first), show(&got.last)), (first, last), "{field}");
        }
        let ids = [
            ("42", "42"),
            ("", "keep"),
            ("\"\"", "delete"),
            ("1^^^A^PI~2^^^A^MR", "2"),
            ("1&2", "1&2"),
            ("999^^^USA^SS~2", "2"),
            ("999^^^USA^SS", "keep"),
        ];
        for (field, want) in ids {
            assert_eq!(show(&person(&format!("PID|1||{field}")).id), want, "{field}");
        }
    }

    #[test]
    fn reads_the_rest() {
        let births = [
            ("19781012", "1978-10-12"),
            ("198808181126+0215", "1988-08-18"),
            ("19780231", "delete"),
            ("1978", "delete"),
            ("", "keep"),
            ("\"\"", "delete"),
        ];
        for (field, want) in births {
            assert_eq!(show(&person(&format!("PID|1||1||||{field}")).birth), want, "{field}");
        }
        let languages = [("es", "es"), ("^Spanish", "Spanish"), ("ara^^HL70296^eng", "ara"), ("", "keep")];
        for (field, want) in languages {
            assert_eq!(show(&person(&format!("PID|1||1||||||||||||{field}")).language), want, "{field}");
        }
        let deaths = [
            ("|", Patch::Keep),
            ("|Y", Patch::Set(())),
            ("|N", Patch::Delete),
            ("|\"\"", Patch::Delete),
            ("2020|", Patch::Set(())),
            ("2020|N", Patch::Set(())),
            ("\"\"|", Patch::Delete),
            ("|1", Patch::Set(())),
            ("\"\"|Y", Patch::Set(())),
        ];
        for (fields, want) in deaths {
            let line = format!("PID|{}{fields}", "|".repeat(28));
            assert_eq!(person(&line).dead, want, "{fields}");
        }
    }
}
