//! What people and the daemon hold back: pauses, skips, held numbers and a held configuration; also daily work and the
//! state of alerts.

pub mod alert_state;
pub(crate) mod config_hold;
pub mod daily_work;
pub(crate) mod number_holds;
pub mod pauses;
