//! Decides each appointment and rule by itself, before the limits on its number apply.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::domain::appointment::{Consent, Status};
use crate::domain::ids::{AppointmentId, RuleName};
use crate::domain::number_hold::HoldCause;
use crate::domain::patient_outcome::PatientOutcome;
use crate::domain::phone::Phone;
use crate::domain::reminder::{Cancel, Miss, PlanDecision, Skip, State};
use crate::domain::reminder_key::ReminderKey;
use crate::domain::rule::{BookedLate, Rule};
use crate::planner::calendar::{Calendar, ON_TIME};
use crate::planner::civil;
use crate::planner::draft::{Draft, Expiry};
use crate::planner::input::{
    AppointmentInput, FeedImports, LiveSince, Number, Pause, PlannerInput, Rulebook, Stored, TrialWording, Twin,
};
use crate::planner::told::{self, Told};

/// Everything needed to decide the reminders of one number.
pub(crate) struct Answering<'a> {
    pub(crate) book: &'a Rulebook,
    pub(crate) live: &'a LiveSince,
    pub(crate) input: &'a PlannerInput,
    pub(crate) stored: HashMap<&'a ReminderKey, &'a Stored>,
    pub(crate) now: DateTime<Utc>,
    pub(crate) words: &'a TrialWording<'a>,
    /// Whether the number has more patients than one household.
    pub(crate) shared: bool,
}

