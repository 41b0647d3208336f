//! Whom the texts of a number told, and what has to be told anew: by people, not by ids.

use crate::planner::input::{AppointmentInput, Number, PlannerInput, Spent, Twin};

/// The texts that were sent, or may have been.
#[derive(Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) input: &'a PlannerInput,
}

impl<'a> Told<'a> {
    /// What this person was told of this start: under this appointment, under another of the same patient id, or with
    /// this number under other ids.
    pub(crate) fn spent_of(&self, appointment: &AppointmentInput) -> impl Iterator<Item = &'a Spent> {
        let start = appointment.row.starts_at;
        self.input.spent.iter().filter(move |spent| spent.key.start == start && told_same(appointment, spent))
    }

    /// What this appointment's texts told before: another start, or another patient.
    pub(crate) fn earlier_of(&self, appointment: &AppointmentInput) -> Vec<(&'a Spent, bool)> {
        let of_it = self.input.spent.iter().filter(|s| appointment.is_also(&s.key.appointment_id) && s.was_sent);
        let mut earlier: Vec<(&Spent, bool)> = of_it
            .map(|s| (s, told_same(appointment, s)))
            .filter(|(s, is_same)| s.key.start != appointment.row.starts_at || !is_same)
            .collect();
        earlier.sort_by_key(|(spent, _)| spent.order);
        earlier
    }

    /// The text went to a number that was not this patient's, and the entry has another number now that never had it.
    pub(crate) fn went_to_a_wrong_number(&self, spent: &Spent) -> bool {
        let Number::Usable(present) = &self.input.number else { return false };
        let had_it = |other: &&Spent| {
            other.key.start == spent.key.start
                && other.key.rule == spent.key.rule
                && other.key.appointment_id == spent.key.appointment_id
                && other.phone.as_ref() == Some(present)
        };
        spent.was_wrong_number
            && spent.is_settled
            && spent.phone.as_ref() != Some(present)
            && !self.input.spent.iter().any(|other| had_it(&other))
    }

    /// The present patient holds a text with another start of this appointment.
    pub(crate) fn was_told_another_start(&self, appointment: &AppointmentInput) -> bool {
        let mut spent = self.input.spent.iter();
        spent.any(|s| {
            appointment.is_also(&s.key.appointment_id)
                && s.key.start != appointment.row.starts_at
                && told_same(appointment, s)
        })
    }

    /// How often this start was told and has to be told anew: it is texted again only if another start was texted in
    /// between, if another person was told, or if the text went to a number that was not this patient's.
    pub(crate) fn round(&self, appointment: &AppointmentInput) -> u32 {
        let (id, start) = (&appointment.row.id, appointment.row.starts_at);
        let same = |s: &&Spent| told_same(appointment, s);
        // A row of this appointment takes up its round whoever was told.
        let of_this_start = || {
            let spent = self.input.spent.iter().filter(|s| s.key.start == start);
            spent.filter(|s| s.key.appointment_id == *id || same(s))
        };
        let Some(round) = of_this_start().map(|s| s.key.round).max() else { return 0 };
        let Some(last) = of_this_start().max_by_key(|s| s.order) else { return 0 };
        let told_since = self
            .input
            .spent
            .iter()
            .filter(same)
            .any(|s| appointment.is_also(&s.key.appointment_id) && s.key.start != start && s.order > last.order);
        round + u32::from(told_since || !same(&last) || self.went_to_a_wrong_number(last))
    }
}

/// Whether a text told the person who has this appointment now.
fn told_same(appointment: &AppointmentInput, spent: &Spent) -> bool {
    let person = appointment.row.person();
    // What is not known any more counts as the same: never twice.
    let Some(told) = &spent.told else { return true };
    match (appointment.is_also(&spent.key.appointment_id), spent.patient_id == person.patient_id) {
        (true, _) => told.is_same_under_one_appointment(&person),
        (false, true) => told.is_same_under_one_patient(&person, spent.is_gone),
        (false, false) => told.is_same_at_one_number(&person, spent.is_gone),
    }
}

/// Whether another live entry of the same start is the same person's.
pub(crate) fn is_same(appointment: &AppointmentInput, twin: &Twin) -> bool {
    let person = appointment.row.person();
    match twin.person.patient_id == person.patient_id {
        true => twin.person.is_same_under_one_patient(&person, false),
        false => twin.person.is_same_at_one_number(&person, false),
    }
}
