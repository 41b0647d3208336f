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
use crate::domain::sentence::Sentence;
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
    pub(crate) fn steps(&self) -> Vec<Sentence> {
        let Some(calendar) = self.book.calendar_of(&self.appointment.row) else {
            let location = self.appointment.row.location.as_deref().unwrap_or_default();
            const NONE: &str = "No [[location]] in the configuration has the id `{location}`, so there is no text.";
            return vec![Sentence::new("why.no-location", NONE).text("location", location)];
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

    fn nominal(&self, calendar: &Calendar) -> Sentence {
        let Some(nominal) = self.item.nominal_at else {
            return Sentence::new("why.no-time", "There is no time {lead} before the appointment.")
                .length("lead", self.rule.lead);
        };
        let zone = &calendar.zone;
        let start = self.item.key.start;
        let clocks = zone.offset_at(nominal) != zone.offset_at(start);
        let note = match (clocks, self.rule.lead.unit) {
            (false, _) => None,
            (true, Unit::Minutes | Unit::Hours) => {
                Some(Sentence::new("why.elapsed-hours", " (counted in elapsed hours; the clocks change in between)"))
            }
            (true, _) => {
                Some(Sentence::new("why.calendar-days", " (counted in calendar days; the clocks change in between)"))
            }
        };
        let lead = Lead { at: None, ..self.rule.lead };
        let at = self.rule.lead.at;
        let at = at.map(|at| Sentence::new("why.lead-at", ", at {time},").text("time", at.format("%H:%M")));
        Sentence::new("why.nominal", "{lead} before the appointment{at} is {time}{note}.")
            .length("lead", lead)
            .part("at", at)
            .time("time", nominal, zone)
            .part("note", note)
    }

    fn adjusted(&self, calendar: &Calendar) -> Option<Sentence> {
        let zone = &calendar.zone;
        let nominal = self.item.nominal_at?;
        let date = calendar.date(nominal);
        let Some((adjusted, by)) = self.item.adjusted_at.zip(self.item.adjusted_by) else {
            return self.item.adjusted_at.is_none().then(|| {
                const NO_TIME: &str =
                    "This rule's outside_hours leaves no sending time between then and the appointment.";
                Sentence::new("why.no-sending-time", NO_TIME)
            });
        };
        let hours = |step: Sentence| step.part("hours", sending_hours(calendar, date));
        let half = |step: Sentence| step.text("minutes", BEFORE_CLOSING.num_minutes());
        let step = match by {
            Adjustment::Kept => return None,
            Adjustment::Margin => {
                Sentence::new("why.margin", "That is at the very edge of the sending hours, so it moves to {time}.")
            }
            Adjustment::TooEarly => hours(Sentence::new(
                "why.too-early",
                "That is before that day's sending hours ({hours}), so it moves to {time}.",
            )),
            Adjustment::TooLate => half(hours(Sentence::new(
                "why.too-late",
                "That is after that day's sending hours ({hours}), so it moves to {minutes} minutes before they end, {time}.",
            ))),
            Adjustment::ClosedDay => {
                let holiday = calendar.holidays.name_of(date).map(|name| Sentence::plain(format!(" ({name})")));
                Sentence::new(
                    "why.closed-day",
                    "No texts go out on {day}{holiday}, so it moves to the previous sending day, {time}.",
                )
                .date("day", date)
                .part("holiday", holiday)
            }
            Adjustment::NearStart => half(Sentence::new(
                "why.near-start",
                "That day's sending hours are too close to the appointment, so it moves to {minutes} minutes before the previous closing, {time}.",
            )),
            Adjustment::Earlier => half(Sentence::new(
                "why.earlier",
                "That is outside the sending hours, so it moves to {minutes} minutes before the previous closing, {time}.",
            )),
            Adjustment::Later => Sentence::new(
                "why.later",
                "That is outside the sending hours, so it moves to the next opening, {time}.",
            ),
        };
        Some(step.time("time", adjusted, zone))
    }

    fn expiry(&self, calendar: &Calendar) -> Option<Sentence> {
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
            Expiry::NearStart => Sentence::new("why.until-start", "{length} before the appointment")
                .length("length", duration::exact(self.rule.no_text_within)),
            Expiry::NextRule(rule) => Sentence::new("why.until-rule", "then `{rule}` is due").text("rule", rule),
            Expiry::After => Sentence::plain("expires_after"),
            Expiry::RetryOver => {
                Sentence::new("why.until-retry", "after that, there is no way to tell whether the first one arrived")
            }
        };
        let until = Sentence::new("why.until", "It can be sent until {time} ({why}).");
        Some(until.time("time", expires, &calendar.zone).part("why", why))
    }

    fn due(&self, calendar: &Calendar) -> Option<Sentence> {
        let due = self.item.due_at?;
        let step = match self.item.due_by.as_ref()? {
            DueBy::Itself | DueBy::Together => return None,
            DueBy::Late => {
                Sentence::new("why.late", "That time has passed; the next time that texts may go out is {time}.")
            }
            DueBy::Limits(blocker) => {
                let first = Sentence::new("why.first-room", "{why} The first time with room is {time}.");
                first.part("why", blocked(calendar, blocker))
            }
        };
        Some(step.time("time", due, &calendar.zone))
    }

    fn household(&self, calendar: &Calendar) -> Option<Sentence> {
        let others: Vec<Sentence> = self.together.iter().filter(|key| **key != self.item.key).map(text_about).collect();
        let due = self.item.due_at?;
        let step = Sentence::new("why.household", "One text for the household, together with {others}: {time}.");
        (!others.is_empty())
            .then(|| step.parts("others", others, Sentence::plain(", ")).time("time", due, &calendar.zone))
    }

    fn reason(&self, calendar: &Calendar) -> Option<Sentence> {
        let zone = &calendar.zone;
        let taken = self.appointment.taken_at;
        Some(match self.item.state {
            State::Unclaimed(PlanDecision::Skipped(Skip::BookedLate)) => {
                let first = self.appointment.taken_at == self.appointment.seen_at;
                let when = match self.appointment.row.booked_at {
                    Some(booked) if first => {
                        Sentence::new("why.booked-on", "It was booked on {time}").time("time", booked, zone)
                    }
                    _ if first => {
                        Sentence::new("why.first-seen", "It was first seen on {time}").time("time", taken, zone)
                    }
                    _ => {
                        Sentence::new("why.start-since", "It has had this start since {time}").time("time", taken, zone)
                    }
                };
                Sentence::new(
                    "why.booked-late",
                    "{when}, after this text was due; because of booked_late = \"skip\", there is no text.",
                )
                .part("when", when)
            }
            State::Unclaimed(PlanDecision::Skipped(Skip::NewRule)) => {
                let since = self.live.get(&self.rule.name).copied().unwrap_or(self.now).min(self.now);
                const NEW: &str = "The rule with this lead came into force on {time}, after this text was due.";
                Sentence::new("why.new-rule", NEW).time("time", since, zone)
            }
            State::Unclaimed(PlanDecision::Skipped(Skip::ContactLimit)) => {
                let blocker = self.item.blocker.as_ref()?;
                let step = Sentence::new("why.no-room", "{why} There is no room before {time}.");
                step.part("why", blocked(calendar, blocker)).time("time", self.item.expires_at?, zone)
            }
            State::Unclaimed(PlanDecision::Skipped(Skip::NoConsent)) => match self.appointment.row.consent {
                Some(_) => Sentence::new("why.declined", "The practice software says that the patient declined texts."),
                None if self.item.phone.is_none() => Sentence::new(
                    "why.refused-in-phone",
                    "The phone field in the practice software says that the patient wants no texts.",
                ),
                None => Sentence::new(
                    "why.consent-unknown",
                    "The patient's consent is unknown, and unknown_consent = \"skip\".",
                ),
            },
            State::Unclaimed(PlanDecision::Skipped(Skip::InvalidPhone)) if self.item.phone.is_some() => {
                Sentence::new("why.own-number", "This is the practice's own number.")
            }
            State::Unclaimed(PlanDecision::Skipped(Skip::OtherType)) => match &self.appointment.row.type_id {
                Some(kind) => Sentence::new("why.type", "The appointment has the type `{type}`.").text("type", kind),
                None => Sentence::new("why.no-type", "The appointment has no type."),
            },
            State::Unclaimed(PlanDecision::Skipped(Skip::ClosedDay)) => {
                let who = match &self.appointment.row.location {
                    Some(id) if self.book.calendar_of(&self.appointment.row) != Some(&self.book.calendar) => {
                        Sentence::new("why.location", "location {id}").text("id", id)
                    }
                    _ => Sentence::new("why.practice", "the practice"),
                };
                let calendar = self.book.calendar_of(&self.appointment.row).unwrap_or(&self.book.calendar);
                let start = self.item.key.start;
                let name = calendar.holidays.name_of(calendar.date(start));
                let name = name.map(|name| Sentence::plain(format!(", {}", name.replace('-', " "))));
                let step = Sentence::new(
                    "why.on-closed-day",
                    "The appointment itself is on a day {who} is closed ({time}{holiday}).",
                );
                step.part("who", who).time("time", start, zone).part("holiday", name)
            }
            State::Unclaimed(PlanDecision::Skipped(Skip::Confirmed)) => {
                let how = match self.appointment.outcome {
                    Some(standing) if self.appointment.row.status != Status::Confirmed => {
                        Sentence::new("why.is", "The appointment is {outcome}").part("outcome", standing.sentence(zone))
                    }
                    _ => Sentence::new("why.has-confirmed", "The patient has confirmed"),
                };
                Sentence::new(
                    "why.confirmed",
                    "{how}; because of skip_if_confirmed, this text goes only to patients who have not.",
                )
                .part("how", how)
            }
            State::Unclaimed(PlanDecision::Skipped(Skip::AskedToChange)) => {
                let what = self.appointment.outcome.filter(|standing| standing.outcome.is_wish());
                let asked = || Sentence::new("why.asked", "asked to change or cancel it");
                let what = what.map_or_else(asked, |standing| standing.sentence(zone));
                Sentence::new(
                    "why.asked-to-change",
                    "The patient {what}. Texts about the appointment wait until its start or status changes, or until somebody notes another outcome.",
                )
                .part("what", what)
            }
            State::Unclaimed(PlanDecision::Cancelled(_)) if self.appointment.row.status != Status::Booked => {
                Sentence::new("why.software-says", "The practice software says `{status}`.")
                    .text("status", self.appointment.row.status.name())
            }
            State::Unclaimed(PlanDecision::Missed(Miss::Expired)) => Sentence::new(
                "why.missed",
                "It should have gone out, but did not before {time}.",
            )
            .time("time", self.item.expires_at?, zone),
            _ => return None,
        })
    }
}

