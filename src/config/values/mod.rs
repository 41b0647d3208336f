//! Parsers of single values that every section uses.

pub(crate) mod line;
pub(crate) mod phone;
pub(crate) mod policy;
pub(crate) mod schedule;
pub mod zones;
