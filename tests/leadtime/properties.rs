//! Properties of the planner that hold for any rules, calendars and appointments, at any time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Timelike, Utc, Weekday};
use leadtime::domain::appointment::{Appointment, Consent, Status};
use leadtime::domain::attempt::{Attempt, AttemptEnd};
use leadtime::domain::ids::AppointmentId;
use leadtime::domain::language::Language;
use leadtime::domain::lead::{Lead, Unit};
use leadtime::domain::limits::Limits;
use leadtime::domain::phone::Phone;
use leadtime::domain::private::Private;
use leadtime::domain::reminder::{PlanDecision, Skip, State};
use leadtime::domain::reminder_key::ReminderKey;
use leadtime::domain::rule::{BookedLate, OutsideHours, Rule};
use leadtime::domain::zone::Zone;
use leadtime::planner::budget::MARGIN;
use leadtime::planner::calendar::{Calendar, Hours};
use leadtime::planner::holidays::Holidays;
use leadtime::planner::input::{
    AppointmentInput, FeedImports, Household, LiveSince, Mode, Number, PlannerInput, Rulebook, Stored,
};
use leadtime::planner::plan::{DueBy, Item, Plan, plan};
use proptest::prelude::*;

/// Near clock changes in New York, Sydney and Denver.
const EPOCH: i64 = 1_793_500_000;

fn instant(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(EPOCH + minutes * 60, 0).unwrap()
}

fn zones() -> impl Strategy<Value = Zone> {
    use chrono_tz::{America, Asia, Australia, Pacific};
    let all = [
        America::Denver,
        America::New_York,
        Australia::Lord_Howe,
        Pacific::Honolulu,
        Asia::Kathmandu,
        Pacific::Kiritimati,
    ];
    prop::sample::select(all.to_vec()).prop_map(Zone::embedded)
}

fn calendars() -> impl Strategy<Value = Calendar> {
    let days = prop::collection::btree_set(0_u8..7, 1..=7);
    let holidays = prop::collection::btree_set(0_i64..40, 0..6);
    let hours = prop::collection::vec(prop::option::weighted(0.9, (0_u32..1380, 10_u32..700)), 7);
    (zones(), zones(), hours, (days.clone(), prop::option::of(days)), holidays).prop_map(
        |(zone, organization, hours, (days, text_days), holidays)| {
            let first = instant(0).date_naive();
            let hours: Vec<Option<Hours>> = hours
                .into_iter()
                .map(|day| day.map(|(opens, length)| Hours { opens, closes: (opens + length).min(1440) }))
                .collect();
            Calendar {
                zone,
                organization_zone: organization,
                hours: hours.try_into().unwrap(),
                days: weekdays(&days),
                text_days: weekdays(&text_days.unwrap_or(days)),
                holidays: Holidays::of_dates(holidays.into_iter().map(|day| first + TimeDelta::days(day))),
            }
        },
    )
}

fn weekdays(days: &BTreeSet<u8>) -> Vec<Weekday> {
    days.iter().map(|day| Weekday::try_from(*day).unwrap()).collect()
}

