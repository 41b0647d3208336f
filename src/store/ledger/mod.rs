//! What was planned, tried and sent: reminders, messages, attempts, the resolution of doubts, and the audit.

pub(crate) mod attempts;
pub mod audit;
pub mod messages;
pub(crate) mod people;
pub mod reminders;
pub mod resolution;
pub(crate) mod rows;
