//! Explains in plain words, step by step, how a reminder got its answer. Reports what the plan decided; decides
//! nothing.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::domain::appointment::Status;
use crate::domain::duration;
use crate::domain::lead::{Lead, Unit};
use crate::domain::limits::Limit;
use crate::domain::reminder::{Miss, PlanDecision, Skip, State};
use crate::domain::reminder_key::ReminderKey;
use crate::domain::rule::Rule;
use crate::planner::budget::{Blocker, Taken};
use crate::planner::calendar::{Adjustment, BEFORE_CLOSING, Calendar};
use crate::planner::draft::Expiry;
use crate::planner::input::{AppointmentInput, LiveSince, Rulebook};
use crate::planner::plan::{DueBy, Item};

/// A reminder to explain, with everything it was planned from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    /// The rules in force.
    pub(crate) book: &'a Rulebook,
    /// Since when each rule has been in force.
    pub(crate) live: &'a LiveSince,
    /// The appointment.
    pub(crate) appointment: &'a AppointmentInput,
    /// The rule.
    pub(crate) rule: &'a Rule,
    /// The answer.
    pub(crate) item: &'a Item,
    /// The reminders in the same text, including this one.
    pub(crate) together: &'a [ReminderKey],
    /// Now.
    pub(crate) now: DateTime<Utc>,
}

