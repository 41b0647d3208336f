//! What a scheduling message says about an appointment.

use crate::feeds::formats::hl7::patch::Patch;
use crate::feeds::formats::hl7::patient::{self, Person};
use crate::feeds::formats::hl7::start::{self, Start};
use crate::feeds::formats::hl7::syntax::{Field, Segment};

const MAX_ID: usize = 200;

/// The events that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    Booked,
    Rescheduled,
    Modified,
    Cancelled,
    Discontinued,
    Deleted,
    NoShow,
}

impl Trigger {
    pub(crate) fn read(event: &str) -> Option<Trigger> {
        match event {
            "S12" => Some(Trigger::Booked),
            "S13" => Some(Trigger::Rescheduled),
            "S14" => Some(Trigger::Modified),
            "S15" => Some(Trigger::Cancelled),
            "S16" => Some(Trigger::Discontinued),
            "S17" => Some(Trigger::Deleted),
            "S26" => Some(Trigger::NoShow),
            _ => None,
        }
    }
}

/// An appointment number and its namespace (empty if not given).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Id {
    pub number: String,
    pub namespace: String,
}

/// What one message says. `status` is only kept by a change of details that names none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedule {
    /// SCH-1.
    pub placer: Option<Id>,
    /// SCH-2.
    pub filler: Option<Id>,
    /// SCH-3, which visit of a series this is. The first one and 0 count as not given.
    pub occurrence: Option<u32>,
    pub start: Patch<Start>,
    /// The start stands in TQ1 or AIS.
    pub start_is_true: bool,
    pub minutes: Patch<u32>,
    /// "cancelled", "no show", else SCH-25 as given, else "booked".
    pub status: Patch<String>,
    /// SCH-8.
    pub kind: Patch<String>,
    /// SCH-7.
    pub description: Patch<String>,
    pub provider: Patch<String>,
    pub location: Patch<String>,
    pub person: Person,
}

pub(crate) const CANCELLED: &str = "cancelled";
pub(crate) const NO_SHOW: &str = "no show";

/// Reads the segments of a message made at `sent`.
pub(crate) fn read(segments: &[Segment], trigger: Trigger, sent: Option<i64>) -> Result<Schedule, String> {
    let sch = one(segments, "SCH")?.ok_or("the message has no SCH segment")?;
    let person = one(segments, "PID")?.map(|pid| patient::read(pid, sent)).unwrap_or_default();
    let (placer, filler) = (id(sch.field(1), "SCH-1")?, id(sch.field(2), "SCH-2")?);
    if placer.is_none() && filler.is_none() {
        return Err("the appointment has no id: SCH-1 and SCH-2 are both empty".to_owned());
    }
    let (start, minutes) = start::read(segments);
    Ok(Schedule {
        placer,
        filler,
        occurrence: occurrence(sch.field(3))?,
        start_is_true: start::is_true(segments),
        start,
        minutes,
        status: status(trigger, sch.field(25)),
        kind: words(sch.field(8)),
        description: words(sch.field(7)),
        provider: provider(segments),
        location: location(segments),
        person,
    })
}

fn one<'s, 'a>(segments: &'s [Segment<'a>], name: &str) -> Result<Option<&'s Segment<'a>>, String> {
    let mut all = segments.iter().filter(|segment| segment.name == name);
    let first = all.next();
    match all.next() {
        None => Ok(first),
        Some(_) => Err(format!(
            "the message has more than one {name} segment; it must be about one appointment and one patient"
        )),
    }
}

/// A namespace that repeats the number is none.
fn id(field: Field, name: &str) -> Result<Option<Id>, String> {
    let number = field.whole(1);
    if number.is_empty() {
        return Ok(None);
    }
    let namespace = [2, 3].map(|part| field.whole(part)).into_iter().find(|part| !part.is_empty()).unwrap_or_default();
    if number.len() > MAX_ID || namespace.len() > MAX_ID {
        return Err(format!("{name} is longer than {MAX_ID} bytes"));
    }
    let namespace = if namespace == number { String::new() } else { namespace };
    Ok(Some(Id { number, namespace }))
}

fn occurrence(field: Field) -> Result<Option<u32>, String> {
    match field.text(1) {
        text if text.is_empty() => Ok(None),
        text => match text.parse::<u32>() {
            Ok(number) => Ok(Some(number).filter(|number| *number > 1)),
            Err(_) => Err("SCH-3 (occurrence number) is not a whole number".to_owned()),
        },
    }
}

