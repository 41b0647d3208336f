//! Statements for what people and monitoring read.

pub mod metrics;
pub mod today;
