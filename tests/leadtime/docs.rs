//! Checks what docs/ says about the configuration against the program: keys, defaults, values, examples, the schema.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use leadtime::config;
use leadtime::wording::wordbook::DEFAULT_CONTEXT;
use serde_json::Value;

use crate::program::Practice;

/// A key that no section has and that resembles no real key.
const UNKNOWN: &str = "qqqqqqqq";
/// Sections that may appear more than once.
const LISTS: [&str; 3] = ["rule", "location", "feed"];
/// Completes a fragment to a full configuration.
const PRACTICE: &str = "[practice]\nname = \"Bright Smiles Dental\"\nphone = \"+13035550100\"\n\
                        from_number = \"+15551234567\"\ntimezone = \"America/Denver\"\n";
const RULE: &str = "[[rule]]\nname = \"first-reminder\"\nlead = \"3 business days\"\nat = \"10:00\"\n";

const FEED: &str = "name = \"desk\"\nkind = \"file\"\n\
                    columns = { id = \"Appt\", starts_at = \"Start\", name = \"Patient\", status = \"Status\" }\n";
const DATABASE_FEED: &str = "name = \"desk\"\nkind = \"database\"\n\
                             url = \"mysql://leadtime@127.0.0.1/opendental\"\npreset = \"open-dental\"\n";
const FHIR_FEED: &str = "name = \"ehr\"\nkind = \"fhir\"\nurl = \"https://ehr.example.com/fhir\"\n";
const HL7_FEED: &str = "name = \"engine\"\nkind = \"hl7\"\nlisten = \"127.0.0.1:2575\"\n";
/// Keys that a feed of delimited text does not have, each with a feed that has it.
const KEYS_OF_OTHERS: [(&[&str], &str); 4] = [
    (&["url", "password_file", "ca_file", "query_file", "every", "ahead", "timeout"], DATABASE_FEED),
    (&["auth", "statuses", "search", "write_back"], FHIR_FEED),
    (&["user", "client_id", "key_id", "token_url", "scope"], FHIR_FEED),
    (&["listen", "allow_from", "certificate", "key"], HL7_FEED),
];

/// The line another key needs before this key has an effect.
fn companion(section: &str, key: &str) -> &'static str {
    match (section, key) {
        ("feed", "user") => "auth = \"basic\"\n",
        ("feed", "client_id") => "auth = \"smart\"\n",
        ("feed", "key_id" | "token_url" | "scope") => "auth = \"smart\"\nclient_id = \"leadtime\"\n",
        ("feed", "certificate") => "key = \"mllp.key\"\n",
        ("feed", "key") => "certificate = \"mllp.pem\"\n",
        ("desk", "certificate") => "key = \"desk-key.pem\"\n",
        ("desk", "key") => "certificate = \"desk-certificate.pem\"\n",
        ("desk", "behind_proxy") => "hosts = [\"desk.example.com\"]\n",
        ("desk", "group") => {
            "listen = \"unix:/run/leadtime/desk.sock\"\nbehind_proxy = true\nhosts = [\"desk.example.com\"]\n"
        }
        ("alerts", "heartbeat_every") => "heartbeat_url = \"https://alive.example.com/1\"\n",
        ("alerts", "repeat_after") => "mail = \"frontdesk@example.com\"\n",
        ("backup", "at" | "keep") => "folder = \"copies\"\n",
        ("outcomes", "send_words") => "command = [\"/usr/local/bin/outcome\"]\n",
        ("feed", "every" | "ahead" | "timeout") => "url = \"mysql://leadtime@127.0.0.1/opendental\"\n",
        _ => "",
    }
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// README.md and every page of docs/, with their paths.
pub(crate) fn pages() -> Vec<(String, String)> {
    let mut names = vec!["README.md".to_owned()];
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        names.extend(name.ends_with(".md").then(|| format!("docs/{name}")));
    }
    names.sort();
    assert!(names.len() >= 7, "{names:?}");
    names.into_iter().map(|name| (name.clone(), read(&name))).collect()
}

