//! Readers of foreign formats: each turns a file into rows for the table `appointments`, or says what is wrong.

pub mod cell;
pub mod csv;
mod line_ends;
