//! What the planner is told: the rules in force, and everything that is known of one number.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::domain::appointment::{Appointment, Consent};
use crate::domain::attempt::Attempt;
use crate::domain::ids::{AppointmentId, ConversationId, PatientId, RuleName};
use crate::domain::language::Language;
use crate::domain::limits::Limits;
use crate::domain::number_hold::HoldCause;
use crate::domain::person::Person;
use crate::domain::phone::Phone;
use crate::domain::reminder::{Cancel, Skip, State};
use crate::domain::reminder_key::ReminderKey;
use crate::domain::rule::Rule;
use crate::domain::sender::Sender;
use crate::planner::calendar::Calendar;

/// Whether texts leave at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Plan and show; text nobody.
    Observe,
    /// Text patients.
    Live,
}

/// What becomes of several reminders to one number on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Household {
    /// One text for all of them.
    #[default]
    Merge,
    /// A text each, as far as Annie's limits allow.
    Separate,
}

/// The rules in force, with all the planner needs of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Rulebook {
    /// When texts of appointments without a location may leave; of all appointments where no location is configured.
    pub calendar: Calendar,
    /// The calendars of the locations, by their ids.
    pub locations: BTreeMap<String, Calendar>,
    /// The language of patients whose record names none.
    pub language: Language,
    /// Annie's limits for one number, or tighter ones.
    pub limits: Limits,
    /// What becomes of several reminders to one number on one day.
    pub household: Household,
    /// A number of more patients than this is nobody's own.
    pub max_household: usize,
    /// Whether patients of whom nothing is known agree to texts.
    pub unknown_consent: Consent,
    /// The rules, in the order of the file.
    pub rules: Vec<Rule>,
    /// Whether texts leave at all.
    pub mode: Mode,
    /// If set: these numbers and no others.
    pub only_to: Option<BTreeSet<Phone>>,
    /// The practice's own numbers: an entry with one of them is not the patient's.
    pub own_numbers: Vec<Phone>,
}

impl Rulebook {
    /// The calendar of an appointment's location; none where the location is not in the configuration. Where no location
    /// is configured there is one office, whatever a feed calls it.
    pub fn calendar_of(&self, appointment: &Appointment) -> Option<&Calendar> {
        match &appointment.location {
            Some(location) if !self.locations.is_empty() => self.locations.get(location),
            _ => Some(&self.calendar),
        }
    }

    /// The location that matters for an appointment's texts: none where there is but one office.
    pub fn location_of<'a>(&self, appointment: &'a Appointment) -> Option<&'a str> {
        appointment.location.as_deref().filter(|_| !self.locations.is_empty())
    }

    /// The language an appointment's texts are written in.
    pub fn language_of(&self, appointment: &Appointment) -> Language {
        appointment.language.as_deref().and_then(Language::of_tag).unwrap_or(self.language)
    }

    /// Whether a number is named in `only_to`, which takes it as written, valid or not.
    pub(crate) fn names(&self, phone: &Phone) -> bool {
        self.only_to.as_ref().is_some_and(|only| only.contains(phone))
    }
}

/// Since when each rule, with its present lead, has been in force. A rule that is missing goes live now.
pub type LiveSince = HashMap<RuleName, DateTime<Utc>>;

/// The number of a planning unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Number {
    /// One that can be texted.
    Usable(Phone),
    /// The appointment has none.
    Missing,
    /// What stands there is none.
    Invalid,
    /// What stands there says that the patient wants no texts.
    Refused,
}

/// Tries the words of a text about these appointments, by these rules, as of an instant: `Err` with the reason it cannot
/// be written. The first appointment is the one with the earliest start.
pub(crate) type TrialWording<'a> = dyn Fn(&[(&Appointment, &Rule)], DateTime<Utc>) -> Result<(), Skip> + 'a;

/// All that is known of one number (or of one appointment without a usable number).
#[derive(Debug, Clone, PartialEq)]
pub struct PlannerInput {
    /// The number.
    pub number: Number,
    /// Its appointments, past ones included as far as they are asked for.
    pub appointments: Vec<AppointmentInput>,
    /// The stored reminders of these appointments, and of appointments that are gone.
    pub stored: Vec<Stored>,
    /// Spent reminders of these appointments, and of their patients' same starts, whatever the number or the appointment's id.
    pub spent: Vec<Spent>,
    /// Whether it is unknown what became of an attempt to this number.
    pub in_doubt: bool,
    /// Whether this number asked for no texts.
    pub opted_out: bool,
    /// Every attempt to this number that may have arrived, in the order they were made; older ones than the limits
    /// look back may be missing.
    pub attempts: Vec<Attempt>,
    /// The patients who are known not to have this number.
    pub wrong_for: BTreeSet<PatientId>,
    /// Conversations begun with this number from one of ours while Leadtime was not looking: they count as ours.
    pub adopted: Vec<Adopted>,
    /// Whether replies of this number may have come that were not read yet.
    pub replies_unread: bool,
    /// What went out while Leadtime was not looking is not known yet, and has been asked for since this instant.
    pub catching_up_since: Option<DateTime<Utc>>,
    /// The first text had no room for the line that says how to opt out: the next one is to carry it.
    pub owes_first_line: bool,
    /// What somebody answered from this number keeps its texts back until a person has decided.
    pub hold: Option<HoldCause>,
}

impl PlannerInput {
    /// A number and its appointments of which nothing else is known: nothing was sent, nobody answered.
    pub fn new(number: Number, appointments: Vec<AppointmentInput>) -> PlannerInput {
        PlannerInput {
            number,
            appointments,
            stored: Vec::new(),
            spent: Vec::new(),
            in_doubt: false,
            opted_out: false,
            attempts: Vec::new(),
            wrong_for: BTreeSet::new(),
            adopted: Vec::new(),
            replies_unread: false,
            catching_up_since: None,
            owes_first_line: false,
            hold: None,
        }
    }
}

