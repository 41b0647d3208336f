//! Reads one message: delimiters, character set, segments, header, schedule.

use crate::feeds::formats::hl7::charset;
use crate::feeds::formats::hl7::frame::{END, START};
use crate::feeds::formats::hl7::header::{Header, Rejected};
use crate::feeds::formats::hl7::schedule::{self, Id, Schedule, Trigger};
use crate::feeds::formats::hl7::syntax::{Delimiters, Segment, Syntax};

/// A scheduling message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub header: Header,
    pub trigger: Trigger,
    pub schedule: Schedule,
}

impl Message {
    /// Gives a message without a time (MSH-7), or with one in the future, the time of its arrival in microseconds since
    /// 1970. Otherwise it would count as older, or as newer, than all others. A local time may be ahead by 14 hours.
    pub fn received(mut self, at: i64) -> Message {
        const AHEAD: i64 = 15 * 3_600_000_000;
        self.header.time = self.header.time.filter(|time| *time <= at.saturating_add(AHEAD)).or(Some(at));
        self
    }
}

/// Reads one message, with or without its MLLP frame.
pub fn parse(bytes: &[u8]) -> Result<Message, Rejected> {
    let bytes = bare(bytes);
    let rejected = |header: Header, reason: String| Rejected { header: Box::new(header), reason };
    if !bytes.starts_with(b"MSH") {
        return Err(rejected(Header::default(), "the message does not start with MSH".to_owned()));
    }
    let delimiters = Delimiters::read(bytes).map_err(|reason| rejected(Header::default(), reason))?;
    let early = early_header(bytes, delimiters);
    let (text, encoding) = match charset::decode(bytes, &early.charset) {
        Ok(decoded) => decoded,
        Err(reason) => return Err(rejected(early, reason)),
    };
    let syntax = Syntax { delimiters, encoding };
    let segments = segments(&text, syntax);
    let msh = segments.as_ref().ok().and_then(|segments| segments.first());
    let header = msh.map_or(early, |msh| Header::read(msh, delimiters, encoding));
    match segments.and_then(|segments| scheduled(&header, &segments)) {
        Ok((trigger, schedule)) => Ok(Message { header, trigger, schedule }),
        Err(reason) => Err(rejected(header, reason)),
    }
}

/// The message without a BOM, a frame and line ends around it.
fn bare(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    while let [START | b'\r' | b'\n', rest @ ..] = bytes {
        bytes = rest;
    }
    while let [rest @ .., END | b'\r' | b'\n'] = bytes {
        bytes = rest;
    }
    bytes
}

/// The header before the character set is known: right in all that is ASCII.
fn early_header(bytes: &[u8], delimiters: Delimiters) -> Header {
    let line = bytes.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
    let encoding = encoding_rs::WINDOWS_1252;
    let (text, _) = encoding.decode_without_bom_handling(line);
    let segment = Segment::read(&text, Syntax { delimiters, encoding });
    segment.map_or_else(Header::default, |msh| Header::read(&msh, delimiters, encoding))
}

fn segments<'a>(text: &'a str, syntax: Syntax) -> Result<Vec<Segment<'a>>, String> {
    let mut segments = Vec::new();
    for (at, line) in text.split(['\r', '\n']).filter(|line| !line.trim().is_empty()).enumerate() {
        let number = at.saturating_add(1);
        let Some(segment) = Segment::read(line, syntax) else {
            return Err(format!("segment {number} does not start with a segment name of three capitals or digits"));
        };
        if at > 0 && segment.name == "MSH" {
            return Err(format!("segment {number} is a second MSH: split the messages first"));
        }
        segments.push(segment);
    }
    Ok(segments)
}

fn scheduled(header: &Header, segments: &[Segment]) -> Result<(Trigger, Schedule), String> {
    // Of a mangled message, anything may stand there.
    let code = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).take(20).collect::<String>();
    if header.control_id.is_empty() {
        return Err("the message has no control id (MSH-10)".to_owned());
    }
    if header.control_id.len() > 199 {
        return Err("the control id (MSH-10) is longer than 199 bytes".to_owned());
    }
    if header.kind != "SIU" {
        let (kind, event) = (code(&header.kind), code(&header.event));
        let name = if event.is_empty() { kind } else { format!("{kind}^{event}") };
        return Err(match name.is_empty() {
            true => "the message has no type (MSH-9)".to_owned(),
            false => format!("{name} is not a scheduling message"),
        });
    }
    if let Some(kind @ ('T' | 'D')) = header.processing.chars().next() {
        return Err(format!("it is a test message (MSH-11 is {kind})"));
    }
    if header.event.is_empty() {
        return Err("the message has no trigger event (MSH-9.2)".to_owned());
    }
    let trigger = Trigger::read(&header.event)
        .ok_or_else(|| format!("trigger {} is not one that is read (S12 to S17, S26)", code(&header.event)))?;
    Ok((trigger, schedule::read(segments, trigger, header.time)?))
}

