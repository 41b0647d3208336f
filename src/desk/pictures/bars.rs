//! Four weeks as bars: confirmed, texted, planned, without a text.

use chrono::{Datelike, NaiveDate};
use minijinja::Value;
use minijinja::context;

use crate::desk::pages::lines::Wording;
use crate::desk::pictures::escaped;
use crate::reports::day::DayCounts;

const WIDTH: f64 = 960.0;
const GROUND: f64 = 170.0;
const HIGHEST: f64 = 150.0;

/// The picture and what it shows in words.
pub(crate) fn draw(wording: &Wording<'_>, days: &[(NaiveDate, DayCounts)], today: NaiveDate) -> Value {
    let most = days.iter().map(|(_, counts)| counts.all()).max().unwrap_or(0).max(1);
    #[allow(clippy::cast_precision_loss, reason = "a few days")]
    let (step, places) = (WIDTH / days.len().max(1) as f64, (0..days.len()).map(|at| at as f64));
    let unit = HIGHEST / f64::from(most);
    let mut shapes = String::new();
    for ((date, counts), place) in days.iter().zip(places) {
        let left = place * step;
        let is_today = *date == today;
        if is_today {
            shapes.push_str(&format!(
                "<rect class=\"today\" x=\"{left:.1}\" y=\"4\" width=\"{step:.1}\" height=\"{:.1}\"/>",
                GROUND + 22.0
            ));
        }
        let parts = [
            ("confirmed", counts.confirmed),
            ("sent", counts.texted),
            ("planned", counts.planned),
            ("without", counts.without),
        ];
        let mut y = GROUND;
        let mut inside = String::new();
        for (class, count) in parts.into_iter().filter(|(_, count)| *count > 0) {
            let height = f64::from(count) * unit;
            y -= height;
            inside.push_str(&format!(
                "<rect class=\"{class}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
                left + 3.0,
                step - 6.0,
                (height - 0.6).max(1.0)
            ));
        }
        let values = [
            ("date", wording.times.date(*date)),
            ("n", counts.all().to_string()),
            ("confirmed", counts.confirmed.to_string()),
            ("texted", counts.texted.to_string()),
            ("planned", counts.planned.to_string()),
            ("without", counts.without.to_string()),
        ];
        let said = escaped(&wording.words.say("bars.day", &values));
        shapes.push_str(&format!(
            "<a href=\"/day/{date}\" aria-label=\"{said}\"><title>{said}</title><rect class=\"touch\" x=\"{left:.1}\" y=\"4\" width=\"{step:.1}\" height=\"{:.1}\"/>{inside}</a>",
            GROUND + 22.0
        ));
        if date.weekday() == chrono::Weekday::Mon || is_today {
            shapes.push_str(&format!(
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}/{}</text>",
                left + step / 2.0,
                GROUND + 18.0,
                date.month(),
                date.day()
            ));
        }
    }
    shapes.push_str(&format!("<line class=\"ground\" x1=\"0\" y1=\"{GROUND}\" x2=\"{WIDTH}\" y2=\"{GROUND}\"/>"));
    let height = GROUND + 28.0;
    let svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"group\" aria-label=\"{}\">{shapes}</svg>",
        escaped(&wording.say("bars.title"))
    );
    context! { svg => Value::from_safe_string(svg) }
}
