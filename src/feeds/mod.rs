//! Imports a practice's appointments: file formats, mapping, sources, and the import that compares, checks and applies.

pub(crate) mod documents;
pub mod formats;
pub(crate) mod importing;
pub mod mapping;
pub(crate) mod messages;
pub(crate) mod pulling;
pub(crate) mod sources;
pub mod suggest;
