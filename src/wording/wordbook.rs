//! The templates of every rule, and the texts written from them for the appointments of one phone number at an instant.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use minijinja::{Environment, Value, context};

use crate::domain::appointment::Appointment;
use crate::domain::first_line::FirstLine;
use crate::domain::ids::{RuleName, one_line, utf16_len};
use crate::domain::language::Language;
use crate::domain::private::Private;
use crate::domain::reminder::Skip;
pub use crate::wording::built_in::{DEFAULT_CONTEXT, default_household_message, default_message};
use crate::wording::names;
use crate::wording::office::{AppointmentType, Office};
use crate::wording::template::{self, Use};
use crate::wording::values::{WhenAndWhat, add_sentence, flat, present, sample_appointment, sample_words, some};
pub(crate) use template::TemplateProblem;

/// The longest message and the longest context, in UTF-16 code units (API page of POST /sms: 1 to 500, at most 500).
pub(crate) const LONGEST: usize = 500;

/// The message and the context of one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Texts {
    /// What the patient reads.
    pub(crate) message: Private<String>,
    /// The context sent to Annie.
    pub(crate) context: Private<String>,
    /// Whether the message carries the first-text line.
    pub(crate) first_line: FirstLine,
}

/// Which template.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    Message(RuleName, Language),
    Context(RuleName),
    Household(Language),
}

/// All texts of a practice, checked.
#[derive(Debug, Clone)]
pub struct Wordbook {
    env: Environment<'static>,
    practice: Office,
    locations: BTreeMap<String, Office>,
    language: Language,
    types: BTreeMap<String, AppointmentType>,
    first_text_line: BTreeMap<Language, String>,
    names: HashMap<Part, String>,
}

impl Wordbook {
    /// A wordbook without rules, with the built-in texts for households.
    pub(crate) fn new(practice: Office, language: Language) -> Wordbook {
        let mut book = Wordbook {
            env: template::environment(),
            practice,
            locations: BTreeMap::new(),
            language,
            types: BTreeMap::new(),
            first_text_line: BTreeMap::new(),
            names: HashMap::new(),
        };
        for (_, language) in Language::CODES {
            // Cannot fail: a test checks that the built-in texts are valid.
            let _ = book.set_household(language, default_household_message(language));
        }
        book
    }

    /// The name of an office in addition to the practice's own.
    pub(crate) fn office_name(&self, location: &str) -> Option<&str> {
        self.locations.get(location).map(|office| office.name.as_str())
    }

    /// Sets the offices in addition to the practice's own, by location id.
    pub(crate) fn set_locations(&mut self, locations: BTreeMap<String, Office>) {
        self.locations = locations;
    }

    /// Sets the types of appointments, by `type_id`.
    pub(crate) fn set_types(&mut self, types: BTreeMap<String, AppointmentType>) {
        self.types = types;
    }

    /// Sets the line that is added to the first text a number ever gets.
    pub(crate) fn set_first_text_line(&mut self, language: Language, line: &str) {
        self.first_text_line.insert(language, one_line(line));
    }

    /// Sets the message of a rule in a language.
    pub(crate) fn set_message(
        &mut self,
        rule: &RuleName,
        language: Language,
        source: &str,
    ) -> Result<(), Vec<TemplateProblem>> {
        self.set(Part::Message(rule.clone(), language), source)
    }

    /// Sets the context sent to Annie with the texts of a rule.
    pub(crate) fn set_context(&mut self, rule: &RuleName, source: &str) -> Result<(), Vec<TemplateProblem>> {
        self.set(Part::Context(rule.clone()), source)
    }

    /// Sets the text for households in a language.
    pub(crate) fn set_household(&mut self, language: Language, source: &str) -> Result<(), Vec<TemplateProblem>> {
        self.set(Part::Household(language), source)
    }

    /// Whether a rule has its own message in a language.
    pub(crate) fn has_message(&self, rule: &RuleName, language: Language) -> bool {
        self.names.contains_key(&Part::Message(rule.clone(), language))
    }

