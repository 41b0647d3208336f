//! Reads the sections of the file into the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta, Timelike, Weekday};
use toml::de::{DeTable, DeValue};

use super::document::{Faults, Section, Value, duration, fault, list, one_of, text, text_as, whole_number};
use super::problem::Problem;
use super::zones::Zones;
use super::{Annie, AppointmentField, Config, PatientField, Practice, check, rules, schedule};
use crate::domain::lead;
use crate::domain::phone::{self, Country, Phone};
use crate::domain::zone::Zone;
use crate::planner::calendar::{Calendar, Hours};
use crate::planner::facts::{Mode, Rulebook};
use crate::wording::wordbook::Wordbook;

const BASE_URL: &str = "https://api.helloannie.com/v1";
const DATABASE: &str = "/var/lib/leadtime/leadtime.db";
const TICK: &str = "*/5 * * * * *";
const WEEK: TimeDelta = TimeDelta::days(7);

/// `outside_hours` has one policy so far.
const OUTSIDE_HOURS: [(&str, ()); 1] = [("same-day", ())];

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// `[sending]`, before it becomes part of the rulebook.
struct Sending {
    mode: Mode,
    hours: Hours,
    days: Vec<Weekday>,
    holidays: BTreeSet<NaiveDate>,
    no_text_within: TimeDelta,
    only_to: Option<BTreeSet<Phone>>,
}

/// Reads a file's text; paths in it are relative to `folder`. `None` only with at least one error.
pub(super) fn read(source: &str, folder: &Path, zones: &Zones) -> (Option<Config>, Vec<Problem>) {
    let (document, syntax) = DeTable::parse_recoverable(source);
    if !syntax.is_empty() {
        let problems = syntax.iter().map(|e| Problem::error(e.span().unwrap_or(0..0), e.message())).collect();
        return (None, problems);
    }
    let mut problems = Vec::new();
    let config = sections(document.get_ref(), source, folder, zones, &mut problems);
    problems.sort_by_key(|problem| problem.span.start);
    (config, problems)
}

fn sections(
    root: &DeTable<'_>,
    source: &str,
    folder: &Path,
    zones: &Zones,
    problems: &mut Vec<Problem>,
) -> Option<Config> {
    const SECTIONS: [&str; 7] = ["practice", "annie", "sending", "rule", "appointment_types", "database", "schedule"];
    let mut top = Section::new("the file", Some(root), 0..0, problems);
    for name in SECTIONS {
        top.raw(name);
    }
    top.finish();
    let section = |name: &'static str, problems: &mut Vec<Problem>| -> (Option<_>, std::ops::Range<usize>) {
        let Some(value) = root.get(name) else { return (None, 0..0) };
        if value.get_ref().as_table().is_none() {
            problems.push(Problem::error(
                value.span(),
                format!("[{name}] is a section of its own: write [{name}] on a line"),
            ));
        }
        (value.get_ref().as_table(), value.span())
    };

    let (table, span) = section("practice", problems);
    let practice = read_practice(Section::new("[practice]", table, span, problems), zones);
    let (table, span) = section("annie", problems);
    let annie = read_annie(Section::new("[annie]", table, span, problems), folder, zones);
    let (table, span) = section("sending", problems);
    let sending = read_sending(Section::new("[sending]", table, span, problems));
    let (table, _) = section("appointment_types", problems);
    let type_words = read_types(table, problems);
    let (table, span) = section("database", problems);
    let mut database = Section::new("[database]", table, span, problems);
    let path = database.optional("path", text).unwrap_or_else(|| DATABASE.to_owned());
    database.finish();
    let (table, span) = section("schedule", problems);
    let mut schedule = Section::new("[schedule]", table, span, problems);
    let tick = schedule.optional("tick", |value| text_as(value, cron)).unwrap_or_else(|| TICK.to_owned());
    schedule.finish();

    // Rules can be read, and their words tried, before the rest is right: many problems are reported at once.
    let zone = practice.as_ref().map_or_else(|| Zone::embedded(chrono_tz::UTC), |p| p.zone.clone());
    let (name, number) =
        practice.as_ref().map_or(("the practice".to_owned(), String::new()), |p| (p.name.clone(), p.phone.in_words()));
    let mut wordbook = Wordbook::new(zone, &name, &number, type_words);
    let no_text_within = sending.as_ref().map_or(TimeDelta::hours(2), |s| s.no_text_within);
    let rules = rules::read(root.get("rule"), no_text_within, &mut wordbook, problems);

    let (practice, (annie, organization_zone), sending, rules) = (practice?, annie?, sending?, rules?);
    let calendar = Calendar {
        zone: practice.zone.clone(),
        organization_zone: organization_zone.unwrap_or_else(|| practice.zone.clone()),
        hours: sending.hours,
        days: sending.days,
        holidays: sending.holidays,
    };
    let own_numbers = vec![practice.phone.clone(), practice.from_number.clone()];
    let rulebook = Rulebook { calendar, rules, mode: sending.mode, only_to: sending.only_to, own_numbers };
    check::relations(root, &practice, &annie, &rulebook, problems);
    let database = folder.join(path);
    Some(Config { practice, annie, rulebook, wordbook, database, tick, source: source.to_owned() })
}

