//! Finds the columns of names and phone numbers.

use super::{Finder, Named, Source};
use crate::config::feeds::Field;
use crate::feeds::mapping::{is_label, is_relative};
use crate::feeds::suggest::profile::Column;
use crate::feeds::suggest::words::{Word, split};

/// Whether a header names an adult who answers for a patient.
fn names_an_adult(header: &str) -> bool {
    /// Also inside a longer word.
    const LONG: [&str; 7] = ["parent", "guardian", "mother", "father", "caregiver", "guarantor", "responsible"];
    const SHORT: [&str; 9] = ["rp", "gtor", "guar", "hoh", "resp", "respparty", "tutor", "tutora", "tuteur"];
    let lower = header.to_lowercase();
    LONG.iter().any(|word| lower.contains(word))
        || split(header).iter().any(|word| SHORT.contains(&word.as_str()) || is_relative(word))
}

/// Whether a header names an id. In "home phone number", the number is no id.
fn is_id(c: &Named<'_>) -> bool {
    c.has(Word::Id) && !c.any(&[Word::Phone, Word::Cell, Word::Home, Word::Work])
}

/// Whether a header asks what a patient likes to be called.
fn asks_for_called(header: &str) -> bool {
    const PHRASES: [&str; 6] = [
        "like to be called",
        "prefer to be called",
        "want to be called",
        "should we call you",
        "que le digan",
        "ser llamad",
    ];
    let lower = header.to_lowercase();
    let names =
        lower.contains("name") && ["like us to use", "would you like"].iter().any(|phrase| lower.contains(phrase));
    names || PHRASES.iter().any(|phrase| lower.contains(phrase))
}

