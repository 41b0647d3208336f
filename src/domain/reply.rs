//! Replies that ask for no more texts (47 CFR 64.1200(a)(10); Twilio's opt-out words), in the languages of the texts.

/// Words that alone are an opt-out, as carriers and the regulation name them, and as patients write them.
const ALONE: &[&str] = &[
    // English
    "stop",
    "stopall",
    "stop all",
    "unsubscribe",
    "unsubscribed",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
    "opt out",
    "optedout",
    "opted out",
    "remove",
    "remove me",
    "no more",
    "leave me alone",
    "unsuscribe",
    "unsubcribe",
    "stpo",
    "sotp",
    // Spanish
    "alto",
    "parar",
    "pare",
    "paren",
    "detener",
    "detenga",
    "basta",
    "baja",
    "cancelar",
    "cancela",
    "no más",
    "no mas",
    "eliminar",
    "borrar",
    "salir",
    "fin",
    // French
    "arrêt",
    "arret",
    "arrêter",
    "arreter",
    "arrêtez",
    "arretez",
    "stopper",
    "désabonner",
    "desabonner",
    "désinscrire",
    "desinscrire",
    "annuler",
    "fin",
    "finir",
];

/// Phrases that are an opt-out wherever they stand.
const WITHIN: &[&str] = &[
    "stop texting",
    "stop messaging",
    "stop sending",
    "stop contacting",
    "stop these",
    "stop the texts",
    "stop all texts",
    "unsubscribe me",
    "opt me out",
    "opt out of",
    "want to opt out",
    "wish to opt out",
    "like to opt out",
    "do not text",
    "don't text",
    "dont text",
    "do not message",
    "don't message",
    "dont message",
    "do not contact",
    "don't contact",
    "dont contact",
    "no more texts",
    "no more messages",
    "no more text messages",
    "no texts",
    "take me off your",
    "take me off the list",
    "take me off this",
    "take me off of",
    "take my number off",
    "take this number off",
    "remove me from your",
    "remove me from the list",
    "remove me from this",
    "remove me from these",
    "remove this number",
    "stop calling",
    "stop bothering",
    "stop harassing",
    "stop spamming",
    "stop it",
    "do not send",
    "don't send",
    "dont send",
    "do not want any texts",
    "do not want these",
    "do not want texts",
    "don't want any texts",
    "don't want these",
    "don't want texts",
    "don't want to receive",
    "do not want to receive",
    "no longer wish to receive",
    "no longer want",
    "not wish to receive",
    "no longer contact",
    "never text",
    "never contact",
    "remove my number",
    "delete my number",
    "lose my number",
    "quit texting",
    "i revoke",
    "revoke my consent",
    "revoke consent",
    "not consent",
    "stop me envoyer",
    "no me envíe",
    "no me envie",
    "no me envíen",
    "no me envien",
    "no me manden",
    "no me mande",
    "no me escriban",
    "no me escriba",
    "dejen de",
    "deje de enviar",
    "dejar de enviar",
    "dar de baja",
    "darme de baja",
    "denme de baja",
    "no quiero recibir",
    "no más mensajes",
    "no mas mensajes",
    "no quiero mensajes",
    "quítenme",
    "quitenme",
    "ne m'envoyez plus",
    "ne m envoyez plus",
    "n'envoyez plus",
    "n envoyez plus",
    "plus de messages",
    "plus de sms",
    "plus de message",
    "plus de texto",
    "deja de mandar",
    "deja de enviar",
    "deje de mandar",
    "dejen de mandar",
    "no me mandes",
    "no me envíes",
    "no me envies",
    "no mandar",
    "ya no quiero",
    "plus de textos",
    "ne me textez",
    "ne plus recevoir",
    "me désabonner",
    "me desabonner",
    "arrêtez de",
    "arretez de",
    "arrêter de m",
    "cessez de",
    "ne me contactez plus",
];

/// What a reply that begins with one of [`CARRIERS`] may go on with: these are no errands and no other plans.
const FOLLOWED_BY: &[&str] =
    &["wrong", "not", "you", "your", "i", "i'm", "im", "no", "never", "who", "this", "we", "he", "she"];

/// The words carriers take for an opt-out and nothing else.
const CARRIERS: &[&str] = &["stop", "stopall", "unsubscribe", "optout"];

/// "Do not contact me", and not "if I do not contact you".
const IF: &[&str] =
    &["if i don't contact", "if i dont contact", "if i do not contact", "if you don't send", "if you do not send"];

/// Words that say nothing by themselves beside an opt-out word.
const BESIDE: &[&str] = &[
    "please",
    "pls",
    "plz",
    "thanks",
    "thank",
    "you",
    "thx",
    "now",
    "it",
    "this",
    "that",
    "these",
    "to",
    "all",
    "texts",
    "text",
    "texting",
    "messages",
    "message",
    "messaging",
    "me",
    "sms",
    "ok",
    "okay",
    "hi",
    "hello",
    "just",
    "the",
    "i",
    "said",
    "por",
    "favor",
    "gracias",
    "ya",
    "los",
    "mensajes",
    "textos",
    "hola",
    "s'il",
    "vous",
    "plaît",
    "plait",
    "svp",
    "merci",
    "bonjour",
    "les",
    "svp",
    "immediately",
    "asap",
    "sending",
    "further",
    "any",
];

