//! From where a text goes out: two texts with another sender are never one.

use crate::domain::ids::ApiKeyName;
use crate::domain::phone::Phone;

/// An API key and the Annie number texts come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sender {
    /// The key, by its name.
    pub api_key: ApiKeyName,
    /// The number.
    pub from_number: Phone,
}
