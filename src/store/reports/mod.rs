//! Queries for what people and monitoring read.

pub(crate) mod metrics;
pub(crate) mod today;
