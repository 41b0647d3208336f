//! `[[feed]]`: every problem is reported at once, each with what to write instead.

use std::path::Path;

use leadtime::config::diagnostic::Diagnostic;
use leadtime::config::feeds::{self, presets};
use leadtime::config::values::zones::Zones;

use crate::judge::feed_of;

fn problems(text: &str) -> Vec<String> {
    let document = toml::de::DeTable::parse(text).unwrap();
    let mut problems: Vec<Diagnostic> = Vec::new();
    let own = |path: &str| {
        if path == "own.toml" {
            Ok("[columns]\nid = \"No\"\nstarts_at = \"At\"\nname = \"Who\"\n".to_owned())
        } else {
            Err("no such file".to_owned())
        }
    };
    feeds::read(
        document.get_ref().get("feed"),
        &Zones::of_this_machine(),
        feeds::NamedFiles { folder: Path::new("."), text: &own },
        &mut problems,
    );
    problems.into_iter().map(|problem| problem.message).collect()
}

const COLUMNS: &str = "[feed.columns]\nid = \"No\"\nstarts_at = \"At\"\nname = \"Who\"\n";

#[test]
fn every_key_of_a_file_feed_is_accepted() {
    let text = r#"
[[feed]]
name = "open-dental"
kind = "file"
files = ["appts-*.csv", "list-?.txt"]
timezone = "America/Denver"
dates = "month-first"
times = "office-hours"
encoding = "windows-1252"
delimiter = "tab"
header = 4
only = [{ column = "Message Type", words = ["REMINDER"] }]
missing = "keep"
covers = "60 days"
max_missing = "20%"
max_changed = "30%"
stale_after = "26 hours"
offsets = "trust"
max_file = "128 MiB"
max_rows = 1_000_000
id_prefix = "north-"
location = { "3" = "north", "0" = "" }
[feed.columns]
id = "AptNum"
patient_id = "PatNum"
first_name = { first_of = ["Preferred", "FName"] }
last_name = "LName"
date_of_birth = "Birthdate"
phone = "Cell"
language = "Lang"
type_id = "Type"
description = "Proc"
provider = { from = "Summary", pattern = "with (?<provider>.+)$" }
starts_at = ["AptDate", "AptTime"]
minutes = { marks = "Pattern", each = 5 }
status = "AptStatus"
location = "Clinic"
booked_at = "Made"
consent = "TxtMsgOk"
[feed.status]
booked = ["1", "4"]
confirmed = ["econfirmed", { column = "Confirmed", words = ["21"] }]
cancelled = ["5"]
completed = ["2"]
no_show = ["no show"]
ignored = ["3", "6"]
unknown = "report"
[feed.consent]
yes = ["1"]
no = ["2"]
unknown = ["0"]
[feed.language]
es = ["S"]
"#;
    assert_eq!(problems(text), [""; 0]);
    let feed = feed_of(text, &Zones::of_this_machine()).unwrap();
    assert!(feed.settings.takes_file("Appts-3.CSV") && !feed.settings.takes_file("other.csv"));
    assert_eq!(feed.settings.max_file, Some(128 << 20));
}

#[test]
fn all_problems_are_reported_at_once() {
    let text = "[[feed]]\nname = \"Front Desk\"\nkind = \"fax\"\ndates = \"?\"\ntimezon = \"America/Denver\"\nmax_missing = \"lots\"\n\
        [feed.columns]\nid = \"No\"\nstart_at = \"At\"\nname = \"Who\"\nphone = { first_of = [] }\nprovider = { times = 10, column = \"x\" }\n\
        [feed.status]\nbooked = [\"a\"]\ncanceled = [\"b\"]\ncancelled = [\"A\"]\n";
    let found = problems(text);
    for word in [
        "write up to 40 lowercase letters",
        "\"fax\" is not a valid value",
        "the order of day and month is still undecided",
        "[[feed]] has no key `timezon`; did you mean `timezone`?",
        "`lots` is not a percentage",
        "[feed.columns] has no key `start_at`; did you mean `starts_at`?",
        "write the name of a column",
        "they work only for `minutes`",
        "[feed.status] has no key `canceled`; did you mean `cancelled`?",
        "\"a\" cannot be both booked and cancelled",
        "[feed.columns] has no `starts_at`",
    ] {
        assert!(found.iter().any(|message| message.contains(word)), "{word}: {found:#?}");
    }
}

