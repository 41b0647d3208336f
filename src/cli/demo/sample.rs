//! The demo's practice: its time zone, its rules, and its appointments for the next days.

use chrono::{DateTime, TimeDelta, Timelike, Utc};

use crate::annie::model::patients::{Kind, Patients};
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

/// When the last reminder goes out: how long before the appointment, and not within this time of it.
pub(crate) type Last = (&'static str, &'static str);

/// The demo's configuration.
pub(crate) fn config(zone: &str, base_url: &str, practice: &Shown, last: Last) -> String {
    // A quoted JSON string is also a valid TOML string.
    let name = serde_json::Value::from(practice.name.as_str());
    let (phone, (lead, within)) = (&practice.phone, last);
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
lead = "{lead}"
no_text_within = "{within}"
message = "{{{{ practice.name }}}}: {{{{ patient.first_name }}}}, see you {{{{ appointment.when }}}}. Need to change it? Reply or call {{{{ practice.phone }}}}."

[appointment_types]
CLEAN = "cleaning"

[outcomes]
poll_every = "5 seconds"

[database]
path = "leadtime.db"

[schedule]
tick = "* * * * * *"
"#
    )
}

/// The demo's patients: each answers within seconds.
pub(crate) fn patients() -> Patients {
    Patients::quick(&[(Kind::Confirm, 0.6), (Kind::Cancel, 0.4)])
}

/// The file name of the export.
pub(crate) const EXPORT: &str = "schedule.csv";

/// An export as practice software writes it. The texts for some of its appointments are due within seconds of `now`.
pub(crate) fn export(now: DateTime<Utc>, zone: &Zone) -> String {
    let (hours, seconds) = (TimeDelta::hours, TimeDelta::seconds);
    let week_ago = now - TimeDelta::days(7);
    #[allow(clippy::type_complexity, reason = "a table")]
    let rows: [(&str, &str, &str, TimeDelta, &str, DateTime<Utc>, &str); 11] = [
        ("71001", "Lopez, Maria", "303-555-0111", hours(24) + seconds(10), "Scheduled", week_ago, "Y"),
        ("71002", "O'Neil, James", "(303) 555-0112", hours(24) + seconds(12), "Confirmed", week_ago, "Y"),
        ("71003", "Khan, Aisha", "+1 303 555 0113", hours(24) + seconds(14), "Scheduled", week_ago, "Y"),
        ("71004", "Baker, Tom", "303.555.0114", hours(72) + seconds(16), "Scheduled", week_ago, "Y"),
        ("71005", "Chen, Wei", "303-555-0115", hours(24) + seconds(11), "Cancelled", week_ago, "Y"),
        ("71006", "Petrova, Olga", "", hours(24) + seconds(11), "Scheduled", week_ago, "Y"),
        ("71007", "Brown, Noah", "555-0100", hours(24) + seconds(11), "Scheduled", week_ago, "Y"),
        ("71008", "Miller, Grace", "303-555-0118", hours(24) + seconds(11), "Scheduled", week_ago, "N"),
        ("71009", "Davis, Emma", "303-555-0119", hours(5), "Scheduled", now, "Y"),
        ("71010", "Lopez, Lucia", "303-555-0111", hours(24) + TimeDelta::minutes(30), "Scheduled", week_ago, "Y"),
        ("71011", "Novak, Ivan", "do not text 303-555-0116", hours(24) + seconds(11), "Scheduled", week_ago, "Y"),
    ];
    let mut csv = String::from("Appt ID,Date,Time,Length,Patient,Cell,Type,Status,OK to Text,Booked On\n");
    for (id, patient, cell, ahead, status, booked, ok) in rows {
        let (start, booked) = (zone.local(now + ahead), zone.local(booked));
        csv.push_str(&format!(
            "{id},{},{},30,\"{patient}\",{cell},CLEAN,{status},{ok},{}\n",
            start.format("%d-%b-%Y"),
            start.format("%-I:%M:%S %p"),
            booked.format("%d-%b-%Y %-I:%M %p"),
        ));
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
