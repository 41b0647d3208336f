//! Bytes of a file to raw rows. Pure.

pub mod line_ends;
pub mod own_columns;
