//! Any bytes as HL7: a file, a stream of frames and one message are read or refused, and every message gets an answer.

#![no_main]

use leadtime::feeds::formats::hl7::{COLUMNS, Code, Frames, Piece, State, ack, keys, of_file, parse, row, split};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    assert!(of_file(bytes).rows.iter().all(|row| row.len() == COLUMNS.len()));
    for piece in split(bytes) {
        let Piece::Message { bytes, .. } = piece else { continue };
        let header = match parse(bytes) {
            Ok(message) => {
                assert!(!keys(&message).is_empty());
                let mut state = State::default();
                state.apply(&message);
                let before = row("1", &state);
                state.apply(&message);
                assert_eq!(before, row("1", &state), "a message that is sent again changes nothing");
                let text = serde_json::to_string(&state).expect("JSON");
                assert_eq!(serde_json::from_str::<State>(&text).expect("a state"), state);
                message.header
            }
            Err(rejected) => *rejected.header,
        };
        let now = chrono::DateTime::UNIX_EPOCH;
        assert!(ack(&header, Code::Reject, "why", "1", now).starts_with(b"MSH"));
    }
    let mut frames = Frames::new(1000);
    for part in bytes.chunks(7) {
        frames.push(part);
    }
    while let Some(frame) = frames.next() {
        assert!(frame.is_err() || frame.is_ok_and(|message| message.len() <= 1000));
    }
});
