//! Reads a VEVENT into its times, rules and texts.

use chrono::NaiveDateTime;

use crate::feeds::formats::ical::components::RawEvent;
use crate::feeds::formats::ical::content::Line;
use crate::feeds::formats::ical::rules::{self, Rule};
use crate::feeds::formats::ical::values::{self, Clock, End, Stamp, shown};

/// A VEVENT as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) calendar: usize,
    pub(crate) uid: String,
    pub(crate) start: Option<Stamp>,
    pub(crate) end: End,
    pub(crate) rules: Vec<Rule>,
    pub(crate) added: Vec<(Stamp, End)>,
    pub(crate) removed: Vec<Stamp>,
    /// RECURRENCE-ID: which instance of a series this event replaces.
    pub(crate) replaces: Option<Stamp>,
    /// RANGE=THISANDFUTURE: that instance and all later ones.
    pub(crate) and_future: bool,
    pub(crate) sequence: i64,
    pub(crate) stamped: Option<NaiveDateTime>,
    /// The calendar says METHOD:CANCEL.
    pub(crate) cancels: bool,
    /// The calendar's METHOD is a reply or a proposal.
    pub(crate) is_proposal: bool,
    pub(crate) status: String,
    pub(crate) texts: Texts,
    /// The event has RRULE, RDATE or EXRULE, whether they can be read or not.
    pub(crate) is_series: bool,
    /// Why the event must not be used.
    pub(crate) problem: Option<String>,
}

impl Event {
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancels || self.status == "CANCELLED"
    }

    pub(crate) fn repeats(&self) -> bool {
        !self.rules.is_empty() || !self.added.is_empty()
    }
}

/// The cells that are the same for all instances.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Texts {
    pub(crate) summary: String,
    pub(crate) description: String,
    pub(crate) location: String,
    pub(crate) organizer: String,
    pub(crate) attendee: String,
    pub(crate) attendee_email: String,
    pub(crate) attendee_phone: String,
    pub(crate) categories: String,
    pub(crate) created: String,
}

/// Titles of events that somebody else cancelled, as Outlook writes them.
const CANCELLED_TITLES: [&str; 4] = ["CANCELED:", "CANCELLED:", "CANCELADO:", "CANCELADA:"];

/// The status: also of events that are cancelled only by their title, that do not take up time, or whose guest declined.
fn standing(reader: &Reader<'_>) -> String {
    let upper = |name| reader.first(name).map(|line| values::text(&line.value).to_uppercase()).unwrap_or_default();
    let (status, title) = (upper("STATUS"), upper("SUMMARY"));
    let is_free = upper("TRANSP") == "TRANSPARENT" || upper("X-MICROSOFT-CDO-BUSYSTATUS") == "FREE";
    let answer = guest(reader).and_then(|line| line.param("PARTSTAT")).unwrap_or_default();
    match () {
        () if status == "CANCELLED" || CANCELLED_TITLES.iter().any(|word| title.trim_start().starts_with(word)) => {
            "CANCELLED".to_owned()
        }
        () if answer.eq_ignore_ascii_case("DECLINED") => "DECLINED".to_owned(),
        () if is_free => "FREE".to_owned(),
        () => status,
    }
}

/// The first guest who is a person and not the organizer.
fn guest<'a>(reader: &Reader<'a>) -> Option<&'a Line> {
    let organizer = reader.first("ORGANIZER");
    reader.all("ATTENDEE").find(|line| {
        let is_organizer = organizer.is_some_and(|other| other.value.trim().eq_ignore_ascii_case(line.value.trim()));
        let kind = line.param("CUTYPE").unwrap_or_default().to_ascii_uppercase();
        !is_organizer && !matches!(kind.as_str(), "ROOM" | "RESOURCE")
    })
}

/// Reads an event of a calendar with the given METHOD.
pub(crate) fn event(raw: &RawEvent, method: &str) -> Event {
    let reader = Reader { lines: &raw.lines };
    let mut problems: Vec<String> = raw.problem.iter().cloned().collect();
    let mut note = |result: Result<(), String>| problems.extend(result.err());
    let mut event = Event {
        calendar: raw.calendar,
        uid: values::text(reader.first("UID").map_or("", |line| &line.value)),
        start: None,
        end: End::NotGiven,
        rules: vec![],
        added: vec![],
        removed: vec![],
        replaces: None,
        and_future: false,
        sequence: 0,
        stamped: reader.first("DTSTAMP").and_then(|line| stamp_of(line).ok()).map(|stamp| stamp.local),
        cancels: method == "CANCEL",
        is_proposal: !matches!(method, "" | "PUBLISH" | "REQUEST" | "CANCEL"),
        status: standing(&reader),
        texts: texts(&reader),
        is_series: ["RRULE", "RDATE", "EXRULE"].into_iter().any(|name| reader.first(name).is_some()),
        problem: None,
    };
    note(reader.only_one());
    note(if event.uid.is_empty() { Err("the event has no UID".to_owned()) } else { Ok(()) });
    note(start(&reader, &mut event));
    note(recurrence(&reader, &mut event));
    if event.is_proposal {
        note(Err(format!("the calendar's METHOD {} does not say that the event takes place", shown(method))));
    }
    event.end = end(&reader);
    event.problem = problems.into_iter().next();
    event
}

