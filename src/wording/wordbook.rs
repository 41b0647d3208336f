//! The words of every rule, and the texts made of them for a visit as of an instant.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use minijinja::{Environment, Value, context};

use super::{dates, template};
use crate::domain::appointment::Appointment;
use crate::domain::private::Private;
use crate::domain::reminder::Skip;
use crate::domain::text::{RuleName, one_line, utf16_len};
use crate::domain::zone::Zone;
pub use template::TemplateProblem;

/// Longest message and longest context, in UTF-16 code units (API page of POST /sms: 1 to 500, at most 500).
pub const LONGEST: usize = 500;

/// What Annie is told where a rule says nothing else. The kind of visit is left out where it has no word.
pub const DEFAULT_CONTEXT: &str = "Confirming upcoming {{ appointment.type }} appointment scheduled for {{ appointment.date }} at {{ appointment.time }}";

/// What patients read where a rule says nothing else: who it is, when, and how to answer.
pub const DEFAULT_MESSAGE: &str = "{{ practice.name }}: {{ patient.first_name }}, you have a visit {{ appointment.when }}. Can you make it? Reply or call {{ practice.phone }}.";

/// The two texts of a reminder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// What the patient reads.
    pub message: Private<String>,
    /// What Annie is told.
    pub context: Private<String>,
}

/// Which text of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What the patient reads.
    Message,
    /// What Annie is told.
    Context,
}

/// All wording of a practice, checked.
#[derive(Debug, Clone)]
pub struct Wordbook {
    env: Environment<'static>,
    zone: Zone,
    practice_name: String,
    practice_phone: String,
    type_words: BTreeMap<String, String>,
    names: HashMap<RuleName, [String; 2]>,
}

impl Wordbook {
    /// A book without rules. `practice_phone` is as patients read it; `type_words` are by `type_id`.
    pub fn new(
        zone: Zone,
        practice_name: &str,
        practice_phone: &str,
        type_words: BTreeMap<String, String>,
    ) -> Wordbook {
        Wordbook {
            env: template::environment(),
            zone,
            practice_name: practice_name.to_owned(),
            practice_phone: practice_phone.to_owned(),
            type_words,
            names: HashMap::new(),
        }
    }

    /// Adds one text of a rule.
    ///
    /// # Errors
    /// Every problem of the template.
    pub fn add(&mut self, rule: &RuleName, kind: Kind, source: &str) -> Result<(), Vec<TemplateProblem>> {
        let names =
            self.names.entry(rule.clone()).or_insert_with(|| [format!("{rule}/message"), format!("{rule}/context")]);
        let name = names[kind as usize].clone();
        if let Some(at) = source.find(|c: char| c.is_control()) {
            let message = "a text is one line without control characters".to_owned();
            return Err(vec![TemplateProblem { message, range: Some(at..at + 1) }]);
        }
        let samples = [self.sample(true), self.sample(false)];
        template::add(&mut self.env, &name, source, &samples)?;
        let text = self.env.get_template(&name).and_then(|t| t.render(&samples[0])).unwrap_or_default();
        let (text, length) = (one_line(&text), utf16_len(&one_line(&text)));
        let problem = |message: String| Err(vec![TemplateProblem { message, range: None }]);
        match kind {
            Kind::Message if text.is_empty() => problem("the text is empty".to_owned()),
            _ if length > LONGEST => problem(format!(
                "with an ordinary visit the text has {length} characters; Annie takes at most {LONGEST}"
            )),
            _ => Ok(()),
        }
    }

    /// Writes both texts of a rule for a visit, as read at `at`.
    ///
    /// # Errors
    /// `template-error` where a text names something the visit lacks, `too-long` over 500; never a cut text.
    pub fn write(&self, rule: &RuleName, visit: &Appointment, at: DateTime<Utc>) -> Result<Texts, Skip> {
        let [message, context] = self.names.get(rule).ok_or(Skip::TemplateError)?;
        let message = self.render(message, self.values(visit, at, self.type_word(visit)))?;
        // Annie's context calls a kind of visit without a word simply an appointment.
        let context = self.render(context, self.values(visit, at, Some(self.type_word(visit).unwrap_or_default())))?;
        match message.is_empty() {
            true => Err(Skip::TemplateError),
            false => Ok(Texts { message: Private(message), context: Private(context) }),
        }
    }

    fn render(&self, name: &str, values: Value) -> Result<String, Skip> {
        let text = self.env.get_template(name).and_then(|t| t.render(values)).map_err(|_| Skip::TemplateError)?;
        let text = one_line(&text);
        match utf16_len(&text) > LONGEST {
            true => Err(Skip::TooLong),
            false => Ok(text),
        }
    }

    fn type_word(&self, visit: &Appointment) -> Option<&str> {
        self.type_words.get(visit.type_id.as_deref()?).map(String::as_str)
    }

