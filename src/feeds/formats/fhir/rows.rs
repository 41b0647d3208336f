//! Makes the rows of appointments: one for each patient who takes part.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};

use crate::feeds::formats::fhir::document::is_crowded;
use crate::feeds::formats::fhir::json::{
    Object, carries, cell, code, concept_code, concept_words, id, object, objects, text, text_or_number,
};
use crate::feeds::formats::fhir::names::whole;
use crate::feeds::formats::fhir::patient::{Person, is_inactive, objection, person};
use crate::feeds::formats::fhir::reference::{Kind, Named, Reference, read};
use crate::feeds::formats::fhir::store::{Current, Place, Store, Target};
use crate::feeds::formats::fhir::table::Row;
use crate::feeds::formats::fhir::time::{Moment, is_showable, moment, shown};

/// The longest code, in characters.
const LONGEST_CODE: usize = 100;
/// The longest name of a place or a practitioner, in characters.
const LONGEST_NAME: usize = 200;
/// The longest description, in characters.
const LONGEST_TEXT: usize = 500;

/// What has been read already: many appointments name the same people.
struct Readings {
    now: DateTime<Utc>,
    people: HashMap<*const Object, Person>,
    names: HashMap<*const Object, String>,
}

impl Readings {
    fn person(&mut self, patient: &Object) -> Person {
        self.people.entry(patient).or_insert_with(|| person(patient, self.now)).clone()
    }

    fn whole(&mut self, practitioner: &Object) -> String {
        self.names.entry(practitioner).or_insert_with(|| whole(practitioner, self.now)).clone()
    }
}

/// The rows of all appointments.
pub(crate) fn rows(store: &Store, now: DateTime<Utc>) -> Vec<Vec<String>> {
    let mut readings = Readings { now, people: HashMap::new(), names: HashMap::new() };
    let rows = store.appointments().flat_map(|place| appointment(store, place, &mut readings));
    rows.map(Row::into_cells).collect()
}

/// Whether a status says that the visit will not happen, or is over. Such a row needs no patient and no start.
fn is_settled(status: &str) -> bool {
    matches!(status, "cancelled" | "noshow" | "entered-in-error" | "fulfilled")
}

fn appointment(store: &Store, place: Place<'_>, readings: &mut Readings) -> Vec<Row> {
    let mut common = common(store, place, readings);
    if is_crowded(place.fields) {
        set(&mut common.problem, "more than 200 participants take part in it");
        return vec![common];
    }
    let mut guests = guests(store, place);
    let settled = is_settled(&common.status);
    if guests.is_empty() {
        if !settled {
            set(&mut common.problem, "no patient takes part in it");
        }
        return vec![common];
    }
    let group = guests.len() > 1;
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for guest in &guests {
        let count = uses.entry(guest.name.clone()).or_default();
        *count = count.saturating_add(1);
    }
    guests
        .drain(..)
        .map(|guest| {
            let mut row = common.clone();
            if group && guest.name.is_empty() {
                set(&mut row.problem, "several patients take part in it, and this one has no id");
            } else if group && uses.get(&guest.name).is_some_and(|count| *count > 1) {
                set(&mut row.problem, "two different patients with the same id take part in it");
            } else if group && !row.id.is_empty() {
                row.id = format!("{}/{}", row.id, guest.name);
            }
            fill(&mut row, guest, settled, readings);
            row
        })
        .collect()
}

/// Keeps the first problem of a row.
fn set(problem: &mut String, reason: &str) {
    if problem.is_empty() {
        reason.clone_into(problem);
    }
}

/// The cells that are the same for all patients of an appointment.
fn common(store: &Store, place: Place<'_>, readings: &mut Readings) -> Row {
    let fields = place.fields;
    let instant = |key: &str| match text(fields, key).map(|given| (given, moment(given))) {
        Some((given, Moment::Instant(instant))) => shown(&instant, given),
        _ => String::new(),
    };
    let minutes = fields.get("minutesDuration").and_then(|value| match value.as_u64() {
        Some(minutes) => Some(minutes),
        // "30.0" is a whole number too.
        None => value
            .as_f64()
            .filter(|minutes| *minutes >= 1.0 && minutes.fract() == 0.0 && *minutes <= 10_000.0)
            .map(|minutes| minutes as u64),
    });
    let kind = concept_code(fields, "appointmentType")
        .or_else(|| concept_code(fields, "serviceType"))
        .or_else(|| concept_words(fields, "appointmentType"))
        .or_else(|| concept_words(fields, "serviceType"));
    let description = text(fields, "description").or_else(|| concept_words(fields, "serviceType"));
    let (location, location_name) = location(store, place);
    let meta = object(fields, "meta");
    let mut row = Row {
        id: id(fields).unwrap_or_default(),
        kind: cell(kind.unwrap_or_default(), LONGEST_CODE),
        description: cell(description.unwrap_or_default(), LONGEST_TEXT),
        provider: provider(store, place, readings),
        start: instant("start"),
        end: instant("end"),
        minutes: minutes.filter(|minutes| *minutes > 0).map(|minutes| minutes.to_string()).unwrap_or_default(),
        status: cell(&code(fields, "status"), LONGEST_CODE),
        location,
        location_name,
        created: text(fields, "created").filter(|created| is_showable(created)).unwrap_or_default().to_owned(),
        version: cell(&meta.and_then(|meta| text_or_number(meta, "versionId")).unwrap_or_default(), LONGEST_CODE),
        ..Row::default()
    };
    row.problem = problem(store, fields, &row);
    row
}