/// The names under which an appointment is found: `p:` and the placer's id, `f:` and the filler's.
///
/// Ids are the same if number, namespace and occurrence are. See also [`without_namespace`].
pub fn keys(message: &Message) -> Vec<String> {
    let Schedule { placer, filler, occurrence, .. } = &message.schedule;
    let of = |letter: &str, id: &Option<Id>| id.as_ref().map(|id| format!("{letter}:{}", written(id, *occurrence)));
    of("f", filler).into_iter().chain(of("p", placer)).collect()
}

/// The id to show for an appointment that is not known yet: the filler's, else the placer's.
pub fn id(message: &Message) -> String {
    let Schedule { placer, filler, occurrence, .. } = &message.schedule;
    let of = |id: &Id| format!("{}{}", id.number, suffix(*occurrence));
    filler.as_ref().or(placer.as_ref()).map(of).unwrap_or_default()
}

/// A key without its namespace: the same number in a message that gives none.
pub fn without_namespace(key: &str) -> String {
    let (number, rest) = key.split_once('@').unwrap_or((key, ""));
    let occurrence = rest.split_once('#').map_or(String::new(), |(_, number)| format!("#{number}"));
    format!("{number}{occurrence}")
}

fn written(id: &Id, occurrence: Option<u32>) -> String {
    let escaped = |text: &str| text.replace('%', "%25").replace('@', "%40").replace('#', "%23");
    let namespace = if id.namespace.is_empty() { String::new() } else { format!("@{}", escaped(&id.namespace)) };
    format!("{}{namespace}{}", escaped(&id.number), suffix(occurrence))
}

