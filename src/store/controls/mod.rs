//! What people and the daemon hold back: pauses, skips, a held configuration, daily work, the state of alerts.

pub mod alert_state;
pub(crate) mod config_hold;
pub mod daily_work;
pub(crate) mod number_holds;
pub mod pauses;
