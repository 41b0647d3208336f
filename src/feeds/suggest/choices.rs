//! Words that are an answer: yes, no, and whether a patient agreed to texts.

/// Whether a folded word says no, or nothing.
pub(super) use crate::feeds::mapping::is_no_answer as is_no;

/// Whether a folded word says yes.
pub(super) fn is_yes(word: &str) -> bool {
    matches!(word, "yes" | "y" | "true" | "1" | "x" | "si" | "sí" | "✓" | "checked")
}

/// Whether a word says that the patient agreed to texts, or did not; `None`: it says something else.
pub(super) fn opted(word: &str) -> Option<bool> {
    match word {
        "opted in" | "opt in" | "opt-in" | "ok" | "okay" | "allowed" | "accepted" | "agreed" | "consented" => {
            Some(true)
        }
        "opted out" | "opt out" | "opt-out" | "declined" | "refused" | "denied" | "do not text" | "no texts"
        | "no text" | "unsubscribed" | "stop" => Some(false),
        _ => None,
    }
}

/// Whether a folded word is a way to reach somebody.
pub(super) fn names_a_channel(word: &str) -> bool {
    const WAYS: [&str; 22] = [
        "text",
        "txt",
        "sms",
        "text message",
        "texting",
        "text/sms",
        "email",
        "e-mail",
        "mail",
        "letter",
        "postal mail",
        "phone",
        "phone call",
        "call",
        "voice",
        "home phone",
        "cell phone",
        "cell",
        "correo",
        "llamada",
        "courriel",
        "appel",
    ];
    // "Email, SMS", "text and email"
    let mut parts = word.split([',', '/', '&', '+', ';']).flat_map(|part| part.split(" and ")).map(str::trim);
    !word.is_empty() && parts.all(|part| WAYS.contains(&part))
}
