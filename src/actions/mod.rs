//! What a person does by hand, from any interface: a check, one write, and an audit row. Commands print the result.

pub(crate) mod call;
pub(crate) mod confirm_change;
pub(crate) mod note_outcome;
pub(crate) mod opt_out;
pub(crate) mod pause;
pub(crate) mod resolve;
pub(crate) mod skip;
pub(crate) mod task;
pub(crate) mod wrong_number;