    /// The first-text line in the practice's language.
    pub(crate) fn first_text_line(&self) -> Option<&str> {
        self.first_text_line.get(&self.language).map(String::as_str)
    }

    /// The ids of the appointment types that have words.
    pub(crate) fn type_ids(&self) -> impl Iterator<Item = &str> {
        self.types.keys().map(String::as_str)
    }

    /// The ids of the appointment types whose patients are asked to arrive early.
    pub(crate) fn early_types(&self) -> impl Iterator<Item = &str> {
        self.types.iter().filter(|(_, kind)| kind.arrive_early > TimeDelta::zero()).map(|(id, _)| id.as_str())
    }

    /// Whether the message of a rule tells patients when to arrive.
    pub(crate) fn says_when_to_arrive(&self, rule: &RuleName, language: Language) -> bool {
        let name = self.names.get(&Part::Message(rule.clone(), language));
        let template = name.and_then(|name| self.env.get_template(name).ok());
        template.is_some_and(|t| ["appointment.when", "appointment.arrive"].iter().any(|v| t.source().contains(v)))
    }

    fn set(&mut self, part: Part, source: &str) -> Result<(), Vec<TemplateProblem>> {
        let name = match &part {
            Part::Message(rule, language) => format!("{rule}/message.{}", language.code()),
            Part::Context(rule) => format!("{rule}/context"),
            Part::Household(language) => format!("/household.{}", language.code()),
        };
        if let Some((at, letter)) = source.char_indices().find(|(_, c)| c.is_control()) {
            let message = "a text must be one line without control characters".to_owned();
            return Err(vec![TemplateProblem { message, range: Some(at..at + letter.len_utf8()) }]);
        }
        let language = match &part {
            Part::Message(_, language) | Part::Household(language) => *language,
            Part::Context(_) => Language::English,
        };
        let samples = match part {
            Part::Household(_) => [self.family_sample(language, true), self.family_sample(language, false)],
            _ => [self.sample(language, true), self.sample(language, false)],
        };
        let purpose = if matches!(part, Part::Household(_)) { Use::Household } else { Use::Rule };
        template::add(&mut self.env, &name, source, (purpose, &samples))?;
        let text = self.env.get_template(&name).and_then(|t| t.render(&samples[0])).unwrap_or_default();
        let (text, length) = (one_line(&text), utf16_len(&one_line(&text)));
        let diagnostic = |message: String| Err(vec![TemplateProblem { message, range: None }]);
        match &part {
            Part::Message(..) | Part::Household(_) if text.is_empty() => diagnostic("the text is empty".to_owned()),
            _ if length > LONGEST => diagnostic(format!(
                "for an ordinary appointment, the text has {length} characters; Annie accepts at most {LONGEST}"
            )),
            _ => {
                self.names.insert(part, name);
                Ok(())
            }
        }
    }

    /// Writes the message and the context about these appointments, earliest first, as read at `at`. `first`: the
    /// number should get the first-text line. The line is added only if it fits: a household's text leaves out its last
    /// appointments to make room; the text for one appointment goes out without the line rather than not at all.
    ///
    /// # Errors
    /// `template-error` if a text uses a value that the appointment lacks, `too-long` above 500. A text is never cut.
    pub(crate) fn write(
        &self,
        appointments: &[(&Appointment, &RuleName)],
        first: bool,
        at: DateTime<Utc>,
    ) -> Result<Texts, Skip> {
        let earliest = appointments.first().ok_or(Skip::TemplateError)?.0;
        let line = self.line_for(self.language_of(earliest)).filter(|_| first);
        let room = LONGEST - line.map_or(0, |line| utf16_len(line) + 1);
        let (message, context) = match appointments {
            [(appointment, rule)] => self.for_one(appointment, rule, at)?,
            several => match self.for_household(several, room, at) {
                Err(Skip::TooLong) if line.is_some() => self.for_household(several, LONGEST, at)?,
                written => written?,
            },
        };
        let (message, first_line) = match line {
            Some(line) if utf16_len(&message) <= room => (format!("{message} {line}"), FirstLine::Carried),
            Some(_) => (message, FirstLine::LeftOut),
            None => (message, FirstLine::NotDue),
        };
        match (message.is_empty(), utf16_len(&message) > LONGEST) {
            (true, _) => Err(Skip::TemplateError),
            (_, true) => Err(Skip::TooLong),
            _ => Ok(Texts { message: Private(message), context: Private(context), first_line }),
        }
    }

