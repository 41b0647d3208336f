//! The users of the front desk's page, and what their browsers prove themselves with.

pub(crate) mod names;
pub(crate) mod tokens;
pub(crate) mod users;
