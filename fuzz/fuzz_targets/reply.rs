//! Any reply to any of our texts has a meaning; a reply with nothing but opt-out words opts out, whatever our text
//! offers.

#![no_main]

use leadtime::domain::reply::{
    Offered, ReplyMeaning, Start, classify, is_nothing_but_opt_out, is_urgent, may_mean_the_visit,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (ours, reply) = text.split_once('\u{0}').unwrap_or(("Reply C to confirm or R to change your visit.", text));
    let start = Start { weekday: 1, day: 24, minute: 15 * 60, days_ahead: 2 };
    let offers = [Offered::nothing(), Offered::from_message(ours), Offered::from_message(ours).with_start(start)];
    for offered in &offers {
        let meaning = classify(reply, offered);
        assert!(!is_nothing_but_opt_out(reply) || meaning == ReplyMeaning::OptOut, "{meaning:?}");
        assert!(meaning == classify(reply, offered), "the same reply has the same meaning");
    }
    let _ = (is_urgent(reply), may_mean_the_visit(reply));
});
