//! Decides what is sent and when: civil time, sending windows, and the answer for every appointment and rule. Pure.
//!
//! The planning unit is a number: [`plan::plan`] takes everything that is known about one number and decides all of
//! its reminders at once. `plan`, `status`, the stored plan and the claim before each POST use the same code.

pub mod budget;
pub mod calendar;
pub mod civil;
pub(crate) mod daily_schedule;
pub(crate) mod decision;
pub(crate) mod draft;
pub(crate) mod explain;
pub(crate) mod freshness;
pub mod holidays;
pub mod input;
pub(crate) mod kept;
mod place;
pub mod plan;
pub(crate) mod told;
