//! The auditor: stands outside the engine, sees every text that reaches a patient, and checks the promises.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, Utc, Weekday};

use tracing::info;

use crate::annie::model::Broke;
use crate::annie::wire::SmsRequest;
use crate::domain::ids::utf16_len;
use crate::domain::language::Language;
use crate::simulation::practice::{FIRST_TEXT_LINE, Practice, Visit};
use crate::wording::dates;
use crate::wording::wordbook::LONGEST;

/// Replies older than this were read before a text.
pub(super) const READ_WITHIN: TimeDelta = TimeDelta::hours(1);
/// What others sent less long ago than this could not be known.
const UNSEEN: TimeDelta = TimeDelta::minutes(50);
/// Leadtime's least time between a text and its appointment.
const NO_TEXT_WITHIN: TimeDelta = TimeDelta::hours(2);

/// What one text told: which rule (`F`, `L`, or `H` for a household), whom, of which start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Telling {
    pub(super) rule: char,
    pub(super) appointment: usize,
    pub(super) patient: usize,
    pub(super) start: DateTime<Utc>,
    pub(super) to: String,
    pub(super) at: DateTime<Utc>,
    /// It told again what nobody could know to be told.
    pub(super) excused: bool,
    /// The database was replaced by a copy that was made before: only Annie's list tells of it, by number.
    pub(super) forgotten: bool,
}

/// The desk's knowledge as Leadtime was last told it.
pub(crate) type Delivered = Practice;

/// The numbers that the database has seen of each patient, by the patient's id at that time.
pub(crate) type Numbers = HashMap<(usize, String), BTreeSet<String>>;

/// Since when the desk says that a number is not a patient's.
pub(crate) type WrongNumbers = HashMap<(usize, String), DateTime<Utc>>;

/// An appointment as the exports have listed it since an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) patient: usize,
    pub(super) start: DateTime<Utc>,
    pub(super) id: String,
    pub(super) phone: String,
    pub(super) since: DateTime<Utc>,
}

/// What the auditor knows.
#[derive(Debug)]
pub(crate) struct Auditor {
    /// The export that was imported last.
    pub(crate) known: Delivered,
    pub(crate) known_since: DateTime<Utc>,
    /// Numbers the desk opted out.
    pub(crate) desk: HashMap<String, DateTime<Utc>>,
    /// When a patient replied STOP, by number.
    pub(crate) stops: HashMap<String, DateTime<Utc>>,
    /// Texts of other senders, by number.
    pub(crate) foreign: HashMap<String, DateTime<Utc>>,
    pub(crate) numbers: Numbers,
    pub(crate) wrong: WrongNumbers,
    /// The same, and what a restored copy has forgotten.
    pub(crate) ever_wrong: WrongNumbers,
    pub(super) standing: HashMap<usize, Standing>,
    /// Every appointment and start that an export has ever listed with a number: their texts may have been planned first.
    pub(super) listed: BTreeSet<(String, DateTime<Utc>, usize)>,
    /// Numbers whose texts had the line of the first one.
    pub(super) lined: BTreeSet<String>,
    /// Numbers whose household texts named only some of the appointments, and when.
    pub(super) and_more: Vec<(String, DateTime<Utc>)>,
    pub(super) tellings: Vec<Telling>,
    pub(crate) texts: u64,
    pub(crate) refused: BTreeMap<String, u64>,
    pub(crate) breaks: Vec<String>,
}

impl Auditor {
    pub(crate) fn new(known: Delivered) -> Auditor {
        Auditor {
            known,
            // Nothing was imported yet.
            known_since: DateTime::<Utc>::MAX_UTC,
            desk: HashMap::new(),
            stops: HashMap::new(),
            foreign: HashMap::new(),
            numbers: Numbers::new(),
            wrong: WrongNumbers::new(),
            ever_wrong: WrongNumbers::new(),
            standing: HashMap::new(),
            listed: BTreeSet::new(),
            lined: BTreeSet::new(),
            and_more: Vec::new(),
            tellings: Vec::new(),
            texts: 0,
            refused: BTreeMap::new(),
            breaks: Vec::new(),
        }
    }

