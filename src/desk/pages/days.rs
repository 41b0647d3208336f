//! Two weeks back and ahead: how many appointments of each day are confirmed, texted, planned, or without a text.

use axum::response::Response;
use chrono::{Days, NaiveDate};
use minijinja::context;
use serde::Serialize;

use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::pages::lines::Wording;
use crate::desk::pictures::bars;
use crate::desk::views::{self, of};
use crate::reports::day;

/// Days before and after today.
const AROUND: u64 = 14;

#[derive(Debug, Serialize)]
struct Line {
    day: String,
    date: String,
    is_today: bool,
    confirmed: u32,
    texted: u32,
    planned: u32,
    without: u32,
    all: u32,
}

/// `GET /days`
pub(crate) async fn page(asked: Asked) -> Result<Response, Fault> {
    let session = asked.session.clone().ok_or(Fault::Forbidden)?;
    let (now, scope) = (asked.shared.now(), session.user.scope.clone());
    let config = asked.shared.config();
    let today = config.practice.zone.local(now).date_naive();
    let away = |day: Option<NaiveDate>| day.unwrap_or(today);
    let span = (away(today.checked_sub_days(Days::new(AROUND))), away(today.checked_add_days(Days::new(AROUND))));
    let counts = asked.shared.read(move |connection, config| day::days(connection, config, span, &scope)).await?;
    let wording = Wording::of(&asked, &config);
    let picture = bars::draw(&wording, &counts, today);
    let lines: Vec<Line> = counts
        .iter()
        .map(|(date, counts)| Line {
            day: date.to_string(),
            date: wording.times.date(*date),
            is_today: *date == today,
            confirmed: counts.confirmed,
            texted: counts.texted,
            planned: counts.planned,
            without: counts.without,
            all: counts.all(),
        })
        .collect();
    views::page(&asked.shared, &session, ("days.html", "days"), context! { lines => of(&lines), picture }).await
}
