//! The auditor: works outside the engine, sees every text that reaches a patient, and checks the promises.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, Utc, Weekday};

use tracing::info;

use crate::annie::model::Broke;
use crate::annie::model::patients::Kind;
use crate::annie::wire::SmsRequest;
use crate::domain::ids::utf16_len;
use crate::domain::language::Language;
use crate::simulation::answers::Answers;
use crate::simulation::others::Others;
use crate::simulation::practice::{FIRST_TEXT_LINE, Practice, Visit};
use crate::wording::dates;
use crate::wording::wordbook::LONGEST;

/// Replies older than this must have been read before a text goes out.
pub(super) const READ_WITHIN: TimeDelta = TimeDelta::hours(1);
/// Leadtime's minimum time between a text and its appointment.
const NO_TEXT_WITHIN: TimeDelta = TimeDelta::hours(2);

/// What one text was about: which rule (`F`, `L`, or `H` for a household), which patient, which start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Telling {
    pub(super) rule: char,
    pub(super) appointment: usize,
    pub(super) patient: usize,
    pub(super) start: DateTime<Utc>,
    pub(super) to: String,
    pub(super) at: DateTime<Utc>,
    /// It repeated an earlier text that Leadtime could not have known about.
    pub(super) excused: bool,
    /// The database was replaced by an older copy, so only Annie's list shows this text, by number.
    pub(super) forgotten: bool,
}

/// The practice's data as last imported into Leadtime.
pub(crate) type Delivered = Practice;

/// The numbers that the database has had for each patient, by the patient id at that time.
pub(crate) type Numbers = HashMap<(usize, String), BTreeSet<String>>;

/// When the front desk marked a number as not the patient's.
pub(crate) type WrongNumbers = HashMap<(usize, String), DateTime<Utc>>;

/// An appointment as the exports have listed it since a point in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) patient: usize,
    pub(super) start: DateTime<Utc>,
    pub(super) id: String,
    pub(super) phone: String,
    pub(super) since: DateTime<Utc>,
}

/// The auditor's state.
#[derive(Debug)]
pub(crate) struct Auditor {
    /// The latest imported export.
    pub(crate) known: Delivered,
    pub(crate) known_since: DateTime<Utc>,
    /// Numbers that the front desk opted out.
    pub(crate) desk: HashMap<String, DateTime<Utc>>,
    /// When a patient replied STOP, by number.
    pub(crate) stops: HashMap<String, DateTime<Utc>>,
    /// What patients answered.
    pub(crate) answers: Answers,
    /// A patient who has confirmed gets no last reminder.
    pub(super) spares_the_confirmed: bool,
    /// Texts from other senders.
    pub(crate) others: Others,
    pub(crate) numbers: Numbers,
    pub(crate) wrong: WrongNumbers,
    /// The same, including the marks that a restored copy has lost.
    pub(crate) ever_wrong: WrongNumbers,
    pub(super) standing: HashMap<usize, Standing>,
    /// Every appointment and start that an export has ever listed with a number. Their texts may have been planned
    /// first.
    pub(super) listed: BTreeSet<(String, DateTime<Utc>, usize)>,
    /// Numbers that have received the line of the first text.
    pub(super) lined: BTreeSet<String>,
    /// Numbers whose household texts named only some of the appointments, with the time of the text.
    pub(super) and_more: Vec<(String, DateTime<Utc>)>,
    pub(super) tellings: Vec<Telling>,
    pub(crate) texts: u64,
    pub(crate) refused: BTreeMap<String, u64>,
    pub(crate) breaks: Vec<String>,
}

