//! What a person does, whoever asks for it: a check, one write, and its row in the audit. Commands print what comes back.

pub(crate) mod confirm_change;
pub(crate) mod opt_out;
pub(crate) mod pause;
pub(crate) mod resolve;
pub(crate) mod skip;
pub(crate) mod wrong_number;
