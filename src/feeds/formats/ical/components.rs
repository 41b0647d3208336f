//! Finds the calendars, events and time zones of a file, and what is broken about them.

use crate::feeds::formats::ical::content::{Line, Read, for_each_line};
use crate::feeds::formats::ical::tables::CalendarError;
use crate::feeds::formats::ical::values::shown;

/// A VEVENT with the lines that count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawEvent {
    pub(crate) calendar: usize,
    pub(crate) line: usize,
    pub(crate) lines: Vec<Line>,
    pub(crate) problem: Option<String>,
}

/// A VTIMEZONE with its STANDARD and DAYLIGHT parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawZone {
    pub(crate) calendar: usize,
    pub(crate) lines: Vec<Line>,
    pub(crate) observances: Vec<Vec<Line>>,
    pub(crate) broken: bool,
}

/// All components of a file that count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Components {
    /// The METHOD of each calendar, in upper case, or "".
    pub(crate) methods: Vec<String>,
    pub(crate) events: Vec<RawEvent>,
    pub(crate) zones: Vec<RawZone>,
}

const OF_EVENTS: &[&str] = &[
    "UID",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "EXRULE",
    "RECURRENCE-ID",
    "STATUS",
    "SEQUENCE",
    "DTSTAMP",
    "SUMMARY",
    "DESCRIPTION",
    "LOCATION",
    "ORGANIZER",
    "ATTENDEE",
    "CATEGORIES",
    "CREATED",
    "TRANSP",
    "X-MICROSOFT-CDO-BUSYSTATUS",
];
const OF_ZONES: &[&str] = &["TZID", "X-LIC-LOCATION", "DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"];
/// An unreadable line that begins so changes when an event takes place, or whether, or for whom.
const MATTERS: &[&str] = &[
    "BEGIN",
    "END",
    "UID",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "EXRULE",
    "RECURRENCE",
    "STATUS",
    "SEQUENCE",
    "SUMMARY",
    "ATTENDEE",
    "ORGANIZER",
];
/// Some producers put raw line breaks into these.
const TEXTS: &[&str] = &["SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT", "X-ALT-DESC"];

