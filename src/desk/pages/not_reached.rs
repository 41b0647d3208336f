//! The call list: patients of the coming days whom no text reaches, with the calls made so far.

use axum::response::Response;
use chrono::NaiveDate;
use minijinja::context;
use serde::Serialize;

use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::pages::lines::{AppointmentLine, CallLine, Wording, viewed};
use crate::desk::views::{self, of};
use crate::reports::not_reached;
use crate::store::outcomes::calls;

#[derive(Debug, Serialize)]
struct Day {
    date: String,
    lines: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    #[serde(flatten)]
    appointment: AppointmentLine,
    why: String,
    calls: Vec<CallLine>,
}

/// A row of an export that could not be read.
#[derive(Debug, Serialize)]
struct Unread {
    id: String,
    when: String,
    why: String,
}

/// `GET /not-reached`
pub(crate) async fn page(asked: Asked) -> Result<Response, Fault> {
    let session = asked.session.clone().ok_or(Fault::Forbidden)?;
    let now = asked.shared.now();
    let (list, calls) = asked
        .shared
        .read(move |connection, config| {
            let span = not_reached::coming_days(config, now);
            Ok((not_reached::list_stored(connection, config, span, now)?, calls::of_appointments(connection, span)?))
        })
        .await?;
    viewed(&asked, &session, "not-reached", None).await?;
    let config = asked.shared.config();
    let wording = Wording::of(&asked, &config);
    let scope = &session.user.scope;
    let mut days: Vec<(NaiveDate, Day)> = Vec::new();
    for entry in list.patients.iter().filter(|one| scope.sees(config.rulebook.location_of(&one.appointment))) {
        let one = &entry.appointment;
        let date = config.zone(config.rulebook.location_of(one)).local(one.starts_at).date_naive();
        let line = Line {
            appointment: wording.appointment(one),
            why: wording.reason(entry.code, entry.why),
            calls: wording.calls(calls.get(&(one.id.clone(), one.starts_at)).map(Vec::as_slice).unwrap_or_default()),
        };
        match days.last_mut().filter(|(last, _)| *last == date) {
            Some((_, day)) => day.lines.push(line),
            None => days.push((date, Day { date: wording.times.date(date), lines: vec![line] })),
        }
    }
    let days: Vec<Day> = days.into_iter().map(|(_, day)| day).collect();
    let unread: Vec<Unread> = list
        .unread
        .iter()
        .filter(|_| scope.is_all())
        .map(|row| Unread {
            id: row.id.clone().unwrap_or_default(),
            when: row.starts_at.map(|at| wording.times.full(at, &config.practice.zone)).unwrap_or_default(),
            why: format!("{}, {}: {}", row.feed, row.line, row.reason),
        })
        .collect();
    let count: usize = days.iter().map(|day| day.lines.len()).sum();
    // Where they belong is not known.
    let hidden = if scope.is_all() { 0 } else { list.unread.len() };
    let content =
        context! { days => of(&days), unread => of(&unread), hidden, count, appointments => list.appointments };
    views::page(&asked.shared, &session, ("not_reached.html", "not-reached"), content).await
}