fn read_practice(mut section: Section<'_, '_, '_>, zones: &Zones) -> Option<Practice> {
    let name = section.required("name", "\"Bright Smiles Dental\"", |value| {
        text_as(value, |name| match crate::domain::text::one_line(name) {
            name if name.is_empty() => Err("the name is empty; texts begin with it".to_owned()),
            name => Ok(name),
        })
    });
    let country = section.optional("country", |value| text_as(value, Country::from_str)).unwrap_or(Country::US);
    let phone = section.required("phone", "\"+13035550100\"", |value| {
        text_as(value, |number| {
            let unreadable =
                || format!("`{number}` is not a phone number; write your office line, such as \"+13035550100\"");
            phone::read(number, country).phone.ok_or_else(unreadable)
        })
    });
    let from_number = section.required("from_number", "\"+15551234567\"", |value| text_as(value, e164));
    let zone = section.required("timezone", "\"America/Denver\"", |value| text_as(value, |name| zones.load(name)));
    section.optional("language", |value| one_of(value, &[("en", ())]));
    section.finish();
    Some(Practice { name: name?, phone: phone?, from_number: from_number?, zone: zone?, country })
}

/// The settings, and the organization's zone where it is not the practice's.
fn read_annie(mut section: Section<'_, '_, '_>, folder: &Path, zones: &Zones) -> Option<(Annie, Option<Zone>)> {
    let base_url = section.optional("base_url", |value| text_as(value, base_url));
    let api_key_file = section.optional("api_key_file", |value| text(value).map(|path| folder.join(path)));
    let organization = section.optional("organization_timezone", |value| text_as(value, |name| zones.load(name)));
    let patient_fields = [
        ("first_name", PatientField::FirstName),
        ("last_name", PatientField::LastName),
        ("date_of_birth", PatientField::DateOfBirth),
        ("patient_id", PatientField::PatientId),
    ];
    let send_patient = section.optional("send_patient", |value| list(value, |field| one_of(field, &patient_fields)));
    let appointment_fields = [
        ("start_time", AppointmentField::StartTime),
        ("end_time", AppointmentField::EndTime),
        ("type", AppointmentField::Type),
        ("description", AppointmentField::Description),
        ("id", AppointmentField::Id),
    ];
    let send_appointment =
        section.optional("send_appointment", |value| list(value, |field| one_of(field, &appointment_fields)));
    let requests_per_minute = section.optional("requests_per_minute", |value| whole_number(value, 1..=1_000_000));
    let concurrency = section.optional("concurrency", |value| whole_number(value, 1..=64));
    // A stop waits for what is under way and must not take longer than 35 s.
    let timeout = section.optional("timeout", |value| duration(value, 1..=30));
    let settle = section.optional("settle", |value| duration(value, 0..=86_400));
    section.finish();
    let annie = Annie {
        base_url: base_url.unwrap_or_else(|| BASE_URL.to_owned()),
        api_key_file,
        send_patient: send_patient.unwrap_or_else(|| vec![PatientField::FirstName, PatientField::PatientId]),
        send_appointment: send_appointment.unwrap_or_else(|| vec![AppointmentField::StartTime, AppointmentField::Id]),
        requests_per_minute: requests_per_minute.unwrap_or(50),
        concurrency: concurrency.unwrap_or(4),
        timeout: timeout.unwrap_or(Duration::from_secs(30)),
        settle: settle.and_then(|d| TimeDelta::from_std(d).ok()).unwrap_or(TimeDelta::minutes(10)),
    };
    Some((annie, organization))
}

