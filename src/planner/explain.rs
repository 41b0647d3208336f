//! The way of one reminder to its answer, step by step in plain words. Tells what the plan decided; decides nothing.

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

/// What is to be explained: a reminder with all it was made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    /// The rules in force.
    pub(crate) book: &'a Rulebook,
    /// Since when.
    pub(crate) live: &'a LiveSince,
    /// The appointment.
    pub(crate) appointment: &'a AppointmentInput,
    /// The rule.
    pub(crate) rule: &'a Rule,
    /// The answer.
    pub(crate) item: &'a Item,
    /// The reminders in the same text, itself among them.
    pub(crate) together: &'a [ReminderKey],
    /// Now.
    pub(crate) now: DateTime<Utc>,
}

impl Case<'_> {
    /// The steps, each a sentence or two.
    pub(crate) fn steps(&self) -> Vec<String> {
        let Some(calendar) = self.book.calendar_of(&self.appointment.row) else {
            let location = self.appointment.row.location.as_deref().unwrap_or_default();
            return vec![format!("No [[location]] of the configuration has the id `{location}`: no text.")];
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
            return format!("There is no time {} before the visit.", self.rule.lead);
        };
        let zone = &calendar.zone;
        let start = self.item.key.start;
        let clocks = zone.offset_at(nominal) != zone.offset_at(start);
        let note = match (clocks, self.rule.lead.unit) {
            (false, _) => "",
            (true, Unit::Minutes | Unit::Hours) => " (counted in hours that pass; the clocks change in between)",
            (true, _) => " (counted in days; the clocks change in between)",
        };
        let lead = Lead { at: None, ..self.rule.lead };
        let at = self.rule.lead.at.map(|at| format!(", at {},", at.format("%H:%M"))).unwrap_or_default();
        format!("{lead} before the visit{at} is {}{note}.", zone.describe(nominal))
    }

    fn adjusted(&self, calendar: &Calendar) -> Option<String> {
        let zone = &calendar.zone;
        let nominal = self.item.nominal_at?;
        let date = calendar.date(nominal);
        let day = date.format("%A, %B %-d");
        let Some((adjusted, by)) = self.item.adjusted_at.zip(self.item.adjusted_by) else {
            return self
                .item
                .adjusted_at
                .is_none()
                .then(|| "No sending hour lies between that and the visit by this rule's outside_hours.".to_owned());
        };
        let to = zone.describe(adjusted);
        let hours = || sending_hours(calendar, date);
        let holiday = calendar.holidays.name_of(date).map(|name| format!(" ({name})")).unwrap_or_default();
        let half = BEFORE_CLOSING.num_minutes();
        Some(match by {
            Adjustment::Kept => return None,
            Adjustment::Margin => format!("That is at the very edge of the sending hours: {to}."),
            Adjustment::TooEarly => format!("That is before that day's sending hours ({}): {to}.", hours()),
            Adjustment::TooLate => {
                format!("That is after that day's sending hours ({}): {half} minutes before their end, {to}.", hours())
            }
            Adjustment::ClosedDay => {
                format!("On {day}{holiday} no text leaves: the sending day before, {to}.")
            }
            Adjustment::NearStart => format!(
                "The sending hours of that day are too near the visit: {half} minutes before the closing before them, {to}."
            ),
            Adjustment::Earlier => {
                format!("That is outside the sending hours: {half} minutes before the closing before it, {to}.")
            }
            Adjustment::Later => format!("That is outside the sending hours: at the next opening, {to}."),
        })
    }

    fn expiry(&self, calendar: &Calendar) -> Option<String> {
        // Where it is the patient or the appointment that stands in the way, time does not matter.
        let in_time = match self.item.state {
            State::Unclaimed(PlanDecision::Planned | PlanDecision::Missed(_)) => true,
            State::Unclaimed(PlanDecision::Skipped(reason)) => {
                matches!(reason, Skip::ObserveMode | Skip::Superseded | Skip::ContactLimit | Skip::NotInOnlyTo)
            }
            _ => false,
        };
        let (expires, by) = (self.item.expires_at.filter(|_| in_time)?, self.item.expires_by.as_ref()?);
        let why = match by {
            Expiry::NearStart => format!("{} before the visit", duration::exact(self.rule.no_text_within)),
            Expiry::NextRule(rule) => format!("then `{rule}` is due"),
            Expiry::After => "expires_after".to_owned(),
            Expiry::RetryOver => "then it could no longer be told whether the first one arrived".to_owned(),
        };
        Some(format!("It is of use until {} ({why}).", calendar.zone.describe(expires)))
    }

    fn due(&self, calendar: &Calendar) -> Option<String> {
        let zone = &calendar.zone;
        let due = zone.describe(self.item.due_at?);
        match self.item.due_by.as_ref()? {
            DueBy::Itself | DueBy::Together => None,
            DueBy::Late => Some(format!("That time has passed; as soon as texts may leave: {due}.")),
            DueBy::Limits(blocker) => Some(format!("{} The first time with room: {due}.", blocked(calendar, blocker))),
        }
    }

    fn household(&self, calendar: &Calendar) -> Option<String> {
        let others = self.together.iter().filter(|key| **key != self.item.key);
        let others: Vec<String> = others.map(|key| format!("`{}` of visit {}", key.rule, key.appointment_id)).collect();
        let due = calendar.zone.describe(self.item.due_at?);
        (!others.is_empty()).then(|| format!("One text for the household, with {}: {due}.", others.join(", ")))
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
                format!("{when}, after this text was due; by booked_late = \"skip\" it gets none.")
            }
            State::Unclaimed(PlanDecision::Skipped(Skip::NewRule)) => {
                let since = self.live.get(&self.rule.name).copied().unwrap_or(self.now).min(self.now);
                format!(
                    "The rule, with this lead, has been in force since {}, after this text was due.",
                    zone.describe(since)
                )
            }
            State::Unclaimed(PlanDecision::Skipped(Skip::ContactLimit)) => {
                let blocker = self.item.blocker.as_ref()?;
                let until = self.item.expires_at.map(|at| zone.describe(at)).unwrap_or_default();
                format!("{} There is no room until {until}.", blocked(calendar, blocker))
            }
            State::Unclaimed(PlanDecision::Skipped(Skip::NoConsent)) => match self.appointment.row.consent {
                Some(_) => "The appointment book says that the patient declined.".to_owned(),
                None if self.item.phone.is_none() => {
                    "The phone cell of the appointment book says that the patient wants no texts.".to_owned()
                }
                None => "Nothing is known of the patient's consent, and unknown_consent = \"skip\".".to_owned(),
            },
            State::Unclaimed(PlanDecision::Skipped(Skip::InvalidPhone)) if self.item.phone.is_some() => {
                "This is the practice's own number.".to_owned()
            }
            State::Unclaimed(PlanDecision::Skipped(Skip::OtherType)) => match &self.appointment.row.type_id {
                Some(kind) => format!("The visit is of the kind `{kind}`."),
                None => "The visit has no kind.".to_owned(),
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
                format!("The visit itself lies on a day {who} is closed ({day}).")
            }
            State::Unclaimed(PlanDecision::Skipped(Skip::Confirmed)) => {
                "The patient has said yes, and by skip_if_confirmed this text asks nobody who has.".to_owned()
            }
            State::Unclaimed(PlanDecision::Cancelled(_)) if self.appointment.row.status != Status::Booked => {
                format!("The appointment book says `{}`.", self.appointment.row.status.name())
            }
            State::Unclaimed(PlanDecision::Missed(Miss::Expired)) => {
                let until = self.item.expires_at.map(|at| zone.describe(at)).unwrap_or_default();
                format!("It should have gone out, and did not before {until}.")
            }
            _ => return None,
        })
    }
}

