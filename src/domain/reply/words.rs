//! The vocabulary of the three languages, compiled once.

use std::sync::LazyLock;

use crate::domain::reply::families::Words;
use crate::domain::reply::fold::Token;
use crate::domain::reply::pattern::{Family, Pattern};
use crate::domain::reply::{words_en, words_es, words_fr};

const LANGUAGES: [&Words; 3] = [&words_en::WORDS, &words_es::WORDS, &words_fr::WORDS];

/// The words that 47 CFR 64.1200(a)(10) names. In a folded reply, "opt out" is two words.
pub(crate) const STATUTORY: &[&str] = &["stop", "quit", "end", "revoke", "cancel", "unsubscribe", "optout"];

/// Words that refer to texts, whatever else the reply asks.
const TEXTING: &str = "@txt|@nag|@say|@etxt|@esay|@ftxt|@fsay|list|lista|liste|number|numero|stop|unsub*|opt|desuscri*|desabon*|desinscri*|baja";

/// Words for texts.
const MESSAGES: &str = "texts|txts|messages|msgs|sms|reminders|notifications|@etxt|textos|rappels";

/// The patterns of one meaning, in all languages, because patients mix languages.
pub(crate) struct Phrases(Vec<Pattern>);

impl Phrases {
    /// Whether one of the patterns matches.
    pub(crate) fn found(&self, tokens: &[Token]) -> bool {
        self.0.iter().any(|pattern| pattern.find(tokens).is_some())
    }

    /// The ends of all matches that start at this token.
    pub(crate) fn ends_from(&self, tokens: &[Token], start: usize) -> impl Iterator<Item = usize> {
        self.0.iter().filter_map(move |pattern| pattern.ends_at(tokens, start))
    }

    /// The tokens, with every match replaced by placeholder words that match no pattern.
    pub(crate) fn mask(&self, tokens: &[Token]) -> Vec<Token> {
        let mut hidden = vec![false; tokens.len()];
        for pattern in &self.0 {
            for start in 0..tokens.len() {
                if let Some(end) = pattern.ends_at(tokens, start) {
                    hidden[start..end].fill(true);
                }
            }
        }
        let masked = |(token, hide): (&Token, &bool)| {
            if *hide && !token.is_pause() { Token::plain("\u{b7}") } else { token.clone() }
        };
        tokens.iter().zip(&hidden).map(masked).collect()
    }
}

/// Everything that the rules look up.
pub(crate) struct Vocabulary {
    pub(crate) filler: Vec<&'static str>,
    pub(crate) alone: Vec<&'static str>,
    pub(crate) clause: Vec<&'static str>,
    pub(crate) courtesy: Phrases,
    pub(crate) elsewhere: Phrases,
    pub(crate) opt_out: Phrases,
    pub(crate) unclear: Phrases,
    pub(crate) wrong_person: Phrases,
    pub(crate) change: Phrases,
    pub(crate) cancel: Phrases,
    pub(crate) keep: Phrases,
    pub(crate) unsure: Phrases,
    pub(crate) question: Phrases,
    pub(crate) topic: Phrases,
    pub(crate) confirm: Phrases,
    pub(crate) pleasantry: Phrases,
    pub(crate) urgent: Phrases,
    pub(crate) not_urgent: Phrases,
    /// Texts, or the list that they are sent to.
    pub(crate) texting: Phrases,
    /// Texts.
    pub(crate) messages: Phrases,
}

/// The compiled vocabulary.
pub(crate) static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let families = families();
    let list = |field: fn(&Words) -> &'static str| -> Vec<&'static str> {
        LANGUAGES.iter().flat_map(|words| field(words).split_whitespace()).collect()
    };
    let phrases = |field: fn(&Words) -> &'static str| {
        let lines = LANGUAGES.iter().flat_map(|words| field(words).split(['\n', ';']));
        let lines = lines.map(str::trim).filter(|line| !line.is_empty());
        Phrases(lines.map(|line| Pattern::new(line, &families)).collect())
    };
    Vocabulary {
        filler: list(|w| w.filler),
        alone: list(|w| w.alone),
        clause: list(|w| w.clause),
        courtesy: phrases(|w| w.courtesy),
        elsewhere: phrases(|w| w.elsewhere),
        opt_out: phrases(|w| w.opt_out),
        unclear: phrases(|w| w.unclear),
        wrong_person: phrases(|w| w.wrong_person),
        change: phrases(|w| w.change),
        cancel: phrases(|w| w.cancel),
        keep: phrases(|w| w.keep),
        unsure: phrases(|w| w.unsure),
        question: phrases(|w| w.question),
        topic: phrases(|w| w.topic),
        confirm: phrases(|w| w.confirm),
        pleasantry: phrases(|w| w.pleasantry),
        urgent: phrases(|w| w.urgent),
        not_urgent: phrases(|w| w.not_urgent),
        texting: Phrases(vec![Pattern::new(TEXTING, &families)]),
        messages: Phrases(vec![Pattern::new(MESSAGES, &families)]),
    }
});

fn families() -> Vec<Family> {
    let lines = LANGUAGES.iter().flat_map(|words| words.families.lines());
    lines.filter_map(|line| line.split_once('=')).map(|(name, words)| (name.trim(), words)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(words: &Words) -> Vec<&'static str> {
        let blocks = [
            words.courtesy,
            words.elsewhere,
            words.opt_out,
            words.unclear,
            words.wrong_person,
            words.change,
            words.cancel,
            words.keep,
            words.unsure,
            words.question,
            words.topic,
            words.confirm,
            words.pleasantry,
            words.urgent,
            words.not_urgent,
        ];
        blocks.iter().flat_map(|block| block.split(['\n', ';'])).map(str::trim).filter(|p| !p.is_empty()).collect()
    }

    #[test]
    fn every_pattern_uses_only_known_words_and_families() {
        let families = families();
        for pattern in LANGUAGES.iter().flat_map(|words| patterns(words)).chain([TEXTING, MESSAGES]) {
            for piece in pattern.split_whitespace() {
                let (count, words) = piece.split_once('~').unwrap_or(("", piece));
                assert!(count.bytes().all(|b| b.is_ascii_digit()), "{piece} in {pattern}");
                for word in words.trim_start_matches(['<', '!']).split('|') {
                    assert!(!word.is_empty() && word.is_ascii(), "{piece} in {pattern}");
                    let family = word.strip_prefix('@');
                    assert!(family.is_none_or(|name| families.iter().any(|(known, _)| *known == name)), "{word}");
                }
            }
        }
    }
}
