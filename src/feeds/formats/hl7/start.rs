//! Decides when an appointment starts and how long it takes.
//!
//! TQ1-7 and AIS-4 are true: SCH-11 is ignored where either is given. Both must agree. Without them, AIG-8, AIL-6, AIP-6
//! and SCH-11.4 must agree. Of several services or resources on one day the earliest counts. A segment whose action code
//! is D (deleted) says nothing.

use crate::feeds::formats::hl7::patch::Patch;
use crate::feeds::formats::hl7::syntax::Segment;
use crate::feeds::formats::hl7::time::{self, Moment};

/// The start of an appointment, or why it cannot be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    At { start: Moment, end: Option<Moment> },
    Bad(String),
}

/// A time that a field gives.
struct Stated {
    field: &'static str,
    at: Result<Moment, String>,
    /// The amount and unit of a start offset other than 0.
    offset: Option<Option<i64>>,
    minutes: Option<u32>,
}

#[derive(Default)]
struct Sources {
    timing: Vec<Stated>,
    timing_end: Option<Moment>,
    timing_minutes: Option<u32>,
    services: Vec<Stated>,
    resources: Vec<Stated>,
    schedule: Vec<Stated>,
    schedule_end: Option<Moment>,
    schedule_minutes: Option<u32>,
    schedule_field_minutes: Patch<Option<u32>>,
    deleted: bool,
}

/// Whether a message gives its start in TQ1 or AIS, which are true where SCH-11 may be stale.
pub(crate) fn is_true(segments: &[Segment]) -> bool {
    let sources = collect(segments);
    !sources.timing.is_empty() || !sources.services.is_empty()
}

/// Start and minutes of an appointment.
pub(crate) fn read(segments: &[Segment]) -> (Patch<Start>, Patch<u32>) {
    let sources = collect(segments);
    let start = match sources.start() {
        Some(Ok(start)) => Patch::Set(start),
        Some(Err(reason)) => Patch::Set(Start::Bad(reason)),
        None if sources.deleted => Patch::Delete,
        None => Patch::Keep,
    };
    let stated = match &start {
        Patch::Set(Start::At { start, end: Some(end) }) => length(start, end),
        _ => None,
    };
    let minutes = stated
        .or_else(|| service_minutes(&sources.services))
        .or(sources.timing_minutes)
        .or(sources.schedule_field_minutes.set().copied().flatten())
        .or(sources.schedule_minutes);
    let minutes = match minutes {
        Some(minutes) => Patch::Set(minutes),
        None if sources.schedule_field_minutes == Patch::Delete => Patch::Delete,
        None => Patch::Keep,
    };
    (start, minutes)
}

/// Whole minutes from start to end, if that is more than 0 and at most 24 hours.
pub(crate) fn length(start: &Moment, end: &Moment) -> Option<u32> {
    let minutes = u32::try_from(end.since(start)?.num_minutes()).ok()?;
    (1..=24 * 60).contains(&minutes).then_some(minutes)
}

fn collect(segments: &[Segment]) -> Sources {
    let mut sources = Sources::default();
    let mut group_deleted = false;
    for segment in segments {
        let action = || segment.field(2).text(1).eq_ignore_ascii_case("D");
        match segment.name {
            "SCH" => schedule(segment, &mut sources),
            "TQ1" => timing(segment, &mut sources),
            "RGS" => group_deleted = action(),
            "AIS" if !group_deleted && !action() => sources.services.extend(resource(segment, "AIS-4", 4)),
            "AIG" if !group_deleted && !action() => sources.resources.extend(resource(segment, "AIG-8", 8)),
            "AIL" if !group_deleted && !action() => sources.resources.extend(resource(segment, "AIL-6", 6)),
            "AIP" if !group_deleted && !action() => sources.resources.extend(resource(segment, "AIP-6", 6)),
            _ => {}
        }
    }
    sources
}

fn stated(field: &'static str, text: &str) -> Option<Stated> {
    let at = time::moment(text).map_err(|wrong| match text.bytes().all(|b| b"0123456789+-.".contains(&b)) {
        true => format!("{field} is {}: {wrong}", text.chars().take(30).collect::<String>()),
        false => format!("{field} is {wrong}"),
    });
    (!text.is_empty()).then_some(Stated { field, at, offset: None, minutes: None })
}

