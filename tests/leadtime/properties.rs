//! Properties of the planner: for any rules, calendars and visits, at any moment.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Timelike, Utc, Weekday};
use leadtime::domain::appointment::{Appointment, Status};
use leadtime::domain::lead::{Lead, Unit};
use leadtime::domain::phone::Phone;
use leadtime::domain::private::Private;
use leadtime::domain::reminder::{Answer, State};
use leadtime::domain::rule::{BookedLate, Rule};
use leadtime::domain::zone::Zone;
use leadtime::planner::calendar::{Calendar, Hours};
use leadtime::planner::facts::{FeedImports, Key, LiveSince, Mode, Number, NumberFacts, Rulebook, Stored, VisitFacts};
use leadtime::planner::plan::{Item, plan};
use proptest::prelude::*;

/// Around a clock change in New York, Sydney and Denver.
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
    (zones(), zones(), 0_u32..1380, 10_u32..700, days, holidays).prop_map(
        |(zone, organization, opens, length, days, holidays)| {
            let first = instant(0).date_naive();
            Calendar {
                zone,
                organization_zone: organization,
                hours: Hours { opens, closes: (opens + length).min(1440) },
                days: days.into_iter().map(|day| Weekday::try_from(day).unwrap()).collect(),
                holidays: holidays.into_iter().map(|day| first + TimeDelta::days(day)).collect(),
            }
        },
    )
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

fn rulebooks() -> impl Strategy<Value = Rulebook> {
    let policy = prop::sample::select(vec![BookedLate::Skip, BookedLate::Send]);
    let rules = prop::collection::vec((leads(), policy), 1..5);
    (calendars(), rules, prop::bool::weighted(0.9)).prop_map(|(calendar, rules, live)| Rulebook {
        calendar,
        rules: rules
            .into_iter()
            .enumerate()
            .map(|(n, (lead, booked_late))| Rule {
                name: format!("rule-{n}").as_str().into(),
                lead,
                only_types: vec![],
                except_types: vec![],
                booked_late,
                no_text_within: TimeDelta::hours(2),
            })
            .collect(),
        mode: if live { Mode::Live } else { Mode::Observe },
        only_to: None,
        own_numbers: vec![],
    })
}

/// A visit somewhere in the coming month, seen some time before the moment of planning or after.
fn visits() -> impl Strategy<Value = Vec<(i64, i64, bool, u8)>> {
    prop::collection::vec((0_i64..40_000, -20_000_i64..30_000, any::<bool>(), 0_u8..5), 1..6)
}

