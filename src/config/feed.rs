//! Reads `[feed]`: how old the appointment book may be, and what an import makes of appointments it no longer names.

use chrono::TimeDelta;

use crate::config::toml_reader::{Faults, Section, Value, duration, fault, one_of, text_as};

/// `[feed]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feed {
    /// Sending holds when the last good import is older, days on which the practice is closed not counted; none: never.
    pub stale_after: Option<TimeDelta>,
    /// What an import does with appointments that its file no longer names.
    pub missing: Missing,
    /// An import that would cancel more than these hundredths of the coming appointments is refused.
    pub max_missing: u32,
}

impl Default for Feed {
    fn default() -> Feed {
        Feed { stale_after: None, missing: Missing::Keep, max_missing: 20 }
    }
}

/// What an import does with appointments that its file no longer names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// Nothing: files add and change only.
    #[default]
    Keep,
    /// Every file is the whole list for the dates it covers: they are cancelled.
    Cancel,
}

pub(crate) fn read(mut section: Section<'_, '_, '_>) -> Feed {
    let usual = Feed::default();
    let stale_after = section.optional("stale_after", |value| {
        TimeDelta::from_std(duration(value, 3600..=30 * 86_400)?).or_else(|_| fault("too long"))
    });
    let meanings = [("keep", Missing::Keep), ("cancel", Missing::Cancel)];
    let missing = section.optional("missing", |value| one_of(value, &meanings)).unwrap_or_default();
    let max_missing = section.optional("max_missing", percent).unwrap_or(usual.max_missing);
    section.finish();
    Feed { stale_after, missing, max_missing }
}

/// `"20%"`.
fn percent(value: &Value<'_>) -> Result<u32, Faults> {
    let wrong = |text: &str| format!("`{text}` is no share; write for example \"20%\", from \"1%\" to \"100%\"");
    text_as(value, |text| {
        let number = text.strip_suffix('%').map(str::trim).and_then(|digits| digits.parse::<u32>().ok());
        number.filter(|number| (1..=100).contains(number)).ok_or_else(|| wrong(text))
    })
}
