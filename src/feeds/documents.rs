//! Turns a file of FHIR resources, HL7 messages or a calendar into a table. Pure.

use std::ops::Range;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use crate::config::feeds::{Feed, Source};
use crate::domain::zone::Zone;
use crate::feeds::formats::Table;
use crate::feeds::formats::fhir::{FhirError, Found};
use crate::feeds::formats::hl7;
use crate::feeds::formats::ical::{self, CalendarError};

/// Why a file is not what its feed says.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocumentError {
    /// It has no FHIR resources.
    #[error("{0}")]
    Fhir(#[from] FhirError),
    /// It is not a calendar.
    #[error("{0}")]
    Calendar(#[from] CalendarError),
}

/// The rows of a file. `None`: it is a text file or a spreadsheet, which has rows already. Messages are put together as
/// far as the file goes; what was known before is not used.
pub(crate) fn table(
    feed: &Feed,
    bytes: &[u8],
    zone: &Zone,
    now: DateTime<Utc>,
) -> Result<Option<Table>, DocumentError> {
    match &feed.source {
        Source::Files | Source::Database(_) => Ok(None),
        Source::Fhir(_) => {
            let mut found = Found::default();
            found.add(bytes)?;
            Ok(Some(found.table(now)))
        }
        Source::Hl7(_) => Ok(Some(hl7::of_file(bytes))),
        Source::Ical(source) => {
            let days = span(zone, zone.local(now).date_naive(), source.ahead);
            Ok(Some(ical::table(bytes, days, ical::Limits::default())?))
        }
    }
}

/// The instants of these days, one day more on each side: days end at another instant in another zone.
pub(crate) fn span(zone: &Zone, today: NaiveDate, ahead: u32) -> Range<DateTime<Utc>> {
    let end = today + Days::new(u64::from(ahead) + 1);
    zone.at(today - Days::new(1), NaiveTime::MIN)..zone.at(end, NaiveTime::MIN)
}
