//! Folding: turns a raw reply into plain lower-case words and pauses.
//!
//! Patients write with full-width letters, with or without accents, with emoji, stretched words ("stoooop") and
//! spelled-out words ("S T O P"). All of these fold to one form, so that the rules need only one form of each word.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::domain::reply::pieces::is_among;
use crate::domain::reply::slips;

/// The most characters of a reply that are read. An SMS of ten parts holds 1,530; anything longer is a pasted document.
const MAX_CHARS: usize = 2_000;

/// The most tokens of a reply that are read. This limits how long the rules take.
const MAX_TOKENS: usize = 400;

/// One word, or a pause: `.` ends a sentence or line, `?` a question, `,` separates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// The folded word.
    pub(crate) text: String,
    /// Whether the word was written in all capitals.
    pub(crate) shouted: bool,
    /// Whether the word began with a capital letter.
    pub(crate) capital: bool,
}

impl Token {
    /// A pause, or a word that was not written as such.
    pub(crate) fn plain(text: &str) -> Token {
        Token { text: text.to_owned(), shouted: false, capital: false }
    }

    /// Whether this is a pause.
    pub(crate) fn is_pause(&self) -> bool {
        matches!(self.text.as_str(), "." | "," | "?")
    }
}

/// Normalizes characters: compatibility forms, look-alikes, invisible characters, kinds of quotation marks. Keeps case
/// and line breaks.
pub(crate) fn clean(text: &str) -> String {
    text.trim()
        .chars()
        .filter(|c| !is_invisible(*c))
        .take(MAX_CHARS)
        .nfkc()
        .filter(|c| !is_invisible(*c))
        .take(2 * MAX_CHARS)
        .map(|c| match c {
            '\r' | '\u{0b}' | '\u{0c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
            '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{02bc}' | '\u{b4}' | '`' | '\u{2032}' => '\'',
            '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2033}' => '"',
            '\u{2010}' | '\u{2011}' => '-',
            '\u{2012}'..='\u{2015}' => '\u{2014}',
            c if c != '\n' && c.is_whitespace() => ' ',
            c => look_alike(c),
        })
        .collect()
}

/// Characters without a shape of their own: joiners, direction marks, variation selectors, skin tones, soft hyphens.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fffc}' | '\u{1f3fb}'..='\u{1f3ff}'
        | '\u{e0000}'..='\u{e0fff}' | '\u{3164}' | '\u{115f}' | '\u{1160}')
        || (c.is_control() && !c.is_whitespace())
}

/// Replaces a Cyrillic or Greek letter by the Latin letter of the same shape, and a boxed, circled or small-capital
/// letter by the plain one. NFKC keeps these apart; a human reader does not.
fn look_alike(c: char) -> char {
    const PAIRS: &str = "аaеeоoрpсcуyхxіiѕsјjкkтtмmнhвbиnАAВBЕEКKМMНHОOРPСCТTУYХXІIЅSЈJԚQԛq\
        ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXοoαaνvτtρpιiυu\
        ᴀaʙbᴄcᴅdᴇeꜰfɢgʜhɪiᴊjᴋkʟlᴍmɴnᴏoᴘpʀrꜱsᴛtᴜuᴠvᴡwʏyᴢz";
    let boxed = match c {
        '\u{1f130}'..='\u{1f149}' => Some(u32::from(c) - 0x1f130),
        '\u{1f150}'..='\u{1f169}' => Some(u32::from(c) - 0x1f150),
        '\u{1f170}'..='\u{1f189}' => Some(u32::from(c) - 0x1f170),
        _ => None,
    };
    if let Some(letter) = boxed.and_then(|n| char::from_u32(u32::from('A') + n)) {
        return letter;
    }
    if !('\u{250}'..='\u{a7ff}').contains(&c) {
        return c;
    }
    let mut pairs = PAIRS.chars();
    while let (Some(from), Some(to)) = (pairs.next(), pairs.next()) {
        if from == c {
            return to;
        }
    }
    c
}

/// Text in lower case without accents.
pub(crate) fn plain_lower(text: &str) -> String {
    text.to_lowercase().nfd().filter(|c| !is_combining_mark(*c)).nfc().collect()
}

/// The words and pauses of text that [`clean`] has normalized.
pub(crate) fn tokens(cleaned: &str) -> Vec<Token> {
    let mut words = join_spelled(split(cleaned));
    words.truncate(MAX_TOKENS);
    let mut out = Vec::with_capacity(words.len() + 8);
    for (n, word) in words.iter().enumerate() {
        if word.is_pause() {
            out.push(word.clone());
            continue;
        }
        let next = words.get(n + 1).map_or("", |w| w.text.as_str());
        for part in expand(&word.text, next) {
            let part = slips::mend(&part).map_or(part, str::to_owned);
            out.push(Token { text: part, shouted: word.shouted, capital: word.capital });
        }
    }
    out
}

