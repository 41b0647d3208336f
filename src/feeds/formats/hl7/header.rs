//! What MSH says: who sent which message when, as much as is needed to answer it.

use encoding_rs::Encoding;

use crate::feeds::formats::hl7::syntax::{Delimiters, Segment};
use crate::feeds::formats::hl7::time;

/// The header of a message. Of a message that is rejected, parts may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub delimiters: Delimiters,
    pub encoding: &'static Encoding,
    /// MSH-18, first repetition, as it stands there.
    pub charset: String,
    /// MSH-3.1, MSH-4.1, MSH-5.1 and MSH-6.1.
    pub sending_application: String,
    pub sending_facility: String,
    pub receiving_application: String,
    pub receiving_facility: String,
    /// MSH-7 in microseconds since 1970; a local time counts as UTC.
    pub time: Option<i64>,
    /// MSH-7 has no UTC offset.
    pub is_local: bool,
    /// MSH-9.1, as SIU.
    pub kind: String,
    /// MSH-9.2, as S12.
    pub event: String,
    /// MSH-10 as it stands there, with its escapes: no two different ones may look the same.
    pub control_id: String,
    /// MSH-11.1: P production, T training, D debugging.
    pub processing: String,
    pub version: String,
    /// MSH-13; 0 if not given.
    pub sequence: u64,
    /// MSH-3 to MSH-6 as they stand there, for the answer.
    pub(crate) raw: [String; 4],
}

impl Default for Header {
    fn default() -> Header {
        let text = String::new;
        Header {
            delimiters: Delimiters::default(),
            encoding: encoding_rs::UTF_8,
            charset: text(),
            sending_application: text(),
            sending_facility: text(),
            receiving_application: text(),
            receiving_facility: text(),
            time: None,
            is_local: true,
            kind: text(),
            event: text(),
            control_id: text(),
            processing: text(),
            version: text(),
            sequence: 0,
            raw: Default::default(),
        }
    }
}

impl Header {
    pub(crate) fn read(msh: &Segment, delimiters: Delimiters, encoding: &'static Encoding) -> Header {
        let text = |field: usize, part: usize| msh.field(field).text(part).chars().take(250).collect::<String>();
        let raw = |field: usize| {
            msh.field(field).raw.chars().filter(|c| !c.is_control()).take(250).collect::<String>().trim().to_owned()
        };
        Header {
            delimiters,
            encoding,
            charset: text(18, 1),
            sending_application: text(3, 1),
            sending_facility: text(4, 1),
            receiving_application: text(5, 1),
            receiving_facility: text(6, 1),
            time: time::stamp(&text(7, 1)),
            is_local: !text(7, 1).contains(['+', '-']),
            kind: text(9, 1),
            event: text(9, 2),
            control_id: raw(10),
            processing: text(11, 1),
            version: text(12, 1),
            sequence: text(13, 1).parse().unwrap_or(0),
            raw: [raw(3), raw(4), raw(5), raw(6)],
        }
    }
}

/// A message that cannot be used, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// What could be read of the header, for the answer.
    pub header: Box<Header>,
    pub reason: String,
}

impl std::fmt::Display for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Rejected {}
