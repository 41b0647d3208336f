//! Compares the mapping of an export with the expected records.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use leadtime::config::diagnostic::Diagnostic;
use leadtime::config::feeds::{self, Feed};
use leadtime::config::values::zones::Zones;
use leadtime::domain::phone::{self, Country};
use leadtime::feeds::mapping::{Context, MappedRow, MappingError, Outcome, Report, Survey, map_file};
use serde_json::Value;
use toml::de::DeTable;

/// The day on which the exports are read, which is before most of their appointments.
pub(crate) fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 1).unwrap()
}

pub(crate) fn feed_of(block: &str, zones: &Zones) -> Result<Feed, Vec<Diagnostic>> {
    let document = DeTable::parse(block).unwrap_or_else(|error| panic!("not TOML: {error}\n{block}"));
    let mut problems = Vec::new();
    let none = |path: &str| Err(format!("no file {path}"));
    let mut found = feeds::read(
        document.get_ref().get("feed"),
        zones,
        feeds::NamedFiles { folder: Path::new("."), text: &none },
        &mut problems,
    );
    if problems.is_empty() { Ok(found.remove(0)) } else { Err(problems) }
}

pub(crate) fn context(zones: &Zones) -> Context<'_> {
    Context {
        today: today(),
        zone: zones.load("America/Denver").unwrap(),
        country: Country::US,
        locations: BTreeMap::new(),
        zones,
    }
}

pub(crate) type Mapped = (Survey, Report, Vec<MappedRow>);

pub(crate) fn map(bytes: &[u8], feed: &Feed, zones: &Zones) -> Result<Mapped, MappingError> {
    let mut rows = Vec::new();
    let (survey, report) = map_file(
        || Ok(bytes),
        feed,
        &context(zones),
        |row| {
            rows.push(row);
            Ok::<(), MappingError>(())
        },
    )?;
    Ok((survey, report, rows))
}

/// The expected values of one record.
#[derive(Debug, Clone)]
pub(crate) struct Truth(pub(crate) Value);

impl Truth {
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(Value::as_str)
    }

    pub(crate) fn row(&self) -> u64 {
        self.0["row"].as_u64().unwrap()
    }

    /// Whether the row must be imported: it is valid, and its appointment is scheduled or confirmed.
    pub(crate) fn must_come_in(&self) -> bool {
        self.0["ok"] == Value::Bool(true) && matches!(self.text("status"), None | Some("scheduled" | "confirmed"))
    }

    pub(crate) fn name(&self) -> String {
        let part = |key| self.text(key).unwrap_or_default();
        format!("{} {}", part("first"), part("last")).trim().to_owned()
    }
}

pub(crate) fn truths(path: &Path) -> BTreeMap<String, Vec<Truth>> {
    let mut found: BTreeMap<String, Vec<Truth>> = BTreeMap::new();
    for line in fs::read_to_string(path).unwrap().lines().filter(|line| !line.trim().is_empty()) {
        let value: Value = serde_json::from_str(line).unwrap();
        found.entry(value["file"].as_str().unwrap().to_owned()).or_default().push(Truth(value));
    }
    found
}

/// The result of reading one file.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) must: usize,
    pub(crate) came: usize,
    pub(crate) wrong: Vec<String>,
    pub(crate) missing: Vec<String>,
}

fn digits_lost(truth: &Truth) -> bool {
    truth.text("why").is_some_and(|why| why.contains("digits"))
}

