//! Many offices on one server: each has its own key, organization and time zone. Measures what a week costs, how late
//! the texts are, and whether every office gets its turn.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, Utc, Weekday};

use crate::annie::gateway::{Answering, Call, Gateway, Raw, StillGood, Transport};
use crate::annie::model::faults::Faults;
use crate::annie::model::{Model, Rules};
use crate::annie::wire::SmsRequest;
use crate::clock::{self, Clock, ManualClock};
use crate::config::Config;
use crate::config::values::zones::Zones;
use crate::domain::operator::Operator;
use crate::domain::phone::{Country, Phone};
use crate::domain::zone::Zone;
use crate::engine::Gateways;
use crate::engine::run::Engine;
use crate::feeds::importing::{self, How, Job};
use crate::feeds::mapping::Context;
use crate::simulation::setting::{configured, folder, patients};
use crate::simulation::stand_in::{headers, lock, request_of};
use crate::simulation::{BEGINS, SimulationError, once};
use crate::store::connection::open;
use crate::store::{Connection, Store};

/// The time zones of the offices, in turns.
const ZONES: [&str; 6] = [
    "America/Denver",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "America/Phoenix",
    "Pacific/Honolulu",
];
/// How long an answer of Annie takes.
const ANSWER: TimeDelta = TimeDelta::milliseconds(50);
/// How long nothing happens between two looks if no text is due.
const LOOK: TimeDelta = TimeDelta::minutes(5);
/// A text that is later than this breaks a promise.
const LATEST: TimeDelta = TimeDelta::minutes(5);
/// The first appointments are at 10 AM, the last ones before 5 PM.
const OPENS: u32 = 10 * 60;
const OPEN_MINUTES: usize = 7 * 60;
/// Most broken promises that are described.
const MOST_BREAKS: usize = 100;

/// How many offices, and how busy they are.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Offices, each with its own key: 1 to 9,999.
    pub offices: usize,
    /// Days of sending.
    pub days: u32,
    /// Appointments of each office on each day but Sunday.
    pub appointments: usize,
}

/// What one day cost.
#[derive(Debug, Clone, Copy, Default, serde::Serialize)]
pub struct Day {
    /// Texts that reached patients.
    pub texts: u64,
    /// Requests that only read.
    pub reads: u64,
    /// Passes of the engine.
    pub passes: u64,
    /// Processor time, in seconds.
    pub processor_seconds: f64,
}

/// The outcome.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Outcome {
    /// Each day.
    pub days: Vec<Day>,
    /// Appointments that need a text.
    pub expected: usize,
    /// How late each text was, in seconds, in order.
    pub late: Vec<f64>,
    /// How late each office's latest text was, in seconds, in order.
    pub latest_of_office: Vec<f64>,
    /// Promises that were broken, the first hundred.
    pub breaks: Vec<String>,
}

/// What an appointment's text must be like, and whether it came.
#[derive(Debug)]
struct Expected {
    office: usize,
    due: DateTime<Utc>,
    late: Option<TimeDelta>,
}

/// What the offices' patients get.
#[derive(Debug, Default)]
struct Tally {
    expected: Vec<Expected>,
    days: Vec<Day>,
    breaks: Vec<String>,
}

impl Tally {
    fn breaks(&mut self, what: String) {
        if self.breaks.len() < MOST_BREAKS {
            self.breaks.push(what);
        }
    }

    fn today(&mut self) -> Option<&mut Day> {
        self.days.last_mut()
    }

    /// A text reached a patient.
    fn delivered(&mut self, office: usize, text: &SmsRequest, now: DateTime<Utc>) {
        if let Some(day) = self.today() {
            day.texts += 1;
        }
        let id = text.appointment_info.as_ref().and_then(|about| about.appointment_id.as_deref()).unwrap_or_default();
        let place = id.strip_prefix('v').and_then(|number| number.parse::<usize>().ok());
        let Some(expected) = place.and_then(|place| self.expected.get_mut(place)) else {
            return self.breaks(format!("a text about an unknown appointment: {id}"));
        };
        let late = now - expected.due;
        let twice = expected.late.replace(late).is_some();
        let of = expected.office;
        if of != office {
            self.breaks(format!("appointment {id} of office {of} was texted with the key of office {office}"));
        }
        if twice {
            self.breaks(format!("appointment {id} was texted twice"));
        }
        if late < TimeDelta::zero() || late > LATEST {
            self.breaks(format!("the text for appointment {id} was {} s late", late.num_seconds()));
        }
    }
}

/// Annie for one office.
#[derive(Debug)]
struct Office {
    number: usize,
    model: Mutex<Model>,
    clock: Arc<ManualClock>,
    tally: Arc<Mutex<Tally>>,
}

