//! Events that happen to the practice, the machine and Annie as time passes.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use tracing::info;

use crate::annie::model::faults::Faults;
use crate::annie::wire::SmsRequest;
use crate::clock::Clock;
use crate::config::feeds::Feed;
use crate::config::values::zones::Zones;
use crate::domain::ids::PatientId;
use crate::domain::operator::Operator;
use crate::domain::phone::Country;
use crate::domain::phone::Phone;
use crate::feeds::importing::{self, How, Job};
use crate::feeds::mapping::Context;
use crate::simulation::auditor::Auditor;
use crate::simulation::crash::Files;
use crate::simulation::stand_in::lock;
use crate::simulation::{Copy, Machine, Simulation, SimulationError};
use crate::store::appointments::opt_outs::{self, Source};
use crate::store::{Connection, in_transaction};

impl Simulation {
    /// Events in the outside world.
    pub(crate) async fn happens(&mut self, mut machine: Machine) -> Result<Machine, SimulationError> {
        let now = self.truth.now();
        for _ in 0..self.rng.usize(0..5) {
            self.practice.change(now, &mut self.rng);
        }
        if self.rng.u16(0..400) == 0 {
            self.desk_opts_out(&mut machine.desk, now)?;
        }
        let hour = self.practice.zone.local(now).hour();
        // Only while there is still time to text the patients concerned, provided that the change is imported
        // immediately.
        if (9..15).contains(&hour) && self.rng.u8(0..8) == 0 {
            let told = lock(&self.shared).auditor.told_and_coming(&self.practice, now);
            let is_new = match self.rng.bool() {
                true => self.practice.give_to_a_newcomer(&told, &mut self.rng),
                false => self.desk_corrects_a_number(&mut machine.desk, &told, now)?,
            };
            if is_new {
                self.import(&mut machine.desk)?;
            }
        }
        if now - self.last_import > TimeDelta::hours(5) && (7..19).contains(&hour) {
            self.import(&mut machine.desk)?;
        }
        if !self.wild {
            return Ok(machine);
        }
        if self.clock.now() != self.truth.now() && self.rng.u8(0..10) < 3 {
            self.set_clock();
        }
        match self.rng.u8(0..100) {
            0..10 => {
                let chance = self.rng.f64();
                let faults = match self.rng.u8(0..4) {
                    0 => Faults::NONE,
                    1 => Faults::all(0.5 * chance),
                    _ => Faults::all(0.1),
                };
                let lag = TimeDelta::seconds(self.rng.i64(0..60));
                let down = self.rng.u8(0..8) == 0;
                self.set_faults(
                    Faults {
                        list_lag: lag,
                        stop: 0.02,
                        refused_numbers: 0.02,
                        odd_rows: 0.02,
                        short_lists: 0.02,
                        ..faults
                    },
                    down,
                );
            }
            10..14 => self.set_clock(),
            14..18 => self.foreign_text(now),
            18..25 => {
                let files = Files::read(&self.database());
                let shared = lock(&self.shared);
                let Auditor { known, known_since, desk, numbers, wrong, .. } = &shared.auditor;
                let copy = Copy {
                    files,
                    known: known.clone(),
                    known_since: *known_since,
                    desk: desk.clone(),
                    numbers: numbers.clone(),
                    wrong: wrong.clone(),
                    told: shared.auditor.told(),
                };
                drop(shared);
                self.copies.push(copy);
            }
            25..27 => return self.pull_the_plug(machine).await,
            _ => {}
        }
        Ok(machine)
    }

    pub(crate) fn set_faults(&mut self, faults: Faults, down: bool) {
        let mut shared = lock(&self.shared);
        info!("=== faults: {faults:?}, down: {down}");
        shared.annie.set_faults(faults);
        shared.down = down;
    }