impl Finder<'_> {
    pub(super) fn names(&mut self) {
        const NOT: [Word; 4] = [Word::Provider, Word::Other, Word::Location, Word::Past];
        let of_patient = |c: &Named<'_>| 1 + u32::from(c.has(Word::Patient));
        let simple = [Word::First, Word::Last, Word::Name, Word::Patient, Word::Contact];
        let first = self.best(Field::FirstName, |c| {
            let named = c.has(Word::First) && !c.has(Word::Last) && c.only(&simple) && c.column.is_text();
            if named { of_patient(c) } else { 0 }
        });
        let last = self.best(Field::LastName, |c| {
            let header = c.column.name.to_lowercase();
            let sure = c.is_plain() || ["last name", "family name", "surname"].iter().any(|w| header.contains(w));
            let named = c.has(Word::Last) && !c.has(Word::First) && c.only(&simple) && sure && c.column.is_text();
            if named { of_patient(c) } else { 0 }
        });
        let in_use = self.last_names_in_use().filter(|_| !self.chosen.contains_key(&Field::LastName));
        if in_use.is_some() {
            self.roles.several.remove(&Field::LastName);
        }
        let whole_last = in_use.or_else(|| last.map(|last| self.whole_last_name(last)));
        if let (Some(first), Some(last)) = (first, whole_last) {
            // The column with the whole name may be filled where its parts are blank.
            let filled = self.columns.iter().filter(|c| c.at == first).map(|c| c.column.filled).sum::<u64>();
            let fuller = self.columns.iter().find(|c| {
                let whole = [Word::Name, Word::Full, Word::Patient];
                c.any(&[Word::Name, Word::Full])
                    && c.only(&whole)
                    && c.is_plain()
                    && c.column.is_text()
                    && (c.column.spaced + c.column.commas) * 2 > c.column.filled
                    && c.column.filled > filled
            });
            if let Some(at) = fuller.map(|c| c.at) {
                self.put(Field::Name, Some(Source::Column(at)));
            }
            let source = match self.gone_by() {
                Some(at) => Source::FirstOf(vec![at, first]),
                None => Source::Column(first),
            };
            self.put(Field::FirstName, Some(source));
            return self.put(Field::LastName, Some(last));
        }
        let whole = self.best(Field::Name, |c| {
            let words = [Word::Patient, Word::Name, Word::Full, Word::First, Word::Last];
            // "Nom, Prénom"
            let both = c.has(Word::First) && c.has(Word::Last);
            let named = (both || c.any(&[Word::Patient, Word::Name, Word::Full])) && c.only(&words) && !c.any(&NOT);
            let spaced = (c.column.spaced + c.column.commas) * 2 > c.column.filled;
            match named && c.column.is_text() && spaced {
                true => of_patient(c) + 2 * u32::from(c.has(Word::Name)) + u32::from(c.is_plain()),
                false => 0,
            }
        });
        // "Paciente" beside "Apellidos"
        let is_plain = |at: &usize| {
            self.columns
                .iter()
                .any(|c| c.at == *at && c.only(&[Word::Patient]) && c.column.commas * 2 <= c.column.filled)
        };
        if let (Some(at), None, Some(last)) = (whole.filter(is_plain), first, last)
            && !self.chosen.contains_key(&Field::Name)
        {
            self.roles.several.remove(&Field::FirstName);
            self.roles.first_or_whole = Some(at);
            return self.put(Field::LastName, Some(Source::Column(last)));
        }
        match (whole, first) {
            (Some(at), _) => {
                self.roles.several.remove(&Field::FirstName);
                self.roles.several.remove(&Field::LastName);
                self.put(Field::Name, Some(Source::Column(at)));
                let gone_by = self.gone_by();
                self.put(Field::FirstName, gone_by.map(Source::Column));
            }
            (None, Some(first)) => {
                self.put(Field::FirstName, Some(Source::Column(first)));
                // "Vorname", "Name": single words beside the first names.
                let plain = self.columns.iter().find(|c| {
                    let names = c.has(Word::Name) && c.only(&[Word::Name, Word::Patient]) && c.is_plain();
                    names && c.at != first && c.column.is_text() && last.is_none()
                });
                if let Some(at) = plain.map(|c| c.at) {
                    return self.put(Field::LastName, Some(Source::Column(at)));
                }
                // A last name is not left out silently.
                let lasts: Vec<usize> = self
                    .columns
                    .iter()
                    .filter(|c| c.has(Word::Last) && !c.any(&[Word::First, Word::Date, Word::Time]) && !c.any(&NOT))
                    .filter(|c| c.at != first && c.column.is_text())
                    .map(|c| c.at)
                    .collect();
                if !lasts.is_empty() && last.is_none() {
                    self.roles.several.insert(Field::LastName, lasts);
                }
            }
            (None, None) => {
                // The last name was found; a column named "Patient" or with an unknown header may hold the first name.
                let named = |c: &&Named<'_>| c.only(&[Word::Patient, Word::Name]) && Some(c.at) != last;
                let fits = self.columns.iter().filter(named).filter(|c| c.column.is_text() && c.column.varies());
                let mut firsts: Vec<usize> = fits.map(|c| c.at).collect();
                firsts.sort_by_key(|at| self.columns.iter().any(|c| c.at == *at && !c.has(Word::Patient)));
                if last.is_some() && !firsts.is_empty() && !self.roles.several.contains_key(&Field::FirstName) {
                    self.roles.several.insert(Field::FirstName, firsts);
                }
                self.put(Field::LastName, last.map(Source::Column));
            }
        }
    }

    /// The last name with what stands in columns of its own: the "van der" of a Dutch name.
    fn whole_last_name(&self, last: usize) -> Source {
        const BEFORE: [&str; 4] = ["tussenvoegsel", "tussenvoegsels", "voorvoegsel", "voorvoegsels"];
        // "Apellido paterno", "Apellido materno"
        let with = |words: [&str; 2]| {
            let mut fitting = self.columns.iter().filter(|c| {
                let header = c.column.name.to_lowercase();
                words.iter().any(|word| header.contains(word)) && c.column.is_text()
            });
            fitting.next().map(|c| c.at)
        };
        if let (Some(first), Some(second)) =
            (with(["apellido paterno", "primer apellido"]), with(["apellido materno", "segundo apellido"]))
        {
            return Source::Joined(vec![first, second]);
        }
        let before = self.columns.iter().find(|c| BEFORE.contains(&c.column.name.to_lowercase().trim()));
        before.map_or(Source::Column(last), |c| Source::Joined(vec![c.at, last]))
    }

    /// The name in use before the name at birth, which French programs have in two columns.
    fn last_names_in_use(&self) -> Option<Source> {
        let with = |words: &[&str]| {
            let fits = |c: &&Named<'_>| {
                let header = c.column.name.to_lowercase().replace('\u{2019}', "'");
                words.iter().any(|word| header.trim() == *word)
            };
            self.columns.iter().find(fits).map(|c| c.at)
        };
        let used = with(&["nom d'usage", "nom usage", "nom usuel", "nom utilisé", "nom marital"])?;
        let birth = with(&["nom de naissance", "nom naissance", "nom de famille", "nom patronymique", "nom"])?;
        Some(Source::FirstOf(vec![used, birth]))
    }

    /// The column of the names that patients go by, if its header says so.
    fn gone_by(&self) -> Option<usize> {
        const SURE: [&str; 11] = [
            "nick", "goes by", "called", "known as", "aka", "rufname", "le gusta", "apodo", "chosen", "social", "usage",
        ];
        let is_sure = |c: &Named<'_>| {
            let header = c.column.name.to_lowercase();
            asks_for_called(&header)
                || c.any(&[Word::Name, Word::First])
                || SURE.iter().any(|word| header.contains(word))
        };
        let fits = |c: &&Named<'_>| self.may_be_gone_by(c) && is_sure(c);
        if let Some(at) = self.chosen.get(&Field::FirstName)
            && let Some(c) = self.columns.iter().find(|c| c.at == *at)
        {
            return self.may_be_gone_by(c).then_some(*at);
        }
        self.columns.iter().find(fits).map(|c| c.at)
    }

    /// Whether a column may have names that patients go by.
    fn may_be_gone_by(&self, c: &Named<'_>) -> bool {
        let words = [Word::Preferred, Word::Name, Word::First, Word::Patient];
        let named = asks_for_called(&c.column.name) || (c.has(Word::Preferred) && c.only(&words) && c.is_plain());
        // A page number below the column makes it no other column.
        let text = c.column.letters * 2 > c.column.filled || c.column.filled == 0;
        named && text && !c.column.is_channel() && (!c.column.is_flag() || c.column.filled == 0)
    }

    /// A column that may have names that patients go by, if it is not used: "Preferred" alone may also be a way to reach
    /// somebody, a room or a day.
    pub(super) fn preferred_names(&mut self) {
        let fits = |c: &&Named<'_>| self.may_be_gone_by(c) && c.column.varies() && !self.is_used(c.at);
        self.roles.may_be_gone_by = self.columns.iter().find(fits).map(|c| c.at);
    }

    pub(super) fn phone(&mut self) {
        const NOT: [Word; 11] = [
            Word::Other,
            Word::Provider,
            Word::Location,
            Word::Ok,
            Word::OptOut,
            Word::Kind,
            Word::Status,
            Word::Text,
            Word::Email,
            Word::Address,
            Word::Zone,
        ];
        if self.chosen_phone_inside() {
            return;
        }
        let phones = |c: &Named<'_>| {
            // An old number may belong to somebody else now.
            if c.has(Word::Past) {
                return false;
            }
            let named = c.any(&[Word::Phone, Word::Contact, Word::Cell, Word::Home, Word::Work]) && !c.any(&NOT);
            let texted = c.has(Word::Text) && c.has(Word::Id) && !c.any(&[Word::Ok, Word::OptOut]);
            // Numbers without the zero before them look like no phone numbers; the header of a mobile phone says it.
            let plain = c.has(Word::Cell) && c.is_known() && c.column.may_be_short_numbers();
            (named || texted) && (c.column.is_phones() || plain || (c.column.filled == 0 && c.has(Word::Cell)))
        };
        let home = |c: &Named<'_>| c.any(&[Word::Home, Word::Work]);
        let others = |c: &&Named<'_>| {
            let whose = c.any(&[Word::Other, Word::Past]);
            whose && c.column.is_phones() && !c.any(&[Word::Provider, Word::Location, Word::Account]) && !is_id(c)
        };
        self.roles.others_phones = self.columns.iter().filter(others).map(|c| c.at).collect();
        let texted = self.best(Field::Phone, |c| match phones(c) && !home(c) {
            true => 1 + 4 * u32::from(c.any(&[Word::Cell, Word::Text])) + u32::from(c.is_plain()),
            false => 0,
        });
        // "Phone 1", "Phone 2": the cells say which of them is the mobile phone.
        let tied = self.roles.several.get(&Field::Phone).cloned().unwrap_or_default();
        if tied.iter().any(|at| self.profile.columns.get(*at).is_some_and(|column| column.mobiles > 0)) {
            self.roles.several.remove(&Field::Phone);
            return self.put(Field::Phone, Some(Source::FirstOf(tied)));
        }
        // "Assistant mobile": only the office knows whose number it is.
        let sure = |at: &usize| {
            self.columns.iter().any(|c| c.at == *at && (c.is_known() || self.chosen.contains_key(&Field::Phone)))
        };
        if let Some(at) = texted.filter(|at| !sure(at)) {
            self.roles.several.insert(Field::Phone, vec![at]);
            return;
        }
        // "Tel" and "GSM 2": if no header says which number is a mobile phone, ask.
        let cell = |at: &usize| self.columns.iter().any(|c| c.at == *at && c.any(&[Word::Cell, Word::Text]));
        let others: Vec<usize> = self
            .columns
            .iter()
            .filter(|c| !c.any(&[Word::Other, Word::Provider, Word::Location, Word::Account, Word::Past]) && !is_id(c))
            .filter(|c| c.column.is_phones() && !home(c) && Some(c.at) != texted)
            .map(|c| c.at)
            .collect();
        let typed = texted.or_else(|| tied.first().copied()).and_then(|at| self.typed_phones(at));
        if let Some(at) = texted.filter(|at| typed.is_none() && !cell(at) && !others.is_empty())
            && !self.chosen.contains_key(&Field::Phone)
        {
            self.roles.several.insert(Field::Phone, [vec![at], others].concat());
            return;
        }
        if let Some(typed) = typed {
            self.roles.several.remove(&Field::Phone);
            return self.put(Field::Phone, Some(Source::Joined(typed)));
        }
        if texted.is_some() || !tied.is_empty() {
            return self.put(Field::Phone, texted.map(Source::Column));
        }
        // Home phones, and columns of phone numbers whose header does not say whose they are.
        let whose = |c: &&Named<'_>| !c.any(&[Word::Other, Word::Provider, Word::Location, Word::Account]) && !is_id(c);
        let those = |is: &dyn Fn(&Named<'_>) -> bool| -> Vec<usize> {
            self.columns.iter().filter(whose).filter(|c| is(c)).map(|c| c.at).collect()
        };
        let mut lines = those(&|c| c.column.is_phones());
        if lines.is_empty() {
            lines = those(&|c| {
                c.column.may_be_phones() && c.any(&[Word::Phone, Word::Contact, Word::Cell, Word::Home, Word::Work])
            });
        }
        if lines.is_empty() {
            lines = those(&|c| c.column.may_be_phones() && c.words.iter().all(Option::is_none));
        }
        // A column named as the mobile phone is offered, whatever its numbers look like.
        if lines.is_empty() {
            lines = those(&|c| {
                let other =
                    c.any(&[Word::Ok, Word::OptOut, Word::Kind, Word::Status, Word::Text, Word::Email, Word::Past]);
                let numbers = c.column.letters == 0 && c.column.filled > 0 && !c.column.is_dated();
                c.has(Word::Cell) && numbers && !other
            });
        }
        // Where the patients are children, the only number may be a parent's.
        let parents = self
            .columns
            .iter()
            .any(|c| self.roles.others_phones.contains(&c.at) && !c.has(Word::Past) && names_an_adult(&c.column.name));
        if !lines.is_empty() || parents {
            self.roles.several.insert(Field::Phone, lines);
            return;
        }
        self.phone_inside();
    }

    /// A calendar has no column for phones: they are in the description, among other things.
    pub(super) fn phone_inside(&mut self) {
        // Or in a column that is named after something else.
        let numbers = |c: &Named<'_>| {
            c.column.is_phones() && c.column.varies() && !c.any(&[Word::Other, Word::Past, Word::Provider]) && !is_id(c)
        };
        let inside: Vec<usize> =
            self.columns.iter().filter(|c| c.column.has_phones_inside() || numbers(c)).map(|c| c.at).collect();
        if !inside.is_empty() {
            self.roles.several.insert(Field::Phone, inside);
        }
    }

    /// Whether the chosen column has the numbers among other things.
    pub(super) fn chosen_phone_inside(&mut self) -> bool {
        let chosen = self.chosen.get(&Field::Phone).copied();
        let inside = |at: &usize| self.profile.columns.get(*at).is_some_and(Column::has_phones_inside);
        let inside = chosen.filter(inside);
        self.put(Field::Phone, inside.map(Source::InText));
        inside.is_some()
    }

    /// Whose numbers may be texted for patients who have none themselves.
    pub(super) fn guardians(&mut self) {
        let Some(source) = self.roles.sources.get(&Field::Phone) else { return };
        let used = source.columns();
        let lacking = used.first().and_then(|at| self.profile.columns.get(*at)).is_some_and(|own| own.blank > 0);
        let fits = |c: &&Named<'_>| {
            let other = [Word::Past, Word::Provider, Word::Location, Word::Account, Word::Home, Word::Work];
            let free = !c.any(&other) && !is_id(c) && !used.contains(&c.at);
            c.column.is_phones() && names_an_adult(&c.column.name) && free
        };
        if lacking {
            self.roles.guardians = self.columns.iter().filter(fits).map(|c| c.at).collect();
        }
    }

    /// `Phone 1`, `Phone 1 Type`, `Phone 2`, ...: each number with the column that says which line it is.
    fn typed_phones(&self, at: usize) -> Option<Vec<usize>> {
        let type_of = |phone: &Named<'_>| {
            let name = phone.column.name.to_lowercase();
            // `phones.0.number`, `phones.0.type`
            let stem = name.strip_suffix("number").unwrap_or(&name);
            self.columns.iter().find(|c| {
                let header = c.column.name.to_lowercase();
                let rest = |stem: &str| {
                    header.strip_prefix(stem).map(|rest| rest.trim_matches([' ', '_', '-', '.']).to_owned())
                };
                // `patientPhone`, `phoneKind`: of the number that is texted.
                let short = if phone.at == at && name.ends_with("phone") { "phone" } else { stem };
                let kind = [stem, &name, short]
                    .into_iter()
                    .any(|stem| rest(stem).is_some_and(|rest| matches!(rest.as_str(), "type" | "kind")));
                let labels = c.column.words.keys().all(|word| word.is_empty() || word == "null" || is_label(word));
                kind && c.column.filled > 0 && labels
            })
        };
        let phones = self.columns.iter().filter(|c| c.column.is_phones() && c.any(&[Word::Phone, Word::Contact]));
        let pairs: Vec<(usize, usize)> = phones.filter_map(|c| Some((c.at, type_of(c)?.at))).collect();
        pairs.iter().any(|(phone, _)| *phone == at).then(|| pairs.into_iter().flat_map(|(a, b)| [a, b]).collect())
    }
}
