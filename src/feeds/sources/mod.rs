//! Where rows come from: a drop folder, another system's database, a FHIR server, a calendar's address, HL7 senders.

pub(crate) mod answer;
pub(crate) mod database;
pub(crate) mod drop_folder;
pub(crate) mod fetch_error;
pub(crate) mod fhir;
pub(crate) mod ical;
pub(crate) mod mllp;
pub(crate) mod password;
pub(crate) mod web;