    /// Someone, or a bad battery, sets the clock wrong; or it is corrected.
    pub(crate) fn set_clock(&mut self) {
        let truth = self.truth.now();
        let wrong = self.clock.now() != truth;
        let off = match self.rng.u8(0..6) {
            _ if wrong => TimeDelta::zero(),
            0 => DateTime::UNIX_EPOCH - truth,
            1 => TimeDelta::days(365),
            2 => TimeDelta::minutes(-self.rng.i64(3..600)),
            3 => TimeDelta::days(-self.rng.i64(1..20)),
            _ => TimeDelta::minutes(self.rng.i64(3..600)),
        };
        self.clock.set(truth + off);
        self.out.clock_steps += 1;
        self.tell(&format!("the clock is off by {} minutes", off.num_minutes()));
    }

    /// Another program of the practice texts a patient.
    pub(crate) fn foreign_text(&mut self, now: DateTime<Utc>) {
        let patient = self.rng.usize(0..self.practice.patients.len());
        let to = self.practice.patients[patient].phone.clone();
        let id = format!("foreign-{}", self.rng.u64(..));
        let request = SmsRequest {
            from_number: "+13035550777".to_owned(),
            to_number: to.clone(),
            message: "Time for a check-up".to_owned(),
            patient_info: None,
            appointment_info: None,
            context: None,
        };
        let mut shared = lock(&self.shared);
        shared.annie.remember(&id, &request, now);
        shared.auditor.others.text(to, now);
    }

    pub(crate) fn desk_opts_out(&mut self, desk: &mut Connection, now: DateTime<Utc>) -> Result<(), SimulationError> {
        let patient = self.rng.usize(0..self.practice.patients.len());
        let number = self.practice.patients[patient].phone.clone();
        let Some(phone) = Phone::from_e164(&number) else { return Ok(()) };
        let at = self.clock.now();
        in_transaction(desk, |tx| opt_outs::add(tx, &phone, Source::Desk, None, at))?;
        lock(&self.shared).auditor.desk.insert(number, now);
        Ok(())
    }

    /// The front desk learns that a number is not the patient's, marks it, and enters the correct one.
    pub(crate) fn desk_corrects_a_number(
        &mut self,
        desk: &mut Connection,
        told: &[usize],
        now: DateTime<Utc>,
    ) -> Result<bool, SimulationError> {
        let Some((patient, wrong)) = self.practice.correct_a_number(told, &mut self.rng) else { return Ok(false) };
        let Some(phone) = Phone::from_e164(&wrong) else { return Ok(false) };
        let chart = PatientId(self.practice.patients[patient].chart.clone());
        let at = self.clock.now();
        in_transaction(desk, |tx| opt_outs::add_wrong(tx, &phone, &[chart], None, at))?;
        let auditor = &mut lock(&self.shared).auditor;
        auditor.ever_wrong.insert((patient, wrong.clone()), now);
        auditor.wrong.insert((patient, wrong), now);
        self.tell("a number is marked as wrong");
        Ok(true)
    }

    /// The front desk imports the export.
    pub(crate) fn import(&mut self, desk: &mut Connection) -> Result<(), SimulationError> {
        let now = self.truth.now();
        let since = now - TimeDelta::days(10);
        let csv = self.practice.export(since);
        let at = self.clock.now();
        let (zone, zones) = (self.practice.zone.clone(), Zones::of_this_machine());
        let today = zone.local(at).date_naive();
        let context = Context { today, zone, country: Country::US, locations: BTreeMap::new(), zones: &zones };
        let how = How { complete: true, force: true, recurring: false };
        let job = Job { feed: &Feed::own(), context: &context, how, by: Operator::default(), now: at };
        importing::import(desk, || Ok(csv.as_bytes()), job, |_| {})
            .map_err(|error| SimulationError::Other(error.to_string()))?;
        lock(&self.shared).auditor.imported(&self.practice, since, now);
        self.last_import = now;
        self.out.imports += 1;
        self.tell("import");
        Ok(())
    }

    /// The machine goes down without warning, at a moment when nothing is in progress.
    pub(crate) async fn pull_the_plug(&mut self, machine: Machine) -> Result<Machine, SimulationError> {
        let left = Files::read(&self.database());
        machine.fuse.disarm();
        drop(machine);
        let files = self.crashed(left, false);
        self.boot(&files).await
    }
}
