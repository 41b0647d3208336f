//! Writes what patients read and the context sent to Annie: templates, and dates and times in words. Pure.

mod built_in;
pub(crate) mod dates;
mod names;
pub(crate) mod office;
pub mod segments;
pub(crate) mod template;
mod values;
pub mod wordbook;
