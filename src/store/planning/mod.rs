//! The planning pass's data: the replan queue and what failed in it, the planner's input, and the daemon's own state.

pub(crate) mod already_told;
pub mod daemon_state;
pub mod directory;
pub(crate) mod planner_input;
pub(crate) mod planning_context;
pub mod replan_queue;
pub mod unit;
pub(crate) mod unplannable;
