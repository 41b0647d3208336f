//! The practice's own limits on texts per day, in `[sending]`.

use crate::config::toml_reader::{Section, whole_number};

/// How many texts may go out on one of the practice's days; `None`: as many as are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DailyLimits {
    /// On any day.
    pub max_texts_per_day: Option<u32>,
    /// On the day the first text ever goes out.
    pub first_day_limit: Option<u32>,
}

pub(crate) fn read(section: &mut Section<'_, '_, '_>) -> DailyLimits {
    DailyLimits {
        max_texts_per_day: section.optional("max_texts_per_day", |value| whole_number(value, 1..=1_000_000)),
        first_day_limit: section.optional("first_day_limit", |value| whole_number(value, 1..=1_000_000)),
    }
}
