//! Reads the sections of the file into the configuration.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::Range;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use chrono::{TimeDelta, Weekday};
use toml::de::DeTable;

use crate::config::daily_limits::{self, DailyLimits};
use crate::config::diagnostic::{Diagnostic, Severity, whole_letters};
use crate::config::hours::{self, Open};
use crate::config::settings::{Annie, AppointmentField, Config, OnUnknown, PatientField, Practice};
use crate::config::toml_reader::{Faults, Section, duration, fault, list, one_of, text, text_as, whole_number};
use crate::config::values::line::one_line_text;
use crate::config::values::phone::{e164, phone_number};
use crate::config::values::policy::{no_text_within, outside_hours};
use crate::config::values::schedule;
use crate::config::values::zones::Zones;
use crate::config::{
    alerts, api_key, backup, check, desk, feeds, limits, locations, metrics, outcomes, retention, rules, syntax, words,
};
use crate::domain::appointment::Consent;
use crate::domain::ids::utf16_len;
use crate::domain::language::Language;
use crate::domain::phone::{Country, Phone};
use crate::domain::time_of_day;
use crate::domain::zone::Zone;
use crate::planner::calendar::{Calendar, Hours};
use crate::planner::input::{Household, Mode, Rulebook};
use crate::wording::office::Office;
use crate::wording::wordbook::Wordbook;

const BASE_URL: &str = "https://api.helloannie.com/v1";
pub(crate) const DATABASE: &str = "/var/lib/leadtime/leadtime.db";
const TICK: &str = "*/5 * * * * *";

/// `[sending]`, before it becomes part of the rulebook.
struct Sending {
    mode: Mode,
    open: Open,
    text_days: Option<Vec<Weekday>>,
    defaults: rules::Defaults,
    household: Household,
    max_household: usize,
    unknown_consent: Consent,
    only_to: Option<BTreeSet<Phone>>,
    daily_limits: DailyLimits,
}

