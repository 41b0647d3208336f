//! The public table: its rows, imports, phone spellings, and who may not be texted.

pub mod appointment;
pub mod feed_age;
pub mod imports;
pub mod opt_outs;
pub mod phone_spellings;
