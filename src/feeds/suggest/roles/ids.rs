//! Finds the column of the appointment's id, and that of the patient's.

use super::{Finder, Named, Source};
use crate::config::feeds::Field;
use crate::feeds::suggest::words::{Word, split};

impl Finder<'_> {
    pub(super) fn ids(&mut self) {
        const NOT: [Word; 21] = [
            Word::Patient,
            Word::Contact,
            Word::Account,
            Word::Provider,
            Word::Location,
            Word::Kind,
            Word::Status,
            Word::Other,
            Word::Money,
            Word::Phone,
            Word::Cell,
            Word::Home,
            Word::Work,
            Word::Birth,
            Word::Name,
            Word::Date,
            Word::Time,
            Word::Length,
            Word::Address,
            Word::Zone,
            Word::Email,
        ];
        let rows = self.profile.rows;
        // A calendar's ids look like addresses: `skdpp0j8@google.com`.
        let is_uid = |c: &Named<'_>| split(&c.column.name).iter().any(|word| word == "uid");
        // Calendly numbers each booking by its invitee; a group's event has one number for all.
        let of_booking = |c: &Named<'_>| split(&c.column.name) == ["invitee", "uuid"];
        let fit = |c: &&Named<'_>| {
            // A row counter restarts in every export, so it is not an id; a column named as an id is not a counter.
            let called_id = c.any(&[Word::Appointment, Word::Scheduled]) && c.column.name.to_lowercase().contains("id");
            let counter = !called_id
                && c.column.numbers == c.column.filled
                && c.column.smallest <= 1
                && u64::from(c.column.largest) <= rows + 1;
            // Rows of blocked time have none.
            let most_blank = if called_id || c.has(Word::Appointment) { 4 } else { 20 };
            let filled = c.column.blank * most_blank <= c.column.filled && c.column.filled > 0;
            // Ids may look like times and dates; the header of this column says that they are ids.
            let called =
                called_id || (c.has(Word::Appointment) && c.only(&[Word::Appointment, Word::Id]) && c.is_plain());
            let number = called && c.column.digits == c.column.filled;
            let plain = number
                || (!c.column.is_dated() && !c.column.is_times() && !c.column.is_phones())
                    && (c.column.emails == 0 || is_uid(c));
            filled
                && !counter
                && plain
                && (c.column.many_words || c.column.words.len() as u64 >= c.column.filled / 2)
                && (!c.any(&NOT) || of_booking(c))
        };
        let score = |c: &Named<'_>| match () {
            () if c.any(&[Word::Id, Word::Reference])
                && c.any(&[Word::Appointment, Word::Confirmation, Word::Reference]) =>
            {
                3
            }
            // "SCHEDID", "Sch #"
            () if c.has(Word::Id) && c.has(Word::Scheduled) && c.only(&[Word::Id, Word::Scheduled]) && c.is_plain() => {
                3
            }
            () if c.has(Word::Id) && c.only(&[Word::Id]) && c.is_plain() => 2,
            () if of_booking(c) => 3,
            () if c.has(Word::Appointment) && c.only(&[Word::Appointment]) && c.is_plain() && c.column.letters == 0 => {
                1
            }
            () => 0,
        };
        let mut found: Vec<(u32, usize)> =
            self.columns.iter().filter(fit).map(|c| (score(c), c.at)).filter(|(score, _)| *score > 0).collect();
        found.sort_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
        self.roles.ids = found.into_iter().map(|(_, at)| at).collect();
        // "RecordID" may be the appointment's or the patient's.
        if self.roles.ids.is_empty() && !self.chosen.contains_key(&Field::Id) {
            let of_record = |c: &Named<'_>| matches!(split(&c.column.name).as_slice(), [record, id] if record == "record" && matches!(id.as_str(), "id" | "no" | "number" | "#"));
            let differ = |c: &Named<'_>| c.column.many_words || c.column.words.len() as u64 >= c.column.filled;
            let fits = |c: &&Named<'_>| {
                let other = c.any(&[Word::Patient, Word::Provider, Word::Location, Word::Phone, Word::Other]);
                let whole = c.column.filled > 2 && c.column.blank == 0 && differ(c) && !c.column.is_dated();
                c.has(Word::Id) && whole && !other && (of_record(c) || !c.has(Word::Account))
            };
            let found: Vec<usize> = self.columns.iter().filter(fits).map(|c| c.at).collect();
            if self.columns.iter().any(|c| found.contains(&c.at) && of_record(c)) {
                self.roles.several.insert(Field::Id, found);
            }
        }
        let mut patient = None;
        for c in &self.columns {
            let kept = [Word::Patient, Word::Account, Word::Id];
            let named = ((c.has(Word::Patient) && c.has(Word::Id)) || c.has(Word::Account)) && !of_booking(c);
            let filled = c.column.blank * 20 <= c.column.filled && c.column.filled > 0;
            let better = c.has(Word::Patient) && c.has(Word::Id) && c.is_plain();
            if named && filled && c.only(&kept) && !c.column.is_dated() && (patient.is_none() || better) {
                patient = Some(c.at);
            }
        }
        self.put(Field::PatientId, patient.map(Source::Column));
    }
}
