//! What patients' answers mean for their appointments, and when conversations are read. Pure.

pub mod concerned;
pub mod mapping;
pub mod overdue;
pub mod reading;
pub mod rhythm;
pub mod transition;
