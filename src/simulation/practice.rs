//! A made-up practice: patients who share numbers, appointments that are booked, moved, moved back, cancelled, confirmed and
//! exported under new ids, and the export the desk brings in.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, Utc, Weekday};

use crate::domain::zone::Zone;

/// A patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Patient {
    /// Also the id, and unlike any other's.
    pub(crate) name: String,
    pub(crate) phone: String,
}

/// An appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visit {
    pub(crate) number: usize,
    pub(crate) patient: usize,
    pub(crate) start: DateTime<Utc>,
    pub(crate) booked_at: DateTime<Utc>,
    pub(crate) status: &'static str,
    /// Exported under another id so many times.
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

/// The practice's own truth.
#[derive(Debug, Clone)]
pub(crate) struct Practice {
    pub(crate) zone: Zone,
    pub(crate) patients: Vec<Patient>,
    pub(crate) appointments: Vec<Visit>,
    /// Appointments a day.
    busy: usize,
}

impl Practice {
    pub(crate) fn new(zone: Zone, now: DateTime<Utc>, rng: &mut fastrand::Rng) -> Practice {
        let patients = rng.usize(30..70);
        let numbers = patients * 3 / 4 + 1;
        let patient = |n: usize| Patient { name: format!("P{n}"), phone: number(n % numbers) };
        let busy = rng.usize(1..4);
        let mut practice =
            Practice { zone, patients: (0..patients).map(patient).collect(), appointments: Vec::new(), busy };
        for _ in 0..busy * 12 {
            practice.book(now, rng);
        }
        practice
    }

    /// One thing happens at the desk.
    pub(crate) fn change(&mut self, now: DateTime<Utc>, rng: &mut fastrand::Rng) {
        let coming: Vec<usize> = (0..self.appointments.len()).filter(|n| self.appointments[*n].start > now).collect();
        if coming.len() < self.busy * 8 || rng.u8(0..10) < 4 {
            self.book(now, rng);
            return;
        }
        let n = coming[rng.usize(0..coming.len())];
        let start = self.a_start(now, rng);
        let patient = self.appointments[n].patient;
        let taken = |appointments: &[Visit]| {
            appointments.iter().any(|v| v.patient == patient && v.start == start && v.is_live())
        };
        let is_free = !taken(&self.appointments);
        let appointment = &mut self.appointments[n];
        match rng.u8(0..12) {
            0..3 => appointment.status = "cancelled",
            3..5 => appointment.status = "confirmed",
            5 => appointment.status = "booked",
            6..9 if is_free => appointment.start = start,
            9 => appointment.renamed += 1,
            10 => {
                let phone = number(rng.usize(100..180));
                self.patients[patient].phone = phone;
            }
            _ => {}
        }
    }

    fn book(&mut self, now: DateTime<Utc>, rng: &mut fastrand::Rng) {
        let patient = rng.usize(0..self.patients.len());
        let start = self.a_start(now, rng);
        if self.appointments.iter().any(|v| v.patient == patient && v.start == start) {
            return;
        }
        let number = self.appointments.len();
        self.appointments.push(Visit { number, patient, start, booked_at: now, status: "booked", renamed: 0 });
    }

    /// Some working hour of the coming three weeks.
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

    /// The whole book as the practice's program exports it.
    pub(crate) fn export(&self, since: DateTime<Utc>) -> String {
        let mut csv = "id,patient_id,first_name,phone,starts_at,status,booked_at\n".to_owned();
        for appointment in self.appointments.iter().filter(|appointment| appointment.start > since) {
            let patient = &self.patients[appointment.patient];
            let start = self.zone.local(appointment.start).to_rfc3339();
            let _ = writeln!(
                csv,
                "{},{},{},{},{start},{},{}",
                appointment.id(),
                patient.name,
                patient.name,
                patient.phone,
                appointment.status,
                appointment.booked_at.to_rfc3339()
            );
        }
        csv
    }
}

/// A number libphonenumber takes for valid.
fn number(n: usize) -> String {
    format!("+1303555{:04}", 1000 + n)
}

/// A practice with the shipped rules' leads, and texts that an auditor can read.
pub(crate) fn config_text(seed: u64) -> String {
    let household = if seed % 2 == 1 { "separate" } else { "merge" };
    let on_unknown = if seed % 7 == 3 { "hold" } else { "retry" };
    let days = if seed % 3 == 2 { "days" } else { "business days" };
    let about = "<{{ patient.first_name }} {{ appointment.date }} {{ appointment.time }}>";
    format!(
        "[practice]\nname = \"Maple\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\n\
         timezone = \"America/Denver\"\n\
         [annie]\non_unknown = \"{on_unknown}\"\n\
         [sending]\nmode = \"live\"\nhousehold = \"{household}\"\nmax_household = 6\n\
         [[rule]]\nname = \"first\"\nlead = \"3 {days}\"\nat = \"10:00\"\npriority = 1\nmessage = \"F {about}\"\n\
         [[rule]]\nname = \"last\"\nlead = \"1 {days}\"\nat = \"10:30\"\npriority = 2\nmessage = \"L {about}\"\n\
         [household]\nmessage = \"H {{% for a in appointments %}}<{{% if a.first_name %}}{{{{ a.first_name }}}}{{% endif %}} {{{{ a.date }}}} {{{{ a.time }}}}>{{% endfor %}}\"\n\
         [database]\npath = \"unused.db\"\n"
    )
}
