//! The answer for every visit and rule of one number.
//!
//! A pure function of (rules, what is known of the number, now). Until a reminder is claimed its state is this
//! answer, made anew by every plan; final answers and what was texted stay as they are.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::calendar::ON_TIME;
use super::civil;
use super::facts::{FeedImports, Key, LiveSince, Mode, Number, NumberFacts, Rulebook, Stored, Twin, VisitFacts};
use crate::domain::appointment::{Appointment, Consent, Status};
use crate::domain::phone::Phone;
use crate::domain::reminder::{Answer, Cancel, Miss, Skip, State, Wait};
use crate::domain::rule::{BookedLate, Rule};
use crate::domain::text::{AppointmentId, PatientId};

/// Tries the words of a reminder as of an instant: `Err` with the reason it cannot be written.
pub type Words<'a> = dyn Fn(&Appointment, &Rule, DateTime<Utc>) -> Result<(), Skip> + 'a;

/// The planner's word on one reminder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is about.
    pub key: Key,
    /// The patient.
    pub patient_id: PatientId,
    /// The number, where there is one.
    pub phone: Option<Phone>,
    /// Its state.
    pub state: State,
    /// What a planned one waits for beyond its time.
    pub waits: Option<Wait>,
    /// Start minus lead.
    pub nominal_at: Option<DateTime<Utc>>,
    /// After the sending window.
    pub adjusted_at: Option<DateTime<Utc>>,
    /// When it goes out, or would.
    pub due_at: Option<DateTime<Utc>>,
    /// From when on it is of no use.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it is about the start the visit has now, by a rule in force.
    pub current: bool,
}

/// Answers for all reminders of one number as of `now`: one item for each visit and rule, and one for each stored
/// reminder of a former start or rule whose state has to change.
pub fn plan(
    book: &Rulebook,
    live: &LiveSince,
    facts: &NumberFacts,
    now: DateTime<Utc>,
    words: &Words<'_>,
) -> Vec<Item> {
    let stored = facts.stored.iter().map(|stored| (&stored.key, stored)).collect();
    let planner = Planner { book, live, facts, stored, now, words };
    let mut items: Vec<Item> = facts.visits.iter().flat_map(|visit| planner.visit(visit)).collect();
    let answered: HashSet<&Key> = items.iter().map(|item| &item.key).collect();
    let visits = facts.visits.iter().map(|visit| (&visit.appointment.id, visit)).collect();
    let open = facts.stored.iter().filter(|stored| !answered.contains(&stored.key));
    let former: Vec<Item> = open.filter_map(|stored| planner.former(stored, &visits)).collect();
    items.extend(former);
    items
}

struct Planner<'a> {
    book: &'a Rulebook,
    live: &'a LiveSince,
    facts: &'a NumberFacts,
    stored: HashMap<&'a Key, &'a Stored>,
    now: DateTime<Utc>,
    words: &'a Words<'a>,
}

/// One rule of one visit on the way to its answer.
struct Draft<'a> {
    rule: &'a Rule,
    key: Key,
    stored: Option<&'a Stored>,
    nominal: Option<DateTime<Utc>>,
    adjusted: Option<DateTime<Utc>>,
}

impl<'a> Planner<'a> {
    fn visit(&self, visit: &'a VisitFacts) -> Vec<Item> {
        let mut drafts: Vec<Draft<'a>> = self.book.rules.iter().map(|rule| self.draft(visit, rule)).collect();
        // In time order: an adjusted time, then the longer lead, then the order of the file (the sort is stable).
        drafts.sort_by_key(|d| (d.adjusted, d.nominal));
        let mut items = Vec::with_capacity(drafts.len());
        let mut next: Option<DateTime<Utc>> = None;
        for draft in drafts.iter().rev() {
            let (item, applicable) = self.answer(visit, draft, next);
            if applicable {
                next = draft.adjusted.or(next);
            }
            items.push(item);
        }
        items.sort_by_key(|item| self.book.rules.iter().position(|rule| rule.name == item.key.rule));
        items
    }