impl Auditor {
    pub(crate) fn new(known: Delivered, spares_the_confirmed: bool) -> Auditor {
        Auditor {
            known,
            // Nothing has been imported yet.
            known_since: DateTime::<Utc>::MAX_UTC,
            desk: HashMap::new(),
            stops: HashMap::new(),
            answers: Answers::default(),
            spares_the_confirmed,
            others: Others::default(),
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
        self.answers.imported(&self.known, practice);
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

    /// The import has been planned, so its numbers are known to belong to their patients.
    pub(crate) fn planned(&mut self) {
        for appointment in self.known.appointments.iter().filter(|appointment| appointment.start > self.known_since) {
            let patient = &self.known.patients[appointment.patient];
            let patient_and_id = (appointment.patient, patient.chart.clone());
            self.numbers.entry(patient_and_id).or_default().insert(patient.phone.clone());
        }
        // A patient whose only appointment went to another patient before any text has left no trace in the database.
        let known = &self.known;
        let holders: BTreeSet<usize> = known.appointments.iter().map(|appointment| appointment.patient).collect();
        self.numbers
            .retain(|(patient, chart), _| holders.contains(patient) && known.patients[*patient].chart == *chart);
    }

    /// A patient answers a text.
    pub(crate) fn answered(
        &mut self,
        conversation: &str,
        text: &SmsRequest,
        answer: (Kind, DateTime<Utc>),
        at: DateTime<Utc>,
    ) {
        let about =
            self.read(&text.message, at).into_iter().map(|(n, patient, start, _)| (n, patient, start)).collect();
        self.answers.add((conversation, &text.to_number), answer, about);
    }

    /// A pass ended without a crash.
    pub(crate) fn processed(&mut self, now: DateTime<Utc>) {
        self.answers.processed(&self.known, now);
    }

    /// How many tellings there are so far, for a copy of the database.
    pub(crate) fn told(&self) -> usize {
        self.tellings.len()
    }

    /// Appointments that are still as a text announced them and that start in fourteen hours to five days. If any of
    /// them have had their last text, only those, because no other text would follow for them.
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

    /// The database was replaced by a copy that was made when there were this many tellings.
    pub(crate) fn forget_since(&mut self, told: usize) {
        self.tellings[told..].iter_mut().for_each(|telling| telling.forgotten = true);
    }

    pub(super) fn breaks(&mut self, at: DateTime<Utc>, what: String) {
        let local = self.known.zone.local(at).format("%a %Y-%m-%d %H:%M:%S");
        self.breaks.push(format!("{local}: {what}"));
    }

    /// A text that Annie accepted.
    pub(crate) fn delivered(&mut self, request: &SmsRequest, at: DateTime<Utc>) {
        self.texts += 1;
        let local = self.known.zone.local(at);
        info!("=== {} delivered to {}: {}", local.format("%a %m-%d %H:%M:%S"), request.to_number, request.message);
        let open = |h: u32| NaiveTime::from_hms_opt(h, 0, 0).unwrap_or_default();
        if local.time() < open(9) || local.time() >= open(18) || matches!(local.weekday(), Weekday::Sat | Weekday::Sun)
        {
            self.breaks(at, format!("a text went out outside the sending hours: {}", request.message));
        }
        let to = &request.to_number;
        if self.desk.contains_key(to) {
            self.breaks(at, "a text went to a number that the front desk had opted out".to_owned());
        }
        if self.stops.get(to).is_some_and(|said| *said < at - READ_WITHIN) {
            self.breaks(at, "a text went to a number that had replied STOP".to_owned());
        }
        self.look_for_the_line(request, at);
        let rule = request.message.chars().next().unwrap_or('?');
        if request.message.contains(">+") {
            self.and_more.push((to.clone(), at));
        }
        let told = self.read(&request.message, at);
        if told.is_empty() {
            self.breaks(at, format!("a text matches no known appointment: {}", request.message));
        }
        let first = told.iter().map(|(_, _, start, _)| *start).min();
        let earliest = told.iter().filter(|(_, _, start, _)| Some(*start) == first).map(|(_, patient, ..)| *patient);
        let languages: BTreeSet<_> = earliest.map(|patient| self.known.patients[patient].language.code()).collect();
        let is_in = |language: Language| {
            told.iter().all(|(_, patient, start, _)| request.message.contains(&self.words(*patient, *start, language)))
        };
        let spoken = [Language::English, Language::Spanish].into_iter().filter(|language| is_in(*language));
        if !told.is_empty() && !spoken.map(Language::code).any(|code| languages.contains(code)) {
            self.breaks(at, format!("a text is not in the language of its first appointment: {}", request.message));
        }
        for (appointment, patient, start, phone) in told {
            let name = self.known.patients[patient].name.clone();
            if phone != *to {
                self.breaks(at, format!("a text about {name} went to a number that is not theirs"));
            }
            if self.wrong.get(&(patient, to.clone())).is_some_and(|since| *since < at) {
                self.breaks(at, format!("a text about {name} went to a number that is marked as wrong"));
            }
            let about = (appointment, patient, start);
            if self.answers.ignores_a_wish(&about, at) {
                self.breaks(
                    at,
                    format!(
                        "a text about {name} at {start} went out although the patient asked for a change or to cancel"
                    ),
                );
            }
            if rule == 'L' && self.spares_the_confirmed && self.answers.asks_again(&about, at) {
                self.breaks(at, format!("{name} has confirmed the appointment at {start} and is asked again"));
            }
            if start - at < NO_TEXT_WITHIN {
                self.breaks(at, format!("a text to {name} went out too close to the appointment at {start}"));
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

    /// The first text to a number must carry the line if it has room for it.
    fn look_for_the_line(&mut self, request: &SmsRequest, at: DateTime<Utc>) {
        let units = utf16_len(&request.message);
        if request.message.ends_with(FIRST_TEXT_LINE) {
            self.lined.insert(request.to_number.clone());
        } else if !self.lined.contains(&request.to_number)
            && !self.others.have_texted(&request.to_number)
            && units + 1 + utf16_len(FIRST_TEXT_LINE) <= LONGEST
        {
            self.breaks(at, format!("the first text to a number lacks the first-text line: {}", request.message));
        }
    }

    /// How a text names an appointment.
    fn words(&self, patient: usize, start: DateTime<Utc>, language: Language) -> String {
        let start = self.known.zone.local(start);
        let name = &self.known.patients[patient].name;
        format!("<{name} {} {}>", dates::date(language, start), dates::time(language, start))
    }

    /// The appointments that a text names and that still stand: appointment, patient, start, number.
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
        // A text that names more appointments than still stand names one that does not.
        if found.len() < message.matches('<').count() { Vec::new() } else { found }
    }

    fn tell(&mut self, telling: Telling) {
        let of_patient = |t: &&Telling| t.patient == telling.patient;
        // Once a text announced another start or another patient for this appointment, earlier texts no longer count.
        let of_appointment = self.tellings.iter().filter(|t| t.appointment == telling.appointment);
        let changed = |t: &&Telling| t.start != telling.start || t.patient != telling.patient;
        let other = of_appointment.filter(changed).map(|t| t.at).max();
        let since = other.unwrap_or(DateTime::UNIX_EPOCH);
        // If a restored copy never had this number under this patient id, it cannot know that the number is the
        // patient's.
        let chart = self.known.patients[telling.patient].chart.clone();
        let numbers = self.numbers.get(&(telling.patient, chart));
        let known = |t: &&Telling| !t.forgotten || numbers.is_some_and(|numbers| numbers.contains(&t.to));
        let same = self.tellings.iter().filter(of_patient).filter(|t| t.start == telling.start && t.at > since);
        let same = same.filter(|t| !self.went_wrong(t));
        let all: Vec<&Telling> = same.filter(|t| !t.excused).collect();
        let before: Vec<&Telling> = all.iter().copied().filter(known).collect();
        let again = |told: &[&Telling]| told.len() >= 2 || told.iter().any(|t| t.rule == telling.rule && t.rule != 'H');
        // A household text does not show which rule it is for, so it may repeat what already went to that number.
        let of_household = telling.rule == 'H' || all.iter().any(|t| t.rule == 'H');
        let may_repeat = of_household && before.len() < all.len();
        let (excused, broken) = (again(&all) || may_repeat, again(&before));
        if broken {
            let name = &self.known.patients[telling.patient].name;
            let what = format!("{name} is texted again about the appointment at {} ({})", telling.start, telling.rule);
            self.breaks(telling.at, what);
        }
        self.tellings.push(Telling { excused, ..telling });
    }

    /// After the text, the front desk marked the number as not the patient's.
    fn went_wrong(&self, telling: &Telling) -> bool {
        self.ever_wrong.get(&(telling.patient, telling.to.clone())).is_some_and(|since| *since >= telling.at)
    }

    /// A request that Annie refused under a documented rule. `is_retry`: it is the one retry of a text without a clear
    /// answer.
    pub(crate) fn refused(&mut self, request: &SmsRequest, broke: Broke, is_retry: bool, at: DateTime<Utc>) {
        if is_retry || self.others.unknown_to_us(&request.to_number, at) {
            *self.refused.entry("excused".to_owned()).or_default() += 1;
            return;
        }
        *self.refused.entry(format!("{broke:?}")).or_default() += 1;
        self.breaks(at, format!("Annie refused a text under its documented rules: {broke:?}"));
    }
}
