//! Writes the answer to a message (ACK).

use chrono::{DateTime, Utc};

use crate::feeds::formats::hl7::charset;
use crate::feeds::formats::hl7::header::Header;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// AA: it is stored.
    Accept,
    /// AE: it could not be stored now; most senders send it again.
    Error,
    /// AR: it cannot be used; it is not sent again.
    Reject,
}

/// The answer to the message with this header, without an MLLP frame. `control_id` and `now` are those of the answer;
/// `text` must hold no personal data.
pub fn ack(header: &Header, code: Code, text: &str, control_id: &str, now: DateTime<Utc>) -> Vec<u8> {
    let delimiters = &header.delimiters;
    let (field, component) = (delimiters.field, delimiters.component);
    let cut = |text: &str, most: usize| delimiters.escape(&text.chars().take(most).collect::<String>());
    let text = cut(text, 80);
    let [app, facility, own_app, own_facility] = &header.raw;
    let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { cut(text, 20) };
    let kind = match header.event.as_str() {
        "" => "ACK".to_owned(),
        event => format!("ACK{component}{}{component}ACK", cut(event, 20)),
    };
    let encoding_characters: String = [Some(component), delimiters.repetition, delimiters.escape, delimiters.sub]
        .into_iter()
        .map_while(|c| c)
        .collect();
    let mut msh = vec!["MSH".to_owned(), encoding_characters];
    msh.extend([own_app, own_facility, app, facility].map(String::clone));
    msh.extend([now.format("%Y%m%d%H%M%S+0000").to_string(), String::new(), kind, cut(control_id, 199)]);
    msh.extend([or(&header.processing, "P"), or(&header.version, "2.5")]);
    if !header.charset.is_empty() {
        msh.resize(17, String::new());
        msh.push(cut(&header.charset, 60));
    }
    let letters = match code {
        Code::Accept => "AA",
        Code::Error => "AE",
        Code::Reject => "AR",
    };
    let mut segments = vec![msh, vec!["MSA".to_owned(), letters.to_owned(), header.control_id.clone(), text.clone()]];
    if code != Code::Accept && has_err(&header.version) {
        let error = format!("207{component}Application internal error{component}HL70357");
        let mut err = ["ERR", "", "", &error, "E"].map(str::to_owned).to_vec();
        err.resize(8, String::new());
        err.push(text);
        segments.push(err);
    }
    let mut out = String::new();
    for segment in segments {
        out.push_str(segment.join(&field.to_string()).trim_end_matches(field));
        out.push('\r');
    }
    charset::encode(&out, header.encoding)
}

/// ERR has this form since version 2.5.
fn has_err(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (2, 5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::formats::hl7::message::parse;
    use proptest::prelude::*;

    fn answer(bytes: &[u8], code: Code, text: &str) -> Vec<u8> {
        let header = parse(bytes).map_or_else(|rejected| *rejected.header, |message| message.header);
        let now = DateTime::from_timestamp(1_772_352_900, 0).unwrap();
        ack(&header, code, text, "L1", now)
    }

    #[test]
    fn answers() {
        let table: [(&[u8], Code, &str, &[u8]); 6] = [
            (
                b"MSH|^~\\&|PMS^1^ISO|MAPLE|REMIND|OAK|2026||SIU^S12^SIU_S12|M\\T\\1|P|2.3\rSCH|1|",
                Code::Accept,
                "",
                b"MSH|^~\\&|REMIND|OAK|PMS^1^ISO|MAPLE|20260301081500+0000||ACK^S12^ACK|L1|P|2.3\rMSA|AA|M\\T\\1\r",
            ),
            (
                b"MSH|^~\\&|PMS|MAPLE|REMIND|OAK|2026||SIU^S12|M1|T|2.3\rSCH|1|",
                Code::Error,
                "busy | later",
                b"MSH|^~\\&|REMIND|OAK|PMS|MAPLE|20260301081500+0000||ACK^S12^ACK|L1|T|2.3\rMSA|AE|M1|busy \\F\\ later\r",
            ),
            (
                b"MSH#!@%*#A#B#C#D#2026##ADT!A01#M1#P#2.5.1",
                Code::Reject,
                "no\rSIU!",
                b"MSH#!@%*#C#D#A#B#20260301081500+0000##ACK!A01!ACK#L1#P#2.5.1\rMSA#AR#M1#no SIU%S%\rERR###207!Application internal error!HL70357#E####no SIU%S%\r",
            ),
            (
                b"MSH|^~\\&|\xf1|B|C|D|2026||SIU^S12|M1|P|2.3||||||8859/1",
                Code::Accept,
                "",
                b"MSH|^~\\&|C|D|\xf1|B|20260301081500+0000||ACK^S12^ACK|L1|P|2.3||||||8859/1\rMSA|AA|M1\r",
            ),
            (b"hello", Code::Reject, "", b"MSH|^~\\&|||||20260301081500+0000||ACK|L1|P|2.5\rMSA|AR\r"),
            (
                b"MSH|^|A|B|C|D|2026||SIU^S12|M1|P|2.3",
                Code::Reject,
                "a|b^c~d",
                b"MSH|^|C|D|A|B|20260301081500+0000||ACK^S12^ACK|L1|P|2.3\rMSA|AR|M1|a b c~d\r",
            ),
        ];
        for (message, code, text, want) in table {
            let got = answer(message, code, text);
            assert_eq!(String::from_utf8_lossy(&got), String::from_utf8_lossy(want));
        }
    }

    #[test]
    fn err_is_there_since_2_5() {
        let versions = [
            ("2.3", false),
            ("2.4", false),
            ("2.5", true),
            ("2.5.1", true),
            ("2.10", true),
            ("", false),
            ("x", false),
            ("3", true),
        ];
        for (version, want) in versions {
            assert_eq!(has_err(version), want, "{version}");
        }
    }

    proptest! {
        #[test]
        fn any_message_is_answered(start in "(MSH[|#][\\^!]~\\\\&[|#])?", rest in prop::collection::vec(any::<u8>(), 0..120), text in ".{0,100}") {
            let bytes = [start.as_bytes(), &rest].concat();
            let got = answer(&bytes, Code::Reject, &text);
            prop_assert!(got.starts_with(b"MSH") && got.ends_with(b"\r"));
            prop_assert_eq!(got.iter().filter(|b| b.is_ascii_control()).count(), got.iter().filter(|b| **b == b'\r').count());
            prop_assert!((2..=3).contains(&got.iter().filter(|b| **b == b'\r').count()));
        }
    }
}
