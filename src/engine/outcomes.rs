//! Applies what a patient answered: outcomes of appointments, tasks for people, entries for the practice's program.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::config::Config;
use crate::domain::ids::ConversationId;
use crate::domain::operator::Operator;
use crate::domain::patient_outcome::{PatientOutcome, Standing};
use crate::domain::phone::Phone;
use crate::domain::private::Private;
use crate::domain::task::{TaskEnd, TaskKind};
use crate::outcomes::concerned::NamedAppointment;
use crate::outcomes::transition::{Change, News, change};
use crate::store::outcomes::outcome::{self, Origin};
use crate::store::outcomes::tasks::{self, NewTask};
use crate::store::outcomes::{named, outbox};
use crate::store::{StoreError, Transaction};

/// Something new about appointments.
#[derive(Debug, Clone)]
pub(crate) struct Arrival<'a> {
    /// The number.
    pub(crate) phone: &'a Phone,
    /// The conversation.
    pub(crate) conversation: &'a ConversationId,
    /// Every appointment that the conversation is about.
    pub(crate) named: &'a [NamedAppointment],
    /// Those of them that this is about.
    pub(crate) concerned: Vec<&'a NamedAppointment>,
    /// What it says.
    pub(crate) news: News,
    /// The patient's words.
    pub(crate) words: Option<&'a str>,
    /// The tag or the action.
    pub(crate) detail: Option<String>,
    /// What a person has to do about it.
    pub(crate) attention: Attention,
}

/// Whether a person has to act on something new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attention {
    /// Nobody, unless it disagrees with what stands.
    None,
    /// Annie answered: it is listed and closed.
    Answered,
    /// A person has to.
    Wanted,
    /// A person has to at once.
    Urgent,
}

/// The cause of a task about replies in a conversation. Wishes, what concerns the number, and everything else are tasks
/// of their own, because each closes when its own cause is gone.
pub(crate) fn cause_of_replies(conversation: &ConversationId, outcome: PatientOutcome) -> String {
    let class = match outcome {
        PatientOutcome::WantsChange | PatientOutcome::WantsCancel => "wish",
        PatientOutcome::WrongPerson | PatientOutcome::UnclearOptOut | PatientOutcome::OptedOut => "number",
        _ => "other",
    };
    format!("reply/{}/{class}", conversation.0)
}

/// Applies it to each appointment that it concerns and that stands in the book.
pub(crate) fn apply(
    tx: &Transaction<'_>,
    config: &Config,
    arrival: &Arrival<'_>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let news = arrival.news;
    let origin = Origin { phone: Some(arrival.phone), conversation: Some(arrival.conversation), who: None, why: None };
    let (mut disagrees, mut is_any_live, mut stands_as_wish) = (false, false, false);
    let mut about = arrival.named.to_vec();
    for told in &arrival.concerned {
        let Some(one) = named::still_stands(tx, told)? else { continue };
        let one = &one;
        is_any_live = true;
        // Its task names the appointment as the book does now.
        about.iter_mut().filter(|known| known.id == told.id).for_each(|known| *known = one.clone());
        let before = match outcome::of_person(tx, (&one.id, one.start), &one.person)? {
            None => outcome::of_person(tx, (&told.id, told.start), &one.person)?,
            known => known,
        };
        stands_as_wish |= before.is_some_and(|before| before.outcome.is_wish());
        match change(before, news) {
            Change::Stays => {}
            Change::Disagrees => disagrees = true,
            Change::Becomes => {
                stands_as_wish |= news.outcome.is_wish();
                let standing = Standing { outcome: news.outcome, source: news.source, since: news.at };
                outcome::set(tx, one, standing, origin, now)?;
                tell_program(tx, config, one, (before, standing), (Some(arrival.conversation), arrival.words), now)?;
            }
        }
    }
    let is_moot = news.outcome.is_wish() && !is_any_live && !arrival.concerned.is_empty();
    let others = match is_moot {
        // It answers a text about an appointment that has changed since; the patient may mean the new one.
        true => named::of_number(tx, &config.practice.country.code(), arrival.phone, now)?,
        false => Vec::new(),
    };
    if is_moot && others.is_empty() && arrival.attention != Attention::Urgent {
        return Ok(());
    }
    if !disagrees && arrival.attention == Attention::None {
        return Ok(());
    }
    // A tag that asks for a change does not outweigh what a person noted; the person has to learn of it.
    let is_unheeded = news.outcome.is_wish() && !stands_as_wish;
    let code = match (disagrees || is_moot || is_unheeded, news.outcome) {
        (true, _) | (_, PatientOutcome::None) => PatientOutcome::NeedsALook,
        (false, outcome) => outcome,
    };
    let about = if is_moot { &others } else { &about };
    open_task(tx, arrival, code, about, now)
}

