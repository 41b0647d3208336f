//! Patients who answer texts: who answers what, when, in which language, and what Annie marks on the conversation.

use chrono::TimeDelta;

/// What a patient answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// The patient is coming.
    Confirm,
    /// The patient wants another day or hour.
    Change,
    /// The patient is not coming.
    Cancel,
    /// The patient asks something, and Annie answers.
    Question,
    /// The patient describes an emergency.
    Urgent,
    /// The number belongs to someone else.
    Wrong,
    /// It may be a request to stop texts.
    Unclear,
    /// The patient wants no more texts.
    Stop,
    /// The patient says thanks, and nothing else.
    Thanks,
}

impl Kind {
    /// All kinds, with their names on the command line.
    pub(crate) const ALL: [(Kind, &'static str); 9] = [
        (Kind::Confirm, "confirm"),
        (Kind::Change, "change"),
        (Kind::Cancel, "cancel"),
        (Kind::Question, "question"),
        (Kind::Urgent, "urgent"),
        (Kind::Wrong, "wrong"),
        (Kind::Unclear, "unclear"),
        (Kind::Stop, "stop"),
        (Kind::Thanks, "thanks"),
    ];

    /// What patients write, by language: English, Spanish, French.
    fn words(self) -> [&'static [&'static str]; 3] {
        match self {
            Kind::Confirm => [
                &["Yes", "I'll be there", "👍", "Confirmed, see you then"],
                &["Sí", "Ahí estaré"],
                &["Oui", "J'y serai"],
            ],
            Kind::Change => [
                &["Can we do another day?", "I need to reschedule"],
                &["¿Puedo cambiar la cita?"],
                &["Je voudrais changer l'heure"],
            ],
            Kind::Cancel => {
                [&["I can't make it", "Please cancel my appointment"], &["No puedo ir"], &["Je ne peux pas venir"]]
            }
            Kind::Question => [&["Is there parking?", "How much will it cost?"], &["¿Dónde queda?"], &["C'est où ?"]],
            Kind::Urgent => [&["My gum is bleeding badly"], &["Estoy sangrando mucho"], &["Je saigne beaucoup"]],
            Kind::Wrong => [&["Wrong number"], &["Número equivocado"], &["Mauvais numéro"]],
            Kind::Unclear => [&["Stop texting my husband"], &["Cancelar"], &["Annuler"]],
            Kind::Stop => [&["STOP", "Stop please", "unsubscribe"], &["ALTO"], &["ARRÊT"]],
            Kind::Thanks => [&["Thanks!"], &["Gracias"], &["Merci"]],
        }
    }

    /// The tags and actions that Annie puts on the conversation.
    fn marks(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Kind::Confirm => (&["confirmed"], &[]),
            Kind::Change => (&["reschedule"], &["reschedule_requested"]),
            Kind::Cancel => (&["cancelled"], &["cancel_requested"]),
            Kind::Urgent => (&["emergency"], &["call_patient"]),
            Kind::Question => (&["question"], &[]),
            Kind::Wrong | Kind::Unclear | Kind::Stop | Kind::Thanks => (&[], &[]),
        }
    }
}

/// Who answers what, and when.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Patients {
    /// The share of texts that get each answer, in the order of [`Kind::ALL`].
    shares: [f64; 9],
    /// The shortest and the longest time until an answer.
    delay: (TimeDelta, TimeDelta),
    /// Annie puts tags and actions on the conversations.
    marks: bool,
}

/// An answer to one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// What it is.
    pub(crate) kind: Kind,
    /// What the patient writes.
    pub(crate) words: &'static str,
    /// How long after the text.
    pub(crate) after: TimeDelta,
    /// What Annie answers.
    pub(crate) annie: Option<&'static str>,
    /// The tags that Annie puts on the conversation.
    pub(crate) tags: &'static [&'static str],
    /// The actions that Annie asks staff to take.
    pub(crate) actions: &'static [&'static str],
}

impl Patients {
    /// Patients who answer with these shares, within two hours.
    pub(crate) fn with(shares: &[(Kind, f64)]) -> Patients {
        let mut patients =
            Patients { shares: [0.0; 9], delay: (TimeDelta::seconds(30), TimeDelta::hours(2)), marks: true };
        for (kind, share) in shares {
            patients.shares[*kind as usize] = *share;
        }
        patients
    }

    /// Patients who answer with these shares, within a few seconds.
    pub(crate) fn quick(shares: &[(Kind, f64)]) -> Patients {
        Patients { delay: (TimeDelta::seconds(1), TimeDelta::seconds(4)), ..Patients::with(shares) }
    }

