//! Reads `[retention]`: how long names, birth dates and the words of texts are kept.

use chrono::TimeDelta;

use crate::config::toml_reader::{Section, duration, fault};

/// The contact budget looks back thirty days, and so does the first read of Annie's list.
const LEAST_DAYS: u64 = 31;
/// Ten years.
const MOST_DAYS: u64 = 3653;
const DAY: u64 = 86_400;

/// `[retention]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long after an appointment's start its patient fields and the words of its texts are deleted.
    pub after_appointment: TimeDelta,
}

impl Default for Retention {
    fn default() -> Retention {
        Retention { after_appointment: TimeDelta::days(90) }
    }
}

pub(crate) fn read(mut section: Section<'_, '_, '_>) -> Retention {
    let after_appointment = section.optional("after_appointment", |value| {
        let length = duration(value, 0..=u64::from(u32::MAX))?;
        match (LEAST_DAYS * DAY..=MOST_DAYS * DAY).contains(&length.as_secs()) {
            true => TimeDelta::from_std(length).or_else(|_| fault("too long")),
            false => fault(format!(
                "write a length of time from {LEAST_DAYS} days (Annie's limits for a number look back 30 days) to {MOST_DAYS} days"
            )),
        }
    });
    section.finish();
    after_appointment.map_or_else(Retention::default, |after_appointment| Retention { after_appointment })
}