struct Reader<'a> {
    lines: &'a [Line],
}

impl<'a> Reader<'a> {
    fn all(&self, name: &'static str) -> impl Iterator<Item = &'a Line> + use<'a> {
        self.lines.iter().filter(move |line| line.name == name)
    }

    fn first(&self, name: &'static str) -> Option<&'a Line> {
        self.all(name).next()
    }

    fn only_one(&self) -> Result<(), String> {
        for name in ["UID", "DTSTART", "RECURRENCE-ID", "STATUS", "SEQUENCE"] {
            let mut all = self.all(name);
            let first = all.next();
            let same = |line: &Line| first.is_some_and(|f| f.value == line.value && f.params == line.params);
            if !all.all(same) {
                return Err(format!("the event has {name} more than once"));
            }
        }
        Ok(())
    }
}

fn stamp_of(line: &Line) -> Result<Stamp, String> {
    values::stamp(&line.value, line.param("VALUE"), line.param("TZID"))
}

fn start(reader: &Reader<'_>, event: &mut Event) -> Result<(), String> {
    let line = reader.first("DTSTART").ok_or("the event has no DTSTART")?;
    let start = stamp_of(line).map_err(|why| format!("the DTSTART cannot be read: {why}"))?;
    event.start = Some(start);
    Ok(())
}

fn recurrence(reader: &Reader<'_>, event: &mut Event) -> Result<(), String> {
    if let Some(line) = reader.first("SEQUENCE") {
        let number = line.value.trim().parse().ok().filter(|number: &i64| *number >= 0);
        event.sequence = number.ok_or_else(|| format!("the SEQUENCE {} is not a number", shown(&line.value)))?;
    }
    if let Some(line) = reader.first("RECURRENCE-ID") {
        let replaced = stamp_of(line).map_err(|why| format!("the RECURRENCE-ID cannot be read: {why}"))?;
        event.replaces = Some(replaced);
        event.and_future = match line.param("RANGE").map(str::to_ascii_uppercase).as_deref() {
            None | Some("") => false,
            Some("THISANDFUTURE") => true,
            Some(other) => return Err(format!("the RANGE {} of the RECURRENCE-ID is not supported", shown(other))),
        };
    }
    if reader.first("EXRULE").is_some() {
        return Err("an event with EXRULE is not supported".to_owned());
    }
    for line in reader.all("RRULE") {
        event.rules.push(rules::rule(&line.value)?);
    }
    for (line, value) in dates_of(reader, "RDATE") {
        let wants_period = line.param("VALUE").is_some_and(|kind| kind.eq_ignore_ascii_case("PERIOD"));
        let read = if wants_period || value.contains('/') {
            values::period(value, line.param("TZID"))
        } else {
            values::stamp(value, line.param("VALUE"), line.param("TZID")).map(|stamp| (stamp, End::NotGiven))
        };
        event.added.push(read.map_err(|why| format!("an RDATE cannot be read: {why}"))?);
    }
    for (line, value) in dates_of(reader, "EXDATE") {
        let read = values::stamp(value, line.param("VALUE"), line.param("TZID"));
        event.removed.push(read.map_err(|why| format!("an EXDATE cannot be read: {why}"))?);
    }
    if event.replaces.is_some() && event.repeats() {
        return Err("an event with both a RECURRENCE-ID and a repeat rule is not supported".to_owned());
    }
    Ok(())
}

fn dates_of<'a>(reader: &Reader<'a>, name: &'static str) -> impl Iterator<Item = (&'a Line, &'a str)> + use<'a> {
    let values = reader.all(name).flat_map(|line| line.value.split(',').map(move |value| (line, value)));
    values.filter(|(_, value)| !value.trim().is_empty())
}

/// An end that cannot be read is not given: a reminder does not need it.
fn end(reader: &Reader<'_>) -> End {
    if let Some(line) = reader.first("DTEND") {
        return stamp_of(line).map_or(End::NotGiven, End::At);
    }
    reader.first("DURATION").and_then(|line| values::span(&line.value)).map_or(End::NotGiven, End::After)
}

fn texts(reader: &Reader<'_>) -> Texts {
    let text = |name| reader.first(name).map(|line| values::text(&line.value)).unwrap_or_default();
    let organizer = reader.first("ORGANIZER");
    let attendee = guest(reader);
    let name = |line: Option<&Line>| line.and_then(|line| line.param("CN")).map(values::text).unwrap_or_default();
    let categories: Vec<String> = reader
        .all("CATEGORIES")
        .flat_map(|line| values::list(&line.value))
        .map(values::text)
        .filter(|category| !category.is_empty())
        .collect();
    let created = reader.first("CREATED").and_then(|line| stamp_of(line).ok());
    Texts {
        summary: text("SUMMARY"),
        description: text("DESCRIPTION"),
        location: text("LOCATION"),
        organizer: name(organizer),
        attendee: name(attendee),
        attendee_email: attendee
            .and_then(|line| line.param("EMAIL").filter(|email| !email.is_empty()).or_else(|| uri(line, "mailto:")))
            .map(|email| values::one_line(email.strip_prefix("mailto:").unwrap_or(email)))
            .unwrap_or_default(),
        attendee_phone: attendee.and_then(|line| uri(line, "tel:")).map(values::one_line).unwrap_or_default(),
        categories: categories.join(", "),
        created: created
            .filter(|stamp| stamp.clock == Clock::Utc)
            .map(|stamp| stamp.local.format("%Y-%m-%dT%H:%M:%SZ").to_string())
            .unwrap_or_default(),
    }
}

/// What follows the scheme of a URI, without its parameters.
fn uri<'a>(line: &'a Line, scheme: &str) -> Option<&'a str> {
    let (start, rest) = line.value.trim().split_at_checked(scheme.len())?;
    let end = rest.find([';', '?']).unwrap_or(rest.len());
    start.eq_ignore_ascii_case(scheme).then(|| rest.get(..end)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::formats::ical::components::components;

    fn read(lines: &str) -> Event {
        let text = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{lines}\nEND:VEVENT\nEND:VCALENDAR");
        event(&components(text.as_bytes()).expect("a calendar").events[0], "")
    }

    #[test]
    fn people() {
        let texts = read(
            "ORGANIZER;CN=Dr. Lee:mailto:lee@office.example\nATTENDEE;CN=Dr. Lee:MAILTO:LEE@office.example\n\
             ATTENDEE;CUTYPE=ROOM;CN=Room 2:mailto:room@office.example\n\
             ATTENDEE;CN=\"Ruiz, Ana\";EMAIL=ana@mail.example:tel:+13035550100;ext=2\nATTENDEE;CN=B:mailto:b@c.example",
        )
        .texts;
        assert_eq!((texts.organizer.as_str(), texts.attendee.as_str()), ("Dr. Lee", "Ruiz, Ana"));
        assert_eq!(
            (texts.attendee_email.as_str(), texts.attendee_phone.as_str()),
            ("ana@mail.example", "+13035550100")
        );
        let texts = read("ATTENDEE:MAILTO:Ana@mail.example?subject=x").texts;
        assert_eq!((texts.attendee.as_str(), texts.attendee_email.as_str()), ("", "Ana@mail.example"));
    }

    #[test]
    fn texts_and_status() {
        let event = read(
            "SUMMARY:Cleaning\\, 30 min\nDESCRIPTION:a\\nb\nLOCATION:North\nCATEGORIES:x\\,y,z\nCATEGORIES:w\n\
             CREATED:20260101T000000Z\nSTATUS:confirmed",
        );
        let texts = &event.texts;
        assert_eq!((texts.summary.as_str(), texts.description.as_str()), ("Cleaning, 30 min", "a b"));
        assert_eq!((texts.categories.as_str(), texts.created.as_str()), ("x,y, z, w", "2026-01-01T00:00:00Z"));
        assert_eq!(event.status, "CONFIRMED");
    }

    #[test]
    fn problems() {
        let good = "UID:1\nDTSTART:20260310T150000Z";
        assert_eq!(read(good).problem, None);
        for (lines, why) in [
            ("DTSTART:20260310T150000Z".to_owned(), "no UID"),
            ("UID:1".to_owned(), "no DTSTART"),
            ("UID:1\nDTSTART:soon".to_owned(), "DTSTART cannot be read"),
            (format!("{good}\nDTSTART:20260311T150000Z"), "DTSTART more than once"),
            (format!("{good}\nSTATUS:CONFIRMED\nSTATUS:CANCELLED"), "STATUS more than once"),
            (format!("{good}\nSEQUENCE:x"), "SEQUENCE"),
            (format!("{good}\nEXRULE:FREQ=DAILY"), "EXRULE"),
            (format!("{good}\nRRULE:FREQ=HOURLY"), "FREQ=HOURLY"),
            (format!("{good}\nRDATE:x"), "RDATE cannot be read"),
            (format!("{good}\nEXDATE:x"), "EXDATE cannot be read"),
            (format!("{good}\nRECURRENCE-ID:x"), "RECURRENCE-ID cannot be read"),
            (format!("{good}\nRECURRENCE-ID;RANGE=THISANDPRIOR:20260310T150000Z"), "THISANDPRIOR"),
            (format!("{good}\nRECURRENCE-ID:20260310T150000Z\nRRULE:FREQ=DAILY"), "both"),
        ] {
            let problem = read(&lines).problem.expect(&lines);
            assert!(problem.contains(why), "{lines}: {problem}");
        }
    }
}
