//! Removes what a phone adds to a reply: reactions, quoted texts, signatures, picture placeholders, echoes of our own
//! text.
//!
//! None of these are the patient's own words. Our texts say "Reply STOP to opt out", and quoting one must not opt the
//! patient out.

use crate::domain::reply::fold::plain_lower;
use crate::domain::reply::pieces::is_among;

/// A reaction to our text, as the phone renders it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// A like, a heart, a thumbs-up.
    Like,
    /// A thumbs-down.
    Dislike,
    /// A question mark.
    Doubt,
    /// Laughter, emphasis, a removed reaction.
    Other,
}

/// Beginnings of rendered reactions in Messages (Apple) and Messages (Google), folded.
const REACTIONS: [(Reaction, &str); 4] = [
    (
        Reaction::Like,
        "liked; loved; le gusto; le gusta; le encanto; le encanta; me gusto; me gusta; \
        me encanta; me encanto; te gusto; a aime; a adore; aime; adore; j'aime; j'adore",
    ),
    (Reaction::Dislike, "disliked; no le gusto; no me gusta; n'a pas aime; pas aime; je n'aime pas"),
    (
        Reaction::Other,
        "laughed at; emphasized; emphasised; removed a; removed an; se rio de; se rio con; \
        le dio risa; enfatizo; resalto; destaco; elimino un; a ri de; a ri a; \
        a mis en evidence; a mis l'accent sur; a accentue; a souligne; a insiste sur; \
        a supprime; a retire",
    ),
    (Reaction::Doubt, "questioned; pregunto por; cuestiono; a remis en question; s'interroge sur"),
];

/// Each beginning with its reaction.
fn reactions() -> impl Iterator<Item = (&'static str, Reaction)> {
    REACTIONS.iter().flat_map(|(kind, names)| names.split("; ").map(|name| (name, *kind)))
}

/// Reactions that name their emoji: `Reacted 👍 to "..."`, `👍 to "..."`.
const REACTED: &[&str] =
    &["reacted", "reacciono", "ha reaccionado", "a reagi", "reaction", "removed", "elimino", "a supprime", "quito"];

/// The reaction, if the reply is a reaction and nothing else. `cleaned` comes from `fold::clean`.
pub(crate) fn reaction(cleaned: &str) -> Option<Reaction> {
    let text = plain_lower(cleaned.trim());
    // Everything after the first quotation mark is our text. A reaction has only a few words before it.
    let (lead, quoted) = match text.split_once('"') {
        Some((lead, rest)) => (lead.trim().trim_end_matches(':').trim(), Some(rest)),
        None => (text.as_str(), None),
    };
    if let Some(rest) = quoted {
        // Words after the closing mark are the patient's own and must be read.
        let own = rest.rfind('"').map_or("", |at| rest.get(at + 1..).unwrap_or(""));
        if own.chars().any(char::is_alphanumeric) {
            return None;
        }
        if lead.chars().count() > 60 {
            return None;
        }
        let by_emoji = lead.chars().find_map(by_emoji);
        if lead.starts_with("removed") || lead.starts_with("elimino") || lead.starts_with("a supprime") {
            return Some(Reaction::Other);
        }
        if REACTED.iter().any(|start| lead.starts_with(start)) {
            return Some(by_emoji.unwrap_or(Reaction::Other));
        }
        if let Some(found) = begins(lead) {
            return Some(found);
        }
        let letters: String = lead.chars().filter(|c| c.is_alphanumeric()).collect();
        if by_emoji.is_some() && matches!(letters.as_str(), "" | "to" | "a" | "en" | "sur" | "for") {
            return by_emoji;
        }
        return None;
    }
    // Without quotation marks, only words that stand for an attachment and an unclosed echo of our own text count.
    const OBJECTS: &[&str] =
        &["an image", "a message", "an attachment", "una imagen", "un mensaje", "une image", "un message"];
    let (start, rest) = text.split_at(text.find([' ', '\n']).unwrap_or(text.len()));
    let found = reactions().find(|(name, _)| *name == start).map(|(_, kind)| kind)?;
    let rest = rest.trim();
    (OBJECTS.contains(&rest) || (start.ends_with('d') && is_ours(rest))).then_some(found)
}

/// The reaction that these words express. Only a name or an article may be around it.
fn begins(lead: &str) -> Option<Reaction> {
    const AROUND: &[&str] =
        &["", "to", "a", "el mensaje", "mensaje", "le message", "message", "un message", "the message", "de"];
    let named = reactions().filter_map(|(name, kind)| {
        let at = lead.find(name)?;
        let (before, after) = (lead.get(..at)?, lead.get(at + name.len()..)?);
        // "A Maria le gusto", "Maria a aime": one or two words before it.
        let short = before.split_whitespace().count() <= 2 && (before.is_empty() || before.ends_with(' '));
        (short && AROUND.contains(&after.trim())).then_some((at, std::cmp::Reverse(name.len()), kind))
    });
    named.min_by_key(|(at, length, _)| (*at, *length)).map(|(_, _, kind)| kind)
}

