//! Acts on tasks: done, put off, called, and taking these back.

use axum::response::Response;
use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};

use crate::actions::call::{self as calling, Undone};
use crate::actions::task;
use crate::config::Config;
use crate::desk::acts::{Acting, act, of_task};
use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::flash::Flash;
use crate::domain::call::CallResult;
use crate::domain::desk_user::Role;
use crate::domain::patient_outcome::PatientOutcome;
use crate::reports::worklist::{self, WorkItem};
use crate::store::StoreError;
use crate::store::appointments::appointment;
use crate::store::outcomes::calls;

/// Where these acts return to.
const HOME: &str = "/worklist";

fn number(asked: &Asked) -> Result<i64, Fault> {
    asked.value(0).parse().map_err(|_| Fault::NotFound)
}

/// The open task as the user saw it; otherwise what the next page says, or none if the user does not see the task.
fn as_seen(acting: &Acting<'_>, id: i64, seen: &str) -> Result<Result<WorkItem, Option<Flash>>, StoreError> {
    let scope = &acting.session.user.scope;
    let Some(item) = worklist::one(acting.tx, acting.config, scope, id, acting.now)? else { return Ok(Err(None)) };
    if let Some(end) = &item.task.end {
        let at = acting.times.near(end.at, acting.now);
        let note = end.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        let text = match &end.who {
            Some(who) => acting.say("act.task-closed-by", &[("who", who.clone()), ("time", at), ("note", note)]),
            None => acting.say("act.task-closed", &[("time", at)]),
        };
        return Ok(Err(Some(Flash::not_done(text))));
    }
    if of_task(&item.task) != seen {
        return Ok(Err(Some(Flash::not_done(acting.say("act.task-changed", &[])))));
    }
    Ok(Ok(item))
}

/// `POST /tasks/ID/done`
pub(crate) async fn done(asked: Asked) -> Result<Response, Fault> {
    let (id, seen) = (number(&asked)?, asked.form.get("seen").to_owned());
    act(asked, HOME, move |acting| {
        let item = match as_seen(acting, id, &seen)? {
            Ok(item) => item,
            Err(flash) => return Ok(flash),
        };
        if task::done(acting.tx, id, acting.operator(), acting.now)?.is_err() {
            return Ok(Some(Flash::not_done(acting.say("act.task-changed", &[]))));
        }
        let text = match PatientOutcome::from_code(&item.task.code) {
            Some(outcome) if outcome.is_wish() => acting.say("act.done-wish", &[]),
            Some(outcome) if outcome.holds_the_number() => acting.say("act.done-hold", &[]),
            _ => acting.say("act.done", &[]),
        };
        Ok(Some(Flash::done(text).undone_by(format!("/tasks/{id}/reopen"), &[])))
    })
    .await
}

/// `POST /tasks/ID/reopen`
pub(crate) async fn reopen(asked: Asked) -> Result<Response, Fault> {
    let id = number(&asked)?;
    act(asked, HOME, move |acting| {
        if worklist::one(acting.tx, acting.config, &acting.session.user.scope, id, acting.now)?.is_none() {
            return Ok(None);
        }
        Ok(Some(match task::reopen(acting.tx, id, acting.operator(), acting.now)? {
            Some(_) => Flash::done(acting.say("act.reopened", &[])),
            None => Flash::not_done(acting.say("act.not-reopened", &[])),
        }))
    })
    .await
}

/// Until when a task is put off: a choice of the form.
fn until(config: &Config, choice: &str, at: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let zone = &config.practice.zone;
    let local = zone.local(now);
    let at_time = |days: u64, hour: u32| {
        let date = local.date_naive().checked_add_days(Days::new(days))?;
        Some(zone.at(date, NaiveTime::from_hms_opt(hour, 0, 0)?))
    };
    let next_open = || {
        let calendar = &config.rulebook.calendar;
        let day = local.date_naive().iter_days().skip(1).take(14).find(|day| calendar.is_open(*day))?;
        Some(zone.at(day, NaiveTime::from_hms_opt(8, 0, 0)?))
    };
    match choice {
        "hour" => Some(now + TimeDelta::hours(1)),
        "afternoon" => at_time(0, 13).filter(|at| *at > now),
        "tomorrow" => next_open(),
        "at" => {
            let wall = chrono::NaiveDateTime::parse_from_str(at, "%Y-%m-%dT%H:%M").ok()?;
            let furthest = now + TimeDelta::days(60);
            Some(zone.instant(wall)).filter(|at| *at > now && *at <= furthest)
        }
        _ => None,
    }
}

