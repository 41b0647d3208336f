//! The demo's practice: its time zone, its rules, and its appointments for the next days.

use chrono::{DateTime, SecondsFormat, TimeDelta, Timelike, Utc};

use crate::config::Practice;
use crate::config::values::zones::Zones;
use crate::domain::zone::Zone;

/// The key that the demo's sandbox requires.
pub(crate) const KEY: &str = "annie-sk-v1-demo";

/// Time zones without daylight saving time, an hour apart, around the world.
const AROUND_THE_WORLD: [&str; 24] = [
    "Pacific/Pago_Pago",
    "Pacific/Honolulu",
    "Pacific/Gambier",
    "Pacific/Pitcairn",
    "America/Phoenix",
    "America/Costa_Rica",
    "America/Panama",
    "America/Puerto_Rico",
    "America/Argentina/Buenos_Aires",
    "America/Noronha",
    "Atlantic/Cape_Verde",
    "Africa/Abidjan",
    "Africa/Lagos",
    "Africa/Johannesburg",
    "Asia/Riyadh",
    "Asia/Dubai",
    "Asia/Tashkent",
    "Asia/Dhaka",
    "Asia/Bangkok",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Pacific/Guam",
    "Pacific/Guadalcanal",
    "Pacific/Tarawa",
];

/// The time zone where the local time is closest to 12:30.
pub(crate) fn working_zone(zones: &Zones, now: DateTime<Utc>) -> Option<Zone> {
    const NOON: i64 = 12 * 60 + 30;
    let from_noon = |zone: &Zone| {
        let local = zone.local(now);
        (i64::from(local.hour() * 60 + local.minute()) - NOON).abs()
    };
    AROUND_THE_WORLD.into_iter().filter_map(|name| zones.load(name).ok()).min_by_key(from_noon)
}

/// The practice that the demo's texts come from.
pub(crate) struct Shown {
    name: String,
    phone: String,
}

impl Default for Shown {
    fn default() -> Shown {
        Shown { name: "Bright Smiles Dental".to_owned(), phone: "+13035550100".to_owned() }
    }
}

impl From<Practice> for Shown {
    fn from(practice: Practice) -> Shown {
        Shown { name: practice.name, phone: practice.phone.dial().to_owned() }
    }
}

/// The demo's configuration.
pub(crate) fn config(zone: &str, base_url: &str, practice: &Shown) -> String {
    // A quoted JSON string is also a valid TOML string.
    let name = serde_json::Value::from(practice.name.as_str());
    let phone = &practice.phone;
    format!(
        r#"[practice]
name = {name}
phone = "{phone}"
from_number = "+15551234567"
timezone = "{zone}"

[annie]
base_url = "{base_url}"

[sending]
mode = "live"
hours = "09:00-18:00"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

[[rule]]
name = "first-reminder"
lead = "72 hours"
message = "{{{{ practice.name }}}}: {{{{ patient.first_name }}}}, you have a visit {{{{ appointment.when }}}}. Can you make it? Reply or call {{{{ practice.phone }}}}."

[[rule]]
name = "last-reminder"
lead = "24 hours"
message = "{{{{ practice.name }}}}: {{{{ patient.first_name }}}}, see you {{{{ appointment.when }}}}. Need to change it? Reply or call {{{{ practice.phone }}}}."

[appointment_types]
CLEAN = "cleaning"

[database]
path = "leadtime.db"

[schedule]
tick = "* * * * * *"
"#
    )
}

/// A CSV of appointments, some of whose reminders are due within seconds of `now`.
pub(crate) fn appointments(now: DateTime<Utc>, zone: &Zone) -> String {
    let (hours, seconds) = (TimeDelta::hours, TimeDelta::seconds);
    let week_ago = Some(now - TimeDelta::days(7));
    #[allow(clippy::type_complexity, reason = "a table")]
    let rows: [(&str, &str, &str, &str, TimeDelta, &str, Option<DateTime<Utc>>, &str); 11] = [
        ("1001", "Maria", "Lopez", "303-555-0111", hours(24) + seconds(8), "booked", week_ago, ""),
        ("1002", "James", "O'Neil", "(303) 555-0112", hours(24) + seconds(10), "confirmed", week_ago, "yes"),
        ("1003", "Aisha", "Khan", "+1 303 555 0113", hours(24) + seconds(12), "booked", week_ago, ""),
        ("1004", "Tom", "Baker", "303.555.0114", hours(72) + seconds(14), "booked", week_ago, ""),
        ("1005", "Wei", "Chen", "303-555-0115", hours(24) + seconds(9), "cancelled", week_ago, ""),
        ("1006", "Olga", "Petrova", "", hours(24) + seconds(9), "booked", week_ago, ""),
        ("1007", "Noah", "Brown", "555-0100", hours(24) + seconds(9), "booked", week_ago, ""),
        ("1008", "Grace", "Miller", "303-555-0118", hours(24) + seconds(9), "booked", week_ago, "no"),
        ("1010", "Lucia", "Lopez", "303-555-0111", hours(24) + TimeDelta::minutes(30), "booked", week_ago, ""),
        ("1011", "Ivan", "Novak", "do not text 303-555-0116", hours(24) + seconds(9), "booked", week_ago, ""),
        ("1009", "Emma", "Davis", "303-555-0119", hours(5), "booked", Some(now), ""),
    ];
    let mut csv = String::from("id,patient_id,first_name,last_name,phone,type_id,starts_at,status,booked_at,consent\n");
    for (id, first, last, phone, ahead, status, booked, consent) in rows {
        let written = |at: DateTime<Utc>| zone.local(at).to_rfc3339_opts(SecondsFormat::Secs, true);
        let (start, booked) = (written(now + ahead), booked.map(written).unwrap_or_default());
        csv.push_str(&format!("{id},P{id},{first},{last},{phone},CLEAN,{start},{status},{booked},{consent}\n"));
    }
    csv
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_zone_is_in_business_hours_at_any_time_of_the_year() {
        let zones = Zones::of_this_machine();
        let new_year: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        for quarter in 0..366 * 24 * 4 / 7 {
            let now = new_year + TimeDelta::minutes(15 * 7 * quarter);
            let local = working_zone(&zones, now).unwrap().local(now);
            assert!((11..14).contains(&local.hour()), "{now}: {local}");
        }
    }
}
