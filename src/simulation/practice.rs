//! A made-up practice: patients who share numbers and accounts; appointments that are booked, moved, moved back, given
//! to another patient, cancelled, confirmed and exported under new ids; and the export that the front desk imports.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, Utc, Weekday};

use crate::domain::language::Language;
use crate::domain::zone::Zone;

/// Added to the first text that a number gets.
pub(crate) const FIRST_TEXT_LINE: &str = "Text STOP to get no more texts from the practice.";

/// A patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Patient {
    /// Different from every other patient's name.
    pub(crate) name: String,
    /// The patient id: of the patient, or of an account that two patients share.
    pub(crate) chart: String,
    pub(crate) phone: String,
    pub(crate) language: Language,
    office: &'static str,
    /// The chart was merged into another one, or the number was marked as wrong. Neither happens again, and no
    /// appointment of this patient gets a new id. Otherwise, nothing in an export would show who the patient is.
    is_steady: bool,
}

/// An appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visit {
    pub(crate) number: usize,
    pub(crate) patient: usize,
    pub(crate) start: DateTime<Utc>,
    pub(crate) booked_at: DateTime<Utc>,
    pub(crate) status: &'static str,
    /// How many times it was exported under a new id.
    pub(crate) renamed: u32,
}

impl Visit {
    pub(crate) fn id(&self) -> String {
        format!("v{}-{}", self.number, self.renamed)
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(self.status, "booked" | "confirmed")
    }
}

/// The true state of the practice.
#[derive(Debug, Clone)]
pub(crate) struct Practice {
    pub(crate) zone: Zone,
    pub(crate) patients: Vec<Patient>,
    pub(crate) appointments: Vec<Visit>,
    /// Starts at which a chart once had an appointment and no longer has.
    pub(crate) gone: BTreeSet<(String, DateTime<Utc>)>,
    /// Appointments per day.
    busy: usize,
}

impl Practice {
    pub(crate) fn new(zone: Zone, now: DateTime<Utc>, rng: &mut fastrand::Rng) -> Practice {
        let patients = rng.usize(30..70);
        let numbers = patients * 3 / 4 + 1;
        let patient = |n: usize| Patient {
            name: name(n),
            // Every eighth patient shares the account of the previous one.
            chart: format!("C{}", if n % 8 == 7 { n - 1 } else { n }),
            phone: number(n % numbers),
            language: if n % 4 == 3 { Language::Spanish } else { Language::English },
            office: if n.is_multiple_of(3) { "west" } else { "main" },
            is_steady: false,
        };
        let busy = rng.usize(1..4);
        let mut practice = Practice {
            zone,
            patients: (0..patients).map(patient).collect(),
            appointments: Vec::new(),
            gone: BTreeSet::new(),
            busy,
        };
        for _ in 0..busy * 12 {
            practice.book(now, rng);
        }
        practice
    }

    /// One change happens at the front desk.
    pub(crate) fn change(&mut self, now: DateTime<Utc>, rng: &mut fastrand::Rng) {
        let coming: Vec<usize> = (0..self.appointments.len()).filter(|n| self.appointments[*n].start > now).collect();
        if coming.len() < self.busy * 8 || rng.u8(0..10) < 4 {
            self.book(now, rng);
            return;
        }
        // Many changes come shortly before the appointment, when a text has already announced it.
        let near = |n: &usize| self.appointments[*n].start < now + TimeDelta::days(2);
        let soon: Vec<usize> = coming.iter().copied().filter(near).collect();
        let some = if soon.is_empty() || rng.bool() { &coming } else { &soon };
        let n = some[rng.usize(0..some.len())];
        let start = self.a_start(now, rng);
        let patient = self.appointments[n].patient;
        let other = rng.usize(0..self.patients.len());
        let was = (self.patients[patient].chart.clone(), self.appointments[n].start);
        match rng.u8(0..15) {
            0..3 => {
                self.appointments[n].status = "cancelled";
                self.gone.insert(was);
            }
            3..5 => self.appointments[n].status = "confirmed",
            5 => self.appointments[n].status = "booked",
            6..9 if !self.has(patient, start) => {
                self.appointments[n].start = start;
                self.gone.insert(was);
            }
            9 if !self.patients[patient].is_steady => {
                self.appointments[n].renamed += 1;
                self.gone.insert(was);
            }
            10 => self.patients[patient].phone = number(rng.usize(100..180)),
            11 | 12 if self.patients[other].chart != was.0 && !self.has(other, was.1) => {
                self.appointments[n].patient = other;
                self.gone.insert(was);
            }
            13 if !self.has_a_new_id(patient) && !self.patients[patient].is_steady => {
                let patient = &mut self.patients[patient];
                patient.chart = format!("M{}", patient.chart);
                patient.is_steady = true;
            }
            // A typo in the name, or its correction.
            14 => {
                let name = &mut self.patients[patient].name;
                match name.strip_suffix('e') {
                    Some(right) => *name = right.to_owned(),
                    None => name.push('e'),
                }
            }
            _ => {}
        }
    }

