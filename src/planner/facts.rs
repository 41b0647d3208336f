//! What the planner is told: the rules in force, and everything that is known of one number.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::calendar::Calendar;
use crate::domain::appointment::Appointment;
use crate::domain::phone::Phone;
use crate::domain::reminder::State;
use crate::domain::rule::Rule;
use crate::domain::text::{AppointmentId, PatientId, RuleName};

/// Whether texts leave at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Plan and show; text nobody.
    Observe,
    /// Text patients.
    Live,
}

/// The rules in force, with all the planner needs of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Rulebook {
    /// When texts may leave.
    pub calendar: Calendar,
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
    /// Whether a number is named in `only_to`, which takes it as written, valid or not.
    pub fn names(&self, phone: &Phone) -> bool {
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
    /// The visit has none.
    Missing,
    /// What stands there is none.
    Invalid,
}

/// All that is known of one number (or of one visit without a usable number).
#[derive(Debug, Clone, PartialEq)]
pub struct NumberFacts {
    /// The number.
    pub number: Number,
    /// Its visits, past ones included as far as they are asked for.
    pub visits: Vec<VisitFacts>,
    /// The stored reminders of these visits, and of visits that are gone.
    pub stored: Vec<Stored>,
    /// Spent reminders of these visits, and of their patients' same starts, whatever the number or the visit's id.
    pub spent: Vec<Spent>,
    /// Whether it is unknown what became of an attempt to this number.
    pub in_doubt: bool,
    /// Whether this number asked for no texts.
    pub opted_out: bool,
}

/// One visit and what the store knows about it beyond its row.
#[derive(Debug, Clone, PartialEq)]
pub struct VisitFacts {
    /// The row.
    pub appointment: Appointment,
    /// The first start the store saw of it.
    pub first_start: DateTime<Utc>,
    /// When the store first saw the visit.
    pub seen_at: DateTime<Utc>,
    /// When the visit took the start it has.
    pub taken_at: DateTime<Utc>,
    /// What the imports of its feed say.
    pub imports: FeedImports,
    /// Its last row in the feed could not be read.
    pub bad_row: bool,
    /// It was cancelled because a complete export no longer named it.
    pub not_listed: bool,
    /// Other live entries of the same patient and start.
    pub twins: Vec<Twin>,
}

/// The imports of a visit's feed, as far as they tell when the visit can have been booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedImports {
    /// The feed has none (another program writes the rows itself).
    None,
    /// The last good one before the visit was first seen, if there was one.
    LastBeforeSeen(Option<DateTime<Utc>>),
}

/// Another live entry of the same patient and start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    /// Its id.
    pub id: AppointmentId,
    /// Its type.
    pub type_id: Option<String>,
    /// The number it could be texted at, if there is one and nobody declined.
    pub phone: Option<Phone>,
}

/// A reminder as it stands in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// What it is about.
    pub key: Key,
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
}

/// What a reminder is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// The visit.
    pub appointment_id: AppointmentId,
    /// The rule.
    pub rule: RuleName,
    /// The start it reminds of.
    pub start: DateTime<Utc>,
    /// 0, and one more each time the visit came back to a start already texted.
    pub round: u32,
}

/// A reminder that was texted, or may have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// The patient.
    pub patient_id: PatientId,
    /// What it was about.
    pub key: Key,
    /// Later ones have higher numbers.
    pub order: i64,
}
