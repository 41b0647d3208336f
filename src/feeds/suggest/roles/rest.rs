//! Finds the status column and the other optional columns.

use super::{Finder, Named, Source};
use crate::config::feeds::Field;
use crate::feeds::suggest::words::Word;

impl Finder<'_> {
    pub(super) fn status(&mut self) {
        let used: Vec<usize> = self.columns.iter().map(|c| c.at).filter(|at| self.is_used(*at)).collect();
        let few = |c: &Named<'_>| !used.contains(&c.at) && !c.column.many_words && c.column.filled > 0;
        // These may have a status too, but not that of the appointment.
        const NOT: [Word; 13] = [
            Word::Other,
            Word::Patient,
            Word::Money,
            Word::Account,
            Word::Language,
            Word::Kind,
            Word::Made,
            Word::Email,
            Word::Phone,
            Word::Text,
            Word::Location,
            Word::Provider,
            Word::Past,
        ];
        let best = self.best(Field::Status, |c| {
            let named = c.has(Word::Status) && !c.any(&NOT);
            match () {
                () if !few(c) => 0,
                () if named && c.has(Word::Appointment) => 8,
                () if named && !c.has(Word::Confirmation) => 6 + u32::from(c.column.is_status_words()),
                () if c.column.is_status_words()
                    && !c.any(&[Word::Cancelled, Word::NoShow])
                    && !c.has(Word::Confirmation) =>
                {
                    4
                }
                () if c.column.is_status_words() && !c.any(&[Word::Cancelled, Word::NoShow]) => 3,
                () if named => 2,
                () => 0,
            }
        });
        self.put(Field::Status, best.map(Source::Column));
        for c in self.columns.iter().filter(|c| few(c) || c.any(&[Word::Cancelled, Word::NoShow])) {
            if Some(c.at) == best || c.column.filled == 0 || used.contains(&c.at) || c.any(&[Word::Id, Word::Reference])
            {
                continue;
            }
            match () {
                () if c.has(Word::Cancelled) => self.roles.cancelled.push(c.at),
                () if c.has(Word::NoShow) => self.roles.no_show.push(c.at),
                () if c.has(Word::Confirmation) => self.roles.confirmation.push(c.at),
                // Any other column that shows some appointments as cancelled.
                () if !c.any(&[Word::Past, Word::Note]) && c.column.says_called_off() => self.roles.beside.push(c.at),
                () => {}
            }
        }
    }

    pub(super) fn others(&mut self) {
        let find = |finder: &Finder<'_>, test: &dyn Fn(&Named<'_>) -> bool| {
            finder
                .columns
                .iter()
                .find(|c| !finder.is_used(c.at) && !finder.roles.ids.contains(&c.at) && test(c))
                .map(|c| c.at)
        };
        let few = |c: &Named<'_>| !c.column.many_words && c.column.filled > 0;
        let birth = find(self, &|c| c.has(Word::Birth) && c.column.is_dated() && !c.has(Word::Other));
        self.put(Field::DateOfBirth, birth.map(Source::Column));
        let language = find(self, &|c| c.has(Word::Language) && few(c) && !c.any(&[Word::Provider, Word::Other]));
        self.put(Field::Language, language.map(Source::Column));
        let out = find(self, &|c| c.has(Word::OptOut) && few(c) && !c.has(Word::Email));
        let consent = out.or_else(|| {
            find(self, &|c| {
                c.has(Word::Ok) && c.any(&[Word::Text, Word::Cell, Word::Phone]) && few(c) && !c.has(Word::Email)
            })
        });
        self.roles.opts_out = out.is_some();
        self.put(Field::Consent, consent.map(Source::Column));
        // The time zone in which a patient viewed the times is not the one in which they are written.
        self.roles.zone = find(self, &|c| c.column.is_zones() && !c.has(Word::Patient));
        let provider = find(self, &|c| {
            c.has(Word::Provider)
                && c.column.filled > 0
                && !c.any(&[Word::Phone, Word::Email, Word::Id, Word::Note, Word::Status])
        });
        self.put(Field::Provider, provider.map(Source::Column));
        let kind = find(self, &|c| {
            c.has(Word::Kind)
                && c.column.letters > 0
                && !c.any(&[
                    Word::Text,
                    Word::Phone,
                    Word::Cell,
                    Word::Cancelled,
                    Word::Language,
                    Word::Patient,
                    Word::Other,
                    Word::Id,
                    Word::Money,
                    Word::Confirmation,
                ])
        });
        let field = if kind.and_then(|at| self.profile.columns.get(at)).is_some_and(|c| c.many_words) {
            Field::Description
        } else {
            Field::TypeId
        };
        self.put(field, kind.map(Source::Column));
        let booked = find(self, &|c| {
            let name = c.column.name.to_lowercase();
            (name.contains("created") || name.contains("booked")) && c.column.is_dated() && c.column.has_times()
        });
        self.put(Field::BookedAt, booked.map(Source::Column));
        let location = find(self, &|c| {
            c.has(Word::Location) && few(c) && c.only(&[Word::Location, Word::Name, Word::Id, Word::Appointment])
        });
        self.put(Field::Location, location.map(Source::Column));
    }
}