/// The fenced blocks of a page: the info string, the line, the text.
pub(crate) fn blocks(page: &str) -> Vec<(String, usize, String)> {
    let (mut found, mut open): (Vec<_>, Option<(String, usize, usize, String)>) = (Vec::new(), None);
    for (number, line) in page.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(kind)) => open = Some((kind.to_owned(), number + 1, indent, String::new())),
            (Some(_), Some(_)) => {
                let (kind, at, _, text) = open.take().unwrap();
                found.push((kind, at, text));
            }
            (Some((_, _, indent, text)), None) => {
                text.push_str(line.get(*indent..).unwrap_or_default());
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is never closed");
    found
}

/// The rows of the first table after a heading, as cells, without the header.
pub(crate) fn table(page: &str, heading: &str) -> Vec<Vec<String>> {
    let lines = page.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.starts_with('#'));
    let rows = lines.skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.skip(2).map(cells).collect()
}

pub(crate) fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_matches('|').replace("\\|", "\u{1}");
    row.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect()
}

/// The texts in backquotes.
pub(crate) fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn diagnostics(document: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    std::fs::write(&file, document).unwrap();
    for name in document.lines().filter_map(|line| line.strip_prefix("query_file = \"")?.split('"').next()) {
        std::fs::write(folder.path().join(name), "SELECT 1 WHERE :today < :until").unwrap();
    }
    match config::load(&file) {
        Ok((_, report)) | Err(config::ConfigError::Wrong(report)) => {
            report.diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect()
        }
        Err(error) => panic!("{error}"),
    }
}

/// The keys the program accepts in this place, taken from its own error message: sections, keys, days, languages.
fn accepted(document: &str) -> Option<BTreeSet<String>> {
    let all = diagnostics(document);
    let found = all.iter().find_map(|message| message.split_once(&format!("has no key `{UNKNOWN}`; valid keys: ")))?;
    Some(found.1.split(", ").map(str::to_owned).collect())
}

/// The header of a section: `[sending]` or `[[rule]]` or `[annie.limits]`.
fn header(section: &str) -> String {
    if LISTS.contains(&section) { format!("[[{section}]]") } else { format!("[{section}]") }
}

/// Every section the program reads and the keys it accepts there, taken from the program itself. An empty set means that
/// the practice chooses the keys of that section.
fn accepted_keys() -> BTreeMap<String, BTreeSet<String>> {
    let mut sections = BTreeMap::new();
    let mut open: Vec<String> = accepted(&format!("[{UNKNOWN}]")).unwrap().into_iter().collect();
    while let Some(section) = open.pop() {
        let Some(mut keys) = accepted(&format!("{}\n{UNKNOWN} = 1\n", header(&section))) else {
            if !section.contains('.') {
                sections.insert(section, BTreeSet::new());
            }
            continue;
        };
        if section == "feed" {
            let of_files = keys.clone();
            for kind in [DATABASE_FEED, FHIR_FEED, HL7_FEED, "kind = \"ical\"\nurl = \"https://example.com/a.ics\"\n"] {
                for auth in ["", "auth = \"basic\"\n", "auth = \"smart\"\n"] {
                    keys.extend(accepted(&format!("[[feed]]\n{kind}{auth}{UNKNOWN} = 1\n")).into_iter().flatten());
                }
            }
            let of_others = KEYS_OF_OTHERS.iter().flat_map(|(keys, _)| *keys).map(|key| (*key).to_owned());
            assert_eq!(keys.difference(&of_files).cloned().collect::<BTreeSet<_>>(), of_others.collect());
        }
        if !LISTS.contains(&section.as_str()) {
            open.extend(keys.iter().map(|key| format!("{section}.{key}")));
        }
        sections.insert(section, keys);
    }
    assert!(sections.len() >= 10 && sections.contains_key("annie.limits"), "{sections:?}");
    sections
}

fn schema() -> Value {
    serde_json::from_str(&read("docs/config.schema.json")).unwrap()
}

/// The schema of a section.
fn part<'s>(schema: &'s Value, section: &str) -> &'s Value {
    let found = section.split('.').fold(schema, |at, name| {
        let at = &at["properties"][name];
        if at["items"].is_object() { &at["items"] } else { at }
    });
    assert!(found.is_object(), "the schema has no [{section}]");
    found
}

