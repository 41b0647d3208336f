//! Work in addition to sending: what each pass keeps up to date, and housekeeping.

pub(crate) mod each_pass;
pub mod housekeeping;