fn leads() -> impl Strategy<Value = Lead> {
    let units = prop::sample::select(vec![Unit::Minutes, Unit::Hours, Unit::Days, Unit::Weeks, Unit::BusinessDays]);
    (units, 0_u32..6, prop::option::of(0_u32..1440)).prop_map(|(unit, amount, at)| {
        let elapsed = matches!(unit, Unit::Minutes | Unit::Hours);
        let amount = if elapsed { amount * 45 + 121 } else { amount };
        let at = at.filter(|_| !elapsed).and_then(|m| chrono::NaiveTime::from_num_seconds_from_midnight_opt(m * 60, 0));
        Lead { amount, unit, at }
    })
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let policy = (
        prop::sample::select(vec![BookedLate::Skip, BookedLate::Send]),
        prop::sample::select(vec![
            OutsideHours::SameDay,
            OutsideHours::Earlier,
            OutsideHours::Later,
            OutsideHours::Skip,
        ]),
        prop::option::weighted(0.2, 1_i64..5_000),
        -1_i32..2,
        any::<bool>(),
    );
    let rule = |(n, (lead, policy)): (usize, (Lead, (BookedLate, OutsideHours, Option<i64>, i32, bool)))| Rule {
        name: format!("rule-{n}").as_str().into(),
        lead,
        only_types: vec![],
        except_types: vec![],
        priority: policy.3,
        skip_if_confirmed: policy.4,
        expires_after: policy.2.map(TimeDelta::minutes),
        outside_hours: policy.1,
        booked_late: policy.0,
        no_text_within: TimeDelta::hours(2),
    };
    prop::collection::vec((leads(), policy), 1..5)
        .prop_map(move |rules| rules.into_iter().enumerate().map(rule).collect())
}

fn limits() -> impl Strategy<Value = Limits> {
    (24_i64..72, 1_usize..4, 1_usize..7, 1_usize..4).prop_map(|(hours, per_7_days, per_30_days, cooldown_after)| {
        Limits { min_gap: TimeDelta::hours(hours), per_7_days, per_30_days, cooldown_after }
    })
}

fn rulebooks() -> impl Strategy<Value = Rulebook> {
    let limits = prop_oneof![Just(Limits::default()), limits()];
    let household = prop_oneof![3 => Just(Household::Merge), 1 => Just(Household::Separate)];
    (calendars(), calendars(), rules(), prop::bool::weighted(0.9), limits, household).prop_map(
        |(calendar, other, rules, live, limits, household)| Rulebook {
            calendar,
            locations: BTreeMap::from([("north".to_owned(), other)]),
            language: Language::English,
            limits,
            household,
            max_household: 9,
            unknown_consent: Consent::Yes,
            rules,
            mode: if live { Mode::Live } else { Mode::Observe },
            only_to: None,
            own_numbers: vec![],
        },
    )
}

/// An appointment: start, when it was first seen, whether its feed has imports, status, patient, and location or
/// language.
type Odd = (i64, i64, bool, u8, u8, u8);

/// Appointments within the next month, first seen before or after the time of planning.
fn appointments() -> impl Strategy<Value = Vec<Odd>> {
    let appointment = (0_i64..40_000, -20_000_i64..30_000, any::<bool>(), 0_u8..7, 0_u8..5, 0_u8..6);
    // Some have the same start, as families do.
    let start = prop_oneof![(0_i64..40_000).boxed(), (0_i64..28).prop_map(|day| day * 1440 + 600).boxed()];
    prop::collection::vec((appointment, start).prop_map(|(v, start)| (start, v.1, v.2, v.3, v.4, v.5)), 1..7)
}

/// Earlier attempts: when they were made and how they ended.
fn attempts() -> impl Strategy<Value = Vec<Attempt>> {
    let end = prop::sample::select(vec![AttemptEnd::Success, AttemptEnd::Failure, AttemptEnd::Open]);
    prop::collection::vec((1_i64..40_000, end), 0..6).prop_map(|mut all| {
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().map(|(at, end)| Attempt { id: None, at: instant(at), end, keys: vec![] }).collect()
    })
}