/// The schema of a key, with references resolved.
fn resolved<'s>(schema: &'s Value, key: &'s Value) -> &'s Value {
    match key["$ref"].as_str() {
        Some(reference) => schema.pointer(reference.trim_start_matches('#')).unwrap(),
        None => key,
    }
}

/// Every key in the schema that is not a section: section, key, schema of the key.
fn schema_keys(schema: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (section, keys) in accepted_keys() {
        let properties = part(schema, &section)["properties"].as_object().cloned().unwrap_or_default();
        let leaves = properties.into_iter().filter(|(_, key)| key["properties"].is_null());
        all.extend(leaves.map(|(name, key)| (section.clone(), name, key)));
        assert!(!keys.is_empty() || section == "appointment_types", "{section}");
    }
    all
}

/// A valid configuration with one more line in this section.
fn with(section: &str, line: &str) -> String {
    let (practice, rule) = (format!("{PRACTICE}language = \"en\"\n"), RULE);
    match section {
        "practice" => {
            let key = line.split(['=', '.', ' ']).next().unwrap();
            let others = practice.lines().filter(|other| !other.starts_with(&format!("{key} ")));
            format!("{}\n{line}\n{rule}", others.collect::<Vec<_>>().join("\n"))
        }
        "rule" => {
            let key = line.split(['=', '.', ' ']).next().unwrap();
            let others = rule.lines().filter(|other| !other.starts_with(&format!("{key} ")));
            format!("{PRACTICE}{}\n{line}\n", others.collect::<Vec<_>>().join("\n"))
        }
        "feed" => {
            let key = line.split(['=', '.', ' ']).next().unwrap();
            let feed = KEYS_OF_OTHERS.iter().find(|(keys, _)| keys.contains(&key)).map_or(FEED, |(_, feed)| *feed);
            let others = feed.lines().filter(|other| !other.starts_with(&format!("{key} ")));
            format!("{PRACTICE}{rule}[[feed]]\n{}\n{line}\n", others.collect::<Vec<_>>().join("\n"))
        }
        "location" => format!("{PRACTICE}{rule}[[location]]\nid = \"north\"\n{line}\n"),
        _ => format!("{PRACTICE}{rule}{}\n{line}\n", header(section)),
    }
}

fn parse_toml(text: &str) -> Value {
    toml::from_str(text).unwrap()
}

#[test]
fn the_schema_has_the_keys_that_the_program_accepts() {
    let schema = schema();
    assert!(jsonschema::meta::is_valid(&schema));
    let top = schema["properties"].as_object().unwrap();
    let sections = accepted_keys();
    let top_sections: Vec<&String> = sections.keys().filter(|name| !name.contains('.')).collect();
    assert_eq!(top.keys().collect::<BTreeSet<_>>(), top_sections.into_iter().collect());
    for (section, keys) in sections.iter().filter(|(_, keys)| !keys.is_empty()) {
        let part = part(&schema, section);
        let written: BTreeSet<String> = part["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(&written, keys, "[{section}]");
        assert_eq!(part["additionalProperties"], false, "[{section}]");
        for (key, of) in part["properties"].as_object().unwrap() {
            assert!(of["description"].as_str().is_some_and(|d| d.len() > 8), "[{section}] {key} is not described");
        }
    }
    let kind = accepted(&format!("[appointment_types]\na = {{ name = \"crown\", {UNKNOWN} = 1 }}\n")).unwrap();
    let written = schema["$defs"]["kind_of_visit"]["properties"].as_object().unwrap();
    assert_eq!(written.keys().cloned().collect::<BTreeSet<_>>(), kind);
}

#[test]
fn the_schema_has_the_programs_defaults() {
    // The whole configuration, except the source text, and the wordbook, which prints in random order.
    let read = |document: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), document).unwrap();
        let (config, _) = config::load(&folder.path().join("config.toml")).unwrap();
        let all = format!("{config:?}");
        let (rules, rest) = all.split_once(", wordbook: ").unwrap();
        let rest = &rest[rest.rfind(", database: ").unwrap()..rest.rfind(", source: ").unwrap()];
        format!("{rules}{rest}").replace(&folder.path().display().to_string(), "")
    };
    let mut tried = 0;
    for (section, name, key) in schema_keys(&schema()) {
        let Some(default) = key.get("default") else { continue };
        let needed = companion(&section, &name);
        let document = with(&section, &format!("{needed}{name} = {default}"));
        assert!(
            read(&document) == read(&with(&section, needed)),
            "[{section}] {name} = {default} is not the value used without it"
        );
        tried += 1;
    }
    assert!(tried >= 30, "only {tried} defaults");
    assert_eq!(part(&schema(), "rule")["properties"]["context"]["default"], DEFAULT_CONTEXT);
}

