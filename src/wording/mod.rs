//! Writes what patients read and what Annie is told: templates, and dates and times in words. Pure.

pub mod dates;
pub mod template;
pub mod wordbook;
