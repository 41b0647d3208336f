//! Queries for what people and monitoring read.

pub(crate) mod audit_numbers;
pub(crate) mod changes;
pub(crate) mod day;
pub(crate) mod metrics;
pub(crate) mod outcomes;
pub(crate) mod stored_plan;
pub(crate) mod today;