/// What stands in the way of a text, in a sentence.
pub(crate) fn blocked(calendar: &Calendar, blocker: &Blocker) -> String {
    let zone = &calendar.zone;
    let text = |taken: &Taken| {
        let what: Vec<String> =
            taken.keys.iter().map(|key| format!("`{}` of visit {}", key.rule, key.appointment_id)).collect();
        let what = if what.is_empty() { "a text".to_owned() } else { what.join(" and ") };
        let when = zone.describe(taken.at);
        if taken.sent { format!("{what} was sent {when}") } else { format!("{what} goes out {when}") }
    };
    let texts: Vec<String> = blocker.texts.iter().map(text).collect();
    let texts = texts.join("; ");
    let wanted = zone.describe(blocker.wanted);
    match blocker.limit {
        Limit::Gap => format!("On {wanted} it would be too near another text to this number: {texts}."),
        Limit::SevenDays => format!("On {wanted} there would be too many texts to this number in 7 days: {texts}."),
        Limit::ThirtyDays => format!("On {wanted} there would be too many texts to this number in 30 days: {texts}."),
        Limit::Cooldown => {
            format!("On {wanted} Annie lets this number rest for 30 days, because texts to it failed: {texts}.")
        }
    }
}

/// One life of the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// When it began.
    pub(crate) began: DateTime<Utc>,
    /// Its last sign of life.
    pub(crate) last_beat: DateTime<Utc>,
}

/// When nobody was there to send in (from, until), in sentences: the gaps between the daemon's lives.
pub(crate) fn times_off(
    calendar: &Calendar,
    runs: &[Run],
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Vec<String> {
    /// The heartbeat is stored each minute; two of them may be missing without anything being off.
    const BEAT: TimeDelta = TimeDelta::minutes(3);
    let zone = &calendar.zone;
    let next = runs.iter().skip(1).map(|run| Some(run.began)).chain([None]);
    let gaps = runs.iter().zip(next).map(|(run, next)| (run.last_beat, next));
    let gaps = gaps.filter(|(beat, next)| next.unwrap_or(now) > *beat + BEAT);
    gaps.filter(|(beat, next)| *beat < until && next.is_none_or(|next| next > from))
        .map(|(beat, next)| match next {
            Some(next) => format!("Leadtime was off from {} to {}.", zone.describe(beat), zone.describe(next)),
            None => format!("Leadtime has been off since {}.", zone.describe(beat)),
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
        false => format!("; Annie texts 9 AM to 8 PM in {}", calendar.organization_zone.name()),
    };
    format!("{}{annie}", windows.join(" and "))
}
