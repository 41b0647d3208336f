//! Keeps the newest version of each resource and follows references between them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, FixedOffset};

use crate::feeds::formats::fhir::document::{Resource, Sort};
use crate::feeds::formats::fhir::json::{Object, carries, code, id, object, objects, text, text_or_number};
use crate::feeds::formats::fhir::reference::{Kind, Named, Reference, base_of, is_urn, read, stated_kind};
use crate::feeds::formats::fhir::time::instant;

/// How often a patient's record may have been replaced by another one.
const MOST_HOPS: usize = 5;

/// Where a resource came from: `None` if its address is not known, else its server or its URN.
type Origin = Option<String>;

/// Resources by kind and id. Ids of different servers may be the same.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// In the order in which they were first seen.
    appointments: Vec<(Origin, Object)>,
    by_id: HashMap<String, BTreeMap<Origin, usize>>,
    others: HashMap<(Kind, String), BTreeMap<Origin, Object>>,
    /// Where the resources with a URN are.
    urns: HashMap<String, (Kind, String)>,
    absent: BTreeSet<Reference>,
    /// The servers whose appointments these are.
    homes: BTreeSet<String>,
    /// The servers named by references of appointments with no address; "" for relative ones.
    named: BTreeSet<String>,
}

/// A resource and what is needed to follow its references.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) fields: &'a Object,
    origin: Option<&'a str>,
    container: &'a Object,
}

/// Where a reference leads.
#[derive(Debug, Clone)]
pub(crate) enum Target<'a> {
    /// A resource; its id, unless it is contained or has none.
    Here { kind: Kind, id: Option<String>, place: Place<'a> },
    /// A resource that may be fetched, or (`absent`) that the server does not have.
    Away { reference: Reference, absent: bool },
    /// A resource that cannot be found anywhere. Its kind, if the reference states it.
    Lost(Option<Kind>),
    /// A resource of a kind that does not count.
    Other,
}