    /// Reads `confirm=0.5,cancel=0.05,delay=600,tags=0`; `usual` is a typical practice.
    pub(crate) fn parse(text: &str) -> Result<Patients, String> {
        let mut patients = Patients::with(&[]);
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            if part == "usual" {
                patients.shares = [0.5, 0.05, 0.04, 0.05, 0.005, 0.01, 0.005, 0.01, 0.05];
                continue;
            }
            let (name, value) = part.split_once('=').ok_or_else(|| format!("`{part}`: write name=share"))?;
            let number: f64 = value.parse().map_err(|_| format!("`{value}` is not a number"))?;
            match (name, Kind::ALL.iter().find(|(_, known)| *known == name)) {
                ("delay", _) => {
                    let longest = TimeDelta::try_milliseconds((number * 1000.0) as i64).unwrap_or_default();
                    let longest = longest.max(TimeDelta::zero());
                    patients.delay = (patients.delay.0.min(longest), longest);
                }
                ("tags", _) => patients.marks = number > 0.0,
                (_, Some(_)) if !(0.0..=1.0).contains(&number) => {
                    return Err(format!("`{part}`: a share must be between 0 and 1"));
                }
                (_, Some((kind, _))) => patients.shares[*kind as usize] = number,
                _ => {
                    let known: Vec<&str> = Kind::ALL.iter().map(|(_, name)| *name).collect();
                    return Err(format!(
                        "`{name}` is not an answer; use usual, {}, delay (seconds) or tags (0 or 1)",
                        known.join(", ")
                    ));
                }
            }
        }
        match patients.shares.iter().sum::<f64>() <= 1.0 + 1e-9 {
            true => Ok(patients),
            false => Err("the shares add up to more than 1".to_owned()),
        }
    }

    /// Draws how the patient answers a text, if at all, in the language of the text.
    pub(crate) fn draw(&self, text: &str, rng: &mut fastrand::Rng) -> Option<Answer> {
        let mut left = rng.f64();
        let (kind, _) = Kind::ALL.into_iter().find(|(kind, _)| {
            left -= self.shares[*kind as usize];
            left < 0.0
        })?;
        let words = kind.words()[language(text)];
        let (shortest, longest) = self.delay;
        let spread = (longest - shortest).num_milliseconds().max(1);
        let (tags, actions) = if self.marks { kind.marks() } else { Default::default() };
        Some(Answer {
            kind,
            words: words[rng.usize(0..words.len())],
            after: shortest + TimeDelta::milliseconds(rng.i64(0..spread)),
            annie: (kind == Kind::Question).then_some("I'll be happy to help with that."),
            tags,
            actions,
        })
    }
}

/// The language of a text: 0 English, 1 Spanish, 2 French.
fn language(text: &str) -> usize {
    let is_among = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match () {
        () if is_among(&[" cita", "¿", " p.m.", " a.m.", "mañana"]) => 1,
        () if is_among(&["rendez-vous", " à ", " demain", "é"]) => 2,
        () => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reply::{Offered, classify};

    #[test]
    fn answers_are_drawn_as_often_as_requested_and_in_the_language_of_the_text() {
        let patients = Patients::parse("confirm=0.5,cancel=0.1,delay=60").unwrap();
        let mut rng = fastrand::Rng::with_seed(1);
        let drawn: Vec<Answer> = (0..10_000).filter_map(|_| patients.draw("Tiene cita mañana", &mut rng)).collect();
        let share = |kind| drawn.iter().filter(|answer| answer.kind == kind).count();
        assert!((4800..5200).contains(&share(Kind::Confirm)) && (850..1150).contains(&share(Kind::Cancel)));
        assert!(drawn.iter().all(|answer| answer.after <= TimeDelta::minutes(1)));
        assert!(drawn.iter().any(|answer| answer.words == "Sí"));
        for wrong in ["confirm", "confirm=x", "confirm=2", "fire=0.1", "confirm=0.6,cancel=0.6"] {
            assert!(Patients::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Patients::parse("usual,delay=5,tags=0").is_ok());
    }

    #[test]
    fn what_patients_write_means_what_they_answer() {
        let offered = Offered::from_message("Can you make it? Reply C to confirm.");
        for (kind, name) in Kind::ALL {
            for words in kind.words().concat() {
                let meaning = classify(words, &offered).code();
                let want: &[&str] = match kind {
                    Kind::Confirm => &["confirmed"],
                    Kind::Change => &["wants_change"],
                    Kind::Cancel => &["wants_cancel"],
                    Kind::Question => &["question"],
                    Kind::Urgent => &["question", "needs_a_look"],
                    Kind::Wrong => &["wrong_person"],
                    Kind::Unclear => &["unclear_opt_out", "opt_out"],
                    Kind::Stop => &["opt_out"],
                    Kind::Thanks => &["none"],
                };
                assert!(want.contains(&meaning), "{name}: {words} is {meaning}");
            }
        }
    }
}