fn facts(appointments: &[Odd], attempts: &[Attempt], now: DateTime<Utc>) -> PlannerInput {
    let appointment = |(n, (start, seen, imports, status, patient, place)): (usize, &Odd)| AppointmentInput {
        sender: leadtime::domain::sender::Sender {
            api_key: "default".into(),
            from_number: Phone::from_e164("+13035550199").unwrap(),
        },
        holder: None,
        holder_start: None,
        moved_from: vec![],
        changed_at: None,
        row: Appointment {
            id: format!("a{n}").as_str().into(),
            patient_id: format!("p{patient}").as_str().into(),
            first_name: Private(None),
            last_name: Private(None),
            date_of_birth: Private(None),
            phone: Private(None),
            language: (*place == 1).then(|| "es".to_owned()),
            type_id: None,
            description: Private(None),
            provider: Private(None),
            starts_at: instant(*start),
            ends_at: None,
            status: match status {
                0 => Status::Cancelled,
                2 => Status::Confirmed,
                _ => Status::Booked,
            },
            location: match place {
                2 => Some("north".to_owned()),
                3 => Some("nowhere".to_owned()),
                _ => None,
            },
            feed: None,
            booked_at: None,
            consent: None,
        },
        first_start: instant(*start),
        seen_at: instant(*seen),
        taken_at: instant(*seen),
        imports: if *imports { FeedImports::LastBeforeSeen(None) } else { FeedImports::None },
        bad_row: *status == 1,
        not_listed: false,
        off_the_book: false,
        importing: false,
        skipped: vec![],
        paused: None,
        outcome: None,
        twins: vec![],
    };
    let number = Number::Usable(Phone::from_e164("+13035550101").unwrap());
    let attempts = attempts.iter().filter(|attempt| attempt.at <= now).cloned().collect();
    PlannerInput { attempts, ..PlannerInput::new(number, appointments.iter().enumerate().map(appointment).collect()) }
}

/// Every instant that counts against the limits: attempts made and texts planned.
fn taken(facts: &PlannerInput, plan: &Plan) -> Vec<DateTime<Utc>> {
    facts.attempts.iter().map(|attempt| attempt.at).chain(plan.messages.iter().map(|message| message.due_at)).collect()
}

/// Whether a text at an instant keeps every limit given the other texts, computed naively.
fn keeps_limits(limits: &Limits, others: &[DateTime<Utc>], at: DateTime<Utc>) -> bool {
    let gap = others.iter().all(|other| (*other - at).abs() >= limits.min_gap + MARGIN);
    let rolling =
        |days: i64, most: usize| {
            let length = TimeDelta::days(days) + MARGIN;
            // Every span of that length that contains the instant begins with one of the texts.
            others.iter().chain([&at]).filter(|first| **first <= at && at - **first < length).all(|first| {
                others.iter().filter(|other| *first <= **other && **other - *first < length).count() < most
            })
        };
    gap && rolling(7, limits.per_7_days) && rolling(30, limits.per_30_days)
}

fn rests_until(limits: &Limits, attempts: &[Attempt]) -> Option<DateTime<Utc>> {
    let closed: Vec<&Attempt> = attempts.iter().filter(|attempt| attempt.end != AttemptEnd::Open).collect();
    let failures = closed.iter().rev().take_while(|attempt| attempt.end == AttemptEnd::Failure).count();
    let last = closed.last().filter(|_| failures >= limits.cooldown_after)?;
    Some(last.at + TimeDelta::days(30) + MARGIN)
}

/// The order in which reminders are placed.
fn rank<'a>(book: &Rulebook, item: &'a Item) -> (Reverse<i32>, TimeDelta, DateTime<Utc>, &'a AppointmentId, usize) {
    let place = book.rules.iter().position(|rule| rule.name == item.key.rule).unwrap();
    let adjusted = item.adjusted_at.unwrap();
    (Reverse(book.rules[place].priority), item.key.start - adjusted, adjusted, &item.key.appointment_id, place)
}

fn planned(items: &[Item]) -> impl Iterator<Item = &Item> {
    items.iter().filter(|item| item.state == State::Unclaimed(PlanDecision::Planned))
}

