//! Reads FHIR appointments and the patients, practitioners and locations they name, and prepares confirmations.

mod confirm;
mod document;
mod error;
mod found;
mod json;
mod names;
mod patient;
mod reference;
mod rows;
mod store;
mod table;
mod time;

pub use confirm::{Confirmation, Patch, WhyNot, accepted, patch};
pub use document::Page;
pub use error::FhirError;
pub use found::Found;
pub use reference::{Kind, Reference};