    /// The first-text line in a language, or else in the practice's language.
    pub(crate) fn line_for(&self, language: Language) -> Option<&str> {
        let line = self.first_text_line.get(&language).or_else(|| self.first_text_line.get(&self.language));
        line.map(String::as_str)
    }

    /// Whether the practice writes the first-text line in more than one language.
    pub(crate) fn has_lines_by_language(&self) -> bool {
        self.first_text_line.len() > 1
    }

    /// Whether the first-text line is written in a language.
    pub(crate) fn has_line(&self, language: Language) -> bool {
        self.first_text_line.contains_key(&language)
    }

    /// Whether the text of a rule has room for the first-text line even with a long name.
    pub(crate) fn has_room_for_the_line(&self, rule: &RuleName, language: Language) -> bool {
        let (Some(line), Some(text)) = (self.line_for(language), self.sample_message(rule, language)) else {
            return true;
        };
        utf16_len(&text) + 1 + utf16_len(line) <= LONGEST
    }

    fn for_one(&self, appointment: &Appointment, rule: &RuleName, at: DateTime<Utc>) -> Result<(String, String), Skip> {
        let office = self.office_of(appointment);
        let language = self.language_of(appointment);
        let language = if self.has_message(rule, language) { language } else { self.language };
        let message = self.names.get(&Part::Message(rule.clone(), language)).ok_or(Skip::TemplateError)?;
        let words = self.words(appointment, office, language, at);
        let message = self.render(message, self.values(appointment, office, &words))?;
        let arrive = words.arrive.clone();
        let mut told = match language {
            Language::English => words,
            _ => self.words(appointment, office, Language::English, at),
        };
        // In Annie's context, a type without a word is simply called an appointment.
        told.kind = told.kind.or(Some(""));
        let context = self.names.get(&Part::Context(rule.clone())).ok_or(Skip::TemplateError)?;
        let mut context = self.render(context, self.values(appointment, office, &told))?;
        // Message and context must agree: the context says when to arrive only if the message does.
        if let (Some(arrive), Some(english)) = (&arrive, &told.arrive)
            && message.contains(arrive)
        {
            add_sentence(&mut context, &format!("The text asks the patient to arrive at {english}."), LONGEST);
        }
        add_sentence(&mut context, &self.preferred(appointment), LONGEST);
        Ok((message, context))
    }

    fn for_household(
        &self,
        appointments: &[(&Appointment, &RuleName)],
        room: usize,
        at: DateTime<Utc>,
    ) -> Result<(String, String), Skip> {
        let (office, language) = (self.office_of(appointments[0].0), self.language_of(appointments[0].0));
        let template = self.names.get(&Part::Household(language)).ok_or(Skip::TemplateError)?;
        let each: Vec<Value> = appointments
            .iter()
            // Each in its own office's time zone.
            .map(|(appointment, _)| {
                flat(appointment, &self.words(appointment, self.office_of(appointment), language, at))
            })
            .collect();
        let message = self.longest_that_fits(each.len(), |shown| {
            let more = each.len() - shown;
            let text = self.render(template, self.of_household(office, each[..shown].to_vec(), more))?;
            if utf16_len(&text) > room { Err(Skip::TooLong) } else { Ok(text) }
        })?;
        let told: Vec<String> = appointments.iter().map(|(appointment, _)| self.in_context(appointment, at)).collect();
        let mut context = self.longest_that_fits(told.len(), |shown| {
            let more = told.len() - shown;
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let text = format!("Confirming upcoming appointments of one household: {}{more}", told[..shown].join("; "));
            if utf16_len(&text) > LONGEST { Err(Skip::TooLong) } else { Ok(text) }
        })?;
        add_sentence(&mut context, &self.preferred(appointments[0].0), LONGEST);
        Ok((message, context))
    }

