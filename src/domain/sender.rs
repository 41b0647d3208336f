//! Who a text is sent from. Texts with different senders are never combined into one.

use crate::domain::ids::ApiKeyName;
use crate::domain::phone::Phone;

/// An API key, and the Annie number that texts come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sender {
    /// The name of the key.
    pub api_key: ApiKeyName,
    /// The Annie number.
    pub from_number: Phone,
}
