//! The Prometheus page: counts and times only.

mod page;
mod passes;
pub(crate) mod task;
