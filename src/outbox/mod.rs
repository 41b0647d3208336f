//! Passes on outcomes to the practice's own program: each at least once, those of an appointment in order.

pub(crate) mod delivery;
pub(crate) mod task;
pub(crate) mod write_back;