impl<'a> Answering<'a> {
    fn told(&self) -> Told<'a> {
        Told { input: self.input }
    }

    /// The drafts for every appointment and rule, with appointments by id and rules in file order.
    pub(crate) fn all(&self) -> Vec<Draft<'a>> {
        let mut appointments: Vec<&AppointmentInput> = self.input.appointments.iter().collect();
        appointments.sort_by(|a, b| a.row.id.cmp(&b.row.id));
        // Which of several entries for one patient and start has a text, by id and rule.
        let mut covering: HashMap<(&AppointmentId, &RuleName), bool> = HashMap::new();
        let mut all = Vec::with_capacity(appointments.len() * self.book.rules.len());
        for appointment in appointments {
            for draft in self.appointment(appointment, &covering) {
                if !appointment.twins.is_empty() {
                    covering.insert((&appointment.row.id, &draft.rule.name), draft.covers());
                }
                all.push(draft);
            }
        }
        all
    }

    fn appointment(
        &self,
        appointment: &'a AppointmentInput,
        covering: &HashMap<(&AppointmentId, &RuleName), bool>,
    ) -> Vec<Draft<'a>> {
        let mut drafts: Vec<Draft<'a>> = self.book.rules.iter().map(|rule| self.draft(appointment, rule)).collect();
        let mut order: Vec<usize> = (0..drafts.len()).collect();
        // In time order: by adjusted time, then the longer lead, then file order (the sort is stable).
        order.sort_by_key(|i| (drafts[*i].adjusted_at(), drafts[*i].nominal));
        let mut next: Option<(DateTime<Utc>, RuleName)> = None;
        for i in order.into_iter().rev() {
            self.answer(&mut drafts[i], next.as_ref(), covering);
            let draft = &drafts[i];
            let applicable = !matches!(draft.fresh, Err(PlanDecision::Skipped(_) | PlanDecision::Cancelled(_)))
                || draft.kept.is_some_and(State::is_spent);
            if let Some(at) = draft.adjusted_at().filter(|_| applicable) {
                next = Some((at, draft.rule.name.clone()));
            }
        }
        drafts
    }

    fn draft(&self, appointment: &'a AppointmentInput, rule: &'a Rule) -> Draft<'a> {
        let calendar = self.book.calendar_of(&appointment.row);
        let start = appointment.row.starts_at;
        let nominal = calendar.and_then(|c| civil::nominal(start, &rule.lead, &c.zone, |date| c.is_open(date)));
        let adjusted = calendar.zip(nominal);
        let adjusted =
            adjusted.and_then(|(calendar, at)| calendar.adjust(rule.outside_hours, at, start, rule.no_text_within));
        let key = ReminderKey {
            appointment_id: appointment.row.id.clone(),
            rule: rule.name.clone(),
            start,
            round: self.told().round(appointment),
        };
        let stored = self.stored.get(&key).copied();
        Draft {
            appointment,
            rule,
            key,
            calendar,
            stored,
            nominal,
            adjusted,
            expires: start - rule.no_text_within,
            expires_by: Expiry::NearStart,
            fresh: Err(PlanDecision::Skipped(Skip::OutsideHours)),
            kept: None,
            adopted_by: None,
        }
    }

    /// Fills in the expiry, the fresh answer and what is kept of the stored one.
    fn answer(
        &self,
        draft: &mut Draft<'a>,
        next: Option<&(DateTime<Utc>, RuleName)>,
        covering: &HashMap<(&AppointmentId, &RuleName), bool>,
    ) {
        if let Some((after, adjusted)) = draft.rule.expires_after.zip(draft.adjusted_at())
            && adjusted + after < draft.expires
        {
            (draft.expires, draft.expires_by) = (adjusted + after, Expiry::After);
        }
        if let Some((next, rule)) = next.filter(|(next, _)| *next <= draft.expires) {
            (draft.expires, draft.expires_by) = (*next, Expiry::NextRule(rule.clone()));
        }
        if let Some(until) = draft.retry().and_then(|retry| retry.until)
            && until < draft.expires
        {
            // A retry whose time was moved past this finds no instant and is held.
            (draft.expires, draft.expires_by) = (until, Expiry::RetryOver);
        }
        draft.fresh = self.fresh(draft, covering);
        draft.adopted_by = self.adopted_by(draft);
        draft.kept = match draft.adopted_by {
            Some(_) => Some(State::Sent),
            None => self.kept(draft),
        };
    }

    /// The answer as if nothing were stored, before limits and mode apply: the earliest time, or why there is none.
    fn fresh(
        &self,
        draft: &Draft<'a>,
        covering: &HashMap<(&AppointmentId, &RuleName), bool>,
    ) -> Result<DateTime<Utc>, PlanDecision> {
        self.of_the_appointment(draft.appointment)?;
        let calendar = draft.calendar.ok_or(PlanDecision::Skipped(Skip::UnknownLocation))?;
        self.of_the_patient(draft, calendar, covering)?;
        let adjusted = draft.adjusted_at().ok_or(PlanDecision::Skipped(Skip::OutsideHours))?;
        self.of_its_time(draft.appointment, draft, adjusted)?;
        if draft.expires <= adjusted {
            return Err(PlanDecision::Skipped(Skip::Superseded));
        }
        if self.now >= draft.expires {
            return Err(self.too_late(draft));
        }
        let due = match (draft.appointment.paused, self.now <= adjusted + ON_TIME) {
            (Some(Pause::UntilLifted), _) => return Err(PlanDecision::Skipped(Skip::Paused)),
            (Some(Pause::Until(until)), _) if until > adjusted.max(self.now) => {
                calendar.first_open(until, draft.expires).ok_or(PlanDecision::Skipped(Skip::Paused))?
            }
            (_, true) => adjusted,
            (_, false) => {
                calendar.first_open(self.now, draft.expires).ok_or(PlanDecision::Skipped(Skip::OutsideHours))?
            }
        };
        (self.words)(&[(&draft.appointment.row, draft.rule)], due).map_err(PlanDecision::Skipped)?;
        Ok(due)
    }

    /// The answer once its expiry has passed. It is missed only if it could have gone out: not while a reply waits for
    /// a person's decision, and not if the start or the correct number became known only after the expiry.
    pub(super) fn too_late(&self, draft: &Draft<'_>) -> PlanDecision {
        let was_wrong = self.told().spent_of(draft.appointment).any(|spent| self.told().went_to_a_wrong_number(spent));
        match self.input.hold {
            Some(HoldCause::ReplyUnclear) => PlanDecision::Skipped(Skip::ReplyUnclear),
            Some(HoldCause::WrongPerson) => PlanDecision::Skipped(Skip::WrongPerson),
            None if was_wrong => PlanDecision::Skipped(Skip::WrongNumber),
            None if self.taken(draft.appointment) >= draft.expires => PlanDecision::Skipped(Skip::BookedLate),
            None => PlanDecision::Missed(Miss::Expired),
        }
    }

    fn of_the_appointment(&self, appointment: &AppointmentInput) -> Result<(), PlanDecision> {
        match appointment.row.status {
            Status::Cancelled => return Err(PlanDecision::Cancelled(appointment.why_cancelled())),
            Status::Completed | Status::NoShow => return Err(PlanDecision::Cancelled(Cancel::AppointmentOver)),
            Status::Booked | Status::Confirmed => {}
        }
        if appointment.row.starts_at <= self.now {
            return Err(PlanDecision::Cancelled(Cancel::AppointmentOver));
        }
        match appointment.bad_row {
            true => Err(PlanDecision::Skipped(Skip::BadRow)),
            false => Ok(()),
        }
    }

    fn of_the_patient(
        &self,
        draft: &Draft<'a>,
        calendar: &Calendar,
        covering: &HashMap<(&AppointmentId, &RuleName), bool>,
    ) -> Result<(), PlanDecision> {
        let skip = |reason| Err(PlanDecision::Skipped(reason));
        let appointment = &draft.appointment.row;
        if !draft.rule.applies_to(appointment.type_id.as_deref()) {
            return skip(Skip::OtherType);
        }
        if draft.appointment.skipped.iter().any(|rule| rule.as_ref().is_none_or(|rule| *rule == draft.key.rule)) {
            return skip(Skip::ByHand);
        }
        match &self.input.number {
            Number::Missing => return skip(Skip::NoPhone),
            Number::Invalid => return skip(Skip::InvalidPhone),
            Number::Refused => return skip(Skip::NoConsent),
            Number::Usable(phone) if self.book.own_numbers.contains(phone) => return skip(Skip::InvalidPhone),
            Number::Usable(_) => {}
        }
        if self.input.opted_out {
            return skip(Skip::OptedOut);
        }
        // What one entry of a person says applies to all entries of that person.
        let declined =
            draft.appointment.twins.iter().any(|twin| twin.declined && told::is_same(draft.appointment, twin));
        if declined || appointment.consent.unwrap_or(self.book.unknown_consent) == Consent::No {
            return skip(Skip::NoConsent);
        }
        if self.input.wrong_for.contains(&appointment.patient_id) {
            return skip(Skip::WrongNumber);
        }
        if self.shared {
            return skip(Skip::SharedNumber);
        }
        if self.has_outcome(draft.appointment, PatientOutcome::is_wish) {
            return skip(Skip::AskedToChange);
        }
        let is_confirmed = appointment.status == Status::Confirmed
            || self.has_outcome(draft.appointment, |outcome| outcome == PatientOutcome::Confirmed);
        if draft.rule.skip_if_confirmed && is_confirmed {
            return skip(Skip::Confirmed);
        }
        if !calendar.is_open(calendar.date(appointment.starts_at)) {
            return skip(Skip::ClosedDay);
        }
        match self.is_duplicate(draft, covering) {
            true => skip(Skip::Duplicate),
            false => Ok(()),
        }
    }

    /// Whether this is the outcome of the appointment, or of another entry for the same person and start.
    fn has_outcome(&self, appointment: &AppointmentInput, is_meant: impl Fn(PatientOutcome) -> bool) -> bool {
        let twins = appointment.twins.iter().filter(|twin| told::is_same(appointment, twin));
        let standing = appointment.outcome.into_iter().chain(twins.filter_map(|twin| twin.outcome));
        standing.into_iter().any(|standing| is_meant(standing.outcome))
    }

    /// Whether another entry for the same person and start has this text or will get it.
    fn is_duplicate(&self, draft: &Draft<'a>, covering: &HashMap<(&AppointmentId, &RuleName), bool>) -> bool {
        let (appointment, me) = (draft.appointment, &draft.appointment.row.id);
        let told = self.told().spent_of(appointment).any(|spent| {
            spent.key.appointment_id != *me && spent.key.rule == draft.key.rule && spent.key.round == draft.key.round
        });
        // An entry under this number was decided before this one; less is known about an entry under another number.
        let gets_it = |twin: &Twin| match covering.get(&(&twin.id, &draft.rule.name)) {
            Some(covers) => *covers,
            None => self.may_be_texted(twin) && draft.rule.applies_to(twin.type_id.as_deref()),
        };
        let twins = appointment.twins.iter().filter(|twin| told::is_same(appointment, twin));
        told || twins.into_iter().any(|twin| twin.id < *me && gets_it(twin))
    }

    fn may_be_texted(&self, twin: &Twin) -> bool {
        let allowed = |phone: &Phone| self.book.only_to.is_none() || self.book.names(phone);
        twin.phone.as_ref().is_some_and(|phone| !self.book.own_numbers.contains(phone) && allowed(phone))
    }

    fn of_its_time(
        &self,
        appointment: &AppointmentInput,
        draft: &Draft<'_>,
        adjusted: DateTime<Utc>,
    ) -> Result<(), PlanDecision> {
        let taken = self.taken(appointment);
        let holds_a_wrong_time = self.told().was_told_another_start(appointment) && taken < draft.expires;
        let late = taken > adjusted && !holds_a_wrong_time && !self.was_downtime(appointment, adjusted);
        if late && draft.rule.booked_late == BookedLate::Skip {
            return Err(PlanDecision::Skipped(Skip::BookedLate));
        }
        // A text that was due before the rule existed is not sent. If the appointment was booked after the rule came
        // into force, the text is late because of the booking, not because of the rule.
        let live_since = self.live.get(&draft.key.rule).copied().unwrap_or(self.now).min(self.now);
        match live_since > if late { adjusted.max(taken) } else { adjusted } {
            true => Err(PlanDecision::Skipped(Skip::NewRule)),
            false => Ok(()),
        }
    }

    /// When the appointment got its current start: when it was booked, if this is the first start the store saw and the
    /// feed says when; or else when the store saw it.
    fn taken(&self, appointment: &AppointmentInput) -> DateTime<Utc> {
        let taken = appointment.taken_at.min(self.now);
        if let Some(given) = appointment.given_at() {
            return taken.max(given.min(self.now));
        }
        match appointment.row.booked_at {
            Some(booked) if is_first_start(appointment) => booked.min(taken),
            _ => taken,
        }
    }

    /// Nothing was imported between the adjusted time and the first sight of the appointment, so it is unknown whether
    /// it was booked late.
    fn was_downtime(&self, appointment: &AppointmentInput, adjusted: DateTime<Utc>) -> bool {
        let unknown =
            appointment.row.booked_at.is_none() && is_first_start(appointment) && appointment.given_at().is_none();
        match appointment.imports {
            FeedImports::None => false,
            FeedImports::LastBeforeSeen(last) => unknown && last.is_none_or(|last| last <= adjusted),
        }
    }

    /// Whether the number has more patients than `max_household`.
    pub(crate) fn is_shared(book: &Rulebook, input: &PlannerInput) -> bool {
        let patients: BTreeSet<_> = input.appointments.iter().map(|appointment| &appointment.row.patient_id).collect();
        patients.len() > book.max_household
    }
}

/// Whether the appointment has always had the first start the store saw.
fn is_first_start(appointment: &AppointmentInput) -> bool {
    appointment.row.starts_at == appointment.first_start
        && appointment.taken_at == appointment.seen_at
        && appointment.moved_from.is_empty()
}