    fn draft(&self, visit: &VisitFacts, rule: &'a Rule) -> Draft<'a> {
        let calendar = &self.book.calendar;
        let start = visit.appointment.starts_at;
        let nominal = civil::nominal(start, &rule.lead, &calendar.zone, |date| calendar.is_open(date));
        let adjusted = nominal.and_then(|at| calendar.same_day(at, start, rule.no_text_within));
        let key = Key {
            appointment_id: visit.appointment.id.clone(),
            rule: rule.name.clone(),
            start,
            round: self.round(&visit.appointment),
        };
        let stored = self.stored.get(&key).copied();
        Draft { rule, key, stored, nominal, adjusted }
    }

    /// The item, and whether this rule's text ends the use of the one before it.
    fn answer(&self, visit: &VisitFacts, draft: &Draft<'_>, next: Option<DateTime<Utc>>) -> (Item, bool) {
        let latest = draft.key.start - draft.rule.no_text_within;
        let expires = next.map_or(latest, |next| next.min(latest));
        let fresh = self.fresh(visit, draft, expires);
        let applicable = !matches!(fresh, Err(Answer::Skipped(_) | Answer::Cancelled(_)));
        let (state, due) = self.settle(draft, fresh, expires);
        let phone = match &self.facts.number {
            Number::Usable(phone) => Some(phone.clone()),
            Number::Missing | Number::Invalid => None,
        };
        let planned = state == State::Answered(Answer::Planned);
        let item = Item {
            key: draft.key.clone(),
            patient_id: visit.appointment.patient_id.clone(),
            phone,
            state,
            waits: (planned && self.facts.in_doubt).then_some(Wait::InDoubt),
            nominal_at: draft.nominal,
            adjusted_at: draft.adjusted,
            due_at: due,
            expires_at: draft.adjusted.map(|_| expires),
            current: true,
        };
        (item, applicable || state.is_spent())
    }

    /// The answer as if nothing were stored, before the mode has its say: the due time, or why there is none.
    fn fresh(&self, visit: &VisitFacts, draft: &Draft<'_>, expires: DateTime<Utc>) -> Result<DateTime<Utc>, Answer> {
        self.of_the_visit(visit)?;
        self.of_the_patient(visit, draft)?;
        let adjusted = draft.adjusted.ok_or(Answer::Skipped(Skip::OutsideHours))?;
        self.of_its_time(visit, draft, adjusted)?;
        if expires <= adjusted {
            return Err(Answer::Skipped(Skip::Superseded));
        }
        if self.now >= expires {
            return Err(Answer::Missed(Miss::Expired));
        }
        let due = match self.now <= adjusted + ON_TIME {
            true => Some(adjusted),
            false => self.book.calendar.first_open(self.now, expires),
        };
        let due = due.ok_or(Answer::Skipped(Skip::OutsideHours))?;
        (self.words)(&visit.appointment, draft.rule, due).map_err(Answer::Skipped)?;
        Ok(due)
    }

    fn of_the_visit(&self, visit: &VisitFacts) -> Result<(), Answer> {
        let appointment = &visit.appointment;
        match appointment.status {
            Status::Cancelled if visit.not_listed => return Err(Answer::Cancelled(Cancel::NotListed)),
            Status::Cancelled => return Err(Answer::Cancelled(Cancel::Cancelled)),
            Status::Completed | Status::NoShow => return Err(Answer::Cancelled(Cancel::AppointmentOver)),
            Status::Booked | Status::Confirmed => {}
        }
        if appointment.starts_at <= self.now {
            return Err(Answer::Cancelled(Cancel::AppointmentOver));
        }
        match visit.bad_row {
            true => Err(Answer::Skipped(Skip::BadRow)),
            false => Ok(()),
        }
    }

    fn of_the_patient(&self, visit: &VisitFacts, draft: &Draft<'_>) -> Result<(), Answer> {
        let skip = |reason| Err(Answer::Skipped(reason));
        let appointment = &visit.appointment;
        if !draft.rule.applies_to(appointment.type_id.as_deref()) {
            return skip(Skip::OtherType);
        }
        match &self.facts.number {
            Number::Missing => return skip(Skip::NoPhone),
            Number::Invalid => return skip(Skip::InvalidPhone),
            Number::Usable(phone) if self.book.own_numbers.contains(phone) => return skip(Skip::InvalidPhone),
            Number::Usable(_) => {}
        }
        if self.facts.opted_out {
            return skip(Skip::OptedOut);
        }
        if appointment.consent == Some(Consent::No) {
            return skip(Skip::NoConsent);
        }
        let calendar = &self.book.calendar;
        if !calendar.is_open(calendar.date(appointment.starts_at)) {
            return skip(Skip::ClosedDay);
        }
        match self.is_duplicate(visit, draft) {
            true => skip(Skip::Duplicate),
            false => Ok(()),
        }
    }

    /// Another entry of the same patient and start has this text, or gets it.
    fn is_duplicate(&self, visit: &VisitFacts, draft: &Draft<'_>) -> bool {
        let me = &visit.appointment.id;
        let told = self.facts.spent.iter().any(|spent| {
            spent.patient_id == visit.appointment.patient_id
                && spent.key.appointment_id != *me
                && spent.key.rule == draft.key.rule
                && spent.key.start == draft.key.start
                && spent.key.round == draft.key.round
        });
        told || visit
            .twins
            .iter()
            .any(|twin| twin.id < *me && self.may_be_texted(twin) && draft.rule.applies_to(twin.type_id.as_deref()))
    }

    fn may_be_texted(&self, twin: &Twin) -> bool {
        let allowed = |phone: &Phone| self.book.only_to.is_none() || self.book.names(phone);
        twin.phone.as_ref().is_some_and(|phone| !self.book.own_numbers.contains(phone) && allowed(phone))
    }

    fn of_its_time(&self, visit: &VisitFacts, draft: &Draft<'_>, adjusted: DateTime<Utc>) -> Result<(), Answer> {
        let taken = self.taken(visit);
        let late =
            taken > adjusted && !self.was_told_another_start(&visit.appointment) && !self.was_downtime(visit, adjusted);
        if late && draft.rule.booked_late == BookedLate::Skip {
            return Err(Answer::Skipped(Skip::BookedLate));
        }
        // A text that was due before the rule was is not sent; one for a visit booked since the rule is there is
        // the late booking's, not the rule's.
        let live_since = self.live.get(&draft.key.rule).copied().unwrap_or(self.now).min(self.now);
        match live_since > if late { adjusted.max(taken) } else { adjusted } {
            true => Err(Answer::Skipped(Skip::NewRule)),
            false => Ok(()),
        }
    }

    /// When the visit took the start it has: when it was booked, for the first start the store saw, if the feed
    /// says so; else when the store saw it.
    fn taken(&self, visit: &VisitFacts) -> DateTime<Utc> {
        let taken = visit.taken_at.min(self.now);
        match visit.appointment.booked_at {
            Some(booked) if is_first_start(visit) => booked.min(taken),
            _ => taken,
        }
    }

    /// Nobody looked between the adjusted time and the first sight of the visit, so nobody can say it was late.
    fn was_downtime(&self, visit: &VisitFacts, adjusted: DateTime<Utc>) -> bool {
        let unknown = visit.appointment.booked_at.is_none() && is_first_start(visit);
        match visit.imports {
            FeedImports::None => false,
            FeedImports::LastBeforeSeen(last) => unknown && last.is_none_or(|last| last <= adjusted),
        }
    }

    fn was_told_another_start(&self, appointment: &Appointment) -> bool {
        let spent = self.facts.spent.iter();
        spent.filter(|s| s.key.appointment_id == appointment.id).any(|s| s.key.start != appointment.starts_at)
    }

    /// A visit moved back to a start already texted is texted again only if another start was texted in between.
    fn round(&self, appointment: &Appointment) -> u32 {
        let of_this_start = || {
            self.facts
                .spent
                .iter()
                .filter(|s| s.patient_id == appointment.patient_id && s.key.start == appointment.starts_at)
        };
        let Some(round) = of_this_start().map(|s| s.key.round).max() else { return 0 };
        let last = of_this_start().map(|s| s.order).max();
        let told_since = self.facts.spent.iter().any(|s| {
            s.key.appointment_id == appointment.id && s.key.start != appointment.starts_at && Some(s.order) > last
        });
        round + u32::from(told_since)
    }

    /// Holds the fresh answer against what is stored: what was texted and what is final stays.
    fn settle(
        &self,
        draft: &Draft<'_>,
        fresh: Result<DateTime<Utc>, Answer>,
        expires: DateTime<Utc>,
    ) -> (State, Option<DateTime<Utc>>) {
        let fresh = match fresh {
            Ok(due) => (self.in_this_mode(), Some(due)),
            Err(answer) => (answer, None),
        };
        let stored = draft.stored.map(|s| (s.state, s.due_at));
        let answer = match stored {
            None => fresh,
            // It should have gone out and did not, unless the visit was called off.
            Some((State::Answered(Answer::Planned), due)) if self.now >= expires && !is_called_off(fresh.0) => {
                (Answer::Missed(Miss::Expired), due)
            }
            Some((State::Answered(kept), due)) => match self.is_final(draft, kept, fresh.0, expires) {
                true => (kept, due),
                false => fresh,
            },
            Some((spent, due)) => return (spent, due),
        };
        (State::Answered(answer.0), answer.1)
    }

    fn in_this_mode(&self) -> Answer {
        let named = matches!(&self.facts.number, Number::Usable(phone) if self.book.names(phone));
        match (self.book.mode, &self.book.only_to) {
            (Mode::Observe, _) => Answer::Skipped(Skip::ObserveMode),
            (Mode::Live, Some(_)) if !named => Answer::Skipped(Skip::NotInOnlyTo),
            (Mode::Live, _) => Answer::Planned,
        }
    }

    fn is_final(&self, draft: &Draft<'_>, kept: Answer, fresh: Answer, expires: DateTime<Utc>) -> bool {
        let past = |at: Option<DateTime<Utc>>| at.is_none_or(|at| at <= self.now);
        match kept {
            Answer::Missed(_) => true,
            Answer::Skipped(reason) if once_its_time_has_passed(reason) => {
                past(draft.adjusted) && past(draft.stored.and_then(|s| s.adjusted_at))
            }
            // `Rescheduled`: the visit came back to this start.
            Answer::Planned | Answer::Cancelled(Cancel::Rescheduled) => false,
            Answer::Skipped(_) | Answer::Cancelled(_) => self.now >= expires && !is_called_off(fresh),
        }
    }

    /// A stored reminder of a former start, a former rule or a visit that is gone.
    fn former(&self, stored: &Stored, visits: &HashMap<&AppointmentId, &VisitFacts>) -> Option<Item> {
        let State::Answered(kept) = stored.state else { return None };
        let visit = visits.get(&stored.key.appointment_id);
        let cause = match visit {
            None => Cancel::Cancelled,
            Some(_) if self.book.rules.iter().all(|rule| rule.name != stored.key.rule) => Cancel::RuleRemoved,
            Some(_) => Cancel::Rescheduled,
        };
        let is_final = match kept {
            Answer::Missed(_) => true,
            Answer::Skipped(reason) => {
                once_its_time_has_passed(reason) && stored.adjusted_at.is_some_and(|at| at <= self.now)
            }
            Answer::Planned | Answer::Cancelled(_) => false,
        };
        let answer = if is_final { kept } else { Answer::Cancelled(cause) };
        (answer != kept).then(|| Item {
            key: stored.key.clone(),
            patient_id: visit.map_or_else(|| PatientId(String::new()), |v| v.appointment.patient_id.clone()),
            phone: None,
            state: State::Answered(answer),
            waits: None,
            nominal_at: stored.nominal_at,
            adjusted_at: stored.adjusted_at,
            due_at: stored.due_at,
            expires_at: stored.expires_at,
            current: false,
        })
    }
}

fn is_called_off(answer: Answer) -> bool {
    matches!(answer, Answer::Cancelled(Cancel::Cancelled | Cancel::NotListed))
}

/// Whether the visit still has the first start the store saw of it, and always had.
fn is_first_start(visit: &VisitFacts) -> bool {
    visit.appointment.starts_at == visit.first_start && visit.taken_at == visit.seen_at
}

/// The reasons that are final once the adjusted time has passed, so that no change of rules, types or mode makes
/// texts of the past burst out.
fn once_its_time_has_passed(reason: Skip) -> bool {
    matches!(reason, Skip::OtherType | Skip::BookedLate | Skip::NewRule | Skip::ObserveMode | Skip::NotInOnlyTo)
}
