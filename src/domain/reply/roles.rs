//! Who wrote a message in a conversation, judged by its role.

/// Whether a message in a conversation came from the patient, judged by its role. The vocabulary of roles is
/// undocumented; the API reference names only `user`. `None` if the role does not show it.
pub(crate) fn is_patients(role: &str) -> Option<bool> {
    match role.trim().to_lowercase().as_str() {
        "user" | "patient" | "customer" | "caller" | "contact" | "human" | "inbound" => Some(true),
        "assistant" | "agent" | "bot" | "ai" | "annie" | "system" | "tool" | "function" | "outbound" | "staff" => {
            Some(false)
        }
        _ => None,
    }
}