/// A conversation begun while Leadtime was not looking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// Annie's id.
    pub conversation: ConversationId,
    /// When it began.
    pub at: DateTime<Utc>,
}

/// One appointment and what the store knows about it beyond its row.
#[derive(Debug, Clone, PartialEq)]
pub struct AppointmentInput {
    /// The row.
    pub row: Appointment,
    /// From where its texts go out.
    pub sender: Sender,
    /// Who had it when it was last planned, and since when; none: it was not planned yet.
    pub holder: Option<Holder>,
    /// The start under which the holder was written.
    pub holder_start: Option<DateTime<Utc>>,
    /// When its row last came back after a delete, or named its patient otherwise.
    pub changed_at: Option<DateTime<Utc>>,
    /// Its ids before: an export named it otherwise at its earlier starts.
    pub moved_from: Vec<AppointmentId>,
    /// The first start the store saw of it.
    pub first_start: DateTime<Utc>,
    /// When the store first saw the appointment.
    pub seen_at: DateTime<Utc>,
    /// When the appointment took the start it has.
    pub taken_at: DateTime<Utc>,
    /// What the imports of its feed say.
    pub imports: FeedImports,
    /// Its last row in the feed could not be read.
    pub bad_row: bool,
    /// It was cancelled because a complete export no longer named it.
    pub not_listed: bool,
    /// It was cancelled because its row in the export is unscheduled, planned or a note.
    pub off_the_book: bool,
    /// Its feed is being imported, or the import broke off: it may exist twice, or be called off by what is to come.
    pub importing: bool,
    /// Other live entries of the same patient and start.
    pub twins: Vec<Twin>,
    /// The rules whose texts a person took from it; none within: all of them.
    pub skipped: Vec<Option<RuleName>>,
    /// Sending of its office's texts is paused.
    pub paused: Option<Pause>,
}

/// Who has an appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub person: Person,
    /// Since when.
    pub since: DateTime<Utc>,
}

impl AppointmentInput {
    /// A text about an id is about this appointment, now or before it moved.
    pub(crate) fn is_also(&self, id: &AppointmentId) -> bool {
        self.row.id == *id || self.moved_from.contains(id)
    }

    /// What a cancelled one was cancelled by.
    pub(crate) fn why_cancelled(&self) -> Cancel {
        match (self.not_listed, self.off_the_book) {
            (true, _) => Cancel::NotListed,
            (false, true) => Cancel::OffTheBook,
            (false, false) => Cancel::Cancelled,
        }
    }

    /// Since when its present patient has it, where another had it before: a late booking of that patient. A merged
    /// chart or a corrected name does not reset it.
    pub(crate) fn given_at(&self) -> Option<DateTime<Utc>> {
        let holder = self.holder.as_ref()?;
        match holder.person.is_same_under_one_appointment(&self.row.person()) {
            true => Some(holder.since).filter(|since| *since > self.seen_at),
            false => Some(self.changed_at.unwrap_or(self.seen_at)),
        }
    }
}

/// A pause of sending; the greater one lasts longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pause {
    /// Until then.
    Until(DateTime<Utc>),
    /// Until somebody lifts it.
    UntilLifted,
}

/// The imports of an appointment's feed, as far as they tell when the appointment can have been booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedImports {
    /// The feed has none (another program writes the rows itself).
    None,
    /// The last good one before the appointment was first seen, if there was one.
    LastBeforeSeen(Option<DateTime<Utc>>),
}

/// Another live entry of the same patient id and start, or of the same number and start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    /// Its id.
    pub id: AppointmentId,
    /// Its type.
    pub type_id: Option<String>,
    /// The number it could be texted at, if there is one and nobody declined.
    pub phone: Option<Phone>,
    /// Whose entry it is.
    pub person: Person,
    /// It says that this person wants no texts.
    pub declined: bool,
}

/// A reminder as it stands in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// What it is about.
    pub key: ReminderKey,
    /// Its state.
    pub state: State,
    /// Its adjusted time when it was last planned.
    pub adjusted_at: Option<DateTime<Utc>>,
    /// Its nominal time then.
    pub nominal_at: Option<DateTime<Utc>>,
    /// Its due time then.
    pub due_at: Option<DateTime<Utc>>,
    /// Its expiry then.
    pub expires_at: Option<DateTime<Utc>>,
    /// It was in a text once: what a person decided about it since is final.
    pub tried: bool,
    /// Set where it was tried and surely did not arrive, as far as Annie's list tells: it may be tried once more.
    pub retry: Option<Retry>,
}

/// Leave to try a reminder once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// The attempt that was not found; the retry alone is not measured against it.
    pub of: i64,
    /// Only before this instant: as long as Annie's own gap guards against a double. None: a person decided.
    pub until: Option<DateTime<Utc>>,
}

/// A reminder that was texted, or may have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// The patient.
    pub patient_id: PatientId,
    /// What it was about.
    pub key: ReminderKey,
    /// Later ones have higher numbers.
    pub order: i64,
    /// Whom it told, as the appointment book named them then; none: that is not known any more.
    pub told: Option<Person>,
    /// The number it went to.
    pub phone: Option<Phone>,
    /// When its text was made.
    pub at: DateTime<Utc>,
    /// Annie took it.
    pub was_sent: bool,
    /// Whether it is known what became of it.
    pub is_settled: bool,
    /// Its appointment no longer stands at that start.
    pub is_gone: bool,
    /// Somebody noted since that the number was not this patient's.
    pub was_wrong_number: bool,
}
