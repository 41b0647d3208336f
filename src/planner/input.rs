//! The planner's input: the rules in force, and everything that is known about one number.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::domain::appointment::{Appointment, Consent};
use crate::domain::attempt::Attempt;
use crate::domain::ids::{AppointmentId, ConversationId, PatientId, RuleName};
use crate::domain::language::Language;
use crate::domain::limits::Limits;
use crate::domain::number_hold::HoldCause;
use crate::domain::patient_outcome::Standing;
use crate::domain::person::Person;
use crate::domain::phone::Phone;
use crate::domain::reminder::{Cancel, Skip, State};
use crate::domain::reminder_key::ReminderKey;
use crate::domain::rule::Rule;
use crate::domain::sender::Sender;
use crate::planner::calendar::Calendar;

/// Whether texts go out at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Plan and show, but text no one.
    Observe,
    /// Text patients.
    Live,
}

/// What happens to several reminders to one number on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Household {
    /// One text for all of them.
    #[default]
    Merge,
    /// A text each, as far as Annie's limits allow.
    Separate,
}

/// The rules in force, with everything the planner needs from the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Rulebook {
    /// When texts may go out for appointments without a location, or for all appointments if no location is configured.
    pub calendar: Calendar,
    /// The calendars of the locations, by their ids.
    pub locations: BTreeMap<String, Calendar>,
    /// The language for patients whose record does not name one.
    pub language: Language,
    /// Annie's limits for one number, or tighter ones.
    pub limits: Limits,
    /// What happens to several reminders to one number on one day.
    pub household: Household,
    /// A number with more patients than this does not count as any patient's own.
    pub max_household: usize,
    /// Whether patients whose consent is unknown count as agreeing to texts.
    pub unknown_consent: Consent,
    /// The rules, in the order of the file.
    pub rules: Vec<Rule>,
    /// Whether texts go out at all.
    pub mode: Mode,
    /// If set, only these numbers are texted.
    pub only_to: Option<BTreeSet<Phone>>,
    /// The practice's own numbers. One of them in an entry is not the patient's number.
    pub own_numbers: Vec<Phone>,
}

impl Rulebook {
    /// The calendar of an appointment's location; `None` if the location is not in the configuration. If no location is
    /// configured, there is only one office, whatever a feed calls it.
    pub fn calendar_of(&self, appointment: &Appointment) -> Option<&Calendar> {
        match &appointment.location {
            Some(location) if !self.locations.is_empty() => self.locations.get(location),
            _ => Some(&self.calendar),
        }
    }

    /// The location that matters for an appointment's texts; `None` if there is only one office.
    pub fn location_of<'a>(&self, appointment: &'a Appointment) -> Option<&'a str> {
        appointment.location.as_deref().filter(|_| !self.locations.is_empty())
    }

    /// The language an appointment's texts are written in.
    pub fn language_of(&self, appointment: &Appointment) -> Language {
        appointment.language.as_deref().and_then(Language::of_tag).unwrap_or(self.language)
    }

    /// Whether a number is named in `only_to`, which accepts numbers as written, valid or not.
    pub(crate) fn names(&self, phone: &Phone) -> bool {
        self.only_to.as_ref().is_some_and(|only| only.contains(phone))
    }
}

/// Since when each rule has been in force with its current lead. A rule that is missing goes live now.
pub type LiveSince = HashMap<RuleName, DateTime<Utc>>;

/// The number of a planning unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Number {
    /// One that can be texted.
    Usable(Phone),
    /// The appointment has none.
    Missing,
    /// The phone field does not contain a number.
    Invalid,
    /// The phone field says that the patient wants no texts.
    Refused,
}

/// Tries to write a text about these appointments, by these rules, as of an instant: `Err` with the reason if it cannot
/// be written. The first appointment is the one with the earliest start.
pub(crate) type TrialWording<'a> = dyn Fn(&[(&Appointment, &Rule)], DateTime<Utc>) -> Result<(), Skip> + 'a;

/// Everything that is known about one number (or about one appointment without a usable number).
#[derive(Debug, Clone, PartialEq)]
pub struct PlannerInput {
    /// The number.
    pub number: Number,
    /// Its appointments, including past ones as far as requested.
    pub appointments: Vec<AppointmentInput>,
    /// The stored reminders of these appointments, and of appointments that are gone.
    pub stored: Vec<Stored>,
    /// Spent reminders of these appointments, and of their patients at the same starts, whatever the number or the
    /// appointment's id.
    pub spent: Vec<Spent>,
    /// Whether the outcome of an attempt to this number is unknown.
    pub in_doubt: bool,
    /// Whether this number opted out of texts.
    pub opted_out: bool,
    /// Every attempt to this number that may have arrived, in the order they were made; those older than the limits
    /// look back may be missing.
    pub attempts: Vec<Attempt>,
    /// The patients who are known not to have this number.
    pub wrong_for: BTreeSet<PatientId>,
    /// Conversations begun with this number from one of ours while Leadtime was not watching; they count as ours.
    pub adopted: Vec<Adopted>,
    /// Whether replies from this number may have arrived that were not read yet.
    pub replies_unread: bool,
    /// Set while it is not yet known what went out when Leadtime was not watching: since when it has been trying to
    /// find out.
    pub catching_up_since: Option<DateTime<Utc>>,
    /// The first text had no room for the line that says how to opt out, so the next one should carry it.
    pub owes_first_line: bool,
    /// A reply from this number holds its texts until a person has decided.
    pub hold: Option<HoldCause>,
}

