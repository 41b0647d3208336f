//! Reads HL7 v2 scheduling messages (SIU) and keeps what they say about each appointment.

mod ack;
mod charset;
mod file;
mod frame;
mod header;
mod message;
mod patch;
mod patient;
mod schedule;
mod split;
mod start;
mod state;
mod syntax;
mod table;
mod time;

pub use ack::{Code, ack};
pub use file::of_file;
pub use frame::{FrameError, Frames, framed};
pub use header::{Header, Rejected};
pub use message::{Message, id, keys, parse, without_namespace};
pub use patch::Patch;
pub use patient::Person;
pub use schedule::{Id, Schedule, Trigger};
pub use split::{Piece, split};
pub use start::Start;
pub use state::{Change, State};
pub use syntax::Delimiters;
pub use table::{COLUMNS, cancelled, row};
pub use time::Moment;