#[test]
fn keys_that_are_missing_or_contradict_each_other_are_reported() {
    for (text, word) in [
        ("[feed]\nstale_after = \"26 hours\"\n".to_owned(), "[feed] is now [[feed]]"),
        (format!("[[feed]]\nkind = \"file\"\n{COLUMNS}"), "[[feed]] has no `name`"),
        (format!("[[feed]]\nname = \"a\"\n{COLUMNS}"), "[[feed]] has no `kind`"),
        (
            format!(
                "[[feed]]\nname = \"a\"\nkind = \"file\"\n{COLUMNS}[[feed]]\nname = \"a\"\nkind = \"file\"\n{COLUMNS}"
            ),
            "two feeds are named",
        ),
        (
            format!("[[feed]]\nname = \"a\"\nkind = \"file\"\n{COLUMNS}[feed.status]\nbooked = [\"x\"]\n"),
            "no `status` column for them",
        ),
        ("[[feed]]\nname = \"a\"\nkind = \"file\"\npreset = \"pam200\"\n".to_owned(), "did you mean \"pam2000\"?"),
        ("[[feed]]\nname = \"a\"\nkind = \"file\"\npreset = \"lost.toml\"\n".to_owned(), "no such file"),
        (format!("[[feed]]\nname = \"a\"\nkind = \"file\"\ndates = \"%Q\"\n{COLUMNS}"), "is not a valid date pattern"),
        (
            format!(
                "[[feed]]\nname = \"a\"\nkind = \"file\"\n{COLUMNS}provider = {{ from = \"S\", pattern = \"(\" }}\n"
            ),
            "not a valid regular expression",
        ),
    ] {
        let found = problems(&text);
        assert!(found.iter().any(|message| message.contains(word)), "{word}: {found:#?}");
    }
    assert_eq!(problems("[[feed]]\nname = \"a\"\nkind = \"file\"\npreset = \"own.toml\"\n"), [""; 0]);
}

#[test]
fn every_preset_is_valid_and_the_feed_block_overrides_it() {
    let zones = Zones::of_this_machine();
    assert!(presets::embedded().len() >= 9);
    for (name, _) in presets::embedded() {
        let block = format!("[[feed]]\nname = \"a\"\nkind = \"file\"\npreset = \"{name}\"\n");
        assert!(feed_of(&block, &zones).is_ok(), "{name}: {:?}", problems(&block));
    }
    let block = "[[feed]]\nname = \"a\"\nkind = \"file\"\npreset = \"open-dental-query\"\n[feed.columns]\nphone = \"HmPhone\"\n[feed.status]\ncancelled = [\"3\"]\n";
    let feed = feed_of(block, &zones).unwrap();
    assert_eq!(feed.columns.get(feeds::Field::Phone).unwrap().columns(), ["HmPhone"]);
    assert_eq!(feed.columns.get(feeds::Field::Id).unwrap().columns(), ["AptNum"]);
    assert_eq!(feed.status.words["3"], feeds::StatusMeaning::Cancelled);
    assert_eq!(feed.status.words["6"], feeds::StatusMeaning::Ignored);
}

#[test]
fn settings_that_a_kind_of_feed_does_not_have_are_refused() {
    let feed = |kind: &str, keys: &str| format!("[[feed]]\nname = \"x\"\nkind = \"{kind}\"\n{keys}\n");
    for (kind, keys, word) in [
        ("hl7", "max_changed = \"50%\"", "`max_changed` is for lists"),
        ("hl7", "missing = \"cancel\"", "is for lists"),
        ("hl7", "times = \"office-hours\"", "`times` is for delimited text"),
        ("fhir", "dates = \"day-first\"", "`dates` is for delimited text"),
        ("hl7", "allow_from = \"10.0.0.5\"", "`allow_from` needs `listen`"),
        ("hl7", "delimiter = \";\"", "`delimiter` is for delimited text"),
        ("hl7", "listen = \"10.0.0.2:2575\"", "say which ones may send"),
        ("hl7", "listen = \"127.0.0.1:2575\"\nkey = \"a.key\"", "`key` needs `certificate`"),
        ("fhir", "url = \"http://ehr.example.com/fhir\"", "in the clear"),
        ("fhir", "url = \"https://kim:s3cret@ehr.example.com/fhir\"", "contains a user or a password"),
        ("fhir", "url = \"https://ehr.example.com/fhir\"\nfiles = \"*.json\"", "`files` is for files"),
        ("fhir", "url = \"https://ehr.example.com/fhir\"\nauth = \"smart\"", "client_id"),
        ("fhir", "write_back = true", "has no key `write_back`"),
        ("fhir", "url = \"https://ehr.example.com/fhir\"\nsearch = \"_count=5\"", "set by Leadtime"),
        ("ical", "", "neither a name nor `patient_id`"),
    ] {
        let found = problems(&feed(kind, keys));
        let is_said = found.iter().any(|problem| problem.contains(word)) && !found.iter().any(|p| p.contains("s3cret"));
        assert!(is_said, "{kind} {keys}: {found:?}");
    }
    for (kind, keys) in [
        ("hl7", "listen = \"127.0.0.1:2575\""),
        ("hl7", ""),
        ("fhir", ""),
        ("fhir", "url = \"https://ehr.example.com/fhir\"\nwrite_back = true"),
        ("ical", "columns = { name = \"Summary\" }"),
    ] {
        assert_eq!(problems(&feed(kind, keys)), Vec::<String>::new(), "{kind} {keys}");
    }
}