impl Office {
    fn answer(&self, call: Call) -> Raw {
        let now = self.clock.now();
        let (request, text) = request_of(call);
        let answer = lock(&self.model).answer(request, now);
        let mut tally = lock(&self.tally);
        match text {
            Some(text) if answer.begun.is_some() => tally.delivered(self.number, &text, now),
            Some(_) => tally.breaks(format!("office {}: Annie refused a text: {:?}", self.number, answer.broke)),
            None => tally.today().into_iter().for_each(|day| day.reads += 1),
        }
        let headers = headers(answer.rate, now);
        Raw::Answer { status: answer.status, headers, body: Ok(answer.body.to_string().into_bytes()) }
    }
}

impl Transport for Office {
    fn call(&self, call: Call, still_good: StillGood) -> Answering<'_> {
        Box::pin(async move { if still_good() { self.answer(call) } else { Raw::LetGo } })
    }
}

/// Simulates the offices from a seed, without faults, and calls `after_day` with each day's cost.
pub fn run(seed: u64, size: Size, mut after_day: impl FnMut(u32, Day)) -> Result<Outcome, SimulationError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(simulate(seed, size, &mut after_day))
}

async fn simulate(seed: u64, size: Size, after_day: &mut impl FnMut(u32, Day)) -> Result<Outcome, SimulationError> {
    let folder = folder()?;
    let begins: DateTime<Utc> = BEGINS.parse().unwrap_or_default();
    let config = Arc::new(configuration(folder.path(), size.offices)?);
    let clock = Arc::new(ManualClock::new(begins));
    let tally = Arc::new(Mutex::new(Tally::default()));
    let connection = open::read_write(&folder.path().join("offices.db"))?;
    open::simulated(&connection, true)?;
    let mut desk = open::read_write(&folder.path().join("offices.db"))?;
    open::simulated(&desk, false)?;
    book(&mut desk, size, begins, &mut lock(&tally).expected)?;
    let gateways = gateways(seed, size.offices, &config, &clock, &tally)?;
    let mut engine = Engine::new(Store::here(connection), clock.clone(), gateways, config);
    engine.start().await?;
    for day in 0..size.days {
        let (until, before) = (begins + TimeDelta::days(i64::from(day) + 1), clock::processor_time());
        lock(&tally).days.push(Day::default());
        while clock.now() < until {
            let (report, ended, _) = once(&mut engine).await?;
            let busy = report.begun + report.settled + report.planned + report.reading + report.read + ended > 0;
            let wait = report.wait().and_then(|wait| TimeDelta::from_std(wait).ok());
            clock.advance(match wait {
                _ if busy => ANSWER,
                Some(wait) => wait.clamp(TimeDelta::milliseconds(1), LOOK),
                None => LOOK,
            });
            lock(&tally).today().into_iter().for_each(|day| day.passes += 1);
        }
        let spent = clock::processor_time().saturating_sub(before);
        let mut tally = lock(&tally);
        if let Some(today) = tally.today() {
            today.processor_seconds = spent.as_secs_f64();
            after_day(day, *today);
        }
    }
    let tally = std::mem::take(&mut *lock(&tally));
    Ok(outcome(tally, size.offices))
}

fn outcome(mut tally: Tally, offices: usize) -> Outcome {
    let missing = tally.expected.iter().filter(|expected| expected.late.is_none()).count();
    if missing > 0 {
        tally.breaks(format!("{missing} appointments got no text"));
    }
    let seconds = |late: TimeDelta| late.num_milliseconds() as f64 / 1e3;
    let mut latest = vec![None; offices];
    let mut late = Vec::with_capacity(tally.expected.len());
    for expected in &tally.expected {
        let Some(by) = expected.late else { continue };
        late.push(seconds(by));
        latest[expected.office] = latest[expected.office].max(Some(by));
    }
    let mut latest_of_office: Vec<f64> = latest.into_iter().flatten().map(seconds).collect();
    late.sort_by(f64::total_cmp);
    latest_of_office.sort_by(f64::total_cmp);
    Outcome { days: tally.days, expected: tally.expected.len(), late, latest_of_office, breaks: tally.breaks }
}

fn zone_of(office: usize) -> &'static str {
    ZONES[office % ZONES.len()]
}

/// The id of an office's location; the first office is the practice itself.
fn location(office: usize) -> Option<String> {
    (office > 0).then(|| format!("o{office}"))
}