/// `POST /tasks/ID/snooze`
pub(crate) async fn snooze(asked: Asked) -> Result<Response, Fault> {
    let (id, seen) = (number(&asked)?, asked.form.get("seen").to_owned());
    let (choice, at) = (asked.form.get("until").to_owned(), asked.form.get("at").to_owned());
    act(asked, HOME, move |acting| {
        if let Err(flash) = as_seen(acting, id, &seen)? {
            return Ok(flash);
        }
        let Some(until) = until(acting.config, &choice, &at, acting.now) else {
            return Ok(Some(Flash::not_done(acting.say("act.snooze-when", &[]))));
        };
        task::snooze(acting.tx, id, until, acting.who(), acting.now)?;
        let text = acting.say("act.snoozed", &[("time", acting.times.near(until, acting.now))]);
        Ok(Some(Flash::done(text).undone_by(format!("/tasks/{id}/wake"), &[])))
    })
    .await
}

/// `POST /tasks/ID/wake`
pub(crate) async fn wake(asked: Asked) -> Result<Response, Fault> {
    let id = number(&asked)?;
    act(asked, HOME, move |acting| {
        if worklist::one(acting.tx, acting.config, &acting.session.user.scope, id, acting.now)?.is_none() {
            return Ok(None);
        }
        task::wake(acting.tx, id, acting.who(), acting.now)?;
        Ok(Some(Flash::done(acting.say("act.woken", &[]))))
    })
    .await
}

/// What the next page says about a call that was recorded.
pub(crate) fn called(acting: &Acting<'_>, call: i64, result: CallResult) -> Flash {
    let text = acting.say(&format!("act.call.{}", result.code()), &[]);
    Flash::done(text).undone_by(format!("/calls/{call}/undo"), &[])
}

/// `POST /tasks/ID/call`
pub(crate) async fn call(asked: Asked) -> Result<Response, Fault> {
    let (id, seen) = (number(&asked)?, asked.form.get("seen").to_owned());
    let result = CallResult::from_code(asked.form.get("result")).ok_or(Fault::BadForm)?;
    act(asked, HOME, move |acting| {
        let item = match as_seen(acting, id, &seen)? {
            Ok(item) => item,
            Err(flash) => return Ok(flash),
        };
        let about = item.appointments.first().map(|one| (&one.id, one.starts_at));
        let call = calling::record(acting.tx, Some(id), about, result, acting.who(), acting.now)?;
        Ok(Some(called(acting, call, result)))
    })
    .await
}

/// `POST /calls/ID/undo`
pub(crate) async fn undo_call(asked: Asked) -> Result<Response, Fault> {
    let id = number(&asked)?;
    act(asked, HOME, move |acting| {
        let Some(recorded) = calls::one(acting.tx, id)? else { return Ok(None) };
        let appointment = recorded.appointment.map(|of| appointment::of_id(acting.tx, &of)).transpose()?.flatten();
        let is_seen = match &appointment {
            Some(one) => acting.sees(one),
            None => acting.session.user.scope.is_all() || recorded.who == acting.who(),
        };
        if !is_seen {
            return Ok(None);
        }
        let by = (acting.who(), acting.session.may(Role::Manager));
        Ok(Some(match calling::undo(acting.tx, id, by, acting.now)? {
            Undone::Done => Flash::done(acting.say("act.call-undone", &[])),
            Undone::NoSuchCall => Flash::not_done(acting.say("act.nothing", &[])),
            Undone::Stays => Flash::not_done(acting.say("act.call-stays", &[])),
        }))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_put_off_until_a_time_to_come() {
        let text = "[practice]\nname = \"Maple\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\n\
                    timezone = \"America/Denver\"\n[[rule]]\nname = \"r\"\nlead = \"24 hours\"\nmessage = \"m\"\n";
        let zones = crate::config::values::zones::Zones::of_this_machine();
        let path = std::path::Path::new("config.toml");
        let config = crate::config::of_text(text.to_owned(), path, &zones, DateTime::UNIX_EPOCH).unwrap().0;
        // Friday, 11:30 AM in Denver.
        let now: DateTime<Utc> = "2026-11-27T18:30:00Z".parse().unwrap();
        let said = |choice: &str, at: &str| until(&config, choice, at, now).map(|at| at.to_rfc3339());
        assert_eq!(said("hour", "").as_deref(), Some("2026-11-27T19:30:00+00:00"));
        assert_eq!(said("afternoon", "").as_deref(), Some("2026-11-27T20:00:00+00:00"));
        assert_eq!(said("tomorrow", "").as_deref(), Some("2026-11-30T15:00:00+00:00"), "the next open day");
        assert_eq!(said("at", "2026-11-27T15:15").as_deref(), Some("2026-11-27T22:15:00+00:00"));
        for (choice, at) in
            [("at", "2026-11-27T09:00"), ("at", "soon"), ("at", "2036-11-27T09:00"), ("", ""), ("x", "")]
        {
            assert_eq!(said(choice, at), None, "{choice} {at}");
        }
    }
}