/// Why no row of this appointment may be used; empty if nothing speaks against it.
fn problem(store: &Store, fields: &Object, row: &Row) -> String {
    if row.id.is_empty() {
        let kind = if carries(fields, "id") { "its id is not a FHIR id" } else { "it has no id" };
        return kind.to_owned();
    }
    let reason = if store.is_ambiguous(&row.id) {
        "appointments of two servers have this id"
    } else if carries(fields, "modifierExtension") {
        "it carries a modifier extension, which may change its meaning"
    } else if carries(fields, "implicitRules") {
        "it carries implicit rules, which may change its meaning"
    } else if row.status.is_empty() {
        "it has no status"
    } else if is_settled(&row.status) || !row.start.is_empty() {
        ""
    } else {
        return start_problem(fields);
    };
    reason.to_owned()
}

fn start_problem(fields: &Object) -> String {
    let Some(given) = text(fields, "start") else {
        let reason = if carries(fields, "start") { "its start is not a text" } else { "it has no start" };
        return reason.to_owned();
    };
    let value = if is_showable(given) { format!(" {given}") } else { String::new() };
    match moment(given) {
        Moment::Partial => format!("its start{value} has no time or no offset"),
        _ => format!("its start{value} is not a possible date and time with an offset"),
    }
}

/// A patient who takes part.
struct Guest<'a> {
    /// The id that the appointment names; "#id" for a contained record; empty if there is none.
    name: String,
    participant: &'a Object,
    found: Result<(Option<String>, Place<'a>), String>,
    /// The record that is in use now, with the ones that it replaced.
    current: Option<Current<'a>>,
    /// The status of the participant; empty if the patient is there twice with two of them.
    status: String,
}

/// The patients who take part, each once.
fn guests<'a>(store: &'a Store, place: Place<'a>) -> Vec<Guest<'a>> {
    let mut guests: Vec<Guest<'a>> = Vec::new();
    for participant in objects(place.fields, "participant") {
        let Some(guest) = object(participant, "actor").and_then(|actor| guest(store, place, participant, actor)) else {
            continue;
        };
        match guests.iter_mut().find(|known| is_same(known, &guest)) {
            Some(known) => {
                if known.status != guest.status {
                    known.status.clear();
                }
                if carries(guest.participant, "modifierExtension") {
                    known.participant = guest.participant;
                }
            }
            None => guests.push(guest),
        }
    }
    guests
}

fn guest<'a>(store: &'a Store, place: Place<'a>, participant: &'a Object, actor: &Object) -> Option<Guest<'a>> {
    let target = store.follow(place, actor);
    let name = match (&target, read(actor)) {
        (Target::Here { kind: Kind::Patient, id, .. }, named) => match (id, named) {
            (Some(id), _) => id.clone(),
            (None, Named::Contained(id)) => format!("#{}", cell(&id, LONGEST_CODE)),
            (None, _) => String::new(),
        },
        (Target::Away { reference, .. }, _) if reference.kind == Kind::Patient => reference.id.clone(),
        (Target::Lost(Some(Kind::Patient)), _) => String::new(),
        _ => return None,
    };
    let status = cell(&code(participant, "status"), LONGEST_CODE);
    let (found, current) = match target {
        Target::Here { id, place, .. } => (Ok((id.clone(), place)), Some(store.current(id, place))),
        target => (Err(lost(&target, "its patient")), None),
    };
    Some(Guest { name, participant, found, current, status })
}

/// Whether two participants are the same patient: one record, or one reference to a record that is not here.
fn is_same(one: &Guest<'_>, other: &Guest<'_>) -> bool {
    let record = |guest: &Guest<'_>| match (&guest.current, &guest.found) {
        (Some(Current::Record { chain, .. }), _) => chain.last().map(|place| std::ptr::from_ref(place.fields)),
        (_, Ok((_, place))) => Some(std::ptr::from_ref(place.fields)),
        _ => None,
    };
    match (record(one), record(other)) {
        (Some(one), Some(other)) => std::ptr::eq(one, other),
        (None, None) => {
            let reference = |participant| object(participant, "actor").and_then(|actor| actor.get("reference"));
            let named = reference(one.participant);
            named.is_some() && named == reference(other.participant)
        }
        _ => false,
    }
}

