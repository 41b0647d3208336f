//! Who said something in a conversation, as far as its role tells.

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
