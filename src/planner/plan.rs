//! The plan for one number: an answer for each appointment and rule, and the texts that carry the reminders.
//!
//! A pure function of (rules, what is known about the number, now). Until a reminder is claimed, its state is this
//! answer, which every plan works out again; final answers and what was texted stay as they are.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::domain::appointment::Appointment;
use crate::domain::ids::{ApiKeyName, AppointmentId, PatientId};
use crate::domain::number_hold::HoldCause;
use crate::domain::person::Person;
use crate::domain::phone::Phone;
use crate::domain::reminder::{Cancel, PlanDecision, Skip, State, Wait};
use crate::domain::reminder_key::ReminderKey;
use crate::domain::rule::Rule;
use crate::planner::budget::{Blocker, Budget};
use crate::planner::calendar::Adjustment;
use crate::planner::decision::Answering;
use crate::planner::draft::{Draft, Expiry};
use crate::planner::input::{
    Adopted, AppointmentInput, LiveSince, Mode, Number, PlannerInput, Rulebook, Stored, TrialWording,
};
use crate::planner::kept::once_its_time_has_passed;
use crate::planner::place::{Candidate, Placed, place};

/// Why a text goes out when it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DueBy {
    /// At its adjusted time.
    Itself,
    /// Its time passed: as soon as possible.
    Late,
    /// Annie's limits leave no room sooner.
    Limits(Blocker),
    /// With the others of its household.
    Together,
}

/// The planner's answer for one reminder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is about.
    pub key: ReminderKey,
    /// The patient.
    pub patient_id: PatientId,
    /// Who it is about; `None` if the appointment no longer has this number.
    pub person: Option<Person>,
    /// The API key its text goes out with; `None` if the appointment no longer has this number.
    pub api_key: Option<ApiKeyName>,
    /// The number, if there is one.
    pub phone: Option<Phone>,
    /// Its state.
    pub state: State,
    /// What a planned reminder waits for in addition to its time.
    pub waits: Option<Wait>,
    /// Start minus lead.
    pub nominal_at: Option<DateTime<Utc>>,
    /// The nominal time, moved into the sending window.
    pub adjusted_at: Option<DateTime<Utc>>,
    /// How the sending window moved it.
    pub adjusted_by: Option<Adjustment>,
    /// When it goes out, or would.
    pub due_at: Option<DateTime<Utc>>,
    /// Why then.
    pub due_by: Option<DueBy>,
    /// When it expires.
    pub expires_at: Option<DateTime<Utc>>,
    /// What makes it expire.
    pub expires_by: Option<Expiry>,
    /// What blocks a reminder for which the limits leave no room.
    pub blocker: Option<Blocker>,
    /// Whether it is about the appointment's current start, by a rule in force.
    pub current: bool,
    /// The conversation, begun while Leadtime was not watching, that makes it count as sent before the store says so.
    pub adopted_by: Option<Adopted>,
}

/// One text: the reminders it carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// When it goes out, or would.
    pub due_at: DateTime<Utc>,
    /// What it is about: earliest start first, then by appointment.
    pub keys: Vec<ReminderKey>,
    /// The attempt it repeats, if it is a retry.
    pub retry_of: Option<i64>,
}

/// The answers for all reminders of one number, and the texts that result.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// One for each appointment and rule in force, and one for each stored reminder of a former start or rule whose
    /// state must change.
    pub items: Vec<Item>,
    /// The upcoming texts, and those that observe mode showed, in time order.
    pub messages: Vec<Message>,
}

impl Plan {
    /// The text that carries a reminder.
    pub(crate) fn message_of(&self, key: &ReminderKey) -> Option<&Message> {
        self.messages.iter().find(|message| message.keys.contains(key))
    }

    /// Whether the number's plan stays as it is once this text is sent: it has no other reminder whose answer depends on
    /// what the number is sent.
    pub(crate) fn is_alone(&self, message: &Message) -> bool {
        let depends = |item: &Item| match item.state {
            State::Unclaimed(PlanDecision::Planned) => true,
            State::Unclaimed(PlanDecision::Skipped(why)) => {
                !matches!(why, Skip::BookedLate | Skip::NewRule | Skip::OtherType | Skip::Superseded)
            }
            _ => false,
        };
        !self.items.iter().any(|item| !message.keys.contains(&item.key) && depends(item))
    }
}