fn configuration(folder: &Path, offices: usize) -> Result<Config, SimulationError> {
    let mut text = "[practice]\nname = \"Maple\"\nphone = \"+13035560000\"\nfrom_number = \"+13035570000\"\n\
         timezone = \"America/Denver\"\n\
         [sending]\nmode = \"live\"\ndays = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]\n\
         [[rule]]\nname = \"day-before\"\nlead = \"24 hours\"\nmessage = \"See you {{ appointment.when }}\"\n\
         [database]\npath = \"unused.db\"\n"
        .to_owned();
    for office in 1..offices {
        let zone = zone_of(office);
        let _ = write!(
            text,
            "[[location]]\nid = \"o{office}\"\nname = \"Office {office}\"\nphone = \"+1303556{office:04}\"\n\
             from_number = \"+1303557{office:04}\"\napi_key_file = \"keys/{office}\"\n\
             timezone = \"{zone}\"\norganization_timezone = \"{zone}\"\n"
        );
    }
    configured(folder, &text)
}

/// One organization for each key, with the legal hours of its office, Annie's limits and 60 requests a minute.
fn gateways(
    seed: u64,
    offices: usize,
    config: &Config,
    clock: &Arc<ManualClock>,
    tally: &Arc<Mutex<Tally>>,
) -> Result<Gateways, SimulationError> {
    let zones = Zones::of_this_machine();
    let mut gateways = Gateways::new();
    for number in 0..offices {
        let zone = zone(&zones, number)?;
        let from = Phone::from_e164(&format!("+1303557{number:04}")).into_iter().collect::<Vec<_>>();
        let rules = Rules { hours_in: Some(zone), limits: true, per_minute: Some(60) };
        let mut model = Model::new(&from, rules, Faults::NONE, seed.wrapping_add(number as u64));
        model.set_patients(Some(patients(1)));
        let office = Office { number, model: Mutex::new(model), clock: clock.clone(), tally: tally.clone() };
        gateways.insert(config.key_name(location(number).as_deref()), Gateway::new(office));
    }
    Ok(gateways)
}

fn zone(zones: &Zones, office: usize) -> Result<Zone, SimulationError> {
    zones.load(zone_of(office)).map_err(SimulationError::Other)
}

/// Imports the appointments of each day: every patient has one, whose text is due 24 hours before it.
fn book(
    desk: &mut Connection,
    size: Size,
    begins: DateTime<Utc>,
    expected: &mut Vec<Expected>,
) -> Result<(), SimulationError> {
    let zones = Zones::of_this_machine();
    let of_office = (0..size.offices).map(|office| zone(&zones, office)).collect::<Result<Vec<_>, _>>()?;
    let first = of_office[0].local(begins).date_naive();
    let locations = of_office.iter().enumerate();
    let locations = locations.filter_map(|(office, zone)| Some((location(office)?, Some(zone.clone())))).collect();
    let context = Context { today: first, zone: of_office[0].clone(), country: Country::US, locations, zones: &zones };
    let how = How { complete: false, force: true, recurring: false };
    for date in first.iter_days().skip(1).take(size.days as usize).filter(|date| date.weekday() != Weekday::Sun) {
        let mut csv = "id,patient_id,first_name,phone,starts_at,status,booked_at,location\n".to_owned();
        for (office, zone) in of_office.iter().enumerate() {
            for n in 0..size.appointments {
                let minute = OPENS + (n * OPEN_MINUTES / size.appointments) as u32 / 5 * 5;
                let time = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap_or_default();
                let start = zone.at(date, time);
                let (place, local) = (expected.len(), zone.local(start).to_rfc3339());
                let location = location(office).unwrap_or_default();
                let phone = 3_032_000_000_u64 + place as u64;
                let _ = writeln!(csv, "v{place},p{place},Ann,+1{phone},{local},booked,2026-01-01T00:00:00Z,{location}");
                expected.push(Expected { office, due: start - TimeDelta::hours(24), late: None });
            }
        }
        let job = Job {
            feed: &crate::config::feeds::Feed::own(),
            context: &context,
            how,
            by: Operator::default(),
            now: begins,
        };
        importing::import(desk, || Ok(csv.as_bytes()), job, |_| {})
            .map_err(|error| SimulationError::Other(error.to_string()))?;
    }
    Ok(())
}

/// The value below which this part of the sorted values lies.
pub fn part(sorted: &[f64], part: f64) -> f64 {
    let place = (sorted.len().saturating_sub(1) as f64 * part).round() as usize;
    sorted.get(place).copied().unwrap_or_default()
}

/// The share of one core that the days took.
pub fn share_of_a_core(days: &[Day]) -> f64 {
    let spent: f64 = days.iter().map(|day| day.processor_seconds).sum();
    spent / (86_400.0 * days.len().max(1) as f64)
}
