//! Recognizes what a column holds from its header in a practice's export.

use crate::domain::fold::fold;

/// Whether a column with this header holds phone numbers, no matter whose.
pub fn names_a_phone(header: &str) -> bool {
    const WORDS: [&str; 18] = [
        "phone",
        "cell",
        "mobile",
        "telephone",
        "tel",
        "sms",
        "hmphone",
        "wkphone",
        "wirelessphone",
        "cellphone",
        "teléfono",
        "telefono",
        "celular",
        "móvil",
        "movil",
        "téléphone",
        "portable",
        "home",
    ];
    const NOT: [&str; 23] = [
        "type",
        "ok",
        "consent",
        "opt",
        "optin",
        "optout",
        "carrier",
        "preference",
        "method",
        "status",
        "allowed",
        "confirmed",
        "provider",
        "city",
        "zip",
        "street",
        "state",
        "county",
        "nursing",
        "visit",
        "note",
        "notes",
        "language",
    ];
    let name = fold(header);
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let named = words.iter().any(|word| WORDS.contains(word) || word.ends_with("phone"));
    let address = words.contains(&"address") || words.contains(&"email");
    named && !address && !words.iter().any(|word| NOT.contains(word))
}

/// Whether a column with this header holds what the front desk noted, where "no texts please" may stand as well.
pub(super) fn names_a_note(header: &str) -> bool {
    const WORDS: [&str; 13] = [
        "note",
        "notes",
        "comment",
        "comments",
        "alert",
        "alerts",
        "memo",
        "remark",
        "remarks",
        "nota",
        "notas",
        "comentarios",
        "observaciones",
    ];
    let name = fold(header);
    name.split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(&word))
}

/// Whether a column with this header says what a row is for, such as a treatment, a meeting or lunch.
pub(super) fn names_a_reason(header: &str) -> bool {
    const WORDS: [&str; 12] = [
        "type",
        "reason",
        "service",
        "procedure",
        "purpose",
        "treatment",
        "category",
        "title",
        "subject",
        "description",
        "motivo",
        "servicio",
    ];
    let name = fold(header);
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    words.any(|word| WORDS.iter().any(|known| word == *known || word.ends_with(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_phone_columns_are_recognized() {
        for name in [
            "Cell",
            "Home Phone",
            "WirelessPhone",
            "Phone (2)",
            "Mobile #",
            "Teléfono",
            "patient_cell_phone",
            "Phone Number",
        ] {
            assert!(names_a_phone(name), "{name}");
        }
        for name in ["TxtMsgOk", "Phone Type", "Home Address", "SMS Opt In", "Provider", "Telehealth"] {
            assert!(!names_a_phone(name), "{name}");
        }
    }
}
