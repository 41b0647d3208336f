//! Today, or another day: a picture of its texts, and its appointments by time.

use axum::response::Response;
use chrono::{Days, NaiveDate};
use minijinja::context;
use serde::Serialize;

use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::pages::lines::{AppointmentLine, CallLine, Wording, viewed};
use crate::desk::pictures::timeline;
use crate::desk::views::{self, of};
use crate::reports::day::{self, Reach};

#[derive(Debug, Serialize)]
struct Line {
    #[serde(flatten)]
    appointment: AppointmentLine,
    /// The code of what the patient knows, for the color.
    reach: &'static str,
    /// The same in words.
    word: String,
    /// More words: since when, or why not.
    detail: String,
    calls: Vec<CallLine>,
}

#[derive(Debug, Serialize)]
struct Count {
    reach: &'static str,
    word: String,
    count: usize,
}

/// `GET /`
pub(crate) async fn page(asked: Asked) -> Result<Response, Fault> {
    let today = asked.shared.config().practice.zone.local(asked.shared.now()).date_naive();
    show(asked, today).await
}

/// `GET /day/DATE`
pub(crate) async fn of_day(asked: Asked) -> Result<Response, Fault> {
    let date: NaiveDate = asked.value(0).parse().map_err(|_| Fault::NotFound)?;
    let now = asked.shared.now().date_naive();
    // Further away there is nothing to see.
    if date.signed_duration_since(now).num_days().abs() > 800 {
        return Err(Fault::NotFound);
    }
    show(asked, date).await
}

async fn show(asked: Asked, date: NaiveDate) -> Result<Response, Fault> {
    let session = asked.session.clone().ok_or(Fault::Forbidden)?;
    let (now, scope) = (asked.shared.now(), session.user.scope.clone());
    let found = asked.shared.read(move |connection, config| day::day(connection, config, date, &scope, now)).await?;
    viewed(&asked, &session, &format!("day {date}"), None).await?;
    let config = asked.shared.config();
    let wording = Wording::of(&asked, &config);
    let today = config.practice.zone.local(now).date_naive();
    let counts: Vec<Count> = Reach::ALL
        .into_iter()
        .map(|reach| Count {
            reach: reach.code(),
            word: wording.say(&format!("reach.{}", reach.code())),
            count: found.lines.iter().filter(|line| line.reach == reach).count(),
        })
        .filter(|count| count.count > 0)
        .collect();
    let lines: Vec<Line> = found.lines.iter().map(|line| line_of(&wording, line)).collect();
    let picture = timeline::draw(&wording, &found);
    let (before, after) = (date.checked_sub_days(Days::new(1)), date.checked_add_days(Days::new(1)));
    let content = context! {
        lines => of(&lines), counts => of(&counts), picture,
        date => wording.times.date(date),
        is_today => date == today,
        before => before.map(|day| day.to_string()),
        after => after.map(|day| day.to_string()),
    };
    views::page(&asked.shared, &session, ("today.html", "today"), content).await
}

fn line_of(wording: &Wording<'_>, line: &day::DayLine) -> Line {
    let near = |key: &str| {
        let at = line.text_at?;
        Some(wording.words.say(key, &[("time", wording.times.near(at, wording.now))]))
    };
    let detail = match line.reach {
        Reach::NotReached => line.why.map(|(code, words)| wording.reason(code, words)),
        Reach::NeedsALook | Reach::Reached => line.outcome.map(|standing| wording.outcome(standing)),
        Reach::Confirmed => match line.outcome {
            Some(standing) => Some(wording.outcome(standing)),
            None => Some(wording.say("today.confirmed-in-book")),
        },
        Reach::NoAnswer => near("today.texted-at"),
        Reach::Planned => near("today.text-at"),
        Reach::NoText | Reach::Cancelled => None,
    };
    Line {
        appointment: wording.in_brief(&line.appointment),
        reach: line.reach.code(),
        word: wording.say(&format!("reach.{}", line.reach.code())),
        detail: detail.unwrap_or_default(),
        calls: wording.calls(&line.calls),
    }
}