/// Reads a file's text; paths in it are relative to `folder`. Returns `None` only with at least one error.
pub(crate) fn read(source: &str, folder: &Path, zones: &Zones) -> (Option<Config>, Vec<Diagnostic>) {
    let (document, syntax) = DeTable::parse_recoverable(source);
    if !syntax.is_empty() {
        let errors =
            syntax.iter().map(|e| Diagnostic::error(whole_letters(source, e.span().unwrap_or(0..0)), e.message()));
        let errors: Vec<Diagnostic> = errors.collect();
        let is_read_on = errors.iter().all(|error| syntax::is_unquoted(&error.message));
        let mut found = syntax::explain(source, errors);
        if is_read_on {
            found.extend(other_errors(document.get_ref(), source, folder, zones, &found));
            found.sort_by_key(|diagnostic| diagnostic.span.start);
        }
        return (None, found);
    }
    let mut diagnostics = Vec::new();
    let config = sections(document.get_ref(), source, folder, zones, &mut diagnostics);
    for diagnostic in &mut diagnostics {
        diagnostic.span = whole_letters(source, diagnostic.span.clone());
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    (config, diagnostics)
}

/// The errors of a document in which only quotes are missing. A value without quotes may count as missing, which is not
/// reported again.
fn other_errors(
    root: &DeTable<'_>,
    source: &str,
    folder: &Path,
    zones: &Zones,
    known: &[Diagnostic],
) -> Vec<Diagnostic> {
    let mut more = Vec::new();
    sections(root, source, folder, zones, &mut more);
    let line_of = |at: usize| source[..at.min(source.len())].matches('\n').count();
    more.retain(|one| {
        let is_known = known.iter().any(|before| line_of(before.span.start) == line_of(one.span.start));
        one.severity == Severity::Error && !is_known && !one.message.contains(" has no `")
    });
    more
}

fn sections(
    root: &DeTable<'_>,
    source: &str,
    folder: &Path,
    zones: &Zones,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Config> {
    const SECTIONS: [&str; 16] = [
        "practice",
        "annie",
        "sending",
        "rule",
        "location",
        "appointment_types",
        "household",
        "database",
        "schedule",
        "feed",
        "backup",
        "retention",
        "alerts",
        "outcomes",
        "metrics",
        "desk",
    ];
    for name in ["rule", "location"] {
        let single = root.get(name).filter(|value| value.get_ref().as_table().is_some());
        if let Some(value) = single {
            let message = format!("write [[{name}]] with double brackets, because there may be several");
            diagnostics.push(Diagnostic::error(value.span(), message));
            // Its contents are checked once its brackets are correct.
            return None;
        }
    }
    let mut top = Section::new("the file", Some(root), 0..0, diagnostics);
    for name in SECTIONS {
        top.raw(name);
    }
    top.finish();
    let section = |name: &'static str, diagnostics: &mut Vec<Diagnostic>| -> (Option<_>, Range<usize>) {
        let Some(value) = root.get(name) else { return (None, 0..0) };
        if value.get_ref().as_table().is_none() {
            diagnostics.push(Diagnostic::error(
                value.span(),
                format!("[{name}] is a section: write [{name}] on its own line"),
            ));
        }
        (value.get_ref().as_table(), value.span())
    };

    let (table, span) = section("practice", diagnostics);
    let practice = read_practice(Section::new("[practice]", table, span, diagnostics), zones);
    let language = practice.as_ref().map_or(Language::English, |practice| practice.language);
    let (table, span) = section("annie", diagnostics);
    let annie = read_annie(Section::new("[annie]", table, span, diagnostics), folder, zones);
    let limits = table.and_then(|table| table.get("limits"));
    let limits = limits::read(limits, diagnostics);
    // Read the rules and try their texts even if other sections have errors, to report many problems at once.
    let office = practice.as_ref().map_or_else(nobody, Practice::office);
    let mut wordbook = Wordbook::new(office, language);
    let (table, span) = section("sending", diagnostics);
    let sending = read_sending(Section::new("[sending]", table, span, diagnostics), language, &mut wordbook);
    let (table, _) = section("appointment_types", diagnostics);
    wordbook.set_types(words::types(table, diagnostics));
    let (table, span) = section("household", diagnostics);
    read_household(Section::new("[household]", table, span, diagnostics), language, &mut wordbook);
    let locations = locations::read(root.get("location"), folder, zones, diagnostics);
    let (table, span) = section("database", diagnostics);
    let mut database = Section::new("[database]", table, span, diagnostics);
    let path = database.optional("path", text).unwrap_or_else(|| DATABASE.to_owned());
    database.finish();
    let (table, span) = section("schedule", diagnostics);
    let mut schedule = Section::new("[schedule]", table, span, diagnostics);
    let tick = schedule.optional("tick", |value| text_as(value, cron)).unwrap_or_else(|| TICK.to_owned());
    let not_reached_at = schedule.optional("not_reached", |value| text_as(value, time_of_day::read));
    schedule.finish();
    let file_text = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))
    };
    let files = feeds::NamedFiles { folder, text: &file_text };
    let feeds = feeds::read(root.get("feed"), zones, files, diagnostics);
    feeds::check_words(root.get("feed"), &feeds, diagnostics);
    let (table, span) = section("backup", diagnostics);
    let backup = backup::read(Section::new("[backup]", table, span, diagnostics), table.is_some(), folder);
    let (table, span) = section("retention", diagnostics);
    let retention = retention::read(Section::new("[retention]", table, span, diagnostics));
    let (table, span) = section("alerts", diagnostics);
    let alerts = alerts::read(Section::new("[alerts]", table, span, diagnostics), folder);
    let (table, span) = section("outcomes", diagnostics);
    let outcomes = outcomes::read(Section::new("[outcomes]", table, span, diagnostics));
    let (table, span) = section("metrics", diagnostics);
    let metrics = metrics::read(Section::new("[metrics]", table, span, diagnostics));
    let (table, span) = section("desk", diagnostics);
    let desk = table.is_some().then(|| desk::read(Section::new("[desk]", table, span, diagnostics), folder)).flatten();
    let rules = rules::read(root.get("rule"), sending.defaults, language, &mut wordbook, diagnostics);

    let (practice, (annie, organization_zone), rules) = (practice?, annie?, rules?);
    let days = sending.open.days.unwrap_or_else(hours::workdays);
    let calendar = Calendar {
        zone: practice.zone.clone(),
        organization_zone: organization_zone.unwrap_or_else(|| practice.zone.clone()),
        hours: sending.open.hours.unwrap_or([Some(Hours { opens: 9 * 60, closes: 18 * 60 }); 7]),
        text_days: sending.text_days.unwrap_or_else(|| days.clone()),
        days,
        holidays: sending.open.holidays.unwrap_or_default(),
    };
    let daily_limits = sending.daily_limits;
    let (locations, calendars, offices) = locations::complete(locations, &practice, &calendar);
    wordbook.set_locations(offices);
    let mut own_numbers = vec![practice.phone.clone(), practice.from_number.clone()];
    own_numbers.extend(locations.values().flat_map(|l| [l.phone.clone(), l.from_number.clone()]));
    let rulebook = Rulebook {
        calendar,
        locations: calendars,
        language: practice.language,
        limits,
        household: sending.household,
        max_household: sending.max_household,
        unknown_consent: sending.unknown_consent,
        rules,
        mode: sending.mode,
        only_to: sending.only_to,
        own_numbers,
    };
    let database = folder.join(path);
    let source = source.to_owned();
    let config = Config {
        practice,
        annie,
        locations,
        rulebook,
        daily_limits,
        wordbook,
        database,
        tick,
        not_reached_at,
        feeds,
        backup,
        retention,
        alerts,
        outcomes,
        metrics,
        desk,
        source,
    };
    check::relations(root, &config, diagnostics);
    Some(config)
}

/// A stand-in office for a file without a valid [practice], so that its texts can be tried anyway.
fn nobody() -> Office {
    Office { zone: Zone::embedded(chrono_tz::UTC), name: "the practice".to_owned(), phone: String::new() }
}