    /// Leaves out the last appointments rather than cutting the text.
    fn longest_that_fits(&self, all: usize, write: impl Fn(usize) -> Result<String, Skip>) -> Result<String, Skip> {
        let mut shown = all;
        loop {
            match write(shown) {
                Err(Skip::TooLong) if shown > 1 => shown -= 1,
                written => return written,
            }
        }
    }

    fn in_context(&self, appointment: &Appointment, at: DateTime<Utc>) -> String {
        let words = self.words(appointment, self.office_of(appointment), Language::English, at);
        let name = names::said(appointment).0.unwrap_or_else(|| format!("patient {}", appointment.patient_id));
        let kind = words.kind.map(|kind| format!("{kind} ")).unwrap_or_default();
        format!("{name}, {kind}appointment on {} at {}", words.date, words.time)
    }

    /// "Patient prefers Spanish.", if that is so and Annie would not expect it.
    fn preferred(&self, appointment: &Appointment) -> String {
        let language = self.language_of(appointment);
        match language != Language::English || language != self.language {
            true => format!("Patient prefers {}.", language.name()),
            false => String::new(),
        }
    }

    fn render(&self, name: &str, values: Value) -> Result<String, Skip> {
        let text = self.env.get_template(name).and_then(|t| t.render(values)).map_err(|_| Skip::TemplateError)?;
        // A sentence that ends with "3:00 p.m." has only one period.
        let text = one_line(&text).replace("a.m..", "a.m.").replace("p.m..", "p.m.");
        match utf16_len(&text) > LONGEST {
            true => Err(Skip::TooLong),
            false => Ok(text),
        }
    }

    fn office_of(&self, appointment: &Appointment) -> &Office {
        appointment.location.as_ref().and_then(|location| self.locations.get(location)).unwrap_or(&self.practice)
    }

    fn language_of(&self, appointment: &Appointment) -> Language {
        appointment.language.as_deref().and_then(Language::of_tag).unwrap_or(self.language)
    }