/// The record of a patient that is in use now.
#[derive(Debug, Clone)]
pub(crate) enum Current<'a> {
    /// The record, and all records that led to it, the record itself last.
    Record { id: Option<String>, chain: Vec<Place<'a>> },
    /// The record was replaced by one that is not here.
    Gone(Target<'a>),
    /// The links contradict each other.
    Unclear,
}

impl Store {
    /// Takes a resource unless a newer version is there.
    pub(crate) fn insert(&mut self, resource: Resource) {
        let Resource { sort, full_url, fields } = resource;
        let kind = match sort {
            Sort::Appointment => "Appointment",
            Sort::Other(kind) => kind.name(),
        };
        let own_id = id(&fields);
        let urn = full_url.as_deref().filter(|url| is_urn(url)).map(str::to_lowercase);
        let url_id = full_url.as_deref().and_then(|url| url.rsplit('/').next());
        let id = own_id.as_deref().or(url_id).unwrap_or_default().to_owned();
        let base = full_url.as_deref().and_then(|url| base_of(url, kind, &id));
        match sort {
            Sort::Appointment => self.insert_appointment(own_id, base, urn, fields),
            Sort::Other(kind) => {
                let key = match (&urn, own_id) {
                    (_, Some(id)) => (kind, id),
                    (Some(urn), None) => (kind, urn.clone()),
                    (None, None) if base.is_some() => (kind, id),
                    (None, None) => return,
                };
                if let Some(urn) = &urn {
                    self.urns.insert(urn.clone(), key.clone());
                }
                let versions = self.others.entry(key).or_default();
                keep_newer(versions, urn.or(base), fields);
            }
        }
    }

    fn insert_appointment(&mut self, id: Option<String>, base: Origin, urn: Origin, fields: Object) {
        if let Some(base) = &base {
            self.homes.insert(base.clone());
        } else {
            for actor in objects(&fields, "participant").filter_map(|one| object(one, "actor")) {
                if let Named::Typed { base, .. } = read(actor) {
                    self.named.insert(base.unwrap_or_default());
                }
            }
        }
        let origin = base.or(urn);
        let at = self.appointments.len();
        let Some(id) = id else {
            self.appointments.push((origin, fields));
            return;
        };
        let known = self.by_id.entry(id).or_default();
        // With and without an address, it is the same appointment.
        let same = match (known.get(&origin), known.len()) {
            (Some(at), _) => Some(*at),
            (None, 1) if origin.is_none() => known.values().next().copied(),
            (None, 1) => known.remove(&None),
            (None, _) => None,
        };
        match same.and_then(|at| self.appointments.get_mut(at).map(|held| (at, held))) {
            Some((at, held)) => {
                let origin = origin.or(held.0.take());
                if !is_older(&fields, &held.1) {
                    held.1 = fields;
                }
                held.0.clone_from(&origin);
                known.insert(origin, at);
            }
            None => {
                known.insert(origin.clone(), at);
                self.appointments.push((origin, fields));
            }
        }
    }

    /// The appointments in the order in which they were first seen.
    pub(crate) fn appointments(&self) -> impl Iterator<Item = Place<'_>> {
        self.appointments.iter().map(|(origin, fields)| Place { fields, origin: origin.as_deref(), container: fields })
    }

    /// Whether appointments of several servers have this id.
    pub(crate) fn is_ambiguous(&self, id: &str) -> bool {
        self.by_id.get(id).is_some_and(|known| known.len() > 1)
    }

    /// Notes that the server does not have a resource.
    pub(crate) fn note_absent(&mut self, reference: Reference) {
        self.absent.insert(reference);
    }

    /// Follows a reference that stands in a resource.
    pub(crate) fn follow<'a>(&'a self, from: Place<'a>, reference: &Object) -> Target<'a> {
        let stated = stated_kind(reference);
        match read(reference) {
            Named::Contained(id) => contained(from, &id).unwrap_or(Target::Lost(stated)),
            Named::Urn(urn) => {
                let key = self.urns.get(&urn);
                let versions = key.and_then(|key| self.others.get(key));
                match (key, versions.and_then(|versions| versions.get_key_value(&Some(urn)))) {
                    (Some((kind, id)), Some((origin, fields))) => {
                        let id = (!is_urn(id)).then(|| id.clone());
                        Target::Here { kind: *kind, id, place: place(origin, fields) }
                    }
                    _ => Target::Lost(stated),
                }
            }
            Named::Typed { reference, base } => match self.find(&reference, base.as_deref(), from.origin) {
                Some(place) => Target::Here { kind: reference.kind, id: Some(reference.id), place },
                None => {
                    let absent = self.is_absent(&reference, base.as_deref());
                    Target::Away { reference, absent }
                }
            },
            Named::Other => Target::Other,
            Named::Broken(kind) => Target::Lost(Some(kind)),
            Named::Nothing => Target::Lost(stated),
        }
    }

    /// The newest version of a resource that this reference can mean.
    fn find(&self, reference: &Reference, base: Option<&str>, holder: Option<&str>) -> Option<Place<'_>> {
        let versions = self.others.get(&(reference.kind, reference.id.clone()))?;
        let server = base.or(holder.filter(|holder| !is_urn(holder)));
        let plain = versions.get_key_value(&None);
        let found = match server {
            Some(server) => {
                let exact = versions.get_key_value(&Some(server.to_owned()));
                let plain = plain.filter(|_| base.is_none() || !self.is_foreign(server));
                newer(exact, plain)
            }
            None if versions.len() == 1 => versions.iter().next(),
            None if versions.len() == 2 && plain.is_some() => newer(versions.iter().next_back(), plain),
            // The ids of several servers are the same.
            None => plain,
        };
        found.map(|(origin, fields)| place(origin, fields))
    }

    /// Whether a server is another one than that of the appointments.
    fn is_foreign(&self, server: &str) -> bool {
        if self.homes.is_empty() { self.named.len() > 1 } else { !self.homes.contains(server) }
    }

    /// Whether the resource that this reference asks for is here.
    pub(crate) fn has(&self, reference: &Reference) -> bool {
        let base = reference.url.as_deref().and_then(|url| base_of(url, reference.kind.name(), &reference.id));
        self.find(reference, base.as_deref(), None).is_some()
    }

    /// The practitioner of a role.
    pub(crate) fn practitioner<'a>(&'a self, role: Place<'a>) -> Option<Target<'a>> {
        objects(role.fields, "practitioner").next().map(|practitioner| self.follow(role, practitioner))
    }

    /// Whether an absolute address is on the server of the appointments.
    pub(crate) fn is_of_this_server(&self, url: &str, reference: &Reference) -> bool {
        base_of(url, reference.kind.name(), &reference.id).is_some_and(|base| !self.is_foreign(&base))
    }

    fn is_absent(&self, reference: &Reference, base: Option<&str>) -> bool {
        let relative = Reference { url: None, ..reference.clone() };
        self.absent.contains(reference)
            || (base.is_some_and(|base| !self.is_foreign(base)) && self.absent.contains(&relative))
    }

    /// Follows the "replaced-by" links of a patient's record. A circle ends as unclear, too.
    pub(crate) fn current<'a>(&'a self, id: Option<String>, record: Place<'a>) -> Current<'a> {
        let (mut id, mut chain) = (id, vec![record]);
        for _ in 0..=MOST_HOPS {
            let Some(last) = chain.last().copied() else { break };
            let mut links = objects(last.fields, "link")
                .filter(|link| matches!(code(link, "type").as_str(), "replaced-by" | "replace"));
            let Some(link) = links.next() else { return Current::Record { id, chain } };
            let others =
                object(link, "other").filter(|_| links.next().is_none() && !carries(link, "modifierExtension"));
            let Some(other) = others else { return Current::Unclear };
            match self.follow(last, other) {
                Target::Here { kind: Kind::Patient, id: next, place } => {
                    id = next;
                    chain.push(place);
                }
                Target::Here { .. } | Target::Other => return Current::Unclear,
                target => return Current::Gone(target),
            }
        }
        Current::Unclear
    }
}