/// Splits at spaces and punctuation. Times ("3:30") and censored words ("f**k") stay whole.
fn split(cleaned: &str) -> Vec<Token> {
    let chars: Vec<char> = cleaned.chars().collect();
    let mut out: Vec<Token> = Vec::new();
    let mut word = String::new();
    let at = |n: usize| chars.get(n).copied().unwrap_or(' ');
    for (n, &c) in chars.iter().enumerate() {
        let before = if n == 0 { ' ' } else { at(n - 1) };
        let after = at(n + 1);
        let inside = before.is_alphanumeric() && after.is_alphanumeric();
        match c {
            c if c.is_alphanumeric() || is_combining_mark(c) => word.push(c),
            '\'' if inside => word.push('\''),
            ':' | '.' if before.is_ascii_digit() && after.is_ascii_digit() => word.push(':'),
            '*' if !word.is_empty() && (after.is_alphanumeric() || after == '*') => word.push('*'),
            '*' if word.contains('*') => word.push('*'),
            '@' if inside => word.push('a'),
            '$' if after.is_alphabetic() => word.push('s'),
            _ => {
                finish(&mut out, &mut word);
                match c {
                    '.' | '!' | ';' | '\n' | '\u{a1}' | '\u{3002}' => pause(&mut out, "."),
                    '?' | '\u{203d}' => pause(&mut out, "?"),
                    ',' | ':' | '(' | ')' | '\u{2014}' | '\u{2026}' | '=' | '|' => pause(&mut out, ","),
                    '-' | '~' if !inside => pause(&mut out, ","),
                    '+' => out.push(Token::plain("+")),
                    '&' => out.push(Token::plain("and")),
                    '@' => out.push(Token::plain("at")),
                    '#' if !after.is_ascii_digit() => out.push(Token::plain("number")),
                    c => out.extend(emoji(c).map(Token::plain)),
                }
            }
        }
    }
    finish(&mut out, &mut word);
    while out.last().is_some_and(|t| t.text == "," || t.text == ".") {
        out.pop();
    }
    out
}

/// Ends the current word.
fn finish(out: &mut Vec<Token>, word: &mut String) {
    if word.is_empty() {
        return;
    }
    let shouted = word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase);
    let capital = word.chars().next().is_some_and(char::is_uppercase);
    out.push(Token { text: unstretch(&plain_lower(word)), shouted, capital });
    word.clear();
}

/// Adds a pause. Of several pauses in a row, the strongest one stays.
fn pause(out: &mut Vec<Token>, mark: &str) {
    match out.last_mut() {
        Some(last) if last.is_pause() => {
            if mark == "?" || last.text == "," {
                last.text = mark.to_owned();
            }
        }
        None if mark != "?" => {}
        _ => out.push(Token::plain(mark)),
    }
}

/// Shortens stretched words: "stoooop" becomes "stop". Double letters stay.
fn unstretch(word: &str) -> String {
    let chars: Vec<char> = word.chars().collect();
    let mut out = String::with_capacity(word.len());
    let mut n = 0;
    while n < chars.len() {
        let run = chars[n..].iter().take_while(|c| **c == chars[n]).count();
        let keep = if run >= 3 && chars[n].is_alphabetic() { 1 } else { run };
        out.extend(std::iter::repeat_n(chars[n], keep));
        n += run;
    }
    out
}

/// A word that stands for the meaning of an emoji. The rules need no other symbols.
fn emoji(c: char) -> Option<&'static str> {
    match c {
        '👍' | '👌' | '✅' | '☑' | '✔' | '🆗' | '💯' | '🙆' | '🤙' => Some(":yes:"),
        '👎' | '❌' | '✖' | '✗' | '✘' | '❎' | '🙅' => Some(":no:"),
        '🛑' => Some(":stop:"),
        '🚫' | '⛔' | '✋' | '📵' | '🔕' | '🖕' | '🤚' => Some(":halt:"),
        '❓' | '❔' | '⁉' => Some("?"),
        c if matches!(u32::from(c), 0x2190..=0x2bff | 0x1f000..=0x1faff) => Some(":emoji:"),
        _ => None,
    }
}

/// Words that patients spell out letter by letter, or with dots.
const SPELLED: &str = "stop stopall quit end revoke optout cancel unsubscribe alto baja pare parar fin arret arretez yes \
    oui svp stp rdv pm am asap";

