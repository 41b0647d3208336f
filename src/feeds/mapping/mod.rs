//! Raw cells to the fields of an appointment. Pure.

pub mod cell;