    /// The practice's export was imported.
    pub(crate) fn imported(&mut self, practice: &Practice, since: DateTime<Utc>, now: DateTime<Utc>) {
        self.known = practice.clone();
        self.known_since = since;
        for appointment in &practice.appointments {
            if !appointment.is_live() {
                self.standing.remove(&appointment.number);
                continue;
            }
            let present = Standing {
                patient: appointment.patient,
                start: appointment.start,
                id: appointment.id(),
                phone: practice.patients[appointment.patient].phone.clone(),
                since: now,
            };
            self.listed.insert((present.phone.clone(), present.start, appointment.number));
            let is_over = appointment.start <= now;
            self.standing
                .entry(appointment.number)
                .and_modify(|before| {
                    if !(Standing { since: before.since, ..present.clone() } == *before
                        || is_over && before.start <= now)
                    {
                        *before = present.clone();
                    }
                })
                .or_insert(present.clone());
        }
    }

    /// What was imported has been planned: the numbers in it are known to be their patients'.
    pub(crate) fn planned(&mut self) {
        for appointment in self.known.appointments.iter().filter(|appointment| appointment.start > self.known_since) {
            let patient = &self.known.patients[appointment.patient];
            let patient_and_id = (appointment.patient, patient.chart.clone());
            self.numbers.entry(patient_and_id).or_default().insert(patient.phone.clone());
        }
        // Who had only an appointment that went to somebody else before any text has left nothing in the database.
        let known = &self.known;
        let holders: BTreeSet<usize> = known.appointments.iter().map(|appointment| appointment.patient).collect();
        self.numbers
            .retain(|(patient, chart), _| holders.contains(patient) && known.patients[*patient].chart == *chart);
    }

    /// How much was told so far, for a copy of the database.
    pub(crate) fn told(&self) -> usize {
        self.tellings.len()
    }

    /// Appointments that stand as a text told them, and start in fourteen hours to five days: those whose last text has
    /// gone, if there are any, because no other text would tell of them.
    pub(crate) fn told_and_coming(&self, practice: &Practice, now: DateTime<Utc>) -> Vec<usize> {
        let soon = now + TimeDelta::hours(14)..now + TimeDelta::days(5);
        let is_told = |n: &usize, rules: &[char]| {
            let appointment = &practice.appointments[*n];
            let phone = &practice.patients[appointment.patient].phone;
            let same = |t: &Telling| {
                (t.patient, t.start, &t.to) == (appointment.patient, appointment.start, phone)
                    && rules.contains(&t.rule)
            };
            appointment.is_live() && soon.contains(&appointment.start) && self.tellings.iter().any(same)
        };
        let all = |rules: &[char]| (0..practice.appointments.len()).filter(|n| is_told(n, rules)).collect::<Vec<_>>();
        Some(all(&['L'])).filter(|last| !last.is_empty()).unwrap_or_else(|| all(&['F', 'L', 'H']))
    }

    /// A copy that was made when so much was told has replaced the database.
    pub(crate) fn forget_since(&mut self, told: usize) {
        self.tellings[told..].iter_mut().for_each(|telling| telling.forgotten = true);
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
        self.look_for_the_line(request, at);
        let rule = request.message.chars().next().unwrap_or('?');
        if request.message.contains(">+") {
            self.and_more.push((to.clone(), at));
        }
        let told = self.read(&request.message, at);
        if told.is_empty() {
            self.breaks(at, format!("a text about no visit that is known: {}", request.message));
        }
        let first = told.iter().map(|(_, _, start, _)| *start).min();
        let earliest = told.iter().filter(|(_, _, start, _)| Some(*start) == first).map(|(_, patient, ..)| *patient);
        let languages: BTreeSet<_> = earliest.map(|patient| self.known.patients[patient].language.code()).collect();
        let is_in = |language: Language| {
            told.iter().all(|(_, patient, start, _)| request.message.contains(&self.words(*patient, *start, language)))
        };
        let spoken = [Language::English, Language::Spanish].into_iter().filter(|language| is_in(*language));
        if !told.is_empty() && !spoken.map(Language::code).any(|code| languages.contains(code)) {
            self.breaks(at, format!("a text that is not in the language of its first visit: {}", request.message));
        }
        for (appointment, patient, start, phone) in told {
            let name = self.known.patients[patient].name.clone();
            if phone != *to {
                self.breaks(at, format!("a text about {name} to a number that is not theirs"));
            }
            if self.wrong.get(&(patient, to.clone())).is_some_and(|since| *since < at) {
                self.breaks(at, format!("a text about {name} to a number that is marked as wrong"));
            }
            if start - at < NO_TEXT_WITHIN {
                self.breaks(at, format!("a text to {name} too near the visit at {start}"));
            }
            self.tell(Telling {
                rule,
                appointment,
                patient,
                start,
                to: to.clone(),
                at,
                excused: false,
                forgotten: false,
            });
        }
    }