    /// Gives an appointment that a text has announced to a patient who is new to the practice. Whether there was such
    /// an appointment.
    pub(crate) fn give_to_a_newcomer(&mut self, told: &[usize], rng: &mut fastrand::Rng) -> bool {
        let Some(&n) = told.get(rng.usize(0..told.len().max(1))) else { return false };
        let was = self.patients[self.appointments[n].patient].clone();
        let patient = self.patients.len();
        self.patients.push(Patient {
            name: format!("zuz{}", name(patient)),
            chart: format!("N{patient}"),
            phone: number(300 + patient),
            is_steady: true,
            ..was.clone()
        });
        self.appointments[n].patient = patient;
        self.gone.insert((was.chart, self.appointments[n].start));
        true
    }

    /// A patient's number turns out not to be theirs, and the front desk enters another one. Returns the patient and
    /// the wrong number.
    pub(crate) fn correct_a_number(&mut self, told: &[usize], rng: &mut fastrand::Rng) -> Option<(usize, String)> {
        // Prefer patients with no other appointment close by, whose texts could use up the limits, and with no other
        // change.
        let fits = |n: &&usize| {
            let patient = self.appointments[**n].patient;
            let near = self.appointments.iter().filter(|other| {
                other.patient == patient && (other.start - self.appointments[**n].start).abs() < TimeDelta::days(9)
            });
            near.count() == 1 && !self.patients[patient].is_steady && !self.has_a_new_id(patient)
        };
        let alone: Vec<usize> = told.iter().filter(fits).copied().collect();
        let told = if alone.is_empty() { told } else { &alone };
        let n = self.appointments[*told.get(rng.usize(0..told.len().max(1)))?].patient;
        let chart = &self.patients[n].chart;
        let is_shared = self.patients.iter().filter(|patient| patient.chart == *chart).count() > 1;
        if is_shared || self.patients[n].is_steady || self.has_a_new_id(n) {
            return None;
        }
        let patient = &mut self.patients[n];
        patient.is_steady = true;
        // A number that no one else has.
        let wrong = std::mem::replace(&mut patient.phone, number(600 + n));
        Some((n, wrong))
    }

    /// Whether the patient has or had an appointment at this start, including a cancelled one.
    fn has(&self, patient: usize, start: DateTime<Utc>) -> bool {
        self.appointments.iter().any(|v| v.patient == patient && v.start == start)
    }

    fn has_a_new_id(&self, patient: usize) -> bool {
        self.appointments.iter().any(|appointment| appointment.patient == patient && appointment.renamed > 0)
    }

    fn book(&mut self, now: DateTime<Utc>, rng: &mut fastrand::Rng) {
        let patient = rng.usize(0..self.patients.len());
        let start = self.a_start(now, rng);
        // Two patients with one account or one number often come together.
        let relative = (0..self.patients.len()).find(|n| *n != patient && self.are_related(*n, patient));
        let both = relative.filter(|_| rng.bool());
        for patient in [patient].into_iter().chain(both) {
            if !self.has(patient, start) {
                let number = self.appointments.len();
                self.appointments.push(Visit { number, patient, start, booked_at: now, status: "booked", renamed: 0 });
            }
        }
    }

    fn are_related(&self, a: usize, b: usize) -> bool {
        let (a, b) = (&self.patients[a], &self.patients[b]);
        a.chart == b.chart || a.phone == b.phone
    }