/// Compares row by row. `with_id` says that the file has a column of appointment ids.
pub(crate) fn judge(truths: &[Truth], rows: &[MappedRow], with_id: bool) -> Verdict {
    let mut verdict = Verdict::default();
    let by_record: BTreeMap<u64, &Truth> = truths.iter().map(|truth| (truth.row(), truth)).collect();
    for truth in truths {
        verdict.must += usize::from(truth.must_come_in());
    }
    let mut seen = BTreeMap::new();
    for row in rows {
        let Some(truth) = by_record.get(&row.record) else {
            if let Outcome::Appointment(found) = &row.outcome {
                verdict.wrong.push(format!(
                    "line {}: no expected record for the appointment at {:?}",
                    row.line, found.starts_at
                ));
            }
            continue;
        };
        let text = format!("record {} line {}", row.record, row.line);
        match &row.outcome {
            Outcome::Appointment(found) => {
                let mut faults = Vec::new();
                let ok = truth.0["ok"] == Value::Bool(true) || digits_lost(truth);
                if !ok {
                    faults.push(format!("should be refused: {:?}", truth.text("why")));
                }
                let local = found.local_start.format("%Y-%m-%dT%H:%M").to_string();
                let zone = Zones::of_this_machine().load("America/Denver").unwrap();
                let at = truth.text("appt_local").map(|t| zone.instant(format!("{t}:00").parse().unwrap()));
                if truth.text("appt_local") != Some(&local) || at != Some(found.starts_at.to_utc()) {
                    faults.push(format!("start {local} instead of {:?}", truth.text("appt_local")));
                }
                let part = |p: &Option<String>| p.clone().unwrap_or_default();
                let name = format!("{} {}", part(&found.first_name.0), part(&found.last_name.0)).trim().to_owned();
                if name != truth.name() {
                    faults.push(format!("name {name:?} instead of {:?}", truth.name()));
                }
                let phone = found.phone.0.as_deref().map(|p| phone::read(p, Country::US));
                let phone = phone.filter(|p| p.valid && p.textable && !p.refusal).and_then(|p| p.phone);
                if phone.as_ref().map(|p| p.dial()) != truth.text("mobile") {
                    faults.push(format!(
                        "phone {:?} instead of {:?}",
                        phone.map(|p| p.dial().to_owned()),
                        truth.text("mobile")
                    ));
                }
                let status = match truth.text("status") {
                    None | Some("scheduled") => "booked",
                    Some("broken") => "cancelled",
                    Some("no_show") => "no-show",
                    Some(other) => other,
                };
                // "Broken" means a no-show in some systems and a late cancellation in others. Neither gets a reminder.
                let over = |status: &str| matches!(status, "cancelled" | "no-show");
                if found.status.name() != status && !(over(found.status.name()) && over(status)) {
                    faults.push(format!("status {} instead of {status}", found.status.name()));
                }
                if with_id && truth.text("external_id") != Some(&found.id) {
                    faults.push(format!("id {} instead of {:?}", found.id, truth.text("external_id")));
                }
                if let (Some(born), Some(found)) = (truth.text("dob"), found.date_of_birth.0.as_deref())
                    && born != found
                {
                    faults.push(format!("born {found} instead of {born}"));
                }
                if let (Some(minutes), Some(end)) = (truth.0["minutes"].as_i64(), found.ends_at)
                    && (end - found.starts_at).num_minutes() != minutes
                {
                    faults.push(format!("{} minutes instead of {minutes}", (end - found.starts_at).num_minutes()));
                }
                if let (Some(language), Some(found)) = (truth.text("language"), found.language.as_deref())
                    && language != found
                {
                    faults.push(format!("language {found} instead of {language}"));
                }
                if truth.0["text_ok"] == Value::Bool(false)
                    && found.consent != Some(leadtime::domain::appointment::Consent::No)
                {
                    faults.push("the patient did not consent to texts".to_owned());
                }
                if faults.is_empty() {
                    seen.insert(row.record, ());
                } else {
                    verdict.wrong.push(format!("{text}: {}", faults.join(", ")));
                }
            }
            Outcome::Cancelled { .. } if truth.must_come_in() => verdict.wrong.push(format!("{text}: cancelled")),
            Outcome::Ignored { .. } | Outcome::Elsewhere if truth.must_come_in() => {
                verdict.wrong.push(format!("{text}: ignored"));
            }
            Outcome::Refused { reason, .. } if truth.must_come_in() => {
                verdict.missing.push(format!("{text}: {reason}"))
            }
            _ => {}
        }
    }
    verdict.came = truths.iter().filter(|truth| truth.must_come_in() && seen.contains_key(&truth.row())).count();
    verdict
}

pub(crate) fn exports() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/practice-exports"))
}
