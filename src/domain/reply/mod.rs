//! What a patient's reply means, judged by its words alone.
//!
//! A fixed set of rules for English, Spanish and French, applied in this order. The first one that applies decides:
//!
//! 1. Whatever a phone adds is removed: quoted texts, signatures, echoes of our own text (`strip`). A reaction ("Liked
//!    ...") counts as an answer by its kind, and never as an opt-out. A picture alone has no meaning.
//! 2. The rest is folded to plain words (`fold`). Typos in the words that decide are corrected (`slips`).
//! 3. Opt-out (`opting`): the words of 47 CFR 64.1200(a)(10) alone are always an opt-out. Others depend on their
//!    object: "stop the texts" is one, "stop by at 3" is not. If the appointment or another person may be meant, it is
//!    unclear.
//! 4. A letter, digit or word that our text offers has the meaning it offers (`offered`). Others need a person.
//! 5. Wrong person; another time; not coming. "Don't cancel" and "cancellation fee" are none of these.
//! 6. Neither yes nor no; a question, or news that a person must answer.
//! 7. Yes. But a yes that names a different day or hour than our text (`moments`), or contains a no, needs a person.
//! 8. Thanks and good wishes have no meaning. Everything else needs a person.
//!
//! The vocabulary is in `words_en`, `words_es` and `words_fr`. A bare yes answers only our question. The caller has to
//! know whether our text was the last one before the reply.

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

pub use crate::domain::reply::classify::{
    classify, is_bare_yes, is_nothing_but_opt_out, is_urgent, may_mean_the_visit, says_to_come,
};
pub use meaning::ReplyMeaning;
pub use offered::{Offered, Start, asks_for_an_answer};
pub(crate) use roles::is_patients;