/// Plans one number as of `now`.
pub fn plan(
    book: &Rulebook,
    live: &LiveSince,
    input: &PlannerInput,
    now: DateTime<Utc>,
    words: &TrialWording<'_>,
) -> Plan {
    let stored = input.stored.iter().map(|stored| (&stored.key, stored)).collect();
    let shared = Answering::is_shared(book, input);
    let drafts = Answering { book, live, input, stored, now, words, shared }.all();
    let mut outcome = place_all(book, input, &drafts, now, words);
    let appointments: HashMap<_, _> =
        input.appointments.iter().map(|appointment| (&appointment.row.id, appointment)).collect();
    let mut items: Vec<Item> = Vec::with_capacity(drafts.len());
    for (place, draft) in drafts.iter().enumerate() {
        items.push(item(book, input, draft, outcome.of_draft.remove(&place)));
    }
    let answered: HashSet<&ReminderKey> = drafts.iter().map(|draft| &draft.key).collect();
    let open = input.stored.iter().filter(|stored| !answered.contains(&stored.key));
    items.extend(open.filter_map(|stored| former(book, stored, &appointments, now)));
    Plan { items, messages: outcome.messages }
}

/// What placing did with a reminder that needed room.
enum Placing {
    At(DateTime<Utc>, DueBy),
    Lost(Blocker),
    Unwritable(Skip),
}

#[derive(Default)]
struct Outcome {
    of_draft: HashMap<usize, Placing>,
    messages: Vec<Message>,
}

fn place_all(
    book: &Rulebook,
    input: &PlannerInput,
    drafts: &[Draft<'_>],
    now: DateTime<Utc>,
    words: &TrialWording<'_>,
) -> Outcome {
    let mut budget = Budget::new(&book.limits, &input.attempts);
    let of = |(place, draft)| {
        let draft: &Draft<'_> = draft;
        Candidate::of(place, draft)
    };
    let candidates: Vec<Candidate<'_>> = drafts.iter().enumerate().filter_map(of).collect();
    let placement = place(candidates, book.household, &mut budget, drafts, now);
    let mut outcome = Outcome::default();
    for (candidate, blocker) in placement.lost {
        outcome.of_draft.insert(candidate.draft, Placing::Lost(blocker));
    }
    for text in placement.texts {
        write(text, drafts, words, &mut outcome);
    }
    outcome.messages.sort_by_key(|message| message.due_at);
    outcome
}

fn write(mut text: Placed<'_>, drafts: &[Draft<'_>], words: &TrialWording<'_>, outcome: &mut Outcome) {
    text.members.sort_by_key(|member| (&drafts[member.draft].key.start, &drafts[member.draft].key.appointment_id));
    let about: Vec<(&Appointment, &Rule)> =
        text.members.iter().map(|m| (&drafts[m.draft].appointment.row, drafts[m.draft].rule)).collect();
    // A reminder that goes out alone at its own time was tried already.
    let tried = matches!(text.members.as_slice(), [only] if only.from == text.at);
    if let Err(reason) = if tried { Ok(()) } else { words(&about, text.at) } {
        outcome.of_draft.extend(text.members.iter().map(|member| (member.draft, Placing::Unwritable(reason))));
        return;
    }
    let keys = text.members.iter().map(|member| drafts[member.draft].key.clone()).collect();
    let retry_of = text.members.first().and_then(|first| drafts[first.draft].retry()).map(|retry| retry.of);
    outcome.messages.push(Message { due_at: text.at, keys, retry_of });
    for member in text.members {
        let adjusted = drafts[member.draft].adjusted_at();
        let by = match member.moved_by {
            Some(blocker) => DueBy::Limits(blocker),
            None if text.at != member.from => DueBy::Together,
            None if Some(text.at) == adjusted => DueBy::Itself,
            None => DueBy::Late,
        };
        outcome.of_draft.insert(member.draft, Placing::At(text.at, by));
    }
}

