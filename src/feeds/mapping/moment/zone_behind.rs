//! Takes off the zone that booking forms write behind a time: `9:00 AM America/New York (GMT-05:00)`.

use std::sync::LazyLock;

use regex::Regex;

use super::text::OffsetText;

/// The text before the zone, and its offset; none if there is no zone with an offset.
pub(super) fn split(text: &str) -> Option<(&str, OffsetText)> {
    static ZONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let area = r"(?:[A-Z][A-Za-z]+/[A-Za-z_/ -]+|[A-Z][a-z]+ (?:Standard|Daylight|Summer) Time)?";
        Regex::new(&format!(r"^(.*\d.*?)\s+{area}\s*\((?:GMT|UTC)\s*([+-])(\d{{1,2}}):?(\d{{2}})?\)$")).ok()
    });
    if !text.ends_with(')') {
        return None;
    }
    let found = ZONE.as_ref()?.captures(text)?;
    let number = |at: usize| found.get(at).map_or(Some(0), |part| part.as_str().parse::<i32>().ok());
    let (hours, minutes) = (number(3)?, number(4)?);
    let sign = if found.get(2)?.as_str() == "-" { -1 } else { 1 };
    (hours <= 14 && minutes < 60)
        .then_some((found.get(1)?.as_str(), OffsetText::Minutes(sign * (hours * 60 + minutes))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_behind_a_time_is_taken_off() {
        let at = "Monday, Nov 30, 2026 09:00 AM-09:30 AM";
        for zone in [
            "America/New York (GMT-05:00)",
            "(GMT-5)",
            "Eastern Standard Time (UTC-05:00)",
            "America/New_York (GMT-0500)",
        ] {
            assert_eq!(split(&format!("{at} {zone}")), Some((at, OffsetText::Minutes(-300))), "{zone}");
        }
        for text in [at, "9:00 AM (30 min)", "9:00 AM America/New York", "Lee (GMT-05:00)"] {
            assert_eq!(split(text), None, "{text}");
        }
    }
}
