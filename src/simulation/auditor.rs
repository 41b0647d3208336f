//! The auditor: stands outside the engine, sees every text that reaches a patient, and checks the promises.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, Utc, Weekday};

use tracing::info;

use crate::annie::model::Broke;
use crate::annie::wire::SmsRequest;
use crate::domain::language::Language;
use crate::simulation::practice::Practice;
use crate::wording::dates;

/// Replies older than this were read before a text.
const READ_WITHIN: TimeDelta = TimeDelta::hours(1);
/// What others sent less long ago than this could not be known.
const UNSEEN: TimeDelta = TimeDelta::minutes(50);
/// Leadtime's least time between a text and its appointment.
const NO_TEXT_WITHIN: TimeDelta = TimeDelta::hours(2);

/// What one text told: which rule (`F`, `L`, or `H` for a household), whom, of which start.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Telling {
    rule: char,
    appointment: usize,
    patient: String,
    start: DateTime<Utc>,
    to: String,
    at: DateTime<Utc>,
    /// It told again what nobody could know to be told.
    excused: bool,
}

/// The desk's knowledge as Leadtime was last told it.
pub(crate) type Delivered = Practice;

/// The numbers of each patient that the database has seen.
pub(crate) type Numbers = HashMap<String, BTreeSet<String>>;

/// What the auditor knows.
#[derive(Debug)]
pub(crate) struct Auditor {
    /// The export that was imported last.
    pub(crate) known: Delivered,
    known_since: DateTime<Utc>,
    /// Numbers the desk opted out.
    pub(crate) desk: HashMap<String, DateTime<Utc>>,
    /// When a patient replied STOP, by number.
    pub(crate) stops: HashMap<String, DateTime<Utc>>,
    /// Texts of other senders, by number.
    pub(crate) foreign: HashMap<String, DateTime<Utc>>,
    pub(crate) numbers: Numbers,
    tellings: Vec<Telling>,
    pub(crate) texts: u64,
    pub(crate) refused: BTreeMap<String, u64>,
    pub(crate) breaks: Vec<String>,
}

impl Auditor {
    pub(crate) fn new(known: Delivered) -> Auditor {
        Auditor {
            known,
            known_since: DateTime::UNIX_EPOCH,
            desk: HashMap::new(),
            stops: HashMap::new(),
            foreign: HashMap::new(),
            numbers: Numbers::new(),
            tellings: Vec::new(),
            texts: 0,
            refused: BTreeMap::new(),
            breaks: Vec::new(),
        }
    }

    /// The practice's export was imported.
    pub(crate) fn imported(&mut self, practice: &Practice, since: DateTime<Utc>) {
        self.known = practice.clone();
        self.known_since = since;
    }

    /// What was imported has been planned: the numbers in it are known to be their patients'.
    pub(crate) fn planned(&mut self) {
        for appointment in self.known.appointments.iter().filter(|appointment| appointment.start > self.known_since) {
            let patient = &self.known.patients[appointment.patient];
            self.numbers.entry(patient.name.clone()).or_default().insert(patient.phone.clone());
        }
    }

    fn breaks(&mut self, at: DateTime<Utc>, what: String) {
        let local = self.known.zone.local(at).format("%a %Y-%m-%d %H:%M:%S");
        self.breaks.push(format!("{local}: {what}"));
    }