/// Whether a text may be sent at an instant, computed naively from the wall clocks of both time zones.
fn may_leave(calendar: &Calendar, at: DateTime<Utc>) -> bool {
    let minute = |zone: &Zone| {
        let local = zone.local(at).time();
        local.hour() * 60 + local.minute()
    };
    let date: NaiveDate = calendar.date(at);
    let own = minute(&calendar.zone);
    let weekday = zone_weekday(calendar, at);
    let hours = calendar.hours[weekday.num_days_from_monday() as usize];
    calendar.text_days.contains(&weekday)
        && !calendar.holidays.dates.contains(&date)
        && hours.is_some_and(|hours| own >= hours.opens && own < hours.closes)
        && (540..1200).contains(&minute(&calendar.organization_zone))
}

fn zone_weekday(calendar: &Calendar, at: DateTime<Utc>) -> Weekday {
    use chrono::Datelike;
    calendar.zone.local(at).weekday()
}

fn stored(items: &[Item]) -> Vec<Stored> {
    let stored = |item: &Item| Stored {
        key: item.key.clone(),
        state: item.state,
        adjusted_at: item.adjusted_at,
        nominal_at: item.nominal_at,
        due_at: item.due_at,
        expires_at: item.expires_at,
        tried: false,
        retry: None,
    };
    items.iter().map(stored).collect()
}

fn fine(_: &[(&Appointment, &Rule)], _: DateTime<Utc>) -> Result<(), Skip> {
    Ok(())
}