fn by_emoji(c: char) -> Option<Reaction> {
    match c {
        '👍' | '❤' | '♥' | '👌' | '✅' | '💯' | '😍' | '🥰' | '💕' | '💙' | '💜' | '💚' | '🙏' | '👏' => {
            Some(Reaction::Like)
        }
        '👎' | '❌' => Some(Reaction::Dislike),
        '❓' | '🤔' => Some(Reaction::Doubt),
        c if matches!(u32::from(c), 0x203c | 0x2600..=0x2bff | 0x1f000..=0x1faff) => Some(Reaction::Other),
        _ => None,
    }
}

/// Whether this is the wording of a reminder and not of a patient.
fn is_ours(folded: &str) -> bool {
    ECHOES.iter().any(|(lead, _)| folded.contains(lead)) && folded.contains("stop")
}

/// The words before and after the word STOP in our texts, in the three languages.
const ECHOES: &[(&str, &[&str])] = &[
    ("reply", &["to", "2", "if", "for"]),
    ("text", &["to", "2"]),
    ("txt", &["to", "2"]),
    ("send", &["to", "2"]),
    ("type", &["to", "2"]),
    ("responda", &["para", "si"]),
    ("responde", &["para", "si"]),
    ("conteste", &["para"]),
    ("envie", &["para"]),
    ("escriba", &["para"]),
    ("repondez", &["pour", "afin"]),
    ("repondre", &["pour"]),
    ("envoyez", &["pour"]),
    ("textez", &["pour"]),
];

/// The patient's own words, without quoted lines, mail headers, signatures, long quotations and echoes of our text.
pub(crate) fn own_words(cleaned: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let lines: Vec<&str> = cleaned.lines().collect();
    for (n, line) in lines.iter().enumerate() {
        let folded = plain_lower(line.trim());
        if folded.starts_with('>') {
            continue;
        }
        // Mail programs may wrap the line that names the writer.
        let wrapped = lines.get(n + 1).map(|next| format!("{folded} {}", plain_lower(next.trim())));
        if begins_history(&folded) || wrapped.is_some_and(|both| begins_history(&both)) || ends_text(line) {
            break;
        }
        match signature_at(&folded) {
            Some(0) => {}
            // Folding may change byte lengths, so the cut counts characters of the folded line.
            Some(at) if folded.chars().count() == line.trim().chars().count() => {
                let chars = folded.get(..at).map_or(0, |lead| lead.chars().count());
                let end = line.trim().char_indices().nth(chars).map_or(line.trim().len(), |(n, _)| n);
                kept.extend(line.trim().get(..end));
            }
            _ => kept.push(line),
        }
    }
    let own = without_echo(&without_quotations(&kept.join("\n")));
    if own.chars().any(char::is_alphanumeric) {
        return own;
    }
    // "> STOP" can be the patient's answer; a longer quotation is our text.
    let quoted: Vec<&str> = cleaned.lines().filter_map(|line| line.trim_start().strip_prefix('>')).collect();
    let quoted = quoted.join("\n");
    if (1..=3).contains(&quoted.split_whitespace().count()) {
        return quoted;
    }
    own
}

/// Whether the quoted earlier message begins here: "On Mon, Nov 23, 2026 at 10:00 AM Clinic wrote:".
fn begins_history(line: &str) -> bool {
    let says = |start: &str, ends: &[&str]| line.starts_with(start) && ends.iter().any(|end| line.contains(end));
    says("on ", &[" wrote:", " wrote :"])
        || says("el ", &[" escribio:", " escribio :"])
        || says("le ", &[" a ecrit :", " a ecrit:"])
        || line.contains("original message")
        || line.contains("mensaje original")
        || line.contains("message d'origine")
        || ["----- ", "from: ", "de: ", "de : ", "________"].iter().any(|start| line.starts_with(start))
}

/// Whether the line separates the text from its signature, as mail programs write it.
fn ends_text(line: &str) -> bool {
    matches!(line.trim(), "--" | "\u{2014}" | "---" | "__")
}

