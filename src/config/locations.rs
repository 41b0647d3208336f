//! Reads the `[[location]]` sections: offices with their own number, time zone or hours.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::api_key;
use crate::config::diagnostic::Diagnostic;
use crate::config::hours::Open;
use crate::config::settings::{KEY_NAME, Location, Practice};
use crate::config::toml_reader::{Section, Value, fault, text, text_as};
use crate::config::values::line::one_line_text;
use crate::config::values::phone::{e164, phone_number};
use crate::config::values::zones::Zones;
use crate::domain::phone::Phone;
use crate::domain::zone::Zone;
use crate::planner::calendar::Calendar;
use crate::wording::office::Office;

/// One section as written.
pub(crate) struct Written {
    pub(crate) id: String,
    name: Option<String>,
    phone: Option<Phone>,
    from_number: Option<Phone>,
    zone: Option<Zone>,
    organization_zone: Option<Zone>,
    open: Open,
    api_key_file: Option<PathBuf>,
}

/// Reads all locations.
pub(crate) fn read(
    value: Option<&Value<'_>>,
    folder: &Path,
    zones: &Zones,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Written> {
    let Some(value) = value else { return Vec::new() };
    let Some(array) = value.get_ref().as_array() else {
        diagnostics.push(Diagnostic::error(value.span(), "write a [[location]] section for each office"));
        return Vec::new();
    };
    let mut all: Vec<Written> = Vec::new();
    for element in array.iter() {
        let section = Section::new("[[location]]", element.get_ref().as_table(), element.span(), diagnostics);
        if let Some(location) = read_one(section, &all, folder, zones) {
            all.push(location);
        }
    }
    all
}

fn read_one(mut section: Section<'_, '_, '_>, before: &[Written], folder: &Path, zones: &Zones) -> Option<Written> {
    let id = section.required("id", "\"downtown\"", |value| match text(value)?.trim() {
        "" => fault("the id is empty; write the id your practice software uses for this office"),
        id => Ok(id.to_owned()),
    });
    if id.as_deref() == Some(KEY_NAME) {
        section.error("id", format!("`{}` stands for the practice itself; give this office another id", KEY_NAME));
    }
    if let Some(twice) = id.as_ref().filter(|id| before.iter().any(|other| other.id == **id)) {
        section.error("id", format!("another location already has the id `{twice}`; give this one its own id"));
    }
    let zone = |value: &Value<'_>| text_as(value, |name| zones.load(name));
    let written = Written {
        name: section.optional("name", one_line_text),
        phone: section.optional("phone", |value| {
            text_as(value, |number| phone_number(number, crate::domain::phone::Country::US))
        }),
        from_number: section.optional("from_number", |value| text_as(value, e164)),
        zone: section.optional("timezone", zone),
        organization_zone: section.optional("organization_timezone", zone),
        open: Open::read(&mut section),
        api_key_file: section.optional("api_key_file", |value| text_as(value, |name| api_key::file(name, folder))),
        id: id.clone().unwrap_or_default(),
    };
    section.finish();
    id.map(|_| written)
}

/// Fills in what a location leaves out from the practice and its calendar.
pub(crate) fn complete(
    written: Vec<Written>,
    practice: &Practice,
    calendar: &Calendar,
) -> (BTreeMap<String, Location>, BTreeMap<String, Calendar>, BTreeMap<String, Office>) {
    let (mut locations, mut calendars, mut offices) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for location in written {
        let zone = location.zone.unwrap_or_else(|| practice.zone.clone());
        let phone = location.phone.unwrap_or_else(|| practice.phone.clone());
        let own = Calendar {
            zone: zone.clone(),
            organization_zone: location.organization_zone.unwrap_or_else(|| calendar.organization_zone.clone()),
            hours: location.open.hours.unwrap_or(calendar.hours),
            // A location's own days are also its days for texts.
            text_days: location.open.days.clone().unwrap_or_else(|| calendar.text_days.clone()),
            days: location.open.days.unwrap_or_else(|| calendar.days.clone()),
            holidays: location.open.holidays.unwrap_or_else(|| calendar.holidays.clone()),
        };
        let name = location.name.unwrap_or_else(|| practice.name.clone());
        offices.insert(location.id.clone(), Office { zone, name, phone: phone.national() });
        calendars.insert(location.id.clone(), own);
        let from_number = location.from_number.unwrap_or_else(|| practice.from_number.clone());
        locations.insert(location.id, Location { phone, from_number, api_key_file: location.api_key_file });
    }
    (locations, calendars, offices)
}