    /// The first text of a number has to carry the line where it has room for it.
    fn look_for_the_line(&mut self, request: &SmsRequest, at: DateTime<Utc>) {
        let units = utf16_len(&request.message);
        if request.message.ends_with(FIRST_TEXT_LINE) {
            self.lined.insert(request.to_number.clone());
        } else if !self.lined.contains(&request.to_number)
            && !self.foreign.contains_key(&request.to_number)
            && units + 1 + utf16_len(FIRST_TEXT_LINE) <= LONGEST
        {
            self.breaks(at, format!("the first text of a number has no line: {}", request.message));
        }
    }

    /// How a text names an appointment.
    fn words(&self, patient: usize, start: DateTime<Utc>, language: Language) -> String {
        let start = self.known.zone.local(start);
        let name = &self.known.patients[patient].name;
        format!("<{name} {} {}>", dates::date(language, start), dates::time(language, start))
    }

    /// The appointments a text names, as far as they stand: appointment, patient, start, number.
    fn read(&self, message: &str, at: DateTime<Utc>) -> Vec<(usize, usize, DateTime<Utc>, String)> {
        let named = |appointment: &&Visit| {
            [Language::English, Language::Spanish]
                .into_iter()
                .any(|language| message.contains(&self.words(appointment.patient, appointment.start, language)))
        };
        let live = self.known.appointments.iter().filter(|appointment| appointment.is_live() && appointment.start > at);
        let about = |appointment: &Visit| {
            let phone = self.known.patients[appointment.patient].phone.clone();
            (appointment.number, appointment.patient, appointment.start, phone)
        };
        let found: Vec<_> = live.filter(named).map(about).collect();
        // A text that names more than stands names what does not stand.
        if found.len() < message.matches('<').count() { Vec::new() } else { found }
    }

    fn tell(&mut self, telling: Telling) {
        let of_patient = |t: &&Telling| t.patient == telling.patient;
        // Since another start of this appointment was told, or another patient, what was told before counts no longer.
        let of_appointment = self.tellings.iter().filter(|t| t.appointment == telling.appointment);
        let changed = |t: &&Telling| t.start != telling.start || t.patient != telling.patient;
        let other = of_appointment.filter(changed).map(|t| t.at).max();
        let since = other.unwrap_or(DateTime::UNIX_EPOCH);
        // A number that a restored copy has never seen under this patient id cannot be known to be the patient's.
        let chart = self.known.patients[telling.patient].chart.clone();
        let numbers = self.numbers.get(&(telling.patient, chart));
        let known = |t: &&Telling| !t.forgotten || numbers.is_some_and(|numbers| numbers.contains(&t.to));
        let same = self.tellings.iter().filter(of_patient).filter(|t| t.start == telling.start && t.at > since);
        let same = same.filter(|t| !self.went_wrong(t));
        let all: Vec<&Telling> = same.filter(|t| !t.excused).collect();
        let before: Vec<&Telling> = all.iter().copied().filter(known).collect();
        let again = |told: &[&Telling]| told.len() >= 2 || told.iter().any(|t| t.rule == telling.rule && t.rule != 'H');
        // Which rule a household's text stands for is not said in it: it may repeat what went to that number.
        let of_household = telling.rule == 'H' || all.iter().any(|t| t.rule == 'H');
        let may_repeat = of_household && before.len() < all.len();
        let (excused, broken) = (again(&all) || may_repeat, again(&before));
        if broken {
            let name = &self.known.patients[telling.patient].name;
            let what = format!("{name} is told again of the visit at {} ({})", telling.start, telling.rule);
            self.breaks(telling.at, what);
        }
        self.tellings.push(Telling { excused, ..telling });
    }

    /// The desk said after the text that the number is not the patient's.
    fn went_wrong(&self, telling: &Telling) -> bool {
        self.ever_wrong.get(&(telling.patient, telling.to.clone())).is_some_and(|since| *since >= telling.at)
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
