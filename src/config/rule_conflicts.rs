//! Tries the rules on sample appointments: which can never be sent, which are always moved, and which conflict.
//!
//! It runs the planner itself, so the findings are what would really happen.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::domain::appointment::{Appointment, Status};
use crate::domain::duration;
use crate::domain::ids::RuleName;
use crate::domain::lead::Lead;
use crate::domain::limits::Limit;
use crate::domain::phone::Phone;
use crate::domain::private::Private;
use crate::domain::reminder::{PlanDecision, State};
use crate::domain::rule::Rule;
use crate::domain::sender::Sender;
use crate::planner::calendar::{Adjustment, Calendar};
use crate::planner::holidays::Holidays;
use crate::planner::input::{AppointmentInput, FeedImports, LiveSince, Mode, Number, PlannerInput, Rulebook};
use crate::planner::plan::{Item, Plan, plan};

/// The result of trying a rule by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Alone {
    /// It goes out at its time for at least some appointments.
    Fine,
    /// It has no sending time for any appointment.
    Never,
    /// Its time is moved for every appointment.
    AlwaysMoved,
}

/// Two rules, one of which prevents the other's text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Conflict {
    /// The rule that keeps its text.
    pub(crate) keeps: usize,
    /// The rule that loses its text.
    pub(crate) loses: usize,
    /// For how many sample appointments the text is lost, and how many were tried.
    pub(crate) lost: (usize, usize),
    /// One of those appointments.
    pub(crate) example: DateTime<Utc>,
    /// How far apart the two texts would be for it.
    pub(crate) apart: TimeDelta,
    /// The limit that is reached; `None` if the text closer to the appointment simply replaces the other.
    pub(crate) limit: Option<Limit>,
    /// A lead for the losing rule with which both texts go out for every sample appointment.
    pub(crate) fits: Option<Lead>,
}

impl Conflict {
    /// Whether ordinary appointments lose a text, not only those right after a weekend.
    pub(crate) fn is_the_rule(&self) -> bool {
        let (lost, tried) = self.lost;
        lost * 2 > tried
    }
}

/// A rulebook to try.
pub(crate) struct Trial {
    book: Rulebook,
    starts: Vec<DateTime<Utc>>,
}

impl Trial {
    /// Uses appointments on every open day of an ordinary week, at every hour of an office day.
    pub(crate) fn of(book: &Rulebook, calendar: &Calendar) -> Trial {
        let calendar = Calendar { holidays: Holidays::default(), ..calendar.clone() };
        let monday = NaiveDate::from_ymd_opt(2026, 7, 13).unwrap_or_default();
        let days = monday.iter_days().take(7).filter(|day| calendar.is_open(*day));
        let hours = (8..=17).filter_map(|hour| NaiveTime::from_hms_opt(hour, 0, 0));
        let times: Vec<NaiveTime> = hours.collect();
        let starts = days.flat_map(|day| times.iter().map(move |time| (day, *time)).collect::<Vec<_>>());
        let starts = starts.map(|(day, time)| calendar.zone.at(day, time)).collect();
        let book = Rulebook {
            calendar,
            locations: Default::default(),
            mode: Mode::Live,
            only_to: None,
            own_numbers: Vec::new(),
            ..book.clone()
        };
        Trial { book, starts }
    }

    /// Tries one rule by itself.
    pub(crate) fn alone(&self, rule: &Rule) -> Alone {
        let items: Vec<Item> = self.starts.iter().flat_map(|start| self.plan(&[rule], *start).items).collect();
        if items.iter().all(|item| !goes(item)) {
            return Alone::Never;
        }
        let stays = |item: &Item| matches!(item.adjusted_by, Some(Adjustment::Kept | Adjustment::Margin));
        if items.iter().any(stays) { Alone::Fine } else { Alone::AlwaysMoved }
    }

    /// Tries every pair of rules that can apply to the same appointment.
    pub(crate) fn conflicts(&self) -> Vec<Conflict> {
        let rules = &self.book.rules;
        let pairs = (0..rules.len()).flat_map(|a| (a + 1..rules.len()).map(move |b| (a, b)));
        pairs.filter(|(a, b)| share_a_type(&rules[*a], &rules[*b])).filter_map(|(a, b)| self.conflict(a, b)).collect()
    }

    /// Rules that are always lost when all rules are combined, even if no single other rule causes it: index, limit.
    pub(crate) fn crowded_out(&self) -> Vec<(usize, Limit)> {
        let all: Vec<&Rule> = self.book.rules.iter().filter(|r| r.only_types.is_empty()).collect();
        let plans: Vec<Plan> = self.starts.iter().map(|start| self.plan(&all, *start)).collect();
        let mut found = Vec::new();
        for (place, rule) in self.book.rules.iter().enumerate() {
            let of_rule = || plans.iter().flat_map(|plan| plan.items.iter()).filter(|item| item.key.rule == rule.name);
            let limit = of_rule().find_map(|item| item.blocker.as_ref().map(|blocker| blocker.limit));
            let never = of_rule().next().is_some() && of_rule().all(|item| !goes(item));
            found.extend(limit.filter(|_| never).map(|limit| (place, limit)));
        }
        found
    }

