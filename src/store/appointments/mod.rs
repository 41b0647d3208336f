//! The public table: its rows, imports, phone spellings, and who may not be texted.

pub(crate) mod appointment;
pub(crate) mod feed_age;
pub(crate) mod imports;
pub mod opt_outs;
pub(crate) mod phone_spellings;
