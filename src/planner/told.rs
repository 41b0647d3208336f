//! Who was notified by a number's texts, and what must be texted again; compares people, not ids.

use crate::planner::input::{AppointmentInput, Number, PlannerInput, Spent, Twin};

/// The texts that were sent, or may have been.
#[derive(Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) input: &'a PlannerInput,
}

impl<'a> Told<'a> {
    /// The texts that notified this person of this start: under this appointment, under another one with the same
    /// patient id, or at this number under other ids.
    pub(crate) fn spent_of(&self, appointment: &AppointmentInput) -> impl Iterator<Item = &'a Spent> {
        let start = appointment.row.starts_at;
        self.input.spent.iter().filter(move |spent| spent.key.start == start && told_same(appointment, spent))
    }

    /// Earlier texts for this appointment that named another start or went to another patient, each with whether it was
    /// the same patient.
    pub(crate) fn earlier_of(&self, appointment: &AppointmentInput) -> Vec<(&'a Spent, bool)> {
        let of_it = self.input.spent.iter().filter(|s| appointment.is_also(&s.key.appointment_id) && s.was_sent);
        let mut earlier: Vec<(&Spent, bool)> = of_it
            .map(|s| (s, told_same(appointment, s)))
            .filter(|(s, is_same)| s.key.start != appointment.row.starts_at || !is_same)
            .collect();
        earlier.sort_by_key(|(spent, _)| spent.order);
        earlier
    }

    /// Whether the text went to a number that was not this patient's, and the entry now has another number that never
    /// got it.
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

    /// Whether the current patient has a text with another start of this appointment.
    pub(crate) fn was_told_another_start(&self, appointment: &AppointmentInput) -> bool {
        let mut spent = self.input.spent.iter();
        spent.any(|s| {
            appointment.is_also(&s.key.appointment_id)
                && s.key.start != appointment.row.starts_at
                && told_same(appointment, s)
        })
    }

    /// The round of texts for this start. It is 0 at first and rises each time the start must be texted again: only if
    /// another start was texted in between, if another person was notified, or if the text went to a number that was
    /// not this patient's.
    pub(crate) fn round(&self, appointment: &AppointmentInput) -> u32 {
        let (id, start) = (&appointment.row.id, appointment.row.starts_at);
        let same = |s: &&Spent| told_same(appointment, s);
        // A row for this appointment uses up its round, no matter who was notified.
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

/// Whether a text notified the person who has this appointment now.
fn told_same(appointment: &AppointmentInput, spent: &Spent) -> bool {
    let person = appointment.row.person();
    // If that is no longer known, it counts as the same person, so that no one is texted twice.
    let Some(told) = &spent.told else { return true };
    match (appointment.is_also(&spent.key.appointment_id), spent.patient_id == person.patient_id) {
        (true, _) => told.is_same_under_one_appointment(&person),
        (false, true) => told.is_same_under_one_patient(&person, spent.is_gone),
        (false, false) => told.is_same_at_one_number(&person, spent.is_gone),
    }
}

/// Whether another live entry with the same start belongs to the same person.
pub(crate) fn is_same(appointment: &AppointmentInput, twin: &Twin) -> bool {
    let person = appointment.row.person();
    match twin.person.patient_id == person.patient_id {
        true => twin.person.is_same_under_one_patient(&person, false),
        false => twin.person.is_same_at_one_number(&person, false),
    }
}
