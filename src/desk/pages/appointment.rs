//! One appointment: who and when, each rule with its state and reason, each text, the answers, and what was done.

use axum::response::Response;
use minijinja::context;
use serde::Serialize;

use crate::actions::note_outcome::CAN_BE_NOTED;
use crate::desk::acts::of_state;
use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::pages::lines::{Wording, viewed};
use crate::desk::pages::worklist::{TaskLine, line_of};
use crate::desk::views::{self, of};
use crate::domain::ids::AppointmentId;
use crate::domain::number_hold::HoldCause;
use crate::domain::phone::Phone;
use crate::domain::reminder::{PlanDecision, Skip, State};
use crate::reports::explanation::{self, Explained, Explanation};
use crate::reports::worklist::{self, WorkItem};
use crate::store::appointments::opt_outs::{self, OptOut};
use crate::store::appointments::{appointment, phone_spellings};
use crate::store::controls::{number_holds, pauses};
use crate::store::ledger::audit::{self, Act, Record, Wanted};
use crate::store::outcomes::{calls, named};
use crate::store::{Connection, StoreError};

/// At most so many rows of history are shown; the command shows all.
const HISTORY: usize = 60;

#[derive(Debug, Serialize)]
struct Reminder {
    rule: String,
    state: &'static str,
    says: String,
    steps: Vec<String>,
    message: String,
    is_skipped: bool,
    can_be_skipped: bool,
    together: usize,
}

#[derive(Debug, Serialize)]
struct Happened {
    at: String,
    what: String,
    who: String,
    why: String,
}

/// What is read of an appointment.
struct Read {
    explanation: Explanation,
    phone: Option<Phone>,
    opt_out: Option<OptOut>,
    is_wrong: bool,
    hold: Option<HoldCause>,
    skips: Vec<String>,
    calls: Vec<crate::domain::call::Call>,
    /// What the acts on this page bring back.
    state: String,
    tasks: Vec<WorkItem>,
    history: Vec<Record>,
}

/// `GET /appointments/ID`
pub(crate) async fn page(asked: Asked) -> Result<Response, Fault> {
    let session = asked.session.clone().ok_or(Fault::Forbidden)?;
    let (id, now, scope) = (AppointmentId(asked.value(0).to_owned()), asked.shared.now(), session.user.scope.clone());
    let found = asked
        .shared
        .read(move |connection, config| {
            let Some(one) = appointment::of_id(connection, &id)? else { return Ok(None) };
            if !scope.sees(config.rulebook.location_of(&one)) {
                return Ok(None);
            }
            phone_spellings::learn_all(connection, config.practice.country, phone_spellings::Keep::Temporary)?;
            let explained = explanation::explain(connection, config, std::slice::from_ref(&id), now)?;
            let Some(explanation) = explained.into_iter().next() else { return Ok(None) };
            let start = explanation.appointment.row.starts_at;
            let tasks = worklist::list(connection, config, &scope, None, now)?;
            let tasks = tasks.into_iter().filter(|item| item.task.appointments.iter().any(|(of, _)| *of == id));
            let tasks = tasks.collect();
            let span = (start, start + chrono::TimeDelta::seconds(1));
            let calls = calls::of_appointments(connection, span)?.remove(&(id.clone(), start)).unwrap_or_default();
            let phone = named::number_of(connection, &config.practice.country.code(), &id)?;
            let of_number = number(connection, phone.as_ref(), &explanation)?;
            let wanted = Wanted { appointment: Some(id.0.clone()), ..Wanted::default() };
            let state = of_state(connection, config, &one)?;
            Ok(Some(Read {
                state,
                explanation,
                opt_out: of_number.0,
                is_wrong: of_number.1,
                hold: of_number.2,
                phone,
                skips: pauses::skips_of(connection, &id)?
                    .into_iter()
                    .map(|rule| rule.map_or_else(String::new, |rule| rule.0))
                    .collect(),
                calls,
                tasks,
                history: audit::find(connection, &wanted)?,
            }))
        })
        .await?;
    let Some(read) = found else { return Err(Fault::NotFound) };
    let one = &read.explanation.appointment.row;
    viewed(&asked, &session, &format!("appointment {}", one.id), Some(one)).await?;
    let config = asked.shared.config();
    let wording = Wording::of(&asked, &config);
    let content = content(&wording, &read);
    views::page(&asked.shared, &session, ("appointment.html", "appointment"), content).await
}

/// What is known of the number: its opt-out, whether it is marked as wrong for this patient, why its texts wait.
fn number(
    connection: &Connection,
    phone: Option<&Phone>,
    explanation: &Explanation,
) -> Result<(Option<OptOut>, bool, Option<HoldCause>), StoreError> {
    let Some(phone) = phone else { return Ok((None, false, None)) };
    let patient = &explanation.appointment.row.patient_id;
    let is_wrong = opt_outs::list_wrong(connection)?.iter().any(|w| w.phone == *phone && w.patient == *patient);
    Ok((opt_outs::of(connection, phone)?, is_wrong, number_holds::open(connection, phone)?))
}

