//! The public table `appointments`: its rows, imports, phone spellings, and who must not be texted.

pub(crate) mod applying;
pub(crate) mod appointment;
pub(crate) mod bad_rows;
pub(crate) mod comparison;
pub(crate) mod feed_age;
pub(crate) mod feed_state;
pub(crate) mod held_imports;
pub(crate) mod hl7;
pub(crate) mod imports;
pub mod opt_outs;
pub(crate) mod phone_spellings;
pub(crate) mod refused_rows;
pub(crate) mod staging;
