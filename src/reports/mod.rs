//! What people read, as data: commands print it, other views render it.

pub mod config_difference;
pub mod explanation;
pub mod not_reached;
pub mod not_reached_page;
pub mod plan_view;