/// Where a phone's or mail program's signature begins in the line.
fn signature_at(line: &str) -> Option<usize> {
    const SIGNATURES: &[&str] = &[
        "sent from my ",
        "sent from yahoo",
        "sent from mail",
        "sent from outlook",
        "sent from samsung",
        "sent from an ",
        "sent from the ",
        "sent via ",
        "(sent with ",
        "sent on the go",
        "sent with ",
        "get outlook for",
        "get bluemail",
        "download outlook",
        "yahoo mail:",
        "enviado desde",
        "enviado de mi",
        "enviado con ",
        "enviado por ",
        "obtener outlook",
        "obten outlook",
        "envoye de mon",
        "envoye depuis",
        "envoye a partir",
        "envoye avec",
        "envoye via",
        "telecharger outlook",
        "telechargez outlook",
        "obtenir outlook",
    ];
    SIGNATURES.iter().filter_map(|signature| line.find(signature)).min()
}

/// Removes quotations of four words or more. Those quote our text; a patient may put a shorter "stop" in quotation
/// marks.
fn without_quotations(text: &str) -> String {
    let parts: Vec<&str> = text.split('"').collect();
    let mut out = String::with_capacity(text.len());
    for (n, part) in parts.iter().enumerate() {
        let is_quoted = n % 2 == 1 && n + 1 < parts.len();
        let is_all = parts.iter().enumerate().all(|(m, other)| m == n || other.trim().is_empty());
        let is_long = part.split_whitespace().count() >= 4;
        if is_quoted && is_long && (!is_all || is_ours(&plain_lower(part))) {
            out.push_str(" , ");
        } else {
            out.push_str(part);
            out.push(' ');
        }
    }
    out
}

/// Removes sentences such as "Reply STOP to opt out". "I replied STOP" is not an echo and stays.
fn without_echo(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sentence in text.split_inclusive(['.', '!', '?', '\n', ';']) {
        let folded = plain_lower(sentence);
        let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        let echo = words.iter().enumerate().any(|(n, word)| {
            matches!(*word, "stop" | "alto" | "arret" | "cancel" | "end" | "quit" | "unsubscribe" | "baja")
                && ECHOES.iter().any(|(lead, after)| {
                    let near = |m: usize| n >= m && words.get(n - m).is_some_and(|w| w == lead);
                    let i_say = |m: usize| {
                        n > m && words.get(n - m - 1).is_some_and(|w| matches!(*w, "i" | "will" | "did" | "to"))
                    };
                    (1..=3).any(|m| near(m) && !i_say(m)) && words.get(n + 1).is_some_and(|w| after.contains(w))
                })
        });
        // "STOP to opt out", "STOP to end": only the end of our text. "I sent STOP to opt out" is the patient's own
        // sentence.
        let tail = words.windows(4).enumerate().any(|(n, four)| {
            let ends = matches!(four, ["stop", "to", "opt", "out"] | ["stop", "to", "end" | "unsubscribe", _]);
            let said =
                n > 0 && words.get(n - 1).is_some_and(|w| is_among("replied sent texted said typed put wrote did", w));
            ends && !said
        });
        if !(echo || (tail && words.len() > 4)) {
            out.push_str(sentence);
        } else {
            out.push_str(" . ");
        }
    }
    out
}

/// Whether the reply is "Reply STOP to opt out" and nothing else, typed and not quoted.
pub(crate) fn is_bare_echo(cleaned: &str) -> bool {
    let quoted = cleaned.trim_start().starts_with(['>', '"']);
    let few = cleaned.split_whitespace().count() <= 8;
    !quoted
        && few
        && cleaned.chars().any(char::is_alphanumeric)
        && without_echo(cleaned).chars().all(|c| !c.is_alphanumeric())
}

/// Whether the reply is only a gateway's placeholder for a picture, a voice note or a sticker.
pub(crate) fn is_attachment(cleaned: &str) -> bool {
    let text = plain_lower(cleaned.trim());
    let bare = text.trim_matches(|c: char| !c.is_alphanumeric());
    let bracketed = text.starts_with(['[', '(', '<', '{']) && text.ends_with([']', ')', '>', '}']);
    const NAMES: &[&str] = &[
        "image",
        "picture",
        "photo",
        "video",
        "audio",
        "voice",
        "sticker",
        "gif",
        "attachment",
        "media",
        "mms",
        "file",
        "imagen",
        "foto",
        "adjunto",
        "nota de voz",
        "piece jointe",
        "fichier",
        "contact card",
        "vcard",
        "location",
    ];
    const OPEN: &[&str] =
        &["attachment: ", "<attached", "media omitted", "image omitted", "imagen omitida", "image absente"];
    (bracketed && NAMES.iter().any(|name| bare.contains(name)) && bare.split_whitespace().count() <= 5)
        || OPEN.iter().any(|name| bare.starts_with(name.trim_start_matches('<')))
        || matches!(bare.rsplit_once('.'), Some((name, "jpg" | "jpeg" | "png" | "gif" | "heic" | "mp4" | "pdf" | "vcf")) if !name.contains(' '))
}
