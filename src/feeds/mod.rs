//! Brings a practice's appointments in: formats, mapping, sources, and the import that compares, checks and applies.

pub(crate) mod formats;
pub(crate) mod importing;
pub(crate) mod mapping;
pub(crate) mod sources;
