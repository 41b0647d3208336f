//! Raw cells to the fields of an appointment. Pure.

pub(crate) mod cell;
