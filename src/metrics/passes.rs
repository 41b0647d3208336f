//! How passes went since the start: kept in memory, shown on the page.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

/// Measurements of passes, which only the running daemon has.
#[derive(Debug, Clone)]
pub(crate) struct Passes {
    pub(crate) took: Histogram,
    pub(crate) failed: Counter,
    pub(crate) paced: Counter,
}