fn content(wording: &Wording<'_>, read: &Read) -> minijinja::Value {
    let Explanation { appointment, source, reminders } = &read.explanation;
    let one = &appointment.row;
    let is_to_come = one.starts_at > wording.now && one.status.is_live();
    let outcome = appointment.outcome.map(|standing| wording.outcome(standing)).unwrap_or_default();
    let is_noted = appointment
        .outcome
        .is_some_and(|standing| standing.outcome != crate::domain::patient_outcome::PatientOutcome::None);
    let feed = source.as_ref().map(|(feed, read_at)| {
        let read_at = read_at.map(|at| wording.times.near(at, wording.now));
        context! { name => feed, read_at }
    });
    let earlier: Vec<String> = reminders
        .first()
        .map(|explained| {
            explained
                .row
                .earlier
                .iter()
                .map(|earlier| wording.sentence(&earlier.sentence(&wording.config.practice.zone)))
                .collect()
        })
        .unwrap_or_default();
    let tasks: Vec<TaskLine> = read.tasks.iter().map(|item| line_of(wording, item)).collect();
    let skips_all = read.skips.iter().any(String::is_empty);
    let reminders: Vec<Reminder> =
        reminders.iter().map(|explained| reminder(wording, explained, &read.skips)).collect();
    let notes: Vec<_> = CAN_BE_NOTED
        .iter()
        .filter(|outcome| is_noted || outcome.code() != "none")
        .map(|outcome| context! { code => outcome.code(), word => wording.say(&format!("note.{}", outcome.code())) })
        .collect();
    let opt_out = read.opt_out.as_ref().map(|opt_out| {
        let source = wording.say(&format!("opt-out.{}", opt_out.source.name()));
        context! {
            at => wording.times.near(opt_out.at, wording.now), source, who => opt_out.who.as_deref(),
            is_desk => opt_out.source == opt_outs::Source::Desk,
        }
    });
    let hold = read.hold.map(|hold| match hold {
        HoldCause::ReplyUnclear => "reply-unclear",
        HoldCause::WrongPerson => "wrong-person",
    });
    let history: Vec<Happened> =
        read.history.iter().rev().take(HISTORY).map(|record| happened(wording, record)).collect();
    context! {
        one => of(&wording.appointment(one)), is_to_come, outcome, notes, feed, earlier, tasks => of(&tasks),
        reminders => of(&reminders), skips_all, opt_out, hold, history => of(&history),
        calls => of(&wording.calls(&read.calls)),
        number => read.phone.as_ref().map(|phone| phone.national()),
        is_wrong => read.is_wrong,
        state => read.state.as_str(),
        unread => read.history.len() > HISTORY,
    }
}

fn reminder(wording: &Wording<'_>, explained: &Explained, skips: &[String]) -> Reminder {
    let (row, item) = (&explained.row, &explained.row.item);
    let is_planned = item.state == State::Unclaimed(PlanDecision::Planned);
    let near = |key: &str, at: Option<chrono::DateTime<chrono::Utc>>| {
        wording.words.say(key, &[("time", at.map(|at| wording.times.near(at, wording.now)).unwrap_or_default())])
    };
    let says = match item.state {
        State::Sent => near("reminder.sent", row.text.as_ref().map(|text| text.made_at)),
        State::Unclaimed(PlanDecision::Planned) if row.overdue_since.is_some() => {
            let why = row.code.map(|code| wording.reason(code, code)).unwrap_or_default();
            format!("{} {why}", near("reminder.overdue", row.overdue_since))
        }
        State::Unclaimed(PlanDecision::Planned) => near("reminder.planned", item.due_at),
        State::Unclaimed(PlanDecision::Skipped(Skip::ObserveMode)) => near("reminder.observed", item.due_at),
        state => {
            let why = wording.reason(row.code.or(state.reason()).unwrap_or(state.name()), state.label());
            wording.words.say("reminder.no-text", &[("why", why)])
        }
    };
    let class = match item.state {
        State::Sent | State::Sending => "sent",
        State::Unclaimed(PlanDecision::Planned) => "planned",
        State::Held | State::Unknown => "held",
        _ => "none",
    };
    let rule = item.key.rule.0.clone();
    Reminder {
        is_skipped: skips.contains(&rule),
        can_be_skipped: is_planned && !skips.contains(&rule),
        state: class,
        says,
        steps: explained.steps.iter().chain(&explained.meanwhile).map(|step| wording.sentence(step)).collect(),
        message: row.words.clone().unwrap_or_default(),
        together: row.together.len().saturating_sub(1),
        rule,
    }
}

fn happened(wording: &Wording<'_>, record: &Record) -> Happened {
    let act = wording.words.find(&format!("audit.{}", record.act)).unwrap_or(Act::words_of(&record.act)).to_owned();
    let rule = record.rule.as_ref().filter(|rule| !rule.0.is_empty());
    let code = record.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
    let what = match rule {
        Some(rule) => format!("{rule}: {act}{code}"),
        None => format!("{act}{code}"),
    };
    Happened {
        at: wording.times.near(record.at, wording.now),
        what,
        who: record.who.clone().unwrap_or_default(),
        why: record.why.clone().unwrap_or_default(),
    }
}
