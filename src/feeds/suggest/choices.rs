//! Words that are an answer: yes, no, and whether a patient agreed to texts.

use crate::domain::phone::Country;

/// Whether a folded word says no, or nothing.
pub(super) use crate::feeds::mapping::is_no_answer as is_no;

/// Whether a folded word says yes.
pub(super) fn is_yes(word: &str) -> bool {
    matches!(word, "yes" | "y" | "true" | "1" | "x" | "si" | "sí" | "oui" | "ja" | "sim" | "✓" | "checked")
}

/// Whether a folded word says that reminders are switched on (`true`) or off; `None`: it says something else.
pub(super) fn switched(word: &str) -> Option<bool> {
    match word {
        "on" | "enabled" | "turned on" => Some(true),
        "off" | "disabled" | "turned off" => Some(false),
        _ => None,
    }
}

/// Whether a word says that the patient agreed to texts, or did not; `None`: it says something else.
pub(super) fn opted(word: &str) -> Option<bool> {
    // "Opt Out", "opt-out" and "OptOut" are one word.
    match joined(word).as_str() {
        "optedin" | "optin" | "ok" | "okay" | "allowed" | "accepted" | "agreed" | "consented" => Some(true),
        "optedout" | "optout" | "declined" | "refused" | "denied" | "donottext" | "notexts" | "notext" | "nosms"
        | "unsubscribed" | "stop" => Some(false),
        _ => None,
    }
}

/// Whether a folded text refuses texts, in words that mean the same in every country.
pub(super) fn refuses_texts(text: &str) -> bool {
    crate::feeds::mapping::refuses_texts(text, Country::US)
}

/// The letters and digits of a word, without the spaces and signs between them.
fn joined(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether a folded word is a way to reach somebody.
pub(super) fn names_a_channel(word: &str) -> bool {
    const WAYS: [&str; 41] = [
        "whatsapp",
        "téléphone",
        "telephone",
        "teléfono",
        "telefono",
        "telefon",
        "telefone",
        "telefonisch",
        "anruf",
        "brief",
        "post",
        "courrier",
        "llamada telefónica",
        "appel téléphonique",
        "none",
        "no contact",
        "ne pas prévenir",
        "ne pas contacter",
        "mobile",
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
