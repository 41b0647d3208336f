//! What a patient's reply means, by its words alone.
//!
//! A written rule set for English, Spanish and French, in this order; the first that applies decides:
//!
//! 1. What a phone adds is taken off: quoted texts, signatures, echoes of our own text (`strip`). A reaction ("Liked ...")
//!    is an answer by its kind, and never an opt-out. A picture alone says nothing.
//! 2. The rest is folded to plain words (`fold`); slips in the words that decide are mended (`slips`).
//! 3. Opt-out (`opting`): the words of 47 CFR 64.1200(a)(10) alone always are one. Others count by their object: "stop the
//!    texts" is one, "stop by at 3" is not. If the visit or somebody else may be meant, it is an unclear one.
//! 4. A letter, digit or word that our text offers has the meaning it offers (`offered`). Others are for a person.
//! 5. Wrong person; another time; not coming. "Don't cancel" and "cancellation fee" are none of these.
//! 6. Neither yes nor no; a question, or news that a person must answer.
//! 7. Yes; but a yes that names another day or hour than ours (`moments`), or holds a no, is for a person.
//! 8. Thanks and wishes say nothing. Everything else is for a person.
//!
//! The vocabulary is in `words_en`, `words_es` and `words_fr`. A bare yes answers only our question; whether ours was the
//! last one is for the caller to know.

mod classify;
mod families;
mod fold;
mod meaning;
mod moments;
mod offered;
mod opting;
mod pattern;
mod pieces;
mod roles;
mod slips;
mod strip;
mod words;
mod words_en;
mod words_en_more;
mod words_es;
mod words_fr;

pub use crate::domain::reply::classify::{classify, is_nothing_but_opt_out, is_urgent, may_mean_the_visit};
pub use meaning::ReplyMeaning;
pub use offered::{Offered, Start};
pub(crate) use roles::is_patients;
