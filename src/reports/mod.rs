//! What people read, as data: commands print it, and other views render it.

pub mod config_difference;
pub(crate) mod day;
pub(crate) mod day_rows;
pub(crate) mod explanation;
pub(crate) mod lookup;
pub mod not_reached;
pub(crate) mod not_reached_page;
pub(crate) mod outcomes;
pub(crate) mod period;
pub mod plan_view;
pub(crate) mod search;
pub(crate) mod worklist;
