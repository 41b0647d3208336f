//! A patient's identity, as far as the appointment book shows it, and whether two entries are the same person.
//!
//! Two mistakes are possible: texting one person twice, and not texting another person at all. The first must never
//! happen, so a missing value counts as the same. Only clear evidence makes two entries two people.

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::domain::ids::PatientId;
use crate::domain::private::Private;

/// A person, as named by an entry in the appointment book or by a text that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The practice software's id: of a chart, of an account, or derived from the name.
    pub patient_id: PatientId,
    /// The first name.
    pub first_name: Private<Option<String>>,
    /// The last name.
    pub last_name: Private<Option<String>>,
    /// The birth date.
    pub date_of_birth: Private<Option<NaiveDate>>,
}

/// How two values of two entries compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Likeness {
    Same,
    Different,
    /// One of them is missing.
    Unknown,
}

impl Person {
    /// For two entries with the same appointment id. A merged chart, a corrected name or a corrected birth date is
    /// still the same person. A different patient id with an incompatible first name is a different person.
    pub fn is_same_under_one_appointment(&self, other: &Person) -> bool {
        self.patient_id == other.patient_id
            || self.first_names(other) != Likeness::Different
            || self.birth_dates(other) == Likeness::Same
    }

    /// For two entries with the same patient id but different appointment ids. The account of a guarantor can have
    /// several people, who are told apart by first name. If one of the appointments is gone, the other is the same one
    /// under a new id.
    pub fn is_same_under_one_patient(&self, other: &Person, is_gone: bool) -> bool {
        is_gone || self.first_names(other) != Likeness::Different
    }

    /// For two entries with the same number and start, but different patient ids and appointment ids. They are the same
    /// person if first and last name match, or first name and birth date. If these are missing, they are the same
    /// person only if one of the appointments is gone.
    pub fn is_same_at_one_number(&self, other: &Person, is_gone: bool) -> bool {
        let all = [self.first_names(other), self.last_names(other), self.birth_dates(other)];
        if all.contains(&Likeness::Different) {
            return false;
        }
        let is_named_alike = all[0] == Likeness::Same && (all[1] == Likeness::Same || all[2] == Likeness::Same);
        is_gone || is_named_alike
    }

    fn first_names(&self, other: &Person) -> Likeness {
        compatible(self.first_name.0.as_deref(), other.first_name.0.as_deref())
    }

    fn last_names(&self, other: &Person) -> Likeness {
        compatible(self.last_name.0.as_deref(), other.last_name.0.as_deref())
    }

    fn birth_dates(&self, other: &Person) -> Likeness {
        match (&self.date_of_birth.0, &other.date_of_birth.0) {
            (Some(a), Some(b)) if a == b => Likeness::Same,
            (Some(_), Some(_)) => Likeness::Different,
            _ => Likeness::Unknown,
        }
    }
}

/// Folds a name for comparison: letters and digits in lower case, without accents. Empty if there is no name.
pub fn folded(name: Option<&str>) -> String {
    let letters = name.unwrap_or_default().nfkd().filter(|c| !is_combining_mark(*c));
    letters.flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

/// How well a typed name matches a patient's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameMatch {
    /// It is the first name, the last name, or both in either order.
    Same,
    /// It matches with a typo, or matches part of the name.
    Near,
    /// It is a different name.
    Other,
}

/// A name without `Jr.`, `Sr.`, `II`, `III` or `IV` at its end, which people leave out. A name that is nothing else stays.
fn without_suffix(name: Option<&str>) -> Option<&str> {
    const SUFFIXES: [&str; 5] = ["jr", "sr", "ii", "iii", "iv"];
    let name = name?.trim_end();
    let is_gap = |c: char| c.is_whitespace() || c == ',';
    let is_suffix = |(before, end): &(&str, &str)| {
        SUFFIXES.contains(&folded(Some(end)).as_str()) && !folded(Some(before)).is_empty()
    };
    Some(name.rsplit_once(is_gap).filter(is_suffix).map_or(name, |(before, _)| before))
}

/// Compares a typed name with a patient's name. Ignores case, accents, blanks and punctuation; `Jr.` and the like may be
/// left out.
pub(crate) fn match_name(typed: &str, first: Option<&str>, last: Option<&str>) -> NameMatch {
    /// Jaro-Winkler similarity (0 to 1) from which one name counts as a typo of the other.
    const NEAR: f64 = 0.9;
    let typed = folded(Some(typed));
    if typed.is_empty() {
        return NameMatch::Other;
    }
    let (whole, plain) = ((folded(first), folded(last)), (folded(without_suffix(first)), folded(without_suffix(last))));
    let forms = |(first, last): &(String, String)| {
        [first.clone(), last.clone(), format!("{first}{last}"), format!("{last}{first}")]
    };
    let names = [forms(&whole), forms(&plain)].concat();
    let names = || names.iter().filter(|name| !name.is_empty());
    let (first, last) = plain.clone();
    let slip = |name: &String| {
        strsim::osa_distance(&typed, name) <= usize::from(typed.len() > 3) + usize::from(typed.len() > 8)
            || strsim::jaro_winkler(&typed, name) >= NEAR
    };
    // `Jo Hart` for Joanna Hart.
    let is_short = |name: &String| {
        !last.is_empty()
            && typed.ends_with(&last)
            && typed.len() > last.len()
            && name.starts_with(&typed[..typed.len() - last.len()])
    };
    match () {
        () if names().any(|name| *name == typed) => NameMatch::Same,
        () if names().any(slip)
            || is_short(&first)
            || (typed.len() >= 3 && names().any(|name| name.starts_with(&typed))) =>
        {
            NameMatch::Near
        }
        () => NameMatch::Other,
    }
}

