//! Two working weeks of a four-chair practice around Thanksgiving, with the rules of the shipped configuration.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};
use leadtime::config::{self, Config};
use leadtime::domain::appointment::{Appointment, Status};
use leadtime::domain::phone::Phone;
use leadtime::domain::private::Private;
use leadtime::domain::reminder::{PlanDecision, Skip, State};
use leadtime::engine::planning::plan_facts;
use leadtime::planner::input::{AppointmentInput, FeedImports, LiveSince, Number, PlannerInput};
use leadtime::planner::plan::{Item, Plan};

const APPOINTMENTS_A_WEEK: usize = 90;

fn shipped() -> Config {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config.toml");
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains("mode = \"observe\"") && text.contains("\"thanksgiving\", \"day-after-thanksgiving\""));
    std::fs::write(&path, text.replace("mode = \"observe\"", "mode = \"live\"")).unwrap();
    config::load(&path).unwrap().0
}

fn booked_long_ago() -> DateTime<Utc> {
    "2026-10-01T17:00:00Z".parse().unwrap()
}

/// The phone of the n-th appointment of a week. Most patients have their own, some families come together, and some
/// phones have appointments on two or three dates. It is always the same, and independent of the calendar.
fn phone_of(week: usize, n: usize) -> usize {
    match n % 9 {
        // A family of two or three on the same day or on consecutive days.
        0 | 1 => 1000 + n / 9 * 2,
        // A phone with one appointment in each week.
        2 => 2000 + n,
        // A phone with appointments on two dates in a week.
        3 => 3000 + week * 100 + n % 20,
        // A home phone with an appointment on most days of a week.
        4 => 5000 + week * 100 + n / 9 % 3,
        _ => 4000 + week * 1000 + n,
    }
}

fn appointments(config: &Config) -> BTreeMap<usize, Vec<AppointmentInput>> {
    let calendar = &config.rulebook.calendar;
    let mut by_phone: BTreeMap<usize, Vec<AppointmentInput>> = BTreeMap::new();
    for (week, monday) in ["2026-11-23", "2026-11-30"].into_iter().enumerate() {
        let monday: NaiveDate = monday.parse().unwrap();
        let open: Vec<NaiveDate> = monday.iter_days().take(7).filter(|day| calendar.is_open(*day)).collect();
        assert_eq!(open.len(), [3, 5][week], "Thanksgiving and the day after are closed");
        for n in 0..APPOINTMENTS_A_WEEK {
            let day = open[n * open.len() / APPOINTMENTS_A_WEEK];
            let slot = u32::try_from(n * 7 % 40).unwrap();
            // Four chairs, 8:00 AM to 5:45 PM.
            let time = NaiveTime::from_hms_opt(8 + slot / 4, slot % 4 * 15, 0).unwrap();
            let phone = phone_of(week, n);
            let id = format!("w{week}-{n:02}");
            by_phone.entry(phone).or_default().push(appointment(&id, calendar.zone.at(day, time)));
        }
    }
    by_phone
}

fn appointment(id: &str, starts_at: DateTime<Utc>) -> AppointmentInput {
    AppointmentInput {
        sender: leadtime::domain::sender::Sender {
            api_key: "default".into(),
            from_number: Phone::from_e164("+13035550199").unwrap(),
        },
        holder: None,
        holder_start: None,
        moved_from: vec![],
        changed_at: None,
        row: Appointment {
            id: id.into(),
            patient_id: format!("p-{id}").as_str().into(),
            first_name: Private(Some("Ann".to_owned())),
            last_name: Private(None),
            date_of_birth: Private(None),
            phone: Private(None),
            language: None,
            type_id: None,
            description: Private(None),
            provider: Private(None),
            starts_at,
            ends_at: None,
            status: Status::Booked,
            location: None,
            feed: None,
            booked_at: None,
            consent: None,
        },
        first_start: starts_at,
        seen_at: booked_long_ago(),
        taken_at: booked_long_ago(),
        imports: FeedImports::None,
        bad_row: false,
        not_listed: false,
        off_the_book: false,
        importing: false,
        skipped: vec![],
        paused: None,
        outcome: None,
        twins: vec![],
    }
}

fn planned(config: &Config, phone: usize, appointments: &[AppointmentInput]) -> Plan {
    let facts = PlannerInput::new(
        Number::Usable(Phone::from_e164(&format!("+1303555{phone:04}")).unwrap()),
        appointments.to_vec(),
    );
    let live: LiveSince = config.rulebook.rules.iter().map(|rule| (rule.name.clone(), booked_long_ago())).collect();
    plan_facts(config, &live, &facts, booked_long_ago() + TimeDelta::days(1))
}

fn is_planned(item: &Item) -> bool {
    item.state == State::Unclaimed(PlanDecision::Planned)
}

/// Whether all these reminders can go out within their days, times and Annie's limits. Tries every assignment of the
/// instants that matter. Reminders of different appointments at the same instant are one text.
fn can_all_go(config: &Config, reminders: &[&Item], chosen: &mut Vec<DateTime<Utc>>) -> bool {
    let Some(item) = reminders.get(chosen.len()) else { return keeps_limits(chosen) };
    instants(config, item).into_iter().any(|at| {
        let twice = reminders
            .iter()
            .zip(chosen.iter())
            .any(|(other, other_at)| *other_at == at && other.key.appointment_id == item.key.appointment_id);
        if twice {
            return false;
        }
        chosen.push(at);
        let found = keeps_limits(chosen) && can_all_go(config, reminders, chosen);
        chosen.pop();
        found
    })
}

