//! The day's texts on a line: what left, what waits, what is planned, within the working hours.

use std::collections::BTreeMap;

use chrono::{NaiveTime, Timelike};
use minijinja::Value;
use minijinja::context;

use crate::desk::pages::lines::Wording;
use crate::desk::pictures::escaped;
use crate::reports::day::Day;
use crate::store::reports::day::TextState;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 132.0;
/// The line on which the bars stand.
const GROUND: f64 = 104.0;
const HIGHEST: f64 = 84.0;
/// Minutes in one bar.
const STEP: i64 = 15;

const ORDER: [TextState; 5] =
    [TextState::Sent, TextState::InDoubt, TextState::Refused, TextState::Waiting, TextState::Planned];

fn class(state: TextState) -> &'static str {
    match state {
        TextState::Sent => "sent",
        TextState::InDoubt => "doubt",
        TextState::Refused => "refused",
        TextState::Waiting => "waiting",
        TextState::Planned => "planned",
    }
}

/// The picture, what it shows in words, and its legend.
pub(crate) fn draw(wording: &Wording<'_>, day: &Day) -> Value {
    let zone = &wording.config.practice.zone;
    let minute = |at: chrono::DateTime<chrono::Utc>| {
        let local = zone.local(at);
        i64::from(local.hour() * 60 + local.minute())
    };
    let clock = |minute: i64| {
        let seconds = u32::try_from(minute * 60).unwrap_or_default().min(86_399);
        let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap_or_default();
        wording.times.clock(zone.at(day.date, time), zone)
    };
    let hours = wording.config.rulebook.calendar.hours_on(day.date);
    let mut steps: BTreeMap<i64, BTreeMap<TextState, u32>> = BTreeMap::new();
    for text in &day.texts {
        *steps.entry(minute(text.at) / STEP).or_default().entry(text.state).or_default() += 1;
    }
    let (opens, closes) = hours.map_or((8 * 60, 18 * 60), |hours| (i64::from(hours.opens), i64::from(hours.closes)));
    let first = steps.keys().next().map_or(opens, |step| (step * STEP).min(opens)) / 60 - 1;
    let last = steps.keys().last().map_or(closes, |step| ((step + 1) * STEP).max(closes)).div_euclid(60) + 1;
    let (first, last) = (first.max(0), last.min(24));
    #[allow(clippy::cast_precision_loss, reason = "minutes of a day")]
    let x = |minute: i64| (minute - first * 60) as f64 / ((last - first) * 60) as f64 * WIDTH;
    let most = steps.values().map(|counts| counts.values().sum::<u32>()).max().unwrap_or(0).max(1);
    let unit = (HIGHEST / f64::from(most)).min(14.0);
    let mut shapes = String::new();
    if let Some(hours) = hours {
        let (from, to) = (x(i64::from(hours.opens)), x(i64::from(hours.closes)));
        shapes.push_str(&format!(
            "<rect class=\"open\" x=\"{from:.1}\" y=\"8\" width=\"{:.1}\" height=\"{:.1}\"/>",
            to - from,
            GROUND - 8.0
        ));
    }
    for (step, counts) in &steps {
        let mut y = GROUND;
        let (left, width) = (x(step * STEP) + 1.0, x((step + 1) * STEP) - x(step * STEP) - 2.0);
        let time = clock(step * STEP);
        for (state, count) in ORDER.iter().filter_map(|state| Some((*state, *counts.get(state)?))) {
            let height = f64::from(count) * unit;
            y -= height;
            let said = wording.words.say(&format!("timeline.{}", class(state)), &[("n", count.to_string())]);
            shapes.push_str(&format!(
                "<rect class=\"{}\" x=\"{left:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{}</title></rect>",
                class(state),
                width.max(2.0),
                (height - 0.6).max(1.0),
                escaped(&format!("{time}: {said}"))
            ));
        }
    }
    shapes.push_str(&format!("<line class=\"ground\" x1=\"0\" y1=\"{GROUND}\" x2=\"{WIDTH}\" y2=\"{GROUND}\"/>"));
    let every = if last - first > 14 { 3 } else { 2 };
    for hour in (first..=last).filter(|hour| hour % every == 0) {
        let at = x(hour * 60);
        let anchor = if hour == first {
            "start"
        } else if hour == last {
            "end"
        } else {
            "middle"
        };
        let label = wording.times.hour(u32::try_from(hour).unwrap_or_default());
        shapes.push_str(&format!(
            "<line class=\"tick\" x1=\"{at:.1}\" y1=\"{GROUND}\" x2=\"{at:.1}\" y2=\"{:.1}\"/><text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            GROUND + 5.0,
            GROUND + 20.0,
            escaped(&label)
        ));
    }
    let is_today = zone.local(wording.now).date_naive() == day.date;
    if is_today {
        let at = x(minute(wording.now));
        shapes.push_str(&format!(
            "<line class=\"now\" x1=\"{at:.1}\" y1=\"2\" x2=\"{at:.1}\" y2=\"{GROUND}\"/><text class=\"now\" x=\"{:.1}\" y=\"12\">{}</text>",
            at + 4.0,
            escaped(&wording.say("timeline.now"))
        ));
    }
    let count = |state: TextState| day.texts.iter().filter(|text| text.state == state).count();
    let legend: Vec<Value> = ORDER
        .into_iter()
        .filter(|state| count(*state) > 0)
        .map(|state| {
            let said = wording.words.say(&format!("timeline.{}", class(state)), &[("n", count(state).to_string())]);
            context! { class => class(state), said }
        })
        .collect();
    let said: Vec<String> = ORDER
        .into_iter()
        .filter(|state| count(*state) > 0)
        .map(|state| wording.words.say(&format!("timeline.{}", class(state)), &[("n", count(state).to_string())]))
        .collect();
    let mut summary = if said.is_empty() { wording.say("timeline.none") } else { said.join(", ") };
    match hours {
        Some(_) => {
            let span = [opens, closes].map(clock);
            let values = [("from", span[0].clone()), ("to", span[1].clone())];
            summary.push_str(&format!(". {}", wording.words.say("timeline.hours", &values)));
        }
        None => summary.push_str(&format!(". {}", wording.say("timeline.closed"))),
    }
    let waiting = count(TextState::Waiting) > 0 && is_today;
    let why = day.waits.iter().map(|wait| wording.reason(wait.code(), wait.label())).collect::<Vec<_>>().join("; ");
    let why = if waiting { why } else { String::new() };
    let svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">{shapes}</svg>",
        escaped(&summary)
    );
    context! { svg => Value::from_safe_string(svg), summary, legend, why }
}