impl PlannerInput {
    /// A number and its appointments with nothing else known: nothing was sent, and no one replied.
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

/// A conversation begun while Leadtime was not watching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// Annie's id.
    pub conversation: ConversationId,
    /// When it began.
    pub at: DateTime<Utc>,
}

/// One appointment and what the store has about it beyond its row.
#[derive(Debug, Clone, PartialEq)]
pub struct AppointmentInput {
    /// The row.
    pub row: Appointment,
    /// The API key and the number its texts go out with.
    pub sender: Sender,
    /// Who had it when it was last planned, and since when; `None` if it was not planned yet.
    pub holder: Option<Holder>,
    /// The start it had when the holder was recorded.
    pub holder_start: Option<DateTime<Utc>>,
    /// When its row last came back after a deletion, or named its patient differently.
    pub changed_at: Option<DateTime<Utc>>,
    /// Its earlier ids: an export used other ids for it at its earlier starts.
    pub moved_from: Vec<AppointmentId>,
    /// The first start the store saw of it.
    pub first_start: DateTime<Utc>,
    /// When the store first saw the appointment.
    pub seen_at: DateTime<Utc>,
    /// When the appointment got its current start.
    pub taken_at: DateTime<Utc>,
    /// What the imports of its feed say.
    pub imports: FeedImports,
    /// Its last row in the feed could not be read.
    pub bad_row: bool,
    /// It was cancelled because a complete export no longer named it.
    pub not_listed: bool,
    /// It was cancelled because its row in the export is unscheduled, planned or a note.
    pub off_the_book: bool,
    /// Its feed is being imported, or an import was interrupted: it may exist twice, or the rest may cancel it.
    pub importing: bool,
    /// Other live entries for the same patient and start.
    pub twins: Vec<Twin>,
    /// The rules whose texts a person took off it; `None` in the list means all rules.
    pub skipped: Vec<Option<RuleName>>,
    /// Set while sending is paused for its office.
    pub paused: Option<Pause>,
    /// What its patient answered, or what a person noted.
    pub outcome: Option<Standing>,
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
    /// Whether a text about an id is about this appointment, now or before it moved.
    pub(crate) fn is_also(&self, id: &AppointmentId) -> bool {
        self.row.id == *id || self.moved_from.contains(id)
    }

    /// Why a cancelled appointment was cancelled.
    pub(crate) fn why_cancelled(&self) -> Cancel {
        match (self.not_listed, self.off_the_book) {
            (true, _) => Cancel::NotListed,
            (false, true) => Cancel::OffTheBook,
            (false, false) => Cancel::Cancelled,
        }
    }

    /// Since when its current patient has had it, if another had it before: this counts as that patient's late booking.
    /// A merged chart or a corrected name does not reset it.
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
    /// Until a person lifts it.
    UntilLifted,
}

/// The imports of an appointment's feed, as far as they show when the appointment can have been booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedImports {
    /// The feed has no imports (another program writes the rows itself).
    None,
    /// The last good import before the appointment was first seen, if there was one.
    LastBeforeSeen(Option<DateTime<Utc>>),
}

/// Another live entry with the same patient id and start, or with the same number and start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    /// Its id.
    pub id: AppointmentId,
    /// Its type.
    pub type_id: Option<String>,
    /// The number it could be texted at, if there is one and no one declined.
    pub phone: Option<Phone>,
    /// Whose entry it is.
    pub person: Person,
    /// It says that this person wants no texts.
    pub declined: bool,
    /// What its patient answered, or what a person noted.
    pub outcome: Option<Standing>,
}

/// A reminder as it is stored.
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
    /// It was in a text once, so what a person decided about it since is final.
    pub tried: bool,
    /// Set if it was tried and, going by Annie's list, did not arrive: it may be tried once more.
    pub retry: Option<Retry>,
}

/// Permission to try a reminder once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// The attempt that was not found; only its retry is not measured against it.
    pub of: i64,
    /// Only before this instant, while Annie's own gap still prevents a duplicate. `None`: a person decided.
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
    /// Who was notified, as the appointment named them then; `None` if that is no longer known.
    pub told: Option<Person>,
    /// The number it went to.
    pub phone: Option<Phone>,
    /// When its text was made.
    pub at: DateTime<Utc>,
    /// Annie accepted it.
    pub was_sent: bool,
    /// Whether its outcome is known.
    pub is_settled: bool,
    /// Its appointment no longer has that start.
    pub is_gone: bool,
    /// Someone has noted since then that the number was not this patient's.
    pub was_wrong_number: bool,
}