/// Whether a patient's reply asks for no more texts. Blind to case, accents of punctuation and polite words. A question
/// such as "Can I stop by earlier?" is none.
pub(crate) fn is_opt_out(reply: &str) -> bool {
    let words = words_of(reply);
    let whole = words.join(" ");
    if ALONE.contains(&whole.as_str()) {
        return true;
    }
    let begins = words.first().is_some_and(|word| CARRIERS.contains(&word.as_str()));
    if begins && words.get(1).is_some_and(|next| FOLLOWED_BY.contains(&next.as_str())) {
        return true;
    }
    let mut padded = format!(" {whole} ");
    for condition in IF {
        padded = padded.replace(condition, " ");
    }
    if WITHIN.iter().any(|phrase| padded.contains(&format!(" {phrase}"))) {
        return true;
    }
    let said: Vec<&str> = words.iter().map(String::as_str).filter(|word| !BESIDE.contains(word)).collect();
    // "Stop stop stop", "Please stop, thanks".
    !said.is_empty() && said.iter().all(|word| ALONE.contains(word)) || ALONE.contains(&said.join(" ").as_str())
}

/// Whether the text is nothing but an opt-out word: said by whom it may, it is one.
pub(crate) fn is_nothing_but_opt_out(reply: &str) -> bool {
    ALONE.contains(&words_of(reply).join(" ").as_str())
}

/// Lower-case words without punctuation; an apostrophe within a word stays.
fn words_of(text: &str) -> Vec<String> {
    let plain: String = text
        .to_lowercase()
        .chars()
        .map(|c| match c {
            '\u{2019}' | '\u{2018}' => '\'',
            c if c.is_alphanumeric() || c == '\'' => c,
            _ => ' ',
        })
        .collect();
    plain.split_whitespace().map(|word| word.trim_matches('\'').to_owned()).filter(|word| !word.is_empty()).collect()
}

/// Whether what was said in a conversation came from the patient, as far as its role tells. The vocabulary of roles is
/// undocumented: `user` is named in the API reference. None: it cannot be told.
pub(crate) fn is_patients(role: &str) -> Option<bool> {
    match role.trim().to_lowercase().as_str() {
        "user" | "patient" | "customer" | "caller" | "contact" | "human" | "inbound" => Some(true),
        "assistant" | "agent" | "bot" | "ai" | "annie" | "system" | "tool" | "function" | "outbound" | "staff" => {
            Some(false)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opt_outs() {
        for reply in [
            "STOP",
            "stop",
            " Stop. ",
            "STOP!!!",
            "stop all",
            "StopAll",
            "unsubscribe",
            "Cancel",
            "END",
            "quit",
            "revoke",
            "opt out",
            "opt-out",
            "OPTOUT",
            "Please stop",
            "stop please, thank you",
            "stop it",
            "Stop texting me!",
            "please don\u{2019}t text me anymore",
            "Do not text this number",
            "STOP STOP STOP",
            "take me off your list",
            "Remove me from this list",
            "I want to opt out of these",
            "no more texts",
            "I revoke my consent",
            "ALTO",
            "Parar por favor",
            "no más mensajes",
            "Ya no me manden mensajes",
            "quiero darme de baja",
            "BAJA",
            "ARRÊT",
            "Arret svp",
            "arrêtez de m'envoyer des textos",
            "Ne m'envoyez plus de messages",
            "désabonner",
            "please stop sending these",
            "STOP wrong number",
            "Stop, you have the wrong person",
            "STOP. I am not a patient",
            "Stop! Who is this?",
            "Please don't send me any more texts",
            "do not send",
            "stop calling me",
            "stop bothering me",
            "take my number off",
            "I no longer wish to receive these",
            "I don't want these texts",
            "plus de sms svp",
            "deja de mandarme mensajes",
            "\u{2018}stop\u{2019}",
        ] {
            assert!(is_opt_out(reply), "{reply}");
        }
    }

    #[test]
    fn other_replies() {
        for reply in [
            "",
            "Yes",
            "C",
            "Confirm",
            "ok thanks",
            "Can I stop by earlier?",
            "I will stop at the pharmacy first",
            "See you at the end of the week",
            "Can we cancel Monday and come Tuesday?",
            "I need to cancel my appointment",
            "What is the end time?",
            "No",
            "Thank you!",
            "is there a bus stop near you",
            "Who is this?",
            "Sí, gracias",
            "¿A qué hora termina?",
            "Oui merci",
            "please",
            "text me the address",
            "take me off the waitlist",
            "remove me from the Tuesday slot",
            "If I don't contact you I'll be there",
            "stop by at 3?",
        ] {
            assert!(!is_opt_out(reply), "{reply}");
        }
    }

    #[test]
    fn roles() {
        assert_eq!(is_patients("User"), Some(true));
        assert_eq!(is_patients("assistant"), Some(false));
        assert_eq!(is_patients("participant"), None);
    }
}