impl Case<'_> {
    /// The steps, each a sentence or two.
    pub(crate) fn steps(&self) -> Vec<String> {
        let Some(calendar) = self.book.calendar_of(&self.appointment.row) else {
            let location = self.appointment.row.location.as_deref().unwrap_or_default();
            return vec![format!("No [[location]] in the configuration has the id `{location}`, so there is no text.")];
        };
        let mut steps = vec![self.nominal(calendar)];
        steps.extend(self.adjusted(calendar));
        if self.item.state.is_spent() {
            steps.extend(self.household(calendar));
            return steps;
        }
        steps.extend(self.expiry(calendar));
        steps.extend(self.due(calendar));
        steps.extend(self.household(calendar));
        steps.extend(self.reason(calendar));
        steps
    }

    fn nominal(&self, calendar: &Calendar) -> String {
        let Some(nominal) = self.item.nominal_at else {
            return format!("There is no time {} before the appointment.", self.rule.lead);
        };
        let zone = &calendar.zone;
        let start = self.item.key.start;
        let clocks = zone.offset_at(nominal) != zone.offset_at(start);
        let note = match (clocks, self.rule.lead.unit) {
            (false, _) => "",
            (true, Unit::Minutes | Unit::Hours) => " (counted in elapsed hours; the clocks change in between)",
            (true, _) => " (counted in calendar days; the clocks change in between)",
        };
        let lead = Lead { at: None, ..self.rule.lead };
        let at = self.rule.lead.at.map(|at| format!(", at {},", at.format("%H:%M"))).unwrap_or_default();
        format!("{lead} before the appointment{at} is {}{note}.", zone.describe(nominal))
    }

    fn adjusted(&self, calendar: &Calendar) -> Option<String> {
        let zone = &calendar.zone;
        let nominal = self.item.nominal_at?;
        let date = calendar.date(nominal);
        let day = date.format("%A, %B %-d");
        let Some((adjusted, by)) = self.item.adjusted_at.zip(self.item.adjusted_by) else {
            return self.item.adjusted_at.is_none().then(|| {
                "This rule's outside_hours leaves no sending time between then and the appointment.".to_owned()
            });
        };
        let to = zone.describe(adjusted);
        let hours = || sending_hours(calendar, date);
        let holiday = calendar.holidays.name_of(date).map(|name| format!(" ({name})")).unwrap_or_default();
        let half = BEFORE_CLOSING.num_minutes();
        Some(match by {
            Adjustment::Kept => return None,
            Adjustment::Margin => format!("That is at the very edge of the sending hours, so it moves to {to}."),
            Adjustment::TooEarly => {
                format!("That is before that day's sending hours ({}), so it moves to {to}.", hours())
            }
            Adjustment::TooLate => {
                format!(
                    "That is after that day's sending hours ({}), so it moves to {half} minutes before they end, {to}.",
                    hours()
                )
            }
            Adjustment::ClosedDay => {
                format!("No texts go out on {day}{holiday}, so it moves to the previous sending day, {to}.")
            }
            Adjustment::NearStart => format!(
                "That day's sending hours are too close to the appointment, so it moves to {half} minutes before the previous closing, {to}."
            ),
            Adjustment::Earlier => {
                format!(
                    "That is outside the sending hours, so it moves to {half} minutes before the previous closing, {to}."
                )
            }
            Adjustment::Later => format!("That is outside the sending hours, so it moves to the next opening, {to}."),
        })
    }

    fn expiry(&self, calendar: &Calendar) -> Option<String> {
        // If the patient or the appointment is the reason, time does not matter.
        let in_time = match self.item.state {
            State::Unclaimed(PlanDecision::Planned | PlanDecision::Missed(_)) => true,
            State::Unclaimed(PlanDecision::Skipped(reason)) => {
                matches!(reason, Skip::ObserveMode | Skip::Superseded | Skip::ContactLimit | Skip::NotInOnlyTo)
            }
            _ => false,
        };
        let (expires, by) = (self.item.expires_at.filter(|_| in_time)?, self.item.expires_by.as_ref()?);
        let why = match by {
            Expiry::NearStart => format!("{} before the appointment", duration::exact(self.rule.no_text_within)),
            Expiry::NextRule(rule) => format!("then `{rule}` is due"),
            Expiry::After => "expires_after".to_owned(),
            Expiry::RetryOver => "after that, there is no way to tell whether the first one arrived".to_owned(),
        };
        Some(format!("It can be sent until {} ({why}).", calendar.zone.describe(expires)))
    }

    fn due(&self, calendar: &Calendar) -> Option<String> {
        let zone = &calendar.zone;
        let due = zone.describe(self.item.due_at?);
        match self.item.due_by.as_ref()? {
            DueBy::Itself | DueBy::Together => None,
            DueBy::Late => Some(format!("That time has passed; the next time that texts may go out is {due}.")),
            DueBy::Limits(blocker) => {
                Some(format!("{} The first time with room is {due}.", blocked(calendar, blocker)))
            }
        }
    }

    fn household(&self, calendar: &Calendar) -> Option<String> {
        let others = self.together.iter().filter(|key| **key != self.item.key);
        let others: Vec<String> =
            others.map(|key| format!("`{}` for appointment {}", key.rule, key.appointment_id)).collect();
        let due = calendar.zone.describe(self.item.due_at?);
        (!others.is_empty()).then(|| format!("One text for the household, together with {}: {due}.", others.join(", ")))
    }

    fn reason(&self, calendar: &Calendar) -> Option<String> {
        let zone = &calendar.zone;
        let taken = zone.describe(self.appointment.taken_at);
        Some(match self.item.state {
            State::Unclaimed(PlanDecision::Skipped(Skip::BookedLate)) => {
                let first = self.appointment.taken_at == self.appointment.seen_at;
                let when = match self.appointment.row.booked_at {
                    Some(booked) if first => format!("It was booked on {}", zone.describe(booked)),
                    _ if first => format!("It was first seen on {taken}"),
                    _ => format!("It has had this start since {taken}"),
                };
                format!("{when}, after this text was due; because of booked_late = \"skip\", there is no text.")
            }
            State::Unclaimed(PlanDecision::Skipped(Skip::NewRule)) => {
                let since = self.live.get(&self.rule.name).copied().unwrap_or(self.now).min(self.now);
                format!("The rule with this lead came into force on {}, after this text was due.", zone.describe(since))
            }
            State::Unclaimed(PlanDecision::Skipped(Skip::ContactLimit)) => {
                let blocker = self.item.blocker.as_ref()?;
                let until = self.item.expires_at.map(|at| zone.describe(at)).unwrap_or_default();
                format!("{} There is no room before {until}.", blocked(calendar, blocker))
            }
            State::Unclaimed(PlanDecision::Skipped(Skip::NoConsent)) => match self.appointment.row.consent {
                Some(_) => "The practice software says that the patient declined texts.".to_owned(),
                None if self.item.phone.is_none() => {
                    "The phone field in the practice software says that the patient wants no texts.".to_owned()
                }
                None => "The patient's consent is unknown, and unknown_consent = \"skip\".".to_owned(),
            },
            State::Unclaimed(PlanDecision::Skipped(Skip::InvalidPhone)) if self.item.phone.is_some() => {
                "This is the practice's own number.".to_owned()
            }
            State::Unclaimed(PlanDecision::Skipped(Skip::OtherType)) => match &self.appointment.row.type_id {
                Some(kind) => format!("The appointment has the type `{kind}`."),
                None => "The appointment has no type.".to_owned(),
            },
            State::Unclaimed(PlanDecision::Skipped(Skip::ClosedDay)) => {
                let who = match &self.appointment.row.location {
                    Some(id) if self.book.calendar_of(&self.appointment.row) != Some(&self.book.calendar) => {
                        format!("location {id}")
                    }
                    _ => "the practice".to_owned(),
                };
                let calendar = self.book.calendar_of(&self.appointment.row).unwrap_or(&self.book.calendar);
                let start = self.item.key.start;
                let day = match calendar.holidays.name_of(calendar.date(start)) {
                    Some(name) => format!("{}, {}", zone.describe(start), name.replace('-', " ")),
                    None => zone.describe(start),
                };
                format!("The appointment itself is on a day {who} is closed ({day}).")
            }
            State::Unclaimed(PlanDecision::Skipped(Skip::Confirmed)) => {
                let how = match self.appointment.outcome {
                    Some(standing) if self.appointment.row.status != Status::Confirmed => {
                        format!("The appointment is {}", standing.in_words(zone))
                    }
                    _ => "The patient has confirmed".to_owned(),
                };
                format!("{how}; because of skip_if_confirmed, this text goes only to patients who have not.")
            }
            State::Unclaimed(PlanDecision::Skipped(Skip::AskedToChange)) => {
                let what = self.appointment.outcome.filter(|standing| standing.outcome.is_wish());
                let what =
                    what.map_or_else(|| "asked to change or cancel it".to_owned(), |standing| standing.in_words(zone));
                format!(
                    "The patient {what}. Texts about the appointment wait until its start or status changes, or until somebody notes another outcome."
                )
            }
            State::Unclaimed(PlanDecision::Cancelled(_)) if self.appointment.row.status != Status::Booked => {
                format!("The practice software says `{}`.", self.appointment.row.status.name())
            }
            State::Unclaimed(PlanDecision::Missed(Miss::Expired)) => {
                let until = self.item.expires_at.map(|at| zone.describe(at)).unwrap_or_default();
                format!("It should have gone out, but did not before {until}.")
            }
            _ => return None,
        })
    }
}

