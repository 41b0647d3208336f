//! Recognizes files that are not lists of rows: HL7 messages, FHIR resources, calendars.

/// A file of such a format: the block that reads it, what was understood, and whether something is left open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherFormat {
    /// The `[[feed]]` block.
    pub block: String,
    /// What was understood, and what to do next.
    pub understood: String,
    /// Whether the block has a question that must be answered.
    pub is_open: bool,
}

/// The format of a file that begins with these bytes; `None`: it may be a list of rows.
pub fn other_format(start: &[u8], name: &str) -> Option<OtherFormat> {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let text = String::from_utf8_lossy(text);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{b}');
    let block = |kind: &str, more: &str| format!("[[feed]]\nname = \"{name}\"\nkind = \"{kind}\"\n{more}");
    let begins = |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let segment = text
        .get(3..4)
        .is_some_and(|mark| !mark.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || c == ',' || c == ';'));
    match () {
        () if ["MSH", "BHS", "FHS"].iter().any(|word| text.starts_with(word)) && segment => Some(OtherFormat {
            block: block("hl7", ""),
            understood: "HL7 messages; to receive them over the network, add `listen`".to_owned(),
            is_open: false,
        }),
        () if text.starts_with('{') && text.contains("\"resourceType\"") => Some(OtherFormat {
            block: block("fhir", ""),
            understood: "FHIR resources; to read them from a server, add `url`".to_owned(),
            is_open: false,
        }),
        () if begins("BEGIN:VCALENDAR") => Some(OtherFormat {
            block: block(
                "ical",
                "\n[feed.columns]\n\
                 # Say where the patient's name and phone number stand, for example:\n\
                 #   name = { from = \"Summary\", pattern = \"^(?<name>[^,(0-9]+)\" }\n\
                 #   phone = { from = \"Description\", pattern = \"(?<phone>[0-9][0-9 ().-]{8,})\" }\n\
                 name = \"?\"\nphone = \"?\"\n",
            ),
            understood: "a calendar; to read it from an address, add `url`".to_owned(),
            is_open: true,
        }),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_formats_are_recognized_by_their_first_bytes() {
        for (start, kind, is_open) in [
            (&b"MSH|^~\\&|A|B"[..], Some("hl7"), false),
            (b"\x0bMSH|^~\\&|A|B", Some("hl7"), false),
            (b"BHS|^~\\&|A|B", Some("hl7"), false),
            (b"MSH,Date,Time\n", None, false),
            (b"MSHA,Date,Time\n", None, false),
            (b"{\"resourceType\":\"Bundle\"}", Some("fhir"), false),
            (b"\xef\xbb\xbf\n{ \"resourceType\" : \"Appointment\" }", Some("fhir"), false),
            (b"{\"appointments\":[]}", None, false),
            (b"BEGIN:VCALENDAR\r\nVERSION:2.0", Some("ical"), true),
            (b"begin:vcalendar\n", Some("ical"), true),
            (b"Date,Time,Patient\n", None, false),
            (b"", None, false),
        ] {
            let found = other_format(start, "desk");
            let found = found
                .as_ref()
                .map(|found| (found.block.contains(&format!("kind = \"{}\"", kind.unwrap_or("-"))), found.is_open));
            assert_eq!(found, kind.map(|_| (true, is_open)), "{}", String::from_utf8_lossy(start));
        }
    }
}