#[test]
fn the_schema_lists_the_values_that_the_program_accepts() {
    let schema = schema();
    let mut tried = 0;
    for (section, name, key) in schema_keys(&schema) {
        let (own, items) = (resolved(&schema, &key), resolved(&schema, &resolved(&schema, &key)["items"]));
        for (words, line) in [(own, format!("{name} = \"{UNKNOWN}\"")), (items, format!("{name} = [\"{UNKNOWN}\"]"))] {
            let Some(words) = words["enum"].as_array() else { continue };
            let said = diagnostics(&with(&section, &line)).join("\n");
            let said = said.split_once("; write ").unwrap_or_else(|| panic!("[{section}] {line}: {said}")).1;
            let program: BTreeSet<&str> = said.split('"').skip(1).step_by(2).collect();
            let written: BTreeSet<&str> = words.iter().filter_map(Value::as_str).collect();
            assert_eq!(written, program, "[{section}] {name}");
            tried += 1;
        }
    }
    assert!(tried >= 12, "only {tried} lists of values");
    let said = diagnostics(&with("sending", &format!("holidays = [\"{UNKNOWN}\"]"))).join("\n");
    let names: BTreeSet<&str> = said.split_once("or one of ").unwrap().1.split(", ").collect();
    let kinds = schema["$defs"]["holiday"]["oneOf"].as_array().unwrap();
    let written = |n: usize| kinds[n]["enum"].as_array().unwrap().iter().filter_map(Value::as_str);
    assert_eq!(written(0).collect::<BTreeSet<_>>(), names);
    let observed = names.iter().map(|name| format!("{name}-observed"));
    let observed =
        observed.filter(|name| diagnostics(&with("sending", &format!("holidays = [\"{name}\"]"))).is_empty());
    assert_eq!(written(1).map(str::to_owned).collect::<BTreeSet<_>>(), observed.collect());
}

#[test]
fn the_schema_rejects_what_the_program_rejects() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (section, line) in [
        ("practice", "from_number = \"303-555-0100\""),
        ("practice", "country = \"us\""),
        ("annie", "base_url = \"http://example.com/v1\""),
        ("annie", "timeout = \"soon\""),
        ("annie", "concurrency = 65"),
        ("annie.limits", "per_7_days = 4"),
        ("sending", "mode = \"on\""),
        ("sending", "hours = \"9-18\""),
        ("sending", "hours = { someday = \"09:00-18:00\" }"),
        ("sending", "days = []"),
        ("sending", "holidays = [\"easter\"]"),
        ("sending", "holidays = [\"thanksgiving-observed\"]"),
        ("sending", "no_text_within = \"2 months\""),
        ("sending", "only_to = [\"303-555-0123\"]"),
        ("rule", "lead = \"3 months\""),
        ("rule", "at = \"9\""),
        ("rule", "priority = 1.5"),
        ("rule", "skip_if_confirmed = \"yes\""),
        ("rule", "message.de = \"Hallo\""),
        ("rule", "name = \"what? this\""),
        ("location", "id = \"default\""),
        ("feed", "url = \"mysql://leadtime:secret@127.0.0.1/opendental\""),
        ("feed", "every = \"soon\""),
        ("feed", "timeout = \"1 minute\"\nfiles = \"*.csv\""),
        ("feed", "kind = \"fihr\""),
        ("feed", "auth = \"token\""),
        ("feed", "statuses = [\"arrived\"]"),
        ("feed", "search = \"12\""),
        ("feed", "write_back = \"yes\""),
        ("feed", "listen = \"2575\""),
        ("feed", "allow_from = [\"desk.local\"]"),
        ("schedule", "tick = \"every minute\""),
        ("outcomes", "confirmed = [\"yes\"]"),
        ("outcomes", "wants_change = { tag = [\"reschedule\"] }"),
        ("outcomes", "opted_out = { tags = [\"\"] }"),
        ("outcomes", "attention = \"all\""),
        ("appointment_types", "a = { name = \"crown\", early = 1 }"),
        ("appointment_types", "a = \"\""),
        ("schedule", "colour = \"red\""),
    ] {
        let document = with(section, line);
        let document = document.replacen("id = \"north\"\nid", "id", 1);
        assert!(!diagnostics(&document).is_empty(), "the program accepts [{section}] {line}");
        assert!(!validator.is_valid(&parse_toml(&document)), "the schema accepts [{section}] {line}");
    }
}