/// What blocks a text, in a sentence.
pub(crate) fn blocked(calendar: &Calendar, blocker: &Blocker) -> String {
    let zone = &calendar.zone;
    let text = |taken: &Taken| {
        let what: Vec<String> =
            taken.keys.iter().map(|key| format!("`{}` for appointment {}", key.rule, key.appointment_id)).collect();
        let what = if what.is_empty() { "a text".to_owned() } else { what.join(" and ") };
        let when = zone.describe(taken.at);
        if taken.sent { format!("{what} was sent on {when}") } else { format!("{what} goes out on {when}") }
    };
    let texts: Vec<String> = blocker.texts.iter().map(text).collect();
    let texts = texts.join("; ");
    let wanted = zone.describe(blocker.wanted);
    match blocker.limit {
        Limit::Gap => format!("On {wanted}, it would be too close to another text to this number: {texts}."),
        Limit::SevenDays => format!("On {wanted}, there would be too many texts to this number in 7 days: {texts}."),
        Limit::ThirtyDays => format!("On {wanted}, there would be too many texts to this number in 30 days: {texts}."),
        Limit::Cooldown => {
            format!("On {wanted}, this number is in Annie's 30-day rest period because texts to it failed: {texts}.")
        }
    }
}

/// One run of the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// When it began.
    pub(crate) began: DateTime<Utc>,
    /// Its last heartbeat.
    pub(crate) last_beat: DateTime<Utc>,
}

/// When the daemon was not running within (from, until), in sentences: the gaps between its runs.
pub(crate) fn times_off(
    calendar: &Calendar,
    runs: &[Run],
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Vec<String> {
    /// The heartbeat is stored every minute; two may be missing although the daemon is running.
    const BEAT: TimeDelta = TimeDelta::minutes(3);
    let zone = &calendar.zone;
    let next = runs.iter().skip(1).map(|run| Some(run.began)).chain([None]);
    let gaps = runs.iter().zip(next).map(|(run, next)| (run.last_beat, next));
    let gaps = gaps.filter(|(beat, next)| next.unwrap_or(now) > *beat + BEAT);
    gaps.filter(|(beat, next)| *beat < until && next.is_none_or(|next| next > from))
        .map(|(beat, next)| match next {
            Some(next) => format!("Leadtime was not running from {} to {}.", zone.describe(beat), zone.describe(next)),
            None => format!("Leadtime has not been running since {}.", zone.describe(beat)),
        })
        .collect()
}

fn sending_hours(calendar: &Calendar, date: NaiveDate) -> String {
    let time = |at: DateTime<Utc>| calendar.zone.local(at).format("%H:%M").to_string();
    let windows = calendar.windows_on(date).into_iter().map(|(from, until)| format!("{}-{}", time(from), time(until)));
    let windows: Vec<String> = windows.collect();
    let own = calendar.hours_on(date).map(|hours| hours.on(date, &calendar.zone));
    let whole = own.flatten().is_some_and(|own| calendar.windows_on(date) == [(own.opens, own.closes)]);
    let annie = match whole {
        true => String::new(),
        false => format!("; Annie sends texts from 9 AM to 8 PM in {}", calendar.organization_zone.name()),
    };
    format!("{}{annie}", windows.join(" and "))
}
