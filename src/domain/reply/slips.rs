//! Typos: one wrong, missing, extra or swapped letter in the few words that decide.
//!
//! Only these words are corrected, and a real word never counts as a typo: "shop" is not "stop".

use crate::domain::reply::pieces::is_among;

/// The number of typos allowed, and the words worth correcting.
const TARGETS: [(usize, &str); 3] = [
    (
        1,
        "stop quit revoke cancel optout texting messages message remove reminders contact number sending recibir mensajes \
        cancelar arretez arreter annuler recevoir confirm confirmed confirmo confirme wrong",
    ),
    (2, "desabonner desabonnez desinscrire reschedule tomorrow appointment"),
    (3, "unsubscribe"),
];

/// Real words (or other word forms) that are as close to a target as a typo, in the three languages.
const NOT_SLIPS: &str = "conforme conformed subscribes subscriber unsubscribing reminded reminds confirmes confirmee wrongs wrung appointed \
    ointment shop slop sop step stol stomp stoop stops stow strop swop top atop store story stood cuit fuit huit luit \
    nuit duit ouit qui quid quiet quilt quint quip quita quite quito quits quiz suit evoke revoked revokes \
    cancer cancels cancela cancele cancelo chancel carcel sexting tenting testing massages massage remote \
    removed remover removes messager contacto contacte contacta contacts contract contrat contento content \
    numbers lumber numbed cumber bending ending lending mending pending seeing seeding spending tending \
    vending sanding recibi recibo recibe mensaje cancelan cancelas canceled arrete arretes arretee arret \
    annule annules annulez annulee annular confirms conform confirma confirmer confirmez desabonne \
    unsubscribed unsubscribes subscribe subscribed appointments prong wring throng heating eating resting \
    taking fasting tasting meeting getting setting sitting waiting asking reminder remainder rescheduled \
    schedule scheduled passages message confirmed confirm confirmo confirme confirmar contacter contactez \
    contacted cancelen exting telling tooting treating twisting lasting listing posting hosting casting \
    costing feeling";

/// Words that patients write together with the next word: "stoptexting", "stopsending".
const GLUED: [(&str, &str); 4] = [
    ("stop", "text txt messag msg send contact call all it now pl spam sms this these stop bother the"),
    ("unsubscribe", "me now pl all"),
    ("quit", "text txt messag send"),
    ("no", "textos mensajes texts moretext"),
];

/// The word that a typo stands for: the nearest target, if it is near enough.
pub(crate) fn mend(word: &str) -> Option<&'static str> {
    let length = word.chars().count();
    if !(3..=14).contains(&length) || is_among(NOT_SLIPS, word) || targets().any(|(_, target)| target == word) {
        return None;
    }
    if word.bytes().any(|b| b.is_ascii_digit()) {
        let letters = unleet(word)?;
        return targets().map(|(_, target)| target).find(|target| *target == letters);
    }
    if !word.chars().all(char::is_alphabetic) {
        return None;
    }
    targets()
        .filter(|(allowed, target)| length.abs_diff(target.len()) <= *allowed)
        .map(|(allowed, target)| (distance(word, target), allowed, target))
        .filter(|(slips, allowed, _)| slips <= allowed)
        .min_by_key(|(slips, _, _)| *slips)
        .map(|(_, _, target)| target)
}

fn targets() -> impl Iterator<Item = (usize, &'static str)> {
    TARGETS.iter().flat_map(|(allowed, words)| words.split_whitespace().map(|word| (*allowed, word)))
}

/// The known first part of two words written together.
pub(crate) fn run_together(word: &str) -> Option<&'static str> {
    GLUED.iter().find_map(|(start, ends)| {
        let rest = word.strip_prefix(start)?;
        (!rest.is_empty() && ends.split(' ').any(|end| rest.starts_with(end))).then_some(*start)
    })
}

/// Replaces digits that stand for letters: "st0p". `None` if the word has no letters.
fn unleet(word: &str) -> Option<String> {
    word.chars().any(char::is_alphabetic).then(|| {
        word.chars()
            .map(|c| match c {
                '0' => 'o',
                '1' => 'i',
                '3' => 'e',
                '4' => 'a',
                '5' => 's',
                '7' => 't',
                c => c,
            })
            .collect()
    })
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbors.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before_last[j - 2] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_are_corrected_and_real_words_are_not() {
        for (word, meant) in [
            ("stpo", "stop"),
            ("sotp", "stop"),
            ("stopp", "stop"),
            ("dtop", "stop"),
            ("st0p", "stop"),
            ("unsubcribe", "unsubscribe"),
            ("unsuscribe", "unsubscribe"),
            ("unscribe", "unsubscribe"),
            ("cancle", "cancel"),
            ("revok", "revoke"),
            ("quitt", "quit"),
            ("txting", "texting"),
            ("mesages", "messages"),
            ("apointmnet", "appointment"),
        ] {
            assert_eq!(mend(word), Some(meant), "{word}");
        }
        for word in ["shop", "step", "top", "suit", "quiet", "cancer", "test", "3pm", "stop", "nuit", "testing"] {
            assert_eq!(mend(word), None, "{word}");
        }
    }

    #[test]
    fn distances_between_words_are_counted() {
        assert_eq!(distance("", "stop"), 4);
        assert_eq!(distance("sotp", "stop"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
