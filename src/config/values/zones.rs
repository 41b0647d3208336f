//! Loads time zones from the operating system's zoneinfo if it is present, or else from the embedded copy.

use std::str::FromStr;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use jiff::tz::TimeZoneDatabase;

use crate::domain::ids::nearest;
use crate::domain::zone::Zone;

/// How far ahead the two copies are compared: no reminder is planned further ahead.
const COMPARED_AHEAD: TimeDelta = TimeDelta::days(18 * 30);

/// Where zones are loaded from.
#[derive(Debug, Clone)]
pub struct Zones {
    system: TimeZoneDatabase,
}

impl Zones {
    /// The system's zoneinfo, from `TZDIR` if it is set, or else from the usual places; read again, not cached.
    pub fn of_this_machine() -> Zones {
        Zones { system: TimeZoneDatabase::from_env() }
    }

    /// Zoneinfo in a folder; an unreadable folder counts as none.
    pub fn in_folder(folder: &std::path::Path) -> Zones {
        Zones { system: TimeZoneDatabase::from_dir(folder).unwrap_or_else(|_| TimeZoneDatabase::none()) }
    }

    /// A zone by its IANA name. The error suggests the closest known name.
    pub fn load(&self, name: &str) -> Result<Zone, String> {
        if let Ok(rules) = self.system.get(name) {
            let name = rules.iana_name().unwrap_or(name).to_owned();
            return Ok(Zone::from_system(&name, rules));
        }
        chrono_tz::Tz::from_str(name).map(Zone::embedded).map_err(|_| match suggestion(name) {
            Some(near) => format!("there is no time zone `{name}`; did you mean `{near}`?"),
            None => format!("there is no time zone `{name}`; write an IANA name such as \"America/Denver\""),
        })
    }
}

/// The zone that was probably meant: the one of a city (`Denver`, `new york`), or one that is written almost the same.
fn suggestion(name: &str) -> Option<&'static str> {
    let known = || chrono_tz::TZ_VARIANTS.iter().map(|tz| tz.name());
    let place = |zone: &'static str| zone.rsplit('/').next().unwrap_or(zone);
    let typed = name.trim().replace([' ', '-'], "_");
    let is = |zone: &&'static str| zone.eq_ignore_ascii_case(&typed) || place(zone).eq_ignore_ascii_case(&typed);
    // Some names are in several countries: `US/Eastern`, `Canada/Eastern`.
    let rank = |zone: &&'static str| ["America/", "US/"].iter().position(|area| zone.starts_with(area)).unwrap_or(2);
    if let Some(zone) = known().filter(is).min_by_key(rank) {
        return Some(zone);
    }
    if let Some(zone) = nearest(name, known()) {
        return Some(zone);
    }
    let near = nearest(&typed, known().filter(|zone| zone.contains('/')).map(place))?;
    known().filter(|zone| place(zone) == near).min_by_key(rank)
}

/// The first hour within 18 months of `now` at which the system's copy of a zone and the embedded copy give
/// different times; `None` if they agree or there is nothing to compare.
pub fn first_disagreement(zone: &Zone, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let embedded = Zone::embedded(chrono_tz::Tz::from_str(zone.name()).ok()?);
    let first_hour = Utc.timestamp_opt(now.timestamp() - now.timestamp().rem_euclid(3600), 0).single()?;
    (0..COMPARED_AHEAD.num_hours())
        .map(|hour| first_hour + TimeDelta::hours(hour))
        .find(|at| zone.offset_at(*at) != embedded.offset_at(*at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_or_a_typo_suggests_its_time_zone() {
        for (typed, zone) in [
            ("Denver", "America/Denver"),
            ("new york", "America/New_York"),
            ("Eastern", "US/Eastern"),
            ("Amercia/Denver", "America/Denver"),
            ("Pheonix", "America/Phoenix"),
            ("Paris", "Europe/Paris"),
        ] {
            assert_eq!(suggestion(typed), Some(zone), "{typed}");
        }
        assert_eq!(suggestion("xyzzy"), None);
    }
}