    /// A text that Annie took.
    pub(crate) fn delivered(&mut self, request: &SmsRequest, at: DateTime<Utc>) {
        self.texts += 1;
        let local = self.known.zone.local(at);
        info!("=== {} delivered to {}: {}", local.format("%a %m-%d %H:%M:%S"), request.to_number, request.message);
        let open = |h: u32| NaiveTime::from_hms_opt(h, 0, 0).unwrap_or_default();
        if local.time() < open(9) || local.time() >= open(18) || matches!(local.weekday(), Weekday::Sat | Weekday::Sun)
        {
            self.breaks(at, format!("a text outside the sending hours: {}", request.message));
        }
        let to = &request.to_number;
        if self.desk.contains_key(to) {
            self.breaks(at, "a text to a number the desk opted out".to_owned());
        }
        if self.stops.get(to).is_some_and(|said| *said < at - READ_WITHIN) {
            self.breaks(at, "a text to a number that replied STOP".to_owned());
        }
        let rule = request.message.chars().next().unwrap_or('?');
        let told = self.read(&request.message, at);
        if told.is_empty() {
            self.breaks(at, format!("a text about no visit that is known: {}", request.message));
        }
        for (appointment, patient, start, phone) in told {
            if phone != *to {
                self.breaks(at, format!("a text about {patient} to a number that is not theirs"));
            }
            if start - at < NO_TEXT_WITHIN {
                self.breaks(at, format!("a text to {patient} too near the visit at {start}"));
            }
            self.tell(Telling { rule, appointment, patient, start, to: to.clone(), at, excused: false });
        }
    }

    /// The appointments a text names, as far as they stand: appointment, patient, start, number.
    fn read(&self, message: &str, at: DateTime<Utc>) -> Vec<(usize, String, DateTime<Utc>, String)> {
        let named = |appointment: &&crate::simulation::practice::Visit| {
            let start = self.known.zone.local(appointment.start);
            let name = &self.known.patients[appointment.patient].name;
            let words = [dates::date(Language::English, start), dates::time(Language::English, start)];
            message.contains(&format!("<{name} {} {}>", words[0], words[1]))
        };
        let live = self.known.appointments.iter().filter(|appointment| appointment.is_live() && appointment.start > at);
        let about = |appointment: &crate::simulation::practice::Visit| {
            let patient = &self.known.patients[appointment.patient];
            (appointment.number, patient.name.clone(), appointment.start, patient.phone.clone())
        };
        let found: Vec<_> = live.filter(named).map(about).collect();
        // A text that names more than stands names what does not stand.
        if found.len() < message.matches('<').count() { Vec::new() } else { found }
    }

    fn tell(&mut self, telling: Telling) {
        let of_patient = |t: &&Telling| t.patient == telling.patient;
        // Since the patient was told another start of this appointment, what was told before counts no longer.
        let of_appointment = self.tellings.iter().filter(|t| t.appointment == telling.appointment);
        let other = of_appointment.filter(|t| t.start != telling.start).map(|t| t.at).max();
        let since = other.unwrap_or(DateTime::UNIX_EPOCH);
        // A number that a restored copy has never seen cannot be known to be the patient's.
        let numbers = self.numbers.get(&telling.patient);
        let known = |t: &&Telling| numbers.is_some_and(|numbers| numbers.contains(&t.to));
        let same = self.tellings.iter().filter(of_patient).filter(|t| t.start == telling.start && t.at > since);
        let all: Vec<&Telling> = same.filter(|t| !t.excused).collect();
        let before: Vec<&Telling> = all.iter().copied().filter(known).collect();
        let again = |told: &[&Telling]| told.len() >= 2 || told.iter().any(|t| t.rule == telling.rule && t.rule != 'H');
        // Which rule a household's text stands for is not said in it: it may repeat what went to that number.
        let of_household = telling.rule == 'H' || all.iter().any(|t| t.rule == 'H');
        let may_repeat = of_household && before.len() < all.len();
        let (excused, broken) = (again(&all) || may_repeat, again(&before));
        if broken {
            let what =
                format!("{} is told again of the visit at {} ({})", telling.patient, telling.start, telling.rule);
            self.breaks(telling.at, what);
        }
        self.tellings.push(Telling { excused, ..telling });
    }

    /// A request Annie refused by a documented rule. `is_retry`: the one retry of a text without a clear answer.
    pub(crate) fn refused(&mut self, request: &SmsRequest, broke: Broke, is_retry: bool, at: DateTime<Utc>) {
        let others = self.foreign.get(&request.to_number).is_some_and(|sent| at - *sent < UNSEEN);
        if is_retry || others {
            *self.refused.entry("excused".to_owned()).or_default() += 1;
            return;
        }
        *self.refused.entry(format!("{broke:?}")).or_default() += 1;
        self.breaks(at, format!("Annie's documented rules refuse a text: {broke:?}"));
    }
}