fn open_task(
    tx: &Transaction<'_>,
    arrival: &Arrival<'_>,
    code: PatientOutcome,
    about: &[NamedAppointment],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let wish = cause_of_replies(arrival.conversation, PatientOutcome::WantsCancel);
    // "Can't come." - "Shall I cancel it?" - "Yes": more words about the same wish.
    let is_more = arrival.news.outcome == PatientOutcome::NeedsALook && tasks::open_code(tx, &wish)?.is_some();
    let cause = if is_more { wish } else { cause_of_replies(arrival.conversation, code) };
    // A question that Annie answered is listed with the open task of the conversation, or by itself and closed.
    let open = tasks::open_code(tx, &cause)?;
    let is_answered = arrival.attention == Attention::Answered && open.is_none();
    let code = match open.and_then(|code| PatientOutcome::from_code(&code)) {
        Some(open) if weight(open) > weight(code) => open,
        _ => code,
    };
    let task = NewTask {
        cause: if is_answered { format!("{cause}/{}", arrival.news.at.timestamp()) } else { cause },
        kind: TaskKind::Reply,
        code: code.code().to_owned(),
        is_urgent: arrival.attention == Attention::Urgent,
        phone: Some(arrival.phone.clone()),
        conversation: Some(arrival.conversation.clone()),
        since: arrival.news.at,
        size: 1,
        said: arrival.words.map(|words| Private(words.to_owned())),
        detail: arrival.detail.clone(),
        appointments: about.to_vec(),
    };
    let (id, _) = tasks::open(tx, &task, now)?;
    match is_answered {
        true => tasks::close(tx, id, TaskEnd::Answered, Operator { who: None, why: None }, now),
        false => Ok(()),
    }
}

/// Which of several answers of one kind names their task. Of two wishes, the later one does.
fn weight(outcome: PatientOutcome) -> u8 {
    match outcome {
        PatientOutcome::None | PatientOutcome::Confirmed => 0,
        PatientOutcome::Question | PatientOutcome::OptedOut => 1,
        PatientOutcome::NeedsALook | PatientOutcome::UnclearOptOut => 2,
        PatientOutcome::WrongPerson => 3,
        PatientOutcome::WantsChange | PatientOutcome::WantsCancel => 4,
    }
}

/// Adds an entry for the practice's program, if it has one.
pub(crate) fn tell_program(
    tx: &Transaction<'_>,
    config: &Config,
    of: &NamedAppointment,
    (before, standing): (Option<Standing>, Standing),
    (conversation, words): (Option<&ConversationId>, Option<&str>),
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let Some(hook) = &config.outcomes.hook else { return Ok(()) };
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let body = serde_json::json!({
        "appointment_id": of.id, "patient_id": of.person.patient_id, "starts_at": time(of.start),
        "outcome": standing.outcome.code(), "source": standing.source.code(), "since": time(standing.since),
        "before": before.map(|before| before.outcome.code()), "conversation_id": conversation.map(|id| &id.0),
    });
    let said = words.filter(|_| hook.sends_words).map(Private);
    outbox::add(tx, (&of.id, of.start), &body.to_string(), said, now)
}
