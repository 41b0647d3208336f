//! Takes MLLP frames (0x0b, message, 0x1c 0x0d) out of a stream of bytes.

use std::collections::VecDeque;
use std::fmt;

pub(crate) const START: u8 = 0x0b;
pub(crate) const END: u8 = 0x1c;

/// Why bytes of a stream are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameError {
    /// This many bytes stand before a frame starts; they are lost.
    Outside(usize),
    /// The message is longer than this many bytes; it is lost.
    TooLarge(usize),
    /// A new frame starts before the last one ended; the last one is lost.
    Restarted,
    /// 0x1c is not followed by 0x0d; the message is lost.
    BadEnd,
    /// The stream ends inside of a frame; the message is lost.
    Unfinished,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameError::Outside(count) => write!(f, "{count} bytes are outside of an MLLP frame"),
            FrameError::TooLarge(limit) => write!(f, "the message is longer than {limit} bytes"),
            FrameError::Restarted => write!(f, "a new MLLP frame starts before the last one ended"),
            FrameError::BadEnd => write!(f, "0x1c is not followed by 0x0d at the end of an MLLP frame"),
            FrameError::Unfinished => write!(f, "the stream ends inside of an MLLP frame"),
        }
    }
}

impl std::error::Error for FrameError {}

#[derive(Debug, PartialEq, Eq)]
enum At {
    /// Before a frame, with the count of bytes that do not belong there.
    Outside(usize),
    Inside,
    /// After 0x1c.
    Ending,
    /// In a message that is too long, or after a bad end: waits for the next end or start.
    Skipping,
    SkippingEnd,
}

/// An incremental decoder: `push` what arrives, then take messages with `next` until it gives `None`.
#[derive(Debug)]
pub struct Frames {
    limit: usize,
    at: At,
    message: Vec<u8>,
    ready: VecDeque<Result<Vec<u8>, FrameError>>,
}

impl Frames {
    /// A decoder for messages of at most `limit` bytes.
    pub fn new(limit: usize) -> Frames {
        Frames { limit, at: At::Outside(0), message: Vec::new(), ready: VecDeque::new() }
    }

    /// Adds bytes that arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.step(*byte);
        }
    }

    /// The next message or error.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<Result<Vec<u8>, FrameError>> {
        self.ready.pop_front()
    }

    /// Whether no message has begun.
    pub fn is_between(&self) -> bool {
        matches!(self.at, At::Outside(0))
    }

    /// What is wrong if the stream ends here. Starts anew.
    pub fn finish(&mut self) -> Option<FrameError> {
        self.message = Vec::new();
        match std::mem::replace(&mut self.at, At::Outside(0)) {
            At::Outside(0) | At::Skipping | At::SkippingEnd => None,
            At::Outside(count) => Some(FrameError::Outside(count)),
            At::Inside | At::Ending => Some(FrameError::Unfinished),
        }
    }

    fn step(&mut self, byte: u8) {
        self.at = match (&self.at, byte) {
            (At::Outside(0), START) => At::Inside,
            (At::Outside(count), START) => self.fail(FrameError::Outside(*count), At::Inside),
            (At::Outside(count), b'\r' | b'\n') => At::Outside(*count),
            (At::Outside(count), _) => At::Outside(count.saturating_add(1)),
            (At::Inside, START) => self.fail(FrameError::Restarted, At::Inside),
            (At::Inside, END) => At::Ending,
            (At::Inside, _) if self.message.len() >= self.limit => {
                self.fail(FrameError::TooLarge(self.limit), At::Skipping)
            }
            (At::Inside, _) => {
                self.message.push(byte);
                At::Inside
            }
            (At::Ending, b'\r') => {
                self.ready.push_back(Ok(std::mem::take(&mut self.message)));
                At::Outside(0)
            }
            (At::Ending, START) => self.fail(FrameError::BadEnd, At::Inside),
            (At::Ending, _) => self.fail(FrameError::BadEnd, At::Skipping),
            (At::Skipping | At::SkippingEnd, START) => At::Inside,
            (At::SkippingEnd, b'\r') => At::Outside(0),
            (At::Skipping | At::SkippingEnd, END) => At::SkippingEnd,
            (At::Skipping | At::SkippingEnd, _) => At::Skipping,
        };
    }

    fn fail(&mut self, error: FrameError, then: At) -> At {
        self.message = Vec::new();
        self.ready.push_back(Err(error));
        then
    }
}

