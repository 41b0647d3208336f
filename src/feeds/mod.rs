//! Brings a practice's appointments in: formats, mapping, sources, and the import that compares, checks and applies.

pub mod formats;
pub mod importing;
pub mod mapping;
pub mod sources;
