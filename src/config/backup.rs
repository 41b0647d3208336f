//! Reads `[backup]`: where and when the daily backups of the database are made, and how many are kept.

use std::path::{Path, PathBuf};

use chrono::NaiveTime;

use crate::config::toml_reader::{Section, fault, text, text_as, whole_number};
use crate::domain::time_of_day;

/// When a backup is made if the file does not say.
const AT: NaiveTime = NaiveTime::from_hms_opt(2, 30, 0).expect("a time of day");

/// `[backup]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The folder for the backups.
    pub folder: PathBuf,
    /// The time of day on the practice's clock.
    pub at: NaiveTime,
    /// How many backups are kept.
    pub keep: u32,
}

/// `None`: no backups are made.
pub(crate) fn read(mut section: Section<'_, '_, '_>, is_there: bool, folder: &Path) -> Option<Backup> {
    let example = "\"/var/lib/leadtime/backups\"";
    let named = |value: &crate::config::toml_reader::Value<'_>| match text(value)?.trim() {
        "" => fault("the folder name is empty; write its path, such as \"/var/lib/leadtime/backups\""),
        name => Ok(folder.join(name)),
    };
    let target = if is_there { section.required("folder", example, named) } else { None };
    let at = section.optional("at", |value| text_as(value, time_of_day::read));
    let keep = section.optional("keep", |value| whole_number(value, 1..=1000));
    section.finish();
    Some(Backup { folder: target?, at: at.unwrap_or(AT), keep: keep.unwrap_or(14) })
}