/// The message in an MLLP frame, ready to be sent.
pub fn framed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len().saturating_add(3));
    out.push(START);
    out.extend_from_slice(message);
    out.extend_from_slice(&[END, b'\r']);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Got = Vec<Result<Vec<u8>, FrameError>>;

    fn all(frames: &mut Frames) -> Got {
        std::iter::from_fn(|| frames.next()).collect()
    }

    fn read(bytes: &[u8], limit: usize) -> (Got, Option<FrameError>) {
        let mut frames = Frames::new(limit);
        frames.push(bytes);
        (all(&mut frames), frames.finish())
    }

    #[test]
    fn reads_frames_and_says_what_is_wrong() {
        use FrameError::*;
        let ok = |text: &str| Ok(text.as_bytes().to_vec());
        let table: [(&[u8], Got, Option<FrameError>); 12] = [
            (b"", vec![], None),
            (b"\x0babc\x1c\r", vec![ok("abc")], None),
            (b"\x0b\x1c\r", vec![ok("")], None),
            (b"\r\n\x0ba\x1c\r\n\x0bb\x1c\r", vec![ok("a"), ok("b")], None),
            (b"xy\x0ba\x1c\r", vec![Err(Outside(2)), ok("a")], None),
            (b"\x0ba\x1c\rxyz", vec![ok("a")], Some(Outside(3))),
            (b"\x0ba\x0bb\x1c\r", vec![Err(Restarted), ok("b")], None),
            (b"\x0ba\x1cb\x1c\r\x0bc\x1c\r", vec![Err(BadEnd), ok("c")], None),
            (b"\x0ba\x1c\x0bc\x1c\r", vec![Err(BadEnd), ok("c")], None),
            (b"\x0babcdefgh\x1c\r\x0bok\x1c\r", vec![Err(TooLarge(4)), ok("ok")], None),
            (b"\x0babc", vec![], Some(Unfinished)),
            (b"\x0babc\x1c", vec![], Some(Unfinished)),
        ];
        for (bytes, frames, end) in table {
            assert_eq!(read(bytes, 4), (frames, end), "{bytes:?}");
        }
    }

    #[test]
    fn a_long_message_takes_no_memory() {
        let mut frames = Frames::new(10);
        frames.push(b"\x0b");
        for _ in 0..1000 {
            frames.push(&[b'a'; 100]);
        }
        assert!(frames.message.capacity() <= 16);
        assert_eq!(all(&mut frames), [Err(FrameError::TooLarge(10))]);
    }

    proptest! {
        #[test]
        fn chunks_make_no_difference(bytes in prop::collection::vec(prop_oneof![Just(0x0b), Just(0x1c), Just(b'\r'), Just(b'a'), any::<u8>()], 0..80), cut in 1usize..9) {
            let (whole, end) = read(&bytes, 5);
            let mut frames = Frames::new(5);
            let mut got = Vec::new();
            for chunk in bytes.chunks(cut) {
                frames.push(chunk);
                got.extend(all(&mut frames));
            }
            prop_assert_eq!((got, frames.finish()), (whole, end));
        }

        #[test]
        fn what_is_framed_comes_out(message in prop::collection::vec(0x20u8.., 0..50)) {
            prop_assert_eq!(read(&framed(&message), 50), (vec![Ok(message)], None));
        }
    }
}
