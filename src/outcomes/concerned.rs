//! Which appointments of a household's text a reply is about.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::domain::ids::{AppointmentId, PatientId};
use crate::domain::person::{Person, folded};
use crate::domain::zone::Zone;

/// An appointment that a text named, with its person as of that time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedAppointment {
    /// The appointment.
    pub id: AppointmentId,
    /// Its start.
    pub start: DateTime<Utc>,
    /// Its person, as the text or the book names them.
    pub person: Person,
    /// Its location.
    pub location: Option<String>,
    /// Since when it has had this start. What the patient wrote earlier is not about it.
    pub since: Option<DateTime<Utc>>,
}

impl NamedAppointment {
    /// Its start with the time zone that `zone_of` gives for its location.
    pub fn start_in<'z>(&self, zone_of: impl Fn(Option<&str>) -> &'z Zone) -> (DateTime<Utc>, Zone) {
        (self.start, zone_of(self.location.as_deref()).clone())
    }
}

/// First names that are ordinary words too: "We will not make it" does not name Will.
const ORDINARY_WORDS: &str = " will may mark hope grace faith joy art bill rose june april august dawn sunny chase pat \
    rob sue jack miles rich drew guy ray gene dean frank earl max ken lane page sky star autumn summer melody harmony \
    my an can do so no ya si et il destiny angel mercedes sol luz paz mar dolores consuelo esperanza fe rosa blanca sara victoria pierre fleur ";

/// The named appointments that a reply concerns: those of the people it names, or all if it names none of them.
pub fn concerned<'n>(named: &'n [NamedAppointment], words: &str) -> Vec<&'n NamedAppointment> {
    let said: BTreeSet<String> =
        words.split(|c: char| !c.is_alphanumeric()).map(|word| folded(Some(word))).filter(|w| !w.is_empty()).collect();
    let is_named = |one: &&NamedAppointment| {
        let first =
            one.person.first_name.0.as_deref().unwrap_or_default().split_whitespace().next().unwrap_or_default();
        let first = folded(Some(first));
        first.chars().count() > 1 && !ORDINARY_WORDS.contains(&format!(" {first} ")) && said.contains(&first)
    };
    let people: BTreeSet<(&PatientId, String)> =
        named.iter().map(|one| (&one.person.patient_id, folded(one.person.first_name.0.as_deref()))).collect();
    let by_name: Vec<&NamedAppointment> = named.iter().filter(is_named).collect();
    match people.len() > 1 && !by_name.is_empty() {
        true => by_name,
        false => named.iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::private::Private;

    fn family(names: &[&str]) -> Vec<NamedAppointment> {
        let one = |(n, name): (usize, &&str)| NamedAppointment {
            id: AppointmentId(format!("A{n}")),
            start: DateTime::UNIX_EPOCH,
            person: Person {
                patient_id: PatientId(format!("P{n}")),
                first_name: Private(Some((*name).to_owned())),
                last_name: Private(None),
                date_of_birth: Private(None),
            },
            location: None,
            since: None,
        };
        names.iter().enumerate().map(one).collect()
    }

    #[test]
    fn a_reply_concerns_the_people_it_names_or_everybody() {
        for (names, words, want) in [
            (vec!["Ana", "Tom"], "Yes", vec!["A0", "A1"]),
            (vec!["Ana", "Tom"], "Ana can't come", vec!["A0"]),
            (vec!["Aña", "Tom"], "ANA no puede", vec!["A0"]),
            (vec!["Ana", "Tom"], "Tom's sick, Ana too", vec!["A0", "A1"]),
            (vec!["Will", "Ana"], "We will not make it", vec!["A0", "A1"]),
            (vec!["Ana María", "Tom"], "ana cannot make it", vec!["A0"]),
            (vec!["Tom"], "Bob can't come", vec!["A0"]),
        ] {
            let family = family(&names);
            let ids: Vec<&str> = concerned(&family, words).into_iter().map(|one| one.id.0.as_str()).collect();
            assert_eq!(ids, want, "{words}");
        }
    }
}