/// How final a status is: 2 cancelled, 1 no show, 0 any other.
pub(crate) fn finality(word: &str) -> u8 {
    let plain: String = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    match plain.as_str() {
        "cancel" | "cancellation" | "dc" | "discontinued" | "deleted" | "delete" | "enteredinerror" => 2,
        plain if plain.starts_with("cancelled") || plain.starts_with("canceled") => 2,
        "noshow" | "noshowed" => 1,
        _ => 0,
    }
}

/// A status word; free text, which may name a patient, is not shown as one.
fn status_word(given: String) -> String {
    let is_free_text = given.chars().count() > 30 || given.chars().filter(char::is_ascii_digit).count() > 3;
    if is_free_text { "free text".to_owned() } else { given }
}

/// Of trigger and SCH-25, the more final one counts.
fn status(trigger: Trigger, field: Field) -> Patch<String> {
    let of_trigger = match trigger {
        Trigger::Booked | Trigger::Rescheduled | Trigger::Modified => 0,
        Trigger::NoShow => 1,
        Trigger::Cancelled | Trigger::Discontinued | Trigger::Deleted => 2,
    };
    let (code, name) = (status_word(field.text(1)), status_word(field.text(2)));
    match finality(&code).max(finality(&name)).max(of_trigger) {
        2 => Patch::Set(CANCELLED.to_owned()),
        1 => Patch::Set(NO_SHOW.to_owned()),
        _ => match [code, name].into_iter().find(|word| !word.is_empty()) {
            Some(word) => Patch::Set(word),
            None if trigger == Trigger::Modified => Patch::Keep,
            None => Patch::Set("booked".to_owned()),
        },
    }
}

/// The text of a coded field, else its code.
fn words(field: Field) -> Patch<String> {
    field
        .patch()
        .map(|field| [field.lines(2), field.lines(1)].into_iter().find(|text| !text.is_empty()).unwrap_or_default())
}

/// A field of the first segment of a name that has it, without deleted segments and groups.
fn first<'a>(segments: &[Segment<'a>], name: &str, number: usize) -> Patch<Field<'a>> {
    let (mut group_deleted, mut found) = (false, Patch::Keep);
    for segment in segments {
        let deleted = || segment.field(2).text(1).eq_ignore_ascii_case("D");
        if segment.name == "RGS" {
            group_deleted = deleted();
        }
        let resource = segment.name.starts_with("AI");
        if segment.name != name || resource && (group_deleted || deleted()) {
            continue;
        }
        match segment.field(number).patch() {
            Patch::Set(field) => return Patch::Set(field),
            Patch::Delete => found = Patch::Delete,
            Patch::Keep => {}
        }
    }
    found
}

fn or<T>(a: Patch<T>, b: impl FnOnce() -> Patch<T>) -> Patch<T> {
    match (a, b()) {
        (Patch::Set(value), _) | (_, Patch::Set(value)) => Patch::Set(value),
        (Patch::Delete, _) | (_, Patch::Delete) => Patch::Delete,
        _ => Patch::Keep,
    }
}

/// AIP-3, else the attending doctor (PV1-7). Not PV1-8: the referring doctor is not whom the patient will see.
fn provider(segments: &[Segment]) -> Patch<String> {
    or(first(segments, "AIP", 3), || first(segments, "PV1", 7)).map(|doctor| {
        let name = [doctor.text(3), doctor.text(2)].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
        if name.is_empty() { doctor.text(1) } else { name.join(" ") }
    })
}

