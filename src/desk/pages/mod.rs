//! The pages: each reads a report and turns it into what its template shows.

pub(crate) mod appointment;
pub(crate) mod days;
pub(crate) mod feeds;
pub(crate) mod health;
pub(crate) mod held;
pub(crate) mod lines;
pub(crate) mod not_reached;
pub(crate) mod rules;
pub(crate) mod search;
pub(crate) mod today;
pub(crate) mod users;
pub(crate) mod worklist;