/// Instants from the morning of its day (a household text may go out before the reminder's own time) until it expires:
/// the edges of the sending hours, the times of the rules, and these shifted by gaps of a day and five minutes.
fn instants(config: &Config, item: &Item) -> Vec<DateTime<Utc>> {
    let calendar = &config.rulebook.calendar;
    let times = ["09:02", "10:00", "10:05", "10:10", "10:15", "10:30", "10:35", "10:40", "10:45", "17:57"];
    let (from, until) = (calendar.date(item.adjusted_at.unwrap()), item.expires_at.unwrap());
    let days = from.iter_days().take_while(|day| *day <= calendar.date(until)).filter(|day| calendar.is_open(*day));
    days.flat_map(|day| times.map(|time| calendar.zone.at(day, NaiveTime::parse_from_str(time, "%H:%M").unwrap())))
        .filter(|at| *at < until)
        .collect()
}

/// Every minute at which a text may be sent, from the reminder's own time until it expires.
fn minutes(config: &Config, item: &Item) -> Vec<DateTime<Utc>> {
    let calendar = &config.rulebook.calendar;
    let (from, until) = (item.adjusted_at.unwrap(), item.expires_at.unwrap());
    let all = (0..(until - from).num_minutes()).map(|minute| from + TimeDelta::minutes(minute));
    all.filter(|at| calendar.may_leave(*at)).collect()
}

fn keeps_limits(chosen: &[DateTime<Utc>]) -> bool {
    let texts: Vec<DateTime<Utc>> = chosen.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let margin = TimeDelta::minutes(5);
    texts.windows(2).all(|pair| pair[1] - pair[0] >= TimeDelta::hours(24) + margin)
        && texts.windows(4).all(|run| run[3] - run[0] >= TimeDelta::days(7) + margin)
        && texts.windows(7).all(|run| run[6] - run[0] >= TimeDelta::days(30) + margin)
}

#[test]
fn no_reminder_around_thanksgiving_is_skipped_if_it_could_have_been_sent() {
    let config = shipped();
    let calendar = &config.rulebook.calendar;
    let by_phone = appointments(&config);
    assert_eq!(by_phone.values().map(Vec::len).sum::<usize>(), 2 * APPOINTMENTS_A_WEEK);
    let (mut both, mut lost, mut on_two_dates, mut families) = (0, 0, 0, 0);
    for (phone, appointments) in &by_phone {
        let plan = planned(&config, *phone, appointments);
        let dates: BTreeSet<NaiveDate> = appointments.iter().map(|v| calendar.date(v.row.starts_at)).collect();
        families += usize::from(appointments.len() > dates.len());
        if dates.len() == 1 {
            for item in &plan.items {
                assert!(is_planned(item), "{item:?}");
                let due = calendar.zone.local(item.due_at.unwrap()).time();
                let expected = if item.key.rule.0 == "first-reminder" { (10, 0) } else { (10, 30) };
                assert_eq!((due.hour(), due.minute(), due.second()), (expected.0, expected.1, 0), "{item:?}");
                both += 1;
            }
            continue;
        }
        on_two_dates += 1;
        let mut order: Vec<&Item> = plan.items.iter().collect();
        order.sort_by_key(|item| {
            (item.key.start - item.adjusted_at.unwrap(), item.adjusted_at, &item.key.appointment_id)
        });
        for (place, item) in order.iter().enumerate().filter(|(_, item)| !is_planned(item)) {
            let is_first = item.key.rule.0 == "first-reminder";
            assert!(is_first || dates.len() > 2, "with two dates, every last reminder must go out: {item:?}");
            assert_eq!(item.state, State::Unclaimed(PlanDecision::Skipped(Skip::ContactLimit)));
            let before: Vec<&Item> = order[..place].iter().copied().filter(|item| is_planned(item)).collect();
            let others: Vec<DateTime<Utc>> = before.iter().map(|item| item.due_at.unwrap()).collect();
            // Given the texts before it in the order, no minute of its days has room, together with another text or
            // alone.
            for at in minutes(&config, item) {
                let own =
                    before.iter().any(|b| b.due_at == Some(at) && b.key.appointment_id == item.key.appointment_id);
                let room = !own && keeps_limits(&[others.clone(), vec![at]].concat());
                assert!(!room, "{item:?} had room at {at} given {others:?}");
            }
            // With two dates, no other arrangement would fit it in either.
            let mut reminders = before;
            reminders.push(item);
            let other_way = dates.len() == 2 && can_all_go(&config, &reminders, &mut vec![]);
            assert!(!other_way, "{item:?} could go out together with {reminders:?}");
            lost += 1;
        }
    }
    println!(
        "{} phones, {families} with several appointments on a date, {on_two_dates} with appointments on several dates; {both} texts of phones with one date, all on time; {lost} skipped",
        by_phone.len()
    );
    assert!(
        on_two_dates >= 10 && families >= 5 && lost >= 1,
        "the weeks must contain every case: {on_two_dates}, {families}, {lost}"
    );
}