/// Point of care and facility of AIL-3, else of PV1-3.
fn location(segments: &[Segment]) -> Patch<String> {
    or(first(segments, "AIL", 3), || first(segments, "PV1", 3)).map(|place| {
        let (point, facility) = (place.text(1), place.text(4));
        let mut parts: Vec<String> = [point, facility].into_iter().filter(|part| !part.is_empty()).collect();
        parts.dedup();
        parts.join(", ")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::formats::hl7::syntax::{Delimiters, Syntax};

    fn schedule(text: &str, trigger: Trigger) -> Result<Schedule, String> {
        let syntax = Syntax { delimiters: Delimiters::default(), encoding: encoding_rs::UTF_8 };
        let segments: Vec<Segment> = text.split(';').map(|line| Segment::read(line, syntax).unwrap()).collect();
        read(&segments, trigger, None)
    }

    fn set(text: &str) -> Patch<String> {
        Patch::Set(text.to_owned())
    }

    #[test]
    fn the_more_final_status_counts() {
        use Trigger::*;
        let table = [
            (Booked, "", "booked"),
            (Booked, "\"\"", "booked"),
            (Booked, "Booked", "Booked"),
            (Modified, "^Pending", "Pending"),
            (Modified, "A^Arrived", "A"),
            (Modified, "NOSHOW", "no show"),
            (Modified, "No-Show", "no show"),
            (Rescheduled, "Cancelled", "cancelled"),
            (Modified, "X^Canceled by patient", "cancelled"),
            (Modified, "Dc", "cancelled"),
            (Modified, "Deleted", "cancelled"),
            (Cancelled, "Booked", "cancelled"),
            (Cancelled, "", "cancelled"),
            (Discontinued, "Dc", "cancelled"),
            (Deleted, "Noshow", "cancelled"),
            (NoShow, "Booked", "no show"),
            (NoShow, "Cancelled", "cancelled"),
        ];
        for (trigger, word, want) in table {
            let got = schedule(&format!("SCH|1{}{word}", "|".repeat(24)), trigger).unwrap();
            let status = got.status.set().map_or("", String::as_str);
            assert_eq!(status, want, "{trigger:?} {word}");
        }
    }

    #[test]
    fn reads_ids() {
        let table = [
            ("SCH|P1|F1", Some(("P1", "")), Some(("F1", "")), None),
            ("SCH|P1&2^NS|", Some(("P1&2", "NS")), None, None),
            ("SCH|P1^NS|", Some(("P1", "NS")), None, None),
            ("SCH|P1^^1.2.3^ISO|", Some(("P1", "1.2.3")), None, None),
            ("SCH|10345^10345|\"\"|1", Some(("10345", "")), None, None),
            ("SCH||F1|3", None, Some(("F1", "")), Some(3)),
            ("SCH||F1|0", None, Some(("F1", "")), None),
        ];
        for (line, placer, filler, occurrence) in table {
            let got = schedule(line, Trigger::Booked).unwrap();
            let id = |id: Option<(&str, &str)>| id.map(|(n, ns)| Id { number: n.into(), namespace: ns.into() });
            assert_eq!((got.placer, got.filler, got.occurrence), (id(placer), id(filler), occurrence), "{line}");
        }
    }

    #[test]
    fn reads_texts() {
        let got = schedule(
            "SCH|1|2|||E|OFFICE^Office visit|pain\\.br\\again|\"\";PV1|1|O|W&x^1^^FAC&y|||||9^Ref^Erring;PID|1||4",
            Trigger::Booked,
        )
        .unwrap();
        assert_eq!((got.description, got.kind), (set("pain\nagain"), Patch::Delete));
        assert_eq!((got.location, got.provider), (set("W, FAC"), Patch::Keep));
        let got = schedule(
            "SCH|1;PV1|1|O|W||||7^Att^End;AIL|1|D|OLD;AIL|2|A|OFFICE^^^OFFICE;AIP|1|A|1^Adams&x^Douglas^A^MD",
            Trigger::Booked,
        )
        .unwrap();
        assert_eq!((got.location, got.provider), (set("OFFICE"), set("Douglas Adams")));
        let got = schedule("SCH|1;PV1|1|O|W||||7^Att^End;RGS|1|D;AIP|1||1^Old", Trigger::Booked).unwrap();
        assert_eq!((got.location, got.provider), (set("W"), set("End Att")));
        let got = schedule("SCH|1;AIP|1||77", Trigger::Booked).unwrap();
        assert_eq!((got.provider, got.person), (set("77"), Person::default()));
    }

    #[test]
    fn says_what_is_missing() {
        let long = format!("SCH|{}", "1".repeat(201));
        let table = [
            ("PID|1", "no SCH"),
            ("SCH|||", "no id"),
            ("SCH|\"\"|\"\"|", "no id"),
            ("SCH|1;SCH|2", "more than one SCH"),
            ("SCH|1;PID|1||1;PID|2||2", "more than one PID"),
            ("SCH|1||two", "SCH-3"),
            (&long, "SCH-1 is longer"),
        ];
        for (text, part) in table {
            let reason = schedule(text, Trigger::Cancelled).unwrap_err();
            assert!(reason.contains(part), "{text}: {reason}");
        }
    }
}