fn schedule(sch: &Segment, sources: &mut Sources) {
    let timing = sch.field(11);
    sources.deleted |= matches!(timing.patch(), Patch::Delete);
    sources.schedule.extend(timing.repetitions().filter_map(|one| stated("SCH-11.4", &one.text(4))));
    sources.schedule_end = time::moment(&timing.text(5)).ok();
    sources.schedule_minutes = time::minutes(&timing.text(3), "");
    let unit = sch.field(10);
    sources.schedule_field_minutes =
        sch.field(9).patch().map(|field| with_unit(&field.text(1), &unit.text(1), &unit.text(2)));
}

fn timing(tq1: &Segment, sources: &mut Sources) {
    sources.deleted |= matches!(tq1.field(7).patch(), Patch::Delete);
    if let Some(start) = stated("TQ1-7", &tq1.field(7).text(1)) {
        sources.timing.push(start);
        sources.timing_end = time::moment(&tq1.field(8).text(1)).ok();
    }
    let duration = tq1.field(6);
    sources.timing_minutes = sources.timing_minutes.or(with_unit(&duration.text(1), &duration.text(2), ""));
}

fn with_unit(amount: &str, code: &str, name: &str) -> Option<u32> {
    let unit = if code.is_empty() { name } else { code };
    time::minutes(amount, unit)
}

fn resource(segment: &Segment, field: &'static str, at: usize) -> Option<Stated> {
    let text = |plus: usize, part: usize| segment.field(at.saturating_add(plus)).text(part);
    let mut stated = stated(field, &text(0, 1))?;
    let (amount, unit) = (text(1, 1), text(2, 1));
    let offset = time::offset_minutes(&amount, &unit);
    stated.offset = Some(offset).filter(|offset| !amount.is_empty() && *offset != Some(0));
    stated.minutes = with_unit(&text(3, 1), &text(4, 1), &text(4, 2));
    Some(stated)
}

/// The time from the first start of a service to the last end.
fn service_minutes(services: &[Stated]) -> Option<u32> {
    if let [one] = services {
        return one.minutes;
    }
    let times: Vec<(Moment, u32)> =
        services.iter().map(|service| Some((service.at.clone().ok()?, service.minutes?))).collect::<Option<_>>()?;
    let first = times.first()?.0;
    let from_first = |at: &Moment| Some(at.since(&first)?.num_minutes());
    let mut range: Option<(i64, i64)> = None;
    for (start, minutes) in &times {
        let from = from_first(start)?;
        let to = from.checked_add(i64::from(*minutes))?;
        range = Some(range.map_or((from, to), |(a, b)| (a.min(from), b.max(to))));
    }
    let (from, to) = range?;
    u32::try_from(to.checked_sub(from)?).ok().filter(|minutes| (1..=24 * 60).contains(minutes))
}

