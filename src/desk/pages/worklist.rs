//! The worklist: open tasks, oldest appointment first, with filters by kind and location.

use axum::response::Response;
use chrono::TimeDelta;
use minijinja::context;
use serde::Serialize;

use crate::desk::acts::of_task;
use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::pages::lines::{AppointmentLine, CallLine, Wording, viewed};
use crate::desk::reading::segment;
use crate::desk::views::{self, of};
use crate::domain::patient_outcome::PatientOutcome;
use crate::domain::task::TaskKind;
use crate::reports::worklist::{self, WorkItem};

/// Tasks closed within this time are shown below the open ones.
const RECENT: TimeDelta = TimeDelta::hours(24);

#[derive(Debug, Serialize)]
pub(crate) struct TaskLine {
    id: i64,
    kind: &'static str,
    title: String,
    is_urgent: bool,
    is_overdue: bool,
    since: String,
    phone: String,
    said: Vec<String>,
    detail: String,
    appointments: Vec<AppointmentLine>,
    calls: Vec<CallLine>,
    snoozed: String,
    snoozed_by: String,
    end: String,
    note: String,
    can_reopen: bool,
    seen: String,
    /// Where the decision is made, if closing the task alone decides nothing.
    leads_to: String,
}

/// A task in words.
pub(crate) fn line_of(wording: &Wording<'_>, item: &WorkItem) -> TaskLine {
    let task = &item.task;
    let outcome = PatientOutcome::from_code(&task.code).filter(|_| task.kind == TaskKind::Reply);
    let title = match outcome {
        Some(_) if task.said.0.is_none() && task.detail.is_some() => wording.say("task.annie-asks"),
        Some(outcome) => wording.say(&format!("task.reply.{}", outcome.code())),
        None => wording.say(&format!("task.{}", task.kind.code())),
    };
    // Closing the task alone lets no text go on.
    let waits = outcome.is_some_and(|outcome| outcome.is_wish() || outcome.holds_the_number());
    let end = task.end.as_ref().map(|end| {
        let values = [
            ("how", wording.say(&format!("task.end.{}", end.how.code()))),
            ("who", end.who.clone().unwrap_or_default()),
            ("time", wording.times.near(end.at, wording.now)),
        ];
        wording.words.say(if end.who.is_some() { "task.ended-by" } else { "task.ended" }, &values)
    });
    TaskLine {
        id: task.id,
        kind: task.kind.code(),
        title,
        is_urgent: task.is_urgent,
        is_overdue: item.is_overdue,
        since: wording.times.near(task.since, wording.now),
        phone: task.phone.as_ref().map(|phone| phone.national()).unwrap_or_default(),
        said: task.said.0.as_deref().unwrap_or_default().lines().map(str::to_owned).collect(),
        detail: task.detail.clone().unwrap_or_default(),
        appointments: item.appointments.iter().map(|one| wording.in_brief(one)).collect(),
        calls: wording.calls(&item.calls),
        snoozed: item.snooze.as_ref().map(|snooze| wording.times.near(snooze.until, wording.now)).unwrap_or_default(),
        snoozed_by: item.snooze.as_ref().map(|snooze| snooze.who.clone()).unwrap_or_default(),
        end: end.unwrap_or_default(),
        note: task.end.as_ref().and_then(|end| end.note.clone()).unwrap_or_default(),
        can_reopen: task.end.as_ref().is_some_and(|end| end.who.is_some()),
        seen: of_task(task),
        leads_to: match (task.kind, task.appointments.first()) {
            (TaskKind::HeldText, _) => "/held".to_owned(),
            (TaskKind::RefusedRows | TaskKind::FeedHeld | TaskKind::Undelivered, _) => "/feeds".to_owned(),
            (TaskKind::Reply, Some((id, _))) if waits => format!("/appointments/{}#acts", segment(&id.0)),
            (TaskKind::Reply | TaskKind::Call, _) => String::new(),
        },
    }
}

#[derive(Debug, Serialize)]
struct Choice {
    value: String,
    word: String,
    is_chosen: bool,
}

/// `GET /worklist`
pub(crate) async fn page(asked: Asked) -> Result<Response, Fault> {
    let session = asked.session.clone().ok_or(Fault::Forbidden)?;
    let (now, scope) = (asked.shared.now(), session.user.scope.clone());
    let items = asked
        .shared
        .read(move |connection, config| worklist::list(connection, config, &scope, Some(now - RECENT), now))
        .await?;
    viewed(&asked, &session, "worklist", None).await?;
    let config = asked.shared.config();
    let wording = Wording::of(&asked, &config);
    let (kind, location) = (asked.query.get("kind"), asked.query.get("location"));
    let kinds: Vec<Choice> = TaskKind::ALL
        .into_iter()
        .filter(|one| items.iter().any(|item| item.task.kind == *one && item.task.end.is_none()) || one.code() == kind)
        .map(|one| Choice {
            value: one.code().to_owned(),
            word: wording.say(&format!("task.kind.{}", one.code())),
            is_chosen: one.code() == kind,
        })
        .collect();
    let locations: Vec<Choice> = config
        .locations
        .keys()
        .filter(|id| session.user.scope.sees(Some(id)))
        .map(|id| Choice { value: id.clone(), word: views::place(&config, Some(id)), is_chosen: id == location })
        .collect();
    let is_wanted = |item: &&WorkItem| {
        let at =
            |item: &WorkItem| item.appointments.iter().any(|one| config.rulebook.location_of(one) == Some(location));
        (kind.is_empty() || item.task.kind.code() == kind) && (location.is_empty() || at(item))
    };
    let (mut open, mut snoozed, mut closed) = (Vec::new(), Vec::new(), Vec::new());
    for item in items.iter().filter(is_wanted) {
        let line = line_of(&wording, item);
        match (&item.task.end, &item.snooze) {
            (Some(_), _) => closed.push(line),
            (None, Some(_)) => snoozed.push(line),
            (None, None) => open.push(line),
        }
    }
    let back = match (kind, location) {
        ("", "") => "/worklist".to_owned(),
        _ => {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("kind", kind)
                .append_pair("location", location)
                .finish();
            format!("/worklist?{query}")
        }
    };
    let content = context! {
        open => of(&open), snoozed => of(&snoozed), closed => of(&closed), kinds => of(&kinds),
        locations => of(&locations), back,
    };
    views::page(&asked.shared, &session, ("worklist.html", "worklist"), content).await
}
