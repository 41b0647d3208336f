//! Warns about valid time zones that are probably not intended: abbreviations without daylight saving time, and names
//! with a reversed sign.

use chrono::{DateTime, Datelike, TimeZone, Utc};

use toml::de::DeTable;

use crate::config::diagnostic::Diagnostic;
use crate::config::values::zones::Zones;
use crate::domain::duration;

/// The zone probably meant by `name`, if that name has no daylight saving time.
fn meant(name: &str) -> Option<&'static str> {
    const AMERICAN: [&str; 7] = [
        "America/Halifax",
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Los_Angeles",
        "America/Anchorage",
        "Pacific/Honolulu",
    ];
    match name {
        "EST" => Some("America/New_York"),
        "MST" => Some("America/Denver"),
        "HST" => Some("Pacific/Honolulu"),
        _ => {
            let hours = name.strip_prefix("Etc/").unwrap_or(name).strip_prefix("GMT")?;
            let hours: usize = hours.strip_prefix(['-', '+'])?.parse().ok()?;
            AMERICAN.get(hours.checked_sub(4)?).copied()
        }
    }
}

/// What is probably wrong with a zone, judged by its name, as of `now`; `None` if nothing is.
pub(super) fn doubt(name: &str, zones: &Zones, now: DateTime<Utc>) -> Option<String> {
    let city = meant(name)?;
    let (written, city_zone) = (zones.load(name).ok()?, zones.load(city).ok()?);
    // The next July: this year's until June, then next year's.
    let year = now.year() + i32::from(now.month() > 6);
    let summer = Utc.with_ymd_and_hms(year, 7, 1, 18, 0, 0).single()?;
    let difference = written.local(summer).naive_local() - city_zone.local(summer).naive_local();
    if difference.is_zero() {
        return None;
    }
    let direction = if difference > chrono::TimeDelta::zero() { "ahead of" } else { "behind" };
    let sign = if name.contains('-') { " (the sign in these names is reversed)" } else { "" };
    Some(format!(
        "`{name}`{sign} has no daylight saving time: on July 1, {year}, it is {} {direction} {city}. Did you mean \"{city}\"?",
        duration::exact(difference.abs())
    ))
}

/// Adds a warning for each such zone in a file without errors.
pub(super) fn all(source: &str, zones: &Zones, now: DateTime<Utc>, diagnostics: &mut Vec<Diagnostic>) {
    let (document, _) = DeTable::parse_recoverable(source);
    let root = document.get_ref();
    let of = |section: &str, key: &str| root.get(section).and_then(|table| table.get_ref().get(key));
    let locations = root.get("location").and_then(|all| all.get_ref().as_array());
    let of_locations = locations.into_iter().flat_map(|all| all.iter()).filter_map(|one| one.get_ref().get("timezone"));
    let all = [of("practice", "timezone"), of("annie", "organization_timezone")].into_iter().flatten();
    for value in all.chain(of_locations) {
        let doubt = value.get_ref().as_str().and_then(|name| doubt(name, zones, now));
        diagnostics.extend(doubt.map(|message| Diagnostic::warning(value.span(), message)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_that_are_probably_mistakes_are_reported() {
        let now: DateTime<Utc> = "2026-11-24T12:00:00Z".parse().unwrap();
        let zones = Zones::of_this_machine();
        for (name, words) in [
            ("EST", "July 1, 2027, it is 1 hour behind America/New_York"),
            ("MST", "1 hour behind America/Denver"),
            ("Etc/GMT-7", "13 hours ahead of America/Denver"),
            ("Etc/GMT+7", "1 hour behind America/Denver"),
        ] {
            let doubt = doubt(name, &zones, now).unwrap();
            assert!(doubt.contains(words), "{doubt}");
        }
        for name in ["America/New_York", "America/Phoenix", "HST", "UTC", "Etc/GMT", "Etc/GMT+10", "Europe/Paris"] {
            assert_eq!(doubt(name, &zones, now), None, "{name}");
        }
    }
}