    /// A random working hour in the next three weeks.
    fn a_start(&self, now: DateTime<Utc>, rng: &mut fastrand::Rng) -> DateTime<Utc> {
        loop {
            let date = self.zone.local(now + TimeDelta::days(rng.i64(0..21))).date_naive();
            let time = NaiveTime::from_hms_opt(rng.u32(8..17), 15 * rng.u32(0..4), 0).unwrap_or_default();
            let start = self.zone.at(date, time);
            if !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) && start > now {
                return start;
            }
        }
    }

    /// The whole appointment book, as the practice software exports it.
    pub(crate) fn export(&self, since: DateTime<Utc>) -> String {
        let mut csv = "id,patient_id,first_name,phone,starts_at,status,booked_at,language,location\n".to_owned();
        for appointment in self.appointments.iter().filter(|appointment| appointment.start > since) {
            let patient = &self.patients[appointment.patient];
            let start = self.zone.local(appointment.start).to_rfc3339();
            let _ = writeln!(
                csv,
                "{},{},{},{},{start},{},{},{},{}",
                appointment.id(),
                patient.chart,
                patient.name,
                patient.phone,
                appointment.status,
                appointment.booked_at.to_rfc3339(),
                patient.language.code(),
                patient.office,
            );
        }
        // The file covers the weeks up to its last row. Without this row, an appointment that was the last one and is
        // no longer listed could be beyond the end of the file.
        let end = self.zone.local(since + TimeDelta::days(90)).to_rfc3339();
        let _ = writeln!(csv, "end,end,,,{end},cancelled,{},,", since.to_rfc3339());
        csv
    }
}

/// A distinct name. Any two of these differ in at least two letters, and none begins with another.
fn name(n: usize) -> String {
    const SYLLABLES: [&str; 9] = ["bab", "ded", "fif", "gog", "huh", "kik", "lal", "mom", "nun"];
    format!("{}{}", SYLLABLES[n / 9 % 9], SYLLABLES[n % 9])
}

/// A number that libphonenumber considers valid.
fn number(n: usize) -> String {
    format!("+1303555{:04}", 1000 + n)
}

/// Whether a patient who has confirmed gets no last reminder. If nothing goes wrong, every patient must get one.
pub(crate) fn spares_the_confirmed(seed: u64) -> bool {
    !seed.is_multiple_of(5) && seed % 2 == 1
}

/// A practice with the leads of the shipped rules, and with texts that the auditor can read: in two languages, for two
/// offices, and, with every tenth seed, as long as a text may be.
pub(crate) fn config_text(seed: u64) -> String {
    let household = if seed % 2 == 1 { "separate" } else { "merge" };
    let on_unknown = if seed % 7 == 3 { "hold" } else { "retry" };
    // If nothing goes wrong, late bookings get a text too, so that every patient with an appointment must be texted.
    let late = if seed.is_multiple_of(5) { "send" } else { "skip" };
    let days = if seed % 3 == 2 { "days" } else { "business days" };
    let spares = spares_the_confirmed(seed);
    // Reading replies is most of what happens; every fourth practice reads as often as is usual.
    let poll_every = if seed % 4 == 1 { "5 minutes" } else { "30 minutes" };
    let (one, many) = if seed.is_multiple_of(10) { (" x".repeat(215), " x".repeat(90)) } else { Default::default() };
    let about = format!("<{{{{ patient.first_name }}}} {{{{ appointment.date }}}} {{{{ appointment.time }}}}>{one}");
    let each = "{% for a in appointments %}<{% if a.first_name %}{{ a.first_name }}{% endif %} {{ a.date }} {{ a.time }}>{% endfor %}{% if more %}+{% endif %}";
    let family = format!("H {each}{many}");
    format!(
        "[practice]\nname = \"Maple\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\n\
         timezone = \"America/Denver\"\n\
         [annie]\non_unknown = \"{on_unknown}\"\n\
         [sending]\nmode = \"live\"\nhousehold = \"{household}\"\nmax_household = 6\n\
         first_text_line.en = \"{FIRST_TEXT_LINE}\"\nfirst_text_line.es = \"{FIRST_TEXT_LINE}\"\n\
         [[rule]]\nname = \"first\"\nlead = \"3 {days}\"\nat = \"10:00\"\npriority = 1\n\
         message.en = \"F {about}\"\nmessage.es = \"F {about}\"\n\
         [[rule]]\nname = \"last\"\nlead = \"1 {days}\"\nat = \"10:30\"\npriority = 2\nbooked_late = \"{late}\"\nskip_if_confirmed = {spares}\n\
         message.en = \"L {about}\"\nmessage.es = \"L {about}\"\n\
         [household]\nmessage.en = \"{family}\"\nmessage.es = \"{family}\"\n\
         [[location]]\nid = \"main\"\nname = \"Main\"\n\
         [[location]]\nid = \"west\"\nname = \"West\"\n\
         [outcomes]\npoll_every = \"{poll_every}\"\n\
         [database]\npath = \"unused.db\"\n"
    )
}