    fn conflict(&self, a: usize, b: usize) -> Option<Conflict> {
        let (first, second) = (&self.book.rules[a], &self.book.rules[b]);
        let mut lost: Vec<(usize, DateTime<Utc>, TimeDelta, Option<Limit>)> = Vec::new();
        let mut tried = 0;
        for start in &self.starts {
            // A rule that has no time for this appointment even by itself is not lost to the other.
            let alone = [first, second].iter().all(|rule| self.plan(&[rule], *start).items.iter().all(goes));
            tried += usize::from(alone);
            let items = self.plan(&[first, second], *start).items;
            let (Some(x), Some(y)) = (items.first(), items.get(1)) else { continue };
            let apart = (x.adjusted_at.unwrap_or_default() - y.adjusted_at.unwrap_or_default()).abs();
            for (place, item) in [(a, x), (b, y)] {
                if alone && !goes(item) {
                    lost.push((place, *start, apart, item.blocker.as_ref().map(|blocker| blocker.limit)));
                }
            }
        }
        // The middle of the week is the most typical.
        let (loses, example, apart, limit) = *lost.get(lost.len() / 2)?;
        let keeps = if loses == a { b } else { a };
        let fits = self.fitting_lead(keeps, loses);
        Some(Conflict { keeps, loses, lost: (lost.len(), tried), example, apart, limit, fits })
    }

    /// The shortest longer lead for the losing rule, in its own unit, with which no text is lost.
    fn fitting_lead(&self, keeps: usize, loses: usize) -> Option<Lead> {
        let (keeps, loses) = (&self.book.rules[keeps], &self.book.rules[loses]);
        let steps = (1..=96).map(|more| Lead { amount: loses.lead.amount + more, ..loses.lead });
        let mut leads = steps.take_while(|lead| lead.longest().is_none_or(|length| length <= TimeDelta::days(14)));
        leads.find(|lead| {
            let longer = Rule { lead: *lead, ..loses.clone() };
            self.starts.iter().all(|start| self.plan(&[keeps, &longer], *start).items.iter().all(goes))
        })
    }

    fn plan(&self, rules: &[&Rule], start: DateTime<Utc>) -> Plan {
        let plain = |rule: &&Rule| Rule {
            only_types: Vec::new(),
            except_types: Vec::new(),
            skip_if_confirmed: false,
            ..(*rule).clone()
        };
        let book = Rulebook { rules: rules.iter().map(plain).collect(), ..self.book.clone() };
        let now = start - TimeDelta::days(i64::from(Lead::MAX_DAYS) + 60);
        let live: LiveSince = rules.iter().map(|rule| (rule.name.clone(), now)).collect();
        plan(&book, &live, &input(start, now), now, &|_, _| Ok(()))
    }
}

fn goes(item: &Item) -> bool {
    item.state == State::Unclaimed(PlanDecision::Planned)
}

fn share_a_type(a: &Rule, b: &Rule) -> bool {
    match (a.only_types.is_empty(), b.only_types.is_empty()) {
        (true, true) => true,
        (false, _) => a.only_types.iter().any(|kind| a.applies_to(Some(kind)) && b.applies_to(Some(kind))),
        (true, false) => share_a_type(b, a),
    }
}

/// One booked appointment of one patient, known for a long time.
fn input(start: DateTime<Utc>, now: DateTime<Utc>) -> PlannerInput {
    // The sample's own number, used as is.
    let number = Phone::sample();
    let appointment = Appointment {
        id: "sample".into(),
        patient_id: "sample".into(),
        first_name: Private(None),
        last_name: Private(None),
        date_of_birth: Private(None),
        phone: Private(None),
        language: None,
        type_id: None,
        description: Private(None),
        provider: Private(None),
        starts_at: start,
        ends_at: None,
        status: Status::Booked,
        location: None,
        feed: None,
        booked_at: None,
        consent: Some(crate::domain::appointment::Consent::Yes),
    };
    let appointment = AppointmentInput {
        sender: Sender { api_key: "sample".into(), from_number: number.clone() },
        holder: None,
        holder_start: None,
        moved_from: vec![],
        changed_at: None,
        row: appointment,
        first_start: start,
        seen_at: now,
        taken_at: now,
        imports: FeedImports::None,
        bad_row: false,
        not_listed: false,
        off_the_book: false,
        importing: false,
        skipped: vec![],
        paused: None,
        outcome: None,
        twins: Vec::new(),
    };
    PlannerInput::new(Number::Usable(number), vec![appointment])
}

/// Describes a conflict in words.
pub(crate) fn describe(conflict: &Conflict, book: &Rulebook, calendar: &Calendar) -> String {
    let name = |place: usize| -> &RuleName { &book.rules[place].name };
    let (keeps, loses) = (name(conflict.keeps), name(conflict.loses));
    let (lost, tried) = conflict.lost;
    let example = calendar.zone.local(conflict.example).format("%A at %-I:%M %p");
    let apart = duration::exact(conflict.apart);
    let appointments = match lost == tried {
        true => "no appointment can get both".to_owned(),
        false => format!("{lost} of {tried} ordinary appointments cannot get both, such as one on {example}"),
    };
    let why = match conflict.limit {
        None => "the text closer to the appointment replaces the other".to_owned(),
        Some(Limit::Gap) => {
            format!(
                "they are {apart} apart, and a number may get only one text in {}",
                duration::exact(book.limits.min_gap)
            )
        }
        Some(Limit::SevenDays) => {
            format!("they are {apart} apart, and a number may get only {} in 7 days", texts(book.limits.per_7_days))
        }
        Some(Limit::ThirtyDays | Limit::Cooldown) => {
            format!("they are {apart} apart, and a number may get only {} in 30 days", texts(book.limits.per_30_days))
        }
    };
    let fits = conflict.fits.map(|lead| format!("; lead = \"{}\" for `{loses}` would work", Lead { at: None, ..lead }));
    format!(
        "`{keeps}` and `{loses}` conflict: {appointments}; {why}. `{loses}` would not be sent{}",
        fits.unwrap_or_default()
    )
}

fn texts(n: usize) -> String {
    format!("{n} text{}", if n == 1 { "" } else { "s" })
}