/// Reads the components of a file.
pub(crate) fn components(bytes: &[u8]) -> Result<Components, CalendarError> {
    let mut reader = Reader::default();
    let mut result = Ok(());
    let mut any = false;
    for_each_line(bytes, |read| {
        any = true;
        if result.is_ok() {
            result = reader.read(read);
        }
    });
    if !any {
        return Err(CalendarError::Empty);
    }
    result?;
    match reader.stack.first() {
        _ if reader.components.methods.is_empty() => Err(CalendarError::NotACalendar),
        Some(open) => Err(CalendarError::CutOff { line: open.line }),
        None => Ok(reader.components),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Calendar,
    Event(usize),
    Zone(usize),
    Observance(usize),
    Other,
}

struct Open {
    name: String,
    line: usize,
    kind: Kind,
}

#[derive(Default)]
struct Reader {
    components: Components,
    stack: Vec<Open>,
    after_text: bool,
}

impl Reader {
    fn read(&mut self, read: Read) -> Result<(), CalendarError> {
        match read {
            Read::Line(line) if line.name == "BEGIN" => {
                self.after_text = false;
                self.begin(line.value.trim().to_ascii_uppercase(), line.number)
            }
            Read::Line(line) if line.name == "END" => {
                self.after_text = false;
                self.end(&line.value.trim().to_ascii_uppercase(), line.number);
                Ok(())
            }
            Read::Line(line) => {
                self.after_text = TEXTS.contains(&line.name.as_str());
                self.property(line);
                Ok(())
            }
            Read::Bad { number, begins, too_long } => self.bad(number, &begins, too_long),
        }
    }

    fn calendar(&self) -> usize {
        self.components.methods.len().saturating_sub(1)
    }

    fn break_event(&mut self, index: usize, why: String) {
        if let Some(event) = self.components.events.get_mut(index) {
            event.problem.get_or_insert(why);
        }
    }

    /// Takes what is above `keep` off the stack; an event or zone that is left open so is broken.
    fn close_to(&mut self, keep: usize) {
        while self.stack.len() > keep {
            match self.stack.pop().map(|open| (open.kind, open.line)) {
                Some((Kind::Event(index), line)) => {
                    self.break_event(index, format!("the event that begins on line {line} has no END:VEVENT"));
                }
                Some((Kind::Zone(index) | Kind::Observance(index), _)) => {
                    if let Some(zone) = self.components.zones.get_mut(index) {
                        zone.broken = true;
                    }
                }
                _ => {}
            }
        }
    }

    fn begin(&mut self, name: String, line: usize) -> Result<(), CalendarError> {
        let kind = match name.as_str() {
            "VCALENDAR" => {
                if let Some(open) = self.stack.first() {
                    return Err(CalendarError::CutOff { line: open.line });
                }
                self.components.methods.push(String::new());
                Kind::Calendar
            }
            "VEVENT" | "VTIMEZONE" | "VTODO" | "VJOURNAL" | "VFREEBUSY" => {
                let open = |open: &Open| matches!(open.kind, Kind::Event(_) | Kind::Zone(_));
                if let Some(at) = self.stack.iter().position(open) {
                    self.close_to(at);
                }
                self.new_component(&name, line)
            }
            "STANDARD" | "DAYLIGHT" => match self.stack.last().map(|open| open.kind) {
                Some(Kind::Zone(index)) => {
                    if let Some(zone) = self.components.zones.get_mut(index) {
                        zone.observances.push(Vec::new());
                    }
                    Kind::Observance(index)
                }
                _ => Kind::Other,
            },
            _ => Kind::Other,
        };
        self.stack.push(Open { name, line, kind });
        Ok(())
    }

    fn new_component(&mut self, name: &str, line: usize) -> Kind {
        let calendar = self.calendar();
        if name == "VTIMEZONE" {
            let index = self.components.zones.len();
            self.components.zones.push(RawZone { calendar, lines: vec![], observances: vec![], broken: false });
            return Kind::Zone(index);
        }
        if name != "VEVENT" {
            return Kind::Other;
        }
        let inside = self.stack.last().is_some_and(|open| open.kind == Kind::Calendar);
        let problem = (!inside).then(|| format!("the event on line {line} is not directly inside of a calendar"));
        let index = self.components.events.len();
        self.components.events.push(RawEvent { calendar, line, lines: vec![], problem });
        Kind::Event(index)
    }

    fn end(&mut self, name: &str, line: usize) {
        let Some(at) = self.stack.iter().rposition(|open| open.name == name) else {
            if name == "VEVENT" {
                let problem = Some(format!("the event that ends on line {line} has no BEGIN:VEVENT"));
                let calendar = self.calendar();
                self.components.events.push(RawEvent { calendar, line, lines: vec![], problem });
            }
            if let Some(index) = self.open_event() {
                self.break_event(index, format!("line {line} ends {}, which has not begun", shown(name)));
            }
            return;
        };
        let above = at.saturating_add(1);
        let unclosed = self.stack.get(above).map(|open| (open.name.clone(), open.line));
        if let (Some((inner, inner_line)), Some(Kind::Event(index))) =
            (unclosed, self.stack.get(at).map(|open| open.kind))
        {
            self.break_event(index, format!("the {} on line {inner_line} has no end", shown(&inner)));
        }
        self.close_to(above);
        self.stack.pop();
    }

    fn open_event(&self) -> Option<usize> {
        self.stack.iter().rev().find_map(|open| match open.kind {
            Kind::Event(index) => Some(index),
            _ => None,
        })
    }

    fn property(&mut self, line: Line) {
        match self.stack.last().map(|open| open.kind) {
            Some(Kind::Calendar) if line.name == "METHOD" => {
                if let Some(method) = self.components.methods.last_mut() {
                    *method = line.value.trim().to_ascii_uppercase();
                }
            }
            Some(Kind::Event(index)) if OF_EVENTS.contains(&line.name.as_str()) => {
                if let Some(event) = self.components.events.get_mut(index) {
                    event.lines.push(line);
                }
            }
            Some(Kind::Zone(index)) if OF_ZONES.contains(&line.name.as_str()) => {
                if let Some(zone) = self.components.zones.get_mut(index) {
                    zone.lines.push(line);
                }
            }
            Some(Kind::Observance(index)) if OF_ZONES.contains(&line.name.as_str()) => {
                if let Some(observance) =
                    self.components.zones.get_mut(index).and_then(|zone| zone.observances.last_mut())
                {
                    observance.push(line);
                }
            }
            _ => {}
        }
    }

    fn bad(&mut self, number: usize, begins: &str, too_long: bool) -> Result<(), CalendarError> {
        let matters = MATTERS.iter().any(|name| begins.starts_with(name));
        match self.stack.last().map(|open| open.kind) {
            // What is left of a further calendar that was cut off.
            None if "BEGIN:VCALENDAR".starts_with(begins.trim_end()) && !self.components.methods.is_empty() => {
                return Err(CalendarError::CutOff { line: number });
            }
            Some(Kind::Event(index)) if matters || !(too_long || self.after_text) => {
                let why = if too_long { "is longer than 1 MiB" } else { "cannot be read" };
                self.break_event(index, format!("line {number} of the event {why}"));
            }
            Some(Kind::Zone(index) | Kind::Observance(index)) => {
                if let Some(zone) = self.components.zones.get_mut(index) {
                    zone.broken = true;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<Option<String>> {
        components(text.as_bytes()).expect(text).events.into_iter().map(|event| event.problem).collect()
    }

    #[test]
    fn files_that_are_no_whole_calendar() {
        for (text, error) in [
            ("", CalendarError::Empty),
            (" \r\n\r\n", CalendarError::Empty),
            ("hello", CalendarError::NotACalendar),
            ("BEGIN:VEVENT\nEND:VEVENT", CalendarError::NotACalendar),
            ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VEVENT", CalendarError::CutOff { line: 1 }),
            ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDA", CalendarError::CutOff { line: 1 }),
            ("BEGIN:VCALENDAR\nBEGIN:VCALENDAR\nEND:VCALENDAR", CalendarError::CutOff { line: 1 }),
            ("BEGIN:VCALENDAR\nEND:VCALENDAR\nBEGIN:VCAL", CalendarError::CutOff { line: 3 }),
            ("BEGIN:VCALENDAR\nEND:VCALENDAR\nBEGI", CalendarError::CutOff { line: 3 }),
        ] {
            assert_eq!(components(text.as_bytes()), Err(error), "{text}");
        }
    }

    #[test]
    fn a_broken_event_does_not_lose_the_others() {
        for (inside, problem) in [
            ("BEGIN:VEVENT\nUID:1\nBEGIN:VEVENT\nEND:VEVENT", "has no END:VEVENT"),
            ("BEGIN:VEVENT\nBEGIN:VALARM\nEND:VEVENT\nBEGIN:VEVENT\nEND:VEVENT", "\"VALARM\" on line 3 has no end"),
            ("BEGIN:VEVENT\nEXDATE 20260310\nEND:VEVENT\nBEGIN:VEVENT\nEND:VEVENT", "line 3 of the event"),
            ("BEGIN:VEVENT\nSUMMARY:a\nEXDATE 2026\nEND:VEVENT\nBEGIN:VEVENT\nEND:VEVENT", "line 4 of the event"),
            ("BEGIN:VEVENT\nEND:VALARM\nEND:VEVENT\nBEGIN:VEVENT\nEND:VEVENT", "has not begun"),
            ("UID:1\nEND:VEVENT\nBEGIN:VEVENT\nEND:VEVENT", "no BEGIN:VEVENT"),
            ("BEGIN:VTODO\nBEGIN:VEVENT\nEND:VEVENT\nEND:VTODO\nBEGIN:VEVENT\nEND:VEVENT", "not directly inside"),
        ] {
            let text = format!("BEGIN:VCALENDAR\n{inside}\nEND:VCALENDAR");
            let problems = problems(&text);
            assert_eq!(problems.len(), 2, "{inside}");
            assert!(problems[0].as_ref().is_some_and(|why| why.contains(problem)), "{inside}: {problems:?}");
            assert_eq!(problems[1], None, "{inside}");
        }
    }

    #[test]
    fn raw_line_breaks_in_a_text_are_no_problem() {
        let text =
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDESCRIPTION:please\nbring your card\n\nand more\nEND:VEVENT\nEND:VCALENDAR";
        assert_eq!(problems(text), [None]);
    }
}