fn live_since(book: &Rulebook, minutes: i64) -> LiveSince {
    book.rules.iter().map(|rule| (rule.name.clone(), instant(minutes))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_planned_outside_sending_hours_or_too_late(
        book in rulebooks(), appointments in appointments(), attempts in attempts(), now in -10_000_i64..40_000, live in -20_000_i64..20_000
    ) {
        let now = instant(now);
        let facts = facts(&appointments, &attempts, now);
        let plan = plan(&book, &live_since(&book, live), &facts, now, &fine);
        for item in planned(&plan.items) {
            let (due, adjusted) = (item.due_at.unwrap(), item.adjusted_at.unwrap());
            let appointment = facts.appointments.iter().find(|v| v.row.id == item.key.appointment_id).unwrap();
            let calendar = book.calendar_of(&appointment.row).unwrap();
            prop_assert!(may_leave(calendar, due), "{item:?}");
            prop_assert!(due < item.expires_at.unwrap() && due <= item.key.start - TimeDelta::hours(2), "{item:?}");
            prop_assert!(due >= now || now - due <= TimeDelta::seconds(60), "{item:?}");
            // Together with its household a text may go out earlier on the same day, never on an earlier day.
            let early = due < adjusted;
            prop_assert!(!early || (item.due_by == Some(DueBy::Together) && calendar.date(due) >= calendar.date(adjusted)), "{item:?}");
            prop_assert!(calendar.is_open(calendar.date(item.key.start)), "{item:?}");
        }
        // Two rules never plan texts for one appointment at the same instant: the rule nearer to the start covers the
        // other.
        let moments: BTreeSet<_> = planned(&plan.items).map(|i| (i.key.appointment_id.clone(), i.adjusted_at)).collect();
        prop_assert_eq!(moments.len(), planned(&plan.items).count());
    }

    #[test]
    fn no_planned_text_breaks_a_limit(
        book in rulebooks(), appointments in appointments(), attempts in attempts(), now in -10_000_i64..40_000
    ) {
        let now = instant(now);
        let facts = facts(&appointments, &attempts, now);
        let plan = plan(&book, &live_since(&book, -20_000), &facts, now, &fine);
        let taken = taken(&facts, &plan);
        let rests = rests_until(&book.limits, &facts.attempts);
        for (n, message) in plan.messages.iter().enumerate() {
            let mut others = taken.clone();
            others.remove(facts.attempts.len() + n);
            prop_assert!(keeps_limits(&book.limits, &others, message.due_at), "{message:?} given {others:?}");
            prop_assert!(rests.is_none_or(|until| message.due_at >= until), "{message:?} rests until {rests:?}");
        }
    }

    /// A reminder that goes out is in exactly one text. A text has one sender and never mentions an appointment twice.
    #[test]
    fn every_planned_reminder_is_in_exactly_one_text(
        book in rulebooks(), appointments in appointments(), attempts in attempts(), now in -10_000_i64..40_000
    ) {
        let now = instant(now);
        let facts = facts(&appointments, &attempts, now);
        let plan = plan(&book, &live_since(&book, -20_000), &facts, now, &fine);
        let sender_of = |id: &AppointmentId| &facts.appointments.iter().find(|v| v.row.id == *id).unwrap().sender;
        for item in &plan.items {
            let texts: Vec<_> = plan.messages.iter().filter(|message| message.keys.contains(&item.key)).collect();
            let goes = matches!(item.state, State::Unclaimed(PlanDecision::Planned | PlanDecision::Skipped(Skip::ObserveMode)));
            prop_assert_eq!(texts.len(), usize::from(goes));
            prop_assert!(texts.iter().all(|text| Some(text.due_at) == item.due_at));
        }
        for message in &plan.messages {
            let appointments: BTreeSet<_> = message.keys.iter().map(|key| &key.appointment_id).collect();
            prop_assert_eq!(appointments.len(), message.keys.len());
            let kinds: BTreeSet<_> = appointments.iter().map(|id| sender_of(id)).collect();
            prop_assert_eq!(kinds.len(), 1);
            prop_assert!(book.household == Household::Merge || message.keys.len() == 1);
            prop_assert!(message.keys.is_sorted_by_key(|key| (key.start, key.appointment_id.clone())));
        }
    }

    /// A reminder skipped because of the limits really had no room: given the texts before it in the order, there is no
    /// instant for it, and none of those texts could have included it. So no reminder is displaced by a later one.
    #[test]
    fn a_reminder_skipped_for_the_contact_limit_had_no_room(
        book in rulebooks(), appointments in appointments(), attempts in attempts(), now in -10_000_i64..40_000
    ) {
        let now = instant(now);
        let facts = facts(&appointments, &attempts, now);
        let plan = plan(&book, &live_since(&book, -20_000), &facts, now, &fine);
        let items: HashMap<&ReminderKey, &Item> = plan.items.iter().map(|item| (&item.key, item)).collect();
        let of = |id: &AppointmentId| &facts.appointments.iter().find(|v| v.row.id == *id).unwrap().row;
        let rests = rests_until(&book.limits, &facts.attempts);
        for item in plan.items.iter().filter(|i| i.state == State::Unclaimed(PlanDecision::Skipped(Skip::ContactLimit))) {
            let mine = rank(&book, item);
            let appointment = of(&item.key.appointment_id);
            let calendar = book.calendar_of(appointment).unwrap();
            let before: Vec<_> = plan.messages.iter().filter(|m| m.keys.iter().any(|key| rank(&book, items[key]) < mine)).collect();
            let taken: Vec<_> = facts.attempts.iter().map(|a| a.at).chain(before.iter().map(|m| m.due_at)).collect();
            let wanted = item.blocker.as_ref().unwrap().wanted;
            let expires = item.expires_at.unwrap();
            let lengths = [book.limits.min_gap, TimeDelta::days(7), TimeDelta::days(30)];
            let ends = taken.iter().flat_map(|at| lengths.map(|length| *at + length + MARGIN)).chain(rests).chain([wanted]);
            for chance in ends.filter(|chance| *chance >= wanted) {
                let Some(at) = (if chance == wanted { Some(wanted) } else { calendar.first_open(chance, expires) }) else { continue };
                let room = at < expires && rests.is_none_or(|until| at >= until) && keeps_limits(&book.limits, &taken, at);
                prop_assert!(!room, "{item:?} has room at {at} given {taken:?}");
            }
            if book.household == Household::Merge {
                let joins = before.iter().find(|m| {
                    let other = of(&m.keys[0].appointment_id);
                    // The hours of another location are checked by another property.
                    book.location_of(other) == book.location_of(appointment)
                        && m.due_at < expires
                        && calendar.date(m.due_at) >= calendar.date(wanted)
                        && m.keys.iter().all(|key| key.appointment_id != item.key.appointment_id)
                        && m.keys.iter().all(|key| rank(&book, items[key]) < mine)
                });
                prop_assert!(joins.is_none(), "{item:?} could have joined {joins:?}");
            }
            let blocker = item.blocker.as_ref().unwrap();
            prop_assert!(!blocker.texts.is_empty());
            for text in &blocker.texts {
                prop_assert!(text.sent || text.keys.iter().any(|key| rank(&book, items[key]) < mine), "{text:?}");
            }
        }
    }

    #[test]
    fn every_appointment_and_rule_has_one_result_and_planning_again_changes_nothing(
        book in rulebooks(), appointments in appointments(), attempts in attempts(), now in -10_000_i64..40_000, live in -20_000_i64..20_000
    ) {
        let now = instant(now);
        let mut facts = facts(&appointments, &attempts, now);
        let live = live_since(&book, live);
        let first = plan(&book, &live, &facts, now, &fine);
        let keys: BTreeSet<String> = first.items.iter().map(|item| format!("{:?}", item.key)).collect();
        prop_assert_eq!(first.items.len(), appointments.len() * book.rules.len());
        prop_assert_eq!(keys.len(), first.items.len());
        facts.stored = stored(&first.items);
        let again = plan(&book, &live, &facts, now, &fine);
        let results = |items: &[Item]| -> HashMap<ReminderKey, (State, Option<DateTime<Utc>>, Option<DateTime<Utc>>)> {
            items.iter().map(|i| (i.key.clone(), (i.state, i.due_at, i.expires_at))).collect()
        };
        prop_assert_eq!(results(&again.items), results(&first.items));
        // The order of the appointments does not matter.
        facts.appointments.reverse();
        facts.stored.reverse();
        prop_assert_eq!(plan(&book, &live, &facts, now, &fine), again);
    }

    /// As time passes, final states stay, and planned reminders either go out in time or end with a reason.
    #[test]
    fn reminders_change_state_only_along_legal_moves_as_time_passes(
        book in rulebooks(), appointments in appointments(), attempts in attempts(), steps in prop::collection::vec(1_i64..4_000, 1..12)
    ) {
        let live = live_since(&book, -20_000);
        let mut now = -10_000;
        let mut last: Vec<Item> = vec![];
        for step in steps {
            now += step;
            let mut facts = facts(&appointments, &attempts, instant(now));
            facts.stored = stored(&last);
            let items = plan(&book, &live, &facts, instant(now), &fine).items;
            let before: HashMap<&ReminderKey, State> = last.iter().map(|item| (&item.key, item.state)).collect();
            for item in &items {
                if let Some(before) = before.get(&item.key) {
                    prop_assert!(before.may_become(item.state), "{} -> {}", before, item.state);
                }
                if item.state == State::Unclaimed(PlanDecision::Planned) {
                    prop_assert!(instant(now) < item.expires_at.unwrap());
                }
            }
            last = items;
        }
    }

    /// No lead, zone or date makes the arithmetic panic, from year 1 to year 9999.
    #[test]
    fn no_date_causes_a_panic(lead in leads(), zone in zones(), seconds in -62_135_596_800_i64..253_402_300_799) {
        let start = DateTime::from_timestamp(seconds, 0).unwrap();
        leadtime::planner::civil::nominal(start, &lead, &zone, |_| true);
    }

    /// Any text in a phone cell is either read as an E.164 number or not read.
    #[test]
    fn any_text_in_a_phone_cell_is_read_or_refused(cell in "\\PC{0,40}|[0-9+() .x;=-]{0,30}|[+][0-9]{1,18}") {
        let reading = leadtime::domain::phone::read(&cell, leadtime::domain::phone::Country::US);
        prop_assert!(!reading.valid || reading.phone.is_some());
    }
}