fn read_practice(mut section: Section<'_, '_, '_>, zones: &Zones) -> Option<Practice> {
    let name = section.required("name", "\"Bright Smiles Dental\"", one_line_text);
    let country = section.optional("country", |value| text_as(value, Country::from_str)).unwrap_or(Country::US);
    let phone =
        section.required("phone", "\"+13035550100\"", |value| text_as(value, |number| phone_number(number, country)));
    let from_number = section.required("from_number", "\"+15551234567\"", |value| text_as(value, e164));
    let zone = section.required("timezone", "\"America/Denver\"", |value| text_as(value, |name| zones.load(name)));
    let language = section.optional("language", |value| one_of(value, &Language::CODES)).unwrap_or_default();
    section.finish();
    Some(Practice { name: name?, phone: phone?, from_number: from_number?, zone: zone?, country, language })
}

/// The settings, and the organization's time zone if it differs from the practice's.
fn read_annie(mut section: Section<'_, '_, '_>, folder: &Path, zones: &Zones) -> Option<(Annie, Option<Zone>)> {
    let base_url = section.optional("base_url", |value| text_as(value, base_url));
    let api_key_file = section.optional("api_key_file", |value| text_as(value, |name| api_key::file(name, folder)));
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
    // Stopping waits for requests in progress and must not take longer than 35 s.
    let timeout = section.optional("timeout", |value| duration(value, 1..=30));
    let settle = section.optional("settle", |value| duration(value, 0..=86_400));
    let unknowns = [("retry", OnUnknown::Retry), ("hold", OnUnknown::Hold)];
    let on_unknown = section.optional("on_unknown", |value| one_of(value, &unknowns));
    section.raw("limits");
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
        on_unknown: on_unknown.unwrap_or_default(),
    };
    Some((annie, organization))
}

fn read_sending(mut section: Section<'_, '_, '_>, language: Language, wordbook: &mut Wordbook) -> Sending {
    let modes = [("observe", Mode::Observe), ("live", Mode::Live)];
    let mode = section.optional("mode", |value| one_of(value, &modes)).unwrap_or(Mode::Observe);
    let open = Open::read(&mut section);
    let text_days = section.optional("text_days", hours::days);
    let outside_hours = section.optional("outside_hours", outside_hours).unwrap_or_default();
    let no_text_within = section.optional("no_text_within", no_text_within).unwrap_or(TimeDelta::hours(2));
    let households = [("merge", Household::Merge), ("separate", Household::Separate)];
    let household = section.optional("household", |value| one_of(value, &households)).unwrap_or_default();
    let max_household = section.optional("max_household", |value| whole_number(value, 1..=1000)).unwrap_or(6);
    let consents = [("send", Consent::Yes), ("skip", Consent::No)];
    let unknown_consent = section.optional("unknown_consent", |value| one_of(value, &consents));
    section.optional("first_text_line", |value| {
        let lines = words::per_language(value, language)?;
        if !lines.contains_key(&language) {
            return fault(format!(
                "there is no text in the practice's language; add first_text_line.{} = \"...\"",
                language.code()
            ));
        }
        for (language, line) in lines {
            if line.source.trim().is_empty() || utf16_len(&line.source) > 160 {
                return fault("write a line of 1 to 160 characters, such as \"Reply STOP to opt out.\"");
            }
            wordbook.set_first_text_line(language, &line.source);
        }
        Ok(())
    });
    let daily_limits = daily_limits::read(&mut section);
    let only_to = section.optional("only_to", |value| list(value, |number| text_as(number, e164)));
    section.finish();
    Sending {
        mode,
        open,
        text_days,
        defaults: rules::Defaults { no_text_within, outside_hours },
        household,
        max_household: max_household as usize,
        unknown_consent: unknown_consent.unwrap_or(Consent::Yes),
        only_to: only_to.map(|numbers| numbers.into_iter().collect()),
        daily_limits,
    }
}

/// `[household]`: the text for several appointments with the same phone number.
fn read_household(mut section: Section<'_, '_, '_>, language: Language, wordbook: &mut Wordbook) {
    section.optional("message", |value| {
        let mut faults = Faults::new();
        for (language, written) in words::per_language(value, language)? {
            if let Err(found) = wordbook.set_household(language, &written.source) {
                faults.extend(written.faults(found));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    });
    section.finish();
}

fn cron(text: &str) -> Result<String, String> {
    match schedule::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(why) => Err(format!(
            "`{text}` is not a valid schedule ({why}); write six fields, such as \"{TICK}\" for every 5 seconds"
        )),
    }
}

/// HTTPS, or plain HTTP to this machine itself (45 CFR 164.312(e): patient data must be encrypted in transit).
fn base_url(text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text)
        .map_err(|e| format!("`{text}` is not a web address ({e}); write, for example, \"{BASE_URL}\""))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err("the address must not contain a user name, password, query or fragment".to_owned());
    }
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        "http" => {
            return Err(
                "plain http is allowed only for this machine (127.0.0.1, for the sandbox); use https".to_owned()
            );
        }
        other => return Err(format!("Annie cannot be reached over `{other}`; use https")),
    }
    Ok(text.trim_end_matches('/').to_owned())
}