fn facts(visits: &[(i64, i64, bool, u8)]) -> NumberFacts {
    let visit = |(n, (start, seen, imports, status)): (usize, &(i64, i64, bool, u8))| VisitFacts {
        appointment: Appointment {
            id: format!("a{n}").as_str().into(),
            patient_id: format!("p{n}").as_str().into(),
            first_name: Private(None),
            last_name: Private(None),
            date_of_birth: Private(None),
            phone: Private(None),
            language: None,
            type_id: None,
            description: Private(None),
            provider: Private(None),
            starts_at: instant(*start),
            ends_at: None,
            status: if *status == 0 { Status::Cancelled } else { Status::Booked },
            location: None,
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
        twins: vec![],
    };
    NumberFacts {
        number: Number::Usable(Phone::from_e164("+13035550101").unwrap()),
        visits: visits.iter().enumerate().map(visit).collect(),
        stored: vec![],
        spent: vec![],
        in_doubt: false,
        opted_out: false,
    }
}

fn planned(items: &[Item]) -> impl Iterator<Item = &Item> {
    items.iter().filter(|item| item.state == State::Answered(Answer::Planned))
}

/// Whether a text may leave at an instant, told the long way round: by the wall clocks of both places.
fn may_leave(calendar: &Calendar, at: DateTime<Utc>) -> bool {
    let minute = |zone: &Zone| {
        let local = zone.local(at).time();
        local.hour() * 60 + local.minute()
    };
    let date: NaiveDate = calendar.date(at);
    let own = minute(&calendar.zone);
    let annies = minute(&calendar.organization_zone);
    calendar.is_open(date)
        && own >= calendar.hours.opens
        && own < calendar.hours.closes
        && (540..1200).contains(&annies)
}

fn stored(items: &[Item]) -> Vec<Stored> {
    let stored = |item: &Item| Stored {
        key: item.key.clone(),
        state: item.state,
        adjusted_at: item.adjusted_at,
        nominal_at: item.nominal_at,
        due_at: item.due_at,
        expires_at: item.expires_at,
    };
    items.iter().map(stored).collect()
}

fn fine(_: &Appointment, _: &Rule, _: DateTime<Utc>) -> Result<(), leadtime::domain::reminder::Skip> {
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_planned_at_a_bad_moment(book in rulebooks(), visits in visits(), now in -10_000_i64..40_000, live in -20_000_i64..20_000) {
        let now = instant(now);
        let facts = facts(&visits);
        let live: LiveSince = book.rules.iter().map(|rule| (rule.name.clone(), instant(live))).collect();
        let items = plan(&book, &live, &facts, now, &fine);
        for item in planned(&items) {
            let due = item.due_at.unwrap();
            prop_assert!(may_leave(&book.calendar, due), "{item:?}");
            prop_assert!(due < item.expires_at.unwrap() && due >= item.adjusted_at.unwrap(), "{item:?}");
            prop_assert!(due <= item.key.start - TimeDelta::hours(2), "{item:?}");
            prop_assert!(due >= now || now - due <= TimeDelta::seconds(60), "{item:?}");
            prop_assert!(book.calendar.is_open(book.calendar.date(item.key.start)), "{item:?}");
        }
        // Two rules never plan one visit at the same instant: the nearer covers the other.
        let moments: BTreeSet<_> = planned(&items).map(|i| (i.key.appointment_id.clone(), i.adjusted_at)).collect();
        prop_assert_eq!(moments.len(), planned(&items).count());
    }

    #[test]
    fn every_visit_and_rule_has_one_answer_and_planning_again_changes_nothing(
        book in rulebooks(), visits in visits(), now in -10_000_i64..40_000, live in -20_000_i64..20_000
    ) {
        let now = instant(now);
        let mut facts = facts(&visits);
        let live: LiveSince = book.rules.iter().map(|rule| (rule.name.clone(), instant(live))).collect();
        let items = plan(&book, &live, &facts, now, &fine);
        let keys: BTreeSet<String> = items.iter().map(|item| format!("{:?}", item.key)).collect();
        prop_assert_eq!(items.len(), visits.len() * book.rules.len());
        prop_assert_eq!(keys.len(), items.len());
        facts.stored = stored(&items);
        prop_assert_eq!(&plan(&book, &live, &facts, now, &fine), &items);
        // The order of the visits does not matter.
        facts.visits.reverse();
        facts.stored.reverse();
        let by_key: HashMap<Key, Item> = plan(&book, &live, &facts, now, &fine).into_iter().map(|i| (i.key.clone(), i)).collect();
        for item in &items {
            prop_assert_eq!(Some(item), by_key.get(&item.key));
        }
    }

    /// As time goes by, what is final stays, and what was planned is sent in time or ends with a reason.
    #[test]
    fn time_only_closes(book in rulebooks(), visits in visits(), steps in prop::collection::vec(1_i64..4_000, 1..12)) {
        let mut facts = facts(&visits);
        let live: LiveSince = book.rules.iter().map(|rule| (rule.name.clone(), instant(-20_000))).collect();
        let mut now = -10_000;
        let mut last: HashMap<Key, State> = HashMap::new();
        for step in steps {
            now += step;
            let items = plan(&book, &live, &facts, instant(now), &fine);
            for item in &items {
                if let Some(before) = last.get(&item.key) {
                    prop_assert!(before.may_become(item.state), "{} -> {}", before, item.state);
                }
                if item.state == State::Answered(Answer::Planned) {
                    prop_assert!(instant(now) < item.expires_at.unwrap());
                }
                last.insert(item.key.clone(), item.state);
            }
            facts.stored = stored(&items);
        }
    }

    /// No lead, zone or date makes the arithmetic panic, from the first year to the last.
    #[test]
    fn no_date_is_too_odd(lead in leads(), zone in zones(), seconds in -62_135_596_800_i64..253_402_300_799) {
        let start = DateTime::from_timestamp(seconds, 0).unwrap();
        leadtime::planner::civil::nominal(start, &lead, &zone, |_| true);
    }

    /// Whatever stands in a phone cell is read or not, and what is read has the shape of E.164.
    #[test]
    fn no_phone_cell_is_too_odd(cell in "\\PC{0,40}|[0-9+() .x;=-]{0,30}|[+][0-9]{1,18}") {
        let reading = leadtime::domain::phone::read(&cell, leadtime::domain::phone::Country::US);
        prop_assert!(!reading.valid || reading.phone.is_some());
    }
}