    fn values(&self, visit: &Appointment, at: DateTime<Utc>, type_word: Option<&str>) -> Value {
        let start = self.zone.local(visit.starts_at);
        self.context(
            [&visit.first_name, &visit.last_name].map(|name| present(name.as_ref())),
            [dates::when(start, self.zone.local(at)), dates::date(start), dates::time(start), dates::weekday(start)],
            [type_word.map(Value::from), present(visit.description.as_ref()), present(visit.provider.as_ref())],
        )
    }

    fn sample(&self, whole: bool) -> Value {
        let some = |text: &str| whole.then(|| Value::from(text));
        let when =
            ["on Wednesday, September 23rd at 12:30 PM", "September 23rd", "12:30 PM", "Wednesday"].map(str::to_owned);
        self.context(
            [some("Alexander"), some("Fitzgerald")],
            when,
            [some("cleaning"), some("6-month cleaning"), some("Dr. Lee")],
        )
    }

    fn context(&self, patient: [Option<Value>; 2], when: [String; 4], visit: [Option<Value>; 3]) -> Value {
        let [first_name, last_name] = patient.map(Option::unwrap_or_default);
        let [when, date, time, weekday] = when;
        let [kind, description, provider] = visit.map(Option::unwrap_or_default);
        context! {
            patient => context! { first_name, last_name },
            practice => context! { name => &self.practice_name, phone => &self.practice_phone },
            appointment => context! { when, date, time, weekday, type => kind, description, provider },
        }
    }
}

/// A value that is there and not blank, on one line.
fn present(text: Option<&String>) -> Option<Value> {
    let text = one_line(text?);
    (!text.is_empty()).then(|| Value::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::appointment::samples::sarah;

    fn book(message: &str, context: &str) -> Result<Wordbook, Vec<TemplateProblem>> {
        let words = BTreeMap::from([("apt-type-cleaning".to_owned(), "cleaning".to_owned())]);
        let zone = Zone::embedded(chrono_tz::America::Denver);
        let mut book = Wordbook::new(zone, "Bright Smiles Dental", "303-555-0100", words);
        book.add(&"r".into(), Kind::Message, message)?;
        book.add(&"r".into(), Kind::Context, context)?;
        Ok(book)
    }

    fn write(book: &Wordbook, visit: &Appointment) -> Result<Texts, Skip> {
        book.write(&"r".into(), visit, "2025-03-06T17:00:00Z".parse().unwrap())
    }

    #[test]
    fn default_texts() {
        let texts = write(&book(DEFAULT_MESSAGE, DEFAULT_CONTEXT).unwrap(), &sarah()).unwrap();
        assert_eq!(
            texts.message.0,
            "Bright Smiles Dental: Sarah, you have a visit on Monday, March 10th at 3:00 PM. Can you make it? Reply or call 303-555-0100."
        );
        assert_eq!(texts.context.0, "Confirming upcoming cleaning appointment scheduled for March 10th at 3:00 PM");
    }

    #[test]
    fn a_kind_without_a_word_is_an_appointment_to_annie_and_never_its_code() {
        let book = book("See you {{ appointment.when }}", DEFAULT_CONTEXT).unwrap();
        let visit = Appointment { type_id: Some("D1110".into()), ..sarah() };
        assert_eq!(
            write(&book, &visit).unwrap().context.0,
            "Confirming upcoming appointment scheduled for March 10th at 3:00 PM"
        );
    }

    #[test]
    fn what_a_visit_lacks_is_never_printed() {
        let strict = book(DEFAULT_MESSAGE, "c").unwrap();
        for name in [None, Some(String::new()), Some(" \n".to_owned())] {
            let visit = Appointment { first_name: Private(name), ..sarah() };
            assert_eq!(write(&strict, &visit), Err(Skip::TemplateError));
        }
        let asked =
            book("{% if patient.first_name %}Hi {{ patient.first_name }}{% else %}Hello{% endif %}", "c").unwrap();
        let nameless = Appointment { first_name: Private(None), ..sarah() };
        assert_eq!(write(&asked, &nameless).unwrap().message.0, "Hello");
        let untyped = Appointment { type_id: None, ..sarah() };
        assert_eq!(write(&book("Your {{ appointment.type }}", "c").unwrap(), &untyped), Err(Skip::TemplateError));
    }

    #[test]
    fn too_long_is_never_cut() {
        let book = book("{{ appointment.description }}", "c").unwrap();
        let with = |text: String| write(&book, &Appointment { description: Private(Some(text)), ..sarah() });
        assert_eq!(with("x".repeat(500)).unwrap().message.0.len(), 500);
        assert_eq!(with("x".repeat(501)), Err(Skip::TooLong));
        assert_eq!(with("😀".repeat(251)), Err(Skip::TooLong), "counted in UTF-16 units");
    }

    #[test]
    fn mistakes_are_found_when_the_file_is_read() {
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
            let problems = book(source, "c").unwrap_err();
            assert!(problems[0].message.contains(word), "{source}: {problems:?}");
        }
        let long = book(&"x".repeat(600), "c").unwrap_err();
        assert!(long[0].message.contains("600 characters"), "{long:?}");
    }
}