/// What comes before the "t" of a contraction whose apostrophe became a space.
const CUT: &str = "don can won isn didn doesn couldn wouldn aren wasn haven hasn";

/// Joins "S T O P", "s.t.o.p" and "p.m." into one word each.
fn join_spelled(tokens: Vec<Token>) -> Vec<Token> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut n = 0;
    while n < tokens.len() {
        let mut joined = String::new();
        let mut end = n;
        let mut best = None;
        while end < tokens.len() && end < n + 24 {
            let token = &tokens[end];
            if token.text.chars().count() == 1 && !token.is_pause() {
                joined.push_str(&token.text);
                let next_single = tokens[end + 1..].iter().find(|t| !t.is_pause());
                let goes_on = next_single.is_some_and(|t| t.text.chars().count() == 1);
                if joined.len() > 1 && is_among(SPELLED, &joined) && (!goes_on || joined.len() >= 4) {
                    best = Some(end);
                }
            } else if !token.is_pause() || joined.is_empty() {
                break;
            }
            end += 1;
        }
        if tokens[n].text == "t" && out.last().is_some_and(|t: &Token| is_among(CUT, &t.text)) {
            // "don t", as some keyboards write it.
            if let Some(last) = out.last_mut() {
                last.text.push('t');
            }
            n += 1;
        } else if let Some(last) = best {
            let text: String = tokens[n..=last].iter().filter(|t| !t.is_pause()).map(|t| t.text.as_str()).collect();
            out.push(Token { text, ..tokens[n].clone() });
            n = last + 1;
        } else {
            out.push(tokens[n].clone());
            n += 1;
        }
    }
    out
}

/// Contractions and run-together words, and what they stand for: "don't", "dont" and "do not" read the same.
const CONTRACTIONS: &str = "
    dont don't dnt do'nt donot dontt = do not
    doesnt doesn't dosent doesnot = does not
    didnt didn't dident = did not
    cant can't cannot cnt = can not
    wont won't = will not
    isnt isn't aint ain't = is not
    arent aren't = are not
    wasnt wasn't = was not
    couldnt couldn't = could not
    wouldnt wouldn't = would not
    shouldnt shouldn't = should not
    havent haven't = have not
    hasnt hasn't = has not
    im i'm = i am
    ima imma i'll = i will
    ive i've = i have
    i'd = i would
    you're youre = you are
    you'll = you will
    he'll = he will
    she'll = she will
    they'll = they will
    they're theyre = they are
    we're = we are
    we'll = we will
    it's its = it is
    that's thats = that is
    this's = this is
    there's theres = there is
    who's whos = who is
    what's whats = what is
    where's wheres = where is
    when's whens = when is
    let's lets = let us
    gonna = going to
    wanna = want to
    gotta = got to
    gimme = give me
    u = you
    ur = your
    r = are
    alot = a lot
    nomore = no more
    nomas = no mas
    optout optmeout = opt out
    stopall = stop all
    porfavor xfavor = por favor
    pls plz plse pleas pleez plez pleae plase plis = please
    dacc daccord dac dak = d accord
    cest = c est
    jai = j ai
    quil = qu il
";

static EXPANSIONS: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let lines = CONTRACTIONS.lines().filter_map(|line| line.split_once('='));
    lines.flat_map(|(from, to)| from.split_whitespace().map(|word| (word, to.split_whitespace().collect()))).collect()
});

/// The words that one written word stands for.
fn expand(word: &str, next: &str) -> Vec<String> {
    if let Some(known) = EXPANSIONS.get(word) {
        return known.iter().map(|part| (*part).to_owned()).collect();
    }
    // "ill be there" does not mean illness.
    if word == "ill"
        && matches!(next, "be" | "come" | "call" | "see" | "let" | "need" | "have" | "stop" | "sue" | "report")
    {
        return vec!["i".to_owned(), "will".to_owned()];
    }
    // French without its apostrophe: "menvoyez", "mecrire".
    if word.len() > 6
        && ["menvoy", "mecri", "mappel", "nenvoy", "necri", "nappel"].iter().any(|start| word.starts_with(start))
    {
        let (article, verb) = word.split_at(1);
        return vec![article.to_owned(), verb.to_owned()];
    }
    if let Some(start) = slips::run_together(word) {
        return vec![start.to_owned(), word[start.len()..].to_owned()];
    }
    // "f**k", "f***"
    if word.contains('*') && word.starts_with('f') {
        return vec!["fuck".to_owned()];
    }
    word.split(['\'', '*']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