/// Why a record cannot be read.
fn lost(target: &Target<'_>, whose: &str) -> String {
    match target {
        Target::Away { reference, absent: true } => format!("{whose} {reference} does not exist on the server"),
        Target::Away { reference, absent: false } => format!("{whose} {reference} was not found"),
        _ => format!("{whose} is not in the data, and has no usable id"),
    }
}

/// Fills in the cells of the patient.
fn fill(row: &mut Row, guest: Guest<'_>, settled: bool, readings: &mut Readings) {
    if carries(guest.participant, "modifierExtension") {
        set(&mut row.problem, "its participant carries a modifier extension, which may change its meaning");
    }
    let mut object_to = |reason: &str| {
        if !settled {
            set(&mut row.problem, reason);
        }
    };
    let (record, patient_id) = match (guest.found, guest.current) {
        (Err(reason), _) => {
            object_to(&reason);
            (None, Some(guest.name))
        }
        (Ok(_), Some(Current::Record { id, chain })) => {
            for reason in chain.iter().filter_map(|place| objection(place.fields)) {
                object_to(reason);
            }
            let last = chain.last().copied();
            if last.is_some_and(|place| is_inactive(place.fields)) {
                object_to("the patient's record is marked as not active");
            }
            (last, id)
        }
        (Ok((id, first)), gone) => {
            for reason in objection(first.fields).into_iter() {
                object_to(reason);
            }
            match gone {
                Some(Current::Gone(target)) => object_to(&lost(&target, "the record that replaced its patient's")),
                _ => object_to("the links of the patient's record contradict each other"),
            }
            (Some(first), id)
        }
    };
    row.patient_id = patient_id.unwrap_or_default();
    row.participant = guest.status;
    if let Some(place) = record {
        let person = readings.person(place.fields);
        row.first_name = person.first_name;
        row.last_name = person.last_name;
        row.birth_date = person.birth_date;
        row.phone = person.phone;
        row.home_phone = person.home_phone;
        row.language = person.language;
    }
}

/// The actors of the participants that have not declined, in order.
fn actors<'a>(place: Place<'a>) -> impl Iterator<Item = &'a Object> {
    objects(place.fields, "participant")
        .filter(|participant| code(participant, "status") != "declined")
        .filter_map(|participant| object(participant, "actor"))
}

/// Of the kinds of a target: here, away, or stated by the reference.
fn kind_of(target: &Target<'_>) -> Option<Kind> {
    match target {
        Target::Here { kind, .. } | Target::Away { reference: Reference { kind, .. }, .. } => Some(*kind),
        Target::Lost(kind) => *kind,
        Target::Other => None,
    }
}

/// The name of the first practitioner who takes part.
fn provider(store: &Store, place: Place<'_>, readings: &mut Readings) -> String {
    let is_provider = |kind: Option<Kind>| matches!(kind, Some(Kind::Practitioner | Kind::PractitionerRole));
    let first = actors(place).map(|actor| (actor, store.follow(place, actor)));
    let Some((actor, target)) = first.into_iter().find(|(_, target)| is_provider(kind_of(target))) else {
        return String::new();
    };
    let displayed = |reference: &Object| cell(text(reference, "display").unwrap_or_default(), LONGEST_NAME);
    let name = match target {
        Target::Here { kind: Kind::Practitioner, place, .. } => readings.whole(place.fields),
        Target::Here { kind: Kind::PractitionerRole, place: role, .. } => match store.practitioner(role) {
            Some(Target::Here { kind: Kind::Practitioner, place, .. }) => readings.whole(place.fields),
            _ => objects(role.fields, "practitioner").next().map(displayed).unwrap_or_default(),
        },
        _ => String::new(),
    };
    if name.is_empty() { displayed(actor) } else { name }
}

/// The id and the name of the first place. A contained place has no id of its own.
fn location(store: &Store, place: Place<'_>) -> (String, String) {
    let first = actors(place).map(|actor| (actor, store.follow(place, actor)));
    let Some((actor, target)) = first.into_iter().find(|(_, target)| kind_of(target) == Some(Kind::Location)) else {
        return (String::new(), String::new());
    };
    let (id, name) = match &target {
        Target::Here { id, place, .. } => (id.clone(), text(place.fields, "name")),
        Target::Away { reference, .. } => (Some(reference.id.clone()), None),
        _ => (None, None),
    };
    let name = name.or_else(|| text(actor, "display")).unwrap_or_default();
    (id.unwrap_or_default(), cell(name, LONGEST_NAME))
}
