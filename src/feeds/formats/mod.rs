//! Bytes of a file to raw rows. Pure.

pub(crate) mod line_ends;
pub(crate) mod own_columns;