type Found = Option<Result<(Moment, &'static str), String>>;

/// The earliest of several times of one day.
fn earliest<'a>(all: impl IntoIterator<Item = &'a Stated>, may_differ: bool) -> Found {
    let mut best: Option<(Moment, &'static str)> = None;
    for stated in all {
        let at = match &stated.at {
            Ok(at) => *at,
            Err(reason) => return Some(Err(reason.clone())),
        };
        let Some((first, field)) = best else {
            best = Some((at, stated.field));
            continue;
        };
        let Some(apart) = at.since(&first) else {
            return Some(Err(format!("{field} and {} give starts with and without an offset", stated.field)));
        };
        if apart.is_zero() {
            continue;
        }
        if !may_differ || at.local.date() != first.local.date() {
            let (first, at) = (first.show(), at.show());
            return Some(Err(format!("{field} says {first}, but {} says {at}", stated.field)));
        }
        if apart < chrono::TimeDelta::zero() {
            best = Some((at, stated.field));
        }
    }
    best.map(Ok)
}

/// The one start that two kinds of sources give.
fn agreed(a: Found, b: Found) -> Found {
    match (a, b) {
        (Some(Err(reason)), _) | (_, Some(Err(reason))) => Some(Err(reason)),
        (Some(Ok((a, field))), Some(Ok((b, other)))) if !a.same(&b) => {
            Some(Err(format!("{field} says {}, but {other} says {}", a.show(), b.show())))
        }
        (Some(Ok(a)), Some(Ok(b))) => Some(Ok(if a.0.offset.is_none() { b } else { a })),
        (a, b) => a.or(b),
    }
}

impl Sources {
    fn start(&self) -> Option<Result<Start, String>> {
        let plain = |stated: &&Stated| stated.offset.is_none();
        let timing = earliest(&self.timing, false);
        let services = earliest(self.services.iter().filter(plain), true);
        if let Some(found) = agreed(timing, services) {
            let end = if self.timing.is_empty() { None } else { self.timing_end };
            return Some(found.map(|(start, _)| at(start, end)));
        }
        if let Some(service) = self.services.first() {
            return Some(self.shifted(service));
        }
        let resources = earliest(self.resources.iter().filter(plain), true);
        let found = agreed(earliest(&self.schedule, false), resources);
        if let (None, Some(resource)) = (&found, self.resources.first()) {
            return Some(self.shifted(resource));
        }
        let end = if self.schedule.is_empty() { None } else { self.schedule_end };
        Some(found?.map(|(start, _)| at(start, end)))
    }

    /// A time with an offset may be that of the visit or that of the service: only SCH-11.4 can tell.
    fn shifted(&self, stated: &Stated) -> Result<Start, String> {
        let at_service = stated.at.clone()?;
        let unclear = || format!("{} has a start and an offset: it is not clear when the visit starts", stated.field);
        let schedule = self.schedule.first().ok_or_else(unclear)?.at.clone()?;
        let before = stated.offset.flatten().and_then(|minutes| at_service.minus_minutes(minutes));
        let known = schedule.same(&at_service) || before.is_some_and(|before| schedule.same(&before));
        if known { Ok(at(schedule, self.schedule_end)) } else { Err(unclear()) }
    }
}

fn at(start: Moment, end: Option<Moment>) -> Start {
    Start::At { start, end: end.filter(|end| length(&start, end).is_some()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::formats::hl7::syntax::{Delimiters, Syntax};

    fn show(text: &str) -> String {
        let syntax = Syntax { delimiters: Delimiters::default(), encoding: encoding_rs::UTF_8 };
        let segments: Vec<Segment> = text.split(';').map(|line| Segment::read(line, syntax).unwrap()).collect();
        let (start, minutes) = read(&segments);
        let start = match start {
            Patch::Keep => "keep".to_owned(),
            Patch::Delete => "delete".to_owned(),
            Patch::Set(Start::Bad(reason)) => reason,
            Patch::Set(Start::At { start, end }) => {
                start.show() + &end.map_or(String::new(), |end| format!("/{}", end.show()))
            }
        };
        match minutes {
            Patch::Keep => start,
            Patch::Delete => start + " -",
            Patch::Set(minutes) => format!("{start} {minutes}"),
        }
    }

    /// An SCH with fields 9, 10 and 11.
    fn sch(fields: &str) -> String {
        format!("SCH|1|2|||||||{fields}")
    }

    const NINE: &str = "2026-03-10T09:00:00";
    const TEN: &str = "2026-03-10T10:00:00";
    /// An SCH with the stale time of another year.
    const OLD: &str = "30|min|^^30^20250101090000^20250101093000";

    fn check(table: &[(String, String)]) {
        for (text, want) in table {
            assert_eq!(&show(text), want, "{text}");
        }
    }

    #[test]
    fn decides_the_start() {
        let (nine, ten, old) = (NINE, TEN, OLD);
        let table = [
            (sch(""), "keep".into()),
            (sch("||\"\""), "delete".into()),
            (sch("\"\"||\"\""), "delete -".into()),
            (sch("||^^^\"\""), "delete".into()),
            (sch("||^^30^20260310090000^20260310093000"), format!("{nine}/2026-03-10T09:30:00 30")),
            (sch("60|m|^^60^20260310090000^20260310094500"), format!("{nine}/2026-03-10T09:45:00 45")),
            (sch("70|Min|^^^20260310090000^20260314090000"), format!("{nine} 70")),
            (sch("1|H|^^1^20260310090000"), format!("{nine} 60")),
            (
                sch("||^^^20260310090000~^^^20260311090000"),
                format!("SCH-11.4 says {nine}, but SCH-11.4 says 2026-03-11T09:00:00"),
            ),
            (sch("||^^M45^20260310090000"), format!("{nine} 45")),
            (sch("||^^30^20260310"), "SCH-11.4 is 20260310: a date with no time of day 30".into()),
            (sch("||^^30^20260230090000"), "SCH-11.4 is 20260230090000: an impossible date 30".into()),
            (sch("||^^30^Ann at nine"), "SCH-11.4 is not a date and time (YYYYMMDDHHMM) 30".into()),
            (sch(old) + ";TQ1|1||||||20260310090000|20260310095000", format!("{nine}/2026-03-10T09:50:00 50")),
            (sch(old) + ";TQ1|1|||||20^min|20260310090000", format!("{nine} 20")),
            (sch(old) + ";AIS|1|A|X|20260310090000|||60|min", format!("{nine} 60")),
            (sch(old) + ";AIS|1|A|X|20260310090000|0|min|60|^minutes", format!("{nine} 60")),
            (sch("||^^^20250101") + ";AIS|1|A|X|20260310090000|||60|min", format!("{nine} 60")),
            (sch(old) + ";AIS|1|A|X|20260310100000|||60|min;AIS|2|A|Y|20260310090000|||30|min", format!("{nine} 120")),
            (sch(old) + ";AIS|1|A|X|20260310100000|||60|min;AIS|2|D|Y|20260310090000|||30|min", format!("{ten} 60")),
            (sch(old) + ";RGS|1|D;AIS|1|A|X|20260310090000;RGS|2|U;AIS|1|A|X|20260310100000", format!("{ten} 30")),
        ];
        check(&table);
    }

    #[test]
    fn never_guesses_between_starts() {
        let (nine, ten) = (NINE, TEN);
        let (old, nine_sch) = (OLD, "30|min|^^30^20260310090000");
        let table = [
            (
                sch(old) + ";AIS|1|A|X|20260310100000;AIS|2|A|Y|20260311090000",
                format!("AIS-4 says {ten}, but AIS-4 says 2026-03-11T09:00:00 30"),
            ),
            (sch(old) + ";TQ1|1||||||20260310090000;AIS|1|A|X|20260310090000", format!("{nine} 30")),
            (sch(old) + ";TQ1|1||||||20260310090000-0700;AIS|1|A|X|20260310090000", format!("{nine}-07:00 30")),
            (sch(old) + ";TQ1|1||||||20260310090000+0215;AIS|1|A|X|20260310121500+0530", format!("{nine}+02:15 30")),
            (
                sch(old) + ";TQ1|1||||||20260310090000;AIS|1|A|X|20260310100000",
                format!("TQ1-7 says {nine}, but AIS-4 says {ten} 30"),
            ),
            (
                sch(old) + ";TQ1|1||||||20260310090000;TQ1|2||||||20260310100000",
                format!("TQ1-7 says {nine}, but TQ1-7 says {ten} 30"),
            ),
            (
                sch(old) + ";TQ1|1||||||20260310;AIS|1|A|X|20260310100000",
                "TQ1-7 is 20260310: a date with no time of day 30".into(),
            ),
            (sch(nine_sch) + ";AIL|1|A|O||||||30|min;AIP|1|A|1|||20260310090000", format!("{nine} 30")),
            (sch(nine_sch) + ";AIL|1|A|O|||20260310090000;AIP|1|A|1|||20260310091500", format!("{nine} 30")),
            (sch(nine_sch) + ";AIP|1|A|1|||20260310100000", format!("SCH-11.4 says {nine}, but AIP-6 says {ten} 30")),
            (sch("") + ";AIG|1|A|1|||||20260310100000", ten.into()),
            (sch("") + ";AIL|1|A|O|||20260310100000", ten.into()),
            (sch(nine_sch) + ";AIS|1|A|X|20260310091500|15|min", format!("{nine} 30")),
            (sch(nine_sch) + ";AIS|1|A|X|20260310090000|15|min", format!("{nine} 30")),
            (sch(nine_sch) + ";AIS|1|A|X|20260310090000|1|blink", format!("{nine} 30")),
            (sch(nine_sch) + ";AIS|1|A|X||15|min|20|min", format!("{nine} 30")),
            (
                sch(old) + ";AIS|1|A|X|20260310091500|15|min",
                "AIS-4 has a start and an offset: it is not clear when the visit starts 30".into(),
            ),
            (
                sch("") + ";AIP|1|A|1|||20260310091500|15|min",
                "AIP-6 has a start and an offset: it is not clear when the visit starts".into(),
            ),
            (sch("") + ";TQ1|1||||||20260310090000;AIS|1|A|X|20260310091500|15|min", nine.into()),
        ];
        check(&table);
    }
}