fn suffix(occurrence: Option<u32>) -> String {
    occurrence.map_or(String::new(), |number| format!("#{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::formats::hl7::patch::Patch;
    use proptest::prelude::*;

    const GOOD: &str = "MSH|^~\\&|PMS^x|MAPLE|REMIND|OAK|20260301081500||SIU^S12^SIU_S12|M1|P|2.5.1|7|||||8859/1\rSCH|P1|F1|||||Cleaning|ROUTINE|30|MIN|^^30^20260310090000||||||||||||||Booked\rPID|1||4411||Lee^Ann||19800101|F|||||^PRN^CP^^1^303^5550123\r";

    fn reason(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().reason
    }

    #[test]
    fn reads_a_header() {
        for frame in ["{}", "\u{feff}{}", "\x0b{}\x1c\r", "\r\n{}\n"] {
            let Message { header, trigger, schedule } = parse(frame.replace("{}", GOOD).as_bytes()).unwrap();
            let names = [
                &header.sending_application,
                &header.sending_facility,
                &header.receiving_application,
                &header.receiving_facility,
            ];
            assert_eq!(names, ["PMS", "MAPLE", "REMIND", "OAK"]);
            assert_eq!((header.control_id.as_str(), header.version.as_str(), header.sequence), ("M1", "2.5.1", 7));
            assert_eq!((header.processing.as_str(), header.time), ("P", Some(1_772_352_900_000_000)));
            assert_eq!((trigger, schedule.status.set().unwrap().as_str()), (Trigger::Booked, "Booked"));
            assert_eq!(schedule.person.phone, Patch::Set("+1 303 5550123".to_owned()));
        }
    }

    #[test]
    fn says_why_a_message_is_rejected() {
        let change = |from: &str, to: &str| reason(&GOOD.replace(from, to));
        assert_eq!(change("SIU^S12", "ADT^A01"), "ADT^A01 is not a scheduling message");
        assert_eq!(change("SIU^S12^SIU_S12", "SIU"), "the message has no trigger event (MSH-9.2)");
        assert_eq!(change("SIU^S12", "SIU^S24"), "trigger S24 is not one that is read (S12 to S17, S26)");
        assert_eq!(change("SIU^S12^SIU_S12", ""), "the message has no type (MSH-9)");
        assert_eq!(change("|M1|", "||"), "the message has no control id (MSH-10)");
        assert_eq!(change("PID|", "PIDX|"), "segment 3 does not start with a segment name of three capitals or digits");
        assert_eq!(change("PID|", "MSH|"), "segment 3 is a second MSH: split the messages first");
        assert_eq!(change("MSH|^~\\&", "MSH|^^\\&"), "two delimiters in MSH-1 and MSH-2 are the same");
        assert_eq!(
            change("8859/1", "UNICODE UTF-16"),
            "MSH-18 names character set UNICODE UTF-16, which is not supported; send UTF-8"
        );
        assert_eq!(reason(""), "the message does not start with MSH");
        assert!(change("SCH|P1|F1", "SCH||").contains("no id"));
    }

    #[test]
    fn control_ids_stay_apart() {
        for control in ["M&1", "M&2", "M^1", "M  1", "M\\T\\1"] {
            let message = parse(GOOD.replace("|M1|", &format!("| {control}|")).as_bytes()).unwrap();
            assert_eq!(message.header.control_id, control);
        }
    }

    #[test]
    fn a_rejected_message_keeps_its_header() {
        let mut bytes = GOOD.replace("8859/1", "UNICODE UTF-8").into_bytes();
        bytes.extend(b"NTE|\xf1");
        for bytes in [bytes, GOOD.replace("S12", "S99").into_bytes(), GOOD.replace("PID|", "P|").into_bytes()] {
            let header = parse(&bytes).unwrap_err().header;
            assert_eq!((header.control_id.as_str(), header.raw[0].as_str()), ("M1", "PMS^x"));
        }
    }

    #[test]
    fn two_namespaces_are_two_appointments() {
        let of = |ids: &str| {
            let message = parse(GOOD.replace("SCH|P1|F1|", ids).as_bytes()).unwrap();
            (keys(&message), id(&message))
        };
        let table: [(&str, &[&str], &str); 6] = [
            ("SCH|P1|F1|", &["f:F1", "p:P1"], "F1"),
            ("SCH|P1||", &["p:P1"], "P1"),
            ("SCH|1^A|1^B|", &["f:1@B", "p:1@A"], "1"),
            ("SCH|1^1|2^2|", &["f:2", "p:1"], "2"),
            ("SCH|1@A||", &["p:1%40A"], "1@A"),
            ("SCH||9|2", &["f:9#2"], "9#2"),
        ];
        for (ids, found, shown) in table {
            assert_eq!(of(ids), (found.iter().map(|k| (*k).to_owned()).collect(), shown.to_owned()), "{ids}");
        }
        for (key, bare) in [("f:1@B", "f:1"), ("f:1@B#2", "f:1#2"), ("f:1#2", "f:1#2"), ("p:1%40A", "p:1%40A")] {
            assert_eq!(without_namespace(key), bare);
        }
    }

    #[test]
    fn a_test_message_is_rejected() {
        for (kind, is_good) in [("P", true), ("", true), ("T", false), ("D", false)] {
            let parsed = parse(GOOD.replace("|P|2.5.1", &format!("|{kind}|2.5.1")).as_bytes());
            assert_eq!(parsed.as_ref().err().is_none_or(|why| !why.reason.contains("test message")), is_good, "{kind}");
        }
    }

    #[test]
    fn long_messages_take_no_long_time() {
        for part in [
            "|",
            "~",
            "^",
            "&",
            "\\",
            "\\F\\",
            "\\X41",
            "1~",
            "a^b^c~",
            "\rAIS|1|A|X|202603100900|||30|min",
            "\rNTE|",
            "ñ",
        ] {
            let many = part.repeat(50_000);
            for at in ["|P1|F1", "|4411|", "Lee", "Cleaning", "|^PRN", "2.5.1", "Booked"] {
                let text = GOOD.replace(at, &format!("{at}{many}"));
                if let Err(rejected) = parse(text.as_bytes()) {
                    assert!(rejected.reason.len() < 300, "{}", rejected.reason);
                }
            }
        }
    }

    #[test]
    fn a_message_without_a_time_takes_that_of_its_arrival() {
        let message = parse(GOOD.replace("20260301081500", "soon").as_bytes()).unwrap();
        assert_eq!(message.header.time, None);
        assert_eq!(message.received(5).received(6).header.time, Some(5));
        let (time, hour) = (1_772_352_900_000_000, 3_600_000_000);
        for (arrived, expected) in [(time + hour, time), (time - 14 * hour, time), (time - 16 * hour, time - 16 * hour)]
        {
            assert_eq!(parse(GOOD.as_bytes()).unwrap().received(arrived).header.time, Some(expected));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_rejected(bytes in prop::collection::vec(any::<u8>(), 0..200), start in any::<bool>()) {
            let bytes = if start { [b"MSH|^~\\&|", &bytes[..]].concat() } else { bytes };
            if let Err(rejected) = parse(&bytes) {
                prop_assert!(!rejected.reason.is_empty());
            }
        }

        #[test]
        fn mangled_messages_are_read_or_rejected(cut in 0usize..300, length in 0usize..40, flips in prop::collection::vec((0usize..300, any::<u8>()), 0..4), twice in any::<bool>()) {
            let mut bytes = GOOD.as_bytes().to_vec();
            for (at, byte) in flips {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            let from = cut % bytes.len();
            let to = (from + length).min(bytes.len());
            if twice {
                let part = bytes[from..to].to_vec();
                bytes.splice(from..from, part);
            } else {
                bytes.drain(from..to);
            }
            match parse(&bytes) {
                Ok(message) => prop_assert!(!id(&message).is_empty() && !keys(&message).is_empty()),
                Err(rejected) => prop_assert!(!rejected.reason.is_empty()),
            }
        }
    }
}
