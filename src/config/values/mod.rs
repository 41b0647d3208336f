//! Parsers for single values, shared by all sections.

pub(crate) mod files;
pub(crate) mod line;
pub(crate) mod phone;
pub(crate) mod policy;
pub(crate) mod program;
pub(crate) mod schedule;
pub(crate) mod socket;
pub mod zones;
