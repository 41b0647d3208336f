//! Says what a message does to one value: keep it, delete it, or set it.

/// What a message does to one value. Empty or absent is `Keep`, `""` is `Delete`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Patch<T> {
    #[default]
    Keep,
    Delete,
    Set(T),
}

impl<T> Patch<T> {
    pub fn set(&self) -> Option<&T> {
        match self {
            Patch::Set(value) => Some(value),
            Patch::Keep | Patch::Delete => None,
        }
    }

    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Patch::Keep => Patch::Keep,
            Patch::Delete => Patch::Delete,
            Patch::Set(value) => Patch::Set(change(value)),
        }
    }

    /// `Set` of a value that is there, else `Delete`.
    pub fn set_or_delete(value: Option<T>) -> Patch<T> {
        value.map_or(Patch::Delete, Patch::Set)
    }
}