fn place<'a>(origin: &'a Origin, fields: &'a Object) -> Place<'a> {
    Place { fields, origin: origin.as_deref(), container: fields }
}

/// A resource inside another one.
fn contained<'a>(from: Place<'a>, id: &str) -> Option<Target<'a>> {
    let inner = objects(from.container, "contained")
        .find(|inner| text(inner, "id").is_some_and(|own| own.strip_prefix('#').unwrap_or(own) == id))?;
    let place = Place { fields: inner, origin: from.origin, container: from.container };
    match text(inner, "resourceType").and_then(Kind::of) {
        Some(kind) => Some(Target::Here { kind, id: None, place }),
        None => Some(Target::Other),
    }
}

type Entry<'a> = (&'a Origin, &'a Object);

fn newer<'a>(one: Option<Entry<'a>>, other: Option<Entry<'a>>) -> Option<Entry<'a>> {
    match (one, other) {
        (Some(one), Some(other)) if is_older(one.1, other.1) => Some(other),
        (one, other) => one.or(other),
    }
}

fn keep_newer(versions: &mut BTreeMap<Origin, Object>, origin: Origin, fields: Object) {
    match versions.get_mut(&origin) {
        Some(held) if is_older(&fields, held) => {}
        Some(held) => *held = fields,
        None => {
            versions.insert(origin, fields);
        }
    }
}

/// Whether one version of a resource is older than another: by lastUpdated, else by a numeric versionId.
fn is_older(one: &Object, other: &Object) -> bool {
    let updated = |fields: &Object| -> Option<DateTime<FixedOffset>> {
        let given = text(object(fields, "meta")?, "lastUpdated")?;
        let exact = DateTime::parse_from_rfc3339(given).ok();
        exact.or_else(|| instant(given))
    };
    let version = |fields: &Object| -> Option<u64> {
        object(fields, "meta").and_then(|meta| text_or_number(meta, "versionId"))?.parse().ok()
    };
    let by_time = updated(one).zip(updated(other)).map(|(one, other)| one.cmp(&other));
    let by_version = || version(one).zip(version(other)).map(|(one, other)| one.cmp(&other));
    let order = by_time.filter(|order| *order != Ordering::Equal).or_else(by_version);
    order == Some(Ordering::Less)
}
