//! What patients of the simulation answered, and from when on Leadtime must act on it: from the moment it has read the
//! reply.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::annie::model::patients::Kind;
use crate::simulation::practice::{Practice, Visit};

/// An appointment, its patient and its start: an outcome belongs to these.
pub(super) type About = (usize, usize, DateTime<Utc>);

/// A patient's answer to one text.
#[derive(Debug, Clone)]
struct Reply {
    kind: Kind,
    at: DateTime<Utc>,
    to: String,
    about: Vec<About>,
    /// The database was replaced by an older copy. It may not know what the text was about, or that the wish was
    /// settled.
    is_lost: bool,
}

/// All answers, by conversation.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    replies: HashMap<String, Reply>,
    /// Answers that Annie has shown in the pass in progress.
    shown: BTreeSet<String>,
    /// Appointments whose patients asked for a change or to cancel, or confirmed, since their answers were read.
    wishes: HashMap<About, DateTime<Utc>>,
    confirmed: HashMap<About, DateTime<Utc>>,
    /// Answers that were processed: reading one again changes nothing.
    known: BTreeSet<String>,
    /// Conversations with a read wish about an appointment that stood in the book.
    asked: BTreeSet<String>,
}

impl Answers {
    /// A patient answers a text about these appointments.
    pub(super) fn add(
        &mut self,
        (conversation, to): (&str, &str),
        (kind, at): (Kind, DateTime<Utc>),
        about: Vec<About>,
    ) {
        self.replies.insert(conversation.to_owned(), Reply { kind, at, to: to.to_owned(), about, is_lost: false });
    }

    /// Annie has shown the messages of a conversation.
    pub(super) fn show(&mut self, conversation: &str, now: DateTime<Utc>) {
        if self.replies.get(conversation).is_some_and(|reply| reply.at <= now) {
            self.shown.insert(conversation.to_owned());
        }
    }

    /// The pass ended without a crash: what was shown has been processed.
    pub(super) fn processed(&mut self, known: &Practice, now: DateTime<Utc>) {
        for conversation in std::mem::take(&mut self.shown) {
            let Some(reply) = self.replies.get(&conversation) else { continue };
            if !self.known.insert(conversation.clone()) || reply.is_lost {
                continue;
            }
            // What another number than the patient's present one answered may be a stranger's answer.
            let stands = |about: &&About| {
                known.appointments.get(about.0).is_some_and(|visit| is_as_told(visit, about))
                    && known.patients.get(about.1).is_some_and(|patient| patient.phone == reply.to)
            };
            // What is about the number takes back the confirmations of all its appointments, also if the conversation
            // is known only from Annie's list.
            if !matches!(reply.kind, Kind::Confirm | Kind::Question | Kind::Thanks) {
                let has_number = |about: &About| known.patients.get(about.1).is_some_and(|p| p.phone == reply.to);
                self.confirmed.retain(|about, _| !has_number(about));
            }
            for about in reply.about.iter().filter(stands) {
                match reply.kind {
                    Kind::Change | Kind::Cancel => {
                        self.wishes.entry(*about).or_insert(now);
                        self.asked.insert(conversation.clone());
                    }
                    Kind::Confirm => drop(self.confirmed.entry(*about).or_insert(now)),
                    _ => {}
                }
            }
        }
    }

    /// The machine crashed: what was shown may not have been processed.
    pub(super) fn crashed(&mut self) {
        self.shown.clear();
    }

    /// The database was replaced by an older copy: what it does not know must be read again.
    pub(super) fn restored(&mut self) {
        self.wishes.clear();
        self.confirmed.clear();
        self.asked.clear();
        self.known.clear();
        self.replies.values_mut().for_each(|reply| reply.is_lost = true);
    }

    /// An export was imported: an appointment that changed starts anew.
    pub(super) fn imported(&mut self, before: &Practice, now: &Practice) {
        let is_same = |about: &About| {
            let pair = before.appointments.get(about.0).zip(now.appointments.get(about.0));
            let is_same_visit = pair.is_some_and(|(a, b)| a == b);
            let patients = before.patients.get(about.1).zip(now.patients.get(about.1));
            is_same_visit && patients.is_some_and(|(a, b)| a.name == b.name && a.chart == b.chart && a.phone == b.phone)
        };
        self.wishes.retain(|about, _| is_same(about));
        self.confirmed.retain(|about, _| is_same(about));
    }

    /// Whether a text about this appointment at `at` ignores that its patient asked for a change or to cancel.
    pub(super) fn ignores_a_wish(&self, about: &About, at: DateTime<Utc>) -> bool {
        self.wishes.get(about).is_some_and(|read| *read < at)
    }

    /// Whether it asks a patient again who has confirmed.
    pub(super) fn asks_again(&self, about: &About, at: DateTime<Utc>) -> bool {
        self.confirmed.get(about).is_some_and(|read| *read < at)
    }

    /// The conversations with a wish that was read while its appointment stood in the book.
    pub(super) fn asked(&self) -> &BTreeSet<String> {
        &self.asked
    }

    /// Whether a patient has answered in a conversation.
    pub(super) fn has(&self, conversation: &str) -> bool {
        self.replies.contains_key(conversation)
    }
}

fn is_as_told(visit: &Visit, about: &About) -> bool {
    visit.is_live() && (visit.patient, visit.start) == (about.1, about.2)
}