#[test]
fn every_configuration_in_the_docs_is_valid() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut all = vec![("config.toml".to_owned(), "toml".to_owned(), read("config.toml"))];
    for (name, page) in pages() {
        let shown = blocks(&page).into_iter().filter(|(kind, ..)| kind.split(' ').next() == Some("toml"));
        all.extend(shown.map(|(kind, line, text)| (format!("{name}:{line}"), kind, text)));
    }
    assert!(all.len() > 12, "{}", all.len());
    for (place, kind, text) in all {
        let mut whole = text.clone();
        for (section, completion) in [("[practice]", PRACTICE), ("[[rule]]", RULE)] {
            if !text.contains(section) {
                whole.push_str(completion);
            }
        }
        let found = diagnostics(&whole);
        // A block may show something that `check` warns about, if it is marked `toml warns`.
        assert_eq!(found.is_empty(), kind != "toml warns", "{place}: {found:?}");
        let errors: Vec<String> = validator.iter_errors(&parse_toml(&whole)).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{place}: {errors:?}");
        if kind == "toml warns" {
            let practice = Practice::new(&whole);
            practice.run(&["check"]).good();
        }
    }
}

#[test]
fn every_key_is_documented_and_no_other() {
    let (page, schema) = (read("docs/configure.md"), schema());
    for (section, keys) in accepted_keys() {
        let heading = format!("## {}", header(&section));
        let rows = table(&page, &heading);
        assert!(!rows.is_empty(), "docs/configure.md has no table under `{heading}`");
        if keys.is_empty() {
            continue;
        }
        let part = part(&schema, &section);
        let leaves: BTreeSet<String> =
            keys.into_iter().filter(|key| part["properties"][key]["properties"].is_null()).collect();
        let written: Vec<String> = rows.iter().map(|row| quoted(&row[0]).join("")).collect();
        assert_eq!(written.iter().cloned().collect::<BTreeSet<_>>(), leaves, "under `{heading}`");
        assert_eq!(written.len(), leaves.len(), "a key is listed twice under `{heading}`");
        for (row, key) in rows.iter().zip(&written) {
            assert!(row.len() == 5 && row.iter().all(|cell| !cell.is_empty()), "{heading} {key}: {row:?}");
            if let Some(default) = part["properties"][key].get("default") {
                let shown = quoted(&row[2]).first().cloned().unwrap_or_default();
                let shown: Value = parse_toml(&format!("x = {shown}"))["x"].clone();
                assert_eq!(&shown, default, "{heading} {key}");
            }
            let example = quoted(&row[4]).first().cloned().unwrap_or_else(|| panic!("{heading} {key}: no example"));
            let example = format!("{}{example}", companion(&section, key));
            let found = diagnostics(&with(&section, &example).replacen("id = \"north\"\nid", "id", 1));
            assert!(found.is_empty(), "{heading} {example}: {found:?}");
        }
    }
}