    fn words(
        &self,
        appointment: &Appointment,
        office: &Office,
        language: Language,
        at: DateTime<Utc>,
    ) -> WhenAndWhat<'_> {
        let kind = appointment.type_id.as_ref().and_then(|id| self.types.get(id));
        let start = office.zone.local(appointment.starts_at);
        let arrive = kind.map(|kind| kind.arrive_early).filter(|early| *early > TimeDelta::zero());
        let arrive = arrive.map(|early| office.zone.local(appointment.starts_at - early));
        WhenAndWhat::new(language, start, arrive, office.zone.local(at), kind.and_then(|kind| kind.word(language)))
    }

    fn values(&self, appointment: &Appointment, office: &Office, words: &WhenAndWhat<'_>) -> Value {
        let name = |name: &Private<Option<String>>| present(name.as_ref()).unwrap_or_default();
        let (first, last) = names::said(appointment);
        let WhenAndWhat { when, date, time, weekday, arrive, kind } = words;
        context! {
            patient => context! { first_name => some(first.as_deref()), last_name => some(last.as_deref()) },
            practice => context! { name => &self.practice.name, phone => &office.phone },
            location => context! { name => &office.name },
            appointment => context! {
                when, date, time, weekday,
                arrive => some(arrive.as_deref()),
                type => some(*kind),
                description => name(&appointment.description),
                provider => name(&appointment.provider),
            },
        }
    }

    fn of_household(&self, office: &Office, appointments: Vec<Value>, more: usize) -> Value {
        context! {
            practice => context! { name => &self.practice.name, phone => &office.phone },
            location => context! { name => &office.name },
            appointments,
            more,
        }
    }

    /// An ordinary appointment with long words, complete or without anything that an appointment may lack.
    fn sample(&self, language: Language, whole: bool) -> Value {
        self.values(&sample_appointment(whole), &self.practice, &sample_words(language, whole))
    }

    fn family_sample(&self, language: Language, whole: bool) -> Value {
        let words = sample_words(language, whole);
        let first = sample_appointment(whole);
        let second = Appointment { first_name: Private(whole.then(|| "Christina".to_owned())), ..first.clone() };
        let both = [first, second].map(|appointment| flat(&appointment, &words));
        self.of_household(&self.practice, both.to_vec(), usize::from(whole))
    }

    /// The message of a rule for a patient with a long name, in a language.
    pub(crate) fn sample_message(&self, rule: &RuleName, language: Language) -> Option<String> {
        self.render(self.names.get(&Part::Message(rule.clone(), language))?, self.sample(language, true)).ok()
    }

    /// The message for a household with several appointments, in a language.
    pub(crate) fn sample_household(&self, language: Language) -> Option<String> {
        self.render(self.names.get(&Part::Household(language))?, self.family_sample(language, true)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::appointment::samples::sarah;
    use crate::domain::zone::Zone;

    fn book(message: &str, context: &str) -> Result<Wordbook, Vec<TemplateProblem>> {
        let kind =
            AppointmentType { words: BTreeMap::from([(None, "cleaning".to_owned())]), ..AppointmentType::default() };
        let mut book = Wordbook::new(office(), Language::English);
        book.set_types(BTreeMap::from([("apt-type-cleaning".to_owned(), kind)]));
        book.set_message(&"r".into(), Language::English, message)?;
        book.set_context(&"r".into(), context)?;
        Ok(book)
    }

    fn office() -> Office {
        let zone = Zone::embedded(chrono_tz::America::Denver);
        Office { zone, name: "Bright Smiles Dental".to_owned(), phone: "303-555-0100".to_owned() }
    }

    fn write(book: &Wordbook, appointment: &Appointment) -> Result<Texts, Skip> {
        book.write(&[(appointment, &"r".into())], false, "2025-03-06T17:00:00Z".parse().unwrap())
    }

    fn household(book: &Wordbook, appointments: &[Appointment]) -> Texts {
        let rule = "r".into();
        let appointments: Vec<_> = appointments.iter().map(|appointment| (appointment, &rule)).collect();
        book.write(&appointments, false, "2025-03-06T17:00:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn a_household_text_names_each_appointment() {
        let book = book(default_message(Language::English), DEFAULT_CONTEXT).unwrap();
        let ben = Appointment {
            id: "2".into(),
            patient_id: "P2".into(),
            first_name: Private(Some("Ben".into())),
            starts_at: "2025-03-07T10:30:00-07:00".parse().unwrap(),
            type_id: None,
            ..sarah()
        };
        let texts = household(&book, &[ben.clone(), sarah()]);
        assert_eq!(
            texts.message.0,
            "Bright Smiles Dental: we expect Ben tomorrow at 10:30 AM and Sarah on Monday, March 10th at 3:00 PM. Need a change? Reply or call 303-555-0100."
        );
        assert_eq!(
            texts.context.0,
            "Confirming upcoming appointments of one household: Ben, appointment on March 7th at 10:30 AM; Sarah, cleaning appointment on March 10th at 3:00 PM"
        );
        let nameless = Appointment { first_name: Private(None), ..ben.clone() };
        assert!(
            household(&book, &[nameless, sarah()]).message.0.contains("we expect you tomorrow at 10:30 AM and Sarah")
        );
        let many: Vec<Appointment> = std::iter::repeat_n(sarah(), 30).collect();
        let texts = household(&book, &many);
        let named = texts.message.0.matches("Sarah").count();
        assert!(texts.message.0.contains(&format!(" and {} more.", 30 - named)), "{}", texts.message.0);
        assert!(utf16_len(&texts.message.0) <= LONGEST && utf16_len(&texts.message.0) > 400);
        assert!(utf16_len(&texts.context.0) <= LONGEST && texts.context.0.contains("more"));
    }

    #[test]
    fn texts_are_in_the_patients_language() {
        let mut book = book("See you {{ appointment.when }}.", DEFAULT_CONTEXT).unwrap();
        book.set_message(&"r".into(), Language::Spanish, "Su cita es {{ appointment.when }}.").unwrap();
        let speaks = |tag: &str| Appointment { language: Some(tag.into()), ..sarah() };
        let texts = write(&book, &speaks("es-MX")).unwrap();
        assert_eq!(texts.message.0, "Su cita es el lunes 10 de marzo a las 3:00 p.m.");
        assert_eq!(
            texts.context.0,
            "Confirming upcoming cleaning appointment scheduled for March 10th at 3:00 PM. Patient prefers Spanish."
        );
        let texts = write(&book, &speaks("fr")).unwrap();
        assert_eq!(
            texts.message.0, "See you on Monday, March 10th at 3:00 PM.",
            "no French text: the practice's language is used"
        );
        assert!(texts.context.0.ends_with("Patient prefers French."));
        assert!(!write(&book, &speaks("de")).unwrap().context.0.contains("prefers"));
        let texts = household(&book, &[speaks("es"), speaks("es")]);
        assert!(texts.message.0.starts_with("Bright Smiles Dental: esperamos a Sarah el lunes"), "{}", texts.message.0);
        assert!(texts.context.0.ends_with("Patient prefers Spanish."));
    }

    #[test]
    fn text_and_context_agree_on_when_to_arrive() {
        let early = AppointmentType {
            words: BTreeMap::from([(None, "cleaning".to_owned()), (Some(Language::Spanish), "limpieza".to_owned())]),
            arrive_early: TimeDelta::minutes(15),
        };
        let mut book = book("See you {{ appointment.when }}.", DEFAULT_CONTEXT).unwrap();
        book.set_types(BTreeMap::from([("apt-type-cleaning".to_owned(), early)]));
        let texts = write(&book, &sarah()).unwrap();
        assert_eq!(texts.message.0, "See you on Monday, March 10th at 3:00 PM (please arrive at 2:45 PM).");
        assert_eq!(
            texts.context.0,
            "Confirming upcoming cleaning appointment scheduled for March 10th at 3:00 PM. The text asks the patient to arrive at 2:45 PM."
        );
        book.set_message(&"r".into(), Language::English, "Come at {{ appointment.time }}.").unwrap();
        assert!(!write(&book, &sarah()).unwrap().context.0.contains("2:45"), "the text does not mention it");
        book.set_message(&"r".into(), Language::Spanish, "Su {{ appointment.type }}: {{ appointment.when }}.").unwrap();
        let texts = write(&book, &Appointment { language: Some("es".into()), ..sarah() }).unwrap();
        assert_eq!(texts.message.0, "Su limpieza: el lunes 10 de marzo a las 3:00 p.m. (llegue a las 2:45 p.m.).");
        assert!(texts.context.0.contains("cleaning") && texts.context.0.contains("arrive at 2:45 PM"));
    }

    #[test]
    fn the_first_text_to_a_number_has_the_opt_out_line() {
        let mut book = book("See you {{ appointment.when }}.", "c").unwrap();
        book.set_first_text_line(Language::English, "Reply STOP to opt out.");
        let rule = "r".into();
        let at = "2025-03-06T17:00:00Z".parse().unwrap();
        let first = |first| book.write(&[(&sarah(), &rule)], first, at).unwrap().message.0;
        assert_eq!(first(true), "See you on Monday, March 10th at 3:00 PM. Reply STOP to opt out.");
        assert_eq!(first(false), "See you on Monday, March 10th at 3:00 PM.");
    }

    #[test]
    fn built_in_texts_are_valid_in_every_language() {
        for (_, language) in Language::CODES {
            let mut book = Wordbook::new(office(), language);
            assert!(book.names.contains_key(&Part::Household(language)));
            book.set_message(&"r".into(), language, default_message(language)).unwrap();
            book.set_context(&"r".into(), DEFAULT_CONTEXT).unwrap();
            let text = write(&book, &sarah()).unwrap().message.0;
            assert!(text.starts_with("Bright Smiles Dental: Sarah, ") && text.contains("303-555-0100"), "{text}");
        }
    }

    #[test]
    fn the_default_message_and_context_read_well() {
        let texts = write(&book(default_message(Language::English), DEFAULT_CONTEXT).unwrap(), &sarah()).unwrap();
        assert_eq!(
            texts.message.0,
            "Bright Smiles Dental: Sarah, you have a visit on Monday, March 10th at 3:00 PM. Can you make it? Reply or call 303-555-0100."
        );
        assert_eq!(texts.context.0, "Confirming upcoming cleaning appointment scheduled for March 10th at 3:00 PM");
    }

    #[test]
    fn a_type_without_a_word_is_called_an_appointment_and_never_its_code() {
        let book = book("See you {{ appointment.when }}", DEFAULT_CONTEXT).unwrap();
        let appointment = Appointment { type_id: Some("D1110".into()), ..sarah() };
        assert_eq!(
            write(&book, &appointment).unwrap().context.0,
            "Confirming upcoming appointment scheduled for March 10th at 3:00 PM"
        );
    }

    #[test]
    fn missing_data_are_an_error_unless_the_template_checks_for_them() {
        let strict = book(default_message(Language::English), "c").unwrap();
        for name in [None, Some(String::new()), Some(" \n".to_owned())] {
            let appointment = Appointment { first_name: Private(name), ..sarah() };
            assert_eq!(write(&strict, &appointment), Err(Skip::TemplateError));
        }
        let asked =
            book("{% if patient.first_name %}Hi {{ patient.first_name }}{% else %}Hello{% endif %}", "c").unwrap();
        let nameless = Appointment { first_name: Private(None), ..sarah() };
        assert_eq!(write(&asked, &nameless).unwrap().message.0, "Hello");
        let untyped = Appointment { type_id: None, ..sarah() };
        assert_eq!(write(&book("Your {{ appointment.type }}", "c").unwrap(), &untyped), Err(Skip::TemplateError));
    }

    #[test]
    fn a_text_that_is_too_long_is_never_cut() {
        let book = book("{{ appointment.description }}", "c").unwrap();
        let with = |text: String| write(&book, &Appointment { description: Private(Some(text)), ..sarah() });
        assert_eq!(with("x".repeat(500)).unwrap().message.0.len(), 500);
        assert_eq!(with("x".repeat(501)), Err(Skip::TooLong));
        assert_eq!(with("😀".repeat(251)), Err(Skip::TooLong), "counted in UTF-16 units");
    }

    #[test]
    fn mistakes_in_templates_are_found_when_the_configuration_is_read() {
        for (source, word) in [
            ("{{ patient.frist_name }}", "did you mean `patient.first_name`"),
            ("{{ patient }}", "there is no `patient`"),
            ("{{ appointment.date | shout }}", "shout"),
            ("{% if not patient.first_name %}{{ appointment.date | shout }}{% endif %}", "shout"),
            ("{{ appointment.date", "syntax"),
            ("", "empty"),
            ("two\nlines", "one line"),
            ("{% for x in range(1000000) %}x{% endfor %}", "range"),
        ] {
            let diagnostics = book(source, "c").unwrap_err();
            assert!(diagnostics[0].message.contains(word), "{source}: {diagnostics:?}");
        }
        let long = book(&"x".repeat(600), "c").unwrap_err();
        assert!(long[0].message.contains("600 characters"), "{long:?}");
    }
}
