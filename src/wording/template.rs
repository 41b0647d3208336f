//! Strict templates in Jinja syntax (minijinja): anything unknown is an error when the file is read.

use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};

/// The variables that a rule's text may use.
pub(crate) const VARIABLES: [&str; 13] = [
    "patient.first_name",
    "patient.last_name",
    "practice.name",
    "practice.phone",
    "location.name",
    "appointment.when",
    "appointment.date",
    "appointment.time",
    "appointment.weekday",
    "appointment.type",
    "appointment.description",
    "appointment.provider",
    "appointment.arrive",
];

/// The variables that a household's text may use. Each of `appointments` has: first_name, last_name, when, date,
/// time, weekday, type, description, provider, arrive.
pub(crate) const HOUSEHOLD_VARIABLES: [&str; 5] =
    ["practice.name", "practice.phone", "location.name", "appointments", "more"];

/// Steps a template may take; ordinary ones take a few dozen.
const FUEL: u64 = 20_000;

/// A problem in a template: what it is, and where in its text (a byte range), if known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemplateProblem {
    /// What is wrong, and what to write instead.
    pub(crate) message: String,
    /// The bytes of the template it refers to.
    pub(crate) range: Option<std::ops::Range<usize>>,
}

/// An environment in which a template may test for a missing value (`{% if %}`) but never print it, and cannot run
/// forever.
pub(crate) fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    env.set_fuel(Some(FUEL));
    env
}

/// What a template is for: the variables it may use, and whether it must work no matter what an appointment lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// The text of a rule: an appointment that lacks a value it uses gets no text.
    Rule,
    /// The text of a household.
    Household,
}

impl Use {
    fn variables(self) -> &'static [&'static str] {
        match self {
            Use::Rule => &VARIABLES,
            Use::Household => &HOUSEHOLD_VARIABLES,
        }
    }
}

/// Adds a template under a name after checking its syntax, its variables, and its filters against samples. Returns
/// every problem found.
pub(crate) fn add(
    env: &mut Environment<'static>,
    name: &str,
    source: &str,
    (purpose, samples): (Use, &[Value]),
) -> Result<(), Vec<TemplateProblem>> {
    if let Err(error) = env.add_template_owned(name.to_owned(), source.to_owned()) {
        return Err(vec![of_engine(&error)]);
    }
    let mut diagnostics = unknown_variables(env, name, source, purpose.variables());
    if diagnostics.is_empty() {
        diagnostics.extend(samples.iter().find_map(|sample| sample_fails(env, name, sample, purpose)));
    }
    if diagnostics.is_empty() {
        return Ok(());
    }
    env.remove_template(name);
    Err(diagnostics)
}

fn unknown_variables(
    env: &Environment<'_>,
    name: &str,
    source: &str,
    known: &'static [&'static str],
) -> Vec<TemplateProblem> {
    let Ok(template) = env.get_template(name) else { return Vec::new() };
    let mut unknown: Vec<String> =
        template.undeclared_variables(true).into_iter().filter(|v| !known.contains(&v.as_str())).collect();
    unknown.sort();
    unknown
        .into_iter()
        .map(|variable| {
            let nearest = crate::domain::ids::nearest(&variable, known.iter().copied());
            let message = match nearest {
                Some(near) => format!("there is no `{variable}`; did you mean `{near}`?"),
                None => format!("there is no `{variable}`; write one of {}", known.join(", ")),
            };
            let range = source.find(&variable).map(|at| at..at + variable.len());
            TemplateProblem { message, range }
        })
        .collect()
}

fn sample_fails(env: &Environment<'_>, name: &str, sample: &Value, purpose: Use) -> Option<TemplateProblem> {
    let error = env.get_template(name).and_then(|t| t.render(sample)).err()?;
    match (error.kind(), purpose) {
        // A value that this appointment lacks is a problem of the appointment, not of the template.
        (ErrorKind::UndefinedError, Use::Rule) => None,
        (ErrorKind::UndefinedError, Use::Household) => Some(TemplateProblem {
            message: "this text must work for every family: use {% if %} around values that an appointment may lack \
                      (the values are first_name, last_name, when, date, time, weekday, type, description, provider \
                      and arrive)"
                .to_owned(),
            range: None,
        }),
        _ => Some(of_engine(&error)),
    }
}

fn of_engine(error: &minijinja::Error) -> TemplateProblem {
    let kind = error.kind().to_string();
    let message = match error.detail() {
        Some(detail) => format!("{kind}: {detail}"),
        None => kind,
    };
    TemplateProblem { message, range: None }
}