/// Two names are compatible if they are equal when folded, if one is the beginning of the other (`Jo`, `Joanna`), or if
/// they are one edit apart (`Sara`, `Sarah`).
fn compatible(a: Option<&str>, b: Option<&str>) -> Likeness {
    let (a, b) = (folded(a), folded(b));
    if a.is_empty() || b.is_empty() {
        return Likeness::Unknown;
    }
    match a.starts_with(&b) || b.starts_with(&a) || strsim::osa_distance(&a, &b) <= 1 {
        true => Likeness::Same,
        false => Likeness::Different,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(patient: &str, first: &str, last: &str, born: &str) -> Person {
        let some = |text: &str| Private(Some(text.to_owned()).filter(|text| !text.is_empty()));
        Person {
            patient_id: patient.into(),
            first_name: some(first),
            last_name: some(last),
            date_of_birth: Private(born.parse().ok()),
        }
    }

    #[test]
    fn the_same_person_is_recognized_under_one_appointment_id() {
        let before = person("P1", "José", "Díaz", "1980-01-02");
        for (now, is_same, why) in [
            (person("P1", "Ana", "Ruiz", "1991-01-01"), true, "the same chart"),
            (person("P2", "JOSE", "Diaz", "1980-01-02"), true, "a merged chart"),
            (person("P2", "Jose Luis", "Diaz", ""), true, "a longer first name"),
            (person("P2", "Josè", "Other", ""), true, "a different last name"),
            (person("P2", "Joes", "Díaz", ""), true, "two letters swapped"),
            (person("P2", "Pepe", "Díaz", "1980-01-02"), true, "the same birth date"),
            (person("P2", "", "Díaz", ""), true, "no first name"),
            (person("P2", "Cy", "Young", "1980-01-03"), false, "a different person"),
            (person("P2", "Cy", "Díaz", ""), false, "a relative"),
        ] {
            assert_eq!(before.is_same_under_one_appointment(&now), is_same, "{why}");
            assert_eq!(now.is_same_under_one_appointment(&before), is_same, "{why}");
        }
    }

    #[test]
    fn one_account_has_several_people_unless_an_appointment_is_gone() {
        let (ana, ben) = (person("ACC", "Ana", "Lee", ""), person("ACC", "Ben", "Lee", ""));
        assert!(!ana.is_same_under_one_patient(&ben, false));
        assert!(ana.is_same_under_one_patient(&ben, true));
        assert!(ana.is_same_under_one_patient(&person("ACC", "", "", ""), false), "a missing name counts as the same");
        assert!(ana.is_same_under_one_patient(&person("ACC", "Anna", "Lee", ""), false));
    }

    #[test]
    fn entries_at_one_number_and_start_are_compared_by_name() {
        let ana = person("P1", "Ana", "Lee", "1990-05-05");
        assert!(ana.is_same_at_one_number(&person("X9", "Ana", "Lee", ""), false), "two feeds, one person");
        assert!(!ana.is_same_at_one_number(&person("X9", "Ana", "Park", ""), false), "a different last name");
        assert!(!ana.is_same_at_one_number(&person("X9", "Ana", "Lee", "2015-01-01"), true), "her daughter");
        assert!(!ana.is_same_at_one_number(&person("X9", "", "Lee", ""), false), "a sibling without a first name");
        assert!(!ana.is_same_at_one_number(&person("X9", "Ana", "", ""), false), "a first name alone is not enough");
        assert!(ana.is_same_at_one_number(&person("X9", "", "", ""), true), "exported again under new ids");
        assert!(!ana.is_same_at_one_number(&person("X9", "Ben", "Lee", ""), true));
    }

    #[test]
    fn typed_names_match_table() {
        let of = |typed: &str| match_name(typed, Some("José Luis"), Some("O’Hara"));
        for typed in ["jose luis ohara", "O'HARA, José Luis", "Jose Luis", "ohara", "o'hara jose luis"] {
            assert_eq!(of(typed), NameMatch::Same, "{typed}");
        }
        for typed in ["jose luis ohare", "Jose Ohara", "Jose", "Oharra", "jo ohara"] {
            assert_eq!(of(typed), NameMatch::Near, "{typed}");
        }
        for typed in ["Tom Baker", "x", "", "Ana"] {
            assert_eq!(of(typed), NameMatch::Other, "{typed}");
        }
        assert_eq!(match_name("ann", None, None), NameMatch::Other);
    }

    #[test]
    fn a_suffix_may_be_left_out() {
        for last in ["Brown Jr.", "Brown, Sr", "Brown II", "BROWN  iii"] {
            for typed in ["Wei Brown", "brown", "Brown, Wei", &format!("Wei {last}"), last] {
                assert_eq!(match_name(typed, Some("Wei"), Some(last)), NameMatch::Same, "{typed} for {last}");
            }
        }
        assert_eq!(match_name("Wei Brown", Some("Wei Jr."), Some("Brown")), NameMatch::Same);
        // One who is not known as a junior may be somebody else.
        assert_eq!(match_name("Wei Brown Jr.", Some("Wei"), Some("Brown")), NameMatch::Near);
        assert_eq!(match_name("Wei Brown III", Some("Wei"), Some("Brown")), NameMatch::Near);
        assert_eq!(match_name("Ken", Some("Ken"), Some("Ii")), NameMatch::Same);
        assert_eq!(match_name("Ii", Some("Ken"), Some("Ii")), NameMatch::Same);
    }

    #[test]
    fn spellings_of_a_name_fold_to_the_same() {
        for (a, b) in [("Nguyễn", "NGUYEN"), ("O’Brien", "O'Brien"), ("Zoe\u{308}", "Zoë"), ("Ａｎａ", "ana")] {
            assert_eq!(folded(Some(a)), folded(Some(b)));
        }
        assert_eq!(folded(None), "");
    }
}