/// Between the last two of a list.
fn and() -> Sentence {
    Sentence::new("why.and", " and ")
}

/// A text by its rule and appointment.
fn text_about(key: &ReminderKey) -> Sentence {
    let about = Sentence::new("why.text-about", "`{rule}` for appointment {id}");
    about.text("rule", &key.rule).text("id", &key.appointment_id)
}

/// What blocks a text.
fn blocked(calendar: &Calendar, blocker: &Blocker) -> Sentence {
    let zone = &calendar.zone;
    let text = |taken: &Taken| {
        let what: Vec<Sentence> = match taken.keys.is_empty() {
            true => vec![Sentence::new("why.a-text", "a text")],
            false => taken.keys.iter().map(text_about).collect(),
        };
        let when = match taken.sent {
            true => Sentence::new("why.was-sent", "{what} was sent on {time}"),
            false => Sentence::new("why.goes-out", "{what} goes out on {time}"),
        };
        when.parts("what", what, and()).time("time", taken.at, zone)
    };
    let step = match blocker.limit {
        Limit::Gap => {
            Sentence::new("why.gap", "On {time}, it would be too close to another text to this number: {texts}.")
        }
        Limit::SevenDays => Sentence::new(
            "why.seven-days",
            "On {time}, there would be too many texts to this number in 7 days: {texts}.",
        ),
        Limit::ThirtyDays => Sentence::new(
            "why.thirty-days",
            "On {time}, there would be too many texts to this number in 30 days: {texts}.",
        ),
        Limit::Cooldown => Sentence::new(
            "why.cooldown",
            "On {time}, this number is in Annie's 30-day rest period because texts to it failed: {texts}.",
        ),
    };
    step.time("time", blocker.wanted, zone).parts(
        "texts",
        blocker.texts.iter().map(text).collect(),
        Sentence::plain("; "),
    )
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
) -> Vec<Sentence> {
    /// The heartbeat is stored every minute; two may be missing although the daemon is running.
    const BEAT: TimeDelta = TimeDelta::minutes(3);
    let zone = &calendar.zone;
    let next = runs.iter().skip(1).map(|run| Some(run.began)).chain([None]);
    let gaps = runs.iter().zip(next).map(|(run, next)| (run.last_beat, next));
    let gaps = gaps.filter(|(beat, next)| next.unwrap_or(now) > *beat + BEAT);
    gaps.filter(|(beat, next)| *beat < until && next.is_none_or(|next| next > from))
        .map(|(beat, next)| match next {
            Some(next) => Sentence::new("why.off", "Leadtime was not running from {from} to {until}.")
                .time("from", beat, zone)
                .time("until", next, zone),
            None => {
                Sentence::new("why.off-since", "Leadtime has not been running since {time}.").time("time", beat, zone)
            }
        })
        .collect()
}

fn sending_hours(calendar: &Calendar, date: NaiveDate) -> Sentence {
    let time = |at: DateTime<Utc>| calendar.zone.local(at).format("%H:%M").to_string();
    let windows = calendar.windows_on(date).into_iter().map(|(from, until)| format!("{}-{}", time(from), time(until)));
    let windows: Vec<Sentence> = windows.map(Sentence::plain).collect();
    let own = calendar.hours_on(date).map(|hours| hours.on(date, &calendar.zone));
    let whole = own.flatten().is_some_and(|own| calendar.windows_on(date) == [(own.opens, own.closes)]);
    let hours = match whole {
        true => Sentence::new("why.hours", "{hours}"),
        false => Sentence::new("why.annies-hours", "{hours}; Annie sends texts from 9 AM to 8 PM in {zone}")
            .text("zone", calendar.organization_zone.name()),
    };
    hours.parts("hours", windows, and())
}