fn item(book: &Rulebook, input: &PlannerInput, draft: &Draft<'_>, placing: Option<Placing>) -> Item {
    let stored_due = draft.stored.and_then(|stored| stored.due_at);
    let (state, due_at, due_by, blocker) = match (draft.kept, placing, draft.fresh) {
        (Some(kept), _, _) => (kept, stored_due, None, None),
        (None, Some(Placing::At(at, by)), _) => (State::Unclaimed(in_this_mode(book, input)), Some(at), Some(by), None),
        (None, Some(Placing::Lost(blocker)), _) if draft.retry().is_some() => {
            (State::Held, stored_due, None, Some(blocker))
        }
        (None, Some(Placing::Lost(blocker)), _) => {
            (State::Unclaimed(PlanDecision::Skipped(Skip::ContactLimit)), None, None, Some(blocker))
        }
        (None, Some(Placing::Unwritable(reason)), _) => {
            (State::Unclaimed(PlanDecision::Skipped(reason)), None, None, None)
        }
        (None, None, Err(answer)) => (State::Unclaimed(answer), None, None, None),
        // Every fresh reminder was placed or lost.
        (None, None, Ok(_)) => (State::Unclaimed(PlanDecision::Skipped(Skip::OutsideHours)), None, None, None),
    };
    let planned = state == State::Unclaimed(PlanDecision::Planned);
    Item {
        key: draft.key.clone(),
        patient_id: draft.appointment.row.patient_id.clone(),
        person: Some(draft.appointment.row.person()),
        api_key: Some(draft.appointment.sender.api_key.clone()),
        phone: match &input.number {
            Number::Usable(phone) => Some(phone.clone()),
            Number::Missing | Number::Invalid | Number::Refused => None,
        },
        state,
        waits: match planned {
            true if input.in_doubt => Some(Wait::InDoubt),
            true if input.hold == Some(HoldCause::ReplyUnclear) => Some(Wait::ReplyUnclear),
            true if input.hold == Some(HoldCause::WrongPerson) => Some(Wait::WrongPerson),
            true if input.replies_unread => Some(Wait::RepliesUnread),
            true if draft.appointment.importing => Some(Wait::Importing),
            _ => None,
        },
        nominal_at: draft.nominal,
        adjusted_at: draft.adjusted_at(),
        adjusted_by: draft.adjusted.map(|(_, by)| by),
        due_at,
        due_by,
        expires_at: draft.adjusted.map(|_| draft.expires),
        expires_by: draft.adjusted.map(|_| draft.expires_by.clone()),
        blocker,
        current: true,
        adopted_by: draft.adopted_by.cloned(),
    }
}

fn in_this_mode(book: &Rulebook, input: &PlannerInput) -> PlanDecision {
    let named = matches!(&input.number, Number::Usable(phone) if book.names(phone));
    match (book.mode, &book.only_to) {
        (Mode::Observe, _) => PlanDecision::Skipped(Skip::ObserveMode),
        (Mode::Live, Some(_)) if !named => PlanDecision::Skipped(Skip::NotInOnlyTo),
        (Mode::Live, _) => PlanDecision::Planned,
    }
}

/// A stored reminder of a former start, a former rule or an appointment that is gone.
fn former(
    book: &Rulebook,
    stored: &Stored,
    appointments: &HashMap<&AppointmentId, &AppointmentInput>,
    now: DateTime<Utc>,
) -> Option<Item> {
    let State::Unclaimed(kept) = stored.state else { return None };
    let appointment = appointments.get(&stored.key.appointment_id);
    let cause = match appointment {
        None => Cancel::Cancelled,
        Some(_) if book.rules.iter().all(|rule| rule.name != stored.key.rule) => Cancel::RuleRemoved,
        Some(_) => Cancel::Rescheduled,
    };
    let is_final = match kept {
        PlanDecision::Missed(_) => true,
        PlanDecision::Skipped(reason) => {
            once_its_time_has_passed(reason) && stored.adjusted_at.is_some_and(|at| at <= now)
        }
        PlanDecision::Planned | PlanDecision::Cancelled(_) => false,
    };
    let answer = if is_final { kept } else { PlanDecision::Cancelled(cause) };
    (answer != kept).then(|| Item {
        key: stored.key.clone(),
        patient_id: appointment.map_or_else(|| PatientId(String::new()), |v| v.row.patient_id.clone()),
        person: None,
        api_key: None,
        phone: None,
        state: State::Unclaimed(answer),
        waits: None,
        nominal_at: stored.nominal_at,
        adjusted_at: stored.adjusted_at,
        adjusted_by: None,
        due_at: stored.due_at,
        due_by: None,
        expires_at: stored.expires_at,
        expires_by: None,
        blocker: None,
        current: false,
        adopted_by: None,
    })
}
