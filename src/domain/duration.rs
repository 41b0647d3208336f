//! Durations in words for people, in one place so that they read the same everywhere.

use chrono::TimeDelta;

/// The exact duration, to the minute: `5 minutes`, `22 hours`, `1 hour and 1 minute`.
pub(crate) fn exact(length: TimeDelta) -> String {
    let minutes = length.num_minutes();
    let of = |n: i64, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    match (minutes / 60, minutes % 60) {
        (0, minutes) => of(minutes, "minute"),
        (hours, 0) => of(hours, "hour"),
        (hours, minutes) => format!("{} and {}", of(hours, "hour"), of(minutes, "minute")),
    }
}

/// The rough size of a duration, without its sign: minutes below two hours, hours below two days, then days.
pub(crate) fn rough(length: TimeDelta) -> String {
    let minutes = length.num_minutes().abs();
    match minutes {
        0 => "less than a minute".to_owned(),
        1 => "1 minute".to_owned(),
        2..120 => format!("{minutes} minutes"),
        120..2880 => format!("{} hours", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_in_words() {
        assert_eq!(exact(TimeDelta::hours(22)), "22 hours");
        assert_eq!(exact(TimeDelta::minutes(61)), "1 hour and 1 minute");
        assert_eq!(exact(TimeDelta::minutes(5)), "5 minutes");
        assert_eq!(rough(TimeDelta::seconds(59)), "less than a minute");
        assert_eq!(rough(TimeDelta::seconds(61)), "1 minute");
        assert_eq!(rough(TimeDelta::minutes(-90)), "90 minutes");
        assert_eq!(rough(TimeDelta::hours(47)), "47 hours");
        assert_eq!(rough(TimeDelta::days(3)), "3 days");
    }
}