fn read_sending(mut section: Section<'_, '_, '_>) -> Option<Sending> {
    let modes = [("observe", Mode::Observe), ("live", Mode::Live)];
    let mode = section.optional("mode", |value| one_of(value, &modes)).unwrap_or(Mode::Observe);
    let hours = section.optional("hours", |value| text_as(value, hours));
    let days = section.optional("days", |value| {
        let days = list(value, |day| one_of(day, &DAYS))?;
        if days.is_empty() { fault("the practice is open on no day; name at least one") } else { Ok(days) }
    });
    let holidays = section.optional("holidays", |value| list(value, holiday));
    section.optional("outside_hours", |value| one_of(value, &OUTSIDE_HOURS));
    let no_text_within = section.optional("no_text_within", no_text_within);
    let only_to = section.optional("only_to", |value| list(value, |number| text_as(number, e164)));
    section.finish();
    Some(Sending {
        mode,
        hours: hours.unwrap_or(Hours { opens: 9 * 60, closes: 18 * 60 }),
        days: days.unwrap_or_else(|| DAYS[..5].iter().map(|(_, day)| *day).collect()),
        holidays: holidays.unwrap_or_default().into_iter().collect(),
        no_text_within: no_text_within.unwrap_or(TimeDelta::hours(2)),
        only_to: only_to.map(|numbers| numbers.into_iter().collect()),
    })
}

fn read_types(table: Option<&DeTable<'_>>, problems: &mut Vec<Problem>) -> BTreeMap<String, String> {
    let mut words = BTreeMap::new();
    for (id, value) in table.into_iter().flat_map(|t| t.iter()) {
        match value.get_ref().as_str() {
            Some(word) if !word.trim().is_empty() => {
                words.insert(id.get_ref().to_string(), crate::domain::text::one_line(word));
            }
            _ => {
                let message = format!(
                    "`{}`: write the word for this kind of visit in quotes, such as \"cleaning\"",
                    id.get_ref()
                );
                problems.push(Problem::error(value.span(), message));
            }
        }
    }
    words
}

/// `no_text_within`: up to a week.
pub(super) fn no_text_within(value: &Value<'_>) -> Result<TimeDelta, Faults> {
    let length = duration(value, 0..=WEEK.num_seconds().unsigned_abs())?;
    TimeDelta::from_std(length).or_else(|_| fault("too long"))
}

/// `outside_hours`, where a rule names it.
pub(super) fn outside_hours(value: &Value<'_>) -> Result<(), Faults> {
    one_of(value, &OUTSIDE_HOURS)
}

fn e164(number: &str) -> Result<Phone, String> {
    Phone::from_e164(number)
        .ok_or_else(|| "this is not a number in international form; write it such as \"+13035550123\"".to_owned())
}

fn hours(range: &str) -> Result<Hours, String> {
    let wrong = || format!("`{range}` are no hours; write opening and closing, such as \"09:00-18:00\"");
    let (opens, closes) = range.split_once('-').ok_or_else(wrong)?;
    let minutes = |text: &str| match text.trim() {
        "24:00" => Some(24 * 60),
        text => lead::time_of_day(text).ok().map(|time| time.num_seconds_from_midnight() / 60),
    };
    let hours = Hours { opens: minutes(opens).ok_or_else(wrong)?, closes: minutes(closes).ok_or_else(wrong)? };
    match hours.opens < hours.closes {
        true => Ok(hours),
        false => Err(format!("`{range}` closes before it opens")),
    }
}

fn holiday(value: &Value<'_>) -> Result<NaiveDate, Faults> {
    let written = match value.get_ref() {
        DeValue::Datetime(date) if date.time.is_none() && date.offset.is_none() => date.to_string(),
        _ => text(value)?,
    };
    let strict = written.len() == 10;
    match NaiveDate::parse_from_str(&written, "%Y-%m-%d").ok().filter(|_| strict) {
        Some(date) => Ok(date),
        None => fault(format!("`{written}` is not a date; write it such as \"2026-12-25\"")),
    }
}

fn cron(text: &str) -> Result<String, String> {
    match schedule::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(why) => {
            Err(format!("`{text}` is not a schedule ({why}); write six fields, such as \"{TICK}\" for every 5 seconds"))
        }
    }
}

/// HTTPS, or plain HTTP to this machine itself (45 CFR 164.312(e): patients' data are encrypted on the way).
fn base_url(text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text)
        .map_err(|e| format!("`{text}` is not an address ({e}); write for example \"{BASE_URL}\""))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err("the address has no user, password, query or fragment".to_owned());
    }
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        "http" => {
            return Err(
                "plain http is for this machine itself only (127.0.0.1, for the sandbox); write https".to_owned()
            );
        }
        other => return Err(format!("`{other}` is not a way to reach Annie; write https")),
    }
    Ok(text.trim_end_matches('/').to_owned())
}
